/*
 * What one PE changes and the others use: mappings (broadcast TLBI), code (cache maintenance, and what may be changed
 * while it runs), data (barriers). PE 0 takes a mapping away while the others use it in loops; once its DSB is through,
 * no further use of the old page may be seen.
 */
#include "pes.h"

#define ASID 5ul
#define PAGES 4
/* Two megabytes for each page, so that it may be a block as well. */
#define PHYSICAL(generation) (0x50000000ul + (generation) % PAGES * 0x200000)
/*
 * At most; a host that runs the PEs one after the other needs its time slice for each round, so that there is a limit in
 * microseconds besides, and a number of rounds that is done in any case.
 */
#define ROUNDS 1000
#define CODE_ROUNDS 4000
#define LIMIT 400000
#define LEAST 5
#define DATA_ROUNDS 20000
#define END ~0ul

static u64 *root, *pte;
static u64 va, extra, count;
/* What is gone for good; what each PE saw last, and what it must not have seen. */
static struct { volatile u64 value; u8 fill[56]; } dead, seen[MAX_PES], stale[MAX_PES] __attribute__((aligned(64)));

#define SYS(name, cm, op2)                                                                                             \
  static void name(u64 argument) {                                                                                     \
    asm volatile("dsb ishst\n sys #0, c8, c" #cm ", #" #op2 ", %0\n dsb ish\n isb" ::"r"(argument) : "memory");        \
  }
#define SYS_ALL(name, cm)                                                                                              \
  static void name(u64 unused) {                                                                                       \
    (void)unused;                                                                                                      \
    asm volatile("dsb ishst\n sys #0, c8, c" #cm ", #0\n dsb ish\n isb" ::: "memory");                                 \
  }
SYS_ALL(vmalle1is, 3)
SYS(vae1is, 3, 1)
SYS(aside1is, 3, 2)
SYS(vaae1is, 3, 3)
SYS(vale1is, 3, 5)
SYS(vaale1is, 3, 7)
SYS_ALL(vmalle1os, 1)
SYS(vae1os, 1, 1)
SYS(aside1os, 1, 2)
SYS(vaae1os, 1, 3)
SYS(vale1os, 1, 5)
SYS(vaale1os, 1, 7)
SYS(rvae1is, 2, 1)
SYS(rvaae1is, 2, 3)
SYS(rvale1is, 2, 5)
SYS(rvaale1is, 2, 7)
SYS(rvae1os, 5, 1)
SYS(rvaale1os, 5, 7)
SYS(vae1, 7, 1)

/* Each PE its own, asked for by a number and answered by the same. */
static struct { volatile u64 value; u8 fill[56]; } asked, answered[MAX_PES] __attribute__((aligned(64)));

static void locally(u64 argument) {
  vae1(argument);
  STORE_RELEASE(&asked.value, asked.value + 1);
  for (u64 pe = 1; pe < count; pe++) {
    while (LOAD_ACQUIRE(&answered[pe].value) != asked.value) {}
  }
}

static void answer(u64 me) {
  u64 wanted = LOAD_ACQUIRE(&asked.value);
  if (wanted == answered[me].value) return;
  vae1((va >> 12 & 0xfffffffffff) | ASID << 48);
  STORE_RELEASE(&answered[me].value, wanted);
}

/* A translation fault gives 0 for what was loaded or called; a store is left out. */
static int on_fault(struct frame *f) {
  u64 ec = f->esr >> 26 & 63;
  if ((f->vector & 0x180) || (f->esr & 0x3c) != 4) return 0;
  if (ec == 0x25) {
    f->elr += 4;
    f->x[0] = 0;
    return 1;
  }
  if (ec != 0x21) return 0;
  f->elr = f->x[30];
  f->x[0] = 0;
  return 1;
}

static u64 mmu(u64 unused) {
  mmu_on(tcr_for(12, 0) | 1ul << 36, root);
  WRITE(ttbr0_el1, (u64)identity() | ASID << 48);
  SYNC();
  return unused;
}

static u64 load(u64 at) {
  register u64 x0 asm("x0") = at;
  asm volatile("ldr x0, [x0]" : "+r"(x0)::"memory");
  return x0;
}

static void store(u64 at, u64 value) {
  register u64 x0 asm("x0") = at;
  asm volatile("str %1, [x0]" : "+r"(x0) : "r"(value) : "memory");
}

/* Loads the generation and stores a count beside it until all is over. */
static u64 use_data(u64 me) {
  pes[me].hook = on_fault;
  for (u64 stores = 1;; stores++) {
    u64 gone = LOAD_ACQUIRE(&dead.value);
    if (gone == END) return stale[me].value;
    u64 generation = load(va);
    if (generation && generation <= gone) stale[me].value++;
    store(va + 64 * me, stores);
    if (generation) STORE_RELEASE(&seen[me].value, generation);
    answer(me);
  }
}

/* The same with a function in the page, which gives the page's number. */
static u64 use_code(u64 me) {
  pes[me].hook = on_fault;
  for (;;) {
    u64 gone = LOAD_ACQUIRE(&dead.value);
    if (gone == END) return stale[me].value;
    asm volatile("isb");
    u64 page = ((u64(*)(void))va)();
    if (page == gone % PAGES + 1 && gone) stale[me].value++;
    /* Two generations later at most, for PE 0 waits. */
    if (page) STORE_RELEASE(&seen[me].value, gone + ((page - 1 - gone) % PAGES));
    answer(me);
  }
}

static void write_code(u64 at, const u32 *words, int n) {
  for (int i = 0; i < n; i++) ((volatile u32 *)at)[i] = words[i];
  asm volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(at) : "memory");
}

static u64 mov_x0(u64 value) { return 0xd2800000 | value << 5; }
#define RET 0xd65f03c0

static void take_away(const char *name, void (*tlbi)(u64), u64 argument, u64 (*use)(u64), u64 descriptor) {
  u64 late = 0, unseen = 0;
  for (u64 i = 0; i < PAGES; i++) {
    u32 code[2] = {mov_x0(i + 1), RET};
    write_code(PHYSICAL(i), code, 2);
  }
  asm volatile("ic ialluis\n dsb ish\n isb" ::: "memory");
  *pte = 0;
  asm volatile("dsb ish\n tlbi vmalle1is\n dsb ish\n isb" ::: "memory");
  dead.value = 0;
  for (u64 pe = 0; pe < count; pe++) seen[pe].value = stale[pe].value = 0;
  for (u64 pe = 1; pe < count; pe++) give_work(pe, use, pe);
  u64 limit = now() + microseconds(LIMIT);
  for (u64 generation = 1; generation <= ROUNDS && !unseen; generation++) {
    if (generation > LEAST && now() > limit) break;
    volatile u64 *page = (volatile u64 *)PHYSICAL(generation);
    if (use == use_data) *page = generation;
    asm volatile("dsb ish" ::: "memory");
    *pte = descriptor == TABLE ? pte[8 + generation % PAGES] : PHYSICAL(generation) | descriptor | extra;
    asm volatile("dsb ish" ::: "memory");
    u64 end = now() + microseconds(5000000);
    for (u64 pe = 1; pe < count; pe++) {
      while (LOAD_ACQUIRE(&seen[pe].value) != generation && now() < end) {}
      unseen += seen[pe].value != generation;
    }
    *pte = 0;
    tlbi(argument);
    u64 before[MAX_PES];
    for (u64 pe = 1; pe < count; pe++) before[pe] = page[8 * pe];
    STORE_RELEASE(&dead.value, generation);
    for (int i = 0; i < 100; i++) asm volatile("" ::: "memory");
    for (u64 pe = 1; pe < count; pe++) late += before[pe] != page[8 * pe];
  }
  STORE_RELEASE(&dead.value, END);
  u64 sum = 0;
  for (u64 pe = 1; pe < count; pe++) sum += finish_work(pe);
  print(name);
  print(use == use_code ? " code:" : " data:");
  show("unseen", unseen);
  show("stale", sum);
  show("late stores", late);
  line("");
}

static void both(const char *name, void (*tlbi)(u64), u64 argument) {
  take_away(name, tlbi, argument, use_data, PAGE | MEMORY);
  take_away(name, tlbi, argument, use_code, PAGE | MEMORY);
}

static void forms(void) {
  u64 page = va >> 12 & 0xfffffffffff, named = page | ASID << 48;
  /* BaseADDR, NUM 0, SCALE 0: two pages; TG 4 KiB. */
  u64 range = (va >> 12 & 0x1fffffffff) | 1ul << 46 | ASID << 48;
  extra = NG;
  pte = entry(root, 12, 0, va, 3);
  both("vmalle1is", vmalle1is, 0);
  both("vae1is", vae1is, named);
  both("vale1is", vale1is, named);
  both("vaae1is", vaae1is, page);
  both("vaale1is", vaale1is, page);
  both("aside1is", aside1is, ASID << 48);
  both("vae1 by each", locally, named);
  if (FIELD(id_aa64isar0_el1, 56) >= 1) {
    both("vmalle1os", vmalle1os, 0);
    both("vae1os", vae1os, named);
    both("aside1os", aside1os, ASID << 48);
    both("vaae1os", vaae1os, page);
    both("vale1os", vale1os, named);
    both("vaale1os", vaale1os, page);
  }
  if (FIELD(id_aa64isar0_el1, 56) >= 2) {
    both("rvae1is", rvae1is, range);
    both("rvale1is", rvale1is, range);
    both("rvaae1is", rvaae1is, range);
    both("rvaale1is", rvaale1is, range);
    both("rvae1os", rvae1os, range);
    both("rvaale1os", rvaale1os, range);
  }
  line("-- global");
  extra = 0;
  both("vmalle1is", vmalle1is, 0);
  both("vae1is", vae1is, named);
  both("vaale1is", vaale1is, page);
  line("-- a block, by another address in it");
  va = WINDOW + 0x40000000;
  named = ((va >> 12 & 0xfffffffffff) + 0x1f) | ASID << 48;
  pte = entry(root, 12, 0, va, 2);
  take_away("vae1is", vae1is, named, use_data, BLOCK | MEMORY);
  take_away("vale1is", vale1is, named, use_code, BLOCK | MEMORY);
}

/* Level 2 entries of tables that differ in one page; four more entries of the same table hold them. */
static void tables(void) {
  line("-- a table");
  va = WINDOW + 0x80345000;
  u64 named = (va >> 12 & 0xfffffffffff) | ASID << 48;
  pte = entry(root, 12, 0, va, 2);
  for (u64 i = 0; i < PAGES; i++) {
    u64 *last = table(4096);
    last[va >> 12 & 511] = PHYSICAL(i) | PAGE | MEMORY;
    pte[8 + i] = (u64)last | TABLE;
  }
  take_away("vae1is", vae1is, named, use_data, TABLE);
  take_away("vaae1is", vaae1is, named & 0xfffffffffff, use_code, TABLE);
  take_away("vmalle1is", vmalle1is, 0, use_data, TABLE);
}

static void (*publish)(u64 at);
static volatile u64 last_round;

static void ivau(u64 at) { asm volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish" ::"r"(at) : "memory"); }
static void ialluis(u64 at) { asm volatile("dc cvau, %0\n dsb ish\n ic ialluis\n dsb ish" ::"r"(at) : "memory"); }

/* The PEs take turns in writing a function that all of them then call, at times often enough to make it hot. */
static u64 write_and_call(u64 me) {
  u64 wrong = 0, limit = now() + microseconds(LIMIT);
  for (u64 round = 1; round <= LOAD_ACQUIRE(&last_round); round++) {
    if (round % count == me) {
      /* The others see it before they see this round. */
      if (me == 0 && round > LEAST && now() > limit && last_round == CODE_ROUNDS) last_round = round + count;
      for (u64 pe = 0; pe < count; pe++) {
        while (LOAD_ACQUIRE(&seen[pe].value) != round - 1) {}
      }
      ((volatile u32 *)va)[0] = mov_x0(round);
      publish(va);
      STORE_RELEASE(&dead.value, round);
    } else {
      while (LOAD_ACQUIRE(&dead.value) != round) {}
    }
    asm volatile("isb");
    for (int calls = round % 128 == 1 ? 700 : 1; calls; calls--) wrong += ((u64(*)(void))va)() != round;
    STORE_RELEASE(&seen[me].value, round);
  }
  return wrong;
}

/* A branch becomes a NOP and a branch again while the others execute it. */
static u64 patch_or_call(u64 me) {
  u64 wrong = 0, acknowledged = 0;
  if (me == 0) {
    u64 limit = now() + microseconds(LIMIT);
    for (u64 round = 1; round <= CODE_ROUNDS && (round <= LEAST || now() < limit); round++) {
      *(volatile u32 *)va = round % 2 ? 0x14000003 : 0xd503201f;
      publish(va);
      STORE_RELEASE(&dead.value, round);
      for (u64 pe = 1; pe < count; pe++) {
        while (LOAD_ACQUIRE(&seen[pe].value) != round) {}
      }
    }
    STORE_RELEASE(&dead.value, END);
    return 0;
  }
  for (;;) {
    u64 round = LOAD_ACQUIRE(&dead.value);
    if (round == END) return wrong;
    asm volatile("isb");
    u64 got = ((u64(*)(void))va)();
    /* PE 0 does not go on before this. */
    if (acknowledged != round) wrong += got != 1 + round % 2;
    else wrong += got != 1 && got != 2;
    STORE_RELEASE(&seen[me].value, acknowledged = round);
  }
}

static void code(const char *name, u64 (*f)(u64)) {
  static const u32 first[] = {0xd503201f, 0xd2800020, RET, 0xd2800040, RET};
  u32 words[] = {mov_x0(0), RET};
  if (f == patch_or_call) write_code(va, first, 5);
  else write_code(va, words, 2);
  dead.value = 0;
  last_round = CODE_ROUNDS;
  for (u64 pe = 0; pe < count; pe++) seen[pe].value = 0;
  print(name);
  show("wrong", run_on_all(count, f));
  line("");
}

static volatile u64 data[64], flag;
static int kind;

/* No handshake: the reader must never see a number without the data written before it. */
static u64 pass_messages(u64 me) {
  u64 wrong = 0;
  if (me == 0) {
    for (u64 i = 1; i <= DATA_ROUNDS; i++) {
      data[i % 64] = i;
      if (kind == 0) asm volatile("dmb ish" ::: "memory");
      if (kind == 1) asm volatile("dmb ishst" ::: "memory");
      if (kind == 2) asm volatile("dsb ish" ::: "memory");
      if (kind == 3) STORE_RELEASE(&flag, i);
      else flag = i;
    }
    return 0;
  }
  for (u64 i = 0; i < DATA_ROUNDS;) {
    i = kind == 3 ? LOAD_ACQUIRE(&flag) : flag;
    if (kind == 0) asm volatile("dmb ish" ::: "memory");
    if (kind == 1) asm volatile("dmb ishld" ::: "memory");
    if (kind == 2) asm volatile("dsb ish" ::: "memory");
    wrong += data[i % 64] < i;
  }
  return wrong;
}

static void messages(void) {
  static const char *const kinds[] = {"dmb ish", "dmb ishst, ishld", "dsb ish", "stlr, ldar"};
  line("-- messages");
  for (kind = 0; kind < 4; kind++) {
    flag = 0;
    for (int i = 0; i < 64; i++) data[i] = 0;
    print(kinds[kind]);
    show("wrong", run_on_all(count, pass_messages));
    line("");
  }
}

static u64 all(u64 pes_in_use) {
  count = pes_in_use;
  print("==");
  show("PEs", count);
  line("");
  line("-- non-global");
  va = WINDOW + 0x345000;
  forms();
  tables();
  va = WINDOW + 0x345000;
  line("-- code");
  pte = entry(root, 12, 0, va, 3);
  *pte = PHYSICAL(0) | PAGE | MEMORY;
  asm volatile("dsb ish\n tlbi vmalle1is\n dsb ish\n isb" ::: "memory");
  publish = ivau;
  code("ic ivau", write_and_call);
  code("ic ivau, while it runs", patch_or_call);
  publish = ialluis;
  code("ic ialluis", write_and_call);
  code("ic ialluis, while it runs", patch_or_call);
  messages();
  return 0;
}

int main(void) {
  root = table(4096);
  start_pes(4);
  mmu(0);
  for (int pe = 1; pe < 4; pe++) {
    give_work(pe, mmu, 0);
    finish_work(pe);
  }
  all(2);
  all(4);
  return 0;
}
