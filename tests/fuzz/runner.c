/*
 * Runs batches of fuzz cases: a static arm64 Linux program without a C library, for qemu-aarch64 or real hardware.
 * tests/fuzz/qemu-engine.ts builds it and speaks its protocol; tests/fuzz/layout.ts gives addresses and records.
 *
 * Arguments: input file, output file, and a digit of what the CPU has: 1 TPIDR2_EL0, which then holds a register on the
 * way out (TPIDR_EL0 does otherwise, and is not reported), 2 PSTATE.DIT, 4 PSTATE.SSBS; in a second digit, 1 guarded
 * pages (FEAT_BTI). For each byte on stdin: reads the batch in the input file, runs it, writes the results to the
 * output file and their length, 8 bytes, to stdout.
 *
 * It lies at an address that no case is likely to name, so that a stray store does not reach it.
 */
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned char u8;

#define CODE 0x04000000UL
#define CODE_BYTES 0x80000UL
#define GUARDED (CODE + CODE_BYTES / 2)
#define LINK (CODE + CODE_BYTES)
#define LEAVE 0x03f00000UL
#define MEMORY 0x05000000UL
#define PAGE 4096UL
#define MEMORY_BYTES (3 * PAGE)
#define WRITABLE_BYTES (2 * PAGE)
#define MAX_IMAGES 64
#define MAX_CASES 8192

struct State { /* offsets are known to the assembly below */
  u64 x[31];
  u64 sp;        /* 248 */
  u8 v[32][16];  /* 256 */
  u64 nzcv;      /* 768: in bits 31:28 */
  u64 fpcr, fpsr, tpidr;
};
struct Case {
  u32 flags, entry, image, slot;
  struct State state;
};
struct Result {
  u32 kind, signal, code, pieces; /* kind 0: left; 1: signal; 2: timed out */
  u64 pc, address;
  struct State state;
};
struct Batch {
  u32 cases, images, code, timed;
};

struct State *input_state;
struct State output;
u64 harness_sp, entry_address;
void run_case(void);
void recover_case(void);

/* X30 holds `entry_address` on the way in; the case's own is loaded by the first word of its place. */
__asm__(
    ".text\n"
    ".global _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x0, sp\n"
    "  ldr x1, =own_stack_end\n"
    "  mov sp, x1\n"
    "  bl start_c\n"
    ".global run_case\n"
    "run_case:\n"
    "  stp x29, x30, [sp, #-96]!\n"
    "  stp x19, x20, [sp, #16]\n"
    "  stp x21, x22, [sp, #32]\n"
    "  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n"
    "  stp x27, x28, [sp, #80]\n"
    "  ldr x0, =harness_sp\n"
    "  mov x1, sp\n"
    "  str x1, [x0]\n"
    "  clrex\n"
    "  ldr x30, =input_state\n"
    "  ldr x30, [x30]\n"
    "  add x29, x30, #256\n"
    "  ld1 {v0.16b-v3.16b}, [x29], #64\n"
    "  ld1 {v4.16b-v7.16b}, [x29], #64\n"
    "  ld1 {v8.16b-v11.16b}, [x29], #64\n"
    "  ld1 {v12.16b-v15.16b}, [x29], #64\n"
    "  ld1 {v16.16b-v19.16b}, [x29], #64\n"
    "  ld1 {v20.16b-v23.16b}, [x29], #64\n"
    "  ld1 {v24.16b-v27.16b}, [x29], #64\n"
    "  ld1 {v28.16b-v31.16b}, [x29], #64\n"
    "  ldr x0, [x30, #768]\n"
    "  msr nzcv, x0\n"
    "  ldr x0, [x30, #776]\n"
    "  msr fpcr, x0\n"
    "  ldr x0, [x30, #784]\n"
    "  msr fpsr, x0\n"
    "  ldr x0, [x30, #792]\n"
    "  msr tpidr_el0, x0\n"
    "  ldr x0, [x30, #248]\n"
    "  mov sp, x0\n"
    "  ldp x0, x1, [x30]\n"
    "  ldp x2, x3, [x30, #16]\n"
    "  ldp x4, x5, [x30, #32]\n"
    "  ldp x6, x7, [x30, #48]\n"
    "  ldp x8, x9, [x30, #64]\n"
    "  ldp x10, x11, [x30, #80]\n"
    "  ldp x12, x13, [x30, #96]\n"
    "  ldp x14, x15, [x30, #112]\n"
    "  ldp x16, x17, [x30, #128]\n"
    "  ldp x18, x19, [x30, #144]\n"
    "  ldp x20, x21, [x30, #160]\n"
    "  ldp x22, x23, [x30, #176]\n"
    "  ldp x24, x25, [x30, #192]\n"
    "  ldp x26, x27, [x30, #208]\n"
    "  ldp x28, x29, [x30, #224]\n"
    "  ldr x30, =entry_address\n"
    "  ldr x30, [x30]\n"
    "  ret\n"
    /* X30 is in TPIDR_EL0 */
    ".global leave_case\n"
    "leave_case:\n"
    "  ldr x30, =output\n"
    "  stp x0, x1, [x30]\n"
    "  mrs x0, tpidr_el0\n"
    "  mov x1, #0\n"
    "  b 1f\n"
    /* X30 is in TPIDR2_EL0 */
    ".global leave_case2\n"
    "leave_case2:\n"
    "  ldr x30, =output\n"
    "  stp x0, x1, [x30]\n"
    "  mrs x0, s3_3_c13_c0_5\n"
    "  mrs x1, tpidr_el0\n"
    "1:str x0, [x30, #240]\n"
    "  str x1, [x30, #792]\n"
    "  stp x2, x3, [x30, #16]\n"
    "  stp x4, x5, [x30, #32]\n"
    "  stp x6, x7, [x30, #48]\n"
    "  stp x8, x9, [x30, #64]\n"
    "  stp x10, x11, [x30, #80]\n"
    "  stp x12, x13, [x30, #96]\n"
    "  stp x14, x15, [x30, #112]\n"
    "  stp x16, x17, [x30, #128]\n"
    "  stp x18, x19, [x30, #144]\n"
    "  stp x20, x21, [x30, #160]\n"
    "  stp x22, x23, [x30, #176]\n"
    "  stp x24, x25, [x30, #192]\n"
    "  stp x26, x27, [x30, #208]\n"
    "  stp x28, x29, [x30, #224]\n"
    "  mov x0, sp\n"
    "  str x0, [x30, #248]\n"
    "  mrs x0, nzcv\n"
    "  str x0, [x30, #768]\n"
    "  mrs x0, fpcr\n"
    "  str x0, [x30, #776]\n"
    "  mrs x0, fpsr\n"
    "  str x0, [x30, #784]\n"
    "  add x29, x30, #256\n"
    "  st1 {v0.16b-v3.16b}, [x29], #64\n"
    "  st1 {v4.16b-v7.16b}, [x29], #64\n"
    "  st1 {v8.16b-v11.16b}, [x29], #64\n"
    "  st1 {v12.16b-v15.16b}, [x29], #64\n"
    "  st1 {v16.16b-v19.16b}, [x29], #64\n"
    "  st1 {v20.16b-v23.16b}, [x29], #64\n"
    "  st1 {v24.16b-v27.16b}, [x29], #64\n"
    "  st1 {v28.16b-v31.16b}, [x29], #64\n"
    ".global recover_case\n"
    "recover_case:\n"
    "  ldr x0, =harness_sp\n"
    "  ldr x0, [x0]\n"
    "  mov sp, x0\n"
    "  msr fpcr, xzr\n"
    "  ldp x19, x20, [sp, #16]\n"
    "  ldp x21, x22, [sp, #32]\n"
    "  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n"
    "  ldp x27, x28, [sp, #80]\n"
    "  ldp x29, x30, [sp], #96\n"
    "  ret\n"
    ".global signal_return\n"
    "signal_return:\n"
    "  mov x8, #139\n"
    "  svc #0\n"
    "  .ltorg\n"
    ".bss\n"
    "  .balign 16\n"
    "  .skip 65536\n"
    "own_stack_end:\n"
    ".text\n");

extern u8 leave_case[], leave_case2[], signal_return[];

static long call(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
static void quit(int status) {
  call(93, status, 0, 0, 0, 0, 0);
  for (;;) {
  }
}
void *memcpy(void *to, const void *from, u64 n) {
  u8 *t = to;
  const u8 *f = from;
  for (; n >= 32; n -= 32, t += 32, f += 32) {
    u64 a = ((const u64 *)f)[0], b = ((const u64 *)f)[1], c = ((const u64 *)f)[2], d = ((const u64 *)f)[3];
    ((u64 *)t)[0] = a;
    ((u64 *)t)[1] = b;
    ((u64 *)t)[2] = c;
    ((u64 *)t)[3] = d;
  }
  while (n--) *t++ = *f++;
  return to;
}

static u8 in_buffer[sizeof(struct Batch) + MAX_IMAGES * MEMORY_BYTES + CODE_BYTES + MAX_CASES * sizeof(struct Case)]
    __attribute__((aligned(16)));
#define OUT_BUFFER 262144
static u8 out_buffer[OUT_BUFFER] __attribute__((aligned(16)));
static u64 out_at, out_done;
static int in_file, out_file;

static void flush_output(void) {
  for (u64 done = 0; done < out_at;) {
    long n = call(68, out_file, (long)(out_buffer + done), (long)(out_at - done), (long)(out_done + done), 0, 0);
    if (n <= 0) quit(3);
    done += (u64)n;
  }
  out_done += out_at;
  out_at = 0;
}
static void put(const void *from, u64 n) {
  if (out_at + n > OUT_BUFFER) flush_output();
  memcpy(out_buffer + out_at, from, n);
  out_at += n;
}

static struct Result result;
static u8 alternate_stack[65536] __attribute__((aligned(16)));

#define SIGPROF 27

/* Layout of the kernel's siginfo_t and ucontext_t for arm64. */
struct Fpsimd {
  u32 magic, size, fpsr, fpcr;
  u8 v[32][16];
};
static void on_signal(int number, u8 *info, u8 *context) {
  u64 *machine = (u64 *)(context + 176); /* fault_address, x0..x30, sp, pc, pstate, reserved (16-aligned) */
  u64 pc = machine[33];
  if (number == SIGPROF && (pc < CODE || pc >= CODE + CODE_BYTES)) return;
  result.kind = number == SIGPROF ? 2 : 1;
  result.signal = (u32)number;
  result.code = *(u32 *)(info + 8);
  result.pc = pc;
  result.address = number == 11 || number == 7 ? *(u64 *)(info + 16) : 0;
  for (int i = 0; i < 31; i++) output.x[i] = machine[1 + i];
  output.sp = machine[32];
  output.nzcv = machine[34] & 0xf0000000;
  struct Fpsimd *fp = (struct Fpsimd *)(context + 176 + 288);
  if (fp->magic == 0x46508001) {
    output.fpsr = fp->fpsr;
    output.fpcr = fp->fpcr;
    memcpy(output.v, fp->v, 512);
  }
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(output.tpidr));
  machine[32] = harness_sp;
  machine[33] = (u64)recover_case;
  machine[34] = 0;
}

static void install(int number) {
  struct {
    void (*handler)(int, u8 *, u8 *);
    u64 flags;
    void (*restorer)(void);
    u64 mask;
  } action = {on_signal, 0x08000000 | 0x04000000 | 4 | 0x10000000 | 0x40000000, (void (*)(void))signal_return, 0};
  if (call(134, number, (long)&action, 0, 8, 0, 0) != 0) quit(4);
}

static void map(u64 at, u64 size, int protection) {
  if ((u64)call(222, (long)at, (long)size, protection, 0x32, -1, 0) != at) quit(5);
}

static void synchronize(u64 from, u64 bytes) {
  for (u64 at = from; at < from + bytes; at += 64) __asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
  __asm__ volatile("dsb ish" ::: "memory");
  for (u64 at = from; at < from + bytes; at += 64) __asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
  __asm__ volatile("dsb ish\n isb" ::: "memory");
}

static void report(const u8 *image) {
  u32 changed[MEMORY_BYTES / 16];
  u32 n = 0;
  if (image != 0) {
    for (u64 at = 0; at < WRITABLE_BYTES; at += 32) {
      const u64 *before = (const u64 *)(image + at), *after = (const u64 *)(MEMORY + at);
      if (((before[0] ^ after[0]) | (before[1] ^ after[1]) | (before[2] ^ after[2]) | (before[3] ^ after[3])) == 0) {
        continue;
      }
      if (before[0] != after[0] || before[1] != after[1]) changed[n++] = (u32)at;
      if (before[2] != after[2] || before[3] != after[3]) changed[n++] = (u32)at + 16;
    }
  }
  result.pieces = n;
  put(&result, 32);
  put(&output, sizeof output);
  for (u32 i = 0; i < n; i++) {
    u64 at = changed[i];
    put(&at, 8);
    put((void *)(MEMORY + at), 16);
    /* as it was, for the next case */
    ((u64 *)(MEMORY + at))[0] = *(const u64 *)(image + at);
    ((u64 *)(MEMORY + at))[1] = *(const u64 *)(image + at + 8);
  }
}

/* A case that may loop gets so much processor time, and again if it had not begun. */
static u64 interval[4] = {0, 200000, 0, 200000}, never[4];

static void run_batch(int cpu) {
  const struct Batch *batch = (const struct Batch *)in_buffer;
  long got = 0;
  for (;;) {
    long n = call(67, in_file, (long)(in_buffer + got), (long)(sizeof in_buffer) - got, got, 0, 0);
    if (n < 0) quit(6);
    if (n == 0) break;
    got += n;
  }
  if (batch->cases > MAX_CASES || batch->images > MAX_IMAGES || batch->code > CODE_BYTES) quit(7);
  const u8 *images = in_buffer + sizeof *batch;
  const u8 *code = images + batch->images * MEMORY_BYTES;
  struct Case *cases = (struct Case *)(code + batch->code);
  memcpy((void *)CODE, code, batch->code);
  synchronize(CODE, batch->code);
  const u8 *shown = 0;
  out_at = out_done = 0;
  for (u32 i = 0; i < batch->cases; i++) {
    struct Case *c = &cases[i];
    const u8 *image = 0;
    if (c->flags & 1) {
      image = images + c->image * MEMORY_BYTES;
      if (shown != image) {
        memcpy((void *)MEMORY, image, WRITABLE_BYTES);
        if (call(226, (long)(MEMORY + WRITABLE_BYTES), PAGE, 3, 0, 0, 0) != 0) quit(8);
        memcpy((void *)(MEMORY + WRITABLE_BYTES), image + WRITABLE_BYTES, PAGE);
        if (call(226, (long)(MEMORY + WRITABLE_BYTES), PAGE, 1, 0, 0, 0) != 0) quit(8);
        shown = image;
      }
    }
    result.kind = 0;
    result.signal = 0;
    result.code = 0;
    result.pc = LEAVE;
    result.address = 0;
    input_state = &c->state;
    *(u64 *)LINK = c->state.x[30];
    entry_address = CODE + c->entry;
    if (batch->timed) call(103, 2, (long)interval, 0, 0, 0, 0);
    run_case();
    if (c->flags & 2) {
      if (cpu & 2) __asm__ volatile(".inst 0xd503405f" ::: "memory"); /* MSR DIT, #0 */
      if (cpu & 4) __asm__ volatile(".inst 0xd503403f" ::: "memory"); /* MSR SSBS, #0 */
    }
    report(image);
  }
  if (batch->timed) call(103, 2, (long)never, 0, 0, 0, 0);
  flush_output();
}

void start_c(u64 *arguments) {
  struct {
    void *sp;
    u64 flags, size;
  } stack = {alternate_stack, 0, sizeof alternate_stack};
  if (arguments[0] < 4) quit(9);
  in_file = (int)call(56, -100, (long)arguments[2], 0, 0, 0, 0);
  out_file = (int)call(56, -100, (long)arguments[3], 1, 0, 0, 0);
  if (in_file < 0 || out_file < 0) quit(10);
  const u8 *has = (const u8 *)arguments[4];
  int cpu = has[0] - '0', second = cpu & 1, guarded = has[1] == '1';
  map(LEAVE, PAGE, 7);
  map(CODE, CODE_BYTES, 7);
  if (guarded && call(226, GUARDED, CODE + CODE_BYTES - GUARDED, 7 | 16, 0, 0, 0) != 0) quit(12);
  map(LINK, PAGE, 3);
  map(MEMORY, MEMORY_BYTES, 3);
  u32 *leave = (u32 *)LEAVE;
  leave[0] = second ? 0xd51bd0be : 0xd51bd05e; /* MSR TPIDR2_EL0 or TPIDR_EL0, X30 */
  leave[1] = 0x5800007e;                       /* LDR X30, [PC, #12] */
  leave[2] = 0xd61f03c0;                       /* BR X30 */
  leave[3] = 0;
  *(u64 *)(leave + 4) = (u64)(second ? leave_case2 : leave_case);
  synchronize(LEAVE, 64);
  call(132, (long)&stack, 0, 0, 0, 0, 0);
  install(4);
  install(5);
  install(7);
  install(8);
  install(11);
  install(SIGPROF);
  for (;;) {
    u8 request;
    long n;
    do {
      n = call(63, 0, (long)&request, 1, 0, 0, 0);
    } while (n == -4);
    if (n <= 0) quit(0);
    run_batch(cpu);
    if (call(64, 1, (long)&out_done, 8, 0, 0, 0) != 8) quit(11);
  }
}
