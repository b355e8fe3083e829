#include "tables.h"

static u64 next = 0x41000000;
static u64 *identity_root;

void clear(void *at, u64 bytes) {
  for (u64 i = 0; i < bytes / 8; i++) ((volatile u64 *)at)[i] = 0;
}

u64 *table(u64 bytes) {
  u64 at = (next + bytes - 1) & ~(bytes - 1);
  next = at + bytes;
  clear((void *)at, bytes);
  return (u64 *)at;
}

int level_shift(int granule, int level) { return granule + (3 - level) * (granule - 3); }

u64 *entry(u64 *root, int granule, int start, u64 va, int level) {
  u64 mask = (1ul << (granule - 3)) - 1;
  va &= (1ul << 48) - 1;
  for (int l = start; l < level; l++) {
    u64 *at = root + (va >> level_shift(granule, l) & mask);
    if ((*at & 3) != TABLE) *at = (u64)table(1ul << granule) | TABLE;
    root = (u64 *)(*at & ~((1ul << granule) - 1) & 0xfffffffff000);
  }
  return root + (va >> level_shift(granule, level) & mask);
}

u64 *identity(void) {
  if (identity_root) return identity_root;
  u64 *root = table(4096);
  *entry(root, 12, 0, 0, 1) = BLOCK | AF | AP(1) | ATTR(DEVICE) | PXN | UXN;
  *entry(root, 12, 0, ALIAS, 1) = BLOCK | AF | ATTR(DEVICE) | PXN | UXN;
  *entry(root, 12, 0, ALIAS + 0x40000000, 1) = 0x40000000 | BLOCK | MEMORY;
  for (u64 at = 0x40000000; at < 0x60000000; at += 0x200000) {
    u64 *e = entry(root, 12, 0, at, 2);
    *e = at | BLOCK | AF | SH(3) | ATTR(NORMAL);
    if (at == 0x40000000) *e |= AP(3);
    else if (at < SCRATCH) *e |= AP(1) | PXN | UXN;
    else if (at >= 0x41000000) *e |= PXN | UXN;
  }
  return identity_root = root;
}

u64 *stage2_identity(void) {
  u64 *root = table(4096);
  *entry(root, 12, 1, 0, 1) = BLOCK | AF | S2AP(3) | S2_DEVICE;
  *entry(root, 12, 1, 0x40000000, 1) = 0x40000000 | BLOCK | S2_MEMORY;
  return root;
}

u64 tcr_for(int granule, u64 ips) {
  u64 tg1 = granule == 12 ? 2 : granule == 14 ? 1 : 3;
  return 16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | tg1 << 30 | ips << 32;
}

void flush(void) {
  asm volatile("dsb sy\n tlbi vmalle1\n dsb sy\n isb" ::: "memory");
}

void mmu_on(u64 tcr, u64 *root1) {
  WRITE(mair_el1, MAIR);
  WRITE(tcr_el1, tcr);
  WRITE(ttbr0_el1, identity());
  WRITE(ttbr1_el1, root1);
  SYNC();
  flush();
  WRITE(sctlr_el1, READ(sctlr_el1) | 0x1005);
  SYNC();
}

void mmu_off(void) {
  WRITE(sctlr_el1, READ(sctlr_el1) & ~0x1005ul);
  SYNC();
  flush();
}

int has_granule(int granule) {
  u64 mmfr0 = READ(id_aa64mmfr0_el1);
  if (granule == 12) return (mmfr0 >> 28 & 15) != 15;
  if (granule == 14) return (mmfr0 >> 20 & 15) != 0;
  return (mmfr0 >> 24 & 15) != 15;
}

const char *granule_name(int granule) { return granule == 12 ? "4K" : granule == 14 ? "16K" : "64K"; }
