/*
 * Runs address translation instructions at EL2 over scenarios at 0x5000_0000 (see scenario.ts) and prints PAR_EL1 of
 * each. Build and run, with the input that the test writes under QEMU_AT_RECORD:
 *
 *   aarch64-linux-gnu-gcc -nostdlib -ffreestanding -mgeneral-regs-only -mstrict-align -O1 -march=armv8.2-a -static \
 *     -no-pie -Wl,-Ttext=0x40100000,--build-id=none -o guest.elf guest.S guest.c
 *   qemu-system-aarch64 -M virt,virtualization=on,gic-version=3 -cpu max -m 2G -display none -serial file:par.txt \
 *     -kernel guest.elf -device loader,file=scenarios.bin,addr=0x50000000,force-raw=on
 */
typedef unsigned long u64;

#define UART ((volatile unsigned *)0x09000000)
#define WRITE(name, value) asm volatile("msr " #name ", %0" ::"r"(value))
#define READ(name) ({ u64 v_; asm volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define AT(name) asm volatile("at " name ", %0\n isb" ::"r"(va) : "memory")

static void put(char c) { *UART = c; }

static void hex(u64 v) {
  for (int i = 60; i >= 0; i -= 4) put("0123456789abcdef"[(v >> i) & 15]);
  put('\n');
}

void report(u64 esr, u64 far, u64 elr) {
  put('T');
  hex(esr);
  hex(far);
  hex(elr);
}

void main(void) {
  hex(READ(id_aa64pfr0_el1));
  hex(READ(id_aa64mmfr0_el1));
  hex(READ(id_aa64mmfr1_el1));
  hex(READ(id_aa64mmfr2_el1));
  u64 *p = (u64 *)0x50000000;
  u64 n = *p++;
  for (u64 i = 0; i < n; i++) {
    WRITE(sctlr_el1, p[0]);
    WRITE(tcr_el1, p[1]);
    WRITE(mair_el1, p[2]);
    WRITE(ttbr0_el1, p[3]);
    WRITE(ttbr1_el1, p[4]);
    WRITE(hcr_el2, p[5]);
    WRITE(vtcr_el2, p[6]);
    WRITE(vttbr_el2, p[7]);
    u64 operation = p[8], va = p[9], writes = p[10];
    u64 *w = p + 11;
    for (u64 k = 0; k < writes; k++) *(volatile u64 *)w[2 * k] = w[2 * k + 1];
    asm volatile("dsb sy\n tlbi alle1\n tlbi vmalls12e1\n dsb sy\n isb" ::: "memory");
    switch (operation) {
      case 0: AT("s1e1r"); break;
      case 1: AT("s1e1w"); break;
      case 2: AT("s1e0r"); break;
      case 3: AT("s1e0w"); break;
      case 4: AT("s12e1r"); break;
      case 5: AT("s12e1w"); break;
      case 6: AT("s12e0r"); break;
      case 7: AT("s12e0w"); break;
    }
    hex(READ(par_el1));
    for (u64 k = 0; k < writes; k++) *(volatile u64 *)w[2 * k] = 0;
    p = w + 2 * writes;
  }
}
