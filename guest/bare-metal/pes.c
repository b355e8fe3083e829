#include "pes.h"

#define PMR s3_0_c4_c6_0
#define IGRPEN1 s3_0_c12_c12_7
#define SGI1R s3_0_c12_c11_5
/* Microseconds that a PE may take to answer: a loaded host runs them one after the other. */
#define PATIENCE 20000000

struct pe pes[MAX_PES];
extern u64 released;
static struct { volatile u64 count; u8 fill[56]; } arrived[MAX_PES] __attribute__((aligned(64)));

u64 psci(u64 function, u64 a, u64 b, u64 c) {
  register u64 x0 asm("x0") = function;
  register u64 x1 asm("x1") = a;
  register u64 x2 asm("x2") = b;
  register u64 x3 asm("x3") = c;
  if (top_el == 2) asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  else asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  return x0;
}

u64 this_pe(void) { return READ(mpidr_el1) & 0xff; }

int count_pes(void) {
  int count = 1;
  /* GICR_TYPER.Last */
  while (count < MAX_PES && !(REDISTRIBUTOR(count - 1)[8 / 4] & 0x10)) count++;
  return count;
}

u64 now(void) {
  asm volatile("isb");
  return READ(cntpct_el0);
}

u64 microseconds(u64 count) { return count * READ(cntfrq_el0) / 1000000; }

void pause(u64 count) {
  u64 end = now() + microseconds(count);
  while (now() < end) {}
}

static void give_up(const char *why, int pe) {
  print(why);
  show("PE", pe);
  if (pes[pe].failed) print_exception(pes[pe].failure);
  line("");
  finish();
}

static void wait_until(volatile u64 *at, u64 wanted, int pe) {
  u64 end = now() + microseconds(PATIENCE);
  while (LOAD_ACQUIRE(at) != wanted) {
    if (pes[pe].failed) give_up("exception", pe);
    if (now() > end) give_up("no answer", pe);
  }
}

u64 start_pe(int pe) {
  struct pe *p = &pes[pe];
  u64 before = p->online;
  asm volatile("dsb sy" ::: "memory");
  u64 result = psci(PSCI_CPU_ON, pe, (u64)secondary_entry, (u64)p);
  if (result == 0) wait_until(&p->online, before + 1, pe);
  return result;
}

void start_pes(int count) {
  if (top_el == 3) {
    STORE_RELEASE(&released, (u64)pes);
    asm volatile("dsb sy\n sev" ::: "memory");
    for (int pe = 1; pe < count; pe++) wait_until(&pes[pe].online, 1, pe);
    return;
  }
  enable_interrupts_here();
  for (int pe = 1; pe < count; pe++) {
    u64 result = start_pe(pe);
    if (result == 0) continue;
    show("CPU_ON", result);
    give_up(" refused", pe);
  }
}

void give_work(int pe, u64 (*f)(u64), u64 argument) {
  struct pe *p = &pes[pe];
  p->work = f;
  p->argument = argument;
  STORE_RELEASE(&p->asked, p->asked + 1);
  asm volatile("dsb sy\n sev" ::: "memory");
  if (top_el != 3) WRITE(SGI1R, (u64)WORK_SGI << 24 | 1ul << pe);
  asm volatile("isb");
}

u64 finish_work(int pe) {
  wait_until(&pes[pe].done, pes[pe].asked, pe);
  return pes[pe].result;
}

u64 run_on_all(int count, u64 (*f)(u64)) {
  for (int pe = 1; pe < count; pe++) give_work(pe, f, pe);
  u64 sum = f(0);
  for (int pe = 1; pe < count; pe++) sum += finish_work(pe);
  return sum;
}

void meet(int count) {
  u64 me = this_pe(), mine = arrived[me].count + 1;
  STORE_RELEASE(&arrived[me].count, mine);
  for (int pe = 0; pe < count; pe++) {
    while (LOAD_ACQUIRE(&arrived[pe].count) < mine) {
      if (me == 0 && pes[pe].failed) give_up("exception", pe);
    }
  }
}

void enable_interrupts_here(void) {
  u64 me = this_pe();
  enable_gic_registers();
  if (me == 0) DISTRIBUTOR[0] = 0x13;
  REDISTRIBUTOR(me)[0x14 / 4] = 0;
  while (REDISTRIBUTOR(me)[0x14 / 4] & 4) {}
  for (int i = 0; i < 8; i++) PRIVATE_INTERRUPTS(me)[0x400 / 4 + i] = 0x80808080;
  PRIVATE_INTERRUPTS(me)[0x80 / 4] = ~0u;
  PRIVATE_INTERRUPTS(me)[0x100 / 4] = 1u << WORK_SGI;
  WRITE(PMR, 0xff);
  WRITE(IGRPEN1, 1);
  asm volatile("isb");
}

void wait_for_work(struct pe *p) {
  u64 me = this_pe();
  if (top_el != 3) enable_interrupts_here();
  STORE_RELEASE(&p->online, p->online + 1);
  for (;;) {
    while (LOAD_ACQUIRE(&p->asked) == p->done) {
      if (top_el == 3) {
        asm volatile("wfe");
        continue;
      }
      asm volatile("dsb sy\n wfi" ::: "memory");
      PRIVATE_INTERRUPTS(me)[0x280 / 4] = 1u << WORK_SGI;
    }
    p->result = p->work(p->argument);
    STORE_RELEASE(&p->done, p->done + 1);
  }
}

void secondary_exception(struct frame *f) {
  struct pe *p = &pes[this_pe()];
  if (p->hook && p->hook(f)) return;
  p->failure = f;
  STORE_RELEASE(&p->failed, 1);
  for (;;) asm volatile("wfi");
}
