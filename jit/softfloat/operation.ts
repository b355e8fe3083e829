/**
 * One entry for generated code: every operation of this folder on elements that lie in a memory block.
 *
 * An operation code is a number made by fpCode(); operands and the result are byte offsets into the block, so that
 * a call passes five small integers. FPCR, FPSR and NZCV are words of the same block.
 */
import {
  fpAbs,
  fpAbsoluteDifference,
  fpAdd,
  fpDiv,
  fpMul,
  fpMulAdd,
  fpMulAddH,
  fpMulNegated,
  fpMulX,
  fpNeg,
  fpSqrt,
  fpSub,
  MulAdd,
} from './arithmetic.js';
import { bfDotAdd, bfMatMulAdd, bfMulAddH } from './bfloat16.js';
import { fpCompare, fpCompareEqual, fpCompareGreater, fpCompareGreaterEqual } from './compare.js';
import { fixedToFp, fpConvert, fpConvertBF, fpToFixed, fpToFixedJS } from './convert.js';
import { Fpcr, FpEnvironment } from './environment.js';
import {
  fpRecipEstimate,
  fpRecipStepFused,
  fpRecpX,
  fpRSqrtEstimate,
  fpRSqrtStepFused,
  unsignedRecipEstimate,
  unsignedRSqrtEstimate,
} from './estimate.js';
import { BFLOAT16, DOUBLE, type FpFormat, HALF, SINGLE } from './format.js';
import { fpRoundInt, fpRoundIntN } from './integral.js';
import { fpMax, fpMaxNum, fpMin, fpMinNum } from './minmax.js';

/** Operations, with Arm's instruction names. Operands are n, m and a (the addend). */
export const FpOp = {
  FADD: 0,
  FSUB: 1,
  FMUL: 2,
  FMULX: 3,
  FNMUL: 4,
  FDIV: 5,
  FMAX: 6,
  FMIN: 7,
  FMAXNM: 8,
  FMINNM: 9,
  FABD: 10,
  FRECPS: 11,
  FRSQRTS: 12,
  /** Comparisons give all ones or zero in an element of the source's width. */
  FCMEQ: 13,
  FCMGE: 14,
  FCMGT: 15,
  FACGE: 16,
  FACGT: 17,
  /** a + n * m, a - n * m, -a - n * m, -a + n * m. FMLA and FMLS are FMADD and FMSUB with a = d. */
  FMADD: 18,
  FMSUB: 19,
  FNMADD: 20,
  FNMSUB: 21,
  FABS: 22,
  FNEG: 23,
  FSQRT: 24,
  FRECPE: 25,
  FRSQRTE: 26,
  FRECPX: 27,
  /** To integral in floating point; `rounding`, and `exact` for FRINTX. */
  FRINT: 28,
  /** FRINT32x, FRINT64x: `rounding`, `size` 32 or 64. */
  FRINTN: 29,
  /** Write NZCV instead of an element. */
  FCMP: 30,
  FCMPE: 31,
  /** FCVT, FCVTL, FCVTN, FCVTXN: from `format` to `to`, BFCVT with `to` bfloat16. */
  FCVT: 32,
  /** To integers of `size` bits, `rounding`, `fractionBits`. */
  FCVTS: 33,
  FCVTU: 34,
  /** From integers of `size` bits to `format`. */
  SCVTF: 35,
  UCVTF: 36,
  /** Result 32 bits; also writes NZCV. */
  FJCVTZS: 37,
  /** Single a + half n * half m. */
  FMLAL: 38,
  FMLSL: 39,
  /** Single a + bfloat16 pairs n, m. */
  BFDOT: 40,
  /** Single a + bfloat16 n * m; elements of n and m are taken from each 32-bit container's low half. */
  BFMLAL: 41,
  /** Whole registers. */
  BFMMLA: 42,
  URECPE: 43,
  URSQRTE: 44,
} as const;
export type FpOp = (typeof FpOp)[keyof typeof FpOp];

export type FpFormatName = 'half' | 'single' | 'double' | 'bfloat16';
const FORMATS: readonly FpFormat[] = [HALF, SINGLE, DOUBLE, BFLOAT16];
const FORMAT_INDEX: Record<FpFormatName, number> = { half: 0, single: 1, double: 2, bfloat16: 3 };

export interface FpCodeOptions {
  readonly op: FpOp;
  /** Format of the floating-point operands (of the result for SCVTF and UCVTF). Default single. */
  readonly format?: FpFormatName;
  /** FCVT: format of the result. Default: `format`. */
  readonly to?: FpFormatName;
  /** An FpRounding; default: FPCR.RMode. */
  readonly rounding?: number;
  /** Integer width 16, 32 or 64; default 32. */
  readonly size?: 16 | 32 | 64;
  /** Bits after the binary point of the integer, 0..64. */
  readonly fractionBits?: number;
  /** FRINT: raise IXC. */
  readonly exact?: boolean;
  /** Elements, 1..8; default 1. */
  readonly lanes?: number;
  /** m is one element used for every lane. */
  readonly broadcast?: boolean;
  /** Lane i takes elements 2i and 2i+1 of n followed by m, each register being `lanes` elements long. */
  readonly pairwise?: boolean;
  /**
   * A scalar instruction: with FPCR.NEP the bytes above the result come from the addend, the first source or, for
   * comparisons, the second; for operations with one source they stay as they are.
   */
  readonly merge?: boolean;
  /** Clear the bytes of the 16-byte destination above the result; default true. */
  readonly zeroUpper?: boolean;
}

const ROUNDING_FROM_FPCR = 7;
const ZERO_UPPER = 1 << 28;
const MERGE = 1 << 29;

/** Packs an operation into the number that FpUnit.execute takes (30 bits). */
export function fpCode(options: FpCodeOptions): number {
  const format = options.format ?? 'single';
  const size = options.size ?? 32;
  return (
    options.op |
    (FORMAT_INDEX[format] << 6) |
    (FORMAT_INDEX[options.to ?? format] << 8) |
    ((options.rounding ?? ROUNDING_FROM_FPCR) << 10) |
    ((size === 16 ? 0 : size === 32 ? 1 : 2) << 13) |
    ((options.fractionBits ?? 0) << 15) |
    ((options.exact === true ? 1 : 0) << 22) |
    (((options.lanes ?? 1) - 1) << 23) |
    ((options.broadcast === true ? 1 : 0) << 26) |
    ((options.pairwise === true ? 1 : 0) << 27) |
    ((options.zeroUpper === false ? 0 : 1) << 28) |
    (options.merge === true ? MERGE : 0)
  );
}

/** Whether an operation's result is NZCV. @param code from fpCode */
export function fpSetsFlags(code: number): boolean {
  const op = code & 63;
  return op === FpOp.FCMP || op === FpOp.FCMPE || op === FpOp.FJCVTZS;
}

/** Byte offsets of the state words in the block. */
export interface FpStateOffsets {
  readonly fpcr: number;
  readonly fpsr: number;
  /** N, Z, C, V in bits 3..0. */
  readonly nzcv: number;
}

/** Executes operation codes on one memory block. Offsets of elements must be aligned to the element. */
export class FpUnit {
  readonly environment = new FpEnvironment();
  private readonly u32: Uint32Array;
  private readonly u16: Uint16Array;
  private readonly state: FpStateOffsets;
  /** The result before it is stored, since the destination may overlap the operands. */
  private readonly result32 = new Uint32Array(4);
  private readonly result16 = new Uint16Array(this.result32.buffer);
  private nLo = 0;
  private nHi = 0;
  private mLo = 0;
  private mHi = 0;
  private aLo = 0;
  private aHi = 0;

  /** @param memory the whole block from offset 0 on, such as a WebAssembly.Memory's buffer. */
  constructor(memory: ArrayBufferLike, state: FpStateOffsets) {
    this.u32 = new Uint32Array(memory);
    this.u16 = new Uint16Array(memory);
    this.state = state;
  }

  /**
   * Executes `code` (from fpCode). d, n, m, a: byte offsets of the destination and operand elements; those that the
   * operation does not use are ignored.
   */
  execute(code: number, d: number, n: number, m: number, a: number): void {
    const environment = this.environment;
    const fpsrIndex = this.state.fpsr >>> 2;
    environment.fpcr = this.u32[this.state.fpcr >>> 2];
    environment.fpsr = 0;
    const op = code & 63;
    if (op === FpOp.BFMMLA) this.matrixMultiply(d, n, m, a);
    else this.lanes(code, op, d, n, m, a);
    if (environment.fpsr !== 0) this.u32[fpsrIndex] |= environment.fpsr;
  }

  private lanes(code: number, op: number, d: number, n: number, m: number, a: number): void {
    const environment = this.environment;
    const format = FORMATS[(code >>> 6) & 3];
    const size = 16 << ((code >>> 13) & 3);
    const lanes = ((code >>> 23) & 7) + 1;
    const width = format.width;
    const sourceWidth = op === FpOp.SCVTF || op === FpOp.UCVTF ? size : op === FpOp.BFDOT ? 32 : width;
    const resultWidth = this.resultWidth(code, op, width, size);
    const sourceStep = op === FpOp.BFMLAL ? 4 : sourceWidth >>> 3;
    const broadcast = (code & (1 << 26)) !== 0;
    const pairwise = (code & (1 << 27)) !== 0;
    for (let lane = 0; lane < lanes; lane++) {
      let nAt = n + lane * sourceStep;
      let mAt = broadcast ? m : m + lane * sourceStep;
      if (pairwise) {
        const second = 2 * lane >= lanes;
        nAt = (second ? m - lanes * sourceStep : n) + 2 * lane * sourceStep;
        mAt = nAt + sourceStep;
      }
      this.nLo = this.readLow(nAt, sourceWidth);
      if (op < FpOp.FABS || op >= FpOp.FCMP) this.mLo = this.readLow(mAt, sourceWidth);
      if (sourceWidth === 64) {
        this.nHi = this.u32[(nAt >>> 2) + 1];
        this.mHi = this.u32[(mAt >>> 2) + 1];
      }
      if ((op >= FpOp.FMADD && op <= FpOp.FNMSUB) || (op >= FpOp.FMLAL && op <= FpOp.BFMLAL)) {
        const aAt = a + lane * (resultWidth >>> 3);
        this.aLo = this.readLow(aAt, resultWidth);
        if (resultWidth === 64) this.aHi = this.u32[(aAt >>> 2) + 1];
      }
      this.element(code, op, format, size);
      if (resultWidth === 16) {
        this.result16[lane] = environment.lo;
      } else if (resultWidth === 32) {
        this.result32[lane] = environment.lo;
      } else if (resultWidth === 64) {
        this.result32[2 * lane] = environment.lo;
        this.result32[2 * lane + 1] = environment.hi;
      }
    }
    if (resultWidth === 0) return;
    const bytes = lanes * (resultWidth >>> 3);
    if ((code & MERGE) === 0 || (environment.fpcr & Fpcr.NEP) === 0) {
      this.store(d, bytes, (code & ZERO_UPPER) !== 0);
      return;
    }
    if (op <= FpOp.FNMSUB) this.copyUpper(d, op >= FpOp.FMADD ? a : op >= FpOp.FCMEQ ? m : n, bytes);
    this.store(d, bytes, false);
  }

  /** FPCR.NEP: the bytes above a scalar result, for operations with more than one source. */
  private copyUpper(d: number, from: number, bytes: number): void {
    for (let i = bytes >>> 1; i < 8; i++) this.u16[(d >>> 1) + i] = this.u16[(from >>> 1) + i];
  }

  /** Width of a result element in bits, 0 for none. */
  private resultWidth(code: number, op: number, width: number, size: number): number {
    switch (op) {
      case FpOp.FCVT:
        return FORMATS[(code >>> 8) & 3].width;
      case FpOp.FCVTS:
      case FpOp.FCVTU:
        return size;
      case FpOp.FCMP:
      case FpOp.FCMPE:
        return 0;
      case FpOp.FJCVTZS:
      case FpOp.FMLAL:
      case FpOp.FMLSL:
      case FpOp.BFDOT:
      case FpOp.BFMLAL:
        return 32;
      default:
        return width;
    }
  }

  private readLow(at: number, width: number): number {
    return width === 16 ? this.u16[at >>> 1] : this.u32[at >>> 2];
  }

  private store(d: number, bytes: number, zeroUpper: boolean): void {
    for (let i = 0; i < bytes >>> 1; i++) this.u16[(d >>> 1) + i] = this.result16[i];
    if (zeroUpper) for (let i = bytes >>> 1; i < 8; i++) this.u16[(d >>> 1) + i] = 0;
  }

  private mask(condition: boolean): void {
    const word = condition ? 0xffffffff : 0;
    this.environment.setResult(word, word);
  }

  private element(code: number, op: number, f: FpFormat, size: number): void {
    const { environment: env, nLo, nHi, mLo, mHi, aLo, aHi } = this;
    switch (op) {
      case FpOp.FADD:
        return fpAdd(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FSUB:
        return fpSub(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMUL:
        return fpMul(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMULX:
        return fpMulX(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FNMUL:
        return fpMulNegated(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FDIV:
        return fpDiv(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMAX:
        return fpMax(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMIN:
        return fpMin(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMAXNM:
        return fpMaxNum(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FMINNM:
        return fpMinNum(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FABD:
        return fpAbsoluteDifference(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FRECPS:
        return fpRecipStepFused(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FRSQRTS:
        return fpRSqrtStepFused(f, env, nLo, nHi, mLo, mHi);
      case FpOp.FCMEQ:
        return this.mask(fpCompareEqual(f, env, nLo, nHi, mLo, mHi));
      case FpOp.FCMGE:
        return this.mask(fpCompareGreaterEqual(f, env, nLo, nHi, mLo, mHi));
      case FpOp.FCMGT:
        return this.mask(fpCompareGreater(f, env, nLo, nHi, mLo, mHi));
      case FpOp.FACGE:
        return this.mask(fpCompareGreaterEqual(f, env, nLo, nHi, mLo, mHi, true));
      case FpOp.FACGT:
        return this.mask(fpCompareGreater(f, env, nLo, nHi, mLo, mHi, true));
      case FpOp.FMADD:
        return fpMulAdd(f, env, aLo, aHi, nLo, nHi, mLo, mHi);
      case FpOp.FMSUB:
        return fpMulAdd(f, env, aLo, aHi, nLo, nHi, mLo, mHi, MulAdd.NegateProduct);
      case FpOp.FNMADD:
        return fpMulAdd(f, env, aLo, aHi, nLo, nHi, mLo, mHi, MulAdd.NegateProduct | MulAdd.NegateAddend);
      case FpOp.FNMSUB:
        return fpMulAdd(f, env, aLo, aHi, nLo, nHi, mLo, mHi, MulAdd.NegateAddend);
      case FpOp.FABS:
        return fpAbs(f, env, nLo, nHi);
      case FpOp.FNEG:
        return fpNeg(f, env, nLo, nHi);
      case FpOp.FSQRT:
        return fpSqrt(f, env, nLo, nHi);
      case FpOp.FRECPE:
        return fpRecipEstimate(f, env, nLo, nHi);
      case FpOp.FRSQRTE:
        return fpRSqrtEstimate(f, env, nLo, nHi);
      case FpOp.FRECPX:
        return fpRecpX(f, env, nLo, nHi);
      case FpOp.FCMP:
      case FpOp.FCMPE:
        this.u32[this.state.nzcv >>> 2] = fpCompare(f, env, nLo, nHi, mLo, mHi, op === FpOp.FCMPE);
        return;
      case FpOp.FJCVTZS:
        this.u32[this.state.nzcv >>> 2] = fpToFixedJS(env, nLo, nHi) << 2;
        return;
      case FpOp.FMLAL:
        return fpMulAddH(env, aLo, nLo, mLo);
      case FpOp.FMLSL:
        return fpMulAddH(env, aLo, nLo, mLo, MulAdd.NegateProduct);
      case FpOp.BFDOT:
        return bfDotAdd(env, aLo, nLo & 0xffff, nLo >>> 16, mLo & 0xffff, mLo >>> 16);
      case FpOp.BFMLAL:
        return bfMulAddH(env, aLo, nLo, mLo);
      case FpOp.URECPE:
        return env.setResult(unsignedRecipEstimate(nLo), 0);
      case FpOp.URSQRTE:
        return env.setResult(unsignedRSqrtEstimate(nLo), 0);
      default:
        return this.rounded(code, op, f, size);
    }
  }

  /** The operations with an explicit rounding mode. */
  private rounded(code: number, op: number, f: FpFormat, size: number): void {
    const { environment: env, nLo, nHi } = this;
    const field = (code >>> 10) & 7;
    const rounding = field === ROUNDING_FROM_FPCR ? env.rounding : field;
    const fractionBits = (code >>> 15) & 127;
    switch (op) {
      case FpOp.FRINT:
        return fpRoundInt(f, env, nLo, nHi, rounding, (code & (1 << 22)) !== 0);
      case FpOp.FRINTN:
        return fpRoundIntN(f, env, nLo, nHi, rounding, size);
      case FpOp.FCVT: {
        const to = FORMATS[(code >>> 8) & 3];
        if (to === BFLOAT16) fpConvertBF(env, nLo);
        else fpConvert(f, to, env, nLo, nHi, rounding);
        return;
      }
      case FpOp.FCVTS:
        return fpToFixed(f, env, nLo, nHi, rounding, size, false, fractionBits);
      case FpOp.FCVTU:
        return fpToFixed(f, env, nLo, nHi, rounding, size, true, fractionBits);
      case FpOp.SCVTF:
        return fixedToFp(f, env, nLo, nHi, rounding, size, false, fractionBits);
      case FpOp.UCVTF:
        return fixedToFp(f, env, nLo, nHi, rounding, size, true, fractionBits);
    }
  }

  private matrixMultiply(d: number, n: number, m: number, a: number): void {
    bfMatMulAdd(
      this.environment,
      this.result32,
      this.u32.subarray(a >>> 2, (a >>> 2) + 4),
      this.u16.subarray(n >>> 1, (n >>> 1) + 8),
      this.u16.subarray(m >>> 1, (m >>> 1) + 8),
    );
    this.store(d, 16, false);
  }
}
