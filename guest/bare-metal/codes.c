/* Pointer authentication codes: what every instruction gives with known keys; failures, and what they end in. */
#include "tables.h"

static u64 seed;

static u64 next(void) {
  seed = seed * 0x5851f42d4c957f2d + 1;
  return seed;
}

#define KEY(lo, hi)                                                                                                    \
  asm volatile("msr " #lo ", %0\n msr " #hi ", %1" ::"r"(next()), "r"(next()))

static void keys(void) {
  seed = 0x243f6a8885a308d3;
  KEY(s3_0_c2_c1_0, s3_0_c2_c1_1);
  KEY(s3_0_c2_c1_2, s3_0_c2_c1_3);
  KEY(s3_0_c2_c2_0, s3_0_c2_c2_1);
  KEY(s3_0_c2_c2_2, s3_0_c2_c2_3);
  KEY(s3_0_c2_c3_0, s3_0_c2_c3_1);
}

#define MODIFIER 0xffff800000003ff0ul

/* One instruction on x0 = pointer, x1 = modifier; gives x0. */
#define ONE(code, pointer, modifier)                                                                                   \
  r[0] = (pointer);                                                                                                    \
  r[1] = (modifier);                                                                                                   \
  RUN(code, code);                                                                                                     \
  show(" x0", r[0]);                                                                                                   \
  line("")

#define KEYED(pac, aut)                                                                                                \
  ONE(pac, pointer, MODIFIER);                                                                                         \
  signed_pointer = r[0];                                                                                               \
  ONE(aut, signed_pointer, MODIFIER);                                                                                  \
  ONE(aut, signed_pointer, MODIFIER + 1);                                                                              \
  ONE(aut, pointer, MODIFIER + 1)

static void registers(u64 pointer) {
  u64 signed_pointer;
  print("pointer");
  show("", pointer);
  line("");
  KEYED("pacia x0, x1", "autia x0, x1");
  KEYED("pacib x0, x1", "autib x0, x1");
  KEYED("pacda x0, x1", "autda x0, x1");
  KEYED("pacdb x0, x1", "autdb x0, x1");
  ONE("xpaci x0", pointer, 0);
  ONE("xpacd x0", pointer, 0);
  ONE("pacga x0, x0, x1", pointer, 77);
}

static void forms(u64 pointer) {
  u64 signed_pointer;
  KEYED("paciza x0", "autiza x0");
  KEYED("pacizb x0", "autizb x0");
  KEYED("pacdza x0", "autdza x0");
  KEYED("pacdzb x0", "autdzb x0");
  /* hints; the stack pointer is borrowed, no exception may be taken meanwhile but by the probe */
  KEYED("mov x30, x0; paciaz; mov x0, x30; adr x30, 92f", "mov x30, x0; autiaz; mov x0, x30; adr x30, 92f");
  KEYED("mov x30, x0; pacibz; mov x0, x30; adr x30, 92f", "mov x30, x0; autibz; mov x0, x30; adr x30, 92f");
  KEYED("mov x17, x0; mov x16, x1; pacia1716; mov x0, x17", "mov x17, x0; mov x16, x1; autia1716; mov x0, x17");
  KEYED("mov x17, x0; mov x16, x1; pacib1716; mov x0, x17", "mov x17, x0; mov x16, x1; autib1716; mov x0, x17");
  KEYED("mov x30, x0; mov x2, sp; and x3, x1, #0xff0; mov sp, x3; paciasp; mov sp, x2; mov x0, x30; adr x30, 92f",
        "mov x30, x0; mov x2, sp; and x3, x1, #0xff0; mov sp, x3; autiasp; mov sp, x2; mov x0, x30; adr x30, 92f");
  KEYED("mov x30, x0; mov x2, sp; and x3, x1, #0xff0; mov sp, x3; pacibsp; mov sp, x2; mov x0, x30; adr x30, 92f",
        "mov x30, x0; mov x2, sp; and x3, x1, #0xff0; mov sp, x3; autibsp; mov sp, x2; mov x0, x30; adr x30, 92f");
  ONE("mov x30, x0; xpaclri; mov x0, x30; adr x30, 92f", pointer, 0);
}

/* Combined instructions: signed right, then with one bit of the code wrong. x0 is what the instruction works on. */
#define WRONG (1ul << 49)
#define BRANCH(name, sign, code)                                                                                       \
  RUN(name, "adr x0, 94f; " sign "; " code "\n b 92f\n 94:");                                                          \
  RUN(name ", wrong", "adr x0, 94f; " sign "; eor x0, x0, #0x2000000000000; " code "\n b 92f\n 94:")

static void branches(void) {
  r[1] = MODIFIER;
  BRANCH("braa", "pacia x0, x1", "braa x0, x1");
  BRANCH("brab", "pacib x0, x1", "brab x0, x1");
  BRANCH("braaz", "paciza x0", "braaz x0");
  BRANCH("brabz", "pacizb x0", "brabz x0");
  BRANCH("blraa", "pacia x0, x1", "blraa x0, x1");
  BRANCH("blrab", "pacib x0, x1", "blrab x0, x1");
  BRANCH("blraaz", "paciza x0", "blraaz x0");
  BRANCH("blrabz", "pacizb x0", "blrabz x0");
  BRANCH("retaa", "mov x2, sp; pacia x0, x2", "mov x30, x0; retaa");
  BRANCH("retab", "mov x2, sp; pacib x0, x2", "mov x30, x0; retab");
  BRANCH("eretaa", "mov x2, sp; pacia x0, x2; mov x3, #0x3c5; msr spsr_el1, x3", "msr elr_el1, x0; eretaa");
  BRANCH("eretab", "mov x2, sp; pacib x0, x2; mov x3, #0x3c5; msr spsr_el1, x3", "msr elr_el1, x0; eretab");
}

#define LOAD(name, sign, code)                                                                                         \
  r[0] = SCRATCH + 64;                                                                                                 \
  RUN(name, sign "; mov x2, x0; " code);                                                                               \
  show(" x0", r[0]);                                                                                                   \
  show("x1", r[1]);                                                                                                    \
  show("x2", r[2]);                                                                                                    \
  line("");                                                                                                            \
  r[0] = SCRATCH + 64;                                                                                                 \
  RUN(name ", wrong", sign "; eor x0, x0, #0x2000000000000; mov x2, x0; " code);                                       \
  show(" x0", r[0]);                                                                                                   \
  show("x2", r[2]);                                                                                                    \
  line("")

static void loads(void) {
  for (u64 i = 0; i < 16; i++) ((volatile u64 *)SCRATCH)[i] = 0x1000 + i;
  LOAD("ldraa", "pacdza x0", "ldraa x1, [x0, #8]");
  LOAD("ldrab", "pacdzb x0", "ldrab x1, [x0, #-16]");
  LOAD("ldraa pre", "pacdza x0", "ldraa x1, [x0, #24]!");
  LOAD("ldrab pre", "pacdzb x0", "ldrab x1, [x0, #-8]!");
}

static const u64 pointers[] = {
  0xffff800012345678, 0x0000ffff9abcdef0, 0x5a00000000401000, 0xffffffffffffffff, 0,
  0x00ff800000001000, 0xff7f000000001000, 0x123456789abcdef0, 0x8000000000000008, 0x00400000dead0000,
};

/*
 * Bits 63 and 55 differ, in the half without a tag while the other half has one: AddPAC extends such a pointer from bit
 * 55 (Arm ARM), QEMU from bit 63.
 */
static int is_disputed(u64 tcr, u64 pointer) {
  u64 half = pointer >> 55 & 1, tags = tcr >> 37 & 3;
  return half != pointer >> 63 && tags && !(tags >> half & 1);
}

#define BASE (16ul | 16ul << 16 | 2ul << 30)

static u64 codes(u64 tcr) {
  WRITE(sctlr_el1, READ(sctlr_el1) | 1ul << 31 | 1 << 30 | 1 << 27 | 1 << 13);
  WRITE(tcr_el1, tcr);
  SYNC();
  print("-- TCR_EL1");
  show("", tcr);
  line("");
  for (u64 i = 0; i < sizeof pointers / sizeof *pointers; i++) {
    if (!is_disputed(tcr, pointers[i])) registers(pointers[i]);
  }
  forms(0xffff800012345678);
  forms(0x5a00000000401000);
  return 0;
}

static u64 combined(u64 tcr) {
  WRITE(sctlr_el1, READ(sctlr_el1) | 1ul << 31 | 1 << 30 | 1 << 27 | 1 << 13);
  WRITE(tcr_el1, tcr);
  SYNC();
  line("-- combined");
  branches();
  loads();
  return 0;
}

static u64 unprivileged(u64 unused) {
  u64 signed_pointer, pointer = 0x0000123456789000;
  line("-- EL0");
  KEYED("pacia x0, x1", "autia x0, x1");
  KEYED("pacdb x0, x1", "autdb x0, x1");
  return unused;
}

int main(void) {
  show("isar1", READ(id_aa64isar1_el1) & 0xff000ff0);
  show("isar2", READ(s3_0_c0_c6_2) & 0xff00);
  line("");
  if (!(READ(id_aa64isar1_el1) & 0xff0) && !(READ(s3_0_c0_c6_2) & 0xf000)) return 0;
  asm volatile(".arch_extension pauth");
  keys();
  run_at(1, codes, BASE | 1ul << 37);
  run_at(1, codes, BASE);
  run_at(1, codes, BASE | 3ul << 37);
  run_at(1, codes, BASE | 3ul << 37 | 3ul << 51);
  run_at(1, codes, 25ul | 20ul << 16 | 2ul << 30 | 1ul << 38);
  run_at(1, combined, BASE | 1ul << 37);
  run_at(0, unprivileged, 0);
  return 0;
}
