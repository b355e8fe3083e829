/** Control and status of floating-point operations, and where an operation leaves its result. */

/** Bits of FPCR that change a result (Arm ARM, C5.2.8). Trap enables are not implemented: RAZ, as on most cores. */
export const Fpcr = {
  /** FEAT_AFP: flush denormal single and double inputs to zero, without IDC. */
  FIZ: 1 << 0,
  /** FEAT_AFP: alternate handling. */
  AH: 1 << 1,
  /** FEAT_AFP: scalar operations keep the upper elements of a register; see FpCodeOptions.merge. */
  NEP: 1 << 2,
  /** FEAT_EBF16: BFDOT and BFMMLA follow the other controls. */
  EBF: 1 << 13,
  FZ16: 1 << 19,
  /** Rounding mode field, bits 23:22. */
  RMODE: 3 << 22,
  RMODE_SHIFT: 22,
  FZ: 1 << 24,
  DN: 1 << 25,
  AHP: 1 << 26,
} as const;

/** Cumulative flags of FPSR (Arm ARM, C5.2.9). */
export const Fpsr = {
  IOC: 1 << 0,
  DZC: 1 << 1,
  OFC: 1 << 2,
  UFC: 1 << 3,
  IXC: 1 << 4,
  IDC: 1 << 7,
  QC: 1 << 27,
} as const;

/** Rounding modes; 0..3 are the values of FPCR.RMode. */
export const FpRounding = {
  TieEven: 0,
  PlusInfinity: 1,
  MinusInfinity: 2,
  Zero: 3,
  TieAway: 4,
  /** Von Neumann rounding, FCVTXN only. */
  Odd: 5,
} as const;
export type FpRounding = (typeof FpRounding)[keyof typeof FpRounding];

/**
 * Input controls, accumulated flags and the result registers of floating-point operations.
 * An operation reads `fpcr`, ORs into `fpsr`, and writes `lo`/`hi`; none of them allocates.
 */
export class FpEnvironment {
  /** FPCR as the architecture defines it. */
  fpcr = 0;
  /** FPSR; flags are ORed in, never cleared. */
  fpsr = 0;
  /** Bits 31:0 of the last result, unsigned; the whole result of 16- and 32-bit formats. */
  lo = 0;
  /** Bits 63:32 of the last result, unsigned; 0 for narrower results. */
  hi = 0;

  constructor(fpcr = 0, fpsr = 0) {
    this.fpcr = fpcr;
    this.fpsr = fpsr;
  }

  /** The last result as one value, 0..2^64-1. */
  get bits(): bigint {
    return (BigInt(this.hi >>> 0) << 32n) | BigInt(this.lo >>> 0);
  }

  /** FPRoundingMode(FPCR). */
  get rounding(): FpRounding {
    return ((this.fpcr >>> Fpcr.RMODE_SHIFT) & 3) as FpRounding;
  }

  setResult(lo: number, hi: number): void {
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }
}
