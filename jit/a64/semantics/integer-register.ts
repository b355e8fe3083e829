/** Data processing (register) other than add and subtract (Arm ARM, C4.1.95). */
import { imm16, imm32, imm64, x, xd } from '../../emitter/operand.js';
import { conditionMask, type Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { CRC_POLYNOMIALS, crcTable } from './library/crc-tables.js';
import { semantics, type Semantics } from './define.js';
import { shifted } from './integer-add-sub.js';
import { logical } from './integer-immediate.js';

function logicalShifted(encoding: string, op: string, invert: boolean, flags: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sf', 'shift'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), amount: imm64((f) => f.imm6) },
    hot: true,
    emit(e, f, o) {
      const amount = f.sf ? e.imm(o.amount) : e.wrap(e.imm(o.amount));
      const m = shifted(e, e.reg(o.m, f.sf), f.shift, amount);
      const result = logical(e, op, e.reg(o.n, f.sf), invert ? e.not(m) : m);
      if (flags) e.setFlags('logic', result, result, result);
      e.setReg(o.d, result);
    },
  });
}

/** Two sources, one result, both at the width of sf. */
function binary(encoding: string, hot: boolean, body: (e: Emitter, a: Value, b: Value, sf: number) => Value): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    hot,
    emit: (e, f, o) => e.setReg(o.d, body(e, e.reg(o.n, f.sf), e.reg(o.m, f.sf), f.sf)),
  });
}

function unary(encoding: string, hot: boolean, body: (e: Emitter, a: Value, sf: number) => Value): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn') },
    hot,
    emit: (e, f, o) => e.setReg(o.d, body(e, e.reg(o.n, f.sf), f.sf)),
  });
}

const bits = (sf: number): 'i64' | 'i32' => (sf ? 'i64' : 'i32');

/** Division by zero gives zero (Arm ARM, C6.2 SDIV, UDIV). */
function division(encoding: string, signed: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    hot: true,
    emit(e, f, o) {
      const t = bits(f.sf);
      const a = e.reg(o.n, f.sf);
      const b = e.reg(o.m, f.sf);
      const divide = (): void => {
        if (!signed) return e.setReg(o.d, e.op(`${t}.div_u`, a, b));
        // the quotient by -1 is a negation, which also covers the overflow that wasm would trap on
        e.if(
          e.eq(b, e.constant(t, -1)),
          () => e.setReg(o.d, e.neg(a)),
          () => e.setReg(o.d, e.op(`${t}.div_s`, a, b)),
        );
      };
      e.if(e.eqz(b), () => e.setReg(o.d, e.constant(t, 0)), divide);
    },
  });
}

/** High 64 bits of an unsigned 64 x 64 product, from four 32-bit products. */
export function multiplyHighUnsigned(e: Emitter, a: Value, b: Value): Value {
  const low = e.i64(0xffffffff);
  const c32 = e.i64(32);
  const al = e.and(a, low);
  const ah = e.shrU(a, c32);
  const bl = e.and(b, low);
  const bh = e.shrU(b, c32);
  const middle = e.add(e.mul(ah, bl), e.shrU(e.mul(al, bl), c32));
  const middle2 = e.add(e.mul(al, bh), e.and(middle, low));
  return e.add(e.add(e.mul(ah, bh), e.shrU(middle, c32)), e.shrU(middle2, c32));
}

function byteSwap32(e: Emitter, a: Value): Value {
  const mask = e.i32(0x00ff00ff);
  const halves = e.or(e.and(e.shrU(a, e.i32(8)), mask), e.shl(e.and(a, mask), e.i32(8)));
  return e.rotr(halves, e.i32(16));
}

function swapSteps(e: Emitter, a: Value, steps: readonly (readonly [bigint, number])[]): Value {
  let value = a;
  for (const [mask, shift] of steps) {
    const m = e.i64(mask);
    const s = e.i64(shift);
    value = e.or(e.and(e.shrU(value, s), m), e.shl(e.and(value, m), s));
  }
  return value;
}
const BYTES: readonly [bigint, number] = [0x00ff00ff00ff00ffn, 8];
const HALVES: readonly [bigint, number] = [0x0000ffff0000ffffn, 16];
const BITS: readonly (readonly [bigint, number])[] = [
  [0x5555555555555555n, 1], [0x3333333333333333n, 2], [0x0f0f0f0f0f0f0f0fn, 4],
];

function conditionalSelect(encoding: string, otherwise: (e: Emitter, m: Value, sf: number) => Value): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), cond: imm32((f) => conditionMask(f.cond)) },
    hot: true,
    emit(e, f, o) {
      const n = e.reg(o.n, f.sf);
      e.setReg(o.d, e.select(e.condition(o.cond), n, otherwise(e, e.reg(o.m, f.sf), f.sf)));
    },
  });
}

function conditionalCompare(encoding: string, negative: boolean, immediate: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: {
      n: x('Rn'), m: immediate ? imm16((f) => f.imm5) : x('Rm'), nzcv: imm16((f) => f.nzcv),
      cond: imm32((f) => conditionMask(f.cond)),
    },
    hot: true,
    emit(e, f, o) {
      const a = e.reg(o.n, f.sf);
      const b = !immediate ? e.reg(o.m, f.sf) : f.sf ? e.imm64U(o.m) : e.imm(o.m);
      const result = negative ? e.add(a, b) : e.sub(a, b);
      const flags = e.flags(negative ? 'add' : 'sub', a, b, result);
      e.setNzcv(e.select(e.condition(o.cond), flags, e.imm(o.nzcv)));
    },
  });
}

function multiplyLong(encoding: string, signed: boolean, subtract: boolean): Semantics {
  return semantics(encoding, {
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), a: x('Ra') },
    hot: true,
    emit(e, _f, o) {
      const wide = (v: Value): Value => (signed ? e.extendS(v) : e.extendU(v));
      const product = e.mul(wide(e.w(o.n)), wide(e.w(o.m)));
      e.setX(o.d, subtract ? e.sub(e.x(o.a), product) : e.add(e.x(o.a), product));
    },
  });
}

function multiplyAdd(encoding: string, subtract: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sf'],
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm'), a: x('Ra') },
    hot: true,
    emit(e, f, o) {
      const product = e.mul(e.reg(o.n, f.sf), e.reg(o.m, f.sf));
      const a = e.reg(o.a, f.sf);
      e.setReg(o.d, subtract ? e.sub(a, product) : e.add(a, product));
    },
  });
}

/** CRC32 and CRC32C of the low bytes of Rm (Arm ARM, C6.2 CRC32B). */
function crc32(encoding: string, bytes: number, polynomial: number): Semantics {
  return semantics(encoding, {
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    hot: bytes === 1 || bytes === 8,
    emit(e, _f, o) {
      const accumulator = e.w(o.n);
      // the accumulator covers the first four bytes of the message
      const message = bytes === 8 ? e.xor(e.extendU(accumulator), e.x(o.m)) : e.xor(accumulator, e.w(o.m));
      let crc = bytes < 4 ? e.shrU(accumulator, e.i32(8 * bytes)) : undefined;
      for (let i = 0; i < bytes; i++) {
        const shifted = e.shrU(message, e.constant(message.type, 8 * i));
        const byte = e.and(bytes === 8 ? e.wrap(shifted) : shifted, e.i32(0xff));
        const table = e.i32(crcTable(polynomial, bytes - 1 - i));
        const entry = e.load('i32.load', e.add(e.shl(byte, e.i32(2)), table));
        crc = crc === undefined ? entry : e.xor(crc, entry);
      }
      e.setW(o.d, crc!);
    },
  });
}
const [CRC32, CRC32C] = CRC_POLYNOMIALS;

const minMax = (encoding: string, compare: string, immediate: 'signed' | 'unsigned' | undefined): Semantics =>
  semantics(encoding, {
    statics: ['sf'],
    operands: {
      d: xd('Rd'), n: x('Rn'),
      m: immediate === undefined ? x('Rm') : imm64((f) => (immediate === 'signed' ? (f.imm8 << 24) >> 24 : f.imm8)),
    },
    emit(e, f, o) {
      const a = e.reg(o.n, f.sf);
      const b = immediate === undefined ? e.reg(o.m, f.sf) : f.sf ? e.imm(o.m) : e.wrap(e.imm(o.m));
      e.setReg(o.d, e.select(e.op(`${bits(f.sf)}.${compare}`, a, b), a, b));
    },
  });

const setFlagsNarrow = (encoding: string, width: number): Semantics =>
  semantics(encoding, {
    operands: { n: x('Rn') },
    emit(e, _f, o) {
      const w = e.w(o.n);
      const n = e.and(e.shrU(w, e.i32(width - 1)), e.i32(1));
      const z = e.eqz(e.shl(w, e.i32(32 - width)));
      const v = e.xor(n, e.and(e.shrU(w, e.i32(width)), e.i32(1)));
      const keep = e.and(e.nzcv(), e.i32(2));
      e.setNzcv(e.or(e.or(e.shl(n, e.i32(3)), e.shl(z, e.i32(2))), e.or(keep, v)));
    },
  });

const bswap = (e: Emitter, a: Value, sf: number): Value =>
  sf ? e.op('i64.rotr', swapSteps(e, a, [BYTES, HALVES]), e.i64(32)) : byteSwap32(e, a);
const reverseBits = (e: Emitter, a: Value, sf: number): Value => {
  const wide = sf ? a : e.extendU(a);
  const reversed = e.op('i64.rotr', swapSteps(e, wide, [...BITS, BYTES, HALVES]), e.i64(32));
  return sf ? reversed : e.wrap(e.shrU(reversed, e.i64(32)));
};

export const integerRegisterSemantics: readonly Semantics[] = [
  logicalShifted('AND_log_shift', 'AND', false, false),
  logicalShifted('BIC_log_shift', 'AND', true, false),
  logicalShifted('ORR_log_shift', 'ORR', false, false),
  logicalShifted('ORN_log_shift', 'ORR', true, false),
  logicalShifted('EOR_log_shift', 'EOR', false, false),
  logicalShifted('EON_log_shift', 'EOR', true, false),
  logicalShifted('ANDS_log_shift', 'AND', false, true),
  logicalShifted('BICS_log_shift', 'AND', true, true),
  division('UDIV', false),
  division('SDIV', true),
  binary('LSLV', true, (e, a, b) => e.shl(a, b)),
  binary('LSRV', true, (e, a, b) => e.shrU(a, b)),
  binary('ASRV', true, (e, a, b) => e.shrS(a, b)),
  binary('RORV', true, (e, a, b) => e.rotr(a, b)),
  unary('CLZ', true, (e, a, sf) => e.op(`${bits(sf)}.clz`, a)),
  unary('CLS', false, (e, a, sf) => {
    const t = bits(sf);
    const sign = e.shrS(a, e.constant(t, sf ? 63 : 31));
    return e.sub(e.op(`${t}.clz`, e.xor(a, sign)), e.constant(t, 1));
  }),
  unary('CTZ', false, (e, a, sf) => e.op(`${bits(sf)}.ctz`, a)),
  unary('CNT', false, (e, a, sf) => e.op(`${bits(sf)}.popcnt`, a)),
  unary('ABS', false, (e, a, sf) => e.select(e.ltS(a, e.constant(bits(sf), 0)), e.neg(a), a)),
  unary('RBIT', true, reverseBits),
  unary('REV', true, bswap),
  unary('REV16', true, (e, a, sf) =>
    sf ? swapSteps(e, a, [BYTES]) : e.wrap(swapSteps(e, e.extendU(a), [BYTES]))),
  semantics('REV32', {
    operands: { d: xd('Rd'), n: x('Rn') },
    emit: (e, _f, o) => e.setX(o.d, swapSteps(e, e.x(o.n), [BYTES, HALVES])),
  }),
  conditionalSelect('CSEL', (_e, m) => m),
  conditionalSelect('CSINC', (e, m, sf) => e.add(m, e.constant(bits(sf), 1))),
  conditionalSelect('CSINV', (e, m) => e.not(m)),
  conditionalSelect('CSNEG', (e, m) => e.neg(m)),
  conditionalCompare('CCMN_reg', true, false),
  conditionalCompare('CCMP_reg', false, false),
  conditionalCompare('CCMN_imm', true, true),
  conditionalCompare('CCMP_imm', false, true),
  multiplyAdd('MADD', false),
  multiplyAdd('MSUB', true),
  multiplyLong('SMADDL', true, false),
  multiplyLong('SMSUBL', true, true),
  multiplyLong('UMADDL', false, false),
  multiplyLong('UMSUBL', false, true),
  semantics('UMULH', {
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    hot: true,
    emit: (e, _f, o) => e.setX(o.d, multiplyHighUnsigned(e, e.x(o.n), e.x(o.m))),
  }),
  semantics('SMULH', {
    operands: { d: xd('Rd'), n: x('Rn'), m: x('Rm') },
    emit(e, _f, o) {
      const a = e.x(o.n);
      const b = e.x(o.m);
      const correction = e.add(e.and(e.shrS(a, e.i64(63)), b), e.and(e.shrS(b, e.i64(63)), a));
      e.setX(o.d, e.sub(multiplyHighUnsigned(e, a, b), correction));
    },
  }),
  ...(['B', 'H', 'W', 'X'] as const).flatMap((size, i) => [
    crc32(`CRC32${size}`, 1 << i, CRC32),
    crc32(`CRC32C${size}`, 1 << i, CRC32C),
  ]),
  minMax('SMAX_reg', 'gt_s', undefined),
  minMax('UMAX_reg', 'gt_u', undefined),
  minMax('SMIN_reg', 'lt_s', undefined),
  minMax('UMIN_reg', 'lt_u', undefined),
  minMax('SMAX_imm', 'gt_s', 'signed'),
  minMax('UMAX_imm', 'gt_u', 'unsigned'),
  minMax('SMIN_imm', 'lt_s', 'signed'),
  minMax('UMIN_imm', 'lt_u', 'unsigned'),
  setFlagsNarrow('SETF8', 8),
  setFlagsNarrow('SETF16', 16),
  semantics('RMIF', {
    operands: { n: x('Rn'), shift: imm16((f) => f.imm6), mask: imm16((f) => f.mask) },
    emit(e, _f, o) {
      const mask = e.imm(o.mask);
      const rotated = e.wrap(e.rotr(e.x(o.n), e.imm64U(o.shift)));
      e.setNzcv(e.or(e.and(e.nzcv(), e.not(mask)), e.and(rotated, mask)));
    },
  }),
];

