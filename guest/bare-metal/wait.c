/* Traps of WFI and WFE: SCTLR_EL1, HCR_EL2, SCR_EL3; with and without an event; WFIT and WFET. */
#include "tables.h"

static u64 waits(u64 unused) {
  RUN("wfe with an event", "sevl\n wfe");
  RUN("wfi", "wfi");
  return unused;
}

static int have_wfxt;

static u64 timeouts(u64 unused) {
  if (!have_wfxt) return unused;
  /* A time that has passed, and one that is near. */
  r[0] = 0;
  RUN("wfit, passed", ".inst 0xd5031020");
  RUN("wfet, passed", ".inst 0xd5031000");
  RUN("wfit, 1000 counts",
      "mrs x0, cntvct_el0\n add x0, x0, #1000\n .inst 0xd5031020\n mrs x1, cntvct_el0\n cmp x1, x0\n cset x1, hs");
  show("reached", r[1]);
  line("");
  return unused;
}

static void control(const char *name, int el) {
  print(name);
  show("at EL", el);
  line("");
  run_at(el, waits, 0);
}

int main(void) {
  u64 sctlr = READ(sctlr_el1);
  have_wfxt = FIELD(id_aa64isar2_el1, 0) == 2;
  WRITE(sctlr_el1, sctlr & ~(1ul << 16 | 1ul << 18));
  SYNC();
  control("SCTLR_EL1.nTWI and nTWE clear", 0);
  if (have_el2()) {
    u64 hcr = READ(hcr_el2);
    WRITE(sctlr_el1, sctlr | 1 << 16 | 1 << 18);
    WRITE(hcr_el2, hcr | 3 << 13);
    SYNC();
    control("HCR_EL2.TWI and TWE", 1);
    control("HCR_EL2.TWI and TWE", 0);
    WRITE(sctlr_el1, sctlr & ~(1ul << 16 | 1ul << 18));
    SYNC();
    control("both", 0);
    WRITE(hcr_el2, hcr);
  }
  if (top_el == 3) {
    u64 scr = READ(scr_el3);
    WRITE(sctlr_el1, sctlr | 1 << 16 | 1 << 18);
    WRITE(scr_el3, scr | 3 << 12);
    SYNC();
    control("SCR_EL3.TWI and TWE", 1);
    control("SCR_EL3.TWI and TWE", 0);
    if (have_el2()) control("SCR_EL3.TWI and TWE", 2);
    WRITE(scr_el3, scr);
  }
  SYNC();
  run_at(1, timeouts, 0);
  return 0;
}
