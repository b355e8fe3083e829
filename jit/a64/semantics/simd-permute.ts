/** AdvSIMD permutations and table look-up (Arm ARM, C4.1.97: asimdperm, asimdext, asimdtbl). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, v, vOf } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import { bytesOf, full, fullMask, lanes, range, select, shuffle, splat } from './simd-lanes.js';

/** Which elements the result takes: numbers below `count` are of Vn, the others of Vm. */
type Choice = (i: number, count: number, part: number) => number;
const unzip: Choice = (i, _count, part) => 2 * i + part;
const transpose: Choice = (i, count, part) => (i & ~1) + part + (i & 1 ? count : 0);
const zip: Choice = (i, count, part) => (i >> 1) + (part ? count / 2 : 0) + (i & 1 ? count : 0);

function permute(encoding: string, part: number, choice: Choice): Semantics {
  return semantics(encoding, {
    statics: ['Q', 'size'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      if (f.size === 3 && !f.Q) return e.undefined();
      const count = (f.Q ? 16 : 8) >> f.size;
      const elements = range(count).map((i) => {
        const from = choice(i, count, part);
        return from < count ? from : from - count + (16 >> f.size);
      });
      const result = shuffle(e, e.v(o.n), e.v(o.m), bytesOf(f.size, f.Q ? elements : [...elements, ...elements]));
      if (f.Q) e.setV(o.d, result);
      else e.setD(o.d, e.lane('i64x2.extract_lane', 0, result));
    },
  });
}

/** Table of len + 1 registers from Rn on; indices beyond it give 0. */
function lookUp(e: Emitter, tables: readonly Value[], indices: Value): Value {
  let result: Value | undefined;
  tables.forEach((table, i) => {
    const at = i === 0 ? indices : lanes(e, 0, 'sub', indices, splat(e, 0, BigInt(16 * i)));
    const part = lanes(e, 0, 'swizzle', table, at);
    result = result === undefined ? part : e.or(result, part);
  });
  return result!;
}

function table(encoding: string, keep: boolean): Semantics {
  return semantics(encoding, {
    statics: ['len'],
    operands: {
      d: v('Rd'), m: v('Rm'), q: full,
      t0: v('Rn'), t1: vOf((f) => f.Rn + 1), t2: vOf((f) => f.Rn + 2),
      t3: vOf((f) => f.Rn + 3),
    },
    emit(e, f, o) {
      e.fpAccess();
      const tables = [o.t0, o.t1, o.t2, o.t3].slice(0, f.len + 1).map((t) => e.v(t));
      const indices = e.v(o.m);
      const found = lookUp(e, tables, indices);
      const inside = keep ? lanes(e, 0, 'lt_u', indices, splat(e, 0, BigInt(16 * (f.len + 1)))) : undefined;
      const result = inside === undefined ? found : select(e, inside, found, e.v(o.d));
      e.setV(o.d, e.and(result, fullMask(e, o.q)));
    },
  });
}

export const simdPermuteSemantics: readonly Semantics[] = [
  permute('UZP1_asimdperm', 0, unzip),
  permute('UZP2_asimdperm', 1, unzip),
  permute('TRN1_asimdperm', 0, transpose),
  permute('TRN2_asimdperm', 1, transpose),
  permute('ZIP1_asimdperm', 0, zip),
  permute('ZIP2_asimdperm', 1, zip),
  table('TBL_asimdtbl', false),
  table('TBX_asimdtbl', true),
  semantics('EXT_asimdext', {
    statics: ['Q'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), first: imm16((f) => f.imm4) },
    hot: true,
    emit(e, f, o) {
      e.fpAccess();
      const n = e.v(o.n);
      const m = e.v(o.m);
      const first = lanes(e, 0, 'splat', e.imm(o.first));
      const indices = lanes(e, 0, 'add', e.v128(range(16)), first);
      if (f.Q) {
        const beyond = lanes(e, 0, 'sub', indices, splat(e, 0, 16n));
        e.setV(o.d, e.or(lanes(e, 0, 'swizzle', n, indices), lanes(e, 0, 'swizzle', m, beyond)));
      } else {
        const joined = shuffle(e, n, m, [...range(8), ...range(8).map((i) => i + 16)]);
        e.setD(o.d, e.lane('i64x2.extract_lane', 0, lanes(e, 0, 'swizzle', joined, indices)));
      }
    },
  }),
];
