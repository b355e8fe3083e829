/* Start-up and vectors of guest.c: an abort of an AT instruction makes PAR_EL1 bit 62 plus the status code. */
.globl _start
_start:
  ldr x0, =0x48000000
  mov sp, x0
  ldr x0, =vectors
  msr vbar_el2, x0
  bl main
off:
  ldr x0, =0x84000008
  smc #0
1: b 1b

.balign 2048
vectors:
.rept 16
  b trap
.balign 128
.endr

trap:
  stp x0, x1, [sp, #-16]!
  mrs x0, esr_el2
  lsr x1, x0, #26
  cmp x1, #0x25
  b.ne fatal
  and x0, x0, #0x3f
  orr x0, x0, #(1 << 62)
  msr par_el1, x0
  mrs x0, elr_el2
  add x0, x0, #4
  msr elr_el2, x0
  ldp x0, x1, [sp], #16
  eret
fatal:
  mrs x1, far_el2
  mrs x2, elr_el2
  bl report
  b off
