/* Access to every system register encoding at each level, FP and SIMD traps, and traps by control bit. */
#include "tables.h"

/* A word of code that is made at run time, and RET. */
#define CODE ((volatile u32 *)SCRATCH)

/* The last exception taken. */
static struct { u64 esr, el; } last;
static int keep(struct frame *f) {
  last.esr = f->esr;
  last.el = f->el;
  f->elr += 4;
  f->spsr &= ~(1ul << 20);
  return 1;
}

/* Executes one instruction with x0 = 0 and x1 = argument; true when it took an exception. */
static int execute(u32 word, u64 argument) {
  CODE[0] = word;
  CODE[1] = 0xd65f03c0;
  asm volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(CODE) : "memory");
  taken = 0;
  r[1] = argument;
  asm volatile("mov x19, x30\n mov x0, #0\n ldr x1, [%1, #8]\n mov x9, %1\n"
               "blr %0\n str x1, [x9, #8]\n mov x30, x19" ::"r"(CODE), "r"(r)
               : CLOBBERS, "x19");
  return taken != 0;
}

static void print_register(u32 e) {
  print("s");
  hex(2 + (e >> 14));
  put('_');
  hex(e >> 11 & 7);
  print("_c");
  u64 n = e >> 7 & 15, m = e >> 3 & 15;
  if (n > 9) put('1');
  put('0' + n % 10);
  print("_c");
  if (m > 9) put('1');
  put('0' + m % 10);
  put('_');
  put('0' + (e & 7));
}

/* AArch64 identification: the value counts. */
static int is_constant(u32 e) { return (e >> 14) == 1 && (e >> 7 & 15) == 0 && (e >> 3 & 15) >= 4; }

/*
 * Left out: GIC (a program of its own), performance monitors (not there; QEMU keeps the registers), and debug registers
 * that QEMU does not have: DBGDTR_EL0, DBGPRCR_EL1, DBGAUTHSTATUS_EL1.
 */
static int is_left_out(u32 e) {
  u64 op0 = 2 + (e >> 14), op1 = e >> 11 & 7, n = e >> 7 & 15, m = e >> 3 & 15;
  if (op0 == 2) return (op1 == 3 && m == 4) || (n == 1 && m == 4) || (n == 7 && m == 14);
  return (n == 12 && m >= 8) || (n == 9 && m >= 12) || (n == 14 && m >= 8);
}

static u64 read_all(u64 from) {
  hook = keep;
  int column = 0;
  for (u32 e = from << 14; e < (from + 1) << 14; e++) {
    if (is_left_out(e)) continue;
    u32 rt = 1;
    int trapped = execute(0xd5300000 | e << 5 | rt, 0);
    int undefined = trapped && (last.esr >> 26) == 0 && (last.esr & 0x1ffffff) == 0;
    if (undefined && last.el == (entered_el ? entered_el : 1)) continue;
    print_register(e);
    if (trapped) {
      show("ESR", last.esr);
      show("EL", last.el);
    } else if (is_constant(e)) show("value", r[1]);
    if (is_constant(e) || trapped || ++column == 8) {
      column = 0;
      put('\n');
    } else put(' ');
  }
  if (column) put('\n');
  hook = 0;
  return from;
}

static u64 write_all(u64 from) {
  hook = keep;
  for (u32 e = from << 14; e < (from + 1) << 14; e++) {
    if (is_left_out(e)) continue;
    int trapped = execute(0xd5100001 | e << 5, 0);
    if (trapped && (last.esr >> 26) == 0 && (last.esr & 0x1ffffff) == 0) continue;
    print_register(e);
    if (trapped) show("ESR", last.esr);
    put('\n');
  }
  hook = 0;
  return from;
}

static u64 fp(u64 unused) {
  RUN("fadd", "fadd d0, d0, d0");
  RUN("add v", "add v0.4s, v0.4s, v0.4s");
  RUN("ldr q", "ldr q0, [sp]");
  RUN("fmov", "fmov x0, d0");
  RUN("mrs fpcr", "mrs x0, fpcr");
  RUN("msr fpsr", "msr fpsr, xzr");
  RUN("unallocated", ".inst 0x1e60fc00");
  return unused;
}

/* Instructions that some control bit traps: MRS, MSR, SYS. */
static const u32 accesses[] = {
  0xd5381001, /* sctlr_el1 */
  0xd5382001, /* ttbr0_el1 */
  0xd5182001, 0xd5182021, 0xd5182041, 0xd518a201, 0xd518d021, 0xd5185201, 0xd5186001,
  0xd5385201, /* esr_el1 */
  0xd5380401, /* id_aa64pfr0_el1 */
  0xd5380701, /* id_aa64mmfr0_el1 */
  0xd53b0021, /* ctr_el0 */
  0xd53b00e1, /* dczid_el0 */
  0xd5390001, 0xd5390021, 0xd5390041, 0xd53900e1, 0xd53a0001, 0xd51a0001, /* ccsidr, clidr, aidr, csselr */
  0xd53800c1, /* revidr_el1 */
  0xd5380001, 0xd53800a1, /* midr_el1, mpidr_el1 */
  0xd5381021, 0xd5181021, /* actlr_el1 */
  0xd5381041, 0xd5181041, /* cpacr_el1 */
  0xd538c101, /* isr_el1 */
  0xd53bd041, 0xd538d081, /* tpidr_el0, tpidr_el1 */
  0xd50b7e20, 0xd50b7a20, 0xd50b7b20, 0xd5087640, 0xd5087e40, 0xd5087a40, 0xd5087620, /* DC */
  0xd508751f, 0xd50b7520, 0xd508711f, /* IC */
  0xd508871f, 0xd5088720, 0xd508831f, 0xd5088320, 0xd5088740, 0xd50887a0, /* TLBI */
  0xd5087800, 0xd5087820, 0xd5087840, /* AT */
  0xd53be001, 0xd53be021, 0xd53be041, 0xd53be221, 0xd53be321, /* counters, cntp_ctl, cntv_ctl */
  0xd5300241, 0xd5100241, /* mdscr_el1 */
  0xd5300081, 0xd53000a1, 0xd53000c1, 0xd53000e1, /* dbgbvr0.. */
  0xd5301001, 0xd5301081, 0xd5101081 | 0, 0xd5301181, 0xd5301381, 0xd53014c1, 0xd53078c1, /* mdrar, os lock, claim */
  0xd5330101, /* mdccsr_el0 */
  0xd538f001, 0xd53bf001, 0xd518b001, /* implementation defined */
  0xd5382101, 0xd538a441, /* apiakeylo, lorid */
  0xd5385301, 0xd5385321, /* erridr, errselr */
  0xd503233f, /* paciasp */
};

#define ALL (sizeof accesses / sizeof accesses[0])

static u64 reads(u64 count) {
  hook = keep;
  for (u64 i = 0; i < count; i++) {
    u64 argument = (accesses[i] >> 19 & 1) == 0 && (accesses[i] & 0xfff00000) == 0xd5000000 ? SCRATCH + 0x1000 : 0;
    u32 word = accesses[i];
    if ((word & 0xfff80000) == 0xd5080000 && (word & 31) == 0) {
      word |= 1;
      argument = SCRATCH + 0x1000;
      /* By set and way: level 1. */
      if ((word & 0xffe0) == 0x7640 || (word & 0xffe0) == 0x7e40 || (word & 0xffe0) == 0x7a40) argument = 0;
    }
    if (!execute(word, argument)) continue;
    if ((last.esr >> 26) == 0 && last.el == 1) continue;
    put(' ');
    hex(accesses[i]);
    print("->EL");
    put('0' + last.el);
    put(' ');
    hex(last.esr);
    put('\n');
  }
  hook = 0;
  return count;
}

static void bit(const char *name, int n) {
  print(name);
  show("bit", n);
  put('\n');
}

int main(void) {
  for (int el = 0; el <= (int)top_el; el++) {
    if (el == 2 && !have_el2()) continue;
    print("-- MRS at EL");
    put('0' + el);
    put('\n');
    run_at(el, read_all, 1);
    run_at(el, read_all, 0);
  }
  line("-- MSR at EL0");
  run_at(0, write_all, 1);
  run_at(0, write_all, 0);
  line("-- FP");
  for (int n = 0; n < 4; n++) {
    WRITE(cpacr_el1, (u64)n << 20);
    SYNC();
    bit("CPACR_EL1.FPEN", n);
    run_at(0, fp, 0);
    run_at(1, fp, 0);
  }
  WRITE(cpacr_el1, 3ul << 20);
  if (have_el2()) {
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    SYNC();
    line("CPTR_EL2.TFP");
    for (int el = 0; el <= (int)top_el; el++) run_at(el, fp, 0);
    WRITE(cptr_el2, 0x33ff);
    SYNC();
  }
  if (top_el == 3) {
    WRITE(cptr_el3, 1 << 10);
    SYNC();
    line("CPTR_EL3.TFP");
    for (int el = 0; el <= 3; el++) if (el != 2 || have_el2()) run_at(el, fp, 0);
    WRITE(cptr_el3, 0);
    SYNC();
  }
  if (have_el2()) {
    u64 hcr = READ(hcr_el2), mdcr = READ(mdcr_el2);
    for (int n = 9; n < 54; n++) {
      /* Not DC, TGE, HCD, RW, E2H, and bits of features that differ. */
      if (n == 12 || n == 27 || n == 29 || n == 31 || n == 34 || n == 32 || n == 33 || n == 45 || n >= 42) continue;
      int on_by_default = hcr >> n & 1;
      WRITE(hcr_el2, hcr ^ 1ul << n);
      SYNC();
      bit(on_by_default ? "HCR_EL2 without" : "HCR_EL2", n);
      /* TRVM traps what EL1's own handler reads: nothing may go there. */
      run_at(1, reads, n == 30 ? 8 : ALL);
      if (n != 30) run_at(0, reads, ALL);
    }
    WRITE(hcr_el2, hcr);
    for (int n = 6; n < 12; n++) {
      if (n == 7 || n == 8) continue;
      WRITE(mdcr_el2, mdcr | 1ul << n);
      SYNC();
      bit("MDCR_EL2", n);
      run_at(1, reads, ALL);
    }
    WRITE(mdcr_el2, mdcr);
    WRITE(cptr_el2, 0x33ff | 1ul << 31);
    SYNC();
    bit("CPTR_EL2", 31);
    run_at(1, reads, ALL);
    WRITE(cptr_el2, 0x33ff);
    WRITE(cnthctl_el2, 0);
    SYNC();
    line("CNTHCTL_EL2 clear");
    run_at(1, reads, ALL);
    WRITE(cnthctl_el2, 3);
  }
  line("-- EL0 enables in SCTLR_EL1 and CNTKCTL_EL1");
  u64 sctlr = READ(sctlr_el1);
  static const u8 enables[] = {9, 14, 15, 26};
  run_at(0, reads, ALL);
  for (int i = 0; i < 4; i++) {
    WRITE(sctlr_el1, sctlr ^ 1ul << enables[i]);
    SYNC();
    bit("SCTLR_EL1", enables[i]);
    run_at(0, reads, ALL);
  }
  WRITE(sctlr_el1, sctlr);
  for (int n = 0; n < 10; n++) {
    WRITE(cntkctl_el1, 1 << n);
    SYNC();
    bit("CNTKCTL_EL1", n);
    run_at(0, reads, ALL);
  }
  WRITE(cntkctl_el1, 0);
  return 0;
}
