import { describe, expect, it } from 'vitest';
import {
  DOUBLE,
  fixedToFp,
  fpAdd,
  fpConvert,
  fpDiv,
  FpEnvironment,
  type FpFormat,
  fpMul,
  fpMulAdd,
  FpRounding,
  fpSqrt,
  fpSub,
  fpToFixed,
  Fpsr,
  HALF,
  SINGLE,
} from '../../../jit/softfloat/index.js';
import { Random } from '../../harness/fp-instructions.js';
import { add, divide, multiply, negate, type Rational, round, valueOf } from './rational.js';

const lo = (bits: bigint): number => Number(bits & 0xffffffffn);
const hi = (bits: bigint): number => Number(bits >> 32n);

/** A finite non-zero pattern; `spread` bounds the distance of its exponent from `centre`. */
function pattern(random: Random, format: FpFormat, centre: number, spread: number): bigint {
  const f = BigInt(format.fractionBits);
  const span = centre + random.below(2 * spread + 1) - spread;
  const exponent = Math.min(Math.max(span, 0), format.exponentMax - 1);
  let fraction = random.bits64() & ((1n << f) - 1n);
  if (random.below(3) === 0) fraction &= ~0n << (f - BigInt(random.below(8)));
  if (exponent === 0 && fraction === 0n) fraction = 1n;
  return (BigInt(random.below(2)) << BigInt(format.width - 1)) | (BigInt(exponent) << f) | fraction;
}

type Run = (env: FpEnvironment, a: bigint, b: bigint, c: bigint) => void;
type Exact = (a: Rational, b: Rational, c: Rational) => Rational;

function operations(f: FpFormat): [string, Run, Exact][] {
  return [
    ['add', (e, a, b) => fpAdd(f, e, lo(a), hi(a), lo(b), hi(b)), (a, b) => add(a, b)],
    ['sub', (e, a, b) => fpSub(f, e, lo(a), hi(a), lo(b), hi(b)), (a, b) => add(a, negate(b))],
    ['mul', (e, a, b) => fpMul(f, e, lo(a), hi(a), lo(b), hi(b)), multiply],
    ['div', (e, a, b) => fpDiv(f, e, lo(a), hi(a), lo(b), hi(b)), divide],
    [
      'muladd',
      (e, a, b, c) => fpMulAdd(f, e, lo(c), hi(c), lo(a), hi(a), lo(b), hi(b)),
      (a, b, c) => add(multiply(a, b), c),
    ],
  ];
}

describe.each([
  ['half', HALF],
  ['single', SINGLE],
  ['double', DOUBLE],
] as const)('%s against exact fractions', (_, format) => {
  const flushBits = [0, 1 << (format === HALF ? 19 : 24)];
  // Exponents around 1, around the ends of the range and around where products reach them.
  const centres = [format.bias, 0, format.exponentMax - 2, format.bias >> 1, format.bias + (format.bias >> 1)];

  it.each(operations(format))('%s', (name, run, exact) => {
    const random = new Random(format.width * 31 + name.length);
    const env = new FpEnvironment();
    const reference = new FpEnvironment();
    const wrong: unknown[] = [];
    for (let i = 0; i < 6000; i++) {
      const spread = i % 3 === 0 ? format.exponentMax : 3 + format.fractionBits;
      const operand = (): bigint => pattern(random, format, centres[random.below(centres.length)], spread);
      const [a, b] = [operand(), operand()];
      // An addend near the product cancels or ties now and then.
      const c = random.below(2) === 0 ? operand() : a ^ BigInt(random.below(4));
      env.fpcr = reference.fpcr = random.below(4) << 22;
      env.fpsr = reference.fpsr = 0;
      const value = exact(valueOf(format, a), valueOf(format, b), valueOf(format, c));
      if (value.n === 0n) continue;
      run(env, a, b, c);
      const expected = round(format, reference, value, env.rounding);
      if (env.bits !== expected || env.fpsr !== reference.fpsr) {
        wrong.push([env.fpcr, a, b, c, env.bits, env.fpsr, expected, reference.fpsr]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('flushes tiny results before rounding', () => {
    const random = new Random(99);
    const env = new FpEnvironment(flushBits[1]);
    const reference = new FpEnvironment(flushBits[1]);
    for (let i = 0; i < 2000; i++) {
      const half = format.bias >> 1;
      const a = pattern(random, format, half, 3) | (1n << BigInt(format.fractionBits));
      const b = pattern(random, format, half, 3) | (1n << BigInt(format.fractionBits));
      env.fpsr = reference.fpsr = 0;
      fpMul(format, env, lo(a), hi(a), lo(b), hi(b));
      const value = multiply(valueOf(format, a), valueOf(format, b));
      expect([env.bits, env.fpsr]).toEqual([round(format, reference, value, 0), reference.fpsr]);
    }
  });

  it('square roots lie within half a unit, with the right flag', () => {
    const random = new Random(7);
    const env = new FpEnvironment();
    for (let i = 0; i < 3000; i++) {
      const a = pattern(random, format, format.bias, format.bias) & ~(1n << BigInt(format.width - 1));
      env.fpcr = random.below(4) << 22;
      env.fpsr = 0;
      fpSqrt(format, env, lo(a), hi(a));
      const value = valueOf(format, a);
      const square = (bits: bigint): Rational => multiply(valueOf(format, bits), valueOf(format, bits));
      const compare = (x: Rational): number => {
        const difference = x.n * value.d - value.n * x.d;
        return difference > 0n ? 1 : difference < 0n ? -1 : 0;
      };
      const order = compare(square(env.bits));
      expect(env.fpsr).toBe(order === 0 ? 0 : Fpsr.IXC);
      if (order === 0) continue;
      if (env.rounding === FpRounding.TieEven) {
        // (bits +- 1/2 unit)^2 on the other side
        const neighbour = env.bits + (order > 0 ? -1n : 1n);
        const middle = divide(add(valueOf(format, env.bits), valueOf(format, neighbour)), { n: 2n, d: 1n });
        expect(compare(multiply(middle, middle))).toBe(-order);
      } else {
        const up = env.rounding === FpRounding.PlusInfinity;
        expect(order).toBe(up ? 1 : -1);
        expect(compare(square(env.bits + (up ? -1n : 1n)))).toBe(-order);
      }
    }
  });

  it('converts integers and fixed point both ways', () => {
    const random = new Random(5);
    const env = new FpEnvironment();
    const reference = new FpEnvironment();
    for (let i = 0; i < 3000; i++) {
      const integer = random.bits64() >> BigInt(random.below(64));
      const fractionBits = random.below(65);
      env.fpcr = random.below(4) << 22;
      env.fpsr = reference.fpsr = 0;
      fixedToFp(format, env, lo(integer), hi(integer), env.rounding, 64, true, fractionBits);
      if (integer === 0n) continue;
      const value = { n: integer, d: 1n << BigInt(fractionBits) };
      expect([env.bits, env.fpsr]).toEqual([round(format, reference, value, env.rounding), reference.fpsr]);
      if ((env.fpsr & Fpsr.OFC) !== 0) continue;
      const back = valueOf(format, env.bits);
      fpToFixed(format, env, env.lo, env.hi, FpRounding.Zero, 64, true, fractionBits);
      const expected = (back.n << BigInt(fractionBits)) / back.d;
      expect(env.bits).toBe(expected > 2n ** 64n - 1n ? 2n ** 64n - 1n : expected);
    }
  });
});

describe('conversions between formats', () => {
  it.each([0, 1, 2, 3, 5])('double and single to narrower ones, rounding %i', (rounding) => {
    const random = new Random(11 + rounding);
    const env = new FpEnvironment();
    const reference = new FpEnvironment();
    for (const [from, to] of [
      [DOUBLE, SINGLE],
      [DOUBLE, HALF],
      [SINGLE, HALF],
    ]) {
      for (let i = 0; i < 2000; i++) {
        const centre = from.bias + [0, to.minimumExponent, to.bias][i % 3];
        const a = pattern(random, from, centre, to.fractionBits + 3);
        env.fpsr = reference.fpsr = 0;
        fpConvert(from, to, env, lo(a), hi(a), rounding);
        expect([env.bits, env.fpsr]).toEqual([round(to, reference, valueOf(from, a), rounding), reference.fpsr]);
      }
    }
  });

  it('half to single and back is the identity on every pattern but signalling NaNs', () => {
    const env = new FpEnvironment();
    const wrong: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      env.fpsr = 0;
      fpConvert(HALF, SINGLE, env, bits, 0);
      const viaDouble = env.lo;
      fpConvert(HALF, DOUBLE, env, bits, 0);
      fpConvert(DOUBLE, SINGLE, env, env.lo, env.hi);
      if ((bits & 0x7fff) <= 0x7c00 && env.lo !== viaDouble) wrong.push(bits);
      fpConvert(SINGLE, HALF, env, env.lo, 0);
      const signalling = (bits & 0x7e00) === 0x7c00 && (bits & 0x1ff) !== 0;
      if (env.lo !== (signalling ? bits | 0x200 : bits) || env.fpsr !== (signalling ? Fpsr.IOC : 0)) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });
});
