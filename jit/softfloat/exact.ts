/**
 * Error-free transformations on doubles: the rounded result, and what is missing from it.
 *
 * Sources: Knuth, TAOCP 2, 4.2.2 (two-sum); Dekker 1971 (product); Boldo and Melquiond 2008 (fused multiply-add from a
 * sum rounded to odd). Each needs exponents away from the ends of the range; `isModerate` is the test.
 */
import { scratchF64, scratchU32 } from './format.js';
import { toOdd } from './round.js';

/** 2^27 + 1 cuts a 53-bit significand in two. */
const SPLITTER = 134217729;

/** Unbiased exponent of a finite double; -1023 for zero and denormals. */
export function exponentOf(value: number): number {
  scratchF64[0] = value;
  return ((scratchU32[1] >>> 20) & 0x7ff) - 1023;
}

/** True when products and quotients of such values, and the errors of these, stay in the normal range. */
export function isModerate(exponent: number): boolean {
  return exponent >= -400 && exponent <= 400;
}

/** a + b - fl(a + b), exact. */
export function sumError(a: number, b: number, sum: number): number {
  const bVirtual = sum - a;
  return a - (sum - bVirtual) + (b - bVirtual);
}

/** a * b - fl(a * b), exact. */
export function productError(a: number, b: number, product: number): number {
  let t = SPLITTER * a;
  const aHigh = t - (t - a);
  const aLow = a - aHigh;
  t = SPLITTER * b;
  const bHigh = t - (t - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The last fused sum: fl(a * b + c) and the sign of its error. */
export let fusedValue = 0;
export let fusedError = 0;

/** Computes a * b + c, rounded to nearest, into fusedValue and fusedError. Finite; a, b moderate, c moderate or 0. */
export function fuse(a: number, b: number, c: number): void {
  const product = a * b;
  const low = productError(a, b, product);
  if (low === 0) {
    fusedValue = product + c;
    fusedError = sumError(product, c, fusedValue);
    return;
  }
  const inner = c + low;
  const innerError = sumError(c, low, inner);
  const outer = product + inner;
  const outerError = sumError(product, inner, outer);
  let tail = innerError + outerError;
  const tailError = sumError(innerError, outerError, tail);
  if (tailError !== 0) tail = toOdd(tail, tailError);
  fusedValue = outer + tail;
  fusedError = sumError(outer, tail, fusedValue);
}

/** Integer significand of a finite non-zero double, from its words; the exponent is doubleExponent's. */
export function doubleSignificand(lo: number, hi: number): bigint {
  const fraction = (BigInt(hi & 0xfffff) << 32n) | BigInt(lo);
  return (hi & 0x7ff00000) === 0 ? fraction : fraction | (1n << 52n);
}

/** Exponent e such that |value| = doubleSignificand * 2^e. */
export function doubleExponent(hi: number): number {
  const field = (hi >>> 20) & 0x7ff;
  return (field === 0 ? 1 : field) - 1075;
}
