// Carries out a list of accesses to the interrupt controller, each from the PE, Exception level and Security state it asks
// for, and prints what was read, ISR_EL1.{I,F} afterwards (4: an interrupt came in between, so they are not known), and
// the Exception level that a trap was taken to.
typedef unsigned long u64;
typedef unsigned u32;
typedef unsigned char u8;
struct op { u32 kind, el; u64 target, value; u32 scr, cpu; u64 hcr; };
struct result { u64 value; u32 isr, trap; };
#include "registers.h"
extern volatile u64 top, trapped, esr_out, interrupted;
void enter(u64 elr, u64 spsr, u64 sp);
void leave(void);
static struct op *const ops = (struct op *)0x42000010;
static struct result *const results = (struct result *)0x44000000;
static volatile struct op *current;
static volatile u64 value, isr;
// The PE whose turn it is, and what it carries out.
static volatile u64 turn, turn_op;
extern void _start(void);
#define UART ((volatile u32 *)0x09000000)

static void carry_out(void) {
  volatile struct op *o = current;
  u64 v = 0, i;
  switch (o->kind) {
  case 0: v = *(volatile u32 *)o->target; break;
  case 1: *(volatile u32 *)o->target = o->value; break;
  case 2: v = *(volatile u8 *)o->target; break;
  case 3: *(volatile u8 *)o->target = o->value; break;
  case 4: v = read_register(o->target); break;
  case 5: write_register(o->target, o->value); break;
  case 6: UART[0x38 / 4] = o->value ? 0x20 : 0; break;
  }
  asm volatile("dsb sy; isb; mrs %0, isr_el1" : "=r"(i)::"memory");
  value = v;
  isr = i;
}

static void carry_out_below(void) {
  carry_out();
  leave();
}

static void print(const char *s) {
  while (*s) UART[0] = *s++;
}

static void print_hex(u64 v) {
  char b[17];
  int i = 16;
  b[16] = 0;
  do {
    b[--i] = "0123456789abcdef"[v & 15];
    v >>= 4;
  } while (v);
  print(b + i);
}

static void execute(u64 k) {
  u32 trap = 0;
  current = &ops[k];
  trapped = value = isr = esr_out = interrupted = 0;
  if (top == 3) asm volatile("msr scr_el3, %0; isb" ::"r"((u64)current->scr | 0x530));
  if (top >= 2) asm volatile("msr hcr_el2, %0; isb" ::"r"(current->hcr | 1ul << 31));
  if (current->el >= top) {
    carry_out();
    trap = trapped;
  } else {
    enter((u64)carry_out_below, 0x3c0 | current->el << 2 | 1, 0x43000000);
    u32 ec = esr_out >> 26;
    trap = ec == 0x17 || ec == 0x16 ? trapped : top;
  }
  results[k].value = value;
  results[k].isr = interrupted ? 4 : isr >> 6 & 3;
  results[k].trap = trap;
}

// What PEs but the first do: their turns.
void other(u64 cpu) {
  for (;;) {
    while (turn != cpu) asm volatile("wfe");
    asm volatile("dsb sy" ::: "memory");
    execute(turn_op);
    asm volatile("dsb sy" ::: "memory");
    turn = 0;
    asm volatile("dsb sy; sev" ::: "memory");
  }
}

// With EL3 all PEs start together; else PSCI starts them, at the level above the program.
static void start(u64 cpu) {
  register u64 x0 asm("x0") = 0xc4000003, x1 asm("x1") = cpu, x2 asm("x2") = (u64)_start, x3 asm("x3") = 0;
  if (top == 1) asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
  if (top == 2) asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
}

void main(void) {
  u64 n = *(u64 *)0x42000000;
  u64 cpus = *(u64 *)0x42000008;
  for (u64 cpu = 1; cpu < cpus; cpu++) start(cpu);
  UART[0x30 / 4] = 0x301;
  UART[0] = '\n';  // The transmit interrupt is raw-pending from here on; its mask drives INTID 33.
  UART[0x38 / 4] = 0;
  for (u64 k = 0; k < n; k++) {
    u64 cpu = ops[k].cpu;
    if (cpu == 0) {
      execute(k);
      continue;
    }
    turn_op = k;
    asm volatile("dsb sy" ::: "memory");
    turn = cpu;
    asm volatile("dsb sy; sev" ::: "memory");
    while (turn != 0) asm volatile("wfe");
    asm volatile("dsb sy" ::: "memory");
  }
  UART[0x38 / 4] = 0;
  for (u64 k = 0; k < n; k++) {
    print_hex(results[k].value);
    print(" ");
    print_hex(results[k].isr);
    print(" ");
    print_hex(results[k].trap);
    print("\n");
  }
  print("end\n");
  asm volatile(
      "ldr x1, =0x20026; stp x1, xzr, [sp, #-16]!; mov x1, sp; mov x0, #0x18; hlt #0xf000" ::: "x0", "x1", "memory");
}
