/* Debug exceptions: BRK, hardware breakpoints, watchpoints, software step. */
#include "tables.h"

#define MDE (1 << 15)
#define KDE (1 << 13)
#define SS 1

extern u8 stepped[];
/* Code to step through: plain, branch, load-exclusive, SVC, UDF. */
asm(".pushsection .text\n.balign 64\nstepped: nop\n add x1, x1, #1\n b 1f\n nop\n1: ldxr x2, [x0]\n stxr w3, x2, [x0]\n"
    "svc #5\n mrs x4, nzcv\n udf #0\n nop\nsvc #0x77\n ret\n.popsection");

static int count;

/* Goes on stepping until the end of the code. */
static int on_step(struct frame *f) {
  u64 ec = f->esr >> 26 & 63;
  print_exception(f);
  if (ec == 0x15 && (f->esr & 0xffff) == 0x77) {
    WRITE(mdscr_el1, READ(mdscr_el1) & ~1ul);
    f->spsr &= ~(1ul << 21);
    return 1;
  }
  if (ec == 0) f->elr += 4;
  if (++count > 30) {
    line("no end");
    finish();
  }
  f->spsr |= 1ul << 21;
  return 1;
}

static u64 step_from_below(u64 el) {
  count = 0;
  hook = on_step;
  begin("step");
  probe.origin = (u64)stepped;
  run_at(el, (u64 (*)(u64))stepped, SCRATCH);
  end();
  hook = 0;
  return 0;
}

/* At EL1 with KDE: an exception return to itself with SPSR.SS set begins it. */
static u64 step_own_level(u64 unused) {
  count = 0;
  hook = on_step;
  WRITE(mdscr_el1, KDE | SS);
  SYNC();
  r[0] = SCRATCH;
  begin("step own level, D clear in SPSR");
  taken = 0;
  asm volatile("mov x0, %0\n mov x8, x30\n adr x9, 1f\n mov x30, x9\n"
               "msr elr_el1, %1\n msr spsr_el1, %2\n eret\n1: mov x30, x8\n"
               ::"r"((u64)SCRATCH), "r"(stepped), "r"(0x1c5ul | 1 << 21)
               : CLOBBERS);
  end();
  hook = 0;
  return unused;
}

static int once(struct frame *f) {
  print_exception(f);
  WRITE(mdscr_el1, READ(mdscr_el1) & ~(u64)MDE);
  return 1;
}

/* The same instruction for all levels: in a function of its own, so that its address is known. */
extern u8 target[];
asm(".pushsection .text\n.balign 64\ntarget: mov x4, #1\n mov x4, #2\n mov x4, #3\n ret\n.popsection");

static u64 call_target(u64 unused) {
  probe.origin = (u64)target;
  r[4] = 0;
  begin("call");
  probe.recover = 0;
  asm volatile("mov x9, x30\n blr %1\n mov x30, x9\n str x4, [%0, #32]" ::"r"(r), "r"(target) : CLOBBERS);
  end();
  return unused;
}

static u64 unmasked_call(u64 unused) {
  asm volatile("msr daifclr, #8");
  call_target(0);
  asm volatile("msr daifset, #8");
  return unused;
}

static void breakpoint(const char *name, int el, u64 control, u64 mdscr, int unmask) {
  print(name);
  print(" EL");
  put('0' + el);
  show("control", control);
  show("mdscr", mdscr);
  if (unmask) print(" unmasked");
  put(' ');
  WRITE(dbgbvr0_el1, (u64)target + 4);
  WRITE(dbgbcr0_el1, control);
  WRITE(mdscr_el1, mdscr);
  SYNC();
  hook = once;
  run_at(el, unmask ? unmasked_call : call_target, 0);
  hook = 0;
  WRITE(mdscr_el1, 0);
  WRITE(dbgbcr0_el1, 0);
}

static void user_accesses(void) {
  static const u64 offsets[] = {0, 4, 7, 8, 16};
  for (int i = 0; i < 5; i++) {
    show("offset", offsets[i]);
    put(' ');
    r[0] = SCRATCH + 0x100 + offsets[i];
    r[1] = 0;
    RUN("ldrb", "ldrb w1, [x0]");
    RUN("strb", "strb w1, [x0]");
  }
  r[0] = SCRATCH + 0x100;
  RUN("ldr", "ldr x1, [x0]");
  RUN("ldr from below", "ldr x1, [x0, #-4]!");
  r[0] = SCRATCH + 0x100;
  RUN("str", "str x1, [x0]");
  RUN("ldp", "ldp x1, x2, [x0]");
  RUN("stp from below", "stp x1, x2, [x0, #-8]");
  RUN("ldxr", "ldxr x1, [x0]");
  RUN("dc zva", "dc zva, x0");
  RUN("dc civac", "dc civac, x0");
  RUN("prfm", "prfm pldl1keep, [x0]");
  RUN("ldr q", "ldr q1, [x0]");
  if (FIELD(id_aa64isar0_el1, 20)) {
    RUN("ldadd", ".arch_extension lse\n ldadd x1, x2, [x0]");
    RUN("swp", "swp x1, x2, [x0]");
  }
}

/* Identification registers cannot be read at EL0. */
static u64 el0_accesses(u64 unused) {
  r[0] = SCRATCH + 0x100;
  RUN("ldr", "ldr x1, [x0]");
  RUN("str", "str x1, [x0]");
  return unused;
}

static u64 el1_accesses(u64 unused) {
  asm volatile("msr daifclr, #8");
  user_accesses();
  RUN("ldtr", "ldtr x1, [x0]");
  RUN("sttr", "sttr x1, [x0]");
  asm volatile("msr daifset, #8");
  return unused;
}

static void watchpoint(const char *name, int el, u64 control) {
  print(name);
  show("control", control);
  line("");
  WRITE(dbgwvr0_el1, SCRATCH + 0x100);
  WRITE(dbgwcr0_el1, control);
  WRITE(mdscr_el1, MDE | KDE);
  SYNC();
  run_at(el, el ? el1_accesses : el0_accesses, 0);
  WRITE(mdscr_el1, 0);
  WRITE(dbgwcr0_el1, 0);
  SYNC();
}

int main(void) {
  u64 bas = 15 << 5;
  WRITE(oslar_el1, 0);
  WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 14 | 1 << 26);
  SYNC();
  line("-- breakpoints");
  for (int el = 0; el < 2; el++) {
    breakpoint("none", el, 0, MDE | KDE, el);
    breakpoint("EL0", el, 1 | bas | 2 << 1, MDE | KDE, el);
    breakpoint("EL1", el, 1 | bas | 1 << 1, MDE | KDE, el);
    breakpoint("both", el, 1 | bas | 3 << 1, MDE | KDE, el);
    breakpoint("both, MDE off", el, 1 | bas | 3 << 1, KDE, el);
    breakpoint("both, KDE off", el, 1 | bas | 3 << 1, MDE, el);
    breakpoint("both, masked", el, 1 | bas | 3 << 1, MDE | KDE, 0);
    WRITE(oslar_el1, 1);
    breakpoint("both, OS lock", el, 1 | bas | 3 << 1, MDE | KDE, el);
    WRITE(oslar_el1, 0);
  }
  WRITE(contextidr_el1, 42);
  WRITE(dbgbvr4_el1, 42);
  WRITE(dbgbcr4_el1, 1 | bas | 3 << 1 | 3 << 20);
  breakpoint("linked to a context ID", 0, 1 | bas | 3 << 1 | 1 << 20 | 4 << 16, MDE | KDE, 0);
  WRITE(contextidr_el1, 43);
  breakpoint("linked to another context ID", 0, 1 | bas | 3 << 1 | 1 << 20 | 4 << 16, MDE | KDE, 0);
  WRITE(dbgbcr4_el1, 0);
  line("-- watchpoints at EL1");
  u64 all = 255 << 5, load = 1 << 3, store = 2 << 3;
  watchpoint("loads and stores", 1, 1 | all | load | store | 3 << 1);
  watchpoint("stores", 1, 1 | all | store | 3 << 1);
  watchpoint("loads", 1, 1 | all | load | 3 << 1);
  watchpoint("one byte", 1, 1 | 0x80 << 5 | load | store | 3 << 1);
  watchpoint("EL0 only", 1, 1 | all | load | store | 2 << 1);
  watchpoint("masked, 32 bytes", 1, 1 | all | load | store | 3 << 1 | 5 << 24);
  line("-- watchpoints at EL0");
  watchpoint("loads and stores", 0, 1 | all | load | store | 3 << 1);
  watchpoint("EL1 only", 0, 1 | all | load | store | 1 << 1);
  line("-- software step of EL0");
  WRITE(mdscr_el1, SS);
  SYNC();
  step_from_below(0);
  if (top_el == 1) step_own_level(0);
  if (have_el2() && top_el == 2) {
    line("-- debug exceptions routed to EL2 (TDE)");
    WRITE(mdcr_el2, 1 << 8);
    SYNC();
    breakpoint("both", 0, 1 | bas | 3 << 1, MDE, 0);
    breakpoint("both", 1, 1 | bas | 3 << 1, MDE, 0);
    watchpoint("loads and stores", 0, 1 | all | load | store | 3 << 1);
    WRITE(mdscr_el1, SS);
    SYNC();
    step_from_below(1);
    RUN("brk", "brk #3");
    WRITE(mdcr_el2, 0);
  }
  return 0;
}
