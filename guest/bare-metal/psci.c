/* PSCI on several PEs: what there is, turning PEs on and off in every order, the state they begin with, waiting. */
#include "pes.h"

#define COUNT 4
#define ON 0
#define OFF 1
#define ON_PENDING 2
#define ALREADY_ON -4l
#define PENDING -5l
#define SGI1R s3_0_c12_c11_5
#define ROUNDS 100

static u64 call(const char *name, u64 function, u64 a, u64 b, u64 c) {
  print(name);
  u64 result = psci(function, a, b, c);
  show("result", result);
  line("");
  return result;
}

static void wait_for_state(int pe, u64 wanted) {
  u64 end = now() + microseconds(20000000);
  while (psci(PSCI_AFFINITY_INFO, pe, 0, 0) != wanted) {
    if (now() > end) {
      show("PE", pe);
      show("never in state", wanted);
      line("");
      finish();
    }
  }
}

static u64 turn_off(u64 unused) {
  (void)unused;
  /* What was asked counts as done, since nothing comes back here. */
  struct pe *p = &pes[this_pe()];
  STORE_RELEASE(&p->done, p->asked);
  psci(PSCI_CPU_OFF, 0, 0, 0);
  return 0;
}

static void off(int pe) {
  give_work(pe, turn_off, 0);
  wait_for_state(pe, OFF);
}

static void functions(void) {
  line("-- versions and features");
  call("PSCI_VERSION", PSCI_VERSION, 0, 0, 0);
  call("MIGRATE_INFO_TYPE", 0x84000006, 0, 0, 0);
  call("MIGRATE", 0x84000005, 1, 0, 0);
  call("MIGRATE, SMC64", 0xc4000005, 1, 0, 0);
  call("MIGRATE_INFO_UP_CPU", 0x84000007, 0, 0, 0);
  call("MIGRATE_INFO_UP_CPU, SMC64", 0xc4000007, 0, 0, 0);
  call("SMCCC_VERSION", 0x80000000, 0, 0, 0);
  static const u64 others[] = {0x80000000, 0x80000001, 0x80000002, 0x80003fff, 0x80007fff, 0x80008000,
                               0x95c1ba5e, 0x95c1ba5f, 0x95c1ba60, 0x95c1ba61, 0x84000100, 0x40000000, 0};
  for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
    show("function", others[i]);
    show("PSCI_FEATURES", psci(0x8400000a, others[i], 0, 0));
    show("ARCH_FEATURES", psci(0x80000001, others[i], 0, 0));
    line("");
  }
  for (u64 wide = 0; wide < 2; wide++) {
    for (u64 i = 0; i < 0x20; i++) {
      u64 id = 0x84000000 | wide << 30 | i;
      show("function", id);
      show("PSCI_FEATURES", psci(0x8400000a, id, 0, 0));
      line("");
    }
  }
  line("-- functions that are not there");
  static const u64 absent[] = {0x8400000b, 0x8400000d, 0x8400000f, 0x84000010, 0x84000011, 0x84000013, 0x84000014,
                               0x8400001f, 0xc4000000, 0xc4000002, 0xc4000008, 0xc4000009, 0x84000020, 0xbf00ff01};
  for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++) {
    show("function", absent[i]);
    show("result", psci(absent[i], 0, 0, 0));
    line("");
  }
}

static const u64 targets[] = {0, 1, 2, 3, 4, 15, 0x100, 0x10000, 1ul << 31 | 1, 1ul << 24, 1ul << 32, 1ul << 40, ~0ul};

static void affinities(const char *name) {
  print("-- AFFINITY_INFO, ");
  line(name);
  for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++) {
    show("target", targets[i]);
    for (u64 level = 0; level < 5; level++) show("level", psci(PSCI_AFFINITY_INFO, targets[i], level, 0));
    show("SMC32", psci(0x84000004, targets[i], 0, 0));
    line("");
  }
}

static void refusals(void) {
  line("-- CPU_ON that is refused");
  u64 entry = (u64)secondary_entry;
  for (unsigned i = 4; i < sizeof targets / sizeof *targets; i++) {
    show("target", targets[i]);
    show("result", psci(PSCI_CPU_ON, targets[i], entry, 0));
    line("");
  }
  for (u64 low = 1; low < 4; low++) {
    show("entry +", low);
    show("result", psci(PSCI_CPU_ON, 1, entry + low, 0));
    line("");
  }
  show("itself", psci(PSCI_CPU_ON, 0, entry, 0));
  for (int pe = 1; pe < COUNT; pe++) show("state", psci(PSCI_AFFINITY_INFO, pe, 0, 0));
  line("");
}

/* x0, level, masks, stack pointer, and what SCTLR says of MMU and caches. */
static void started(int pe) {
  struct pe *p = &pes[pe];
  show("PE", pe);
  show("context", p->start.context - (u64)p);
  show("EL", p->start.level);
  show("DAIF", p->start.daif);
  show("SPSel", p->start.sp_sel);
  show("M, C, I, EE", p->start.sctlr & 0x2001005);
  show("MPIDR", p->start.mpidr);
  show("PC", p->start.pc - (u64)secondary_entry);
  line("");
}

static volatile u64 other_context;
extern u8 other_entry[];
asm(".text\n.balign 4\n.global other_entry\nother_entry:\n"
    "adrp x1, other_context\n str x0, [x1, :lo12:other_context]\n dsb sy\n"
    "mrs x0, CurrentEL\n cmp x0, #8\n mov w0, #2\n movk w0, #0x8400, lsl #16\n"
    "b.eq 1f\n hvc #0\n1: smc #0\n b .");

static void turning_on(void) {
  line("-- CPU_ON");
  show("result", start_pe(1));
  started(1);
  show("again", start_pe(1));
  show("state", psci(PSCI_AFFINITY_INFO, 1, 0, 0));
  line("");
  show("SMC32 of PE 2", psci(0x84000003, 2, (u64)secondary_entry, (u64)&pes[2]));
  while (LOAD_ACQUIRE(&pes[2].online) == 0) {}
  started(2);
  off(2);
  off(1);
  show("after CPU_OFF", psci(PSCI_AFFINITY_INFO, 1, 0, 0));
  line("");
  line("-- another entry and context; the PE turns itself off");
  static const u64 contexts[] = {0, 1, 0x123456789abcdef0, ~0ul};
  for (int i = 0; i < 4; i++) {
    other_context = 5;
    show("result", psci(PSCI_CPU_ON, 3, (u64)other_entry, contexts[i]));
    u64 end = now() + microseconds(20000000);
    while (LOAD_ACQUIRE(&other_context) == 5 && now() < end) {}
    wait_for_state(3, OFF);
    show("context", other_context);
    line("");
  }
  line("SMC32: upper halves of the arguments");
  other_context = 5;
  show("result", psci(0x84000003, 1ul << 33 | 3, 1ul << 34 | (u64)other_entry, 0x123456789abcdef0));
  u64 end = now() + microseconds(1000000);
  while (LOAD_ACQUIRE(&other_context) == 5 && now() < end) {}
  show("context", other_context);
  line("");
}

/* A second CPU_ON at once: the first may be under way or over. */
static void pending(void) {
  line("-- CPU_ON of what is about to be on, and AFFINITY_INFO meanwhile");
  u64 good = 0, backwards = 0;
  for (int round = 0; round < ROUNDS; round++) {
    u64 before = pes[1].online;
    u64 first = psci(PSCI_CPU_ON, 1, (u64)secondary_entry, (u64)&pes[1]);
    long second = psci(PSCI_CPU_ON, 1, (u64)secondary_entry, (u64)&pes[1]);
    u64 last = ON_PENDING;
    while (pes[1].online == before) {
      u64 state = psci(PSCI_AFFINITY_INFO, 1, 0, 0);
      if (state == OFF || (state == ON_PENDING && last == ON)) backwards++;
      last = state;
    }
    if (first == 0 && (second == ALREADY_ON || second == PENDING)) good++;
    if (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != ON) backwards++;
    off(1);
  }
  print("second CPU_ON:");
  line(good == ROUNDS ? " refused" : " allowed");
  print("states:");
  line(backwards ? " off when it is on" : " in order");
}

static volatile u64 granted[MAX_PES];

static u64 turn_on_third(u64 pe) {
  meet(3);
  long result = psci(PSCI_CPU_ON, 3, (u64)secondary_entry, (u64)&pes[3]);
  granted[pe] = result == 0 ? 1 : result == ALREADY_ON || result == PENDING ? 0 : 0x100;
  return granted[pe];
}

/* Three PEs turn the fourth on at once: one of them does. */
static void competing(void) {
  line("-- CPU_ON of one PE by three");
  for (int pe = 1; pe < 3; pe++) start_pe(pe);
  u64 ones = 0;
  for (int round = 0; round < ROUNDS; round++) {
    u64 before = pes[3].online;
    ones += run_on_all(3, turn_on_third) == 1;
    while (LOAD_ACQUIRE(&pes[3].online) == before) {}
    off(3);
  }
  print("successes:");
  line(ones == ROUNDS ? " one" : " not one");
  line("-- a PE that another one turned on turns a third on");
  give_work(1, (u64(*)(u64))start_pe, 3);
  show("result", finish_work(1));
  started(3);
  off(3);
  off(2);
  off(1);
}

static u64 doubled(u64 value) { return 2 * value; }

/* Each PE off and on, work in between: nothing that it had before matters. */
static void cycles(void) {
  line("-- off and on again");
  u64 right = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int pe = 1; pe < COUNT; pe++) start_pe(pe);
    for (int pe = 1; pe < COUNT; pe++) give_work(pe, doubled, round + pe);
    for (int pe = 1; pe < COUNT; pe++) right += finish_work(pe) == 2ul * (round + pe);
    for (int pe = 1; pe < COUNT; pe++) give_work(pe, turn_off, 0);
    for (int pe = 1; pe < COUNT; pe++) wait_for_state(pe, OFF);
  }
  show("right", right);
  line("");
}

static u64 power_state, suspended;

static u64 suspend(u64 function) {
  STORE_RELEASE(&suspended, 1);
  u64 result = psci(function, power_state, (u64)secondary_entry, 0x55);
  PRIVATE_INTERRUPTS(this_pe())[0x280 / 4] = 1u << WORK_SGI;
  return result;
}

/* Power-down states are standby for QEMU: the call returns. */
static void waiting(void) {
  line("-- CPU_SUSPEND: woken by an interrupt that is masked");
  start_pe(1);
  static const u64 functions[] = {PSCI_CPU_SUSPEND, 0x84000001, 0x95c1ba5e};
  static const u64 states[] = {0, 1, 0xffff, 0x10000, 0x1ffff, 0x20000, 0x01000000, 0x80000000, 1ul << 32};
  for (unsigned f = 0; f < 3; f++) {
    for (unsigned i = 0; i < sizeof states / sizeof *states; i++) {
      power_state = states[i];
      suspended = 0;
      show("function", functions[f]);
      show("power state", power_state);
      give_work(1, suspend, functions[f]);
      while (!LOAD_ACQUIRE(&suspended)) {}
      pause(2000);
      WRITE(SGI1R, (u64)WORK_SGI << 24 | 2);
      show("result", finish_work(1));
      line("");
    }
  }
  off(1);
}

int main(void) {
  show("PEs", count_pes());
  line("");
  functions();
  affinities("before any CPU_ON");
  refusals();
  enable_interrupts_here();
  turning_on();
  pending();
  competing();
  affinities("others off");
  cycles();
  waiting();
  start_pes(COUNT);
  affinities("all on");
  return 0;
}
