/* Generic timers: conditions, offsets, masks; their interrupts through the GIC; WFI until one; event stream. */
#include "tables.h"

#define GICD ((volatile u32 *)0x08000000)
#define RD ((volatile u32 *)0x080a0000)
#define SGI ((volatile u32 *)0x080b0000)
#define PMR s3_0_c4_c6_0
#define IAR1 s3_0_c12_c12_0
#define EOIR1 s3_0_c12_c12_1
#define IGRPEN1 s3_0_c12_c12_7
#define HPPIR1 s3_0_c12_c12_2

static volatile u64 interrupts, last_intid;
static void (*quiet)(void);

static int on_irq(struct frame *f) {
  if ((f->vector & 0x180) != 0x80) return 0;
  u64 intid = READ(IAR1);
  last_intid = intid;
  interrupts++;
  if (quiet) quiet();
  WRITE(EOIR1, intid);
  return 1;
}

static void gic(void) {
  enable_gic_registers();
  GICD[0] = 0x12;
  RD[0x14 / 4] = 0;
  while (RD[0x14 / 4] & 4) {}
  SGI[0x80 / 4] = ~0u;
  for (int i = 0; i < 8; i++) SGI[0x400 / 4 + i] = 0xa0a0a0a0;
  SGI[0x100 / 4] = 0xffff0000;
  WRITE(PMR, 0xff);
  WRITE(IGRPEN1, 1);
  asm volatile("isb");
}

#define TIMER(name, CTL, CVAL, TVAL)                                                                                   \
  static void quiet_##name(void) { WRITE(CTL, 3); }                                                                    \
  static void timer_##name(void) {                                                                                     \
    print("-- ");                                                                                                      \
    line(#name);                                                                                                       \
    WRITE(CTL, 0);                                                                                                     \
    WRITE(CVAL, 0);                                                                                                    \
    show("off, passed: ctl", READ(CTL));                                                                               \
    WRITE(CTL, 3);                                                                                                     \
    show("masked: ctl", READ(CTL));                                                                                    \
    show("pending", SGI[0x200 / 4] >> 16);                                                                             \
    WRITE(CTL, 1);                                                                                                     \
    show("on: ctl", READ(CTL));                                                                                        \
    show("pending", SGI[0x200 / 4] >> 16);                                                                             \
    WRITE(CVAL, ~0ul);                                                                                                 \
    show("far: ctl", READ(CTL));                                                                                       \
    show("pending", SGI[0x200 / 4] >> 16);                                                                             \
    WRITE(TVAL, -1ul);                                                                                                 \
    show("tval -1: ctl", READ(CTL));                                                                                   \
    show("negative", READ(TVAL) >> 31);                                                                                \
    WRITE(TVAL, 0x7fffffff);                                                                                           \
    show("tval large: ctl", READ(CTL));                                                                                \
    WRITE(CTL, ~0ul);                                                                                                  \
    show("ctl writable", READ(CTL));                                                                                   \
    WRITE(CTL, 0);                                                                                                     \
    line("");                                                                                                          \
    quiet = quiet_##name;                                                                                              \
    interrupts = 0;                                                                                                    \
    asm volatile("msr daifclr, #2");                                                                                   \
    WRITE(TVAL, 100000);                                                                                               \
    WRITE(CTL, 1);                                                                                                     \
    asm volatile("isb");                                                                                               \
    while (!interrupts) {}                                                                                             \
    show("interrupts", interrupts);                                                                                    \
    show("intid", last_intid);                                                                                         \
    interrupts = 0;                                                                                                    \
    WRITE(TVAL, 100000);                                                                                               \
    WRITE(CTL, 1);                                                                                                     \
    asm volatile("isb");                                                                                               \
    /* masked, so that the interrupt cannot come between the look and the wait */                                      \
    asm volatile("msr daifset, #2");                                                                                   \
    while (!interrupts) asm volatile("wfi\n msr daifclr, #2\n isb\n msr daifset, #2");                                 \
    asm volatile("msr daifclr, #2");                                                                                   \
    show("after wfi", interrupts);                                                                                     \
    asm volatile("msr daifset, #2");                                                                                   \
    WRITE(TVAL, 1000);                                                                                                 \
    WRITE(CTL, 1);                                                                                                     \
    asm volatile("isb\n wfi");                                                                                         \
    show("masked wfi: interrupts", interrupts);                                                                        \
    show("condition", READ(CTL));                                                                                      \
    show("isr", READ(isr_el1));                                                                                        \
    WRITE(CTL, 0);                                                                                                     \
    line("");                                                                                                          \
  }

TIMER(physical, cntp_ctl_el0, cntp_cval_el0, cntp_tval_el0)
TIMER(virtual, cntv_ctl_el0, cntv_cval_el0, cntv_tval_el0)
TIMER(hypervisor, cnthp_ctl_el2, cnthp_cval_el2, cnthp_tval_el2)
TIMER(hypervisor_virtual, s3_4_c14_c3_1, s3_4_c14_c3_2, s3_4_c14_c3_0)

static u64 counters(u64 unused) {
  u64 a = READ(cntpct_el0), b = READ(cntpct_el0);
  show("monotonic", b >= a);
  a = READ(cntvct_el0), b = READ(cntvct_el0);
  show("virtual", b >= a);
  u64 p = READ(cntpct_el0);
  asm volatile("isb");
  u64 v = READ(cntvct_el0);
  show("offset", (p - v + 0x1000000) >> 32);
  show("frequency", READ(cntfrq_el0));
  line("");
  return unused;
}

static u64 wait_for_events(u64 unused) {
  asm volatile("sevl\n wfe");
  line("sevl, wfe");
  asm volatile("sev\n wfe");
  line("sev, wfe");
  /* An event every 2^8 counts. */
  WRITE(cntkctl_el1, 1 << 2 | 7 << 4);
  asm volatile("isb");
  for (int i = 0; i < 10; i++) asm volatile("wfe");
  line("ten events of the stream");
  WRITE(cntkctl_el1, 0);
  return unused;
}

int main(void) {
  gic();
  hook = on_irq;
  if (top_el >= 2 && have_el2()) WRITE(hcr_el2, READ(hcr_el2) | 0x10);
  asm volatile("isb");
  run_at(1, counters, 0);
  timer_physical();
  timer_virtual();
  if (top_el == 2) {
    timer_hypervisor();
    if (FIELD(id_aa64mmfr1_el1, 8)) timer_hypervisor_virtual();
    WRITE(cntvoff_el2, 0x500000000000);
    asm volatile("isb");
    line("-- with CNTVOFF");
    run_at(1, counters, 0);
    counters(0);
    WRITE(cntv_cval_el0, 0xb00000001000);
    WRITE(cntv_ctl_el0, 3);
    asm volatile("isb");
    show("virtual timer, ctl", READ(cntv_ctl_el0));
    show("tval", READ(cntv_tval_el0) >> 40);
    WRITE(cntp_cval_el0, 0x500000001000);
    WRITE(cntp_ctl_el0, 3);
    show("physical timer, ctl", READ(cntp_ctl_el0));
    line("");
    if (FIELD(id_aa64mmfr1_el1, 8)) {
      WRITE(cptr_el2, 3 << 20);
      WRITE(hcr_el2, READ(hcr_el2) | 1ul << 34);
      asm volatile("isb");
      line("at EL2 with E2H");
      counters(0);
      WRITE(hcr_el2, READ(hcr_el2) & ~(1ul << 34));
      asm volatile("isb");
      WRITE(cptr_el2, 0x33ff);
    }
    WRITE(cntvoff_el2, 0);
  }
  line("-- events");
  wait_for_events(0);
  return 0;
}
