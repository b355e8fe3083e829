/** AdvSIMD integer reductions across a vector (Arm ARM, C4.1.97: asimdall). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { v } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import { lanes, range, scalarMask, shuffle, sizeStatic, type Size } from './simd-lanes.js';
import { addPairs } from './simd-two-reg.js';

/** The first `count` elements combined into the lowest one, halving each time. */
function reduce(e: Emitter, size: Size, n: Value, count: number, op: string): Value {
  let value = n;
  for (let half = count / 2; half >= 1; half /= 2) {
    const by = half << size;
    const moved = shuffle(e, value, value, range(16).map((i) => (i + by) & 15));
    value = lanes(e, size, op, value, moved);
  }
  return value;
}

type Body = (e: Emitter, size: Size, n: Value, count: number) => Value;

/** `resultLarger`: log2 of the result's size relative to an element. */
function across(encoding: string, resultLarger: number, hot: boolean, body: Body): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes: [0, 2] });
  return semantics(encoding, {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn') },
    hot: (f) => hot && f.Q === 1 && f.element === 0,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      if (size === 2 && !f.Q) return e.undefined();
      const result = body(e, size, e.v(o.n), (f.Q ? 16 : 8) >> size);
      e.setV(o.d, e.and(result, scalarMask(e, size + resultLarger)));
    },
  });
}
const plain = (encoding: string, op: string, hot = false): Semantics =>
  across(encoding, 0, hot, (e, size, n, count) => reduce(e, size, n, count, op));
const long = (encoding: string, signed: boolean): Semantics =>
  across(encoding, 1, false, (e, size, n, count) =>
    reduce(e, size + 1, addPairs(e, size, n, signed), count / 2, 'add'));

export const simdAcrossSemantics: readonly Semantics[] = [
  plain('SMAXV_asimdall', 'max_s'),
  plain('SMINV_asimdall', 'min_s'),
  plain('UMAXV_asimdall', 'max_u', true),
  plain('UMINV_asimdall', 'min_u'),
  plain('ADDV_asimdall', 'add', true),
  long('SADDLV_asimdall', true),
  long('UADDLV_asimdall', false),
];
