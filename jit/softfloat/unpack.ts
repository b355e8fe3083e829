/** FPUnpack, NaN handling and the constant results (Arm ARM, J1.3 shared/functions/float). */
import { Fpcr, FpEnvironment, Fpsr } from './environment.js';
import { type FpFormat, POWERS, POWERS_OFFSET, scratchF64, scratchU32 } from './format.js';

/** Class of an operand. Order matters: everything from QuietNaN on is a NaN. */
export const FpType = { Zero: 0, Denormal: 1, Normal: 2, Infinity: 3, QuietNaN: 4, SignallingNaN: 5 } as const;

/** An unpacked operand. Kept in preallocated instances, since operations must not allocate. */
export class Operand {
  type: number = FpType.Zero;
  /** 0 or 1. */
  sign = 0;
  /** Exact value with its sign; infinite for infinities, 0 for NaNs. */
  value = 0.5;
  lo = 0;
  hi = 0;

  get isNaN(): boolean {
    return this.type >= FpType.QuietNaN;
  }
  get isInfinity(): boolean {
    return this.type === FpType.Infinity;
  }
  get isZero(): boolean {
    return this.type === FpType.Zero;
  }

  setInfinity(sign: number): void {
    this.type = FpType.Infinity;
    this.sign = sign;
    this.value = sign === 0 ? Infinity : -Infinity;
  }
}

/** FPUnpackBase: classifies a bit pattern, flushing denormals as FPCR asks. */
export function unpack(format: FpFormat, env: FpEnvironment, lo: number, hi: number, out: Operand): void {
  out.lo = lo;
  out.hi = hi;
  if (format.isDouble) {
    unpackDouble(env, lo, hi, out);
    return;
  }
  const fractionBits = format.fractionBits;
  const sign = (lo >>> (format.width - 1)) & 1;
  const exponent = (lo >>> fractionBits) & format.exponentMax;
  const fraction = lo & ((1 << fractionBits) - 1);
  out.sign = sign;
  let magnitude: number;
  if (exponent === 0) {
    if (fraction === 0 || flushesInput(format, env)) {
      out.type = FpType.Zero;
      magnitude = 0;
    } else {
      out.type = FpType.Denormal;
      magnitude = fraction * POWERS[format.minimumExponent - fractionBits + POWERS_OFFSET];
    }
  } else if (exponent === format.exponentMax && !format.alternative) {
    if (fraction === 0) {
      out.type = FpType.Infinity;
      magnitude = Infinity;
    } else {
      out.type = (fraction & format.quietLo) !== 0 ? FpType.QuietNaN : FpType.SignallingNaN;
      magnitude = 0;
    }
  } else {
    out.type = FpType.Normal;
    scratchU32[0] = fractionBits > 20 ? fraction << (52 - fractionBits) : 0;
    scratchU32[1] =
      (sign << 31) |
      ((exponent - format.bias + 1023) << 20) |
      (fractionBits > 20 ? fraction >>> (fractionBits - 20) : fraction << (20 - fractionBits));
    out.value = scratchF64[0];
    return;
  }
  out.value = sign !== 0 ? -magnitude : magnitude;
}

function unpackDouble(env: FpEnvironment, lo: number, hi: number, out: Operand): void {
  const sign = hi >>> 31;
  const top = hi & 0x7fffffff;
  out.sign = sign;
  if (top < 0x00100000) {
    if ((top | lo) === 0) {
      out.type = FpType.Zero;
      out.value = sign !== 0 ? -0 : 0;
      return;
    }
    if ((env.fpcr & (Fpcr.FZ | Fpcr.FIZ)) !== 0 && flushesWide(env)) {
      out.type = FpType.Zero;
      out.value = sign !== 0 ? -0 : 0;
      return;
    }
    out.type = FpType.Denormal;
  } else if (top >= 0x7ff00000) {
    if (top === 0x7ff00000 && lo === 0) {
      out.type = FpType.Infinity;
      out.value = sign !== 0 ? -Infinity : Infinity;
    } else {
      out.type = (top & 0x00080000) !== 0 ? FpType.QuietNaN : FpType.SignallingNaN;
      out.value = 0;
    }
    return;
  } else {
    out.type = FpType.Normal;
  }
  scratchU32[0] = lo;
  scratchU32[1] = hi;
  out.value = scratchF64[0];
}

function flushesInput(format: FpFormat, env: FpEnvironment): boolean {
  return format.isHalf ? (env.fpcr & Fpcr.FZ16) !== 0 : flushesWide(env);
}

function flushesWide(env: FpEnvironment): boolean {
  const fpcr = env.fpcr;
  if ((fpcr & Fpcr.FZ) !== 0 && (fpcr & Fpcr.AH) === 0) {
    env.fpsr |= Fpsr.IDC;
    return true;
  }
  return (fpcr & Fpcr.FIZ) !== 0;
}

/** FPProcessDenorm: with alternate handling a consumed denormal single or double raises IDC. */
export function processDenormal(format: FpFormat, env: FpEnvironment, op: Operand): void {
  if (op.type === FpType.Denormal && (env.fpcr & Fpcr.AH) !== 0 && !format.isHalf) env.fpsr |= Fpsr.IDC;
}

export function setZero(format: FpFormat, env: FpEnvironment, sign: number): void {
  if (sign === 0) env.setResult(0, 0);
  else env.setResult(format.signLo, format.signHi);
}

export function setInfinity(format: FpFormat, env: FpEnvironment, sign: number): void {
  env.setResult(
    format.infinityLo + (sign === 0 ? 0 : format.signLo),
    format.infinityHi + (sign === 0 ? 0 : format.signHi),
  );
}

export function setMaxNormal(format: FpFormat, env: FpEnvironment, sign: number): void {
  env.setResult(format.maxLo + (sign === 0 ? 0 : format.signLo), format.maxHi + (sign === 0 ? 0 : format.signHi));
}

/** FPDefaultNaN: quiet, no payload; negative with alternate handling. */
export function setDefaultNaN(format: FpFormat, env: FpEnvironment): void {
  const negative = (env.fpcr & Fpcr.AH) !== 0;
  env.setResult(
    format.infinityLo + format.quietLo + (negative ? format.signLo : 0),
    format.infinityHi + format.quietHi + (negative ? format.signHi : 0),
  );
}

/** A default NaN together with the Invalid Operation flag. */
export function setInvalid(format: FpFormat, env: FpEnvironment): void {
  env.fpsr |= Fpsr.IOC;
  setDefaultNaN(format, env);
}

/** FPProcessNaN; `signalling` says whether IOC is raised, which alternate handling decides over all operands. */
function processNaNAs(format: FpFormat, env: FpEnvironment, op: Operand, signalling: boolean): void {
  if (signalling) env.fpsr |= Fpsr.IOC;
  if ((env.fpcr & Fpcr.DN) !== 0) setDefaultNaN(format, env);
  else env.setResult(op.lo | format.quietLo, op.hi | format.quietHi);
}

export function processNaN(format: FpFormat, env: FpEnvironment, op: Operand): void {
  processNaNAs(format, env, op, op.type === FpType.SignallingNaN);
}

/** FPProcessNaNs: true when an operand is a NaN and the result has been set. */
export function processNaNs(format: FpFormat, env: FpEnvironment, x: Operand, y: Operand): boolean {
  if (!x.isNaN && !y.isNaN) return false;
  const signalling = x.type === FpType.SignallingNaN || y.type === FpType.SignallingNaN;
  let chosen: Operand;
  if ((env.fpcr & Fpcr.AH) !== 0) chosen = x.isNaN ? x : y;
  else if (signalling) chosen = x.type === FpType.SignallingNaN ? x : y;
  else chosen = x.isNaN ? x : y;
  processNaNAs(format, env, chosen, signalling);
  return true;
}

/** The operand whose NaN FPProcessNaNs3 selects, or null; `a` is the addend. */
export function selectNaN3(env: FpEnvironment, a: Operand, x: Operand, y: Operand): Operand | null {
  if (!a.isNaN && !x.isNaN && !y.isNaN) return null;
  if ((env.fpcr & Fpcr.AH) !== 0) {
    if (x.isNaN) return x;
    return y.isNaN ? y : a;
  }
  if (a.type === FpType.SignallingNaN) return a;
  if (x.type === FpType.SignallingNaN) return x;
  if (y.type === FpType.SignallingNaN) return y;
  if (a.isNaN) return a;
  return x.isNaN ? x : y;
}

/** FPProcessNaNs3: true when an operand is a NaN and the result has been set. */
export function processNaNs3(format: FpFormat, env: FpEnvironment, a: Operand, x: Operand, y: Operand): boolean {
  const chosen = selectNaN3(env, a, x, y);
  if (chosen === null) return false;
  const signalling =
    a.type === FpType.SignallingNaN || x.type === FpType.SignallingNaN || y.type === FpType.SignallingNaN;
  processNaNAs(format, env, chosen, signalling);
  return true;
}
