/** AdvSIMD integer multiplications by one element, vector and scalar (Arm ARM, C4.1.97: asimdelem, asisdelem). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, v, type InstructionFields, type OperandSpec } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  activeMask, finish, full, lanes, multiply, ones, readElement, scalarMask, sizeStatic, splatValue, vElement,
  type Form, type Saturated, type Size,
} from './simd-lanes.js';
import {
  doublingMultiplyLong, multiplyAccumulateLong, type LongAccumulation, type LongBody,
} from './simd-three-diff.js';
import { doublingMultiplyHigh, roundingDoublingAccumulate } from './simd-three-same.js';

/** Halfwords: index H:L:M of V0..V15; words: index H:L of any register, M:Rm. */
export const elementOperand: OperandSpec = vElement(
  (f: InstructionFields) => (f.size === 1 ? f.Rm : (f.M << 4) | f.Rm),
  (f) => f.size,
  (f) => (f.size === 1 ? (f.H << 2) | (f.L << 1) | f.M : (f.H << 1) | f.L),
);
const sizes = [1, 2] as const;

type Body = (e: Emitter, size: Size, n: Value, m: Value, d: () => Value) => Value | Saturated;

/** Result of the sources' size. */
function same(encoding: string, form: Form, body: Body): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes });
  return semantics(encoding, {
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: elementOperand, q: form === 'scalar' ? imm16(() => 0) : full },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const mask = activeMask(e, form, size, o.q);
      const m = splatValue(e, size, readElement(e, o.m, size));
      finish(e, o.d, mask, body(e, size, e.v(o.n), m, () => e.v(o.d)));
    },
  });
}

/** Result of twice the sources' size. */
function long(encoding: string, form: Form, body: LongBody): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes });
  return semantics(encoding, {
    statics: form === 'vector' ? ['Q'] : [],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: elementOperand },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const m = splatValue(e, size, readElement(e, o.m, size));
      const mask = form === 'scalar' ? scalarMask(e, size + 1) : ones(e);
      finish(e, o.d, mask, body(e, size, e.v(o.n), m, () => e.v(o.d), form === 'vector' ? f.Q : 0));
    },
  });
}

const accumulations: readonly (readonly [string, LongAccumulation])[] = [
  ['MULL', 'none'], ['MLAL', 'add'], ['MLSL', 'subtract'],
];

const families = ([['asimdelem', 'vector'], ['asisdelem', 'scalar']] as const).flatMap(([suffix, form]) => [
  ...accumulations.map(([name, kind]) => long(`SQD${name}_${suffix}`, form, doublingMultiplyLong(kind))),
  same(`SQDMULH_${suffix}`, form, (e, size, n, m) => doublingMultiplyHigh(e, size, n, m, false)),
  same(`SQRDMULH_${suffix}`, form, (e, size, n, m) => doublingMultiplyHigh(e, size, n, m, true)),
  same(`SQRDMLAH_${suffix}`, form, (e, size, n, m, d) => roundingDoublingAccumulate(e, size, n, m, d(), false)),
  same(`SQRDMLSH_${suffix}`, form, (e, size, n, m, d) => roundingDoublingAccumulate(e, size, n, m, d(), true)),
]);

export const simdElementSemantics: readonly Semantics[] = [
  ...families,
  ...accumulations.flatMap(([name, kind]) => [
    long(`S${name}_asimdelem`, 'vector', multiplyAccumulateLong(true, kind)),
    long(`U${name}_asimdelem`, 'vector', multiplyAccumulateLong(false, kind)),
  ]),
  same('MUL_asimdelem', 'vector', multiply),
  same('MLA_asimdelem', 'vector', (e, size, n, m, d) => lanes(e, size, 'add', d(), multiply(e, size, n, m))),
  same('MLS_asimdelem', 'vector', (e, size, n, m, d) => lanes(e, size, 'sub', d(), multiply(e, size, n, m))),
];
