/**
 * BFloat16 products into single precision: BFDotAdd (BFDOT, BFMMLA) and BFMulAddH (BFMLALB, BFMLALT)
 * (Arm ARM, J1.3 shared/functions/bfloat). BFCVT is fpConvertBF in convert.ts.
 */
import { fpAdd, fpMulAdd } from './arithmetic.js';
import { Fpcr, FpEnvironment, FpRounding } from './environment.js';
import { sumError } from './exact.js';
import { SINGLE } from './format.js';
import { roundValue, toOdd } from './round.js';
import { Operand, setDefaultNaN, setInfinity, setZero, unpack } from './unpack.js';

const x1 = new Operand();
const x2 = new Operand();
const y1 = new Operand();
const y2 = new Operand();

/** Controls of the fixed rules: flush denormals silently, default NaN; the rounding is to odd. */
const FIXED = new FpEnvironment(Fpcr.FIZ | Fpcr.DN);

/** BFRound: to single by rounding to odd, denormals to zero, overflow to infinity. `value` may be infinite or zero. */
function roundToOdd(value: number, error: number): number {
  if (value === 0) return 0;
  const odd = error === 0 ? value : toOdd(value, error);
  const sign = value < 0 ? 0x80000000 : 0;
  if (Math.abs(odd) < 2 ** -126) return sign;
  if (Math.abs(odd) >= 2 ** 128) return sign + 0x7f800000;
  FIXED.fpsr = 0;
  roundValue(SINGLE, FIXED, FpRounding.Odd, odd, 0);
  return FIXED.lo;
}

function defaultNaN(env: FpEnvironment): number {
  return (env.fpcr & Fpcr.AH) !== 0 ? 0xffc00000 : 0x7fc00000;
}

/** BFMulH: product of two BFloat16 patterns as a single-precision pattern. */
function multiply(env: FpEnvironment, a: number, b: number): number {
  unpack(SINGLE, FIXED, a << 16, 0, x1);
  unpack(SINGLE, FIXED, b << 16, 0, y1);
  if (x1.isNaN || y1.isNaN) return defaultNaN(env);
  const sign = (x1.sign ^ y1.sign) !== 0 ? 0x80000000 : 0;
  if (x1.isInfinity || y1.isInfinity) {
    if (x1.isZero || y1.isZero) return defaultNaN(env);
    return sign + 0x7f800000;
  }
  if (x1.isZero || y1.isZero) return sign;
  return roundToOdd(x1.value * y1.value, 0);
}

/** FPAdd_BF16. */
function add(env: FpEnvironment, a: number, b: number): number {
  unpack(SINGLE, FIXED, a, 0, x1);
  unpack(SINGLE, FIXED, b, 0, y1);
  if (x1.isNaN || y1.isNaN) return defaultNaN(env);
  if (x1.isInfinity || y1.isInfinity) {
    if (x1.isInfinity && y1.isInfinity && x1.sign !== y1.sign) return defaultNaN(env);
    return (x1.isInfinity ? x1.sign : y1.sign) !== 0 ? 0xff800000 : 0x7f800000;
  }
  if (x1.isZero && y1.isZero) return (x1.sign & y1.sign) !== 0 ? 0x80000000 : 0;
  const sum = x1.value + y1.value;
  return roundToOdd(sum, sumError(x1.value, y1.value, sum));
}

/**
 * BFDotAdd: addend + op1a * op2a + op1b * op2b; addend single, the others BFloat16 patterns. With FPCR.EBF == 0 each
 * product and sum is rounded to odd with denormals flushed; with EBF == 1 (FEAT_EBF16) the products are summed with one
 * rounding, then added, both under FPCR. No flags in either case, NaNs are default NaNs.
 */
export function bfDotAdd(
  env: FpEnvironment,
  addend: number,
  op1a: number,
  op1b: number,
  op2a: number,
  op2b: number,
): void {
  if ((env.fpcr & Fpcr.EBF) === 0) {
    const sum = add(env, multiply(env, op1a, op2a), multiply(env, op1b, op2b));
    env.setResult(add(env, addend, sum), 0);
    return;
  }
  const { fpcr, fpsr } = env;
  env.fpcr |= Fpcr.DN;
  dot(env, op1a, op1b, op2a, op2b);
  fpAdd(SINGLE, env, addend, 0, env.lo, 0);
  env.fpcr = fpcr;
  env.fpsr = fpsr;
}

/** FPDot on BFloat16 operands; the flags it sets are discarded by the caller. */
function dot(env: FpEnvironment, op1a: number, op1b: number, op2a: number, op2b: number): void {
  unpack(SINGLE, env, op1a << 16, 0, x1);
  unpack(SINGLE, env, op1b << 16, 0, x2);
  unpack(SINGLE, env, op2a << 16, 0, y1);
  unpack(SINGLE, env, op2b << 16, 0, y2);
  const infinite1 = x1.isInfinity || y1.isInfinity;
  const infinite2 = x2.isInfinity || y2.isInfinity;
  const zero1 = x1.isZero || y1.isZero;
  const zero2 = x2.isZero || y2.isZero;
  const sign1 = x1.sign ^ y1.sign;
  const sign2 = x2.sign ^ y2.sign;
  const anyNaN = x1.isNaN || x2.isNaN || y1.isNaN || y2.isNaN;
  if (anyNaN || (infinite1 && zero1) || (infinite2 && zero2) || (infinite1 && infinite2 && sign1 !== sign2)) {
    setDefaultNaN(SINGLE, env);
  } else if (infinite1 || infinite2) {
    setInfinity(SINGLE, env, infinite1 ? sign1 : sign2);
  } else if (zero1 && zero2 && sign1 === sign2) {
    setZero(SINGLE, env, sign1);
  } else {
    const product1 = x1.value * y1.value;
    const product2 = x2.value * y2.value;
    const sum = product1 + product2;
    if (sum === 0) setZero(SINGLE, env, env.rounding === FpRounding.MinusInfinity ? 1 : 0);
    else roundValue(SINGLE, env, env.rounding, sum, sumError(product1, product2, sum));
  }
}

/**
 * BFMulAddH: single addend + BFloat16 op1 * BFloat16 op2, rounded once. With FPCR.AH: no flags, denormals flushed,
 * round to nearest.
 */
export function bfMulAddH(env: FpEnvironment, addend: number, op1: number, op2: number): void {
  const { fpcr, fpsr } = env;
  const alternate = (fpcr & Fpcr.AH) !== 0;
  if (alternate) env.fpcr = (fpcr | Fpcr.FIZ | Fpcr.FZ) & ~Fpcr.RMODE;
  fpMulAdd(SINGLE, env, addend, 0, op1 << 16, 0, op2 << 16, 0);
  env.fpcr = fpcr;
  if (alternate) env.fpsr = fpsr;
}

/**
 * BFMatMulAdd (BFMMLA): 2x2 single += 2x4 BFloat16 times 4x2 BFloat16. `result` and `addend` hold 4 single patterns,
 * `op1` and `op2` 8 BFloat16 patterns, row by row; `result` may be `addend`.
 */
export function bfMatMulAdd(
  env: FpEnvironment,
  result: Uint32Array,
  addend: Uint32Array,
  op1: Uint16Array,
  op2: Uint16Array,
): void {
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 2; j++) {
      let sum = addend[2 * i + j];
      for (let k = 0; k < 4; k += 2) {
        bfDotAdd(env, sum, op1[4 * i + k], op1[4 * i + k + 1], op2[4 * j + k], op2[4 * j + k + 1]);
        sum = env.lo;
      }
      result[2 * i + j] = sum;
    }
  }
}
