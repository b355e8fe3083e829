// Entry at the highest Exception level, the vectors of every level, and going down to a level and back.
.arch armv8-a
.include "frame.inc"
.section .text.start, "ax"
.global _start
_start:
  mrs x0, mpidr_el1
  and x0, x0, #0xff
  cbz x0, 1f
0: wfe
  b 0b
1: adrp x1, top_stack
  mov sp, x1
  mrs x0, CurrentEL
  lsr x0, x0, #2
  mov x19, x0
  adrp x2, top_el
  str x0, [x2, :lo12:top_el]
  adrp x1, vectors1
  msr vbar_el1, x1
  cmp x19, #2
  b.lt 2f
  adrp x1, vectors2
  b.eq 3f
  adrp x2, vectors3
  msr vbar_el3, x2
  mrs x3, id_aa64pfr0_el1
  tst x3, #0xf00
  b.eq 2f
3: msr vbar_el2, x1
2: isb
  bl setup
  bl main
  bl finish

.macro frame_address to, el
  adrp \to, frame\el
  add \to, \to, :lo12:frame\el
.endm

.macro vector el, number
.balign 128
  msr tpidr_el\el, x30
  frame_address x30, \el
  stp x0, x1, [x30]
  mov x0, #(\number * 128)
  b common\el
.endm

.macro vectors_of el
.balign 4096
.global vectors\el
vectors\el:
  .set n, 0
  .rept 16
  vector \el, n
  .set n, n + 1
  .endr
common\el:
  frame_registers stp, x30
  mrs x1, tpidr_el\el
  mrs x2, elr_el\el
  stp x1, x2, [x30, #240]
  frame_cause \el, x30
  mov x2, sp
  stp x1, x2, [x30, #288]
  adrp x2, handler_stack\el
  mov sp, x2
  mov x0, x30
  bl exception
  frame_address x30, \el
  ldr x2, [x30, #296]
  mov sp, x2
  ldp x1, x2, [x30, #240]
  msr tpidr_el\el, x1
  msr elr_el\el, x2
  ldr x1, [x30, #256]
  msr spsr_el\el, x1
  frame_registers ldp, x30
  ldp x0, x1, [x30]
  mrs x30, tpidr_el\el
  eret
.endm

  vectors_of 1
  vectors_of 2
  vectors_of 3

// u64 enter(u64 spsr, u64 (*f)(u64), u64 argument, u64 stack): runs f below the highest level; called there.
.global enter
enter:
  stp x29, x30, [sp, #-96]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  adrp x4, saved_sp
  mov x5, sp
  str x5, [x4, :lo12:saved_sp]
  mov x19, x1
  mov x20, x3
  mrs x6, CurrentEL
  cmp x6, #8
  adr x7, 5f
  b.eq 2f
  b.gt 3f
  msr elr_el1, x7
  msr spsr_el1, x0
  b 4f
2: msr elr_el2, x7
  msr spsr_el2, x0
  b 4f
3: msr elr_el3, x7
  msr spsr_el3, x0
4: mov x0, x2
  eret
5: mov sp, x20
  blr x19
  adrp x4, entered_el
  ldr x4, [x4, :lo12:entered_el]
  cbz x4, 6f
  adrp x5, top_el
  ldr x5, [x5, :lo12:top_el]
  cmp x5, #3
  b.eq 7f
  hvc #0x7fff
6: svc #0x7fff
7: smc #0x7fff

// Back at the highest level, whose handler calls this with the result of f.
.global unwind
unwind:
  adrp x4, saved_sp
  ldr x5, [x4, :lo12:saved_sp]
  mov sp, x5
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp x29, x30, [sp], #96
  ret

.bss
.balign 16
.global frame1, frame2, frame3
frame1: .space 320
frame2: .space 320
frame3: .space 320
.global top_el, entered_el
top_el: .quad 0
entered_el: .quad 0
saved_sp: .quad 0
.balign 4096
.space 16384
handler_stack1:
.space 16384
handler_stack2:
.space 16384
handler_stack3:
.space 16384
top_stack:
.space 16384
.global lower_stack
lower_stack:
.space 4096
