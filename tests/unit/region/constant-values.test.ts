/** What constant operands make of values. */
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../jit/emitter/emitter.js';
import type { Operand } from '../../../jit/emitter/operand.js';
import { constantOf, simplified } from '../../../jit/region/constant-values.js';
import { XSlot } from '../../../src/arch/state-layout.js';

const operand = (kind: Operand['kind'], value: number | bigint): Operand => ({ name: 'o', kind, at: 0, value });
const e = new Emitter(true);
const x1 = e.x(operand('X', 8));
const w1 = e.w(operand('X', 8));
const xzr = e.x(operand('X', 8 * XSlot.ZR));
const wzr = e.w(operand('X', 8 * XSlot.ZR));

describe('constants', () => {
  it('are immediates and XZR, and what is computed of them, in their width', () => {
    expect(constantOf(xzr)).toBe(0n);
    expect(constantOf(e.imm(operand('imm32', 0xffff_ffff)))).toBe(-1n);
    expect(constantOf(e.add(e.imm(operand('imm64', 5n)), xzr))).toBe(5n);
    expect(constantOf(e.add(e.i64(0x7fff_ffff_ffff_ffffn), e.i64(1)))).toBe(-0x8000_0000_0000_0000n);
    expect(constantOf(e.sub(e.i32(-0x8000_0000), e.i32(1)))).toBe(0x7fff_ffffn);
    expect(constantOf(e.extendU(e.i32(-1)))).toBe(0xffff_ffffn);
    expect(constantOf(e.extendS(e.i32(-1)))).toBe(-1n);
    expect(constantOf(e.wrap(e.i64(0x1_8000_0000n)))).toBe(-0x8000_0000n);
    expect(constantOf(x1)).toBeUndefined();
    expect(constantOf(e.add(x1, e.i64(1)))).toBeUndefined();
  });
});

describe('operations that change nothing', () => {
  it('give their operand', () => {
    // MOV of a register is ORR with XZR and a shift by 0
    expect(simplified(e.or(xzr, e.shl(x1, e.i64(0))))).toBe(x1);
    expect(simplified(e.or(wzr, e.shl(w1, e.imm(operand('imm32', 0)))))).toBe(w1);
    for (const same of [e.add(x1, xzr), e.sub(x1, xzr), e.xor(xzr, x1), e.shrS(x1, e.i64(0)), e.rotr(x1, e.i64(0))]) {
      expect(simplified(same)).toBe(x1);
    }
  });

  it('are no others', () => {
    for (const other of [e.sub(xzr, x1), e.and(x1, xzr), e.shl(xzr, x1), e.mul(x1, xzr), e.add(x1, e.i64(1))]) {
      expect(simplified(other)).toBe(other);
    }
  });
});
