/* Stage 2 faults: kinds and levels, stage 2 of a stage 1 walk, and the syndrome of loads and stores (ISV). */
#include "tables.h"

static u64 *root;
static int granule, start;

/* IPA of the window for a level, above what the identity map has. */
static u64 address(int level, int index) {
  u64 above = level == start ? 0 : (start == 2 ? 4ul : 2ul) << level_shift(granule, start);
  return ((u64)(index + (level == start ? 3 : 0)) << level_shift(granule, level)) + above + 0x128;
}

static u64 *at(u64 ipa, int level) { return entry(root, granule, start, ipa, level); }

static void stage2_flush(void) {
  asm volatile("dsb sy\n tlbi alle1\n tlbi vmalls12e1\n dsb sy\n isb" ::: "memory");
}

static u64 target;

static u64 accesses(u64 unused) {
  r[0] = target;
  RUN("ldr", "ldr x1, [x0]");
  r[0] = target;
  RUN("str", "str x1, [x0]");
  r[0] = target;
  RUN("fetch", "blr x0");
  return unused;
}

static void probe_lower(const char *text, int level, u64 ipa) {
  stage2_flush();
  print(text);
  put('0' + level);
  line("");
  target = ipa;
  run_at(1, accesses, 0);
}

/* Every form of load and store: which report a valid instruction syndrome. */
static u64 syndromes(u64 unused) {
#define ACCESS(code)                                                                                                   \
  r[0] = target;                                                                                                       \
  r[1] = 0;                                                                                                            \
  r[2] = 0x10;                                                                                                         \
  RUN(code, code)
  ACCESS("ldrb w1, [x0]");
  ACCESS("ldrh w3, [x0]");
  ACCESS("ldr w4, [x0]");
  ACCESS("ldr x5, [x0]");
  ACCESS("ldrsb w1, [x0]");
  ACCESS("ldrsb x1, [x0]");
  ACCESS("ldrsh w1, [x0]");
  ACCESS("ldrsh x1, [x0]");
  ACCESS("ldrsw x1, [x0]");
  ACCESS("ldr x30, [x0]");
  ACCESS("ldr xzr, [x0]");
  ACCESS("ldr x1, [x0, x2]");
  ACCESS("ldr x1, [x0], #8");
  ACCESS("ldr x1, [x0, #8]!");
  ACCESS("str x1, [x0], #8");
  ACCESS("ldur x1, [x0, #-8]");
  ACCESS("ldtr x1, [x0]");
  ACCESS("sttrb w1, [x0]");
  ACCESS("strb w1, [x0]");
  ACCESS("strh w1, [x0]");
  ACCESS("str w1, [x0]");
  ACCESS("str x1, [x0]");
  ACCESS("str xzr, [x0]");
  ACCESS("ldp x1, x2, [x0]");
  ACCESS("stp x1, x2, [x0]");
  ACCESS("stp w1, w2, [x0]");
  ACCESS("ldpsw x1, x2, [x0]");
  ACCESS("ldar x1, [x0]");
  ACCESS("ldarb w1, [x0]");
  ACCESS("stlr w1, [x0]");
  ACCESS("ldxr x1, [x0]");
  ACCESS("ldaxr w1, [x0]");
  ACCESS("ldxp x1, x2, [x0]");
  ACCESS("ldr d0, [x0]");
  ACCESS("str q0, [x0]");
  ACCESS("ld1 {v0.4s}, [x0]");
  ACCESS("prfm pldl1keep, [x0]");
  ACCESS("dc civac, x0");
  ACCESS("dc ivac, x0");
  ACCESS("dc zva, x0");
  if (FIELD(id_aa64isar0_el1, 20)) {
    ACCESS(".arch_extension lse\n ldadd x1, x2, [x0]");
    ACCESS("swpal w1, w2, [x0]");
    ACCESS("cas x1, x2, [x0]");
    ACCESS("casp x2, x3, x4, x5, [x0]");
    ACCESS("stadd x1, [x0]");
  }
  if (FIELD(id_aa64isar1_el1, 20)) {
    ACCESS(".inst 0xf8bfc001");
    ACCESS(".inst 0xb8bfc001");
  }
  if (FIELD(id_aa64isar1_el1, 20) >= 2) {
    ACCESS(".inst 0xd9400001");
    ACCESS(".inst 0x19800001");
    ACCESS(".inst 0xd9000001");
  }
  return unused;
}

static void each_granule(void) {
  u64 pa = SCRATCH;
  for (int level = start; level <= 3; level++) {
    u64 ipa = address(level, 0);
    int leaf = level == 3 || level == 2 || (level == 1 && granule == 12);
    *at(ipa, level) = 0;
    probe_lower("invalid level ", level, ipa);
    if (level < 3) {
      *at(ipa, level) = 0x70000000 | TABLE;
      probe_lower("table in nothing, level ", level, ipa);
      *at(ipa, level) = 0;
    }
    if (!leaf) continue;
    u64 type = level == 3 ? PAGE : BLOCK;
    u64 base = pa & ~((1ul << level_shift(granule, level)) - 1);
    u64 off = ipa + (pa - base);
    for (int s2ap = 0; s2ap < 4; s2ap++) {
      *at(ipa, level) = base | type | (S2_MEMORY & ~S2AP(3)) | S2AP(s2ap) | UXN;
      print("S2AP ");
      put('0' + s2ap);
      probe_lower(" level ", level, off);
    }
    *at(ipa, level) = base | type | (S2_MEMORY & ~AF);
    probe_lower("access flag level ", level, off);
    *at(ipa, level) = 0xf00000000000 | type | S2_MEMORY;
    probe_lower("output beyond the address size, level ", level, off);
    *at(ipa, level) = 0;
  }
}

/* Stage 1 of EL1 is on; its tables lie in an IPA that stage 2 does not have, or not for writing. */
static u64 *root1;
static u64 stage1_on(u64 tcr) {
  mmu_on(tcr, root1);
  return 0;
}
static u64 stage1_off(u64 unused) {
  mmu_off();
  return unused;
}

static u64 window_accesses(u64 unused) {
  static const u64 places[] = {0x1128, 0x200128, 0x400128, 0x40000128};
  for (int i = 0; i < 4; i++) {
    show("window", places[i]);
    line("");
    r[0] = WINDOW + places[i];
    RUN("ldr", "ldr x1, [x0]");
    r[0] = WINDOW + places[i];
    RUN("str", "str x1, [x0]");
    r[0] = WINDOW + places[i];
    RUN("fetch", "blr x0");
    r[0] = WINDOW + places[i];
    RUN("at s1e1r", "at s1e1r, x0\n isb");
    show("par", READ(par_el1) & ~0x180ul);
    line("");
  }
  return unused;
}

static void two_stages(u64 vtcr) {
  u64 *s2 = stage2_identity();
  WRITE(vtcr_el2, vtcr);
  WRITE(vttbr_el2, s2);
  SYNC();
  root1 = table(4096);
  /* +0x1000: level 3 table in an IPA without stage 2; +0x200000: a page at such an IPA; +0x400000: read-only there. */
  *entry(root1, 12, 0, WINDOW, 2) = 0x9000000000 | TABLE;
  *entry(root1, 12, 0, WINDOW + 0x200000, 3) = 0x80000000 | PAGE | MEMORY;
  *entry(s2, 12, 1, 0x80200000, 3) = SCRATCH | PAGE | (S2_MEMORY & ~S2AP(3)) | S2AP(1) | UXN;
  *entry(root1, 12, 0, WINDOW + 0x400000, 3) = 0x80200000 | PAGE | MEMORY;

  *entry(s2, 12, 1, 0x81000000, 3) = SCRATCH | PAGE | (S2_MEMORY & ~S2AP(3)) | S2AP(0);

  *entry(root1, 12, 0, WINDOW + 0x40000000, 1) = 0x81000000 | TABLE;
  stage2_flush();
  run_at(1, stage1_on, tcr_for(12, READ(id_aa64mmfr0_el1) & 7 ? 2 : 0));
  line("-- two stages");
  run_at(1, window_accesses, 0);
  run_at(1, stage1_off, 0);
}

int main(void) {
  if (!have_el2()) return 0;
  u64 hcr = READ(hcr_el2);
  u64 ps = 2ul << 16;
  for (granule = 12; granule <= 16; granule += 2) {
    if (!has_granule(granule)) continue;
    /* IPAs of 39 bits from level 1; with 64 KiB pages level 2 of 8 KiB. */
    start = granule == 16 ? 2 : 1;
    u64 sl0 = granule == 12 ? 1 : granule == 14 ? 2 : 1;
    u64 tg0 = granule == 12 ? 0 : granule == 14 ? 2 : 1;
    u64 vtcr = 1ul << 31 | ps | tg0 << 14 | 3 << 12 | 1 << 10 | 1 << 8 | sl0 << 6 | 25;
    print("== granule ");
    line(granule_name(granule));
    root = granule == 12 ? stage2_identity() : table(1 << 16);
    if (granule != 12) {
      for (u64 a = 0x08000000; a < 0x0a000000; a += 1ul << level_shift(granule, 2))
        *at(a, 2) = (a & ~((1ul << level_shift(granule, 2)) - 1)) | BLOCK | AF | S2AP(3) | S2_DEVICE;
      for (u64 a = 0x40000000; a < 0x60000000; a += 1ul << level_shift(granule, 2))
        *at(a, 2) = (a & ~((1ul << level_shift(granule, 2)) - 1)) | BLOCK | S2_MEMORY;
    }
    WRITE(vtcr_el2, vtcr);
    WRITE(vttbr_el2, root);
    WRITE(hcr_el2, hcr | 1);
    SYNC();
    each_granule();
    line("IPA beyond its size");
    target = 0x8000000000;
    stage2_flush();
    run_at(1, accesses, 0);
    if (granule == 12) {
      line("-- instruction syndromes");
      target = address(3, 5);
      *at(target, 3) = 0;
      stage2_flush();
      run_at(1, syndromes, 0);
      two_stages(vtcr);
    }
    WRITE(hcr_el2, hcr);
    SYNC();
    stage2_flush();
  }
  return 0;
}
