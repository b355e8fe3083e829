/** Add and subtract: immediate, shifted register, extended register, with carry (Arm ARM, C4.1.92 and C4.1.94). */
import { imm32, imm64, x, xd, xsp } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { semantics, type Semantics } from './define.js';

const immediate = (f: { imm12: number; sh: number }): number => (f.sh ? f.imm12 << 12 : f.imm12);

/** An imm64 operand at the width of the instruction. */
function sized(e: Emitter, value: Value, sf: number): Value {
  return sf ? value : e.wrap(value);
}

function addSubImmediate(name: string, sub: boolean, flags: boolean): Semantics {
  return semantics(name, {
    statics: ['sf'],
    operands: { d: flags ? xd('Rd') : xsp('Rd'), n: xsp('Rn'), imm: imm64((f) => immediate(f as never)) },
    hot: true,
    emit(e, f, o) {
      const a = e.reg(o.n, f.sf);
      const b = sized(e, e.imm(o.imm), f.sf);
      const result = sub ? e.sub(a, b) : e.add(a, b);
      if (flags) e.setFlags(sub ? 'sub' : 'add', a, b, result);
      e.setReg(o.d, result);
    },
  });
}

/** A register shifted by a constant amount; `shift` 0..3 is LSL, LSR, ASR, ROR. */
export function shifted(e: Emitter, value: Value, shift: number, amount: Value): Value {
  if (shift === 0) return e.shl(value, amount);
  if (shift === 1) return e.shrU(value, amount);
  return shift === 2 ? e.shrS(value, amount) : e.rotr(value, amount);
}

function addSubShifted(name: string, sub: boolean, flags: boolean): Semantics {
  return semantics(name, {
    statics: ['sf', 'shift'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), amount: imm64((f) => f.imm6) },
    hot: (f) => f.shift !== 3,
    emit(e, f, o) {
      if (f.shift === 3) return e.undefined();
      const a = e.reg(o.n, f.sf);
      const b = shifted(e, e.reg(o.m, f.sf), f.shift, sized(e, e.imm(o.amount), f.sf));
      const result = sub ? e.sub(a, b) : e.add(a, b);
      if (flags) e.setFlags(sub ? 'sub' : 'add', a, b, result);
      e.setReg(o.d, result);
    },
  });
}

/** A register zero- or sign-extended from `option`, at the width of the instruction, shifted left by an imm32 operand. */
export function extended(e: Emitter, value: Value, option: number): Value {
  const widths = ['i64.extend8_s', 'i64.extend16_s', 'i64.extend32_s'];
  const size = option & 3;
  if (size === 3) return value;
  return option & 4 ? e.op(widths[size], value) : e.and(value, e.i64([0xffn, 0xffffn, 0xffffffffn][size]));
}

function addSubExtended(name: string, sub: boolean, flags: boolean): Semantics {
  return semantics(name, {
    statics: ['sf', 'option'],
    operands: { d: flags ? xd('Rd') : xsp('Rd'), n: xsp('Rn'), m: x('Rm'), amount: imm32((f) => f.imm3) },
    hot: (f) => f.option === 3 || f.option === 2 || f.option === 6 || f.option === 0,
    emit(e, f, o) {
      const a = e.reg(o.n, f.sf);
      const b = sized(e, e.shl(extended(e, e.x(o.m), f.option), e.extendU(e.imm(o.amount))), f.sf);
      const result = sub ? e.sub(a, b) : e.add(a, b);
      if (flags) e.setFlags(sub ? 'sub' : 'add', a, b, result);
      e.setReg(o.d, result);
    },
  });
}

function addSubCarry(name: string, sub: boolean, flags: boolean): Semantics {
  return semantics(name, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    hot: true,
    emit(e, f, o) {
      const t = f.sf ? 'i64' : 'i32';
      const a = e.reg(o.n, f.sf);
      const m = e.reg(o.m, f.sf);
      const b = sub ? e.not(m) : m;
      const carry = e.and(e.shrU(e.nzcv(), e.i32(1)), e.i32(1));
      const partial = e.add(a, b);
      const result = e.add(partial, f.sf ? e.extendU(carry) : carry);
      if (flags) {
        // carry out of either addition; overflow from the operands and the final result
        const top = e.constant(t, f.sf ? 63 : 31);
        const low = (v: Value): Value => (f.sf ? e.wrap(v) : v);
        const c = e.or(e.ltU(partial, a), e.ltU(result, partial));
        const v = low(e.shrU(e.and(e.xor(a, result), e.xor(b, result)), top));
        const nz = e.flags('logic', result, result, result);
        e.setNzcv(e.or(e.or(nz, e.shl(c, e.i32(1))), v));
      }
      e.setReg(o.d, result);
    },
  });
}

export const addSubSemantics: readonly Semantics[] = [
  addSubImmediate('ADD_imm', false, false),
  addSubImmediate('ADDS_imm', false, true),
  addSubImmediate('SUB_imm', true, false),
  addSubImmediate('SUBS_imm', true, true),
  addSubShifted('ADD_shift', false, false),
  addSubShifted('ADDS_shift', false, true),
  addSubShifted('SUB_shift', true, false),
  addSubShifted('SUBS_shift', true, true),
  addSubExtended('ADD_ext', false, false),
  addSubExtended('ADDS_ext', false, true),
  addSubExtended('SUB_ext', true, false),
  addSubExtended('SUBS_ext', true, true),
  addSubCarry('ADC', false, false),
  addSubCarry('ADCS', false, true),
  addSubCarry('SBC', true, false),
  addSubCarry('SBCS', true, true),
];
