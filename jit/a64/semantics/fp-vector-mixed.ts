/** Advanced SIMD floating point by element, between formats, complex, and BFloat16 (C4.1.97: asimdelem, asimdsame2). */
import { imm16, imm32, v, vOf, type InstructionFields, type OperandSpec } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { type FpCodeOptions, fpCode, type FpFormatName, FpOp, FpRounding } from '../../softfloat/index.js';
import { semantics, type Semantics } from './define.js';
import { formatBytes, formatOfSize, lanesOf, soft } from './fp-define.js';
import { vectorArithmetic, vectorMultiplyAdd } from './fp-vector-hard.js';

/** Elements of 16 bits: index H:L:M of registers 0 to 15. Byte offset in the V file. */
const halfElement = (f: InstructionFields): number => f.Rm * 16 + ((f.H << 2) | (f.L << 1) | f.M) * 2;
/** Elements of 32 bits: index H:L. */
const wordElement = (f: InstructionFields): number => ((f.M << 4) | f.Rm) * 16 + ((f.H << 1) | f.L) * 4;
const doubleElement = (f: InstructionFields): number => ((f.M << 4) | f.Rm) * 16 + f.H * 8;
const elementAt = (f: InstructionFields): number =>
  f.sz === undefined ? halfElement(f) : f.sz === 0 ? wordElement(f) : doubleElement(f);
const element: OperandSpec = { kind: 'V', encode: elementAt };

const elementShape = (f: InstructionFields): FpCodeOptions => {
  const format = formatOfSize(f);
  return { op: FpOp.FMUL, format, lanes: f.Q === undefined ? 1 : lanesOf(format, f.Q), broadcast: true };
};
const BY_ELEMENT = [['FMUL', FpOp.FMUL], ['FMULX', FpOp.FMULX], ['FMLA', FpOp.FMADD], ['FMLS', FpOp.FMSUB]] as const;
const byElement: Semantics[] = [
  vectorArithmetic('FMUL_asimdelem', FpOp.FMUL, 'mul', { spec: element }),
  vectorMultiplyAdd('FMLA_asimdelem', FpOp.FMADD, { spec: element }),
  vectorMultiplyAdd('FMLS_asimdelem', FpOp.FMSUB, { spec: element }),
  ...BY_ELEMENT.flatMap(([name, op]) =>
    ['asimdelem', 'asimdelem_fp16', 'asisdelem', 'asisdelem_fp16']
      .filter((suffix) => name === 'FMULX' || suffix !== 'asimdelem')
      .map((suffix) => soft(`${name}_${suffix}`, { m: elementAt, code: (f) => ({ ...elementShape(f), op }) })),
  ),
];

// Between formats: the narrow operand of the `2` forms (Q = 1) is the upper half

const narrow = (f: InstructionFields): FpFormatName => (f.sz === 0 ? 'half' : 'single');
const wide = (f: InstructionFields): FpFormatName => (f.sz === 0 ? 'single' : 'double');
const upper = (field: 'Rd' | 'Rn') => (f: InstructionFields): number => f[field] * 16 + 8 * f.Q;

function narrowing(encoding: string, code: (f: InstructionFields) => FpCodeOptions): Semantics {
  return soft(encoding, {
    d: upper('Rd'),
    code: (f) => {
      const options = code(f);
      const lanes = 8 / formatBytes(options.to!);
      return { ...options, lanes, zeroUpper: f.Q === 0 };
    },
  });
}
const conversions: Semantics[] = [
  soft('FCVTL_asimdmisc', {
    n: upper('Rn'),
    code: (f) => ({ op: FpOp.FCVT, format: narrow(f), to: wide(f), lanes: 8 / formatBytes(narrow(f)) }),
  }),
  narrowing('FCVTN_asimdmisc', (f) => ({ op: FpOp.FCVT, format: wide(f), to: narrow(f) })),
  narrowing('FCVTXN_asimdmisc', () => ({ op: FpOp.FCVT, format: 'double', to: 'single', rounding: FpRounding.Odd })),
  narrowing('BFCVTN_asimdmisc', () => ({ op: FpOp.FCVT, format: 'single', to: 'bfloat16' })),
  soft('FCVTXN_asisdmisc', {
    code: () => ({ op: FpOp.FCVT, format: 'double', to: 'single', rounding: FpRounding.Odd }),
  }),
];

/** Half by half into single; the `2` forms take the upper half of the elements that Q selects. */
const widening = (['FMLAL', 'FMLSL'] as const).flatMap((name) =>
  ([1, 2] as const).flatMap((part) => {
    const from = (field: 'Rn' | 'Rm') => (f: InstructionFields): number =>
      f[field] * 16 + (part === 2 ? 4 << f.Q : 0);
    const suffix = part === 2 ? '2' : '';
    const code = (f: InstructionFields): FpCodeOptions => ({ op: FpOp[name], format: 'half', lanes: 2 << f.Q });
    return [
      soft(`${name}${suffix}_asimdsame`, { n: from('Rn'), m: from('Rm'), code }),
      soft(`${name}${suffix}_asimdelem`, {
        n: from('Rn'), m: halfElement, code: (f) => ({ ...code(f), broadcast: true }),
      }),
    ];
  }),
);

// BFMLALB and BFMLALT (Q = 1) take the even and the odd elements
const oddBy = (field: 'Rn' | 'Rm') => (f: InstructionFields): number => f[field] * 16 + 2 * f.Q;
const dot = (f: InstructionFields): FpCodeOptions => ({ op: FpOp.BFDOT, format: 'bfloat16', lanes: 2 << f.Q });
const long: FpCodeOptions = { op: FpOp.BFMLAL, format: 'bfloat16', lanes: 4 };
const bfloat16: Semantics[] = [
  soft('BFDOT_asimdsame2', { m: 'Rm', code: dot }),
  soft('BFDOT_asimdelem', { m: wordElement, code: (f) => ({ ...dot(f), broadcast: true }) }),
  soft('BFMLAL_asimdsame2', { n: oddBy('Rn'), m: oddBy('Rm'), code: () => long }),
  soft('BFMLAL_asimdelem', { n: oddBy('Rn'), m: halfElement, code: () => ({ ...long, broadcast: true }) }),
  soft('BFMMLA_asimdsame2', { m: 'Rm', code: () => ({ op: FpOp.BFMMLA, format: 'bfloat16' }) }),
];

// Complex numbers: pairs of real (even) and imaginary (odd) elements

/** For elements of `width` bytes: byte indices that exchange the pairs, or repeat their even or odd element. */
function shuffle(width: number, which: 'exchange' | 'even' | 'odd'): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const lane = Math.floor(i / width);
    const from = which === 'exchange' ? lane ^ 1 : which === 'even' ? lane & ~1 : lane | 1;
    return from * width + (i % width);
  });
}
/** Bytes of the even or odd elements set. */
const lanesMask = (width: number, odd: boolean): number[] =>
  Array.from({ length: 16 }, (_, i) => (((Math.floor(i / width) & 1) === 1) === odd ? 0xff : 0));

function setScratch(e: Emitter, at: number, a: Value): void {
  e.setField64('scratch', e.lane('i64x2.extract_lane', 0, a), at);
  e.setField64('scratch', e.lane('i64x2.extract_lane', 1, a), at + 1);
}
const scratchVector = (e: Emitter, at: number): Value =>
  e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', e.field64('scratch', at)), e.field64('scratch', at + 1));

/** FPNeg of all elements, by softfloat since it depends on FPCR.AH. */
function negated(e: Emitter, a: Value, format: FpFormatName): Value {
  setScratch(e, 0, a);
  const code = e.i32(fpCode({ op: FpOp.FNEG, format, lanes: 16 / formatBytes(format) }));
  e.fpSoft(code, { base: 'scratch', offset: 16 }, { base: 'scratch', offset: 0 });
  return scratchVector(e, 2);
}

const sizeFormat = (size: number): FpFormatName => (size === 1 ? 'half' : size === 2 ? 'single' : 'double');
const choose = (e: Emitter, mask: number[], a: Value, b: Value): Value => e.op('v128.bitselect', a, b, e.v128(mask));

const complexCode = (op: FpOp) => imm32((f) => {
  const format = sizeFormat(f.size);
  return fpCode({ op, format, lanes: lanesOf(format, f.Q) });
});

const complexAdd = semantics('FCADD_asimdsame2', {
  statics: ['size', 'rot'],
  operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), code: complexCode(FpOp.FADD) },
  emit(e, f, o) {
    e.fpAccess();
    if (f.size === 0) return e.undefined();
    const format = sizeFormat(f.size);
    const width = formatBytes(format);
    const m = e.v(o.m);
    const minus = negated(e, m, format);
    const exchange = shuffle(width, 'exchange');
    const mixed = choose(e, lanesMask(width, f.rot === 1), e.lane('i8x16.shuffle', exchange, minus, minus),
      e.lane('i8x16.shuffle', exchange, m, m));
    setScratch(e, 0, mixed);
    e.fpSoft(e.imm(o.code), o.d, o.n, { base: 'scratch', offset: 0 });
  },
});

/** d += part of n times m rotated by `rot` quarter turns. */
function complexMultiplyAdd(encoding: string, byElementIndex: boolean): Semantics {
  const index = imm16((f) => (f.size === 1 ? ((f.H << 1) | f.L) * 4 : f.H * 8));
  const m = byElementIndex ? vOf((f) => (f.M << 4) | f.Rm) : v('Rm');
  return semantics(encoding, {
    statics: ['size', 'rot'],
    operands: { d: v('Rd'), n: v('Rn'), m, index, code: complexCode(FpOp.FMADD) },
    emit(e, f, o) {
      e.fpAccess();
      if (f.size === 0 || (byElementIndex && f.size === 3)) return e.undefined();
      const format = sizeFormat(f.size);
      const width = formatBytes(format);
      const iota = Array.from({ length: 16 }, (_, i) => i % (2 * width));
      const whole = e.v(o.m);
      const pair = byElementIndex
        ? e.op('i8x16.swizzle', whole, e.op('i8x16.add', e.op('i8x16.splat', e.imm(o.index)), e.v128(iota)))
        : whole;
      const odd = (f.rot & 1) === 1;
      const minus = f.rot === 0 ? pair : negated(e, pair, format);
      const n = e.v(o.n);
      const factor = e.lane('i8x16.shuffle', shuffle(width, odd ? 'odd' : 'even'), n, n);
      let rotated = minus;
      if (odd) {
        const exchange = shuffle(width, 'exchange');
        rotated = choose(e, lanesMask(width, f.rot === 3), e.lane('i8x16.shuffle', exchange, minus, minus),
          e.lane('i8x16.shuffle', exchange, pair, pair));
      }
      setScratch(e, 0, rotated);
      setScratch(e, 2, factor);
      e.fpSoft(e.imm(o.code), o.d, { base: 'scratch', offset: 16 }, { base: 'scratch', offset: 0 });
    },
  });
}

export const fpVectorMixedSemantics: readonly Semantics[] = [
  ...byElement,
  ...conversions,
  ...widening,
  ...bfloat16,
  complexAdd,
  complexMultiplyAdd('FCMLA_asimdsame2', false),
  complexMultiplyAdd('FCMLA_asimdelem', true),
];
