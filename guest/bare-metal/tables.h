/* Translation tables: an identity map for the program itself, and tables of any granule to try things in. */
#ifndef TABLES_H
#define TABLES_H
#include "runtime.h"

/* Descriptor fields. */
#define VALID 1ul
#define TABLE 3ul
#define BLOCK 1ul
#define PAGE 3ul
#define ATTR(n) ((u64)(n) << 2)
#define NS (1ul << 5)
#define AP(n) ((u64)(n) << 6)
#define SH(n) ((u64)(n) << 8)
#define AF (1ul << 10)
#define NG (1ul << 11)
#define GP (1ul << 50)
#define DBM (1ul << 51)
#define CONTIGUOUS (1ul << 52)
#define PXN (1ul << 53)
#define UXN (1ul << 54)
#define PXN_TABLE (1ul << 59)
#define UXN_TABLE (1ul << 60)
#define AP_TABLE(n) ((u64)(n) << 61)
/* Indexes into the MAIR that mmu_on() sets: Device-nGnRnE, Normal write-back, Normal non-cacheable, Device-nGnRE. */
#define DEVICE 0
#define NORMAL 1
#define NONCACHEABLE 2
#define DEVICE_RE 3
#define MAIR 0x0444ff00ul
/* A page of ordinary memory for EL1. */
#define MEMORY (AF | SH(3) | ATTR(NORMAL))
/* Stage 2: MemAttr and S2AP. */
#define S2_NORMAL (0xful << 2)
#define S2_DEVICE (0ul << 2)
#define S2AP(n) ((u64)(n) << 6)
#define S2_MEMORY (AF | SH(3) | S2_NORMAL | S2AP(3))

/* Physical memory to try things in: 1 MiB, zeroed at the start; the second megabyte may be executed by EL1. */
#define SCRATCH 0x40a00000ul
/* TTBR1's window, where the lower level bits are all zero but for what a test adds. */
#define WINDOW 0xffff800000000000ul

/* A zeroed table of a size in bytes, aligned to it. */
u64 *table(u64 bytes);
void clear(void *at, u64 bytes);
/* log2 of the bytes that an entry of a level covers. */
int level_shift(int granule, int level);
/* Descriptor of an address at a level, tables in between made as needed; granule is 12, 14 or 16. */
u64 *entry(u64 *root, int granule, int start, u64 va, int level);
/* The identity map, 4 KiB granule, 48 bits, level 0: code for all levels, data for EL0 and EL1, devices for both. */
u64 *identity(void);
/* The same for stage 2 with 39 bits of address, level 1. */
u64 *stage2_identity(void);
/* TCR_EL1 with the identity map below and a window of 48 bits of a granule above; ips as in TCR_EL1.IPS. */
u64 tcr_for(int granule, u64 ips);
/* Turns stage 1 of EL1 on with the identity map; root1 for the upper half. Any level from EL1 up may call it. */
void mmu_on(u64 tcr, u64 *root1);
void mmu_off(void);
void flush(void);
/* Granules that the CPU has: 12, 14 or 16. */
int has_granule(int granule);
const char *granule_name(int granule);
#endif
