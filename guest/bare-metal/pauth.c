/* Pointer authentication: which authentications fail and what that does; traps; branch target identification. */
#include "tables.h"

static u64 *root;

static void keys(void) {
  asm volatile(".arch_extension pauth\n"
               "mov x9, #0x1234\n movk x9, #0x5678, lsl #32\n"
               "msr s3_0_c2_c1_0, x9\n msr s3_0_c2_c1_1, x9\n add x9, x9, #1\n"
               "msr s3_0_c2_c1_2, x9\n msr s3_0_c2_c1_3, x9\n add x9, x9, #1\n"
               "msr s3_0_c2_c2_0, x9\n msr s3_0_c2_c2_1, x9\n add x9, x9, #1\n"
               "msr s3_0_c2_c2_2, x9\n msr s3_0_c2_c2_3, x9\n"
               "add x9, x9, #1\n msr s3_0_c2_c3_0, x9\n msr s3_0_c2_c3_1, x9\n isb" ::: "x9");
}

static void same(const char *name, u64 a, u64 b) {
  print(name);
  line(a == b ? ": the same" : ": another");
}

/* The value of a code does not matter, and depends on the algorithm: only whether it is accepted does. */
#define ROUND(sign, auth, flipped)                                                                                     \
  r[0] = pointer;                                                                                                      \
  r[1] = 42;                                                                                                           \
  RUN_SILENT(sign " x0, x1\n mov x2, x0\n " auth " x0, x1");                                                           \
  print(sign);                                                                                                         \
  line(r[2] == pointer ? " leaves it" : " changes it");                                                                \
  same(auth, r[0], pointer);                                                                                           \
  r[0] = r[2];                                                                                                         \
  r[1] = 43;                                                                                                           \
  RUN(auth " with another modifier", auth " x0, x1");                                                                  \
  same("result", r[0], pointer);                                                                                       \
  if (r[0] != r[2]) show("bits 62..61", r[0] >> 61 & 3);                                                               \
  r[0] = r[2];                                                                                                         \
  RUN_SILENT("xpaci x0");                                                                                              \
  same(" xpaci", r[0], pointer)

static void all(u64 pointer) {
  show("pointer", pointer);
  line("");
  ROUND("pacia", "autia", 1);
  ROUND("pacib", "autib", 1);
  ROUND("pacda", "autda", 1);
  ROUND("pacdb", "autdb", 1);
  r[0] = pointer;
  RUN_SILENT("pacia x0, x1\n mov x2, x0\n autib x0, x1");
  same("autib of pacia", r[0], pointer);
  r[0] = pointer;
  r[1] = 7;
  RUN_SILENT("pacga x2, x0, x1\n pacga x3, x0, x1");
  same("pacga", r[2], r[3]);
  print("low half");
  show("", r[2] & 0xffffffff);
  line("");
}

extern u8 landing[];
asm(".pushsection .text\n.balign 4096\nlanding:\n"
    ".inst 0xd503201f, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +0 nop */
    ".inst 0xd503241f, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +10 bti */
    ".inst 0xd503245f, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +20 bti c */
    ".inst 0xd503249f, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +30 bti j */
    ".inst 0xd50324df, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +40 bti jc */
    ".inst 0xd503233f, 0xd50323bf, 0xd65f03c0, 0xd65f03c0\n" /* +50 paciasp, autiasp */
    ".inst 0xd4200020, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +60 brk #1 */
    ".inst 0x00000000, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +70 udf #0 */
    ".inst 0xd4000021, 0xd65f03c0, 0xd503201f, 0xd65f03c0\n" /* +80 svc #1 */
    ".popsection");

static u64 landings(u64 base) {
  for (int i = 0; i <= 8; i++) {
    show("target", i * 16);
    line("");
    r[0] = base + i * 16;
    RUN("blr", "mov x16, x30\n blr x0\n mov x30, x16");
    r[0] = base + i * 16;
    RUN("br x16", "mov x16, x0\n adr x30, 92f\n br x16");
    r[0] = base + i * 16;
    RUN("ret", "adr x30, 92f\n ret x0");
  }
  return base;
}

static u64 bti(u64 unused) {
  u64 page = WINDOW + 0x4000, plain = WINDOW + 0x5000;
  u64 pa = (u64)landing;
  *entry(root, 12, 0, page, 3) = pa | PAGE | MEMORY | AP(2) | GP;
  *entry(root, 12, 0, plain, 3) = pa | PAGE | MEMORY | AP(2);
  mmu_on(tcr_for(12, 0), root);
  line("-- guarded page");
  landings(page);
  line("-- guarded page, SCTLR_EL1.BT1");
  WRITE(sctlr_el1, READ(sctlr_el1) | 1ul << 36);
  SYNC();
  r[0] = page + 0x50;
  RUN("blr to paciasp", "mov x16, x30\n blr x0\n mov x30, x16");
  WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 36));
  SYNC();
  line("-- exception return with BTYPE");
  for (u64 btype = 0; btype < 4; btype++) {
    show("btype", btype);
    put(' ');
    r[0] = page;
    r[1] = 0x3c5 | btype << 10;
    RUN("eret", "msr elr_el1, x0\n msr spsr_el1, x1\n adr x30, 92f\n eret");
  }
  mmu_off();
  return unused;
}

static u64 enabled_at(u64 mask) {
  u64 sctlr = READ(sctlr_el1);
  WRITE(sctlr_el1, sctlr | mask);
  SYNC();
  show("SCTLR_EL1", mask);
  line("");
  all(0x40001234);
  WRITE(sctlr_el1, sctlr);
  SYNC();
  return mask;
}

static u64 simple(u64 unused) {
  RUN("paciasp", "paciasp\n autiasp");
  RUN("pacga", "pacga x0, x1, x2");
  RUN("xpaci", "xpaci x0");
  RUN("mrs key", "mrs x0, s3_0_c2_c1_0");
  return unused;
}

int main(void) {
  if (!(READ(id_aa64isar1_el1) & 0xff0)) return 0;
  u64 every = 1ul << 31 | 1 << 30 | 1 << 27 | 1 << 13;
  if (have_el2()) {
    u64 hcr = READ(hcr_el2);
    run_at(1, simple, 0);
    line("-- HCR_EL2.API and APK clear");
    WRITE(hcr_el2, hcr & ~(3ul << 40));
    SYNC();
    WRITE(sctlr_el1, READ(sctlr_el1) | every);
    SYNC();
    run_at(1, simple, 0);
    run_at(0, simple, 0);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~every);
    SYNC();
    run_at(1, simple, 0);
    WRITE(hcr_el2, hcr);
    SYNC();
  }
  keys();
  root = table(4096);
  run_at(1, enabled_at, 0);
  run_at(1, enabled_at, 1ul << 31);
  run_at(1, enabled_at, every);
  if (FIELD(id_aa64pfr1_el1, 0)) run_at(1, bti, 0);
  return 0;
}
