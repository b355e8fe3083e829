/**
 * Floating point by the host's arithmetic. The inexact functions tell whether a result that is known to be rounded from
 * a normal exact result differs from it; the fused functions give NaN when softfloat must do the operation.
 */
import type { Emitter } from '../../../emitter/emitter.js';
import type { Value, ValueType } from '../../../emitter/ir.js';
import type { LibraryFunction } from '../../../emitter/library-function.js';

/** FPSR.IXC. */
const IXC = 16;

/** Accumulates FPSR.IXC when the i32 is non-zero. */
export function raiseInexact(e: Emitter, inexact: Value): void {
  e.if(inexact, () => e.setField32('fpsr', e.or(e.field32('fpsr'), e.i32(IXC))));
}

/** sum = fl(a + b); gives a + b - sum, exact unless it overflows (Knuth, TAOCP 2, 4.2.2). */
function sumError(e: Emitter, a: Value, b: Value, sum: Value): Value {
  const bVirtual = e.sub(sum, a);
  return e.add(e.sub(a, e.sub(sum, bVirtual)), e.sub(b, bVirtual));
}

const bitsOf = (e: Emitter, a: Value): Value => e.op('i64.reinterpret', a);

/** Significand of a double without its trailing zeros; 0 for zero. */
function oddSignificand(e: Emitter, a: Value): Value {
  const bits = bitsOf(e, a);
  const fraction = e.and(bits, e.i64((1n << 52n) - 1n));
  const normal = e.op('i64.ne', e.and(bits, e.i64(0x7ffn << 52n)), e.i64(0));
  const significand = e.or(fraction, e.shl(e.extendU(normal), e.i64(52)));
  return e.shrU(significand, e.op('i64.ctz', significand));
}

/** Whether two odd significands multiply to more than 54 bits: then the product has more than 53. */
const tooLong = (e: Emitter, a: Value, b: Value): Value =>
  e.op('i64.lt_u', e.add(e.op('i64.clz', a), e.op('i64.clz', b)), e.i64(128 - 54));

const f = (
  name: string,
  parameters: readonly ValueType[],
  result: ValueType,
  emit: LibraryFunction['emit'],
): LibraryFunction => ({ name, parameters, result, emit });

const wide = (e: Emitter, a: Value): Value => e.op('f64.promote', a);

const EXPONENT_MASK = 0x7ffn << 52n;

/** |a| in 2^-400 .. 2^401. */
function moderate(e: Emitter, a: Value): Value {
  const field = e.and(bitsOf(e, a), e.i64(EXPONENT_MASK));
  return e.op('i64.lt_u', e.sub(field, e.i64(BigInt(1023 - 400) << 52n)), e.i64(800n << 52n));
}

/** a rounded to odd, given the sign of what it lacks; a is not zero unless error is. */
function toOdd(e: Emitter, a: Value, error: Value): Value {
  const bits = bitsOf(e, a);
  const away = e.op('i64.ge_s', e.xor(bits, bitsOf(e, error)), e.i64(0));
  const even = e.eqz(e.and(bits, e.i64(1)));
  const changed = e.and(e.op('f64.ne', error, e.f64(0)), even);
  const step = e.select(away, e.i64(1), e.i64(-1));
  return e.op('f64.reinterpret', e.add(bits, e.select(changed, step, e.i64(0))));
}

/** The high half of Veltkamp's split. */
function high(e: Emitter, a: Value): Value {
  const t = e.mul(a, e.f64(134217729));
  return e.sub(t, e.sub(t, a));
}

/** a * b - product, exact for moderate operands (Dekker 1971). */
function productError(e: Emitter, a: Value, b: Value, product: Value): Value {
  const ah = high(e, a);
  const al = e.sub(a, ah);
  const bh = high(e, b);
  const bl = e.sub(b, bh);
  const rest = e.sub(e.sub(e.sub(product, e.mul(ah, bh)), e.mul(al, bh)), e.mul(ah, bl));
  return e.sub(e.mul(al, bl), rest);
}

/** n * m + a rounded to nearest (Boldo and Melquiond 2008); NaN unless FPCR is 0 and the operands are moderate. */
function fused64(e: Emitter, n: Value, m: Value, a: Value): Value {
  const result = e.variable(e.f64(NaN));
  const addend = e.or(moderate(e, a), e.op('f64.eq', a, e.f64(0)));
  const usable = e.and(e.and(moderate(e, n), moderate(e, m)), e.and(addend, e.eqz(e.field32('fpcr'))));
  e.if(usable, () => {
    const product = e.mul(n, m);
    const low = productError(e, n, m, product);
    const inner = e.add(a, low);
    const innerError = sumError(e, a, low, inner);
    const outer = e.add(product, inner);
    const outerError = sumError(e, product, inner, outer);
    const tail = e.add(innerError, outerError);
    const odd = toOdd(e, tail, sumError(e, innerError, outerError, tail));
    const sum = e.add(outer, odd);
    e.set(result, sum);
    raiseInexact(e, e.op('f64.ne', sumError(e, outer, odd, sum), e.f64(0)));
  });
  return e.get(result);
}

/** n * m + a in single precision: the product is exact in double, the sum rounded to odd, then to single. */
function fused32(e: Emitter, n: Value, m: Value, a: Value): Value {
  const result = e.variable(e.f32(NaN));
  const product = e.mul(wide(e, n), wide(e, m));
  const addend = wide(e, a);
  const sum = e.add(product, addend);
  const error = sumError(e, product, addend, sum);
  const odd = toOdd(e, sum, error);
  const rounded = e.op('f32.demote', odd);
  const magnitude = e.op('f32.abs', rounded);
  const normal = e.and(
    e.op('f32.gt', magnitude, e.f32(2 ** -126)),
    e.op('f32.lt', magnitude, e.f32(Infinity)),
  );
  const usable = e.and(e.or(normal, e.op('f64.eq', odd, e.f64(0))), e.eqz(e.field32('fpcr')));
  e.if(usable, () => {
    e.set(result, rounded);
    const inexact = e.or(e.op('f64.ne', error, e.f64(0)), e.op('f64.ne', wide(e, rounded), odd));
    raiseInexact(e, inexact);
  });
  return e.get(result);
}

/** Significant bits of an integer: 64 less the leading and trailing zeros of its magnitude. */
function integerBits(e: Emitter, magnitude: Value): Value {
  const odd = e.shrU(magnitude, e.op('i64.ctz', magnitude));
  return e.wrap(e.sub(e.i64(64), e.op('i64.clz', odd)));
}

export const fpLibrary: readonly LibraryFunction[] = [
  f('fpAddInexact64', ['f64', 'f64', 'f64'], 'i32', (e, a, b, r) => e.op('f64.ne', sumError(e, a, b, r), e.f64(0))),
  f('fpAddInexact32', ['f32', 'f32', 'f32'], 'i32', (e, a, b, r) => e.op('f32.ne', sumError(e, a, b, r), e.f32(0))),
  f('fpMulInexact64', ['f64', 'f64', 'f64'], 'i32', (e, a, b) => {
    const oa = oddSignificand(e, a);
    const ob = oddSignificand(e, b);
    const carries = e.op('i64.ge_u', e.mul(oa, ob), e.i64(1n << 53n));
    return e.or(tooLong(e, oa, ob), carries);
  }),
  f('fpMulInexact32', ['f32', 'f32', 'f32'], 'i32', (e, a, b, r) =>
    e.op('f64.ne', e.mul(wide(e, a), wide(e, b)), wide(e, r))),
  f('fpDivInexact64', ['f64', 'f64', 'f64'], 'i32', (e, a, b, q) => {
    const oq = oddSignificand(e, q);
    const ob = oddSignificand(e, b);
    return e.or(tooLong(e, oq, ob), e.ne(e.mul(oq, ob), oddSignificand(e, a)));
  }),
  f('fpDivInexact32', ['f32', 'f32', 'f32'], 'i32', (e, a, b, q) =>
    e.op('f64.ne', e.mul(wide(e, q), wide(e, b)), wide(e, a))),
  f('fpSqrtInexact64', ['f64', 'f64'], 'i32', (e, a, q) => {
    const oq = oddSignificand(e, q);
    return e.or(tooLong(e, oq, oq), e.ne(e.mul(oq, oq), oddSignificand(e, a)));
  }),
  f('fpSqrtInexact32', ['f32', 'f32'], 'i32', (e, a, q) =>
    e.op('f64.ne', e.mul(wide(e, q), wide(e, q)), wide(e, a))),
  f('fpFused64', ['f64', 'f64', 'f64'], 'f64', fused64),
  f('fpFused32', ['f32', 'f32', 'f32'], 'f32', fused32),
  f('fpIntegerBits', ['i64'], 'i32', integerBits),
];
