/** AdvSIMD dot products and matrix products of bytes (Arm ARM, C7.2 SDOT, USDOT, SMMLA and the like). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { v, type OperandSpec } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import { evenElements, extend, full, fullMask, lanes, oddElements, splatValue, vElement } from './simd-lanes.js';

type Signs = readonly [n: boolean, m: boolean];
const SS: Signs = [true, true];
const UU: Signs = [false, false];
const US: Signs = [false, true];
const SU: Signs = [true, false];

/** Adjacent words added: those of `a`, then those of `b`. */
const addAdjacent = (e: Emitter, a: Value, b: Value): Value =>
  lanes(e, 2, 'add', evenElements(e, 2, a, b), oddElements(e, 2, a, b));

/** Sums of the products of four bytes each; bytes fit a signed halfword whatever their sign. */
function dot(e: Emitter, n: Value, m: Value, [nSigned, mSigned]: Signs): Value {
  const half = (high: number): Value =>
    lanes(e, 2, 'dot_i16x8_s', extend(e, 0, n, high, nSigned), extend(e, 0, m, high, mSigned));
  return addAdjacent(e, half(0), half(1));
}

function dotProduct(encoding: string, signs: Signs, m: OperandSpec, byElement: boolean): Semantics {
  return semantics(encoding, {
    operands: { d: v('Rd'), n: v('Rn'), m, q: full },
    emit(e, _f, o) {
      e.fpAccess();
      const second = byElement ? splatValue(e, 2, e.s(o.m)) : e.v(o.m);
      const sum = lanes(e, 2, 'add', e.v(o.d), dot(e, e.v(o.n), second, signs));
      e.setV(o.d, e.and(sum, fullMask(e, o.q)));
    },
  });
}
const vector = (encoding: string, signs: Signs): Semantics => dotProduct(encoding, signs, v('Rm'), false);
/** Index H:L names four bytes of M:Rm. */
const quad = vElement((f) => (f.M << 4) | f.Rm, () => 2, (f) => (f.H << 1) | f.L);
const element = (encoding: string, signs: Signs): Semantics => dotProduct(encoding, signs, quad, true);

/** 2x2 words += 2x8 bytes of Vn times 8x2 bytes of Vm, whose rows are its columns. */
function matrix(encoding: string, [nSigned, mSigned]: Signs): Semantics {
  return semantics(encoding, {
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, _f, o) {
      e.fpAccess();
      const n = e.v(o.n);
      const m = e.v(o.m);
      const columns = [0, 1].map((j) => extend(e, 0, m, j, mSigned));
      const [first, second] = [0, 1].map((i) => {
        const row = extend(e, 0, n, i, nSigned);
        const sums = columns.map((column) => lanes(e, 2, 'dot_i16x8_s', row, column));
        return addAdjacent(e, sums[0], sums[1]);
      });
      e.setV(o.d, lanes(e, 2, 'add', e.v(o.d), addAdjacent(e, first, second)));
    },
  });
}

export const simdDotProductSemantics: readonly Semantics[] = [
  vector('SDOT_asimdsame2', SS),
  vector('UDOT_asimdsame2', UU),
  vector('USDOT_asimdsame2', US),
  element('SDOT_asimdelem', SS),
  element('UDOT_asimdelem', UU),
  element('USDOT_asimdelem', US),
  element('SUDOT_asimdelem', SU),
  matrix('SMMLA_asimdsame2', SS),
  matrix('UMMLA_asimdsame2', UU),
  matrix('USMMLA_asimdsame2', US),
];
