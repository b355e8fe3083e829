/**
 * FPAdd, FPSub, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd and their relatives (Arm ARM, J1.3 shared/functions/float).
 *
 * Operands are bit patterns as (lo, hi) words, hi ignored for formats narrower than double; the result goes to env.lo
 * and env.hi, flags into env.fpsr.
 */
import { Fpcr, FpEnvironment, FpRounding, Fpsr } from './environment.js';
import {
  doubleExponent,
  doubleSignificand,
  exponentOf,
  fuse,
  fusedError,
  fusedValue,
  isModerate,
  productError,
  sumError,
} from './exact.js';
import { DOUBLE, type FpFormat, HALF, SINGLE } from './format.js';
import { roundInteger, roundValue } from './round.js';
import {
  FpType,
  Operand,
  processDenormal,
  processNaN,
  processNaNs,
  processNaNs3,
  selectNaN3,
  setDefaultNaN,
  setInfinity,
  setInvalid,
  setZero,
  unpack,
} from './unpack.js';

const x = new Operand();
const y = new Operand();
const a = new Operand();

function isNaNPattern(format: FpFormat, lo: number, hi: number): boolean {
  if (format.isDouble) {
    const top = hi & 0x7fffffff;
    return top > 0x7ff00000 || (top === 0x7ff00000 && lo !== 0);
  }
  return (lo & (format.signLo - 1)) > format.infinityLo;
}

/** FPNeg. With FPCR.AH a NaN keeps its sign. */
export function fpNeg(format: FpFormat, env: FpEnvironment, lo: number, hi: number): void {
  if ((env.fpcr & Fpcr.AH) !== 0 && isNaNPattern(format, lo, hi)) env.setResult(lo, hi);
  else env.setResult(lo ^ format.signLo, hi ^ format.signHi);
}

/** FPAbs. With FPCR.AH a NaN keeps its sign. */
export function fpAbs(format: FpFormat, env: FpEnvironment, lo: number, hi: number): void {
  if ((env.fpcr & Fpcr.AH) !== 0 && isNaNPattern(format, lo, hi)) env.setResult(lo, hi);
  else env.setResult(lo & ~format.signLo, hi & ~format.signHi);
}

/** An exact sum of zero takes its sign from the rounding mode. */
function setZeroSum(format: FpFormat, env: FpEnvironment): void {
  setZero(format, env, env.rounding === FpRounding.MinusInfinity ? 1 : 0);
}

function addOperands(format: FpFormat, env: FpEnvironment, subtract: boolean): void {
  if (processNaNs(format, env, x, y)) return;
  const sign2 = subtract ? y.sign ^ 1 : y.sign;
  if (x.type === FpType.Infinity || y.type === FpType.Infinity) {
    if (x.type === FpType.Infinity && y.type === FpType.Infinity && x.sign !== sign2) setInvalid(format, env);
    else setInfinity(format, env, x.type === FpType.Infinity ? x.sign : sign2);
  } else if (x.type === FpType.Zero && y.type === FpType.Zero && x.sign === sign2) {
    setZero(format, env, x.sign);
  } else {
    const value2 = subtract ? -y.value : y.value;
    const sum = x.value + value2;
    if (sum === 0) {
      setZeroSum(format, env);
    } else if (format.isDouble && Math.abs(sum) >= 2 ** 1022) {
      addIntegers(env, subtract);
    } else {
      roundValue(format, env, env.rounding, sum, sumError(x.value, value2, sum));
    }
  }
  processDenormal(format, env, x);
  processDenormal(format, env, y);
}

function addIntegers(env: FpEnvironment, subtract: boolean): void {
  const xExponent = doubleExponent(x.hi);
  const yExponent = doubleExponent(y.hi);
  const exponent = Math.min(xExponent, yExponent);
  let sum = x.isZero ? 0n : doubleSignificand(x.lo, x.hi) << BigInt(xExponent - exponent);
  if (x.sign !== 0) sum = -sum;
  const addend = y.isZero ? 0n : doubleSignificand(y.lo, y.hi) << BigInt(yExponent - exponent);
  sum = (y.sign !== 0) !== subtract ? sum - addend : sum + addend;
  roundSum(DOUBLE, env, sum, exponent);
}

function roundSum(format: FpFormat, env: FpEnvironment, sum: bigint, exponent: number): void {
  if (sum === 0n) setZeroSum(format, env);
  else roundInteger(format, env, env.rounding, sum < 0n ? 1 : 0, sum < 0n ? -sum : sum, exponent);
}

export function fpAdd(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  addOperands(f, env, false);
}

export function fpSub(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  addOperands(f, env, true);
}

/** FABD: FPAbs(FPSub()). */
export function fpAbsoluteDifference(
  f: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
): void {
  fpSub(f, env, aLo, aHi, bLo, bHi);
  fpAbs(f, env, env.lo, env.hi);
}

function multiplyOperands(format: FpFormat, env: FpEnvironment, extended: boolean): void {
  if (x.type === FpType.Normal && y.type === FpType.Normal) {
    multiplyFinite(format, env);
    return;
  }
  if (processNaNs(format, env, x, y)) return;
  const sign = x.sign ^ y.sign;
  const infinite = x.type === FpType.Infinity || y.type === FpType.Infinity;
  const zero = x.type === FpType.Zero || y.type === FpType.Zero;
  if (infinite && zero) {
    if (extended) setTwo(format, env, sign);
    else setInvalid(format, env);
  } else if (infinite) {
    setInfinity(format, env, sign);
  } else if (zero) {
    setZero(format, env, sign);
  } else {
    multiplyFinite(format, env);
  }
  processDenormal(format, env, x);
  processDenormal(format, env, y);
}

function multiplyFinite(format: FpFormat, env: FpEnvironment): void {
  const product = x.value * y.value;
  if (!format.isDouble) {
    // At most 24 bits each: exact in a double.
    roundValue(format, env, env.rounding, product, 0);
  } else if (isModerate(exponentOf(x.value)) && isModerate(exponentOf(y.value))) {
    roundValue(format, env, env.rounding, product, productError(x.value, y.value, product));
  } else {
    const significand = doubleSignificand(x.lo, x.hi) * doubleSignificand(y.lo, y.hi);
    roundInteger(
      format,
      env,
      env.rounding,
      x.sign ^ y.sign,
      significand,
      doubleExponent(x.hi) + doubleExponent(y.hi),
    );
  }
}

/** FPTwo, 2.0 with a sign. */
export function setTwo(format: FpFormat, env: FpEnvironment, sign: number): void {
  setConstant(format, env, sign, format.bias + 1, 0);
}

/** FPOnePointFive. */
export function setOnePointFive(format: FpFormat, env: FpEnvironment): void {
  setConstant(format, env, 0, format.bias, 1);
}

function setConstant(format: FpFormat, env: FpEnvironment, sign: number, exponent: number, half: number): void {
  const words = exponent * 2 ** (format.isDouble ? 20 : format.fractionBits);
  const lo = format.isDouble ? 0 : words + half * format.quietLo;
  const hi = format.isDouble ? words + half * format.quietHi : 0;
  env.setResult(sign === 0 ? lo : lo + format.signLo, sign === 0 ? hi : hi + format.signHi);
}

export function fpMul(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  multiplyOperands(f, env, false);
}

/** FPMulX: as FPMul, but infinity times zero is 2.0 without a flag. */
export function fpMulX(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  multiplyOperands(f, env, true);
}

/** FNMUL: FPNeg(FPMul()). */
export function fpMulNegated(
  f: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
): void {
  fpMul(f, env, aLo, aHi, bLo, bHi);
  fpNeg(f, env, env.lo, env.hi);
}

export function fpDiv(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  const sign = x.sign ^ y.sign;
  if (x.type === FpType.Normal && y.type === FpType.Normal) {
    divideFinite(f, env, sign);
    return;
  }
  if (processNaNs(f, env, x, y)) return;
  if ((x.isInfinity && y.isInfinity) || (x.isZero && y.isZero)) {
    setInvalid(f, env);
  } else if (x.isInfinity || y.isZero) {
    if (!x.isInfinity) env.fpsr |= Fpsr.DZC;
    setInfinity(f, env, sign);
  } else if (x.isZero || y.isInfinity) {
    setZero(f, env, sign);
  } else {
    divideFinite(f, env, sign);
  }
  if (!y.isZero) {
    processDenormal(f, env, x);
    processDenormal(f, env, y);
  }
}

function divideFinite(format: FpFormat, env: FpEnvironment, sign: number): void {
  if (!format.isDouble || (isModerate(exponentOf(x.value)) && isModerate(exponentOf(y.value)))) {
    const quotient = x.value / y.value;
    const back = quotient * y.value;
    const remainder = x.value - back - productError(quotient, y.value, back);
    roundValue(format, env, env.rounding, quotient, sign === x.sign ? remainder : -remainder);
    return;
  }
  const dividend = doubleSignificand(x.lo, x.hi) << 120n;
  const divisor = doubleSignificand(y.lo, y.hi);
  let quotient = dividend / divisor;
  quotient = (quotient << 1n) | (quotient * divisor === dividend ? 0n : 1n);
  roundInteger(format, env, env.rounding, sign, quotient, doubleExponent(x.hi) - doubleExponent(y.hi) - 121);
}

export function fpSqrt(f: FpFormat, env: FpEnvironment, lo: number, hi: number): void {
  unpack(f, env, lo, hi, x);
  if (x.isNaN) {
    processNaN(f, env, x);
  } else if (x.isZero) {
    setZero(f, env, x.sign);
  } else if (x.sign !== 0) {
    setInvalid(f, env);
  } else if (x.isInfinity) {
    setInfinity(f, env, 0);
  } else {
    // Scaled by an even power of two so that the residual cannot underflow; the root is always normal.
    const exponent = exponentOf(x.value);
    let radicand = x.value;
    let scale = 1;
    if (exponent < -400) {
      radicand *= 2 ** 700;
      scale = 2 ** -350;
    } else if (exponent > 400) {
      radicand *= 2 ** -700;
      scale = 2 ** 350;
    }
    const root = Math.sqrt(radicand);
    const square = root * root;
    const remainder = radicand - square - productError(root, root, square);
    roundValue(f, env, env.rounding, root * scale, remainder);
    processDenormal(f, env, x);
  }
}

/** Sign changes of FPMulAdd operands, applied with FPNeg. */
export const MulAdd = { Plain: 0, NegateProduct: 1, NegateAddend: 2 } as const;

/** FPMulAdd: addend + op1 * op2 rounded once. `negate` is a union of MulAdd values; NegateProduct negates op1. */
export function fpMulAdd(
  f: FpFormat,
  env: FpEnvironment,
  addendLo: number,
  addendHi: number,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  negate: number = MulAdd.Plain,
): void {
  if ((negate & MulAdd.NegateProduct) !== 0) {
    fpNeg(f, env, aLo, aHi);
    aLo = env.lo;
    aHi = env.hi;
  }
  if ((negate & MulAdd.NegateAddend) !== 0) {
    fpNeg(f, env, addendLo, addendHi);
    addendLo = env.lo;
    addendHi = env.hi;
  }
  unpack(f, env, addendLo, addendHi, a);
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  if (a.type === FpType.Normal && x.type === FpType.Normal && y.type === FpType.Normal) {
    mulAddFinite(f, env, x, y, a.value, 0);
    return;
  }
  const invalidProduct = isInvalidProduct();
  if (processNaNs3(f, env, a, x, y)) {
    if ((env.fpcr & Fpcr.AH) === 0 && a.type === FpType.QuietNaN && invalidProduct) setInvalid(f, env);
    return;
  }
  if (!mulAddOperands(f, env, invalidProduct)) return;
  processDenormal(f, env, a);
  processDenormal(f, env, x);
  processDenormal(f, env, y);
}

function isInvalidProduct(): boolean {
  return (
    (x.type === FpType.Infinity && y.type === FpType.Zero) || (x.type === FpType.Zero && y.type === FpType.Infinity)
  );
}

/** FPMulAdd without NaN operands; false when the operation was invalid. */
function mulAddOperands(format: FpFormat, env: FpEnvironment, invalidProduct: boolean): boolean {
  const signP = x.sign ^ y.sign;
  const infiniteP = x.type === FpType.Infinity || y.type === FpType.Infinity;
  const zeroP = x.type === FpType.Zero || y.type === FpType.Zero;
  if (invalidProduct || (a.type === FpType.Infinity && infiniteP && a.sign !== signP)) {
    setInvalid(format, env);
    return false;
  }
  if (a.type === FpType.Infinity) setInfinity(format, env, a.sign);
  else if (infiniteP) setInfinity(format, env, signP);
  else if (a.type === FpType.Zero && zeroP && a.sign === signP) setZero(format, env, signP);
  else mulAddFinite(format, env, x, y, a.value, 0);
  return true;
}

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/** (p * q + addend) * 2^scale rounded once; finite operands. `scale` is 0 or -1. */
export function mulAddFinite(
  format: FpFormat,
  env: FpEnvironment,
  p: Operand,
  q: Operand,
  addend: number,
  scale: number,
): void {
  if (!format.isDouble) {
    const product = p.value * q.value;
    const sum = product + addend;
    const error = sumError(product, addend, sum);
    if (sum === 0) setZeroSum(format, env);
    else roundValue(format, env, env.rounding, scale === 0 ? sum : sum * 0.5, error);
    return;
  }
  if (isModerate(exponentOf(p.value)) && isModerate(exponentOf(q.value))) {
    if (addend === 0 || isModerate(exponentOf(addend))) {
      fuse(p.value, q.value, addend);
      if (fusedValue === 0) setZeroSum(format, env);
      else roundValue(format, env, env.rounding, scale === 0 ? fusedValue : fusedValue * 0.5, fusedError);
      return;
    }
  }
  let product = 0n;
  let exponent = 0;
  if (!p.isZero && !q.isZero) {
    product = doubleSignificand(p.lo, p.hi) * doubleSignificand(q.lo, q.hi);
    exponent = doubleExponent(p.hi) + doubleExponent(q.hi);
    if (p.sign !== q.sign) product = -product;
  }
  if (addend !== 0) {
    bits[0] = addend;
    let significand = doubleSignificand(words[0], words[1]);
    if (addend < 0) significand = -significand;
    const addendExponent = doubleExponent(words[1]);
    const common = product === 0n ? addendExponent : Math.min(exponent, addendExponent);
    if (product !== 0n) product <<= BigInt(exponent - common);
    product += significand << BigInt(addendExponent - common);
    exponent = common;
  }
  roundSum(format, env, product, exponent + scale);
}

/**
 * FPMulAddH (FMLAL, FMLSL): single addend + half op1 * half op2, rounded once to single. `negate` may hold
 * MulAdd.NegateProduct.
 */
export function fpMulAddH(
  env: FpEnvironment,
  addend: number,
  op1: number,
  op2: number,
  negate: number = MulAdd.Plain,
): void {
  if ((negate & MulAdd.NegateProduct) !== 0) {
    fpNeg(HALF, env, op1, 0);
    op1 = env.lo;
  }
  unpack(SINGLE, env, addend, 0, a);
  unpack(HALF, env, op1, 0, x);
  unpack(HALF, env, op2, 0, y);
  const invalidProduct = isInvalidProduct();
  const chosen = selectNaN3(env, a, x, y);
  if (chosen !== null) {
    const signalling =
      a.type === FpType.SignallingNaN || x.type === FpType.SignallingNaN || y.type === FpType.SignallingNaN;
    if (signalling) env.fpsr |= Fpsr.IOC;
    if ((env.fpcr & Fpcr.DN) !== 0) setDefaultNaN(SINGLE, env);
    else if (chosen === a) env.setResult(a.lo | SINGLE.quietLo, 0);
    else env.setResult(((chosen.lo & 0x8000) << 16) | 0x7fc00000 | ((chosen.lo & 0x1ff) << 13), 0);
    if ((env.fpcr & Fpcr.AH) === 0 && a.type === FpType.QuietNaN && invalidProduct) setInvalid(SINGLE, env);
    return;
  }
  if (mulAddOperands(SINGLE, env, invalidProduct)) processDenormal(SINGLE, env, a);
}
