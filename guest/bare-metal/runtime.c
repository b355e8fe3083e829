#include "runtime.h"

#define UART_DR 0x09000000
#define UART_FR 0x09000018
#define UNWIND 0x7fff

struct probe_addresses probe;
u64 r[8];
int (*hook)(struct frame *);
volatile u64 taken;
static u64 total;
extern u8 lower_stack[];
u64 enter(u64 spsr, u64 (*f)(u64), u64 argument, u64 stack);
void unwind(u64 result) __attribute__((noreturn));

/* The half that this code runs in: everything is mapped once more ALIAS above, for EL1 alone (see tables.c). */
static volatile u32 *device(u64 address) {
  u64 here;
  asm("adr %0, ." : "=r"(here));
  return (volatile u32 *)(address | (here & ALIAS));
}

void put(char c) {
  while (*device(UART_FR) & 0x20) {}
  *device(UART_DR) = c;
}

void print(const char *text) {
  while (*text) put(*text++);
}

void hex(u64 value) {
  int shift = 60;
  while (shift && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 15]);
}

void show(const char *name, u64 value) {
  put(' ');
  print(name);
  put('=');
  hex(value);
}

void line(const char *text) {
  print(text);
  put('\n');
}

void begin(const char *name) {
  print(name);
  put(':');
  taken = 0;
}

void end(void) {
  line(taken ? "" : " ok");
}

u64 current_el(void) {
  /* UNDEFINED at EL0, so the runtime keeps count itself there. */
  return entered_el ? READ(CurrentEL) >> 2 : 0;
}

int have_el2(void) { return FIELD(id_aa64pfr0_el1, 8) != 0; }
int have_el3(void) { return FIELD(id_aa64pfr0_el1, 12) != 0; }

void finish(void) {
  line("end");
  if (top_el == 2) asm volatile("mov w0, #8\n movk w0, #0x8400, lsl #16\n smc #0" ::: "x0", "x1", "x2", "x3");
  if (top_el == 1) asm volatile("mov w0, #8\n movk w0, #0x8400, lsl #16\n hvc #0" ::: "x0", "x1", "x2", "x3");
  for (;;) asm volatile("wfi");
}

static void print_address(u64 address) {
  u64 distance = address - probe.origin;
  if (distance < 0x1000) {
    put('+');
    hex(distance);
  } else {
    hex(address);
  }
}

static int has_far(u64 ec) {
  return (ec >= 0x20 && ec <= 0x25 && ec != 0x23) || ec == 0x34 || ec == 0x35;
}

void print_exception(struct frame *f) {
  static const char kinds[] = "sync\0\0\0irq\0\0\0\0fiq\0\0\0\0serror";
  u64 ec = f->esr >> 26 & 63;
  int sync = (f->vector & 0x180) == 0;
  print(" [EL");
  put('0' + f->el);
  put(' ');
  print(kinds + (f->vector >> 7 & 3) * 7);
  put('@');
  hex(f->vector);
  if (sync) {
    print(" ESR ");
    hex(f->esr);
    if (has_far(ec) && !(f->esr & 0x400)) {
      print(" FAR ");
      hex(f->far);
    }
    if (f->el == 2 && (ec == 0x20 || ec == 0x24)) show("HPFAR", READ(hpfar_el2));
    print(" ELR ");
    print_address(f->elr);
  }
  /* ALLINT is left out: it depends on FEAT_NMI, which is of no interest here. */
  print(" SPSR ");
  hex(f->spsr & ~0x2000ul);
  put(']');
}

void skip(struct frame *f) {
  u64 ec = f->esr >> 26 & 63;
  f->spsr &= ~(1ul << 20 | 3ul << 10);
  if (f->vector & 0x180) {
    /* An interrupt that nobody quiets: masked from now on. */
    f->spsr |= 0x1c0;
    return;
  }
  if (ec == 0x15 || ec == 0x16 || (ec == 0x17 && f->el == 3)) return;
  if (ec == 0x0e || ec == 0x20 || ec == 0x21 || ec == 0x22 || ec == 0x0d) f->elr = probe.recover;
  else f->elr += 4;
}

void exception(struct frame *f) {
  u64 ec = f->esr >> 26 & 63;
  if (ec >= 0x15 && ec <= 0x17 && (f->esr & 0xffff) == UNWIND && (f->vector & 0x180) == 0) {
    if (f->el == top_el) unwind(f->x[0]);
    register u64 result asm("x0") = f->x[0];
    if (top_el == 3) asm volatile("smc #0x7fff" ::"r"(result) : "memory");
    else asm volatile("hvc #0x7fff" ::"r"(result) : "memory");
  }
  taken++;
  if (hook && hook(f)) return;
  print_exception(f);
  if (++total > 4000 || taken > 40) {
    line(" too many exceptions");
    finish();
  }
  skip(f);
}

u64 run_at(int el, u64 (*f)(u64), u64 argument) {
  u64 before = entered_el;
  if (el == (int)top_el) return f(argument);
  entered_el = el;
  u64 result = enter(0x3c0 | el << 2 | (el ? 1 : 0), f, argument, (u64)lower_stack);
  entered_el = before;
  return result;
}

/* Plain state: everything below may run and use FP; MMUs off. */
void setup(void) {
  entered_el = top_el;
  int pauth = (READ(id_aa64isar1_el1) & 0xff0) != 0;
  if (top_el == 3) {
    WRITE(scr_el3, 0x531 | (pauth ? 3ul << 16 : 0));
    WRITE(cptr_el3, 0);
  }
  SYNC();
  if (top_el >= 2 && have_el2()) {
    WRITE(hcr_el2, 1ul << 31 | (pauth ? 3ul << 40 : 0));
    WRITE(cptr_el2, 0x33ff);
    WRITE(sctlr_el2, 0x30c50830);
    WRITE(vpidr_el2, READ(midr_el1));
    WRITE(vmpidr_el2, READ(mpidr_el1));
    WRITE(cnthctl_el2, 3);
    WRITE(cntvoff_el2, 0);
    WRITE(vttbr_el2, 0);
  }
  WRITE(cpacr_el1, 3ul << 20);
  WRITE(sctlr_el1, 0x30d50988 & ~8ul);
  SYNC();
}

#define SRE_EL1 s3_0_c12_c12_5
#define SRE_EL2 s3_4_c12_c9_5
#define SRE_EL3 s3_6_c12_c12_5

void enable_gic_registers(void) {
  if (top_el == 3) {
    WRITE(SRE_EL3, 0xf);
    asm volatile("isb");
  }
  if (have_el2()) {
    WRITE(SRE_EL2, 0xf);
    asm volatile("isb");
  }
  WRITE(SRE_EL1, 7);
  asm volatile("isb");
}
