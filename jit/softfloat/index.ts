/**
 * Exact Arm floating point on bit patterns: what FPCR, FPSR and Arm's pseudocode define, without a host exception and
 * without allocation on the common paths.
 *
 * - environment.ts  FpEnvironment (fpcr, fpsr, result in lo/hi), names of the FPCR and FPSR bits, rounding modes
 * - format.ts       HALF, SINGLE, DOUBLE, BFLOAT16 (destination only), HALF_ALTERNATIVE
 * - unpack.ts       FPUnpack, FPProcessNaNs, constant results
 * - round.ts        FPRound from a double with an error sign (fast) or from an integer significand (general)
 * - exact.ts        error-free sums, products and fused products on doubles
 * - arithmetic.ts   add, sub, mul, mulx, div, sqrt, fused multiply-add, abs, neg, absolute difference, FMLAL
 * - minmax.ts, compare.ts, integral.ts, convert.ts, estimate.ts, bfloat16.ts  the other groups
 * - operation.ts    FpUnit and fpCode: the entry for generated code, on elements in shared memory
 *
 * Functions take (format, env, aLo, aHi, bLo, bHi, ...); hi is 0 and ignored for 16- and 32-bit formats, patterns are
 * unsigned and have no bits above the format's width. FEAT_AFP (AH, FIZ), FEAT_RPRES and FEAT_EBF16 take effect when
 * the FPCR bits are set: a machine without them keeps these bits 0. NEP concerns registers: see FpCodeOptions.merge.
 */
export * from './arithmetic.js';
export * from './bfloat16.js';
export * from './compare.js';
export * from './convert.js';
export * from './environment.js';
export * from './estimate.js';
export { BFLOAT16, DOUBLE, type FpFormat, HALF, HALF_ALTERNATIVE, SINGLE } from './format.js';
export { fpRoundInt, fpRoundIntN } from './integral.js';
export * from './minmax.js';
export * from './operation.js';
