/* Stage 1 faults of EL1 and EL0: every level and kind, three granules, with exact syndromes. */
#include "tables.h"

static u64 *root;
static int granule, start;

static void number(const char *text, int n) {
  print(text);
  put('0' + n);
  put(' ');
}

static void accesses(u64 va) {
  flush();
  r[0] = va;
  RUN("ldr", "ldr x1, [x0]");
  r[0] = va;
  RUN("str", "str x1, [x0]");
  r[0] = va;
  RUN("fetch", "blr x0");
}

/* Window address for a test at a level: its own index at that level. */
static u64 address(int level, int index) { return WINDOW + ((u64)index << level_shift(granule, level)) + 0x128; }

static u64 *at(u64 va, int level) { return entry(root, granule, start, va, level); }

static u64 leaf(int level) { return level == 3 ? PAGE : BLOCK; }

static int has_block(int level) { return level == 3 || level == 2 || (level == 1 && granule == 12); }

static u64 faults(u64 unused) {
  for (int level = start; level <= 3; level++) {
    /* 16K has one bit of index at level 0, and the window is in its upper half. */
    int base = level == 0 ? 0 : 1;
    u64 va = address(level, base);
    number("invalid level ", level);
    *at(va, level) = 0xdead0000;
    accesses(va);
    number("reserved level ", level);
    *at(va, level) = level == 3 ? SCRATCH | MEMORY | 1 : SCRATCH | MEMORY | 2;
    accesses(va);
    if (!has_block(level)) {
      number("block at level ", level);
      /* 64 KiB pages have one at level 1 with FEAT_LPA: then this is memory that holds a RET. */
      *at(va, level) = BLOCK | MEMORY;
      accesses(va + SCRATCH);
    }
    if (level < 3) {
      number("table beyond the address size, level ", level);
      *at(va, level) = 0x100000000000 | TABLE;
      accesses(va);
      number("table in nothing, level ", level);
      *at(va, level) = 0x70000000 | TABLE;
      accesses(va);
    }
    *at(va, level) = 0;
    if (!has_block(level)) continue;
    u64 pa = SCRATCH & ~((1ul << level_shift(granule, level)) - 1);
    u64 off = va + (SCRATCH - pa);
    number("good level ", level);
    *at(va, level) = pa | leaf(level) | MEMORY | PXN | UXN;
    accesses(off);
    number("access flag level ", level);
    *at(va, level) = pa | leaf(level) | (MEMORY & ~AF);
    accesses(off);
    number("read-only level ", level);
    *at(va, level) = pa | leaf(level) | MEMORY | AP(2) | PXN;
    accesses(off);
    number("output beyond the address size, level ", level);
    *at(va, level) = 0x100000000000 | leaf(level) | MEMORY;
    accesses(off);
    number("output in nothing, level ", level);
    *at(va, level) = 0x80000000 | leaf(level) | MEMORY;
    accesses(off);
    *at(va, level) = 0;
  }
  return unused;
}

static u64 permissions(u64 unused) {
  u64 el = entered_el;
  for (int ap = 0; ap < 4; ap++) {
    for (int x = 0; x < 4; x++) {
      u64 va = address(3, 16 + ap * 4 + x);
      number("AP ", ap);
      number("XN ", x);
      if (!el) put(' ');
      line("");
      r[0] = va;
      RUN("ldr", "ldr x1, [x0, #8]");
      r[0] = va;
      RUN("str", "str x1, [x0, #8]");
      r[0] = va;
      RUN("fetch", "blr x0");
      if (el) {
        r[0] = va;
        RUN("ldtr", "ldtr x1, [x0, #8]");
        RUN("sttr", "sttr x1, [x0, #8]");
      }
    }
  }
  return unused;
}

static void permission_pages(void) {
  static const u64 extra[] = {0, PXN, UXN, PXN | UXN};
  for (int ap = 0; ap < 4; ap++)
    for (int x = 0; x < 4; x++) *at(address(3, 16 + ap * 4 + x), 3) = SCRATCH | PAGE | MEMORY | AP(ap) | extra[x];
}

static u64 set_up(u64 unused) {
  permission_pages();
  *(volatile u32 *)(SCRATCH + 0x128) = 0xd65f03c0;
  mmu_on(tcr_for(granule, 0), root);
  return unused;
}

static u64 ranges(u64 unused) {
  line("hole between the halves");
  accesses(0x0001000000000008);
  accesses(0xfffe000000000008);
  accesses(0x8000000000000008);
  line("walks disabled");
  WRITE(tcr_el1, READ(tcr_el1) | 1 << 23);
  SYNC();
  accesses(WINDOW + 0x1000);
  WRITE(tcr_el1, READ(tcr_el1) & ~(1ul << 23));
  SYNC();
  line("table base beyond the address size");
  u64 ttbr = READ(ttbr1_el1);
  WRITE(ttbr1_el1, 0x200000000000 | ttbr);
  SYNC();
  accesses(WINDOW + 0x1000);
  line("table base in nothing");
  WRITE(ttbr1_el1, 0x70000000);
  SYNC();
  accesses(WINDOW + 0x1000);
  WRITE(ttbr1_el1, ttbr);
  SYNC();
  return unused;
}

static u64 hierarchy(u64 unused) {
  u64 va = address(3, 40);
  *at(va, 3) = SCRATCH | PAGE | MEMORY | AP(1);
  static const u64 bits[] = {0, AP_TABLE(1), AP_TABLE(2), AP_TABLE(3), PXN_TABLE, UXN_TABLE};
  for (int i = 0; i < 6; i++) {
    number("table bits ", i);
    line("");
    *at(va, 2) = (*at(va, 2) & ~(31ul << 59)) | bits[i];
    accesses(va);
    r[0] = va;
    RUN("ldtr", "ldtr x1, [x0, #8]");
    RUN("sttr", "sttr x1, [x0, #8]");
  }
  *at(va, 2) &= ~(31ul << 59);
  line("WXN");
  WRITE(sctlr_el1, READ(sctlr_el1) | 1 << 19);
  SYNC();
  *at(va, 3) = SCRATCH | PAGE | MEMORY;
  accesses(va);
  WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 19));
  SYNC();
  flush();
  return unused;
}

/* PAN: privileged accesses to pages that EL0 may access; UAO: unprivileged instructions as ordinary ones. */
static u64 pan(u64 unused) {
  u64 mmfr1 = READ(id_aa64mmfr1_el1), mmfr2 = READ(id_aa64mmfr2_el1);
  if (!(mmfr1 >> 20 & 15)) return unused;
  /* The handler reaches its data where PAN does not keep it away. */
  WRITE(vbar_el1, READ(vbar_el1) | ALIAS);
  SYNC();
  for (int ap = 0; ap < 4; ap++) {
    number("PAN, AP ", ap);
    line("");
    r[0] = address(3, 16 + ap * 4 + 3);
    RUN("ldr", ".arch_extension pan\n msr pan, #1\n ldr x1, [x0, #8]\n msr pan, #0");
    RUN("str", "msr pan, #1\n str x1, [x0, #8]\n msr pan, #0");
    RUN("ldtr", "msr pan, #1\n ldtr x1, [x0, #8]\n msr pan, #0");
    RUN("svc", "msr pan, #1\n svc #1\n msr pan, #0");
    if (!(mmfr2 >> 4 & 15)) continue;
    RUN("ldtr with UAO", ".inst 0xd500417f\n ldtr x1, [x0, #8]\n .inst 0xd500407f");
  }
  WRITE(vbar_el1, READ(vbar_el1) & ~ALIAS);
  SYNC();
  return unused;
}

/* HD off: a write to a clean page with DBM faults; HA and HD on: the descriptor changes. */
static u64 hardware_flags(u64 unused) {
  u64 mmfr1 = READ(id_aa64mmfr1_el1);
  if ((mmfr1 & 15) == 0) return unused;
  u64 va = address(3, 41);
  for (int ha = 0; ha < ((mmfr1 & 15) >= 2 ? 3 : 2); ha++) {
    WRITE(tcr_el1, (READ(tcr_el1) & ~(3ul << 39)) | (ha == 0 ? 0ul : ha == 1 ? 1ul << 39 : 3ul << 39));
    SYNC();
    for (int dbm = 0; dbm < 2; dbm++) {
      number("HA and HD ", ha);
      number("DBM ", dbm);
      line("");
      *at(va, 3) = SCRATCH | PAGE | (MEMORY & ~AF) | AP(2) | PXN | UXN | (dbm ? DBM : 0);
      flush();
      r[0] = va;
      RUN("ldr", "ldr x1, [x0, #8]");
      show("descriptor", *at(va, 3));
      line("");
      r[0] = va;
      RUN("str", "str x1, [x0, #8]");
      show("descriptor", *at(va, 3));
      line("");
    }
  }
  WRITE(tcr_el1, READ(tcr_el1) & ~(3ul << 39));
  SYNC();
  return unused;
}

int main(void) {
  for (granule = 12; granule <= 16; granule += 2) {
    if (!has_granule(granule)) continue;
    print("== granule ");
    line(granule_name(granule));
    start = granule == 16 ? 1 : 0;
    root = table(1ul << granule);
    run_at(1, set_up, 0);
    run_at(1, faults, 0);
    line("-- permissions at EL1");
    run_at(1, permissions, 0);
    line("-- permissions at EL0");
    run_at(0, permissions, 0);
    line("-- table permissions");
    run_at(1, hierarchy, 0);
    run_at(1, pan, 0);
    run_at(1, hardware_flags, 0);
    line("-- ranges");
    run_at(1, ranges, 0);
    mmu_off();
  }
  return 0;
}
