/** Branches (Arm ARM, C4.1.93: conditional, compare, test, immediate, register). Pointer-authenticating ones are in pauth.ts. */
import { imm16, imm32, imm64, x, xOf, type InstructionFields } from '../../emitter/operand.js';
import { conditionMask, type Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { nearStatic, semantics, type Semantics } from './define.js';

const displacement = (field: string, width: number) => (f: InstructionFields): number =>
  ((f[field] << (32 - width)) >> (32 - width)) * 4;
const imm19 = displacement('imm19', 19);
const imm26 = displacement('imm26', 26);
const imm14 = displacement('imm14', 14);
const imm9 = displacement('imm9', 9);

function conditionalBranch(encoding: string): Semantics {
  return semantics(encoding, {
    computed: nearStatic(imm19),
    operands: { offset: imm64(imm19), cond: imm32((f) => conditionMask(f.cond)) },
    hot: true,
    emit: (e, f, o) => e.if(e.condition(o.cond), () => e.branch(o.offset, f.near === 1)),
  });
}

function compareZero(encoding: string, taken: (e: Emitter, v: Value) => Value): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    computed: nearStatic(imm19),
    operands: { offset: imm64(imm19), t: x('Rt') },
    hot: true,
    emit: (e, f, o) => e.if(taken(e, e.reg(o.t, f.sf)), () => e.branch(o.offset, f.near === 1)),
  });
}

function testBit(encoding: string, branchIfSet: boolean): Semantics {
  return semantics(encoding, {
    computed: nearStatic(imm14),
    operands: { offset: imm64(imm14), t: x('Rt'), bit: imm16((f) => (f.b5 << 5) | f.b40) },
    hot: true,
    emit(e, f, o) {
      const bit = e.and(e.wrap(e.shrU(e.x(o.t), e.imm64U(o.bit))), e.i32(1));
      e.if(branchIfSet ? bit : e.eqz(bit), () => e.branch(o.offset, f.near === 1));
    },
  });
}

const COMPARISONS = ['gt_s', 'ge_s', 'gt_u', 'ge_u', '', '', 'eq', 'ne'];
const IMMEDIATE_COMPARISONS = ['gt_s', 'lt_s', 'gt_u', 'lt_u', '', '', 'eq', 'ne'];

function compareBranch(encoding: string, width: 8 | 16 | 'sf', immediate: boolean): Semantics {
  const names = immediate ? IMMEDIATE_COMPARISONS : COMPARISONS;
  return semantics(encoding, {
    statics: width === 'sf' ? ['sf', 'cc'] : ['cc'],
    computed: nearStatic(imm9),
    operands: { offset: imm64(imm9), t: x('Rt'), m: immediate ? imm16((f) => f.imm6) : x('Rm') },
    emit(e, f, o) {
      const comparison = names[f.cc];
      if (comparison === '') return e.undefined();
      const wide = width === 'sf' && f.sf === 1;
      const narrow = (v: Value): Value => {
        if (width === 'sf') return v;
        if (/_s$/.test(comparison)) return e.op(`i32.extend${width}_s`, v);
        return e.and(v, e.i32((1 << width) - 1));
      };
      const a = narrow(e.reg(o.t, wide ? 1 : 0));
      const b = !immediate ? narrow(e.reg(o.m, wide ? 1 : 0)) : wide ? e.imm64U(o.m) : e.imm(o.m);
      e.if(e.op(`${wide ? 'i64' : 'i32'}.${comparison}`, a, b), () => e.branch(o.offset, f.near === 1));
    },
  });
}

const link = xOf(() => 30, 'destination');
/** BTYPE after BR: 3 unless the target register is X16 or X17 (then 1); 3 becomes 1 where the branch is not in a guarded page. */
const brType = { through: { values: 2, of: (f: InstructionFields) => (f.Rn === 16 || f.Rn === 17 ? 1 : 0) } };

export const branchSemantics: readonly Semantics[] = [
  conditionalBranch('B_cond'),
  conditionalBranch('BC_cond'),
  compareZero('CBZ', (e, v) => e.eqz(v)),
  compareZero('CBNZ', (e, v) => e.ne(v, e.constant(v.type, 0))),
  testBit('TBZ', false),
  testBit('TBNZ', true),
  compareBranch('CB_cc_reg', 'sf', false),
  compareBranch('CBB_cc', 8, false),
  compareBranch('CBH_cc', 16, false),
  compareBranch('CB_cc_imm', 'sf', true),
  semantics('B', {
    computed: nearStatic(imm26),
    operands: { offset: imm64(imm26) },
    hot: true,
    emit: (e, f, o) => e.branch(o.offset, f.near === 1),
  }),
  semantics('BL', {
    computed: nearStatic(imm26),
    operands: { offset: imm64(imm26), link },
    hot: true,
    emit(e, f, o) {
      e.setX(o.link, e.add(e.pc(), e.i64(4)));
      e.branch(o.offset, f.near === 1);
    },
  }),
  semantics('BR', {
    computed: brType,
    operands: { n: x('Rn') },
    hot: true,
    emit: (e, f, o) => e.branchTo(e.x(o.n), f.through ? 1 : 3),
  }),
  semantics('BLR', {
    operands: { n: x('Rn'), link },
    hot: true,
    emit(e, _f, o) {
      const target = e.x(o.n);
      e.setX(o.link, e.add(e.pc(), e.i64(4)));
      e.branchTo(target, 2);
    },
  }),
  semantics('RET', { operands: { n: x('Rn') }, hot: true, emit: (e, _f, o) => e.branchTo(e.x(o.n), 0) }),
];

