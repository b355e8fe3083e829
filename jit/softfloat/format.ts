/** Floating-point formats. A bit pattern is a (lo, hi) pair of 32-bit words; hi is 0 for 16- and 32-bit formats. */
export interface FpFormat {
  /** Bits of the format. */
  readonly width: number;
  /** Fraction bits, F. */
  readonly fractionBits: number;
  /** Exponent field of all ones. */
  readonly exponentMax: number;
  readonly bias: number;
  /** Exponent of the least normal number. */
  readonly minimumExponent: number;
  /** Arm's alternative half-precision: no infinities, no NaNs. */
  readonly alternative: boolean;
  /** True where FPCR.FZ16 rather than FPCR.FZ decides flushing, and AH raises no IDC. */
  readonly isHalf: boolean;
  readonly isDouble: boolean;
  /** 2^F: the implicit bit. */
  readonly implicit: number;
  /** Words of the sign bit, of +infinity, of the greatest finite number and of the fraction's top bit. */
  readonly signLo: number;
  readonly signHi: number;
  readonly infinityLo: number;
  readonly infinityHi: number;
  readonly maxLo: number;
  readonly maxHi: number;
  readonly quietLo: number;
  readonly quietHi: number;
}

function narrow(width: number, fractionBits: number, isHalf: boolean, alternative = false): FpFormat {
  const exponentMax = 2 ** (width - 1 - fractionBits) - 1;
  const bias = exponentMax >> 1;
  const infinity = exponentMax * 2 ** fractionBits;
  return {
    width,
    fractionBits,
    exponentMax,
    bias,
    minimumExponent: 1 - bias,
    alternative,
    isHalf,
    isDouble: false,
    implicit: 2 ** fractionBits,
    signLo: 2 ** (width - 1),
    signHi: 0,
    infinityLo: infinity,
    infinityHi: 0,
    maxLo: alternative ? 2 ** (width - 1) - 1 : infinity - 1,
    maxHi: 0,
    quietLo: 2 ** (fractionBits - 1),
    quietHi: 0,
  };
}

/** IEEE half-precision. */
export const HALF = narrow(16, 10, true);
/** Arm alternative half-precision (FPCR.AHP == 1), for conversions only. */
export const HALF_ALTERNATIVE = narrow(16, 10, true, true);
export const SINGLE = narrow(32, 23, false);
/** BFloat16, as a destination of rounding; as a source it is a single-precision pattern's upper half. */
export const BFLOAT16 = narrow(16, 7, false);
export const DOUBLE: FpFormat = {
  width: 64,
  fractionBits: 52,
  exponentMax: 2047,
  bias: 1023,
  minimumExponent: -1022,
  alternative: false,
  isHalf: false,
  isDouble: true,
  implicit: 2 ** 52,
  signLo: 0,
  signHi: 0x80000000,
  infinityLo: 0,
  infinityHi: 0x7ff00000,
  maxLo: 0xffffffff,
  maxHi: 0x7fefffff,
  quietLo: 0,
  quietHi: 0x00080000,
};

/** One double and its two words (little-endian hosts: index 0 is the low word). */
export const scratchF64 = new Float64Array(1);
export const scratchU32 = new Uint32Array(scratchF64.buffer);

/** POWERS[e + POWERS_OFFSET] is 2^e, exact, for e in -1074..1023. */
export const POWERS_OFFSET = 1074;
export const POWERS = new Float64Array(POWERS_OFFSET + 1024);
for (let i = 0; i < POWERS.length; i++) POWERS[i] = 2 ** (i - POWERS_OFFSET);
