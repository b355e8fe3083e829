/** Data processing (immediate) other than add and subtract (Arm ARM, C4.1.92). */
import { imm16, imm64, x, xd, xsp, type InstructionFields } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { bitmaskImmediate } from '../bitmask.js';
import { semantics, type Semantics } from './define.js';

const bitmask = (f: InstructionFields): bigint => {
  const value = bitmaskImmediate(f.N, f.immr, f.imms);
  return f.sf ? value : BigInt.asUintN(32, value);
};

/** The logical operation by name; both operands of one integer type. */
export function logical(e: Emitter, name: string, a: Value, b: Value): Value {
  if (name === 'AND') return e.and(a, b);
  return name === 'ORR' ? e.or(a, b) : e.xor(a, b);
}

function logicalImmediate(encoding: string, op: string, flags: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: flags ? xd('Rd') : xsp('Rd'), n: x('Rn'), imm: imm64(bitmask) },
    hot: true,
    emit(e, f, o) {
      const imm = f.sf ? e.imm(o.imm) : e.wrap(e.imm(o.imm));
      const result = logical(e, op, e.reg(o.n, f.sf), imm);
      if (flags) e.setFlags('logic', result, result, result);
      e.setReg(o.d, result);
    },
  });
}

const wide = (f: InstructionFields): bigint => BigInt(f.imm16) << BigInt(16 * f.hw);

const moveWide: readonly Semantics[] = [
  semantics('MOVZ', { operands: { d: xd('Rd'), imm: imm64(wide) }, hot: true, emit: (e, _f, o) => e.setX(o.d, e.imm(o.imm)) }),
  semantics('MOVN', {
    operands: { d: xd('Rd'), imm: imm64((f) => BigInt.asUintN(f.sf ? 64 : 32, ~wide(f))) },
    hot: true,
    emit: (e, _f, o) => e.setX(o.d, e.imm(o.imm)),
  }),
  semantics('MOVK', {
    statics: ['sf', 'hw'],
    operands: { d: xd('Rd'), old: x('Rd'), imm: imm64(wide) },
    hot: true,
    emit(e, f, o) {
      const keep = BigInt.asUintN(f.sf ? 64 : 32, ~(0xffffn << BigInt(16 * f.hw)));
      e.setX(o.d, e.or(e.and(e.x(o.old), e.i64(keep)), e.imm(o.imm)));
    },
  }),
];

/** Left shift that brings bit imms to bit 63, and the right shift that then puts the field where it belongs. */
const leftAmount = (f: InstructionFields): number => 63 - f.imms;
const rightAmount = (f: InstructionFields): number =>
  f.imms >= f.immr ? 63 - f.imms + f.immr : 63 - f.imms - ((f.sf ? 64 : 32) - f.immr);

function bitfield(encoding: string, kind: 'signed' | 'unsigned' | 'insert'): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: {
      d: xd('Rd'), n: x('Rn'), left: imm16(leftAmount), right: imm16(rightAmount),
      ...(kind === 'insert' ? { old: x('Rd') } : {}),
    } as Record<'d' | 'n' | 'left' | 'right' | 'old', ReturnType<typeof x>>,
    hot: true,
    emit(e, f, o) {
      const left = e.imm64U(o.left);
      const right = e.imm64U(o.right);
      const moved = e.shl(e.x(o.n), left);
      if (kind === 'signed') {
        const field = e.shrS(moved, right);
        e.setX(o.d, f.sf ? field : e.and(field, e.i64(0xffffffff)));
      } else if (kind === 'unsigned') {
        e.setX(o.d, e.shrU(moved, right));
      } else {
        const mask = e.shrU(e.shl(e.i64(-1), left), right);
        const result = e.or(e.and(e.x(o.old), e.not(mask)), e.shrU(moved, right));
        e.setX(o.d, f.sf ? result : e.and(result, e.i64(0xffffffff)));
      }
    },
  });
}

const adrDisplacement = (f: InstructionFields): number => ((f.immhi << 13) >> 11) | f.immlo;

export const integerImmediateSemantics: readonly Semantics[] = [
  logicalImmediate('AND_log_imm', 'AND', false),
  logicalImmediate('ORR_log_imm', 'ORR', false),
  logicalImmediate('EOR_log_imm', 'EOR', false),
  logicalImmediate('ANDS_log_imm', 'AND', true),
  ...moveWide,
  bitfield('SBFM', 'signed'),
  bitfield('UBFM', 'unsigned'),
  bitfield('BFM', 'insert'),
  semantics('EXTR', {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), lsb: imm16((f) => f.imms) },
    hot: true,
    emit(e, f, o) {
      const t = f.sf ? 'i64' : 'i32';
      const lsb = f.sf ? e.imm64U(o.lsb) : e.imm(o.lsb);
      // n << (width - lsb) in two steps, so that lsb = 0 gives zero; width - 1 - lsb is an exclusive or
      const high = e.shl(e.shl(e.reg(o.n, f.sf), e.constant(t, 1)), e.xor(lsb, e.constant(t, f.sf ? 63 : 31)));
      e.setReg(o.d, e.or(high, e.shrU(e.reg(o.m, f.sf), lsb)));
    },
  }),
  semantics('ADR', {
    operands: { d: xd('Rd'), offset: imm64(adrDisplacement) },
    hot: true,
    emit: (e, _f, o) => e.setX(o.d, e.add(e.pc(), e.imm(o.offset))),
  }),
  semantics('ADRP', {
    operands: { d: xd('Rd'), offset: imm64((f) => BigInt(adrDisplacement(f)) << 12n) },
    hot: true,
    emit: (e, _f, o) => e.setX(o.d, e.add(e.and(e.pc(), e.i64(-4096)), e.imm(o.offset))),
  }),
];
