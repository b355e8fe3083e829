/** AdvSIMD shifts by an immediate, vector and scalar (Arm ARM, C4.1.97: asimdshf, asisdshf). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, v, type InstructionFields, type Operand } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  activeMask, andNot, extend, finish, full, lanes, maxSigned, narrow, ones, scalarMask, select, setHalf,
  setQc, signMask, sizeStatic, splat, type Form, type LaneInstruction, type Narrowing, type Saturated, type Size,
} from './simd-lanes.js';

/** The position of immh's highest set bit is log2 of the element's bytes. */
const sizeOf = (f: InstructionFields): Size => 31 - Math.clz32(f.immh);
const immediate = (f: InstructionFields): number => (f.immh << 3) | f.immb;
const leftAmount = (f: InstructionFields): number => immediate(f) - (8 << sizeOf(f));
/** One less than the amount, 0..width-1: wasm takes amounts modulo the width, and rounding needs the last bit out. */
const rightAmountLess1 = (f: InstructionFields): number => (16 << sizeOf(f)) - immediate(f) - 1;

type Body = (e: Emitter, size: Size, n: Value, amount: Value, d: () => Value) => Value | Saturated;

function shift(
  encoding: string, right: boolean, body: Body, options: LaneInstruction & { saturates?: boolean } = {},
): Semantics {
  const form = options.form ?? 'vector';
  const { computed, sizeFrom, hot } = sizeStatic({ ...options, sizeOf });
  return semantics(encoding, {
    computed,
    operands: {
      d: v('Rd'), n: v('Rn'), q: form === 'scalar' ? imm16(() => 0) : full,
      amount: imm16(right ? rightAmountLess1 : leftAmount),
    },
    hot,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const mask = activeMask(e, form, size, o.q);
      const n = options.saturates ? e.and(e.v(o.n), mask) : e.v(o.n);
      finish(e, o.d, mask, body(e, size, n, e.imm(o.amount), () => e.v(o.d)));
    },
  });
}

/** Shift right by amount + 1. */
function shiftRight(e: Emitter, size: Size, n: Value, less1: Value, signed: boolean, round: boolean): Value {
  const op = signed ? 'shr_s' : 'shr_u';
  const before = lanes(e, size, op, n, less1);
  const value = lanes(e, size, op, before, e.i32(1));
  return round ? lanes(e, size, 'add', value, e.and(before, splat(e, size, 1n))) : value;
}

const right = (signed: boolean, round: boolean, accumulate: boolean): Body => (e, size, n, amount, d) => {
  const value = shiftRight(e, size, n, amount, signed, round);
  return accumulate ? lanes(e, size, 'add', d(), value) : value;
};

const insertRight: Body = (e, size, n, amount, d) =>
  select(e, shiftRight(e, size, ones(e), amount, false, false), shiftRight(e, size, n, amount, false, false), d());
const insertLeft: Body = (e, size, n, amount, d) =>
  select(e, lanes(e, size, 'shl', ones(e), amount), lanes(e, size, 'shl', n, amount), d());

/** SQSHL, UQSHL, and SQSHLU, whose source is signed and result unsigned. */
const saturatingLeft = (kind: 'signed' | 'unsigned' | 'signedToUnsigned'): Body => (e, size, n, amount) => {
  const moved = lanes(e, size, 'shl', n, amount);
  const back = lanes(e, size, kind === 'signed' ? 'shr_s' : 'shr_u', moved, amount);
  const lost = e.not(lanes(e, size, 'eq', back, n));
  if (kind === 'unsigned') return { value: e.or(moved, lost), overflow: lost };
  const negative = signMask(e, size, n);
  if (kind === 'signed') {
    return { value: select(e, lost, e.xor(negative, maxSigned(e, size)), moved), overflow: lost };
  }
  return { value: andNot(e, e.or(moved, lost), negative), overflow: e.or(lost, negative) };
};

/** Narrowing shifts right; `size` is that of the result. */
function shiftNarrow(encoding: string, form: Form, signed: boolean, round: boolean, kind: Narrowing): Semantics {
  const { computed, sizeFrom } = sizeStatic({ sizes: [0, 2], sizeOf });
  return semantics(encoding, {
    statics: form === 'vector' ? ['Q'] : [],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), amount: imm16(rightAmountLess1) },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const n = form === 'scalar' ? e.and(e.v(o.n), scalarMask(e, size + 1)) : e.v(o.n);
      const shifted = shiftRight(e, size + 1, n, e.imm(o.amount), signed, round);
      writeNarrow(e, o.d, narrow(e, size, shifted, kind), form, size, f.Q);
    },
  });
}
/** Writes a narrowed result: half a register, or one element. */
export function writeNarrow(
  e: Emitter, d: Operand, result: { value: Value; overflow?: Value }, form: Form, size: Size, upper: number,
): void {
  if (result.overflow) setQc(e, result.overflow);
  if (form === 'scalar') e.setV(d, e.and(result.value, scalarMask(e, size)));
  else setHalf(e, d, result.value, upper);
}

const shiftLong = (encoding: string, signed: boolean): Semantics => {
  const { computed, sizeFrom } = sizeStatic({ sizes: [0, 2], sizeOf });
  return semantics(encoding, {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), amount: imm16(leftAmount) },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      e.setV(o.d, lanes(e, size + 1, 'shl', extend(e, size, e.v(o.n), f.Q, signed), e.imm(o.amount)));
    },
  });
};

function family(suffix: string, form: Form): Semantics[] {
  const wide = form === 'scalar' ? ({ form, sizes: [3, 3] } as const) : ({ form } as const);
  const any = { form, saturates: true } as const;
  const list: Semantics[] = [];
  for (const [s, signed] of [['S', true], ['U', false]] as const) {
    for (const round of [false, true]) {
      const r = round ? 'R' : '';
      const hot = (size: Size): boolean => form === 'vector' && !signed && !round && size >= 2;
      list.push(shift(`${s}${r}SHR_${suffix}`, true, right(signed, round, false), { ...wide, hot }));
      list.push(shift(`${s}${r}SRA_${suffix}`, true, right(signed, round, true), wide));
      list.push(shiftNarrow(`${s}Q${r}SHRN_${suffix}`, form, signed, round, signed ? 'signed' : 'unsigned'));
    }
    list.push(shift(`${s}QSHL_${suffix}`, false, saturatingLeft(signed ? 'signed' : 'unsigned'), any));
  }
  return [
    ...list,
    shift(`SHL_${suffix}`, false, (e, size, n, amount) => lanes(e, size, 'shl', n, amount),
      { ...wide, hot: (size) => form === 'vector' && size >= 2 }),
    shift(`SRI_${suffix}`, true, insertRight, wide),
    shift(`SLI_${suffix}`, false, insertLeft, wide),
    shift(`SQSHLU_${suffix}`, false, saturatingLeft('signedToUnsigned'), any),
    shiftNarrow(`SQSHRUN_${suffix}`, form, true, false, 'signedToUnsigned'),
    shiftNarrow(`SQRSHRUN_${suffix}`, form, true, true, 'signedToUnsigned'),
  ];
}

export const simdShiftSemantics: readonly Semantics[] = [
  ...family('asimdshf', 'vector'),
  ...family('asisdshf', 'scalar'),
  { ...shiftNarrow('SHRN_asimdshf', 'vector', false, false, 'truncate'), hot: (f) => f.element === 0 && f.Q === 0 },
  shiftNarrow('RSHRN_asimdshf', 'vector', false, true, 'truncate'),
  shiftLong('SSHLL_asimdshf', true),
  shiftLong('USHLL_asimdshf', false),
];
