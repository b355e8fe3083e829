// Entry of the PEs other than 0, and their vectors, which keep the frame (struct frame) on the PE's own stack.
.arch armv8-a
.include "frame.inc"
.section .text.start, "ax"
// The program's entry: without PSCI every PE begins here. They wait until start_pes() stores their struct pe.
.global pes_entry
pes_entry:
  mrs x1, mpidr_el1
  and x1, x1, #0xff
  cbz x1, _start
  adrp x2, released
  add x2, x2, :lo12:released
1: ldar x0, [x2]
  cbnz x0, 2f
  wfe
  b 1b
2: add x0, x0, x1, lsl #10
  mov x3, #0
  b 3f

.text
// The context is the PE's struct pe. What it finds is written down before anything is changed.
.global secondary_entry
secondary_entry:
  mrs x3, nzcv
3: adr x2, secondary_entry
  mrs x1, CurrentEL
  lsr x1, x1, #2
  stp x0, x1, [x0]
  mrs x4, daif
  mrs x5, spsel
  stp x4, x5, [x0, #16]
  cmp x1, #2
  b.eq 4f
  b.gt 5f
  mrs x4, sctlr_el1
  b 6f
4: mrs x4, sctlr_el2
  b 6f
5: mrs x4, sctlr_el3
6: mrs x5, mpidr_el1
  stp x4, x5, [x0, #32]
  stp x2, x3, [x0, #48]
  and x5, x5, #0xff
  add x5, x5, #1
  adrp x4, pe_stacks
  add x4, x4, x5, lsl #14
  mov sp, x4
  adrp x5, secondary_vectors1
  msr vbar_el1, x5
  cmp x1, #2
  b.lt 7f
  adrp x6, secondary_vectors2
  b.eq 8f
  adrp x7, secondary_vectors3
  msr vbar_el3, x7
  mrs x8, id_aa64pfr0_el1
  tst x8, #0xf00
  b.eq 7f
8: msr vbar_el2, x6
7: isb
  mov x19, x0
  bl setup
  mov x0, x19
  bl wait_for_work

.macro secondary_vector el, number
.balign 128
  sub sp, sp, #320
  stp x0, x1, [sp]
  mov x0, #(\number * 128)
  b secondary_common\el
.endm

.macro secondary_vectors_of el
.balign 4096
secondary_vectors\el:
  .set n, 0
  .rept 16
  secondary_vector \el, n
  .set n, n + 1
  .endr
secondary_common\el:
  frame_registers stp, sp
  mrs x2, elr_el\el
  stp x30, x2, [sp, #240]
  frame_cause \el, sp
  add x2, sp, #320
  stp x1, x2, [sp, #288]
  mov x0, sp
  bl secondary_exception
  ldp x30, x2, [sp, #240]
  msr elr_el\el, x2
  ldr x1, [sp, #256]
  msr spsr_el\el, x1
  frame_registers ldp, sp
  ldp x0, x1, [sp], #320
  eret
.endm

  secondary_vectors_of 1
  secondary_vectors_of 2
  secondary_vectors_of 3

.bss
.balign 64
.global released
released: .quad 0
.balign 4096
pe_stacks: .space 8 * 16384
