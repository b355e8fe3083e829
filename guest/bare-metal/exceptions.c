/* Exception entry and return between all levels: SVC, HVC, SMC, BRK, UDF, HLT; SPSel and DAIF; illegal returns. */
#include "runtime.h"

static u64 calls(u64 unused) {
  RUN("svc", "svc #0x1234");
  if (entered_el) {
    if (have_el2() || top_el == 1) {
      r[0] = 0;
      RUN("hvc", "hvc #0x4321");
    } else RUN("hvc", "hvc #0x4321");
    r[0] = 0;
    RUN("smc", "smc #0x55aa");
  } else {
    RUN("hvc", "hvc #1");
    RUN("smc", "smc #1");
  }
  RUN("brk", "brk #0xabcd");
  RUN("udf", "udf #7");
  RUN("hlt", "hlt #3");
  RUN("unallocated", ".inst 0x00c0ffee");
  r[0] = 0x40400001;
  RUN("pc alignment", "br x0");
  r[0] = 0x40400002;
  RUN("pc alignment by blr", "blr x0");
  return unused;
}

/* Keeps PSTATE in the SPSR: flags, masks and the stack pointer's choice. */
static u64 pstate(u64 unused) {
  RUN("flags", "mov x0, #0xf0000000\n msr nzcv, x0\n svc #1");
  if (entered_el) {
    RUN("daif clear", "msr daifclr, #8\n svc #2\n msr daifset, #15");
    RUN("spsel 0", "mov x0, sp\n msr spsel, #0\n mov x1, sp\n svc #3\n msr spsel, #1\n mov x2, sp\n sub x0, x0, x2");
    show("difference", r[0]);
    line("");
    RUN("sp_el0 while selected", "msr spsel, #0\n mrs x0, sp_el0\n msr spsel, #1");
  } else {
    RUN("daif at EL0", "mrs x0, daif");
    RUN("daifset at EL0", "msr daifset, #2");
    RUN("spsel at EL0", "msr spsel, #0");
    RUN("currentel at EL0", "mrs x0, currentel");
    RUN("eret at EL0", "eret");
    RUN("nzcv at EL0", "mrs x0, nzcv");
  }
  return unused;
}

#define RETURN_WITH(el, name, value)                                                                                   \
  do {                                                                                                                 \
    r[0] = (value);                                                                                                    \
    RUN(name, "msr spsr_el" #el ", x0\n adr x1, 93f\n msr elr_el" #el ", x1\n eret\n93: nop\n nop");                   \
  } while (0)

/* Illegal exception returns: PSTATE.IL is set and the next instruction is not executed. */
static u64 illegal(u64 unused) {
  u64 el = entered_el;
  u64 mine = 0x3c0 | el << 2 | 1;
#define EACH(n)                                                                                                        \
  RETURN_WITH(n, "to itself", mine);                                                                                   \
  RETURN_WITH(n, "flags kept", mine | 0x90000000);                                                                     \
  RETURN_WITH(n, "mode bit 1", mine | 2);                                                                              \
  RETURN_WITH(n, "EL0 with SP_ELx", 0x3c1);                                                                            \
  RETURN_WITH(n, "AArch32 system", 0x1df);                                                                             \
  RETURN_WITH(n, "IL in SPSR", mine | 1 << 20);                                                                        \
  if (n < 3) RETURN_WITH(n, "higher", 0x3c1 | (n + 1) << 2);                                                           \
  RETURN_WITH(n, "EL3 mode", n == 3 ? 0x3cf : 0x3cd)
  if (el == 1) { EACH(1); }
  if (el == 2) { EACH(2); }
  if (el == 3) {
    EACH(3);
    if (!have_el2()) RETURN_WITH(3, "absent EL2", 0x3c9);
  }
  return unused;
}

static u64 svc_only(u64 unused) {
  RUN("svc", "svc #9");
  RUN("udf", "udf #0");
  RUN("brk", "brk #1");
  RUN("fp", "fmov s0, wzr");
  return unused;
}

static void at(int el, const char *what, u64 (*f)(u64)) {
  print("-- EL");
  put('0' + el);
  put(' ');
  line(what);
  run_at(el, f, 0);
}

int main(void) {
  int levels[] = {0, 1, 2, 3};
  for (int i = 0; i < 4; i++) {
    int el = levels[i];
    if (el > (int)top_el || (el == 2 && !have_el2())) continue;
    at(el, "calls", calls);
    at(el, "pstate", pstate);
    if (el) at(el, "returns", illegal);
  }
  if (have_el2()) {
    u64 hcr = READ(hcr_el2);
    WRITE(hcr_el2, hcr | 1 << 27);
    at(0, "TGE", svc_only);
    if (READ(id_aa64mmfr1_el1) >> 8 & 15) {
      WRITE(cptr_el2, 3 << 20);
      WRITE(hcr_el2, hcr | 1 << 27 | 1ul << 34);
      SYNC();
      at(0, "TGE E2H", svc_only);
      at(0, "TGE E2H pstate", pstate);
      WRITE(hcr_el2, hcr | 1ul << 34);
      SYNC();
      at(1, "E2H", svc_only);
      WRITE(hcr_el2, hcr);
      WRITE(cptr_el2, 0x33ff);
    }
    WRITE(hcr_el2, hcr | 1 << 27);
    SYNC();
    if (top_el == 2) {
      line("-- EL2 return to EL1 with TGE");
      RETURN_WITH(2, "TGE", 0x3c5);
    }
    WRITE(hcr_el2, hcr | 1 << 19);
    if (top_el == 3) at(1, "TSC", calls);
    WRITE(hcr_el2, hcr | 1 << 29);
    if (top_el == 3) at(1, "HCD", calls);
    WRITE(hcr_el2, hcr);
  }
  if (top_el == 3) {
    u64 scr = READ(scr_el3);
    if (have_el2()) {
      WRITE(scr_el3, scr & ~0x100ul);
      SYNC();
      at(1, "HCE off", calls);
      at(2, "HCE off", calls);
      at(3, "HCE off", calls);
    }
    WRITE(scr_el3, scr & ~1ul);
    SYNC();
    at(1, "Secure", calls);
    at(0, "Secure", calls);
    if (have_el2()) {
      line("-- EL3 return to EL2 in Secure state");
      RETURN_WITH(3, "Secure EL2", 0x3c9);
    }
    WRITE(scr_el3, scr);
    SYNC();
  }
  return 0;
}
