/** Building blocks of AdvSIMD integer semantics: operations on vectors of 8, 16, 32 and 64-bit elements. */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, v, type InstructionFields, type Operand, type OperandSpec } from '../../emitter/operand.js';
import { semantics, type Semantics, type Statics } from './define.js';

/** log2 of an element's bytes, 0..3. */
export type Size = number;

const SHAPES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const;
export const shape = (size: Size): string => SHAPES[size];
export const bitsOf = (size: Size): number => 8 << size;

/** A lane-wise operation by the name wasm gives it. */
export const lanes = (e: Emitter, size: Size, name: string, ...args: Value[]): Value =>
  e.op(`${SHAPES[size]}.${name}`, ...args);

export const zero = (e: Emitter): Value => e.v128(new Uint8Array(16));
/** The same constant in every element. */
export function splat(e: Emitter, size: Size, n: bigint): Value {
  const width = BigInt(bitsOf(size));
  const element = BigInt.asUintN(Number(width), n);
  let bits = 0n;
  for (let at = 0n; at < 64n; at += width) bits |= element << at;
  return e.v128Splat64(bits);
}
export const minSigned = (e: Emitter, size: Size): Value => splat(e, size, 1n << BigInt(bitsOf(size) - 1));
export const maxSigned = (e: Emitter, size: Size): Value => splat(e, size, (1n << BigInt(bitsOf(size) - 1)) - 1n);
export const ones = (e: Emitter): Value => e.v128(new Uint8Array(16).fill(255));

export const select = (e: Emitter, mask: Value, a: Value, b: Value): Value => e.op('v128.bitselect', a, b, mask);
/** a AND NOT b. */
export const andNot = (e: Emitter, a: Value, b: Value): Value => e.op('v128.andnot', a, b);
export const shiftLeft = (e: Emitter, size: Size, a: Value, n: number): Value => lanes(e, size, 'shl', a, e.i32(n));
export const shiftRight = (e: Emitter, size: Size, a: Value, n: number, signed: boolean): Value =>
  lanes(e, size, signed ? 'shr_s' : 'shr_u', a, e.i32(n));
export const shuffle = (e: Emitter, a: Value, b: Value, indices: readonly number[]): Value =>
  e.lane('i8x16.shuffle', indices, a, b);

/** Byte indices of the elements numbered `elements`. */
export const bytesOf = (size: Size, elements: readonly number[]): number[] =>
  elements.flatMap((n) => Array.from({ length: 1 << size }, (_, b) => (n << size) + b));
/** 0, 1, ... n-1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** a > b as masks, elements signed or unsigned. */
export function greater(e: Emitter, size: Size, a: Value, b: Value, signed: boolean): Value {
  if (signed) return lanes(e, size, 'gt_s', a, b);
  if (size < 3) return lanes(e, size, 'gt_u', a, b);
  const flip = minSigned(e, 3);
  return lanes(e, 3, 'gt_s', e.xor(a, flip), e.xor(b, flip));
}
/** The sign of every element spread over it. */
export const signMask = (e: Emitter, size: Size, a: Value): Value => shiftRight(e, size, a, bitsOf(size) - 1, true);

export function multiply(e: Emitter, size: Size, a: Value, b: Value): Value {
  if (size > 0) return lanes(e, size, 'mul', a, b);
  const even = lanes(e, 1, 'mul', a, b);
  const odd = lanes(e, 1, 'mul', shiftRight(e, 1, a, 8, false), shiftRight(e, 1, b, 8, false));
  return select(e, splat(e, 1, 0xffn), even, shiftLeft(e, 1, odd, 8));
}

export function absoluteDifference(e: Emitter, size: Size, a: Value, b: Value, signed: boolean): Value {
  const s = signed ? 's' : 'u';
  return lanes(e, size, 'sub', lanes(e, size, `max_${s}`, a, b), lanes(e, size, `min_${s}`, a, b));
}

/** Elements of the lower or upper half, widened to twice the size. `size` is that of the source. */
export function extend(e: Emitter, size: Size, a: Value, high: number, signed: boolean): Value {
  return e.op(`${shape(size + 1)}.extend_${high ? 'high' : 'low'}_${shape(size)}_${signed ? 's' : 'u'}`, a);
}
/** Products of the elements of the lower or upper halves at twice the size. `size` is that of the sources. */
export function multiplyLong(e: Emitter, size: Size, a: Value, b: Value, high: number, signed: boolean): Value {
  return e.op(`${shape(size + 1)}.extmul_${high ? 'high' : 'low'}_${shape(size)}_${signed ? 's' : 'u'}`, a, b);
}
/** Even elements of two vectors, one after the other: truncates elements of twice `size` to `size`. */
export function evenElements(e: Emitter, size: Size, a: Value, b: Value): Value {
  return shuffle(e, a, b, bytesOf(size, range(16 >> size).map((n) => 2 * n)));
}
export function oddElements(e: Emitter, size: Size, a: Value, b: Value): Value {
  return shuffle(e, a, b, bytesOf(size, range(16 >> size).map((n) => 2 * n + 1)));
}

/** Sets FPSR.QC when any bit of `overflow` is set. */
export function setQc(e: Emitter, overflow: Value): void {
  const bit = e.shl(e.op('v128.any_true', overflow), e.i32(27));
  e.setField32('fpsr', e.or(e.field32('fpsr'), bit));
}

/** A result, and a vector that is non-zero when an element was saturated. */
export interface Saturated {
  readonly value: Value;
  readonly overflow: Value;
}

/** The extreme value of the sign of `like`. */
const extreme = (e: Emitter, size: Size, like: Value): Value => e.xor(signMask(e, size, like), maxSigned(e, size));

export function saturatingAdd(e: Emitter, size: Size, a: Value, b: Value, signed: boolean): Saturated {
  const sum = lanes(e, size, 'add', a, b);
  if (!signed) {
    const overflow = greater(e, size, a, sum, false);
    return { value: e.or(sum, overflow), overflow };
  }
  const overflow = signMask(e, size, e.and(e.xor(a, sum), e.xor(b, sum)));
  return { value: select(e, overflow, extreme(e, size, a), sum), overflow };
}
export function saturatingSub(e: Emitter, size: Size, a: Value, b: Value, signed: boolean): Saturated {
  const difference = lanes(e, size, 'sub', a, b);
  if (!signed) {
    const overflow = greater(e, size, b, a, false);
    return { value: andNot(e, difference, overflow), overflow };
  }
  const overflow = signMask(e, size, e.and(e.xor(a, b), e.xor(a, difference)));
  return { value: select(e, overflow, extreme(e, size, a), difference), overflow };
}

export type Narrowing = 'truncate' | 'signed' | 'unsigned' | 'signedToUnsigned';

/** Limits elements of twice `size` to what elements of `size` can hold, still at twice the size. */
export function limit(e: Emitter, size: Size, a: Value, kind: Exclude<Narrowing, 'truncate'>): Saturated {
  const wide = size + 1;
  const w = BigInt(bitsOf(size));
  const high = splat(e, wide, kind === 'signed' ? (1n << (w - 1n)) - 1n : (1n << w) - 1n);
  const isSigned = kind !== 'unsigned';
  const above = greater(e, wide, a, high, isSigned);
  const upper = select(e, above, high, a);
  if (!isSigned) return { value: upper, overflow: above };
  const low = splat(e, wide, kind === 'signed' ? -(1n << (w - 1n)) : 0n);
  const below = greater(e, wide, low, a, true);
  return { value: select(e, below, low, upper), overflow: e.or(above, below) };
}

/** Narrows elements of twice `size` into the lower half of the result. */
export function narrow(e: Emitter, size: Size, a: Value, kind: Narrowing): { value: Value; overflow?: Value } {
  if (kind === 'truncate') return { value: evenElements(e, size, a, a) };
  const { value, overflow } = limit(e, size, a, kind);
  return { value: evenElements(e, size, value, value), overflow };
}

/** Writes the lower half of `value` to the lower half of Vd, clearing the rest, or to the upper half. */
export function setHalf(e: Emitter, d: Operand, value: Value, upper: number): void {
  if (!upper) e.setD(d, e.lane('i64x2.extract_lane', 0, value));
  else e.setV(d, shuffle(e, e.v(d), value, [...range(8), ...range(8).map((n) => n + 16)]));
}

/** Operand that tells a mask of all 128 bits (1) from one of the lower 64 (0). */
export const full: OperandSpec = imm16((f) => f.Q);
export function fullMask(e: Emitter, q: Operand): Value {
  return e.lane('i64x2.replace_lane', 1, ones(e), e.sub(e.i64(0), e.imm64U(q)));
}
/** The lowest element only. */
export function scalarMask(e: Emitter, size: Size): Value {
  return e.v128([...new Array<number>(1 << size).fill(255), ...new Array<number>(16 - (1 << size)).fill(0)]);
}

/** Which elements an instruction works on: a whole vector of 64 or 128 bits, or the lowest element alone. */
export type Form = 'vector' | 'scalar';

/** A V operand that names one element: e.b, e.h, e.s and e.d read it. */
export const vElement = (
  register: (f: InstructionFields) => number,
  size: (f: InstructionFields) => Size,
  index: (f: InstructionFields) => number,
): OperandSpec => ({ kind: 'V', encode: (f) => (register(f) & 31) * 16 + (index(f) << size(f)) });
/** Reads such an operand: i32, or i64 for size 3. */
export function readElement(e: Emitter, o: Operand, size: Size): Value {
  return size === 0 ? e.b(o) : size === 1 ? e.h(o) : size === 2 ? e.s(o) : e.d(o);
}
export const splatValue = (e: Emitter, size: Size, value: Value): Value => lanes(e, size, 'splat', value);

export interface LaneInstruction {
  readonly form?: Form;
  /** Smallest and largest element size of the sources; default 0..3. */
  readonly sizes?: readonly [Size, Size];
  /** The element size; default the field `size`. */
  readonly sizeOf?: (f: InstructionFields) => Size;
  readonly hot?: boolean | ((size: Size) => boolean);
}

/** The element size as a static of its own, limited to the sizes that exist: value 0 is the smallest. */
export function sizeStatic(options: LaneInstruction): {
  computed: Semantics['computed'];
  sizeFrom: (f: Statics) => Size;
  hot: (f: Statics) => boolean;
} {
  const [first, last] = options.sizes ?? [0, 3];
  const of = options.sizeOf ?? ((f: InstructionFields): Size => f.size);
  const sizeFrom = (f: Statics): Size => first + f.element;
  const { hot = false } = options;
  return {
    computed: { element: { values: last - first + 1, of: (f) => Math.min(last, Math.max(first, of(f))) - first } },
    sizeFrom,
    hot: (f) => (typeof hot === 'function' ? hot(sizeFrom(f)) : hot),
  };
}

/** Bits of the registers that take part. */
export const activeMask = (e: Emitter, form: Form, size: Size, q: Operand): Value =>
  form === 'scalar' ? scalarMask(e, size) : fullMask(e, q);

/**
 * Vd = body(Vn, Vm, Vd), element by element. With `saturates` the sources are cleared outside the active elements, so
 * that those cannot saturate, and FPSR.QC is set from the overflow the body reports.
 */
export function threeSame(
  encoding: string,
  body: (e: Emitter, size: Size, n: Value, m: Value, d: () => Value) => Value | Saturated,
  options: LaneInstruction & { saturates?: boolean } = {},
): Semantics {
  const { computed, sizeFrom, hot } = sizeStatic(options);
  const form = options.form ?? 'vector';
  const operands: Record<'d' | 'n' | 'm' | 'q', OperandSpec> = { d: v('Rd'), n: v('Rn'), m: v('Rm'), q: full };
  return semantics(encoding, {
    computed,
    operands: form === 'scalar' ? { ...operands, q: imm16(() => 0) } : operands,
    hot,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const mask = activeMask(e, form, size, o.q);
      const source = (value: Value): Value => (options.saturates ? e.and(value, mask) : value);
      finish(e, o.d, mask, body(e, size, source(e.v(o.n)), source(e.v(o.m)), () => source(e.v(o.d))));
    },
  });
}

/** Vd = body(Vn, Vd), as threeSame. */
export function twoSame(
  encoding: string,
  body: (e: Emitter, size: Size, n: Value, d: () => Value) => Value | Saturated,
  options: LaneInstruction & { saturates?: boolean } = {},
): Semantics {
  const { computed, sizeFrom, hot } = sizeStatic(options);
  const form = options.form ?? 'vector';
  return semantics(encoding, {
    computed,
    operands: { d: v('Rd'), n: v('Rn'), q: form === 'scalar' ? imm16(() => 0) : full },
    hot,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const mask = activeMask(e, form, size, o.q);
      const source = (value: Value): Value => (options.saturates ? e.and(value, mask) : value);
      finish(e, o.d, mask, body(e, size, source(e.v(o.n)), () => source(e.v(o.d))));
    },
  });
}

/** Writes a result, cleared outside the mask, and QC where it was saturated. */
export function finish(e: Emitter, d: Operand, mask: Value, result: Value | Saturated): void {
  if ('overflow' in result) {
    setQc(e, e.and(result.overflow, mask));
    e.setV(d, e.and(result.value, mask));
  } else {
    e.setV(d, e.and(result, mask));
  }
}
