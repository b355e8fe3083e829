/* TLB maintenance: every form removes what it must; ASIDs, VMIDs, last level, break-before-make; AT instructions. */
#include "tables.h"

static u64 *root;
static u64 pa[4];

static u64 *at(u64 va) { return entry(root, 12, 0, va, 3); }

static u64 load(u64 va) {
  r[0] = va;
  r[1] = 0;
  begin("load");
  RUN_SILENT("ldr x1, [x0]");
  if (!taken) show("value", r[1]);
  line("");
  return r[1];
}

static void store(u64 va, u64 value) { *(volatile u64 *)va = value; }

#define TLBI(op, arg) asm volatile("dsb ish\n tlbi " op ", %0\n dsb ish\n isb" ::"r"((u64)(arg)) : "memory")
#define TLBI_ALL(op) asm volatile("dsb ish\n tlbi " op "\n dsb ish\n isb" ::: "memory")

static void set_asid(u64 asid) {
  WRITE(ttbr0_el1, (u64)identity() | asid << 48);
  SYNC();
}

/* Maps the page to 0, loads, maps it to 1, applies an operation that must make the change seen. */
#define CHANGE(name, op)                                                                                               \
  do {                                                                                                                 \
    print(name);                                                                                                       \
    put(' ');                                                                                                          \
    *at(va) = pa[0] | PAGE | MEMORY | PXN | UXN | extra;                                                               \
    flush();                                                                                                           \
    load(va);                                                                                                          \
    *at(va) = pa[1] | PAGE | MEMORY | PXN | UXN | extra;                                                               \
    op;                                                                                                                \
    load(va);                                                                                                          \
  } while (0)

static u64 forms(u64 unused) {
  for (int ng = 0; ng < 2; ng++) {
    u64 va = WINDOW + 0x5000, page = va >> 12 & 0xfffffffffff;
    u64 extra = ng ? NG : 0;
    line(ng ? "-- non-global, ASID 5" : "-- global, ASID 5");
    set_asid(5);
    CHANGE("vmalle1", TLBI_ALL("vmalle1"));
    CHANGE("vmalle1is", TLBI_ALL("vmalle1is"));
    CHANGE("vae1", TLBI("vae1", page | 5ul << 48));
    CHANGE("vae1is", TLBI("vae1is", page | 5ul << 48));
    CHANGE("vale1", TLBI("vale1", page | 5ul << 48));
    CHANGE("vale1is", TLBI("vale1is", page | 5ul << 48));
    CHANGE("vaae1", TLBI("vaae1", page));
    CHANGE("vaae1is", TLBI("vaae1is", page));
    CHANGE("vaale1", TLBI("vaale1", page));
    CHANGE("vaale1is", TLBI("vaale1is", page));
    if (ng) {
      CHANGE("aside1", TLBI("aside1", 5ul << 48));
      CHANGE("aside1is", TLBI("aside1is", 5ul << 48));
    }
    if (FIELD(id_aa64isar0_el1, 56)) {
      u64 named = page | 5ul << 48;
      CHANGE("vae1os", asm volatile("dsb sy\n sys #0, c8, c1, #1, %0\n dsb sy\n isb" ::"r"(named)));
      CHANGE("vmalle1os", asm volatile("dsb sy\n sys #0, c8, c1, #0\n dsb sy\n isb"));
    }
    if (FIELD(id_aa64isar0_el1, 56) >= 2) {
      /* RVAE1: base address in pages, NUM, SCALE, TG, ASID. */
      u64 range = (va >> 12 & 0x1fffffffff) | 1ul << 46 | 5ul << 48;
      CHANGE("rvae1", asm volatile("dsb sy\n sys #0, c8, c6, #1, %0\n dsb sy\n isb" ::"r"(range)));
    }
  }
  set_asid(0);
  return unused;
}

static u64 asids(u64 unused) {
  line("-- ASIDs in TTBR0: the same address, a table each");
  u64 low = 0x800000000000;
  u64 *one = table(4096), *two = table(4096);
  one[0] = two[0] = identity()[0];
  *entry(one, 12, 0, low, 3) = pa[0] | PAGE | MEMORY | PXN | UXN | NG;
  *entry(two, 12, 0, low, 3) = pa[1] | PAGE | MEMORY | PXN | UXN | NG;
  for (int round = 0; round < 2; round++) {
    WRITE(ttbr0_el1, (u64)one | 1ul << 48);
    SYNC();
    load(low);
    WRITE(ttbr0_el1, (u64)two | 2ul << 48);
    SYNC();
    load(low);
  }
  line("ASID 1 is used for another table after ASIDE1");
  TLBI("aside1", 1ul << 48);
  WRITE(ttbr0_el1, (u64)two | 1ul << 48);
  SYNC();
  load(low);
  line("ASID 1 again, now by its old table");
  TLBI("aside1", 1ul << 48);
  WRITE(ttbr0_el1, (u64)one | 1ul << 48);
  SYNC();
  load(low);
  line("A1: the ASID comes from TTBR1");
  WRITE(tcr_el1, READ(tcr_el1) | 1 << 22);
  WRITE(ttbr1_el1, (u64)root | 3ul << 48);
  WRITE(ttbr0_el1, two);
  SYNC();
  load(low);
  WRITE(ttbr1_el1, (u64)root | 1ul << 48);
  SYNC();
  load(low);
  WRITE(tcr_el1, READ(tcr_el1) & ~(1ul << 22));
  WRITE(ttbr1_el1, root);
  set_asid(0);
  flush();
  return unused;
}

static u64 bbm(u64 unused) {
  line("-- break before make: page, block, table, permissions");
  u64 va = WINDOW + 0x200000;
  u64 *block = entry(root, 12, 0, va, 2);
  u64 saved = *block;
  *block = (pa[0] & ~0x1ffffful) | BLOCK | MEMORY | PXN | UXN;
  flush();
  load(va + (pa[0] & 0x1fffff));
  load(va + (pa[2] & 0x1fffff));
  *block = 0;
  TLBI("vae1", (va + 0x3000) >> 12 & 0xfffffffffff);
  load(va + (pa[0] & 0x1fffff));
  load(va + (pa[2] & 0x1fffff));
  *entry(root, 12, 0, va + (pa[0] & 0x1fffff), 3) = pa[1] | PAGE | MEMORY | PXN | UXN;
  TLBI_ALL("vmalle1");
  load(va + (pa[0] & 0x1fffff));
  load(va + (pa[2] & 0x1fffff));
  *block = saved;
  flush();
  va = WINDOW + 0x7000;
  *at(va) = pa[0] | PAGE | MEMORY | PXN | UXN;
  flush();
  r[0] = va;
  RUN("store", "str x1, [x0, #8]");
  *at(va) |= AP(2);
  TLBI("vale1", va >> 12 & 0xfffffffffff);
  RUN("store to read-only", "str x1, [x0, #8]");
  *at(va) &= ~AP(2);
  TLBI("vale1", va >> 12 & 0xfffffffffff);
  RUN("store again", "str x1, [x0, #8]");
  *at(va) = 0;
  TLBI("vale1", va >> 12 & 0xfffffffffff);
  RUN("store to nothing", "str x1, [x0, #8]");
  *at(va) = pa[0] | PAGE | MEMORY | PXN | UXN;
  line("valid from invalid needs no TLBI");
  SYNC();
  RUN("store", "str x1, [x0, #8]");
  line("a fault is not cached either");
  *at(va) = 0;
  TLBI("vale1", va >> 12 & 0xfffffffffff);
  load(va);
  *at(va) = pa[1] | PAGE | MEMORY | PXN | UXN;
  SYNC();
  load(va);
  return unused;
}

static void par(const char *name) {
  asm volatile("isb");
  u64 value = READ(par_el1);
  print(name);
  show("par", value & 1 ? value : value & ~0x380ul);
  line("");
}

#define AT(op, va)                                                                                                     \
  asm volatile("at " op ", %0\n isb" ::"r"(va) : "memory");                                                            \
  par(op)

static u64 translations(u64 unused) {
  static const u64 extra[] = {0, AP(1), AP(2), AP(3)};
  line("-- AT");
  for (int i = 0; i < 4; i++) {
    u64 va = WINDOW + 0x8000 + i * 0x1000;
    *at(va) = pa[i] | PAGE | MEMORY | extra[i];
    flush();
    AT("s1e1r", va + 0x123);
    AT("s1e1w", va + 0x123);
    AT("s1e0r", va + 0x123);
    AT("s1e0w", va + 0x123);
  }
  AT("s1e1r", WINDOW + 0x10000);
  AT("s1e1r", WINDOW + 0x4000000000);
  AT("s1e1r", 0x1000000000000);
  AT("s1e1r", 0x09000000ul);
  u64 va = WINDOW + 0x9000;
  *at(va) &= ~AF;
  flush();
  AT("s1e1r", va);
  *at(va) = 0x800000000000 | PAGE | MEMORY;
  flush();
  AT("s1e1r", va);
  *at(va) = 0;
  return unused;
}

static u64 on(u64 unused) {
  mmu_on(tcr_for(12, 0) | 1ul << 36, root);
  return unused;
}

int main(void) {
  root = table(4096);
  for (int i = 0; i < 4; i++) {
    pa[i] = SCRATCH + i * 0x1000;
    store(pa[i], 0x100 + i);
  }
  run_at(1, on, 0);
  run_at(1, forms, 0);
  run_at(1, asids, 0);
  run_at(1, bbm, 0);
  run_at(1, translations, 0);
  return 0;
}
