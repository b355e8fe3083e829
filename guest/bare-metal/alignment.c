/* Alignment: SCTLR.A, Device memory, MMU off, exclusives, ordered and atomic accesses; page crossings. */
#include "tables.h"

static u64 *root;
static u64 base;
static int have_lse;

#define ACCESS(code, offset)                                                                                           \
  r[0] = base + (offset);                                                                                              \
  r[1] = 0x1111111111111111;                                                                                           \
  r[2] = 0x2222222222222222;                                                                                           \
  r[3] = 0x10;                                                                                                         \
  RUN(code " +" #offset, code)

static u64 forms(u64 unused) {
  ACCESS("ldrh w1, [x0]", 1);
  ACCESS("strh w1, [x0]", 3);
  ACCESS("ldr w1, [x0]", 2);
  ACCESS("str w1, [x0]", 1);
  ACCESS("ldr x1, [x0]", 4);
  ACCESS("str x1, [x0]", 7);
  ACCESS("ldr x1, [x0]", 8);
  ACCESS("ldp x1, x2, [x0]", 8);
  ACCESS("ldp x1, x2, [x0]", 4);
  ACCESS("stp x1, x2, [x0]", 12);
  ACCESS("stp w1, w2, [x0]", 4);
  ACCESS("stp w1, w2, [x0]", 2);
  ACCESS("ldr q1, [x0]", 8);
  ACCESS("str q1, [x0]", 4);
  ACCESS("ldp q1, q2, [x0]", 8);
  ACCESS("ld1 {v1.16b}, [x0]", 1);
  ACCESS("ld1 {v1.4s}, [x0]", 4);
  ACCESS("ld1 {v1.4s}, [x0]", 2);
  ACCESS("st1 {v1.2d}, [x0]", 4);
  ACCESS("ld1 {v1.s}[1], [x0]", 2);
  ACCESS("ld2 {v1.8h, v2.8h}, [x0]", 1);
  ACCESS("ldtr w1, [x0]", 1);
  ACCESS("ldxr w1, [x0]", 4);
  ACCESS("ldxr w1, [x0]", 2);
  ACCESS("ldxr x1, [x0]", 4);
  ACCESS("ldxp x1, x2, [x0]", 8);
  ACCESS("ldxp w1, w2, [x0]", 4);
  ACCESS("ldar w1, [x0]", 2);
  ACCESS("ldar x1, [x0]", 15);
  ACCESS("stlr x1, [x0]", 4);
  ACCESS("stlrh w1, [x0]", 1);
  ACCESS("ldarb w1, [x0]", 1);
  ACCESS("stxr w4, x1, [x0]", 1);
  ACCESS("dc zva, x0", 3);
  ACCESS("prfm pldl1keep, [x0]", 1);
  if (have_lse) {
    ACCESS(".arch_extension lse\n ldadd w1, w2, [x0]", 2);
    ACCESS("ldadd x1, x2, [x0]", 12);
    ACCESS("swpb w1, w2, [x0]", 3);
    ACCESS("cas x1, x2, [x0]", 4);
    ACCESS("casp x2, x3, x4, x5, [x0]", 8);
  }
  return unused;
}

/* Accesses that cross into a page with a fault, or out of one; base is the border. */
static u64 crossings(u64 unused) {
  ACCESS("ldr x1, [x0]", -8);
  ACCESS("ldr x1, [x0]", -4);
  ACCESS("ldr x1, [x0]", -1);
  ACCESS("ldr x1, [x0]", 0);
  ACCESS("str x1, [x0]", -8);
  ACCESS("str x1, [x0]", -1);
  ACCESS("strh w1, [x0]", -1);
  ACCESS("ldp x1, x2, [x0]", -8);
  ACCESS("ldp x1, x2, [x0]", -12);
  ACCESS("stp x1, x2, [x0]", -8);
  ACCESS("stp x1, x2, [x0, #-8]!", 0);
  show("x0", r[0] - base);
  line("");
  ACCESS("ldp x0, x1, [x0]", -8);
  show("x0", r[0] == base - 8);
  show("x1", r[1]);
  line("");
  ACCESS("ldr x1, [x0], #16", -4);
  show("x0", r[0] == base - 4);
  show("x1", r[1]);
  line("");
  ACCESS("str x1, [x0, #-3]!", 0);
  show("x0", r[0] == base);
  line("");
  ACCESS("ldp x1, x2, [x0], #32", -8);
  show("x0", r[0] == base - 8);
  line("");
  ACCESS("ldr q1, [x0]", -8);
  ACCESS("stp q1, q2, [x0]", -16);
  ACCESS("ld1 {v1.16b, v2.16b, v3.16b, v4.16b}, [x0]", -32);
  ACCESS("st4 {v1.16b, v2.16b, v3.16b, v4.16b}, [x0]", -33);
  ACCESS("ldnp x1, x2, [x0]", -8);
  ACCESS("dc zva, x0", -8);
  ACCESS("dc zva, x0", 8);
  return unused;
}

static void content(void) {
  show("left", *(volatile u64 *)(SCRATCH + 0xff8));
  show("right", *(volatile u64 *)(SCRATCH + 0x1000));
  line("");
  for (u64 i = 0; i < 0x2000; i += 8) *(volatile u64 *)(SCRATCH + i) = 0x0101010101010101 * (i >> 12 ? 0xbb : 0xaa);
}

/* FEAT_LSE2: what the unaligned forms load, store and compare; both sides of a 16-byte border. */
#define VALUE(code, offset)                                                                                            \
  for (u64 i = 0; i < 8; i++) ((volatile u64 *)SCRATCH)[i] = 0x0706050403020100 + i * 0x0808080808080808;              \
  r[0] = base + (offset);                                                                                              \
  r[1] = 0x1111111111111111;                                                                                           \
  r[2] = 0x2222222222222222;                                                                                           \
  r[4] = 7;                                                                                                            \
  RUN(code " +" #offset, code);                                                                                        \
  show(" x1", r[1]);                                                                                                   \
  show("x2", r[2]);                                                                                                    \
  show("x4", r[4]);                                                                                                    \
  for (u64 i = 0; i < 4; i++) show("", ((volatile u64 *)SCRATCH)[i]);                                                  \
  line("")

static u64 values(u64 unused) {
  VALUE("ldar w1, [x0]", 1);
  VALUE("ldar x1, [x0]", 8);
  VALUE("ldar x1, [x0]", 5);
  VALUE("ldar x1, [x0]", 12);
  VALUE("ldarh w1, [x0]", 15);
  VALUE("stlr x1, [x0]", 3);
  VALUE("stlr w1, [x0]", 13);
  VALUE("stlrh w1, [x0]", 7);
  VALUE("ldxr x1, [x0]; stxr w4, x2, [x0]", 5);
  VALUE("ldxr x1, [x0]; add x0, x0, #1; stxr w4, x2, [x0]", 5);
  VALUE("ldxr x1, [x0]; ldar x1, [x0, #0]; stxr w4, x2, [x0]", 6);
  VALUE("ldxr x1, [x0]; add x3, x0, #1; ldadd x2, x2, [x3]; stxr w4, x2, [x0]", 5);
  VALUE("ldxr w1, [x0]; str w2, [x0]; stxr w4, w2, [x0]", 6);
  VALUE("ldxp w1, w4, [x0]; stxp w4, w2, w1, [x0]", 7);
  VALUE("clrex; stxr w4, x2, [x0]", 5);
  VALUE("ldadd x1, x2, [x0]", 7);
  VALUE("ldclrh w1, w2, [x0]", 7);
  VALUE("ldsmax w1, w2, [x0]", 11);
  VALUE("swp x1, x2, [x0]", 2);
  VALUE("cas w1, w2, [x0]", 6);
  VALUE("ldr w1, [x0]; cas w1, w2, [x0]", 6);
  VALUE("casp w2, w3, w0, w1, [x0]", 3);
  VALUE("ldadd x1, x2, [x0]", 9);
  VALUE("ldxr x1, [x0]", 9);
  return unused;
}

static void both(const char *text) {
  print("-- ");
  line(text);
  run_at(1, forms, 0);
  run_at(0, forms, 0);
}

static u64 flush_at_el1(u64 unused) {
  flush();
  return unused;
}

static void border(const char *text, u64 left, u64 right) {
  base = WINDOW + 0x101000;
  *entry(root, 12, 0, base - 0x1000, 3) = left;
  *entry(root, 12, 0, base, 3) = right;
  run_at(1, flush_at_el1, 0);
  print("-- border: ");
  line(text);
  run_at(1, crossings, 0);
  content();
}

static u64 control(u64 bits) {
  WRITE(sctlr_el1, (READ(sctlr_el1) & ~2ul) | bits);
  SYNC();
  return 0;
}

static u64 on(u64 tcr) {
  mmu_on(tcr, root);
  return 0;
}

int main(void) {
  have_lse = FIELD(id_aa64isar0_el1, 20) != 0;
  WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 14 | 1 << 26);
  base = SCRATCH;
  both("MMU off");
  control(2);
  both("MMU off, SCTLR.A");
  control(0);
  root = table(4096);
  u64 code = PXN | UXN;
  *entry(root, 12, 0, WINDOW + 0x1000, 3) = SCRATCH | PAGE | MEMORY | AP(1) | code;
  *entry(root, 12, 0, WINDOW + 0x2000, 3) = SCRATCH | PAGE | AF | ATTR(DEVICE) | AP(1) | code;
  *entry(root, 12, 0, WINDOW + 0x3000, 3) = SCRATCH | PAGE | AF | ATTR(NONCACHEABLE) | AP(1) | code;
  *entry(root, 12, 0, WINDOW + 0x4000, 3) = SCRATCH | PAGE | AF | ATTR(DEVICE_RE) | AP(1) | code;
  run_at(1, on, tcr_for(12, 1));
  base = WINDOW + 0x1000;
  both("Normal");
  run_at(1, control, 2);
  both("Normal, SCTLR.A");
  run_at(1, control, 0);
  base = WINDOW + 0x2000;
  both("Device-nGnRnE");
  base = WINDOW + 0x4000;
  both("Device-nGnRE");
  base = WINDOW + 0x3000;
  both("Non-cacheable");
  u64 good = SCRATCH | PAGE | MEMORY | code, next = 0x1000;
  content();
  border("both good", good, good + next);
  border("right invalid", good, 0);
  border("left invalid", 0, good + next);
  border("right read-only", good, (good + next) | AP(2));
  border("left read-only", good | AP(2), good + next);
  border("right without access flag", good, (good + next) & ~AF);
  border("right Device", good, SCRATCH | next | PAGE | AF | ATTR(DEVICE) | code);
  border("right in nothing", good, 0x80000000 | PAGE | MEMORY | code);
  border("both invalid", 0, 0);
  if (FIELD(id_aa64mmfr2_el1, 32)) {
    base = WINDOW + 0x1000;
    line("-- values");
    run_at(1, values, 0);
    line("-- values, SCTLR.nAA");
    run_at(1, control, 1 << 6);
    run_at(1, values, 0);
    run_at(1, control, 1 << 6 | 2);
    line("-- SCTLR.nAA and SCTLR.A");
    run_at(1, forms, 0);
    run_at(1, control, 0);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 6));
    SYNC();
  }
  return 0;
}
