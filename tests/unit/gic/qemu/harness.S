// Entry, Exception levels and vectors of the recording harness. One PE runs at a time. The program runs at the
// highest Exception level there is, and goes below and back for single accesses.
.global _start
_start:
  mrs x19, mpidr_el1
  and x19, x19, #0xff
  ldr x0, =stack_top
  sub x0, x0, x19, lsl #13
  mrs x1, CurrentEL
  lsr x1, x1, #2
  ldr x2, =top
  str x1, [x2]
  cmp x1, #3
  b.eq 3f
  cmp x1, #2
  b.eq 2f
  mov sp, x0
  ldr x3, =vec1
  msr vbar_el1, x3
  b 4f
2: mov sp, x0
  ldr x3, =vectop
  msr vbar_el2, x3
  ldr x3, =vec1
  msr vbar_el1, x3
  b 4f
3: mov sp, x0
  ldr x3, =vectop
  msr vbar_el3, x3
  ldr x3, =vec2
  msr vbar_el2, x3
  ldr x3, =vec1
  msr vbar_el1, x3
4: mov x0, x19
  cbnz x0, 5f
  bl main
5: bl other
  b .

// void enter(u64 elr, u64 spsr, u64 sp): runs at a lower EL until it traps back
.global enter
enter:
  stp x29, x30, [sp, #-96]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  ldr x3, =top
  ldr x3, [x3]
  ldr x4, =saved_sp
  mov x5, sp
  str x5, [x4]
  cmp x3, #3
  b.eq 3f
  msr elr_el2, x0
  msr spsr_el2, x1
  msr sp_el1, x2
  eret
3: msr elr_el3, x0
  msr spsr_el3, x1
  msr sp_el1, x2
  msr sp_el2, x2
  eret
back:
  ldr x4, =saved_sp
  ldr x5, [x4]
  mov sp, x5
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp x29, x30, [sp], #96
  ret
// any exception to the top EL from below
topsync:
  ldr x3, =top
  ldr x3, [x3]
  ldr x4, =esr_out
  cmp x3, #3
  b.eq 3f
  mrs x0, esr_el2
  str x0, [x4]
  b back
3: mrs x0, esr_el3
  str x0, [x4]
  b back
// A physical interrupt that is routed here cannot be masked below: note it, take the routing away, and go on.
.macro unroute register, bits
  msr tpidr_el0, x0
  msr tpidrro_el0, x1
  ldr x0, =interrupted
  mov x1, #1
  str x1, [x0]
  mrs x0, \register
  bic x0, x0, #\bits
  msr \register, x0
  isb
  mrs x0, tpidr_el0
  mrs x1, tpidrro_el0
  eret
.endm
unroute_top:
  msr tpidr_el0, x0
  mrs x0, CurrentEL
  cmp x0, #12
  mrs x0, tpidr_el0
  b.eq unroute_el3
unroute_el2:
  unroute hcr_el2, 0x18
unroute_el3:
  unroute scr_el3, 6
.macro vectors synchronous, interrupt
.rept 9
.balign 128
  b \synchronous
.endr
.rept 2
.balign 128
  b \interrupt
.endr
.rept 5
.balign 128
  b \synchronous
.endr
.endm
.balign 2048
vectop:
  vectors topsync, unroute_top
.balign 2048
vec1:
  vectors v1, v1
.balign 2048
vec2:
  vectors v2, unroute_el2
v1:
  ldr x4, =top
  ldr x4, [x4]
  ldr x5, =trapped
  mov x6, #1
  str x6, [x5]
  cmp x4, #1
  b.eq 1f
  cmp x4, #2
  b.eq 2f
  smc #1
2: hvc #1
1: mrs x7, elr_el1
  add x7, x7, #4
  msr elr_el1, x7
  eret
v2:
  ldr x5, =trapped
  mov x6, #2
  str x6, [x5]
  smc #1
  .global leave
leave:
  ldr x4, =top
  ldr x4, [x4]
  cmp x4, #2
  b.eq 2f
  smc #0
2: hvc #0
.bss
.balign 16
.global top, trapped, esr_out, interrupted
interrupted: .quad 0
top: .quad 0
trapped: .quad 0
esr_out: .quad 0
saved_sp: .quad 0
.space 262144
stack_top:
