/**
 * A second, slow implementation for tests: exact fractions and Arm's FPRoundBase as the manual writes it, for finite
 * operands and FPCR.AH == 0.
 */
import { FpEnvironment, type FpFormat, Fpcr, FpRounding, Fpsr } from '../../../jit/softfloat/index.js';

/** numerator / denominator, denominator > 0. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

/** The exact value of a finite pattern. */
export function valueOf(format: FpFormat, bits: bigint): Rational {
  const f = BigInt(format.fractionBits);
  const exponent = Number((bits >> f) & BigInt(format.exponentMax));
  const fraction = bits & ((1n << f) - 1n);
  const significand = exponent === 0 ? fraction : fraction | (1n << f);
  const power = (exponent === 0 ? 1 : exponent) - format.bias - format.fractionBits;
  const sign = (bits >> BigInt(format.width - 1)) & 1n ? -1n : 1n;
  return power >= 0
    ? { n: sign * (significand << BigInt(power)), d: 1n }
    : { n: sign * significand, d: 1n << BigInt(-power) };
}

export const add = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const multiply = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
export const divide = (a: Rational, b: Rational): Rational =>
  b.n < 0n ? { n: -a.n * b.d, d: -a.d * b.n } : { n: a.n * b.d, d: a.d * b.n };

/** floor(log2(x)) of a positive fraction. */
function exponentOf(n: bigint, d: bigint): number {
  let e = n.toString(2).length - d.toString(2).length;
  const less = e >= 0 ? n < d << BigInt(e) : n << BigInt(-e) < d;
  if (less) e--;
  return e;
}

/** FPRoundBase: the pattern; flags into env.fpsr. The value is not zero. */
export function round(format: FpFormat, env: FpEnvironment, value: Rational, rounding: number): bigint {
  const f = BigInt(format.fractionBits);
  const negative = value.n < 0n;
  const sign = negative ? 1n << BigInt(format.width - 1) : 0n;
  const n = negative ? -value.n : value.n;
  const d = value.d;
  const exponent = exponentOf(n, d);
  const minimum = format.minimumExponent;
  const flush = (env.fpcr & (format.width === 16 ? Fpcr.FZ16 : Fpcr.FZ)) !== 0;
  if (flush && exponent < minimum) {
    env.fpsr |= Fpsr.UFC;
    return sign;
  }
  let biased = Math.max(exponent - minimum + 1, 0);
  // mantissa * 2^F, with the exponent held at the minimum for denormals
  const shift = format.fractionBits - Math.max(exponent, minimum);
  const numerator = shift >= 0 ? n << BigInt(shift) : n;
  const denominator = shift >= 0 ? d : d << BigInt(-shift);
  let mantissa = numerator / denominator;
  const remainder = numerator % denominator;
  const inexact = remainder !== 0n;
  const twice = 2n * remainder;
  if (biased === 0 && inexact) env.fpsr |= Fpsr.UFC;
  let up = false;
  let toInfinity = false;
  switch (rounding) {
    case FpRounding.TieEven:
      up = twice > denominator || (twice === denominator && (mantissa & 1n) === 1n);
      toInfinity = true;
      break;
    case FpRounding.PlusInfinity:
      up = inexact && !negative;
      toInfinity = !negative;
      break;
    case FpRounding.MinusInfinity:
      up = inexact && negative;
      toInfinity = negative;
      break;
  }
  if (up) {
    mantissa++;
    if (mantissa === 1n << f) biased = 1;
    if (mantissa === 2n << f) {
      biased++;
      mantissa /= 2n;
    }
  }
  if (inexact && rounding === FpRounding.Odd) mantissa |= 1n;
  if (biased >= format.exponentMax) {
    env.fpsr |= Fpsr.OFC | Fpsr.IXC;
    const infinity = BigInt(format.exponentMax) << f;
    return sign | (toInfinity ? infinity : infinity - 1n);
  }
  if (inexact) env.fpsr |= Fpsr.IXC;
  return sign | (BigInt(biased) << f) | (mantissa & ((1n << f) - 1n));
}
