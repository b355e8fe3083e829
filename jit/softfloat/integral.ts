/** FPRoundInt and FPRoundIntN: FRINTx, FRINT32x, FRINT64x (Arm ARM, J1.3 shared/functions/float). */
import { type FpEnvironment, FpRounding, Fpsr } from './environment.js';
import type { FpFormat } from './format.js';
import { roundValue } from './round.js';
import { Operand, processNaN, setInfinity, setZero, unpack } from './unpack.js';

const x = new Operand();

/** What the last roundMagnitude dropped: 0 <= error < 1. */
export let magnitudeError = 0;

/** Rounds a non-negative finite number to an integer; `sign` is that of the value it belongs to. */
export function roundMagnitude(magnitude: number, sign: number, rounding: number): number {
  const integer = Math.floor(magnitude);
  const error = magnitude - integer;
  magnitudeError = error;
  let up: boolean;
  switch (rounding) {
    case FpRounding.TieEven:
      up = error > 0.5 || (error === 0.5 && integer % 2 !== 0);
      break;
    case FpRounding.PlusInfinity:
      up = error !== 0 && sign === 0;
      break;
    case FpRounding.MinusInfinity:
      up = error !== 0 && sign !== 0;
      break;
    case FpRounding.TieAway:
      up = error >= 0.5;
      break;
    default:
      up = false;
  }
  return up ? integer + 1 : integer;
}

/** FPRoundInt. `exact` (FRINTX) raises IXC when the value changes. */
export function fpRoundInt(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  rounding: number,
  exact: boolean,
): void {
  unpack(format, env, lo, hi, x);
  if (x.isNaN) {
    processNaN(format, env, x);
  } else if (x.isInfinity) {
    setInfinity(format, env, x.sign);
  } else if (x.isZero) {
    setZero(format, env, x.sign);
  } else {
    const integer = roundMagnitude(Math.abs(x.value), x.sign, rounding);
    const error = magnitudeError;
    if (integer === 0) setZero(format, env, x.sign);
    else roundValue(format, env, FpRounding.Zero, x.sign !== 0 ? -integer : integer, 0);
    if (exact && error !== 0) env.fpsr |= Fpsr.IXC;
  }
}

/**
 * FPRoundIntN (FEAT_FRINTTS): to an integral value that fits a signed integer of `size` bits (32 or 64); anything else
 * gives the most negative one and IOC. Single and double only.
 */
export function fpRoundIntN(
  format: FpFormat,
  env: FpEnvironment,
  lo: number,
  hi: number,
  rounding: number,
  size: number,
): void {
  const limit = 2 ** (size - 1);
  unpack(format, env, lo, hi, x);
  if (x.isZero) {
    setZero(format, env, x.sign);
    return;
  }
  if (!x.isNaN && !x.isInfinity) {
    const integer = roundMagnitude(Math.abs(x.value), x.sign, rounding);
    const error = magnitudeError;
    if (x.sign !== 0 ? integer <= limit : integer < limit) {
      if (integer === 0) setZero(format, env, x.sign);
      else roundValue(format, env, FpRounding.Zero, x.sign !== 0 ? -integer : integer, 0);
      if (error !== 0) env.fpsr |= Fpsr.IXC;
      return;
    }
  }
  env.fpsr |= Fpsr.IOC;
  roundValue(format, env, FpRounding.Zero, -limit, 0);
}
