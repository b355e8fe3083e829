/* FEAT_MTE without tag storage: what the tag instructions give, check and leave alone; registers that are not there. */
#include "tables.h"

asm(".arch armv8.5-a+memtag");

static u64 *root;

#define TRY(code)                                                                                                      \
  r[0] = base;                                                                                                         \
  r[1] = 0x3f00123456789abc;                                                                                           \
  r[2] = 0x5a;                                                                                                         \
  RUN(code, code);                                                                                                     \
  show(" x0", r[0] - base);                                                                                            \
  show("x1", r[1]);                                                                                                    \
  show("x2", r[2]);                                                                                                    \
  line("")

static u64 base;

static u64 values(u64 unused) {
  TRY("irg x0, x0");
  TRY("irg x1, x1, x2");
  TRY("gmi x2, x1, x2");
  TRY("gmi x2, x1, xzr");
  TRY("addg x1, x1, #1008, #15");
  TRY("subg x1, x1, #16, #3");
  TRY("subp x2, x1, x0");
  TRY("subps x2, x0, x1; cset x1, lt");
  TRY("cmpp x0, x0; cset x1, eq");
  return unused;
}

static u64 accesses(u64 unused) {
  TRY("ldg x1, [x0]");
  TRY("ldg x1, [x0, #-16]");
  TRY("add x0, x0, #7; ldg x1, [x0, #4080]");
  TRY("stg x1, [x0]");
  TRY("stg x1, [x0], #32");
  TRY("stg x1, [x0, #-4096]!");
  TRY("add x0, x0, #8; stg x1, [x0]");
  TRY("st2g x1, [x0]");
  TRY("st2g x1, [x0, #-16]!");
  TRY("st2g x1, [x0, #4080]!");
  TRY("add x0, x0, #1; st2g x1, [x0], #16");
  TRY("stzg x1, [x0], #16");
  TRY("add x0, x0, #4; stzg x1, [x0], #16");
  TRY("stz2g x1, [x0, #-16]!");
  TRY("stgp x1, x2, [x0]");
  TRY("stgp x1, x2, [x0, #-1024]!");
  TRY("stgp x1, x2, [x0], #1008");
  TRY("add x0, x0, #8; stgp x1, x2, [x0]");
  TRY("dc gva, x0");
  TRY("dc gzva, x0");
  TRY("add x0, x0, #9; dc gva, x0");
  for (u64 i = 0; i < 8; i++) {
    show(i ? "" : "memory", ((volatile u64 *)SCRATCH)[i]);
    ((volatile u64 *)SCRATCH)[i] = 0x1111111111111111 * i;
  }
  line("");
  return unused;
}

/* Cache maintenance of mapped memory: QEMU does not translate its address. */
static u64 maintenance(u64 unused) {
  TRY("dc cgvac, x0");
  TRY("dc cgdvac, x0");
  TRY("dc cgvap, x0");
  TRY("dc cgdvap, x0");
  TRY("dc cigvac, x0");
  TRY("dc cigdvac, x0");
  return unused;
}

static u64 registers(u64 unused) {
  TRY("msr s0_3_c4_c1_4, xzr; mrs x1, s3_3_c4_c2_7");
  TRY("mov x1, #0x2000000; msr s3_3_c4_c2_7, x1; mrs x1, s3_3_c4_c2_7");
  TRY("mrs x1, s3_0_c1_c0_5");
  TRY("mrs x1, s3_0_c1_c0_6");
  TRY("mrs x1, s3_0_c5_c6_0");
  TRY("mrs x1, s3_0_c5_c6_1");
  TRY("mrs x1, s3_1_c0_c0_4");
  TRY("ldgm x1, [x0]");
  TRY("stgm x1, [x0]");
  TRY("stzgm x1, [x0]");
  TRY("dc igvac, x0");
  TRY("dc igsw, x0");
  TRY("dc cgsw, x0");
  TRY("dc cigdsw, x0");
  return unused;
}

static u64 on(u64 tcr) {
  mmu_on(tcr, root);
  return 0;
}

static void pages(const char *text, u64 left, u64 right) {
  print("-- ");
  line(text);
  *entry(root, 12, 0, base - 0x1000, 3) = left;
  *entry(root, 12, 0, base, 3) = right;
  *entry(root, 12, 0, base + 0x1000, 3) = right ? right + 0x1000 : 0;
  flush();
  run_at(1, accesses, 0);
}

static u64 at_el1(u64 unused) {
  u64 good = SCRATCH | PAGE | MEMORY | PXN | UXN;
  base = WINDOW + 0x101000;
  pages("mapped", good + 0x2000, good);
  line("-- maintenance");
  maintenance(0);
  pages("right invalid", good, 0);
  pages("left invalid", 0, good);
  pages("right read-only", good + 0x2000, good | AP(2));
  pages("right without access flag", good + 0x2000, good & ~AF);
  return unused;
}

int main(void) {
  if (!FIELD(id_aa64pfr1_el1, 8)) return 0;
  show("pfr1", READ(id_aa64pfr1_el1) & 0xf00);
  line("");
  WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 14 | 1 << 26);
  base = SCRATCH;
  for (int el = 0; el < 2; el++) {
    show("-- values at EL", el);
    line("");
    run_at(el, values, 0);
    show("-- registers at EL", el);
    line("");
    run_at(el, registers, 0);
  }
  root = table(4096);
  run_at(1, on, tcr_for(12, 1));
  run_at(1, at_el1, 0);
  return 0;
}
