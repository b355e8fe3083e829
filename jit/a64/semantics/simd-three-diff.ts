/** AdvSIMD integer operations whose operands differ in size (Arm ARM, C4.1.97: asimddiff, asisddiff). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { v } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  absoluteDifference, extend, finish, lanes, multiplyLong, oddElements, ones, saturatingAdd, saturatingSub, scalarMask,
  setHalf, shiftLeft, signMask, sizeStatic, splat, zero, type Saturated, type Size,
} from './simd-lanes.js';

export type LongBody = (e: Emitter, size: Size, n: Value, m: Value, d: () => Value, high: number) => Value | Saturated;

export type LongAccumulation = 'none' | 'add' | 'subtract';

/** SMULL, UMULL, SMLAL and so on. */
export const multiplyAccumulateLong = (signed: boolean, accumulate: LongAccumulation): LongBody =>
  (e, size, n, m, d, high) => {
    const product = multiplyLong(e, size, n, m, high, signed);
    if (accumulate === 'none') return product;
    return lanes(e, size + 1, accumulate === 'add' ? 'add' : 'sub', d(), product);
  };

/** SQDMULL, SQDMLAL, SQDMLSL: doubling saturates, and so does the accumulation. */
export const doublingMultiplyLong = (accumulate: LongAccumulation): LongBody => (e, size, n, m, d, high) => {
  const wide = size + 1;
  const product = multiplyLong(e, size, n, m, high, true);
  const doubled = saturatingAdd(e, wide, product, product, true);
  if (accumulate === 'none') return doubled;
  const result = accumulate === 'add'
    ? saturatingAdd(e, wide, d(), doubled.value, true)
    : saturatingSub(e, wide, d(), doubled.value, true);
  return { value: result.value, overflow: e.or(result.overflow, doubled.overflow) };
};

/** Vd at twice the size of Vm, from the lower or (Q) upper half. */
export function long(encoding: string, body: LongBody, sizes: readonly [Size, Size] = [0, 2]): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes });
  return semantics(encoding, {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      finish(e, o.d, ones(e), body(e, sizeFrom(f), e.v(o.n), e.v(o.m), () => e.v(o.d), f.Q));
    },
  });
}

function longScalar(encoding: string, body: LongBody): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes: [1, 2] });
  return semantics(encoding, {
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const mask = scalarMask(e, size + 1);
      finish(e, o.d, mask, body(e, size, e.v(o.n), e.v(o.m), () => e.v(o.d), 0));
    },
  });
}

/** High halves of sums or differences at twice the size. */
function highNarrow(encoding: string, op: 'add' | 'sub', round: boolean): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes: [0, 2] });
  return semantics(encoding, {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const wide = size + 1;
      const sum = lanes(e, wide, op, e.v(o.n), e.v(o.m));
      const half = splat(e, wide, 1n << BigInt((8 << size) - 1));
      const rounded = round ? lanes(e, wide, 'add', sum, half) : sum;
      setHalf(e, o.d, oddElements(e, size, rounded, rounded), f.Q);
    },
  });
}

const addSub = (op: 'add' | 'sub', signed: boolean, wideFirst: boolean): LongBody => (e, size, n, m, _d, high) =>
  lanes(e, size + 1, op, wideFirst ? n : extend(e, size, n, high, signed), extend(e, size, m, high, signed));

const differenceLong = (signed: boolean, accumulate: boolean): LongBody => (e, size, n, m, d, high) => {
  // the difference is below 2^width whatever the sign, so it widens as an unsigned number
  const difference = extend(e, size, absoluteDifference(e, size, n, m, signed), high, false);
  return accumulate ? lanes(e, size + 1, 'add', d(), difference) : difference;
};

/** Carry-less products of bytes, 16 bits each. */
const polynomialLong = (e: Emitter, n: Value, m: Value, high: number): Value => {
  const a = extend(e, 0, n, high, false);
  const b = extend(e, 0, m, high, false);
  let result = zero(e);
  for (let bit = 0; bit < 8; bit++) {
    const chosen = signMask(e, 1, shiftLeft(e, 1, b, 15 - bit));
    result = e.xor(result, e.and(shiftLeft(e, 1, a, bit), chosen));
  }
  return result;
};

const halfOrWord = [1, 2] as const;
const forms: readonly (readonly [string, (encoding: string, body: LongBody) => Semantics])[] = [
  ['asimddiff', (encoding, body) => long(encoding, body, halfOrWord)],
  ['asisddiff', longScalar],
];
const doubling = forms.flatMap(([suffix, make]) => [
  make(`SQDMULL_${suffix}`, doublingMultiplyLong('none')),
  make(`SQDMLAL_${suffix}`, doublingMultiplyLong('add')),
  make(`SQDMLSL_${suffix}`, doublingMultiplyLong('subtract')),
]);

const bySign = ([['S', true], ['U', false]] as const).flatMap(([s, signed]) => [
  long(`${s}ADDL_asimddiff`, addSub('add', signed, false)),
  long(`${s}ADDW_asimddiff`, addSub('add', signed, true)),
  long(`${s}SUBL_asimddiff`, addSub('sub', signed, false)),
  long(`${s}SUBW_asimddiff`, addSub('sub', signed, true)),
  long(`${s}ABAL_asimddiff`, differenceLong(signed, true)),
  long(`${s}ABDL_asimddiff`, differenceLong(signed, false)),
  long(`${s}MLAL_asimddiff`, multiplyAccumulateLong(signed, 'add')),
  long(`${s}MLSL_asimddiff`, multiplyAccumulateLong(signed, 'subtract')),
  long(`${s}MULL_asimddiff`, multiplyAccumulateLong(signed, 'none')),
]);

export const simdThreeDifferentSemantics: readonly Semantics[] = [
  ...bySign,
  ...doubling,
  highNarrow('ADDHN_asimddiff', 'add', false),
  highNarrow('RADDHN_asimddiff', 'add', true),
  highNarrow('SUBHN_asimddiff', 'sub', false),
  highNarrow('RSUBHN_asimddiff', 'sub', true),
  semantics('PMULL_asimddiff', {
    statics: ['Q'],
    computed: { wide: { values: 2, of: (f) => (f.size === 3 ? 1 : 0) } },
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const n = e.v(o.n);
      const m = e.v(o.m);
      if (f.wide) {
        const half = (a: Value): Value => e.lane('i64x2.extract_lane', f.Q, a);
        e.setV(o.d, e.call('carrylessMultiply64', 'v128', half(n), half(m)));
      } else {
        e.setV(o.d, polynomialLong(e, n, m, f.Q));
      }
    },
  }),
];
