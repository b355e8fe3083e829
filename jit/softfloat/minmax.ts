/** FPMax, FPMin, FPMaxNum, FPMinNum (Arm ARM, J1.3 shared/functions/float). */
import { Fpcr, FpEnvironment, Fpsr } from './environment.js';
import type { FpFormat } from './format.js';
import { roundValue } from './round.js';
import { FpType, Operand, processDenormal, processNaNs, setInfinity, setZero, unpack } from './unpack.js';

const x = new Operand();
const y = new Operand();

function select(format: FpFormat, env: FpEnvironment, maximum: boolean, alternate: boolean): void {
  if (alternate) {
    if (x.isZero && y.isZero && x.sign !== y.sign) {
      setZero(format, env, y.sign);
      return;
    }
    if (x.isNaN || y.isNaN) {
      env.fpsr |= Fpsr.IOC;
      if (y.isZero) setZero(format, env, y.sign);
      else env.setResult(y.lo, y.hi);
      return;
    }
  }
  if (processNaNs(format, env, x, y)) return;
  const chosen = (maximum ? x.value > y.value : x.value < y.value) ? x : y;
  if (chosen.isInfinity) {
    setInfinity(format, env, chosen.sign);
  } else if (chosen.isZero) {
    setZero(format, env, maximum ? x.sign & y.sign : x.sign | y.sign);
  } else {
    const fpcr = env.fpcr;
    if (alternate) env.fpcr &= ~(Fpcr.FZ | Fpcr.FZ16);
    roundValue(format, env, env.rounding, chosen.value, 0);
    env.fpcr = fpcr;
  }
  processDenormal(format, env, x);
  processDenormal(format, env, y);
}

function alternate(env: FpEnvironment): boolean {
  return (env.fpcr & Fpcr.AH) !== 0;
}

export function fpMax(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  select(f, env, true, alternate(env));
}

export function fpMin(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  select(f, env, false, alternate(env));
}

/** A single quiet NaN loses against any number. */
function replaceQuietNaN(env: FpEnvironment, sign: number): void {
  if (alternate(env) && x.isNaN && y.isNaN) return;
  const quiet1 = x.type === FpType.QuietNaN;
  const quiet2 = y.type === FpType.QuietNaN;
  if (quiet1 && !quiet2) x.setInfinity(sign);
  else if (!quiet1 && quiet2) y.setInfinity(sign);
}

/** FMAXNM. */
export function fpMaxNum(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  replaceQuietNaN(env, 1);
  select(f, env, true, false);
}

/** FMINNM. */
export function fpMinNum(f: FpFormat, env: FpEnvironment, aLo: number, aHi: number, bLo: number, bHi: number): void {
  unpack(f, env, aLo, aHi, x);
  unpack(f, env, bLo, bHi, y);
  replaceQuietNaN(env, 0);
  select(f, env, false, false);
}
