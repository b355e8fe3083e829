/* SYSTEM_RESET with every PE on: what a PE finds afterwards, and that memory is as it was. */
#include "pes.h"

#define RESETS 3
/* Outside of what is loaded again; zero when the machine is turned on. */
#define KEPT ((volatile u64 *)0x50000000)

static volatile u64 in_bss;

static u64 reset(u64 unused) {
  (void)unused;
  psci(PSCI_SYSTEM_RESET, 0, 0, 0);
  line("SYSTEM_RESET came back");
  return 0;
}

int main(void) {
  u64 count = KEPT[0];
  show("resets", count);
  show("bss", in_bss);
  show("DAIF", READ(daif));
  show("SCTLR", READ(sctlr_el1) & 0x1005);
  show("enabled", PRIVATE_INTERRUPTS(0)[0x100 / 4]);
  show("waker", REDISTRIBUTOR(0)[0x14 / 4]);
  for (int pe = 0; pe < 4; pe++) show("state", psci(PSCI_AFFINITY_INFO, pe, 0, 0));
  show("kept", KEPT[1]);
  line("");
  start_pes(4);
  in_bss = 1;
  KEPT[0] = count + 1;
  KEPT[1] = KEPT[1] * 5 + 0x1234567;
  asm volatile("dsb sy");
  if (count == RESETS) return 0;
  /* By another PE each time, PE 0 the first. */
  if (count) {
    give_work(count, reset, 0);
    for (;;) asm volatile("wfi");
  }
  reset(0);
  return 0;
}
