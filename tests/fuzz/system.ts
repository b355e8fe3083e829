/** System registers and system instructions that the fuzzer uses at EL0, and those that it leaves out. */
import { packEncoding } from '../../src/arch/sysreg/encoding.js';
import type { Random } from './random.js';

/** FPCR bits that software may set here: RMode, FZ, FZ16, DN, AHP, and those of FEAT_AFP: NEP, AH, FIZ. */
export const FPCR_BITS = 0x07c80007;
export const FPCR_FZ16 = 1 << 19;
/** AH, FIZ and NEP of FEAT_AFP. */
export const FPCR_AFP = 7;
/** FPSR: QC and the cumulative exception bits. */
export const FPSR_BITS = 0x0800009f;

/** [op0, op1, CRn, CRm, op2] packed as bits 20..5 of MRS and MSR without op0's high bit. */
const register = (op1: number, crn: number, crm: number, op2: number): number =>
  packEncoding(3, op1, crn, crm, op2) & 0x7fff;

export const Sysreg = {
  NZCV: register(3, 4, 2, 0),
  DAIF: register(3, 4, 2, 1),
  DIT: register(3, 4, 2, 5),
  SSBS: register(3, 4, 2, 6),
  FPCR: register(3, 4, 4, 0),
  FPSR: register(3, 4, 4, 1),
  TPIDR_EL0: register(3, 13, 0, 2),
} as const;

/** Read and written at EL0. */
const PLAIN = [Sysreg.NZCV, Sysreg.FPSR, Sysreg.FPCR, Sysreg.TPIDR_EL0, Sysreg.DIT, Sysreg.SSBS] as const;

/** A register to read or write: those of EL0, and ones of EL1 and above, which are UNDEFINED there. */
export function randomSysreg(random: Random): number {
  if (random.below(8) !== 0) return random.pick(PLAIN);
  // Reads of ID registers, CRn 0, are emulated by Linux.
  return register(random.pick([0, 4, 6]), 1 + random.below(13), random.below(16), random.below(8));
}

/** FPCR bits that both engines have. */
export function fpcrMask(has: (feature: string) => boolean): number {
  return FPCR_BITS & ~(has('FEAT_FP16') ? 0 : FPCR_FZ16) & ~(has('FEAT_AFP') ? 0 : FPCR_AFP);
}

/** Any rounding mode; each of the other controls of the mask a quarter of the time. */
export function randomFpcr(random: Random, mask: number): number {
  const bits = random.u32();
  return ((bits & (3 << 22)) | (bits & (bits >>> 4) & ((1 << 19) | (7 << 24) | FPCR_AFP))) & mask;
}

/** DC and IC operations of EL0 that change no data: [op1, CRn, CRm, op2] as above. */
const MAINTENANCE = [
  register(3, 7, 10, 1), // DC CVAC
  register(3, 7, 11, 1), // DC CVAU
  register(3, 7, 12, 1), // DC CVAP
  register(3, 7, 13, 1), // DC CVADP
  register(3, 7, 14, 1), // DC CIVAC
  register(3, 7, 5, 1), // IC IVAU
  // FEAT_MTE: DC CGVAC, CGDVAC, CGVAP, CGDVAP, CGVADP, CGDVADP, CIGVAC, CIGDVAC, GVA
  ...[10, 12, 13, 14].flatMap((crm) => [register(3, 7, crm, 3), register(3, 7, crm, 5)]),
  register(3, 7, 4, 3),
] as const;
/** SYS has op0 = 1. */
const SYS = 0x3fff;

export const DC_CVAU = MAINTENANCE[1] & SYS;
export const IC_IVAU = MAINTENANCE[5] & SYS;
export const DC_ZVA = register(3, 7, 4, 1) & SYS;

/** Cache maintenance and DC ZVA that cases may hold, as bits 19..5 of SYS. */
export const ALL_MAINTENANCE: readonly number[] = [...MAINTENANCE.map((number) => number & SYS), DC_ZVA];
