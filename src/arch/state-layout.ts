import { defineStruct } from '../support/struct.js';

/** Slots of the general-purpose register file as instruction operands name it. */
export const XSlot = {
  /** Always reads as zero; never written. */
  ZR: 31,
  /** The stack pointer that PSTATE.SP and PSTATE.EL select now. */
  SP: 32,
  /** Where writes to XZR go. */
  DISCARD: 33,
} as const;

/** Number of 64-bit slots kept for system registers; src/arch/sysreg assigns them. */
export const SYSREG_SLOTS = 1024;

/**
 * Architectural state of one PE (Arm ARM, D1.2 and B1.2). The wasm engines address these fields directly.
 * PSTATE fields are separate words holding small integers.
 */
export const ArchState = defineStruct('ArchState', {
  x: ['u64', 34],
  v: ['v128', 33],
  pc: 'u64',
  /** N, Z, C, V in bits 3..0. */
  nzcv: 'u32',
  /** D, A, I, F in bits 3..0; 1 = masked. */
  daif: 'u32',
  /** Current Exception level, 0..3. */
  el: 'u32',
  /** PSTATE.SP: 0 = SP_EL0, 1 = SP_ELx. */
  spsel: 'u32',
  pan: 'u32',
  uao: 'u32',
  dit: 'u32',
  tco: 'u32',
  ssbs: 'u32',
  btype: 'u32',
  ss: 'u32',
  il: 'u32',
  allint: 'u32',
  /** SCR_EL3.NS as it applies to the current EL: index of the physical address space, see PhysicalAddressSpace. */
  security: 'u32',
  fpcr: 'u32',
  fpsr: 'u32',
  /** SP_EL0..SP_EL3; the selected one is stale while it is current and lives in x[XSlot.SP]. */
  sp: ['u64', 4],
  /** Storage of system registers, by slot (see src/arch/sysreg). */
  sysreg: ['u64', SYSREG_SLOTS],
});
