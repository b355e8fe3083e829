/** FPConvert, FPConvertBF, FPToFixed, FixedToFP, FPToFixedJS (Arm ARM, J1.3 shared/functions/float). */
import { Fpcr, FpEnvironment, Fpsr } from './environment.js';
import { sumError } from './exact.js';
import { BFLOAT16, DOUBLE, type FpFormat, HALF_ALTERNATIVE, POWERS, POWERS_OFFSET, SINGLE } from './format.js';
import { magnitudeError, roundMagnitude } from './integral.js';
import { roundValue } from './round.js';
import {
  FpType,
  Operand,
  processDenormal,
  setDefaultNaN,
  setInfinity,
  setMaxNormal,
  setZero,
  unpack,
} from './unpack.js';

const x = new Operand();

/** FPConvertNaN: sign and payload of operand x in another format, made quiet. Formats are those of FPConvert. */
function convertNaN(from: FpFormat, to: FpFormat, env: FpEnvironment): void {
  // The payload below the quiet bit, left-justified in 51 bits: 19 in `hi`, 32 in `lo`.
  let hi: number;
  let lo: number;
  if (from.isDouble) {
    hi = x.hi & 0x7ffff;
    lo = x.lo;
  } else if (from.isHalf) {
    hi = (x.lo & 0x1ff) << 10;
    lo = 0;
  } else {
    hi = (x.lo & 0x3fffff) >>> 3;
    lo = (x.lo & 7) << 29;
  }
  if (to.isDouble) {
    env.setResult(lo, (x.sign << 31) | 0x7ff80000 | hi);
  } else if (to.isHalf) {
    env.setResult((x.sign << 15) | 0x7e00 | (hi >>> 10), 0);
  } else if (to === BFLOAT16) {
    env.setResult((x.sign << 15) | 0x7fc0 | (hi >>> 13), 0);
  } else {
    env.setResult((x.sign << 31) | 0x7fc00000 | (hi << 3) | (lo >>> 29), 0);
  }
}

/**
 * FPConvert between half, single and double. FPCR.AHP selects the half-precision format and FPCR.FZ16 does not apply.
 * FCVTXN passes FpRounding.Odd.
 */
export function fpConvert(
  from: FpFormat,
  to: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  rounding: number = env.rounding,
): void {
  const fpcr = env.fpcr;
  const alternative = (fpcr & Fpcr.AHP) !== 0;
  const source = from.isHalf && alternative ? HALF_ALTERNATIVE : from;
  const target = to.isHalf && alternative ? HALF_ALTERNATIVE : to;
  env.fpcr = fpcr & ~Fpcr.FZ16;
  unpack(source, env, lo, hi, x);
  if (x.isNaN) {
    if (target.alternative) setZero(target, env, x.sign);
    else if ((fpcr & Fpcr.DN) !== 0) setDefaultNaN(target, env);
    else convertNaN(from, target, env);
    if (x.type === FpType.SignallingNaN || target.alternative) env.fpsr |= Fpsr.IOC;
  } else if (x.isInfinity) {
    if (target.alternative) {
      setMaxNormal(target, env, x.sign);
      env.fpsr |= Fpsr.IOC;
    } else {
      setInfinity(target, env, x.sign);
    }
  } else if (x.isZero) {
    setZero(target, env, x.sign);
  } else {
    roundValue(target, env, rounding, x.value, 0);
    processDenormal(from, env, x);
  }
  env.fpcr = fpcr;
}

/** FPConvertBF: single to BFloat16 (BFCVT, BFCVTN). */
export function fpConvertBF(env: FpEnvironment, lo: number): void {
  const { fpcr, fpsr } = env;
  const alternate = (fpcr & Fpcr.AH) !== 0;
  if (alternate) env.fpcr = (fpcr | Fpcr.FIZ | Fpcr.FZ) & ~Fpcr.RMODE;
  unpack(SINGLE, env, lo, 0, x);
  if (x.isNaN) {
    if (x.type === FpType.SignallingNaN) env.fpsr |= Fpsr.IOC;
    if ((fpcr & Fpcr.DN) !== 0) setDefaultNaN(BFLOAT16, env);
    else convertNaN(SINGLE, BFLOAT16, env);
  } else if (x.isInfinity) {
    setInfinity(BFLOAT16, env, x.sign);
  } else if (x.isZero) {
    setZero(BFLOAT16, env, x.sign);
  } else {
    roundValue(BFLOAT16, env, env.rounding, x.value, 0);
  }
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

/**
 * FPToFixed: to an integer of `size` bits (16, 32 or 64) with `fractionBits` bits after the point, saturating.
 * The result is zero-extended in env.lo/env.hi.
 */
export function fpToFixed(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  rounding: number,
  size: number,
  unsigned: boolean,
  fractionBits = 0,
): void {
  unpack(format, env, lo, hi, x);
  if (x.isNaN) {
    env.fpsr |= Fpsr.IOC;
    env.setResult(0, 0);
    return;
  }
  // Infinite when the scaled value leaves the range of double: saturates like any other large value.
  const magnitude = Math.abs(x.value) * POWERS[fractionBits + POWERS_OFFSET];
  const integer = roundMagnitude(magnitude, x.sign, rounding);
  const error = magnitudeError;
  // First magnitude that does not fit; the limits of negative numbers themselves fit.
  const limit = POWERS[(unsigned ? size : size - 1) + POWERS_OFFSET];
  if (x.sign !== 0 ? integer > (unsigned ? 0 : limit) : integer >= limit) {
    env.fpsr |= Fpsr.IOC;
    setSaturated(env, size, unsigned, x.sign);
    return;
  }
  if (error !== 0) env.fpsr |= Fpsr.IXC;
  setInteger(env, integer, x.sign, size);
}

function setSaturated(env: FpEnvironment, size: number, unsigned: boolean, sign: number): void {
  if (unsigned) {
    if (sign !== 0) env.setResult(0, 0);
    else env.setResult(size === 16 ? 0xffff : 0xffffffff, size === 64 ? 0xffffffff : 0);
  } else if (size === 64) {
    if (sign !== 0) env.setResult(0, 0x80000000);
    else env.setResult(0xffffffff, 0x7fffffff);
  } else {
    const limit = 2 ** (size - 1);
    env.setResult(sign !== 0 ? limit : limit - 1, 0);
  }
}

/** Two's complement of an integer below 2^64, cut to `size` bits. */
function setInteger(env: FpEnvironment, magnitude: number, sign: number, size: number): void {
  let hi = Math.floor(magnitude / 4294967296);
  let lo = magnitude - hi * 4294967296;
  if (sign !== 0) {
    hi = ~hi + (lo === 0 ? 1 : 0);
    lo = -lo;
  }
  if (size === 64) env.setResult(lo, hi);
  else env.setResult(size === 16 ? lo & 0xffff : lo, 0);
}

/**
 * FixedToFP: from an integer of `size` bits (16, 32 or 64) with `fractionBits` bits after the point. Bits above `size`
 * are ignored.
 */
export function fixedToFp(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  rounding: number,
  size: number,
  unsigned: boolean,
  fractionBits = 0,
): void {
  let high: number;
  let low: number;
  if (size === 64) {
    high = (unsigned ? hi >>> 0 : hi | 0) * 4294967296;
    low = lo >>> 0;
  } else {
    high = 0;
    if (size === 32) low = unsigned ? lo >>> 0 : lo | 0;
    else low = unsigned ? lo & 0xffff : (lo << 16) >> 16;
  }
  const sum = high + low;
  if (sum === 0) {
    setZero(format, env, 0);
    return;
  }
  const scale = POWERS[POWERS_OFFSET - fractionBits];
  roundValue(format, env, rounding, sum * scale, sumError(high, low, sum));
}

/**
 * FPToFixedJS (FJCVTZS): double to int32 modulo 2^32. @returns PSTATE.Z: 1 when the conversion was exact.
 */
export function fpToFixedJS(env: FpEnvironment, lo: number, hi: number): number {
  unpack(DOUBLE, env, lo, hi, x);
  if (x.isNaN || x.isInfinity) {
    env.fpsr |= Fpsr.IOC;
    env.setResult(0, 0);
    return 0;
  }
  const magnitude = Math.abs(x.value);
  const integer = Math.floor(magnitude);
  const low = integer % 4294967296;
  env.setResult(x.sign !== 0 ? -low : low, 0);
  if (x.sign !== 0 ? integer > 2147483648 : integer > 2147483647) {
    env.fpsr |= Fpsr.IOC;
    return 0;
  }
  if (magnitude !== integer) {
    env.fpsr |= Fpsr.IXC;
    return 0;
  }
  // Minus zero, and a denormal flushed to zero, are not exact.
  if (x.value === 0 && ((hi & 0x7fffffff) !== 0 || lo !== 0 || x.sign !== 0)) return 0;
  return 1;
}

