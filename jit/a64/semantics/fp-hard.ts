/**
 * The host's arithmetic for scalar floating point, where its results are Arm's: FPCR is 0 (round to nearest, no
 * flushing, no default NaN), no NaN, nothing that overflows or is tiny. FPSR.IXC is then the only flag to look after;
 * once it is set, operations need not look at their error. Everything else goes to softfloat.
 */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value, ValueType } from '../../emitter/ir.js';
import type { Operand } from '../../emitter/operand.js';
import { raiseInexact } from './library/fp.js';

export type FloatType = 'f32' | 'f64';
/** Type by ftype or sz: 0 single, 1 double. */
export const floatType = (field: number): FloatType => (field === 0 ? 'f32' : 'f64');

const LEAST_NORMAL = { f32: 2 ** -126, f64: 2 ** -1022 } as const;
/** Sums below this have errors that do not overflow. */
export const LARGE = { f32: 2 ** 124, f64: 2 ** 1020 } as const;

/** A SIMD&FP register's low element. */
export const readFloat = (e: Emitter, o: Operand, t: FloatType): Value =>
  t === 'f32' ? e.op('f32.reinterpret', e.s(o)) : e.op('f64.reinterpret', e.d(o));
export function writeFloat(e: Emitter, o: Operand, a: Value): void {
  if (a.type === 'f32') e.setS(o, e.op('i32.reinterpret', a));
  else e.setD(o, e.op('i64.reinterpret', a));
}
export const floatConstant = (e: Emitter, t: ValueType, n: number): Value => (t === 'f32' ? e.f32(n) : e.f64(n));

/** Default rounding and NaN handling. */
export const plainFpcr = (e: Emitter): Value => e.eqz(e.field32('fpcr'));
export const isNumber = (e: Emitter, a: Value): Value => e.eq(a, a);

/** Sums: everything but what is near overflow; tiny sums are exact. */
export const safeSum = (e: Emitter, r: Value): Value =>
  e.op(`${r.type}.lt`, e.op(`${r.type}.abs`, r), floatConstant(e, r.type, LARGE[r.type as FloatType]));
/** Above the least normal number (which the exact result may be below), and finite. */
export function safeNormal(e: Emitter, r: Value): Value {
  const t = r.type as FloatType;
  const magnitude = e.op(`${t}.abs`, r);
  return e.and(
    e.op(`${t}.gt`, magnitude, floatConstant(e, t, LEAST_NORMAL[t])),
    e.op(`${t}.lt`, magnitude, floatConstant(e, t, Infinity)),
  );
}
/** FPCR is 0 and FPSR.IXC is set: an `ordinary` result is all that there is to an operation. */
export const settled = (e: Emitter): Value =>
  e.eqz(e.or(e.field32('fpcr'), e.and(e.not(e.field32('fpsr')), e.i32(16))));
/** A result that was rounded from a normal number, by its exponent: most are, and this costs less than `safeNormal`. */
export function ordinary(e: Emitter, r: Value): Value {
  const exponent = exponentOf(e, r);
  // the least exponent may be that of a number that was rounded up to it
  return e.op('i32.lt_u', e.sub(exponent, e.i32(2)), e.i32(r.type === 'f32' ? 0xfd : 0x7fd));
}
/** The same of a sum, which may also be zero or tiny: then it is exact. */
export const ordinarySum = (e: Emitter, r: Value): Value =>
  e.op('i32.lt_u', exponentOf(e, r), e.i32(r.type === 'f32' ? 127 + 124 : 1023 + 1020));
/** Biased. */
function exponentOf(e: Emitter, r: Value): Value {
  if (r.type === 'f32') return e.and(e.shrU(e.op('i32.reinterpret', r), e.i32(23)), e.i32(0xff));
  return e.and(e.wrap(e.shrU(e.op('i64.reinterpret', r), e.i64(52))), e.i32(0x7ff));
}
export const isZero = (e: Emitter, a: Value): Value => e.eq(a, floatConstant(e, a.type, 0));

/** Sets FPSR.IXC if the library function says so, unless it is set already. */
export function noteInexact(e: Emitter, test: () => Value): void {
  e.if(e.eqz(e.and(e.field32('fpsr'), e.i32(16))), () => raiseInexact(e, test()));
}

export type Arithmetic = 'add' | 'sub' | 'mul' | 'div';

export interface ArithmeticResult {
  readonly r: Value;
  /** Whether the result can be used when FPCR and FPSR are `settled`, i32: true nearly always. */
  readonly usual: Value;
  /** Whether the result can be used, i32; creates code. */
  readonly safe: () => Value;
  /** Whether it is inexact, i32; creates code. */
  readonly inexact: () => Value;
}

/** A scalar operation. */
export function arithmetic(e: Emitter, op: Arithmetic, n: Value, m: Value): ArithmeticResult {
  const t = n.type as FloatType;
  const r = e.op(`${t}.${op}`, n, m);
  const width = t === 'f32' ? '32' : '64';
  if (op === 'add' || op === 'sub') {
    const second = op === 'add' ? m : e.op(`${t}.neg`, m);
    const safe = (): Value => safeSum(e, r);
    return { r, usual: ordinarySum(e, r), safe, inexact: () => e.call(`fpAddInexact${width}`, 'i32', n, second, r) };
  }
  const name = op === 'mul' ? 'fpMulInexact' : 'fpDivInexact';
  const zero = (): Value => (op === 'mul' ? e.or(isZero(e, n), isZero(e, m)) : isZero(e, n));
  const safe = (): Value => e.or(safeNormal(e, r), e.and(isZero(e, r), zero()));
  return { r, usual: ordinary(e, r), safe, inexact: () => e.call(`${name}${width}`, 'i32', n, m, r) };
}
