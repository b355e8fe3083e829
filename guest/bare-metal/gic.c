/* Interrupt controller: SGIs, priorities, preemption, groups, routing to each level, virtual interrupts. */
#include "tables.h"

#define GICD ((volatile u32 *)0x08000000)
#define RD ((volatile u32 *)0x080a0000)
#define SGI ((volatile u32 *)0x080b0000)
#define PMR s3_0_c4_c6_0
#define IAR0 s3_0_c12_c8_0
#define EOIR0 s3_0_c12_c8_1
#define BPR0 s3_0_c12_c8_3
#define BPR1 s3_0_c12_c12_3
#define IAR1 s3_0_c12_c12_0
#define EOIR1 s3_0_c12_c12_1
#define HPPIR0 s3_0_c12_c8_2
#define HPPIR1 s3_0_c12_c12_2
#define RPR s3_0_c12_c11_3
#define CTLR s3_0_c12_c12_4
#define DIR s3_0_c12_c11_1
#define IGRPEN0 s3_0_c12_c12_6
#define IGRPEN1 s3_0_c12_c12_7
#define IGRPEN1_EL3 s3_6_c12_c12_7
#define CTLR_EL3 s3_6_c12_c12_4
#define SGI1R s3_0_c12_c11_5
#define SGI0R s3_0_c12_c11_7

static int depth, nested;

static void send(u64 intid, int group) {
  if (group) WRITE(SGI1R, intid << 24 | 1);
  else WRITE(SGI0R, intid << 24 | 1);
  asm volatile("isb");
}

/* Acknowledges, tells what was there, and takes what comes in between when nesting is asked for. */
static int on_interrupt(struct frame *f) {
  u64 kind = f->vector & 0x180;
  if (kind != 0x80 && kind != 0x100) return 0;
  int group = kind == 0x80;
  u64 intid = group ? READ(IAR1) : READ(IAR0);
  print(" [");
  print(group ? "irq" : "fiq");
  put(' ');
  hex(intid);
  show("EL", f->el);
  show("vector", f->vector);
  show("running", READ(RPR));
  if (nested && depth == 0 && intid == 5) {
    depth++;
    /* The handler's frame is in use: look for the next one by hand. */
    send(3, 1);
    show("pending", READ(HPPIR1));
    u64 second = READ(IAR1);
    show("preempted by", second);
    show("running", READ(RPR));
    if (second < 1020) WRITE(EOIR1, second);
    depth--;
  }
  if (group) WRITE(EOIR1, intid);
  else WRITE(EOIR0, intid);
  show("after", READ(RPR));
  if (intid >= 1020) f->spsr |= 0xc0;
  put(']');
  return 1;
}

/* At EL0 the masks cannot be changed, and need not be: what goes to a higher level is not masked there. */
static u64 unmasked(u64 unused) {
  if (entered_el == 0) return unused;
  asm volatile("msr daifclr, #3\n isb\n nop\n nop\n msr daifset, #3");
  return unused;
}

static void take(const char *name) {
  print(name);
  put(':');
  unmasked(0);
  line("");
}

static void take_at(const char *name, int el) {
  print(name);
  show("from EL", el);
  put(':');
  run_at(el, unmasked, 0);
  line("");
}

static void priority(u64 intid, u8 value) { ((volatile u8 *)0x080b0400)[intid] = value; }

static void set_up(void) {
  enable_gic_registers();
  GICD[0] = top_el == 3 ? 0x37 : 0x13;
  RD[0x14 / 4] = 0;
  while (RD[0x14 / 4] & 4) {}
  for (int i = 0; i < 8; i++) SGI[0x400 / 4 + i] = 0x80808080;
  SGI[0x100 / 4] = 0xffffffff;
  WRITE(PMR, 0xff);
  WRITE(IGRPEN0, 1);
  WRITE(IGRPEN1, 1);
  asm volatile("isb");
}

static void by_priority(void) {
  line("-- priorities");
  SGI[0x80 / 4] = ~0u;
  for (u64 i = 0; i < 6; i++) priority(i, 0xa0 - i * 0x10);
  for (u64 i = 0; i < 6; i++) send(i, 1);
  show("pending", SGI[0x200 / 4]);
  line("");
  take("all, highest priority first");
  for (u64 i = 0; i < 6; i++) send(i, 1);
  WRITE(PMR, 0x70);
  asm volatile("isb");
  take("those above 70");
  WRITE(PMR, 0xff);
  asm volatile("isb");
  take("the rest");
  priority(1, 0x80);
  priority(2, 0x80);
  send(2, 1);
  send(1, 1);
  take("equal, lowest number first");
  line("-- preemption");
  priority(3, 0x40);
  priority(5, 0x80);
  nested = 1;
  send(5, 1);
  take("by a higher one");
  priority(3, 0x80);
  send(5, 1);
  take("not by an equal one");
  take("then");
  priority(3, 0x78);
  WRITE(BPR1, 5);
  asm volatile("isb");
  send(5, 1);
  take("not by one of the same group priority");
  take("then");
  nested = 0;
  WRITE(BPR1, 0);
  asm volatile("isb");
  show("binary point", READ(BPR1));
  line("");
  line("-- split EOI");
  u64 ctlr = READ(CTLR);
  WRITE(CTLR, ctlr | 2);
  asm volatile("isb");
  send(4, 1);
  u64 intid = READ(IAR1);
  show("acknowledged", intid);
  WRITE(EOIR1, intid);
  asm volatile("isb");
  show("active", SGI[0x300 / 4]);
  show("running", READ(RPR));
  send(4, 1);
  show("next", READ(HPPIR1));
  WRITE(DIR, intid);
  asm volatile("isb");
  show("after DIR", READ(HPPIR1));
  WRITE(CTLR, ctlr);
  asm volatile("isb");
  line("");
  take("again");
}

static void groups(void) {
  line("-- groups");
  SGI[0x80 / 4] = ~1u;
  priority(0, 0x80);
  priority(1, 0x80);
  send(0, 0);
  send(1, 1);
  show("isr", READ(isr_el1));
  show("HPPIR0", READ(HPPIR0));
  show("HPPIR1", READ(HPPIR1));
  line("");
  take("group 0 is FIQ, group 1 IRQ");
  WRITE(IGRPEN0, 0);
  asm volatile("isb");
  send(0, 0);
  take("group 0 disabled");
  WRITE(IGRPEN0, 1);
  asm volatile("isb");
  take("and enabled");
  SGI[0x80 / 4] = ~0u;
}

static void routing(void) {
  line("-- routing");
  u64 hcr = READ(hcr_el2);
  send(1, 1);
  show("isr", READ(isr_el1));
  line("");
  take_at("no IMO", 1);
  WRITE(hcr_el2, hcr | 1 << 4);
  asm volatile("isb");
  send(1, 1);
  take_at("IMO", 1);
  send(1, 1);
  take_at("IMO", 0);
  send(1, 1);
  take("IMO, at EL2");
  WRITE(hcr_el2, hcr | 1 << 27);
  asm volatile("isb");
  send(1, 1);
  take_at("TGE", 0);
  line("-- virtual interrupts by HCR_EL2");
  hook = 0;
  WRITE(hcr_el2, hcr | 1 << 4 | 1 << 7);
  take_at("VI", 1);
  WRITE(hcr_el2, hcr | 1 << 3 | 1 << 6);
  take_at("VF", 1);
  WRITE(hcr_el2, hcr | 1 << 7);
  take_at("VI without IMO", 1);
  WRITE(hcr_el2, hcr);
  hook = on_interrupt;
}

/* Takes the request away where this Security state may, and masks interrupts where that helps. */
static int tell(struct frame *f) {
  if ((f->vector & 0x180) == 0) return 0;
  print_exception(f);
  SGI[0x280 / 4] = ~0u;
  f->spsr |= 0xc0;
  return 1;
}

static void secure(void) {
  line("-- Security states: group 0, Secure and Non-secure group 1");
  u64 scr = READ(scr_el3);
  GICD[0] = 0x37;
  SGI[0x80 / 4] = 0x4;
  SGI[0xd00 / 4] = 0x2;
  for (u64 i = 0; i < 3; i++) priority(i, 0x80);
  WRITE(IGRPEN1_EL3, 3);
  asm volatile("isb");
  static const u64 route[] = {0, 2, 4, 6};
  for (int ns = 0; ns < 2; ns++) {
    for (int i = 0; i < 4; i++) {
      WRITE(scr_el3, (scr & ~7ul) | ns | route[i]);
      asm volatile("isb");
      show("SCR", READ(scr_el3) & 7);
      line("");
      for (u64 intid = 0; intid < 3; intid++) {
        SGI[0x200 / 4] = 1u << intid;
        show("intid", intid);
        show("isr at EL3", READ(isr_el1));
        put(' ');
        hook = tell;
        taken = 0;
        run_at(1, unmasked, 0);
        hook = on_interrupt;
        SGI[0x280 / 4] = 1u << intid;
        line("");
      }
    }
  }
  WRITE(scr_el3, scr);
}

int main(void) {
  set_up();
  hook = on_interrupt;
  if (top_el == 2) WRITE(hcr_el2, READ(hcr_el2) | 3 << 3);
  asm volatile("isb");
  if (top_el < 3) {
    by_priority();
    groups();
  }
  if (top_el == 2) {
    WRITE(hcr_el2, READ(hcr_el2) & ~(3ul << 3));
    asm volatile("isb");
    routing();
  }
  if (top_el == 3) secure();
  return 0;
}
