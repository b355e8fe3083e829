/** Vector arithmetic on the host where it gives Arm's results (see fp-hard.ts), else by softfloat. */
import { v, type Operand, type OperandSpec } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { fpCode, type FpOp, FpRounding } from '../../softfloat/index.js';
import { semantics, type Semantics } from './define.js';
import { formatOfSize, lanesOf } from './fp-define.js';
import { type Arithmetic, floatType, LARGE, noteInexact, plainFpcr, readFloat, settled } from './fp-hard.js';

type VectorType = 'f32x4' | 'f64x2';
const vectorType = (sz: number): VectorType => (sz === 0 ? 'f32x4' : 'f64x2');
const integerType = { f32x4: 'i32x4', f64x2: 'i64x2' } as const;
const elementType = { f32x4: 'f32', f64x2: 'f64' } as const;

const splat = (e: Emitter, t: VectorType, n: number): Value => {
  const bytes = new Uint8Array(16);
  if (t === 'f32x4') new Float32Array(bytes.buffer).fill(n);
  else new Float64Array(bytes.buffer).fill(n);
  return e.v128(bytes);
};

/** The low half of a register, with the bytes of `above` in the high half. */
function lowHalf(e: Emitter, a: Value, above: number): Value {
  const mask = Array.from({ length: 16 }, (_, i) => (i < 8 ? 0xff : 0));
  const low = e.op('v128.and', a, e.v128(mask));
  if (above === 0) return low;
  const filled = new Uint8Array(16);
  new Float32Array(filled.buffer).fill(above, 2);
  return e.op('v128.or', low, e.v128(filled));
}

/** Lanes above the least normal number, and finite. */
function normalLanes(e: Emitter, t: VectorType, r: Value): Value {
  const magnitude = e.op(`${t}.abs`, r);
  const least = t === 'f32x4' ? 2 ** -126 : 2 ** -1022;
  return e.op('v128.and',
    e.op(`${t}.gt`, magnitude, splat(e, t, least)), e.op(`${t}.lt`, magnitude, splat(e, t, Infinity)));
}

/** Lanes of results of finite operands that can be used. */
function safeLanes(e: Emitter, t: VectorType, op: Arithmetic, n: Value, m: Value, r: Value): Value {
  if (op === 'add' || op === 'sub') return e.op(`${t}.lt`, e.op(`${t}.abs`, r), splat(e, t, LARGE[elementType[t]]));
  const zero = splat(e, t, 0);
  const nZero = e.op(`${t}.eq`, n, zero);
  const zeroOperand = op === 'mul' ? e.op('v128.or', nZero, e.op(`${t}.eq`, m, zero)) : nZero;
  const exactZero = e.op('v128.and', e.op(`${t}.eq`, r, zero), zeroOperand);
  return e.op('v128.or', normalLanes(e, t, r), exactZero);
}

const all = (e: Emitter, t: VectorType, lanes: Value): Value => e.op(`${integerType[t]}.all_true`, lanes);

/** Whether any lane's result is inexact, i32. */
function anyInexact(
  e: Emitter, t: VectorType, op: Arithmetic, n: Value, m: Value, r: Value, lanes: number,
): Value {
  const width = t === 'f32x4' ? '32' : '64';
  const test = { add: 'fpAddInexact', sub: 'fpAddInexact', mul: 'fpMulInexact', div: 'fpDivInexact' }[op];
  const second = op === 'sub' ? e.op(`${t}.neg`, m) : m;
  let any: Value = e.i32(0);
  for (let lane = 0; lane < lanes; lane++) {
    const element = (a: Value): Value => e.lane(`${t}.extract_lane`, lane, a);
    any = e.or(any, e.call(`${test}${width}`, 'i32', element(n), element(second), element(r)));
  }
  return any;
}

/** FPSR.IXC is set already, so that errors need not be looked at. */
const inexactKnown = (e: Emitter): Value => e.op('i32.shr_u', e.and(e.field32('fpsr'), e.i32(16)), e.i32(4));

/** Which lanes of m: all, or one for every lane (`m` then names the element). */
export interface ElementOperand {
  readonly spec: OperandSpec;
}

function secondOperand(e: Emitter, t: VectorType, o: Parameters<Semantics['emit']>[2], element: boolean): Value {
  return element ? e.op(`${t}.splat`, readFloat(e, o.m, elementType[t])) : e.v(o.m);
}

/** FADD, FSUB, FMUL, FDIV of vectors; `element`: the operand m when it is one element. */
export function vectorArithmetic(encoding: string, fpOp: FpOp, op: Arithmetic, element?: ElementOperand): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn'), m: element?.spec ?? v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const format = formatOfSize(f);
      const lanes = lanesOf(format, f.Q);
      const code = e.i32(fpCode({ op: fpOp, format, lanes, broadcast: element !== undefined }));
      const t = vectorType(f.sz);
      const second = secondOperand(e, t, o, element !== undefined);
      const n = f.Q ? e.v(o.n) : lowHalf(e, e.v(o.n), 0);
      const m = f.Q ? second : lowHalf(e, second, op === 'div' ? 1 : 0);
      const r = e.op(`${t}.${op}`, n, m);
      e.if(e.and(all(e, t, safeLanes(e, t, op, n, m, r)), plainFpcr(e)), () => {
        noteInexact(e, () => anyInexact(e, t, op, n, m, r, lanes));
        e.setV(o.d, r);
      }, () => e.fpSoft(code, o.d, o.n, o.m));
    },
  });
}

/** Elements of a register, those above the vector zero. */
const elements = (e: Emitter, o: Operand, q: number): Value => (q ? e.v(o) : lowHalf(e, e.v(o), 0));

/** Maximum, minimum and comparisons, which are the host's unless there is a NaN or FPCR says otherwise. */
export function vectorOfNumbers(encoding: string, fpOp: FpOp, op: 'max' | 'min' | 'eq' | 'ge' | 'gt'): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const format = formatOfSize(f);
      const code = e.i32(fpCode({ op: fpOp, format, lanes: lanesOf(format, f.Q) }));
      const t = vectorType(f.sz);
      const n = elements(e, o.n, f.Q);
      const m = elements(e, o.m, f.Q);
      const numbers = e.op('v128.and', e.op(`${t}.eq`, n, n), e.op(`${t}.eq`, m, m));
      e.if(e.and(e.op(`${integerType[t]}.all_true`, numbers), plainFpcr(e)), () => {
        const r = e.op(`${t}.${op}`, n, m);
        e.setV(o.d, f.Q ? r : lowHalf(e, r, 0));
      }, () => e.fpSoft(code, o.d, o.n, o.m));
    },
  });
}

/** Comparisons with zero. */
export function vectorWithZero(encoding: string, fpOp: FpOp, op: 'eq' | 'ge' | 'gt' | 'le' | 'lt'): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const format = formatOfSize(f);
      const code = e.i32(fpCode({ op: fpOp, format, lanes: lanesOf(format, f.Q) }));
      const t = vectorType(f.sz);
      const n = elements(e, o.n, f.Q);
      e.if(e.and(e.op(`${integerType[t]}.all_true`, e.op(`${t}.eq`, n, n)), plainFpcr(e)), () => {
        const r = e.op(`${t}.${op}`, n, splat(e, t, 0));
        e.setV(o.d, f.Q ? r : lowHalf(e, r, 0));
      }, () => {
        e.setField64('scratch', e.i64(0), 0);
        e.setField64('scratch', e.i64(0), 1);
        const zero = { base: 'scratch', offset: 0 } as const;
        if (op === 'le' || op === 'lt') e.fpSoft(code, o.d, zero, o.n);
        else e.fpSoft(code, o.d, o.n, zero);
      });
    },
  });
}

/** SCVTF and UCVTF to single or double, when FPSR.IXC is set already. */
export function vectorFromInteger(encoding: string, fpOp: FpOp, signed: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      if (f.sz === 1 && f.Q === 0) return e.undefined();
      const format = formatOfSize(f);
      const code = e.i32(fpCode({ op: fpOp, format, lanes: lanesOf(format, f.Q), size: f.sz ? 64 : 32 }));
      const s = signed ? 's' : 'u';
      e.if(e.and(inexactKnown(e), plainFpcr(e)), () => {
        const n = elements(e, o.n, f.Q);
        if (f.sz === 0) return e.setV(o.d, e.op(`f32x4.convert_i32x4_${s}`, n));
        const lane = (i: number): Value => e.op(`f64.convert_${s}.i64`, e.lane('i64x2.extract_lane', i, n));
        e.setV(o.d, e.lane('f64x2.replace_lane', 1, e.op('f64x2.splat', lane(0)), lane(1)));
      }, () => e.fpSoft(code, o.d, o.n));
    },
  });
}

/** FCVTZS and FCVTZU of values in range, when FPSR.IXC is set already. */
export function vectorToInteger(encoding: string, fpOp: FpOp, signed: boolean): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      if (f.sz === 1 && f.Q === 0) return e.undefined();
      const format = formatOfSize(f);
      const size = f.sz ? 64 : 32;
      const options = { op: fpOp, format, lanes: lanesOf(format, f.Q), size, rounding: FpRounding.Zero } as const;
      const t = vectorType(f.sz);
      const n = elements(e, o.n, f.Q);
      const below = e.op(`${t}.lt`, signed ? e.op(`${t}.abs`, n) : n, splat(e, t, 2 ** (signed ? size - 1 : size)));
      const range = signed ? below : e.op('v128.and', below, e.op(`${t}.gt`, n, splat(e, t, -1)));
      const all = e.op(`${integerType[t]}.all_true`, range);
      const s = signed ? 's' : 'u';
      e.if(e.and(all, e.and(inexactKnown(e), plainFpcr(e))), () => {
        if (f.sz === 0) return e.setV(o.d, e.op(`i32x4.trunc_sat_f32x4_${s}`, n));
        const lane = (i: number): Value => e.op(`i64.trunc_${s}_sat.f64`, e.lane('f64x2.extract_lane', i, n));
        e.setV(o.d, e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', lane(0)), lane(1)));
      }, () => e.fpSoft(e.i32(fpCode(options)), o.d, o.n));
    },
  });
}

/** FMLA and FMLS of vectors: by the host's own, or lane by lane with the scalar library function. */
export function vectorMultiplyAdd(encoding: string, fpOp: FpOp, element?: ElementOperand): Semantics {
  return semantics(encoding, {
    statics: ['sz', 'Q'],
    operands: { d: v('Rd'), n: v('Rn'), m: element?.spec ?? v('Rm') },
    emit(e, f, o) {
      e.fpAccess();
      const format = formatOfSize(f);
      const lanes = lanesOf(format, f.Q);
      const code = e.i32(fpCode({ op: fpOp, format, lanes, broadcast: element !== undefined }));
      if (f.sz === 1 && f.Q === 0) return e.undefined();
      const t = vectorType(f.sz);
      const type = floatType(f.sz);
      const operand = (whole: Value): Value => (f.Q ? whole : lowHalf(e, whole, 0));
      const addend = operand(e.v(o.d));
      const m = operand(secondOperand(e, t, o, element !== undefined));
      const first = operand(e.v(o.n));
      const n = encoding.startsWith('FMLS') ? e.op(`${t}.neg`, first) : first;
      const extract = (a: Value, lane: number): Value => e.lane(`${t}.extract_lane`, lane, a);
      const byParts = (): void => {
        let r: Value = e.v128(new Uint8Array(16));
        for (let lane = 0; lane < lanes; lane++) {
          const fused = e.call(type === 'f32' ? 'fpFused32' : 'fpFused64', type, extract(n, lane), extract(m, lane),
            extract(addend, lane));
          r = e.lane(`${t}.replace_lane`, lane, r, fused);
        }
        e.if(all(e, t, e.op(`${t}.eq`, r, r)), () => e.setV(o.d, r), () => e.fpSoft(code, o.d, o.n, o.m));
      };
      if (!e.hostFused) return byParts();
      const r = e.op(`${t}.relaxed_madd`, n, m, addend);
      const zero = splat(e, t, 0);
      const isZero = (a: Value): Value => e.op(`${t}.eq`, a, zero);
      const exactZero = e.op('v128.and', isZero(addend), e.op('v128.or', isZero(n), isZero(m)));
      const usable = e.op('v128.or', normalLanes(e, t, r), e.op('v128.and', exactZero, isZero(r)));
      e.if(e.and(all(e, t, usable), settled(e)), () => e.setV(o.d, r), byParts);
    },
  });
}
