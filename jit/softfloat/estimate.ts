/**
 * Reciprocal and reciprocal square root: estimates, Newton-Raphson steps, FRECPX, and the integer estimates
 * (Arm ARM, J1.3 shared/functions/float: FPRecipEstimate, RecipEstimate, FPRSqrtEstimate, RecipSqrtEstimate, ...).
 */
import { Fpcr, FpEnvironment, FpRounding, Fpsr } from './environment.js';
import { fpNeg, mulAddFinite, setOnePointFive, setTwo } from './arithmetic.js';
import { type FpFormat, POWERS, POWERS_OFFSET, SINGLE } from './format.js';
import {
  FpType,
  Operand,
  processNaN,
  processNaNs,
  setInfinity,
  setInvalid,
  setMaxNormal,
  setZero,
  unpack,
} from './unpack.js';

const x = new Operand();
const y = new Operand();

/**
 * With FPCR.AH these operations raise no flags, flush denormal inputs and results, and round to nearest.
 * @returns whether that applies; the caller restores FPCR and FPSR.
 */
function enterAlternate(env: FpEnvironment): boolean {
  if ((env.fpcr & Fpcr.AH) === 0) return false;
  env.fpcr = (env.fpcr | Fpcr.FIZ | Fpcr.FZ) & ~Fpcr.RMODE;
  return true;
}

/** RecipEstimate: 1/a for a fixed-point number in [0.5, 1), 9 bits (or 12) in, 9 bits (or 13) out. */
export function recipEstimate(operand: number, increased: boolean): number {
  const a = operand * 2 + 1;
  if (!increased) return (Math.floor(2 ** 19 / a) + 1) >> 1;
  return Math.floor(2 ** 25 / a + 0.5);
}

/** RecipSqrtEstimate: 1/sqrt(a) for a fixed-point number in [0.25, 1), 9 bits (or 12) in, 9 bits (or 13) out. */
export function recipSqrtEstimate(operand: number, increased: boolean): number {
  const half = increased ? 2048 : 256;
  const a = operand < half ? operand * 2 + 1 : ((operand >> 1) * 2 + 1) * 2;
  const limit = increased ? 2 ** 39 : 2 ** 28;
  // The greatest b with a * b^2 < limit.
  let b = Math.floor(Math.sqrt(limit / a));
  while (a * b * b >= limit) b--;
  while (a * (b + 1) * (b + 1) < limit) b++;
  return (b + 1) >> 1;
}

/** FPRecipEstimate (FRECPE). `increasedPrecision`: FEAT_RPRES is implemented (takes effect for single with FPCR.AH). */
export function fpRecipEstimate(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  increasedPrecision = true,
): void {
  const { fpcr, fpsr } = env;
  const alternate = enterAlternate(env);
  recipEstimateOf(format, env, lo, hi, alternate && increasedPrecision && format === SINGLE);
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

function recipEstimateOf(format: FpFormat, env: FpEnvironment, lo: number, hi: number, increased: boolean): void {
  unpack(format, env, lo, hi, x);
  const magnitude = Math.abs(x.value);
  if (x.isNaN) {
    processNaN(format, env, x);
  } else if (x.isInfinity) {
    setZero(format, env, x.sign);
  } else if (x.isZero) {
    env.fpsr |= Fpsr.DZC;
    setInfinity(format, env, x.sign);
  } else if (magnitude < POWERS[format.minimumExponent - 2 + POWERS_OFFSET]) {
    const rounding = env.rounding;
    env.fpsr |= Fpsr.OFC | Fpsr.IXC;
    const toInfinity =
      rounding === FpRounding.TieEven ||
      (rounding === FpRounding.PlusInfinity && x.sign === 0) ||
      (rounding === FpRounding.MinusInfinity && x.sign !== 0);
    if (toInfinity) setInfinity(format, env, x.sign);
    else setMaxNormal(format, env, x.sign);
  } else if (
    (env.fpcr & (format.isHalf ? Fpcr.FZ16 : Fpcr.FZ)) !== 0 &&
    magnitude >= POWERS[POWERS_OFFSET - format.minimumExponent]
  ) {
    env.fpsr |= Fpsr.UFC;
    setZero(format, env, x.sign);
  } else {
    // magnitude = significand * 2^(exponent - 1), significand in [1, 2): the estimate is of significand / 2.
    const exponent = binaryExponent(magnitude);
    const steps = increased ? 2048 : 256;
    const scaled = Math.floor((magnitude / POWERS[exponent + POWERS_OFFSET]) * steps);
    const estimate = recipEstimate(scaled, increased);
    // In [1, 2) times 2^(-exponent - 1); at least half the minimum normal's half, so exact even when denormal.
    setPower(format, env, x.sign, estimate, increased ? 12 : 8, -exponent - 1);
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** Exponent of the leading bit of a positive double, denormals included. */
function binaryExponent(magnitude: number): number {
  scratch.setFloat64(0, magnitude);
  const field = scratch.getUint32(0) >>> 20;
  if (field !== 0) return field - 1023;
  scratch.setFloat64(0, magnitude * 2 ** 100);
  return (scratch.getUint32(0) >>> 20) - 1123;
}

/** Writes integer * 2^(exponent - integerBits), which is exact in the format, without looking at FPCR. */
function setPower(
  format: FpFormat,
  env: FpEnvironment,
  sign: number,
  integer: number,
  integerBits: number,
  exponent: number,
): void {
  let biased = exponent + format.bias;
  const fractionBits = format.isDouble ? 20 : format.fractionBits;
  let significand = integer * 2 ** (fractionBits - integerBits);
  if (biased <= 0) {
    significand *= 2 ** (biased - 1);
    biased = 1;
  }
  const word = (biased - 1) * 2 ** fractionBits + significand;
  if (format.isDouble) env.setResult(0, word + (sign !== 0 ? 0x80000000 : 0));
  else env.setResult(word + (sign !== 0 ? format.signLo : 0), 0);
}

/** FPRSqrtEstimate (FRSQRTE). */
export function fpRSqrtEstimate(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  increasedPrecision = true,
): void {
  const { fpcr, fpsr } = env;
  const alternate = enterAlternate(env);
  rsqrtEstimateOf(format, env, lo, hi, alternate && increasedPrecision && format === SINGLE);
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

function rsqrtEstimateOf(format: FpFormat, env: FpEnvironment, lo: number, hi: number, increased: boolean): void {
  unpack(format, env, lo, hi, x);
  if (x.isNaN) {
    processNaN(format, env, x);
  } else if (x.isZero) {
    env.fpsr |= Fpsr.DZC;
    setInfinity(format, env, x.sign);
  } else if (x.sign !== 0) {
    setInvalid(format, env);
  } else if (x.isInfinity) {
    setZero(format, env, 0);
  } else {
    // Scaled by an even power of two into [0.25, 1).
    const exponent = binaryExponent(x.value);
    const even = exponent % 2 === 0 ? exponent + 2 : exponent + 1;
    const steps = increased ? 4096 : 512;
    const scaled = Math.floor((x.value / POWERS[exponent + POWERS_OFFSET]) * 2 ** (exponent - even) * steps);
    setPower(format, env, 0, recipSqrtEstimate(scaled, increased), increased ? 12 : 8, -even / 2);
  }
}

/** FPRecipStepFused (FRECPS): 2 - a * b, rounded once. */
export function fpRecipStepFused(
  f: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
): void {
  step(f, env, aLo, aHi, bLo, bHi, false);
}

/** FPRSqrtStepFused (FRSQRTS): (3 - a * b) / 2, rounded once. */
export function fpRSqrtStepFused(
  f: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
): void {
  step(f, env, aLo, aHi, bLo, bHi, true);
}

function step(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  squareRoot: boolean,
): void {
  const { fpcr, fpsr } = env;
  fpNeg(format, env, aLo, aHi);
  aLo = env.lo;
  aHi = env.hi;
  const alternate = enterAlternate(env);
  unpack(format, env, aLo, aHi, x);
  unpack(format, env, bLo, bHi, y);
  if (!processNaNs(format, env, x, y)) {
    const infinite = x.type === FpType.Infinity || y.type === FpType.Infinity;
    if (infinite && (x.isZero || y.isZero)) {
      if (squareRoot) setOnePointFive(format, env);
      else setTwo(format, env, 0);
    } else if (infinite) {
      setInfinity(format, env, x.sign ^ y.sign);
    } else {
      mulAddFinite(format, env, x, y, squareRoot ? 3 : 2, squareRoot ? -1 : 0);
    }
  }
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

/** FPRecpX (FRECPX): exponent of the reciprocal, fraction 0. */
export function fpRecpX(format: FpFormat, env: FpEnvironment, lo: number, hi: number): void {
  const { fpcr, fpsr } = env;
  const alternate = enterAlternate(env);
  unpack(format, env, lo, hi, x);
  if (x.isNaN) {
    processNaN(format, env, x);
  } else {
    const position = format.isDouble ? 20 : format.fractionBits;
    const word = format.isDouble ? hi : lo;
    const exponent = (word >>> position) & format.exponentMax;
    const result = exponent === 0 ? format.exponentMax - 1 : ~exponent & format.exponentMax;
    const placed = result * 2 ** position;
    if (format.isDouble) env.setResult(0, placed + (x.sign !== 0 ? format.signHi : 0));
    else env.setResult(placed + (x.sign !== 0 ? format.signLo : 0), 0);
  }
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

/** UnsignedRecipEstimate (URECPE) on a 32-bit element. */
export function unsignedRecipEstimate(operand: number): number {
  if (operand >>> 31 === 0) return 0xffffffff;
  return (recipEstimate(operand >>> 23, false) << 23) >>> 0;
}

/** UnsignedRSqrtEstimate (URSQRTE) on a 32-bit element. */
export function unsignedRSqrtEstimate(operand: number): number {
  if (operand >>> 30 === 0) return 0xffffffff;
  return (recipSqrtEstimate(operand >>> 23, false) << 23) >>> 0;
}
