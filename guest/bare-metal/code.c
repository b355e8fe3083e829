/* Self-modifying code: stores, DC CVAU and IC IVAU, another mapping, DC ZVA, a page border, code run from a loop. */
#include "tables.h"

#define CODE ((volatile u32 *)SCRATCH)
#define RET 0xd65f03c0u
/* MOV X0, #n */
#define MOV(n) (0xd2800000u | (u32)(n) << 5)

static u64 *root;

static void synchronize(volatile void *at) {
  asm volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(at) : "memory");
}

static u64 call(volatile u32 *at) { return ((u64(*)(void))at)(); }

static void result(const char *name, u64 value) {
  print(name);
  show("x0", value);
  line("");
}

static u64 plain(u64 unused) {
  CODE[0] = MOV(1);
  CODE[1] = RET;
  synchronize(CODE);
  result("first", call(CODE));
  CODE[0] = MOV(2);
  synchronize(CODE);
  result("changed", call(CODE));
  CODE[0] = MOV(3);
  asm volatile("dsb ish\n ic iallu\n dsb ish\n isb");
  result("changed, IC IALLU", call(CODE));
  *(volatile u8 *)CODE = 0x80;
  synchronize(CODE);
  result("a byte changed", call(CODE));
  u64 pair = (u64)RET << 32 | MOV(5);
  asm volatile("stp %0, %0, [%1]" ::"r"(pair), "r"(CODE) : "memory");
  synchronize(CODE);
  result("pair stored", call(CODE));
  asm volatile("1: ldxr x9, [%1]\n stxr w10, %0, [%1]\n cbnz w10, 1b" ::"r"((u64)RET << 32 | MOV(6)), "r"(CODE)
               : "x9", "x10", "memory");
  synchronize(CODE);
  result("store-exclusive", call(CODE));
  for (int i = 0; i < 2000; i++) {
    CODE[0] = MOV(i);
    synchronize(CODE);
    if (call(CODE) != (u64)i) {
      show("stale", i);
      break;
    }
  }
  result("2000 times", call(CODE));
  return unused;
}

/* An instruction ahead in the same block is changed. */
static u64 ahead(u64 unused) {
  static const u32 words[] = {
    0xb9000c01, /* str w1, [x0, #12] */
    0xd50b7b20, /* dc cvau, x0 */
    0xd5033b9f, /* dsb ish */
    MOV(1),     /* is to become MOV X0, #2 */
    RET,
  };
  for (int i = 0; i < 5; i++) CODE[i] = words[i];
  CODE[1] = 0xd503201f;
  synchronize(CODE);
  u64 value;
  asm volatile("mov x0, %1\n mov w1, %w2\n mov x9, x30\n blr %1\n mov x30, x9\n mov %0, x0"
               : "=r"(value)
               : "r"(CODE), "r"(MOV(2))
               : "x0", "x1", "x9", "memory");
  synchronize(CODE);
  /* Without synchronization either is right: what counts is the second time. */
  (void)value;
  CODE[0] = 0xd503201f;
  synchronize(CODE);
  result("changed ahead, second run", call(CODE));
  return unused;
}

/* A page is code and data by turns, as memory is that a guest frees and allocates again. */
static u64 turns(u64 unused) {
  u64 sum = 0;
  for (int i = 0; i < 300; i++) {
    for (int j = 2 + i % 3; j < 1024; j++) CODE[j] = i * j;
    for (int j = 2 + i % 3; j < 1024; j++) sum += CODE[j];
    int at = i * 37 % 1000;
    CODE[at] = MOV(i);
    CODE[at + 1] = RET;
    synchronize(CODE + at);
    for (int j = 0; j < 20; j++) sum += call(CODE + at);
    /* The same code again: nothing is to be synchronized. */
    for (int j = 0; j < 200; j++) CODE[(at + 100 + j) % 1024] = j;
    sum += call(CODE + at);
  }
  result("code and data by turns", sum);
  return unused;
}

/* Code that writes to its own page for long, then changes itself. */
static u64 own(u64 unused) {
  static const u32 words[] = {
    0xd2800001, /* mov x1, #0 */
    0xf9048001, /* 1: str x1, [x0, #2304] */
    0x91000421, /* add x1, x1, #1 */
    0xf1401c3f, /* cmp x1, #7, lsl #12 */
    0x54ffffa1, /* b.ne 1b */
    0xb9003002, /* str w2, [x0, #48] */
    0x9100c003, /* add x3, x0, #48 */
    0xd50b7b23, /* dc cvau, x3 */
    0xd5033b9f, /* dsb ish */
    0xd50b7523, /* ic ivau, x3 */
    0xd5033b9f, /* dsb ish */
    0xd5033fdf, /* isb */
    MOV(1),     /* what w2 was */
    RET,
  };
  for (int i = 0; i < 14; i++) CODE[i] = words[i];
  synchronize(CODE);
  u64 sum = 0;
  for (int i = 0; i < 40; i++) sum = sum * 3 + ((u64(*)(u64, u64, u32))(u64)CODE)(SCRATCH, 0, MOV(i));
  result("changed behind many stores beside it", sum);
  result("counted", *(volatile u64 *)(SCRATCH + 2304));
  return unused;
}

/* A function changes, or maps elsewhere, the code of its caller, which has been called often. */
static volatile u32 *caller;
static int calls;
static void nothing(void) {}
static void patcher(void) {
  if (++calls % 1000) return;
  caller[2] = MOV(calls / 1000 & 0xffff);
  synchronize(caller + 2);
}
static void mapper(void) {
  if (++calls % 1000) return;
  u64 page = SCRATCH + (calls / 1000 & 1 ? 0x2000 : 0x1000);
  *entry(root, 12, 0, (u64)caller, 3) = 0;
  flush();
  *entry(root, 12, 0, (u64)caller, 3) = page | PAGE | MEMORY | AP(2);
  flush();
}
/* Data beside the caller, by exclusive stores; the caller itself stays as it is. */
static void filler(void) {
  if (++calls % 1000) return;
  u64 at = (u64)(caller + 512), failed, left = 200;
  asm volatile("1: ldxp x9, x10, [%2]\n stxp %w0, %1, x10, [%2]\n cbnz %w0, 1b\n subs %1, %1, #1\n b.ne 1b"
               : "=&r"(failed), "+r"(left)
               : "r"(at)
               : "x9", "x10", "memory", "cc");
}
static u64 often(int times, void (*callee)(void)) {
  u64 sum = 0;
  for (int i = 0; i < times; i++) sum += ((u64(*)(void (*)(void)))(u64)caller)(callee);
  return sum;
}
static void put_caller(volatile u32 *at, u32 behind) {
  static const u32 words[] = {0xa9bf7bfd /* stp x29, x30, [sp, #-16]! */, 0xd63f0000 /* blr x0 */, 0,
                              0xa8c17bfd /* ldp x29, x30, [sp], #16 */, RET};
  for (int i = 0; i < 5; i++) at[i] = words[i];
  at[2] = behind;
  synchronize(at);
}
static u64 callers(u64 mapped) {
  caller = CODE;
  calls = 0;
  put_caller(caller, MOV(1));
  result("often", often(3000, nothing));
  result("changed by its callee", often(5000, patcher));
  calls = 0;
  put_caller(caller, 0xd5385200 /* mrs x0, esr_el1 */);
  asm volatile("msr esr_el1, %0" ::"r"(3ul));
  result("data beside it stored by its callee", often(60000, filler));
  if (!mapped) return 0;
  caller = (volatile u32 *)(WINDOW + 0x6000);
  put_caller(CODE + 1024, MOV(5));
  put_caller(CODE + 2048, MOV(70));
  *entry(root, 12, 0, (u64)caller, 3) = (SCRATCH + 0x1000) | PAGE | MEMORY | AP(2);
  flush();
  calls = 0;
  result("mapped elsewhere by its callee", often(5000, mapper));
  return 0;
}

static u64 aliases(u64 unused) {
  volatile u32 *alias = (volatile u32 *)(WINDOW + 0x3000);
  volatile u32 *other = (volatile u32 *)(WINDOW + 0x4000);
  *entry(root, 12, 0, (u64)alias, 3) = SCRATCH | PAGE | MEMORY | PXN | UXN;
  *entry(root, 12, 0, (u64)other, 3) = SCRATCH | PAGE | MEMORY | AP(2);
  flush();
  alias[0] = MOV(7);
  alias[1] = RET;
  synchronize(alias);
  result("stored through another mapping", call(CODE));
  result("executed through a third", call(other));
  alias[0] = MOV(8);
  synchronize(alias);
  result("changed through it, executed through a third", call(other));
  result("and at home", call(CODE));
  /* The virtual page moves to another physical page. */
  volatile u32 *second = CODE + 1024;
  second[0] = MOV(9);
  second[1] = RET;
  synchronize(second);
  *entry(root, 12, 0, (u64)other, 3) = (SCRATCH + 0x1000) | PAGE | MEMORY | AP(2);
  flush();
  result("remapped", call(other));
  /* Over the border of two pages that are not neighbours in memory. */
  volatile u32 *left = (volatile u32 *)(WINDOW + 0x8000);
  *entry(root, 12, 0, (u64)left, 3) = (SCRATCH + 0x5000) | PAGE | MEMORY | AP(2);
  *entry(root, 12, 0, (u64)left + 4096, 3) = (SCRATCH + 0x3000) | PAGE | MEMORY | AP(2);
  flush();
  ((volatile u32 *)(SCRATCH + 0x5ffc))[0] = MOV(11);
  ((volatile u32 *)(SCRATCH + 0x3000))[0] = RET;
  synchronize((void *)(SCRATCH + 0x5ffc));
  synchronize((void *)(SCRATCH + 0x3000));
  result("over a page border", call(left + 1023));
  ((volatile u32 *)(SCRATCH + 0x3000))[0] = 0x91000400; /* add x0, x0, #1 */
  ((volatile u32 *)(SCRATCH + 0x3004))[0] = RET;
  synchronize((void *)(SCRATCH + 0x3000));
  result("and changed behind it", call(left + 1023));
  *entry(root, 12, 0, (u64)left + 4096, 3) = 0;
  flush();
  r[0] = (u64)(left + 1023);
  RUN("the second page goes", "mov x9, x0\n blr x9");
  return unused;
}

static u64 zeroed(u64 unused) {
  CODE[0] = MOV(1);
  CODE[1] = RET;
  /* Behind the block that becomes UDF. */
  CODE[16] = RET;
  synchronize(CODE);
  result("before DC ZVA", call(CODE));
  r[0] = SCRATCH;
  RUN("dc zva", "dc zva, x0\n dsb ish\n ic ivau, x0\n dsb ish\n isb\n mov x9, x0\n adr x30, 92f\n br x9");
  return unused;
}

static u64 on(u64 unused) {
  mmu_on(tcr_for(12, 0), root);
  return unused;
}

int main(void) {
  line("-- MMU off");
  run_at(1, plain, 0);
  run_at(1, ahead, 0);
  run_at(1, turns, 0);
  run_at(1, own, 0);
  run_at(1, callers, 0);
  root = table(4096);
  run_at(1, on, 0);
  line("-- MMU on");
  run_at(1, plain, 0);
  run_at(1, ahead, 0);
  run_at(1, turns, 0);
  run_at(1, own, 0);
  run_at(1, callers, 1);
  run_at(1, aliases, 0);
  run_at(1, zeroed, 0);
  return 0;
}
