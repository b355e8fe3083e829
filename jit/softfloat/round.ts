/**
 * FPRound: from an exact value to a bit pattern and its flags.
 *
 * An exact value arrives in one of two forms: a double with the sign of what is missing from it ("value and error",
 * where value is the exact number rounded to nearest even), or an integer significand with a binary exponent.
 */
import { Fpcr, FpEnvironment, FpRounding, Fpsr } from './environment.js';
import { type FpFormat, POWERS, POWERS_OFFSET, scratchF64, scratchU32 } from './format.js';
import { setInfinity, setMaxNormal, setZero } from './unpack.js';

/**
 * Rounds value + error. `value` is the nearest double to the exact number, finite and not 0; `error` has the sign of
 * (exact - value) and is 0 when they are equal. For a double-precision result with an error, |value| must lie in the
 * normal range with at least one binade to spare on either side (callers take roundInteger otherwise).
 */
export function roundValue(
  format: FpFormat,
  env: FpEnvironment,
  rounding: number,
  value: number,
  error: number,
): void {
  if (format.isDouble) roundDouble(format, env, rounding, value, error);
  else roundNarrow(format, env, rounding, error === 0 ? value : toOdd(value, error));
}

/** The double nearest to value + error that has an odd significand: keeps every later rounding exact. */
export function toOdd(value: number, error: number): number {
  scratchF64[0] = value;
  if ((scratchU32[0] & 1) !== 0) return value;
  stepScratch(error > 0 === value > 0);
  return scratchF64[0];
}

/** Moves the double in the scratch words by one unit in the last place, away from zero or towards it. */
function stepScratch(away: boolean): void {
  const lo = scratchU32[0];
  if (away) {
    scratchU32[0] = lo + 1;
    if (lo === 0xffffffff) scratchU32[1] += 1;
  } else {
    scratchU32[0] = lo - 1;
    if (lo === 0) scratchU32[1] -= 1;
  }
}

function roundDouble(format: FpFormat, env: FpEnvironment, rounding: number, value: number, error: number): void {
  scratchF64[0] = value;
  if (error !== 0) {
    env.fpsr |= Fpsr.IXC;
    if (rounding === FpRounding.PlusInfinity) {
      if (error > 0) stepScratch(value > 0);
    } else if (rounding === FpRounding.MinusInfinity) {
      if (error < 0) stepScratch(value < 0);
    } else if (rounding === FpRounding.Zero) {
      if (error > 0 !== value > 0) stepScratch(false);
    }
  } else if ((scratchU32[1] & 0x7ff00000) === 0 && (env.fpcr & Fpcr.FZ) !== 0) {
    flushResult(format, env, value < 0 ? 1 : 0);
    return;
  }
  env.lo = scratchU32[0];
  env.hi = scratchU32[1];
}

/** A tiny result with FZ or FZ16: zero and UFC; with alternate handling IXC too. */
function flushResult(format: FpFormat, env: FpEnvironment, sign: number): void {
  env.fpsr |= (env.fpcr & Fpcr.AH) !== 0 ? Fpsr.UFC | Fpsr.IXC : Fpsr.UFC;
  setZero(format, env, sign);
}

function roundsUp(rounding: number, sign: number, error: number, odd: boolean): boolean {
  switch (rounding) {
    case FpRounding.TieEven:
      return error > 0.5 || (error === 0.5 && odd);
    case FpRounding.PlusInfinity:
      return error !== 0 && sign === 0;
    case FpRounding.MinusInfinity:
      return error !== 0 && sign !== 0;
    case FpRounding.TieAway:
      return error >= 0.5;
    default:
      return false;
  }
}

function setOverflow(format: FpFormat, env: FpEnvironment, rounding: number, sign: number): void {
  env.fpsr |= Fpsr.OFC | Fpsr.IXC;
  const toInfinity =
    rounding === FpRounding.TieEven ||
    (rounding === FpRounding.PlusInfinity && sign === 0) ||
    (rounding === FpRounding.MinusInfinity && sign !== 0);
  if (toInfinity) setInfinity(format, env, sign);
  else setMaxNormal(format, env, sign);
}

/** FPRoundBase for formats narrower than double. `value` is exact, or rounded to odd at 53 bits; not 0. */
function roundNarrow(format: FpFormat, env: FpEnvironment, rounding: number, value: number): void {
  const fpcr = env.fpcr;
  const sign = value < 0 ? 1 : 0;
  const magnitude = Math.abs(value);
  scratchF64[0] = magnitude;
  const exponent = (scratchU32[1] >>> 20) - 1023;
  const minimum = format.minimumExponent;
  const fractionBits = format.fractionBits;
  const flush = (fpcr & (format.isHalf ? Fpcr.FZ16 : Fpcr.FZ)) !== 0;
  const alternate = (fpcr & Fpcr.AH) !== 0;
  let scaled: number;
  let base: number;
  if (exponent < minimum) {
    if (flush && !alternate) {
      flushResult(format, env, sign);
      return;
    }
    if (alternate && tinyAfterRounding(format, rounding, sign, magnitude, exponent)) {
      if (flush) {
        flushResult(format, env, sign);
        return;
      }
    }
    scaled = magnitude * POWERS[fractionBits - minimum + POWERS_OFFSET];
    base = 0;
  } else {
    // The significand times 2^F.
    scratchU32[1] = (scratchU32[1] & 0xfffff) | ((fractionBits + 1023) << 20);
    scaled = scratchF64[0];
    base = (exponent - minimum) * format.implicit;
  }
  const integer = Math.floor(scaled);
  const error = scaled - integer;
  if (exponent < minimum && error !== 0) {
    if (!alternate || tinyAfterRounding(format, rounding, sign, magnitude, exponent)) env.fpsr |= Fpsr.UFC;
  }
  let bits = base + integer;
  if (roundsUp(rounding, sign, error, (integer & 1) !== 0)) bits += 1;
  if (rounding === FpRounding.Odd && error !== 0 && bits % 2 === 0) bits += 1;
  if (format.alternative) {
    if (bits > format.maxLo) {
      env.fpsr |= Fpsr.IOC;
      setMaxNormal(format, env, sign);
      return;
    }
  } else if (bits >= format.infinityLo) {
    setOverflow(format, env, rounding, sign);
    return;
  }
  if (error !== 0) env.fpsr |= Fpsr.IXC;
  env.lo = (sign !== 0 ? bits + format.signLo : bits) >>> 0;
  env.hi = 0;
}

/** With FPCR.AH the test for a denormal result comes after rounding with an unbounded exponent. */
function tinyAfterRounding(
  format: FpFormat,
  rounding: number,
  sign: number,
  magnitude: number,
  exponent: number,
): boolean {
  if (exponent < format.minimumExponent - 1) return true;
  const scaled = magnitude * POWERS[format.fractionBits - exponent + POWERS_OFFSET];
  const integer = Math.floor(scaled);
  const up = roundsUp(rounding, sign, scaled - integer, (integer & 1) !== 0);
  return !(up && integer + 1 === 2 * format.implicit);
}

/** Number of significant bits of a positive integer. */
export function bitLength(value: bigint): number {
  const text = value.toString(16);
  return text.length * 4 - (Math.clz32(parseInt(text[0], 16)) - 28);
}

/**
 * FPRoundBase on an integer: the exact value is (-1)^sign * significand * 2^exponent, with significand > 0. A caller
 * that cannot give all bits makes the lowest bit sticky, at least two bits below the last place of the result.
 */
export function roundInteger(
  format: FpFormat,
  env: FpEnvironment,
  rounding: number,
  sign: number,
  significand: bigint,
  exponent: number,
): void {
  const fpcr = env.fpcr;
  const fractionBits = format.fractionBits;
  const top = exponent + bitLength(significand) - 1;
  const tiny = top < format.minimumExponent;
  const flush = (fpcr & (format.isHalf ? Fpcr.FZ16 : Fpcr.FZ)) !== 0;
  const alternate = (fpcr & Fpcr.AH) !== 0;
  let underflow = tiny;
  if (tiny) {
    if (alternate) {
      const unbounded = roundAt(significand, exponent, top - fractionBits, rounding, sign);
      if (top === format.minimumExponent - 1 && bitLength(unbounded.integer) > fractionBits + 1) underflow = false;
    }
    if (flush && underflow) {
      flushResult(format, env, sign);
      return;
    }
  }
  const effective = tiny ? format.minimumExponent : top;
  const rounded = roundAt(significand, exponent, effective - fractionBits, rounding, sign);
  if (underflow && rounded.inexact) env.fpsr |= Fpsr.UFC;
  let bits = rounded.integer;
  if (!tiny) bits += BigInt(top - format.minimumExponent) << BigInt(fractionBits);
  const infinity = (BigInt(format.infinityHi) << 32n) | BigInt(format.infinityLo);
  if (format.alternative) {
    if (bits > BigInt(format.maxLo)) {
      env.fpsr |= Fpsr.IOC;
      setMaxNormal(format, env, sign);
      return;
    }
  } else if (bits >= infinity) {
    setOverflow(format, env, rounding, sign);
    return;
  }
  if (rounded.inexact) env.fpsr |= Fpsr.IXC;
  const lo = Number(bits & 0xffffffffn);
  const hi = Number(bits >> 32n);
  env.setResult(sign !== 0 ? lo + format.signLo : lo, sign !== 0 ? hi + format.signHi : hi);
}

/** Rounds significand * 2^exponent to a multiple of 2^unit. */
function roundAt(
  significand: bigint,
  exponent: number,
  unit: number,
  rounding: number,
  sign: number,
): { integer: bigint; inexact: boolean } {
  const shift = unit - exponent;
  if (shift <= 0) return { integer: significand << BigInt(-shift), inexact: false };
  const integer = significand >> BigInt(shift);
  const remainder = significand - (integer << BigInt(shift));
  const half = 1n << BigInt(shift - 1);
  const error = remainder === 0n ? 0 : remainder < half ? 0.25 : remainder === half ? 0.5 : 0.75;
  const odd = (integer & 1n) === 1n;
  if (roundsUp(rounding, sign, error, odd)) return { integer: integer + 1n, inexact: true };
  if (rounding === FpRounding.Odd && error !== 0 && !odd) return { integer: integer + 1n, inexact: true };
  return { integer, inexact: error !== 0 };
}
