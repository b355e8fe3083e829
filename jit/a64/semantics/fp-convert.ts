/** Conversions between floating-point formats and with integers in general-purpose registers (C4.1.97, float2int). */
import { v, x, xd } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { fpCode, type FpFormatName, FpOp, FpRounding } from '../../softfloat/index.js';
import { semantics, type Semantics } from './define.js';
import { formatOfType, soft, softFromGeneral, softToGeneral } from './fp-define.js';
import {
  floatConstant, floatType, isNumber, isZero, noteInexact, plainFpcr, readFloat, safeNormal, writeFloat,
} from './fp-hard.js';

const sizeOf = (sf: number): 32 | 64 => (sf ? 64 : 32);
const FORMATS: readonly FpFormatName[] = ['single', 'double', 'single', 'half'];

const precision = semantics('FCVT_float', {
  statics: ['ftype', 'opc'],
  operands: { d: v('Rd'), n: v('Rn') },
  emit(e, f, o) {
    e.fpAccess();
    const code = e.i32(fpCode({ op: FpOp.FCVT, format: formatOfType(f), to: FORMATS[f.opc], merge: true }));
    if (f.ftype === 0 && f.opc === 1) {
      const n = readFloat(e, o.n, 'f32');
      e.if(e.and(isNumber(e, n), plainFpcr(e)), () => writeFloat(e, o.d, e.op('f64.promote', n)),
        () => e.fpSoft(code, o.d, o.n));
    } else if (f.ftype === 1 && f.opc === 0) {
      const n = readFloat(e, o.n, 'f64');
      const r = e.op('f32.demote', n);
      e.if(e.and(e.or(safeNormal(e, r), isZero(e, n)), plainFpcr(e)), () => {
        noteInexact(e, () => e.op('f64.ne', e.op('f64.promote', r), n));
        writeFloat(e, o.d, r);
      }, () => e.fpSoft(code, o.d, o.n));
    } else {
      e.fpSoft(code, o.d, o.n);
    }
  },
});

/** Roundings by letter, and the wasm operation that does the same for numbers. */
const ROUNDINGS: readonly (readonly [string, FpRounding, string | undefined])[] = [
  ['N', FpRounding.TieEven, 'nearest'],
  ['P', FpRounding.PlusInfinity, 'ceil'],
  ['M', FpRounding.MinusInfinity, 'floor'],
  ['Z', FpRounding.Zero, 'trunc'],
  ['A', FpRounding.TieAway, undefined],
];

/** Whether an integral value fits, i32; false for NaN. */
function inRange(e: Emitter, a: Value, sf: number, signed: boolean): Value {
  const t = a.type;
  if (!signed) {
    const limit = floatConstant(e, t, sf ? 2 ** 64 : 2 ** 32);
    return e.and(e.op(`${t}.ge`, a, floatConstant(e, t, 0)), e.op(`${t}.lt`, a, limit));
  }
  return e.op(`${t}.lt`, e.op(`${t}.abs`, a), floatConstant(e, t, sf ? 2 ** 63 : 2 ** 31));
}

function toInteger(letter: string, rounding: FpRounding, host: string | undefined, signed: boolean): Semantics {
  const name = `FCVT${letter}${signed ? 'S' : 'U'}_float${letter === 'Z' ? '_int' : ''}`;
  const op = signed ? FpOp.FCVTS : FpOp.FCVTU;
  return semantics(name, {
    statics: ['sf', 'ftype'],
    operands: { d: xd('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeOf(f.sf);
      const slow = (): void => {
        const code = e.i32(fpCode({ op, format: formatOfType(f), size, rounding, zeroUpper: false }));
        e.setField64('scratch', e.i64(0));
        e.fpSoft(code, { base: 'scratch', offset: 0 }, o.n);
        e.setX(o.d, e.field64('scratch'));
      };
      if (f.ftype > 1 || host === undefined) return slow();
      const t = floatType(f.ftype);
      const n = readFloat(e, o.n, t);
      const r = e.op(`${t}.${host}`, n);
      e.if(e.and(inRange(e, r, f.sf, signed), plainFpcr(e)), () => {
        noteInexact(e, () => e.op(`${t}.ne`, r, n));
        e.setReg(o.d, e.op(`${f.sf ? 'i64' : 'i32'}.trunc_${signed ? 's' : 'u'}_sat.${t}`, r));
      }, slow);
    },
  });
}

function fromInteger(signed: boolean): Semantics {
  return semantics(`${signed ? 'S' : 'U'}CVTF_float_int`, {
    statics: ['sf', 'ftype'],
    operands: { d: v('Rd'), n: x('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const op = signed ? FpOp.SCVTF : FpOp.UCVTF;
      const code = e.i32(fpCode({ op, format: formatOfType(f), size: sizeOf(f.sf), merge: true }));
      if (f.ftype > 1) return e.fpSoft(code, o.d, o.n);
      const t = floatType(f.ftype);
      const n = e.reg(o.n, f.sf);
      const r = e.op(`${t}.convert_${signed ? 's' : 'u'}.${n.type}`, n);
      const exact = t === 'f64' && !f.sf;
      e.if(plainFpcr(e), () => {
        if (!exact) noteInexact(e, () => {
          const wide = f.sf ? n : signed ? e.extendS(n) : e.extendU(n);
          const sign = e.shrS(wide, e.i64(63));
          const magnitude = signed ? e.sub(e.xor(wide, sign), sign) : wide;
          return e.op('i32.gt_u', e.call('fpIntegerBits', 'i32', magnitude), e.i32(t === 'f64' ? 53 : 24));
        });
        writeFloat(e, o.d, r);
      }, () => e.fpSoft(code, o.d, o.n));
    },
  });
}

/** Between SIMD&FP registers of different width (FEAT_FPRCVT). */
const sameFile: Semantics[] = [
  ...ROUNDINGS.flatMap(([letter, rounding]) =>
    [true, false].map((signed) =>
      soft(`FCVT${letter}${signed ? 'S' : 'U'}_sisd`, {
        code: (f) => ({
          op: signed ? FpOp.FCVTS : FpOp.FCVTU, format: formatOfType(f), size: sizeOf(f.sf), rounding,
        }),
      })),
  ),
  ...[true, false].map((signed) =>
    soft(`${signed ? 'S' : 'U'}CVTF_sisd`, {
      code: (f) => ({ op: signed ? FpOp.SCVTF : FpOp.UCVTF, format: formatOfType(f), size: sizeOf(f.sf) }),
    })),
];

export const fpConvertSemantics: readonly Semantics[] = [
  precision,
  soft('BFCVT_float', { code: () => ({ op: FpOp.FCVT, format: 'single', to: 'bfloat16' }) }),
  ...ROUNDINGS.flatMap(([letter, rounding, host]) => [
    toInteger(letter, rounding, host, true),
    toInteger(letter, rounding, host, false),
  ]),
  fromInteger(true),
  fromInteger(false),
  ...[true, false].flatMap((signed) => [
    softToGeneral(`FCVTZ${signed ? 'S' : 'U'}_float_fix`, (f) => ({
      op: signed ? FpOp.FCVTS : FpOp.FCVTU,
      format: formatOfType(f),
      size: sizeOf(f.sf),
      fractionBits: 64 - f.scale,
      rounding: FpRounding.Zero,
    })),
    softFromGeneral(`${signed ? 'S' : 'U'}CVTF_float_fix`, (f) => ({
      op: signed ? FpOp.SCVTF : FpOp.UCVTF,
      format: formatOfType(f),
      size: sizeOf(f.sf),
      fractionBits: 64 - f.scale,
    })),
  ]),
  softToGeneral('FJCVTZS', () => ({ op: FpOp.FJCVTZS, format: 'double' })),
  ...sameFile,
];
