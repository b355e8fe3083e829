/** Scalar floating point: moves, arithmetic, comparisons, selection (Arm ARM, C4.1.97, groups float*). */
import { imm16, imm32, imm64, v, x, xd, type Operand } from '../../emitter/operand.js';
import { conditionMask, type Emitter, type FpPlace } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { Fpcr, fpCode, FpOp, FpRounding } from '../../softfloat/index.js';
import { semantics, type Semantics, type Statics } from './define.js';
import { formatOfType, soft } from './fp-define.js';
import {
  arithmetic, floatType, isNumber, isZero, noteInexact, ordinary, plainFpcr, readFloat, safeNormal, settled, writeFloat,
  type Arithmetic, type FloatType,
} from './fp-hard.js';

const singleOrDouble = (f: Statics): boolean => f.ftype < 2;

/** Low 64, 32 or 16 bits of a SIMD&FP register as an i64. */
function element(e: Emitter, o: Operand, ftype: number): Value {
  return ftype === 1 ? e.d(o) : e.extendU(ftype === 0 ? e.s(o) : e.h(o));
}

/** VFPExpandImm (Arm ARM, J1.3): the pattern of an 8-bit floating-point immediate. */
export function expandImmediate(imm8: number, ftype: number): bigint {
  const [e, f] = ftype === 1 ? [11, 52] : ftype === 0 ? [8, 23] : [5, 10];
  const sign = BigInt(imm8 >> 7);
  const b = BigInt((imm8 >> 6) & 1);
  const repeated = b ? (1n << BigInt(e - 3)) - 1n : 0n;
  const exponent = ((1n - b) << BigInt(e - 1)) | (repeated << 2n) | BigInt((imm8 >> 4) & 3);
  const fraction = BigInt(imm8 & 15) << BigInt(f - 4);
  return (sign << BigInt(e + f)) | (exponent << BigInt(f)) | fraction;
}

function binary(encoding: string, op: Arithmetic, negate = false): Semantics {
  const fpOp = { add: FpOp.FADD, sub: FpOp.FSUB, mul: negate ? FpOp.FNMUL : FpOp.FMUL, div: FpOp.FDIV }[op];
  return semantics(encoding, {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    hot: (f) => !negate && f.ftype < 2,
    emit(e, f, o) {
      e.fpAccess();
      const code = e.i32(fpCode({ op: fpOp, format: formatOfType(f), merge: true }));
      if (f.ftype > 1) return e.fpSoft(code, o.d, o.n, o.m);
      const t = floatType(f.ftype);
      const { r, usual, safe, inexact } = arithmetic(e, op, readFloat(e, o.n, t), readFloat(e, o.m, t));
      const write = (): void => writeFloat(e, o.d, negate ? e.op(`${t}.neg`, r) : r);
      e.if(e.and(usual, settled(e)), write, () => {
        e.if(e.and(safe(), plainFpcr(e)), () => {
          noteInexact(e, inexact);
          write();
        }, () => e.fpSoft(code, o.d, o.n, o.m));
      });
    },
  });
}

/** Maximum and minimum: alike for numbers, whatever they do with NaNs. */
function minMax(encoding: string, fpOp: FpOp, op: 'max' | 'min'): Semantics {
  return semantics(encoding, {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const code = e.i32(fpCode({ op: fpOp, format: formatOfType(f), merge: true }));
      if (f.ftype > 1) return e.fpSoft(code, o.d, o.n, o.m);
      const t = floatType(f.ftype);
      const n = readFloat(e, o.n, t);
      const m = readFloat(e, o.m, t);
      const numbers = e.and(isNumber(e, n), isNumber(e, m));
      e.if(e.and(numbers, plainFpcr(e)), () => writeFloat(e, o.d, e.op(`${t}.${op}`, n, m)),
        () => e.fpSoft(code, o.d, o.n, o.m));
    },
  });
}

function multiplyAdd(encoding: string, fpOp: FpOp, negateProduct: boolean, negateAddend: boolean): Semantics {
  return semantics(encoding, {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), a: v('Ra') },
    hot: singleOrDouble,
    emit(e, f, o) {
      e.fpAccess();
      const code = e.i32(fpCode({ op: fpOp, format: formatOfType(f), merge: true }));
      if (f.ftype > 1) return e.fpSoft(code, o.d, o.n, o.m, o.a);
      const t = floatType(f.ftype);
      const signed = (a: Value, negate: boolean): Value => (negate ? e.op(`${t}.neg`, a) : a);
      const n = signed(readFloat(e, o.n, t), negateProduct);
      const a = signed(readFloat(e, o.a, t), negateAddend);
      const m = readFloat(e, o.m, t);
      const byParts = (): void => {
        const r = e.call(t === 'f32' ? 'fpFused32' : 'fpFused64', t, n, m, a);
        e.if(isNumber(e, r), () => writeFloat(e, o.d, r), () => e.fpSoft(code, o.d, o.n, o.m, o.a));
      };
      if (!e.hostFused) return byParts();
      const shape = t === 'f32' ? 'f32x4' : 'f64x2';
      const wide = (value: Value): Value => e.op(`${shape}.splat`, value);
      const r = e.lane(`${shape}.extract_lane`, 0, e.op(`${shape}.relaxed_madd`, wide(n), wide(m), wide(a)));
      e.if(e.and(ordinary(e, r), settled(e)), () => writeFloat(e, o.d, r), byParts);
    },
  });
}

/** FABS and FNEG only change the sign; with FPCR.AH that depends on the rest, with NEP the upper elements stay. */
function signChange(encoding: string, fpOp: FpOp): Semantics {
  return semantics(encoding, {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const sign = e.i64(1n << (f.ftype === 1 ? 63n : f.ftype === 0 ? 31n : 15n));
      e.if(e.and(e.field32('fpcr'), e.i32(Fpcr.AH | Fpcr.NEP)), () => {
        e.fpSoft(e.i32(fpCode({ op: fpOp, format: formatOfType(f), merge: true })), o.d, o.n);
      }, () => {
        const n = element(e, o.n, f.ftype);
        e.setD(o.d, fpOp === FpOp.FABS ? e.and(n, e.not(sign)) : e.xor(n, sign));
      });
    },
  });
}

function squareRoot(): Semantics {
  return semantics('FSQRT_float', {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const code = e.i32(fpCode({ op: FpOp.FSQRT, format: formatOfType(f), merge: true }));
      if (f.ftype > 1) return e.fpSoft(code, o.d, o.n);
      const t = floatType(f.ftype);
      const n = readFloat(e, o.n, t);
      const r = e.op(`${t}.sqrt`, n);
      e.if(e.and(e.or(safeNormal(e, r), isZero(e, n)), plainFpcr(e)), () => {
        noteInexact(e, () => e.call(t === 'f32' ? 'fpSqrtInexact32' : 'fpSqrtInexact64', 'i32', n, r));
        writeFloat(e, o.d, r);
      }, () => e.fpSoft(code, o.d, o.n));
    },
  });
}

/** Name of the wasm rounding for numbers; FRINTA has none. */
const ROUNDINGS: readonly (readonly [string, string | undefined, FpRounding | undefined])[] = [
  ['N', 'nearest', FpRounding.TieEven],
  ['P', 'ceil', FpRounding.PlusInfinity],
  ['M', 'floor', FpRounding.MinusInfinity],
  ['Z', 'trunc', FpRounding.Zero],
  ['A', undefined, FpRounding.TieAway],
  ['I', 'nearest', undefined],
  ['X', 'nearest', undefined],
];

function roundIntegral(letter: string, host: string | undefined, rounding: FpRounding | undefined): Semantics {
  return semantics(`FRINT${letter}_float`, {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const exact = letter === 'X';
      const options = { op: FpOp.FRINT, format: formatOfType(f), exact, merge: true };
      const code = e.i32(fpCode(rounding === undefined ? options : { ...options, rounding }));
      if (f.ftype > 1 || host === undefined) return e.fpSoft(code, o.d, o.n);
      const t = floatType(f.ftype);
      const n = readFloat(e, o.n, t);
      const r = e.op(`${t}.${host}`, n);
      e.if(e.and(isNumber(e, n), plainFpcr(e)), () => {
        if (exact) noteInexact(e, () => e.ne(r, n));
        writeFloat(e, o.d, r);
      }, () => e.fpSoft(code, o.d, o.n));
    },
  });
}

/** FPCompare for numbers under plain FPCR, otherwise softfloat. `m` undefined: compare with zero. */
function compareInto(e: Emitter, n: Operand, m: Operand | undefined, ftype: number, signalling: boolean): void {
  const code = e.i32(fpCode({ op: signalling ? FpOp.FCMPE : FpOp.FCMP, format: formatOfType({ ftype }) }));
  const zero: FpPlace = { base: 'scratch', offset: 0 };
  const slow = (): void => {
    if (m === undefined) e.setField64('scratch', e.i64(0));
    e.fpSoft(code, n, n, m ?? zero);
  };
  if (ftype > 1) return slow();
  const t: FloatType = floatType(ftype);
  const a = readFloat(e, n, t);
  const b = m === undefined ? (t === 'f32' ? e.f32(0) : e.f64(0)) : readFloat(e, m, t);
  e.if(e.and(e.and(isNumber(e, a), isNumber(e, b)), plainFpcr(e)), () => {
    const equalOrGreater = e.select(e.eq(a, b), e.i32(6), e.i32(2));
    e.setNzcv(e.select(e.op(`${t}.lt`, a, b), e.i32(8), equalOrGreater));
  }, slow);
}

const compare = (encoding: string, signalling: boolean, zero: boolean): Semantics =>
  semantics(encoding, {
    statics: ['ftype'],
    operands: { n: v('Rn'), m: v(zero ? 'Rn' : 'Rm') },
    emit(e, f, o) {
      e.fpAccess();
      compareInto(e, o.n, zero ? undefined : o.m, f.ftype, signalling);
    },
  });

const conditionalCompare = (encoding: string, signalling: boolean): Semantics =>
  semantics(encoding, {
    statics: ['ftype'],
    operands: { n: v('Rn'), m: v('Rm'), cond: imm32((f) => conditionMask(f.cond)), nzcv: imm16((f) => f.nzcv) },
    emit(e, f, o) {
      e.fpAccess();
      e.if(e.condition(o.cond), () => compareInto(e, o.n, o.m, f.ftype, signalling), () => e.setNzcv(e.imm(o.nzcv)));
    },
  });

/** Width in bits that FMOV between the register files moves; rmode 1 is the upper half of a vector register. */
function movedBits(f: Statics): 16 | 32 | 64 | undefined {
  if (f.rmode === 1) return f.sf === 1 && f.ftype === 2 ? 64 : undefined;
  if (f.ftype === 3) return 16;
  return f.ftype === f.sf ? (f.sf === 1 ? 64 : 32) : undefined;
}

const fmovGeneral = semantics('FMOV_float_gen', {
  statics: ['sf', 'ftype', 'rmode', 'opcode'],
  operands: { x: x('Rn'), xd: xd('Rd'), v: v('Rn'), vd: v('Rd') },
  hot: (f) => f.rmode === 0 && f.ftype < 2 && movedBits(f) !== undefined,
  emit(e, f, o) {
    e.fpAccess();
    const bits = movedBits(f);
    if (bits === undefined) return e.undefined();
    if (f.opcode & 1) {
      if (f.rmode === 1) e.setV(o.vd, e.lane('i64x2.replace_lane', 1, e.v(o.vd), e.x(o.x)));
      else if (bits === 64) e.setD(o.vd, e.x(o.x));
      else e.setS(o.vd, bits === 32 ? e.w(o.x) : e.and(e.w(o.x), e.i32(0xffff)));
    } else if (f.rmode === 1) {
      e.setX(o.xd, e.lane('i64x2.extract_lane', 1, e.v(o.v)));
    } else {
      e.setX(o.xd, element(e, o.v, f.ftype));
    }
  },
});

export const fpScalarSemantics: readonly Semantics[] = [
  semantics('FMOV_float', {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn') },
    hot: singleOrDouble,
    emit(e, f, o) {
      e.fpAccess();
      e.setD(o.d, element(e, o.n, f.ftype));
    },
  }),
  semantics('FMOV_float_imm', {
    operands: { d: v('Rd'), imm: imm64((f) => expandImmediate(f.imm8, f.ftype)) },
    hot: true,
    emit(e, _f, o) {
      e.fpAccess();
      e.setD(o.d, e.imm(o.imm));
    },
  }),
  fmovGeneral,
  signChange('FABS_float', FpOp.FABS),
  signChange('FNEG_float', FpOp.FNEG),
  squareRoot(),
  binary('FADD_float', 'add'),
  binary('FSUB_float', 'sub'),
  binary('FMUL_float', 'mul'),
  binary('FDIV_float', 'div'),
  binary('FNMUL_float', 'mul', true),
  minMax('FMAX_float', FpOp.FMAX, 'max'),
  minMax('FMIN_float', FpOp.FMIN, 'min'),
  minMax('FMAXNM_float', FpOp.FMAXNM, 'max'),
  minMax('FMINNM_float', FpOp.FMINNM, 'min'),
  multiplyAdd('FMADD_float', FpOp.FMADD, false, false),
  multiplyAdd('FMSUB_float', FpOp.FMSUB, true, false),
  multiplyAdd('FNMADD_float', FpOp.FNMADD, true, true),
  multiplyAdd('FNMSUB_float', FpOp.FNMSUB, false, true),
  ...ROUNDINGS.map(([letter, host, rounding]) => roundIntegral(letter, host, rounding)),
  ...([32, 64] as const).flatMap((size) => [
    soft(`FRINT${size}Z_float`, {
      code: (f) => ({ op: FpOp.FRINTN, format: formatOfType(f), size, rounding: FpRounding.Zero }),
    }),
    soft(`FRINT${size}X_float`, { code: (f) => ({ op: FpOp.FRINTN, format: formatOfType(f), size }) }),
  ]),
  compare('FCMP_float', false, false),
  compare('FCMP_float_zero', false, true),
  compare('FCMPE_float', true, false),
  compare('FCMPE_float_zero', true, true),
  conditionalCompare('FCCMP_float', false),
  conditionalCompare('FCCMPE_float', true),
  semantics('FCSEL_float', {
    statics: ['ftype'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), cond: imm32((f) => conditionMask(f.cond)) },
    emit(e, f, o) {
      e.fpAccess();
      e.setD(o.d, e.select(e.condition(o.cond), element(e, o.n, f.ftype), element(e, o.m, f.ftype)));
    },
  }),
];
