/*
 * Runs single A64 instructions on given register states and reports what changed. Built as a static arm64 Linux program
 * without a C library, run under qemu-aarch64 or on real hardware; tests/harness/qemu-user.ts builds it and speaks its
 * protocol.
 *
 * stdin:  cases, each a CaseHeader, then 8 bytes for every bit set in xMask (bit 31 is SP), 16 for every bit in vMask,
 *         and memoryLength bytes of memory from MEMORY on. What is not given is 0; SP is then the end of the page.
 * stdout: for each case a ResultHeader, 8 bytes for every changed X register (bit 31 is SP), 16 for every changed V
 *         register, and {u64 offset, 16 bytes} for every changed 16-byte piece of the memory page.
 *
 * The instruction stands alone at CODE; the word after it returns here. All other words of the page are undefined, so a
 * taken branch shows as a signal with the branch target as pc. TPIDR_EL0 is used to save a register on the way out.
 */
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned char u8;

#define CODE 0x04000000UL
#define MEMORY 0x05000000UL
#define PAGE 4096UL

struct CaseHeader {
  u32 word, xMask, vMask, memoryLength;
  u32 nzcv, fpcr, fpsr, flags; /* flags bit 0: the memory page takes part */
};
struct ResultHeader {
  u32 kind, signal; /* kind 0: completed; 1: signal; 2: timed out; 3: refused */
  u64 pc, address;
  u32 xMask, vMask;
  u32 nzcv, fpcr, fpsr, chunks;
};
struct State { /* offsets are known to the assembly below */
  u64 x[31];      /* 0 */
  u64 sp;         /* 248 */
  u8 v[32][16];   /* 256 */
  u64 nzcv;       /* 768: in bits 31:28 */
  u64 fpcr, fpsr; /* 776, 784 */
};

struct State input, output;
u64 harness_sp;
void run_case(void);
void recover_case(void);

__asm__(
    ".text\n"
    ".global _start\n"
    "_start:\n"
    "  mov x29, #0\n"
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
    "  ldr x30, =input\n"
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
    "  msr tpidr_el0, xzr\n"
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
    "  ldr x30, [x30, #240]\n"
    "  b test_code\n"
    ".global leave_case\n"
    "leave_case:\n"
    "  msr tpidr_el0, x30\n"
    "  ldr x30, =output\n"
    "  stp x0, x1, [x30]\n"
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
    "  mrs x0, tpidr_el0\n"
    "  str x0, [x30, #240]\n"
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
    "  .ltorg\n");

extern u8 leave_case[], signal_return[];

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
  for (; n >= 8; n -= 8, t += 8, f += 8) *(u64 *)t = *(const u64 *)f;
  while (n--) *t++ = *f++;
  return to;
}
void *memset(void *to, int value, u64 n) {
  u8 *t = to;
  u64 word = (u8)value * 0x0101010101010101UL;
  for (; n >= 8; n -= 8, t += 8) *(u64 *)t = word;
  while (n--) *t++ = (u8)value;
  return to;
}

#define BUFFER 65536
static u8 in_buffer[BUFFER] __attribute__((aligned(16))), out_buffer[BUFFER] __attribute__((aligned(16)));
static u64 in_at, in_end, out_at;

static void flush_output(void) {
  for (u64 done = 0; done < out_at;) {
    long n = call(64, 1, (long)(out_buffer + done), (long)(out_at - done), 0, 0, 0);
    if (n <= 0) quit(3);
    done += (u64)n;
  }
  out_at = 0;
}
/* Reads exactly n bytes; false at the end of the input. */
static int take(void *to, u64 n) {
  u8 *t = to;
  while (n > 0) {
    if (in_at == in_end) {
      long got = call(63, 0, (long)in_buffer, BUFFER, 0, 0, 0);
      if (got <= 0) return 0;
      in_at = 0;
      in_end = (u64)got;
    }
    u64 part = in_end - in_at < n ? in_end - in_at : n;
    memcpy(t, in_buffer + in_at, part);
    in_at += part;
    t += part;
    n -= part;
  }
  return 1;
}
static void put(const void *from, u64 n) {
  if (out_at + n > BUFFER) flush_output();
  memcpy(out_buffer + out_at, from, n);
  out_at += n;
}

static struct ResultHeader result;
static volatile u64 case_number;
static u64 ticked_case;
static u8 alternate_stack[65536] __attribute__((aligned(16)));
static u8 memory_before[PAGE] __attribute__((aligned(16)));

#define SIGALRM 14

/* Layout of the kernel's siginfo_t and ucontext_t for arm64. */
struct Fpsimd {
  u32 magic, size, fpsr, fpcr;
  u8 v[32][16];
};
static void on_signal(int number, u8 *info, u8 *context) {
  u64 *machine = (u64 *)(context + 176); /* fault_address, x0..x30, sp, pc, pstate, reserved (16-aligned) */
  u64 pc = machine[33];
  if (number == SIGALRM) {
    int stuck = ticked_case == case_number && (pc < 0x400000 || pc >= CODE);
    ticked_case = case_number;
    if (!stuck) return;
  }
  result.kind = number == SIGALRM ? 2 : 1;
  result.signal = (u32)number;
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
  } action = {on_signal, 0x08000000 | 0x04000000 | 4 | 0x10000000, (void (*)(void))signal_return, 0};
  if (call(134, number, (long)&action, 0, 8, 0, 0) != 0) quit(4);
}

static void map(u64 at, int protection) {
  if ((u64)call(222, (long)at, PAGE, protection, 0x32, -1, 0) != at) quit(5);
}

static void set_word(u32 word) {
  volatile u32 *code = (u32 *)CODE;
  if (code[0] == word) return;
  code[0] = word;
  __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(code) : "memory");
}

static int read_case(struct CaseHeader *header) {
  if (!take(header, sizeof *header)) return 0;
  memset(&input, 0, sizeof input);
  input.sp = MEMORY + PAGE;
  for (int i = 0; i < 32; i++) {
    if (header->xMask >> i & 1 && !take(i == 31 ? &input.sp : &input.x[i], 8)) quit(6);
  }
  for (int i = 0; i < 32; i++) {
    if (header->vMask >> i & 1 && !take(input.v[i], 16)) quit(6);
  }
  input.nzcv = (u64)header->nzcv << 28;
  input.fpcr = header->fpcr;
  input.fpsr = header->fpsr;
  if (header->flags & 1) {
    if (header->memoryLength > PAGE) quit(7);
    memset(memory_before, 0, PAGE);
    if (!take(memory_before, header->memoryLength)) quit(6);
    memcpy((void *)MEMORY, memory_before, PAGE);
  }
  return 1;
}

static void report(const struct CaseHeader *header) {
  u32 changed[PAGE / 16 + 1];
  result.xMask = result.vMask = result.chunks = 0;
  for (int i = 0; i < 31; i++) result.xMask |= (u32)(input.x[i] != output.x[i]) << i;
  result.xMask |= (u32)(input.sp != output.sp) << 31;
  for (int i = 0; i < 32; i++) {
    u64 *before = (u64 *)input.v[i], *after = (u64 *)output.v[i];
    result.vMask |= (u32)(before[0] != after[0] || before[1] != after[1]) << i;
  }
  result.nzcv = (u32)(output.nzcv >> 28) & 15;
  result.fpcr = (u32)output.fpcr;
  result.fpsr = (u32)output.fpsr;
  if (header->flags & 1) {
    for (u64 at = 0; at < PAGE; at += 16) {
      u64 *before = (u64 *)(memory_before + at), *after = (u64 *)(MEMORY + at);
      if (before[0] != after[0] || before[1] != after[1]) changed[result.chunks++] = (u32)at;
    }
  }
  put(&result, sizeof result);
  for (int i = 0; i < 31; i++) {
    if (result.xMask >> i & 1) put(&output.x[i], 8);
  }
  if (result.xMask >> 31) put(&output.sp, 8);
  for (int i = 0; i < 32; i++) {
    if (result.vMask >> i & 1) put(output.v[i], 16);
  }
  for (u32 i = 0; i < result.chunks; i++) {
    u64 at = changed[i];
    put(&at, 8);
    put((void *)(MEMORY + at), 16);
  }
}

void start_c(void) {
  struct CaseHeader header;
  struct {
    void *sp;
    u64 flags, size;
  } stack = {alternate_stack, 0, sizeof alternate_stack};
  u64 interval[4] = {0, 200000, 0, 200000};
  map(CODE, 7);
  map(MEMORY, 3);
  volatile u32 *code = (u32 *)CODE;
  for (u64 i = 0; i < PAGE / 4; i++) code[i] = 0xdead;
  code[1] = 0x14000000 | (u32)(((long)leave_case - (long)(CODE + 4)) >> 2 & 0x3ffffff);
  __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(code) : "memory");
  call(132, (long)&stack, 0, 0, 0, 0, 0);
  install(4);
  install(5);
  install(7);
  install(8);
  install(11);
  install(SIGALRM);
  call(103, 0, (long)interval, 0, 0, 0, 0);
  while (read_case(&header)) {
    result.kind = 0;
    result.signal = 0;
    result.pc = CODE + 4;
    result.address = 0;
    if ((header.word & 0xffe0001f) == 0xd4000001) { /* SVC would reach the host */
      memcpy(&output, &input, sizeof output);
      result.kind = 3;
      result.pc = CODE;
    } else {
      set_word(header.word);
      case_number++;
      run_case();
    }
    report(&header);
  }
  flush_output();
  quit(0);
}
