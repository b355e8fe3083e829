/* Interrupts between PEs: SGIs of every form, SPIs by route, PPIs through redistributors, events. */
#include "pes.h"

#define COUNT 4
#define IAR0 s3_0_c12_c8_0
#define EOIR0 s3_0_c12_c8_1
#define IAR1 s3_0_c12_c12_0
#define EOIR1 s3_0_c12_c12_1
#define IGRPEN0 s3_0_c12_c12_6
#define SGI0R s3_0_c12_c11_7
#define SGI1R s3_0_c12_c11_5
#define ASGI1R s3_0_c12_c11_6
#define IRM (1ul << 40)
/* Interrupts that no device of the board has. */
#define PPI 20
#define SPI 90
#define FIQ 0x1000
#define ROUNDS 300
/* For four PEs that wait for each other: a host with fewer cores has to give each its turn. */
#define CROWD_ROUNDS 100

/* What each PE took since the last result; FIQ marks what came as one. Counts by sender's SGI. */
static volatile u64 took[MAX_PES][64], taken_by[MAX_PES], times[MAX_PES][16];
static volatile u64 leave;

static int on_interrupt(struct frame *f) {
  u64 me = this_pe(), kind = f->vector & 0x180;
  if (kind != 0x80 && kind != 0x100) return 0;
  u64 intid = kind == 0x80 ? READ(IAR1) : READ(IAR0);
  if (intid < 16) times[me][intid]++;
  if (intid != WORK_SGI && intid < 1020) {
    u64 at = taken_by[me];
    if (at < 64) took[me][at] = intid | (kind == 0x80 ? 0 : FIQ);
    STORE_RELEASE(&taken_by[me], at + 1);
  }
  if (intid < 1020 && kind == 0x80) WRITE(EOIR1, intid);
  else if (intid < 1020) WRITE(EOIR0, intid);
  asm volatile("isb");
  return 1;
}

/* Interrupts for a moment. */
static void let_in(void) { asm volatile("msr daifclr, #3\n isb\n msr daifset, #3\n isb" ::: "memory"); }

static void ready(void) {
  u64 me = this_pe();
  if (me) pes[me].hook = on_interrupt;
  if (current_el() == 2) WRITE(hcr_el2, READ(hcr_el2) | 3 << 3);
  WRITE(IGRPEN0, 1);
  PRIVATE_INTERRUPTS(me)[0x100 / 4] = 0xffff;
  asm volatile("isb");
}

static u64 receive(u64 unused) {
  ready();
  while (!LOAD_ACQUIRE(&leave)) {
    asm volatile("dsb sy\n wfi" ::: "memory");
    let_in();
  }
  return unused;
}

/* Waits for so many, and a little longer; what each PE took, by number. */
static void collect(const char *name, u64 wanted) {
  u64 end = now() + microseconds(20000000), sum;
  print(name);
  put(':');
  do {
    let_in();
    sum = 0;
    for (int pe = 0; pe < COUNT; pe++) sum += LOAD_ACQUIRE(&taken_by[pe]);
  } while (sum < wanted && now() < end);
  for (int i = 0; i < 4; i++) {
    pause(500);
    let_in();
  }
  for (int pe = 0; pe < COUNT; pe++) {
    u64 n = taken_by[pe];
    taken_by[pe] = 0;
    if (n == 0) continue;
    print(" PE ");
    hex(pe);
    put('(');
    for (u64 from = 0; from < 2; from++) {
      for (u64 intid = 0; intid < 1020; intid++) {
        for (u64 i = 0; i < n && i < 64; i++) {
          if (took[pe][i] != (intid | from * FIQ)) continue;
          put(' ');
          if (from) print("fiq ");
          hex(intid);
        }
      }
    }
    print(" )");
  }
  line("");
}

static void sgi(int group, u64 value) {
  asm volatile("dsb sy" ::: "memory");
  if (group) WRITE(SGI1R, value);
  else WRITE(SGI0R, value);
  asm volatile("isb");
}

static void targets(void) {
  line("-- SGIs by target list");
  for (u64 pe = 0; pe < COUNT; pe++) {
    for (u64 intid = pe; intid < 15; intid += 5) {
      show("PE", pe);
      show("INTID", intid);
      sgi(1, intid << 24 | 1ul << pe);
      collect("", 1);
    }
  }
  static const u64 lists[] = {0x6, 0xa, 0xf, 0xe, 0x9, 0xfff0, 0xffff, 0};
  for (unsigned i = 0; i < sizeof lists / sizeof *lists; i++) {
    u64 wanted = 0;
    for (int pe = 0; pe < COUNT; pe++) wanted += lists[i] >> pe & 1;
    show("list", lists[i]);
    sgi(1, 3ul << 24 | lists[i]);
    collect("", wanted);
  }
  sgi(1, IRM | 4ul << 24);
  collect("all but itself", COUNT - 1);
  sgi(1, IRM | 4ul << 24 | 0xff000100000001);
  collect("the same; affinities and list are of no interest", COUNT - 1);
  sgi(1, 3ul << 24 | 1ul << 16 | 0xf);
  collect("Aff1=1", 0);
  sgi(1, 3ul << 24 | 1ul << 32 | 0xf);
  collect("Aff2=1", 0);
  sgi(1, 3ul << 24 | 1ul << 48 | 0xf);
  collect("Aff3=1", 0);
  for (u64 intid = 0; intid < 15; intid++) sgi(1, intid << 24 | 2);
  collect("all to PE 1", 15);
}

static u64 send_around(u64 me) {
  for (u64 to = 0; to < COUNT; to++) sgi(1, (8 + me) << 24 | 1ul << to);
  sgi(1, IRM | me << 24);
  return 0;
}

static u64 by_another(u64 me) {
  ready();
  return send_around(me);
}

static void group0(void) {
  line("-- SGIs of Group 0");
  for (u64 pe = 0; pe < COUNT; pe++) PRIVATE_INTERRUPTS(pe)[0x80 / 4] = ~0xfu;
  sgi(0, 2ul << 24 | 0xf);
  collect("SGI0R", COUNT);
  sgi(0, IRM | 3ul << 24);
  collect("SGI0R, all but itself", COUNT - 1);
  sgi(0, 5ul << 24 | 0xf);
  collect("SGI0R, INTID of Group 1", 0);
  sgi(1, 2ul << 24 | 0xf);
  collect("SGI1R, INTID of Group 0", 0);
  for (u64 pe = 0; pe < COUNT; pe++) PRIVATE_INTERRUPTS(pe)[0x80 / 4] = ~0u;
}

/* What PE 0 does to others through their redistributors. */
static void redistributors(void) {
  line("-- SGIs and PPIs of other PEs");
  for (u64 pe = 1; pe < COUNT; pe++) {
    volatile u32 *its = PRIVATE_INTERRUPTS(pe);
    show("PE", pe);
    line("");
    its[0x180 / 4] = 1 << 6;
    sgi(1, 6ul << 24 | 1ul << pe);
    collect("SGI, disabled", 0);
    show("pending", its[0x200 / 4]);
    its[0x100 / 4] = 1 << 6;
    collect(" then enabled", 1);
    its[0x180 / 4] = 1 << 6;
    sgi(1, 6ul << 24 | 1ul << pe);
    pause(100);
    its[0x280 / 4] = 1 << 6;
    show("pending", its[0x200 / 4]);
    its[0x100 / 4] = 1 << 6;
    collect(" taken away", 0);
    its[0x200 / 4] = 1 << 7;
    collect("SGI by ISPENDR", 1);
    its[0x200 / 4] = 1 << PPI;
    collect("PPI, disabled", 0);
    show("pending", its[0x200 / 4]);
    its[0x100 / 4] = 1 << PPI;
    collect(" then enabled", 1);
    ((volatile u8 *)its)[0x400 + PPI] = 0xff;
    its[0x200 / 4] = 1 << PPI;
    collect("PPI, lowest priority", 0);
    ((volatile u8 *)its)[0x400 + PPI] = 0x80;
    collect("then a higher one", 1);
    its[0x180 / 4] = 1 << PPI;
    its[0x300 / 4] = 1 << 5;
    sgi(1, 5ul << 24 | 1ul << pe);
    collect("SGI, active", 0);
    its[0x380 / 4] = 1 << 5;
    collect("then inactive", 1);
  }
}

static void route(u64 value) {
  *(volatile u64 *)((u64)DISTRIBUTOR + 0x6000 + 8 * SPI) = value;
}

static void spi_bit(u64 offset, u64 intid) { DISTRIBUTOR[(offset + intid / 32 * 4) / 4] = 1u << intid % 32; }

static void spis(void) {
  line("-- SPIs");
  spi_bit(0x80, SPI);
  DISTRIBUTOR[0x80 / 4 + SPI / 32] |= 1u << SPI % 32;
  ((volatile u8 *)DISTRIBUTOR)[0x400 + SPI] = 0x80;
  for (u64 edge = 0; edge < 2; edge++) {
    DISTRIBUTOR[0xc00 / 4 + SPI / 16] = edge * 2u << SPI % 16 * 2;
    show("edge", edge);
    line("");
    spi_bit(0x100, SPI);
    for (u64 pe = 0; pe < COUNT; pe++) {
      route(pe);
      show("route", pe);
      spi_bit(0x200, SPI);
      collect("", 1);
    }
    spi_bit(0x180, SPI);
    route(1);
    spi_bit(0x200, SPI);
    route(2);
    collect("disabled, pending, another route", 0);
    spi_bit(0x100, SPI);
    collect("then enabled", 1);
    route(0x100);
    spi_bit(0x200, SPI);
    collect("route to no PE", 0);
    route(3);
    collect("then to PE 3", 1);
    route(1ul << 31 | 3);
    print("1 of N: taken");
    u64 sum = 0, end = now() + microseconds(20000000);
    spi_bit(0x200, SPI);
    while (sum == 0 && now() < end) {
      let_in();
      for (int pe = 0; pe < COUNT; pe++) sum += LOAD_ACQUIRE(&taken_by[pe]);
    }
    pause(2000);
    let_in();
    sum = 0;
    for (int pe = 0; pe < COUNT; pe++) {
      sum += taken_by[pe];
      taken_by[pe] = 0;
    }
    show("times", sum);
    line("");
    spi_bit(0x180, SPI);
  }
}

static volatile u64 through[COUNT];

/* Every PE interrupts all others, and goes on when all of them have taken it. */
static u64 crowd(u64 me) {
  ready();
  u64 before[COUNT], wrong = 0;
  for (u64 pe = 0; pe < COUNT; pe++) before[pe] = times[pe][me];
  meet(COUNT);
  for (u64 round = 1; round <= CROWD_ROUNDS; round++) {
    sgi(1, IRM | me << 24);
    for (u64 pe = 0; pe < COUNT; pe++) {
      u64 wanted = before[pe] + (pe == me ? 0 : round);
      u64 end = now() + microseconds(20000000);
      while (LOAD_ACQUIRE(&times[pe][me]) < wanted && now() < end) let_in();
      wrong += times[pe][me] != wanted;
    }
  }
  /* The others' last ones. */
  STORE_RELEASE(&through[me], 1);
  for (u64 pe = 0; pe < COUNT; pe++) {
    while (!LOAD_ACQUIRE(&through[pe])) let_in();
  }
  taken_by[me] = 0;
  return wrong;
}

static volatile u64 ball;

/* One wakes the other from WFI, with interrupts masked and then taken. */
static u64 wake(u64 me) {
  ready();
  for (u64 round = 0; round < ROUNDS; round++) {
    int masked = round & 1;
    if (me == 0) {
      ball = round + 1;
      sgi(1, 9ul << 24 | 2);
    }
    while (LOAD_ACQUIRE(&ball) != (me == 0 ? 0 : round + 1)) {
      asm volatile("dsb sy\n wfi" ::: "memory");
      if (masked) PRIVATE_INTERRUPTS(me)[0x280 / 4] = 1 << 9;
      else let_in();
    }
    if (me == 1) {
      ball = 0;
      sgi(1, 9ul << 24 | 1);
    }
  }
  let_in();
  taken_by[me] = 0;
  return 1;
}

static u64 events(u64 me) {
  for (u64 round = 0; round < ROUNDS; round++) {
    while (LOAD_ACQUIRE(&ball) % 2 != me) asm volatile("wfe" ::: "memory");
    STORE_RELEASE(&ball, ball + 1);
    asm volatile("dsb sy\n sev" ::: "memory");
  }
  return 1;
}

/* The event is the loss of the exclusive monitor: no SEV. */
static u64 monitor_events(u64 me) {
  mmu_on(tcr_for(12, 0), 0);
  for (u64 round = 0; round < ROUNDS; round++) {
    u64 value;
    for (;;) {
      asm volatile("ldaxr %0, [%1]" : "=r"(value) : "r"(&ball) : "memory");
      if (value % 2 == me) break;
      asm volatile("wfe" ::: "memory");
    }
    asm volatile("clrex");
    STORE_RELEASE(&ball, value + 1);
  }
  mmu_off();
  return 1;
}

static u64 event_register(u64 unused) {
  /* Each of these leaves an event for one WFE. */
  asm volatile("sevl\n wfe\n sev\n wfe\n sevl\n sevl\n wfe" ::: "memory");
  return unused;
}

static void pairs(u64 (*f)(u64), const char *name) {
  ball = 0;
  show(name, run_on_all(2, f));
  line("");
}

/* Who may make what pending at PE 1: by the register and the group of its SGI, NSACR, and from which level. */
static const char *const groups[] = {"Group 0", "Secure Group 1", "Group 1"};

static u64 send_three(u64 which) {
  u64 value = 1ul << 24 | 2;
  asm volatile("dsb sy" ::: "memory");
  if (which == 0) WRITE(SGI0R, value);
  if (which == 1) WRITE(SGI1R, value);
  if (which == 2) WRITE(ASGI1R, value);
  asm volatile("isb");
  return 0;
}

static void matrix(int from) {
  volatile u32 *its = PRIVATE_INTERRUPTS(1);
  for (u64 group = 0; group < 3; group++) {
    if (group == 1 && top_el != 3) continue;
    its[0x80 / 4] = group == 2 ? 2 : 0;
    if (top_el == 3) its[0xd00 / 4] = group == 1 ? 2 : 0;
    for (u64 nsacr = 0; nsacr < (top_el == 3 ? 4 : 1); nsacr++) {
      if (top_el == 3) its[0xe00 / 4] = nsacr << 2;
      print(groups[group]);
      show("NSACR", nsacr);
      show("from EL", from);
      for (u64 which = 0; which < 3; which++) {
        run_at(from, send_three, which);
        pause(50);
        show(which == 0 ? "SGI0R" : which == 1 ? "SGI1R" : "ASGI1R", its[0x200 / 4]);
        its[0x280 / 4] = 2;
      }
      line("");
    }
  }
  its[0x80 / 4] = ~0u;
}

int main(void) {
  show("PEs", count_pes());
  line("");
  hook = on_interrupt;
  start_pes(COUNT);
  if (top_el == 3) {
    enable_gic_registers();
    DISTRIBUTOR[0] = 0x37;
    for (int pe = 0; pe < COUNT; pe++) REDISTRIBUTOR(pe)[0x14 / 4] = 0;
  }
  line("-- SGIs that stay pending at PE 1");
  PRIVATE_INTERRUPTS(1)[0x180 / 4] = 2;
  matrix(top_el);
  if (top_el > 1) matrix(1);
  if (top_el == 3) return 0;
  ready();
  for (int pe = 1; pe < COUNT; pe++) give_work(pe, receive, 0);
  targets();
  group0();
  redistributors();
  spis();
  STORE_RELEASE(&leave, 1);
  sgi(1, IRM | (u64)WORK_SGI << 24);
  for (int pe = 1; pe < COUNT; pe++) finish_work(pe);
  line("-- from each PE to each");
  leave = 0;
  for (u64 from = 1; from < COUNT; from++) {
    for (u64 pe = 1; pe < COUNT; pe++) if (pe != from) give_work(pe, receive, 0);
    give_work(from, by_another, from);
    finish_work(from);
    give_work(from, receive, 0);
    show("from", from);
    collect("", 2 * COUNT - 1);
    STORE_RELEASE(&leave, 1);
    sgi(1, IRM | (u64)WORK_SGI << 24);
    for (int pe = 1; pe < COUNT; pe++) finish_work(pe);
    leave = 0;
  }
  line("-- many");
  show("lost or doubled", run_on_all(COUNT, crowd));
  line("");
  pairs(wake, "woken by SGIs");
  pairs(event_register, "event register");
  pairs(events, "woken by SEV");
  if (top_el == 1) {
    /* PE 0 makes the tables. */
    identity();
    pairs(monitor_events, "woken by a store");
  }
  return 0;
}
