/** Advanced SIMD floating point on registers of one type, vector and scalar (C4.1.97: asimdsame, asimdmisc, asisd*). */
import { imm32, imm64, v, type InstructionFields } from '../../emitter/operand.js';
import { type FpCodeOptions, fpCode, type FpFormatName, FpOp, FpRounding } from '../../softfloat/index.js';
import { semantics, type Semantics } from './define.js';
import { formatBytes, formatOfSize, lanesOf, soft } from './fp-define.js';
import { expandImmediate } from './fp-scalar.js';
import {
  vectorArithmetic, vectorFromInteger, vectorMultiplyAdd, vectorOfNumbers, vectorToInteger, vectorWithZero,
} from './fp-vector-hard.js';

/** Encoding name suffixes of the vector and the scalar class, and those of half precision. */
interface Suffixes {
  readonly vector: readonly string[];
  readonly scalar: readonly string[];
}
const SAME: Suffixes = { vector: ['asimdsame', 'asimdsamefp16'], scalar: ['asisdsame', 'asisdsamefp16'] };
const MISC: Suffixes = { vector: ['asimdmisc', 'asimdmiscfp16'], scalar: ['asisdmisc', 'asisdmiscfp16'] };

const vectorShape = (f: InstructionFields): { format: FpFormatName; lanes: number } => {
  const format = formatOfSize(f);
  return { format, lanes: f.Q === undefined ? 1 : lanesOf(format, f.Q) };
};
const elementSize = (f: InstructionFields): 16 | 32 | 64 => (8 * formatBytes(formatOfSize(f))) as 16 | 32 | 64;

const SAME_OPERATIONS: readonly (readonly [string, FpCodeOptions, boolean])[] = [
  ['FMAX', { op: FpOp.FMAX }, false],
  ['FMIN', { op: FpOp.FMIN }, false],
  ['FMAXNM', { op: FpOp.FMAXNM }, false],
  ['FMINNM', { op: FpOp.FMINNM }, false],
  ['FMULX', { op: FpOp.FMULX }, true],
  ['FRECPS', { op: FpOp.FRECPS }, true],
  ['FRSQRTS', { op: FpOp.FRSQRTS }, true],
  ['FABD', { op: FpOp.FABD }, true],
  ['FCMEQ', { op: FpOp.FCMEQ }, true],
  ['FCMGE', { op: FpOp.FCMGE }, true],
  ['FCMGT', { op: FpOp.FCMGT }, true],
  ['FACGE', { op: FpOp.FACGE }, true],
  ['FACGT', { op: FpOp.FACGT }, true],
  ['FADDP', { op: FpOp.FADD, pairwise: true }, false],
  ['FMAXP', { op: FpOp.FMAX, pairwise: true }, false],
  ['FMINP', { op: FpOp.FMIN, pairwise: true }, false],
  ['FMAXNMP', { op: FpOp.FMAXNM, pairwise: true }, false],
  ['FMINNMP', { op: FpOp.FMINNM, pairwise: true }, false],
];

/** Operations of single and double vectors that the host can do on numbers. */
const HOST_SAME: Readonly<Record<string, 'max' | 'min' | 'eq' | 'ge' | 'gt'>> = {
  FMAX: 'max', FMIN: 'min', FMAXNM: 'max', FMINNM: 'min', FCMEQ: 'eq', FCMGE: 'ge', FCMGT: 'gt',
};
const same = SAME_OPERATIONS.flatMap(([name, options, scalar]) =>
  [...SAME.vector, ...(scalar ? SAME.scalar : [])].map((suffix) => {
    const host = suffix === 'asimdsame' ? HOST_SAME[name] : undefined;
    if (host !== undefined) return vectorOfNumbers(`${name}_${suffix}`, options.op, host);
    return soft(`${name}_${suffix}`, { m: 'Rm', code: (f) => ({ ...options, ...vectorShape(f) }) });
  }),
);
const sameHalf = ([['FADD', FpOp.FADD], ['FSUB', FpOp.FSUB], ['FMUL', FpOp.FMUL], ['FDIV', FpOp.FDIV],
  ['FMLA', FpOp.FMADD], ['FMLS', FpOp.FMSUB]] as const).map(([name, op]) =>
  soft(`${name}_asimdsamefp16`, { m: 'Rm', code: (f) => ({ op, ...vectorShape(f) }) }));

/** Conversions of single and double vectors that the host can do. */
const HOST_CONVERSIONS: Readonly<Record<string, Semantics>> = {
  SCVTF_asimdmisc: vectorFromInteger('SCVTF_asimdmisc', FpOp.SCVTF, true),
  UCVTF_asimdmisc: vectorFromInteger('UCVTF_asimdmisc', FpOp.UCVTF, false),
  FCVTZS_asimdmisc: vectorToInteger('FCVTZS_asimdmisc', FpOp.FCVTS, true),
  FCVTZU_asimdmisc: vectorToInteger('FCVTZU_asimdmisc', FpOp.FCVTU, false),
};

type Options = (f: InstructionFields) => FpCodeOptions;

/** One source. `half`: there is a half-precision form too. */
function misc(name: string, options: Options, scalar: boolean, half = true): Semantics[] {
  const suffixes = [...MISC.vector.slice(0, half ? 2 : 1), ...(scalar ? MISC.scalar : [])];
  return suffixes.map((suffix) => HOST_CONVERSIONS[`${name}_${suffix}`] ?? oneOperand(`${name}_${suffix}`, options));
}
const oneOperand = (encoding: string, options: Options): Semantics =>
  soft(encoding, { code: (f) => ({ ...options(f), ...vectorShape(f) }) });

const ROUNDINGS = { N: FpRounding.TieEven, P: FpRounding.PlusInfinity, M: FpRounding.MinusInfinity, Z: FpRounding.Zero,
  A: FpRounding.TieAway } as const;

const oneSource: Semantics[] = [
  ...Object.entries(ROUNDINGS).flatMap(([letter, rounding]) => [
    ...misc(`FRINT${letter}`, () => ({ op: FpOp.FRINT, rounding }), false),
    ...misc(`FCVT${letter}S`, (f) => ({ op: FpOp.FCVTS, rounding, size: elementSize(f) }), true),
    ...misc(`FCVT${letter}U`, (f) => ({ op: FpOp.FCVTU, rounding, size: elementSize(f) }), true),
  ]),
  ...misc('FRINTX', () => ({ op: FpOp.FRINT, exact: true }), false),
  ...misc('FRINTI', () => ({ op: FpOp.FRINT }), false),
  ...([32, 64] as const).flatMap((size) => [
    ...misc(`FRINT${size}Z`, () => ({ op: FpOp.FRINTN, size, rounding: FpRounding.Zero }), false, false),
    ...misc(`FRINT${size}X`, () => ({ op: FpOp.FRINTN, size }), false, false),
  ]),
  ...misc('SCVTF', (f) => ({ op: FpOp.SCVTF, size: elementSize(f) }), true),
  ...misc('UCVTF', (f) => ({ op: FpOp.UCVTF, size: elementSize(f) }), true),
  ...misc('FSQRT', () => ({ op: FpOp.FSQRT }), false),
  ...misc('FRECPE', () => ({ op: FpOp.FRECPE }), true),
  ...misc('FRSQRTE', () => ({ op: FpOp.FRSQRTE }), true),
  ...MISC.scalar.map((s) => soft(`FRECPX_${s}`, { code: (f) => ({ op: FpOp.FRECPX, ...vectorShape(f) }) })),
  soft('URECPE_asimdmisc', { code: (f) => ({ op: FpOp.URECPE, lanes: 2 << f.Q }) }),
  soft('URSQRTE_asimdmisc', { code: (f) => ({ op: FpOp.URSQRTE, lanes: 2 << f.Q }) }),
];

/** Comparisons with zero, which FPCR.NEP does not make merge; LE and LT are GE and GT with zero first. */
const COMPARISONS: readonly (readonly [string, FpOp, boolean, 'eq' | 'ge' | 'gt' | 'le' | 'lt'])[] = [
  ['FCMEQ', FpOp.FCMEQ, false, 'eq'],
  ['FCMGE', FpOp.FCMGE, false, 'ge'],
  ['FCMGT', FpOp.FCMGT, false, 'gt'],
  ['FCMLE', FpOp.FCMGE, true, 'le'],
  ['FCMLT', FpOp.FCMGT, true, 'lt'],
];
const withZero = COMPARISONS.flatMap(([name, op, zeroFirst, host]) => [
  vectorWithZero(`${name}_asimdmisc`, op, host),
  ...[MISC.vector[1], ...MISC.scalar].map((suffix) =>
    semantics(`${name}_${suffix}`, {
      operands: { d: v('Rd'), n: v('Rn'), code: imm32((f) => fpCode({ op, ...vectorShape(f) })) },
      emit(e, _f, o) {
        e.fpAccess();
        e.setField64('scratch', e.i64(0), 0);
        e.setField64('scratch', e.i64(0), 1);
        const zero = { base: 'scratch', offset: 0 } as const;
        if (zeroFirst) e.fpSoft(e.imm(o.code), o.d, zero, o.n);
        else e.fpSoft(e.imm(o.code), o.d, o.n, zero);
      },
    })),
]);

/** FABS and FNEG; with FPCR.AH a NaN keeps its sign. */
const signs = ([['FABS', FpOp.FABS], ['FNEG', FpOp.FNEG]] as const).flatMap(([name, op]) =>
  MISC.vector.map((suffix) =>
    semantics(`${name}_${suffix}`, {
      operands: {
        d: v('Rd'),
        n: v('Rn'),
        code: imm32((f) => fpCode({ op, ...vectorShape(f) })),
      },
      statics: suffix === 'asimdmisc' ? ['sz', 'Q'] : ['Q'],
      emit(e, f, o) {
        e.fpAccess();
        const shape = vectorShape(f as InstructionFields);
        const width = formatBytes(shape.format);
        const bytes = Array.from({ length: 16 }, (_, i) => ((i + 1) % width === 0 ? 0x80 : 0));
        const kept = Array.from({ length: 16 }, (_, i) => (f.Q || i < 8 ? 0xff : 0));
        e.if(e.and(e.field32('fpcr'), e.i32(2)), () => e.fpSoft(e.imm(o.code), o.d, o.n), () => {
          const n = e.op('v128.and', e.v(o.n), e.v128(kept));
          const sign = e.v128(bytes.map((b, i) => b & kept[i]));
          e.setV(o.d, op === FpOp.FABS ? e.op('v128.andnot', n, sign) : e.op('v128.xor', n, sign));
        });
      },
    })),
);

/** Across lanes: halves are reduced separately, then combined, which is pairwise steps. */
function across(name: string, op: FpOp): Semantics[] {
  return [`${name}_asimdall`, `${name}_asimdall_fp16`].map((encoding) => {
    const half = encoding.endsWith('fp16');
    return semantics(encoding, {
      statics: half ? ['Q'] : [],
      operands: { d: v('Rd'), n: v('Rn') },
      emit(e, f, o) {
        e.fpAccess();
        const format = half ? 'half' : 'single';
        let lanes = half ? 4 << f.Q : 4;
        let source = o.n;
        while (lanes > 1) {
          lanes >>= 1;
          const code = e.i32(fpCode({ op, format, lanes, pairwise: true }));
          e.fpSoft(code, o.d, source, { base: source, offset: lanes * formatBytes(format) });
          source = o.d;
        }
      },
    });
  });
}

const PAIRS: readonly (readonly [string, FpOp])[] = [
  ['FADDP', FpOp.FADD],
  ['FMAXP', FpOp.FMAX],
  ['FMINP', FpOp.FMIN],
  ['FMAXNMP', FpOp.FMAXNM],
  ['FMINNMP', FpOp.FMINNM],
];
const pairs = PAIRS.flatMap(([name, op]) =>
  [`${name}_asisdpair`, `${name}_asisdpair_fp16`].map((encoding) =>
    soft(encoding, { code: (f) => ({ op, format: formatOfSize(f), pairwise: true }) })),
);

/** Fixed point: immh:immb gives the element size and twice it less the fraction bits. */
function fixedShape(f: InstructionFields): FpCodeOptions {
  const size = f.immh >= 8 ? 64 : f.immh >= 4 ? 32 : 16;
  const format = size === 64 ? 'double' : size === 32 ? 'single' : 'half';
  const lanes = f.Q === undefined ? 1 : lanesOf(format, f.Q);
  return { op: FpOp.SCVTF, format, lanes, size, fractionBits: 2 * size - ((f.immh << 3) | f.immb) };
}
const fixedPoint = ['asimdshf', 'asisdshf'].flatMap((suffix) => [
  soft(`SCVTF_${suffix}`, { code: fixedShape }),
  soft(`UCVTF_${suffix}`, { code: (f) => ({ ...fixedShape(f), op: FpOp.UCVTF }) }),
  soft(`FCVTZS_${suffix}`, { code: (f) => ({ ...fixedShape(f), op: FpOp.FCVTS, rounding: FpRounding.Zero }) }),
  soft(`FCVTZU_${suffix}`, { code: (f) => ({ ...fixedShape(f), op: FpOp.FCVTU, rounding: FpRounding.Zero }) }),
]);

const replicate = (pattern: bigint, width: number): bigint => {
  let result = 0n;
  for (let at = 0; at < 64; at += width) result |= pattern << BigInt(at);
  return result;
};
const moveImmediate = (encoding: string, half: boolean): Semantics =>
  semantics(encoding, {
    statics: ['Q'],
    operands: {
      d: v('Rd'),
      imm: imm64((f) => {
        const type = half ? 3 : f.op;
        return replicate(expandImmediate((f.abc << 5) | f.defgh, type), half ? 16 : f.op ? 64 : 32);
      }),
    },
    emit(e, f, o) {
      e.fpAccess();
      if (f.Q) e.setV(o.d, e.op('i64x2.splat', e.imm(o.imm)));
      else e.setD(o.d, e.imm(o.imm));
    },
  });

export const fpVectorSemantics: readonly Semantics[] = [
  vectorArithmetic('FADD_asimdsame', FpOp.FADD, 'add'),
  vectorArithmetic('FSUB_asimdsame', FpOp.FSUB, 'sub'),
  vectorArithmetic('FMUL_asimdsame', FpOp.FMUL, 'mul'),
  vectorArithmetic('FDIV_asimdsame', FpOp.FDIV, 'div'),
  vectorMultiplyAdd('FMLA_asimdsame', FpOp.FMADD),
  vectorMultiplyAdd('FMLS_asimdsame', FpOp.FMSUB),
  ...same,
  ...sameHalf,
  ...oneSource,
  ...withZero,
  ...signs,
  ...across('FMAXV', FpOp.FMAX),
  ...across('FMINV', FpOp.FMIN),
  ...across('FMAXNMV', FpOp.FMAXNM),
  ...across('FMINNMV', FpOp.FMINNM),
  ...pairs,
  ...fixedPoint,
  moveImmediate('FMOV_asimdimm', false),
  moveImmediate('FMOV_asimdimm_fp16', true),
];
