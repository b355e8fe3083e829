import type { ExceptionLevels } from './virt-board.js';

/** Architecture features that decide what firmware has to allow to the levels below it. */
export type FirmwareFeature =
  | 'FEAT_PAuth' | 'FEAT_MTE2' | 'FEAT_SVE' | 'FEAT_SME' | 'FEAT_HCX' | 'FEAT_FGT' | 'FEAT_ECV' | 'FEAT_TCR2'
  | 'FEAT_SCTLR2' | 'FEAT_S1PIE' | 'FEAT_GCS';

/** Bits to set in a system register, by Arm's name, on top of its reset value. */
export interface RegisterBits {
  readonly name: string;
  readonly bits: bigint;
}

const bit = (...positions: number[]): bigint => positions.reduce((bits, at) => bits | (1n << BigInt(at)), 0n);

/** SCR_EL3 fields (Arm ARM, D24.2.118). */
const Scr = {
  NS: 0, HCE: 8, RW: 10, APK: 16, API: 17, ATA: 26, FGTEn: 27, ECVEn: 28, HXEn: 38, GCSEn: 39, EnTP2: 41, TCR2En: 43,
  SCTLR2En: 44, PIEn: 45,
} as const;
const HCR_EL2_RW = 31;
/** CPTR_EL3: EZ, ESM. */
const Cptr3 = { EZ: 8, ESM: 12 } as const;

const SCR_BY_FEATURE: readonly (readonly [FirmwareFeature, bigint])[] = [
  ['FEAT_PAuth', bit(Scr.API, Scr.APK)],
  ['FEAT_MTE2', bit(Scr.ATA)],
  ['FEAT_SME', bit(Scr.EnTP2)],
  ['FEAT_HCX', bit(Scr.HXEn)],
  ['FEAT_FGT', bit(Scr.FGTEn)],
  ['FEAT_ECV', bit(Scr.ECVEn)],
  ['FEAT_TCR2', bit(Scr.TCR2En)],
  ['FEAT_SCTLR2', bit(Scr.SCTLR2En)],
  ['FEAT_S1PIE', bit(Scr.PIEn)],
  ['FEAT_GCS', bit(Scr.GCSEn)],
];

/**
 * What firmware would have set before it enters Non-secure `targetEl`: for a Linux image that is booted directly and
 * for PEs that the built-in PSCI turns on. Empty when `targetEl` is the level a PE resets to.
 */
export function firmwareRegisters(
  levels: ExceptionLevels, targetEl: 1 | 2 | 3, has: (feature: FirmwareFeature) => boolean,
): RegisterBits[] {
  const out: RegisterBits[] = [];
  if (levels.el3 && targetEl < 3) {
    let scr = bit(Scr.RW, Scr.NS);
    if (levels.el2) scr |= bit(Scr.HCE);
    for (const [feature, bits] of SCR_BY_FEATURE) if (has(feature)) scr |= bits;
    out.push({ name: 'SCR_EL3', bits: scr });
    const cptr = (has('FEAT_SVE') ? bit(Cptr3.EZ) : 0n) | (has('FEAT_SME') ? bit(Cptr3.ESM) : 0n);
    if (cptr !== 0n) out.push({ name: 'CPTR_EL3', bits: cptr });
    if (has('FEAT_SVE')) out.push({ name: 'ZCR_EL3', bits: 0xfn });
    if (has('FEAT_SME')) out.push({ name: 'SMCR_EL3', bits: 0xfn });
  }
  if (levels.el2 && targetEl < 2) out.push({ name: 'HCR_EL2', bits: bit(HCR_EL2_RW) });
  return out;
}
