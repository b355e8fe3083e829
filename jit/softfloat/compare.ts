/** FPCompare and the element-wise comparisons (Arm ARM, J1.3 shared/functions/float). */
import { type FpEnvironment, Fpsr } from './environment.js';
import type { FpFormat } from './format.js';
import { FpType, Operand, processDenormal, unpack } from './unpack.js';

const x = new Operand();
const y = new Operand();

/** Unpacks both operands; true when they are ordered. `signalAll`: a quiet NaN raises IOC too. */
function ordered(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  signalAll: boolean,
): boolean {
  unpack(format, env, aLo, aHi, x);
  unpack(format, env, bLo, bHi, y);
  if (x.isNaN || y.isNaN) {
    if (signalAll || x.type === FpType.SignallingNaN || y.type === FpType.SignallingNaN) env.fpsr |= Fpsr.IOC;
    return false;
  }
  processDenormal(format, env, x);
  processDenormal(format, env, y);
  return true;
}

/** FPCompare (FCMP, FCMPE, FCCMP, FCCMPE). @returns N, Z, C, V in bits 3..0. */
export function fpCompare(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  signalAll: boolean,
): number {
  if (!ordered(format, env, aLo, aHi, bLo, bHi, signalAll)) return 0b0011;
  if (x.value === y.value) return 0b0110;
  return x.value < y.value ? 0b1000 : 0b0010;
}

/** FPCompareEQ (FCMEQ): quiet. */
export function fpCompareEqual(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
): boolean {
  return ordered(format, env, aLo, aHi, bLo, bHi, false) && x.value === y.value;
}

/** FPCompareGE (FCMGE; FACGE with `absolute`): signalling. */
export function fpCompareGreaterEqual(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  absolute = false,
): boolean {
  if (!ordered(format, env, aLo, aHi, bLo, bHi, true)) return false;
  return absolute ? Math.abs(x.value) >= Math.abs(y.value) : x.value >= y.value;
}

/** FPCompareGT (FCMGT; FACGT with `absolute`): signalling. */
export function fpCompareGreater(
  format: FpFormat,
  env: FpEnvironment,
  aLo: number,
  aHi: number,
  bLo: number,
  bHi: number,
  absolute = false,
): boolean {
  if (!ordered(format, env, aLo, aHi, bLo, bHi, true)) return false;
  return absolute ? Math.abs(x.value) > Math.abs(y.value) : x.value > y.value;
}
