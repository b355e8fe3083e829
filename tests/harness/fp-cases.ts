/** Random cases for every floating-point encoding that has semantics, made from the decode table. */
import { decode, extractFields } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { encodings } from '../../jit/a64/encodings/index.js';
import { fpConvertSemantics } from '../../jit/a64/semantics/fp-convert.js';
import { fpScalarSemantics } from '../../jit/a64/semantics/fp-scalar.js';
import { fpVectorMixedSemantics } from '../../jit/a64/semantics/fp-vector-mixed.js';
import { fpVectorSemantics } from '../../jit/a64/semantics/fp-vector.js';
import type { FpFormatName } from '../../jit/softfloat/index.js';
import { Random, randomFpcr, specialValues } from './fp-instructions.js';
import type { InstructionCase } from './qemu-user.js';

const names = new Set(
  [...fpScalarSemantics, ...fpConvertSemantics, ...fpVectorSemantics, ...fpVectorMixedSemantics].map((s) => s.encoding),
);
export const fpEncodings: readonly Encoding[] = encodings.filter((e) => names.has(e.name));

const FORMATS: readonly FpFormatName[] = ['half', 'single', 'double'];
const SHAPE = { half: [5, 10], single: [8, 23], double: [11, 52], bfloat16: [8, 7] } as const;

/** The format that an encoding's sources most likely have. */
function likelyFormat(encoding: Encoding, f: Readonly<Record<string, number>>): FpFormatName {
  const { name } = encoding;
  if (/^BF(DOT|MLAL|MMLA)/.test(name)) return 'bfloat16';
  if (/^FML[AS]L/.test(name)) return 'half';
  if (name.startsWith('FCVTL')) return f.sz === 0 ? 'half' : 'single';
  if (f.ftype !== undefined) return (['single', 'double', 'single', 'half'] as const)[f.ftype];
  if (f.size !== undefined) return FORMATS[f.size - 1];
  if (f.immh !== undefined) return f.immh >= 8 ? 'double' : f.immh >= 4 ? 'single' : 'half';
  if (f.sz !== undefined) return f.sz === 0 ? 'single' : 'double';
  return /fp16/.test(name) ? 'half' : 'single';
}

/** One element: special, anything, a neighbour of `near` in exponent or pattern, or near an integer's limits. */
function element(random: Random, format: FpFormatName, near: bigint): bigint {
  const [e, f] = SHAPE[format];
  const F = BigInt(f);
  const sign = BigInt(random.below(2)) << BigInt(e + f);
  const mask = (1n << BigInt(e + f + 1)) - 1n;
  const fraction = random.bits64() & ((1n << F) - 1n);
  switch (random.below(10)) {
    case 0: {
      const specials = specialValues(format);
      return specials[random.below(specials.length)];
    }
    case 1:
      return random.bits64() & mask;
    case 2:
      return (near ^ BigInt(random.below(8))) & mask;
    case 3: {
      // Around the limits of 16-, 32- and 64-bit integers.
      const bias = 2 ** (e - 1) - 1;
      const power = [0, 15, 16, 31, 32, 63, 64][random.below(7)] - random.below(2);
      const exponent = BigInt(Math.min(bias + power, 2 * bias));
      const tail = random.below(2) ? fraction : ((1n << F) - 1n) ^ BigInt(random.below(4));
      return sign | (exponent << F) | tail;
    }
    case 4: {
      const exponent = BigInt(2 ** (e - 1) - 1 - 4 + random.below(20));
      return (sign | (exponent << F) | (fraction & ~((1n << (F - 3n)) - 1n))) & mask;
    }
    default: {
      const exponent = ((near >> F) + BigInt(random.below(5) - 2)) << F;
      return (sign | (exponent & (mask >> 1n)) | fraction) & mask;
    }
  }
}

function register(random: Random, format: FpFormatName, near: bigint): bigint {
  const width = BigInt(SHAPE[format][0] + SHAPE[format][1] + 1);
  let value = 0n;
  for (let at = 0n; at < 128n; at += width) value |= element(random, format, near) << at;
  return value;
}

export interface FpCase {
  readonly encoding: Encoding;
  readonly input: InstructionCase;
}

/** QEMU 11.1 changes a NaN's sign in these whatever FPCR.AH is, unlike the manual. */
const IGNORES_ALTERNATE = /^F(ABS|NEG)_asimdmisc/;

/** `perEncoding` cases of each encoding, the same for the same seed. */
export function fpCases(seed: number, perEncoding: number, alternate: boolean): FpCase[] {
  const cases: FpCase[] = [];
  for (const encoding of fpEncodings) {
    if (alternate && IGNORES_ALTERNATE.test(encoding.name)) continue;
    const random = new Random((seed ^ encoding.value) | 1);
    for (let n = 0; n < perEncoding; ) {
      const input = fpCase(encoding, random, alternate);
      if (input === undefined) continue;
      cases.push({ encoding, input });
      n++;
    }
  }
  return cases;
}

/**
 * A case of an encoding; undefined when the random fields hit a reserved combination. `alternate` adds FEAT_AFP's and
 * FEAT_EBF16's controls.
 */
export function fpCase(encoding: Encoding, random: Random, alternate: boolean): InstructionCase | undefined {
  const word = (encoding.value | (random.next() & ~encoding.mask)) >>> 0;
  if (decode(word)?.name !== encoding.name) return undefined;
  const f = extractFields(encoding, word);
  let format = likelyFormat(encoding, f);
  if (random.below(8) === 0) format = FORMATS[random.below(3)];
  const [e, bits] = SHAPE[format];
  const exponent = random.below(3) ? 2 ** (e - 1) - 8 + random.below(16) : 1 + random.below(2 ** e - 2);
  const near = (BigInt(exponent) << BigInt(bits)) | (random.bits64() & ((1n << BigInt(bits)) - 1n));
  const numbers = new Set<number>();
  for (const name of ['Rd', 'Rn', 'Ra']) if (f[name] !== undefined) numbers.add(f[name]);
  if (f.Rm !== undefined) numbers.add(f.Rm);
  if (f.M !== undefined) numbers.add((f.M << 4) | f.Rm);
  const v: [number, bigint][] = [];
  const widens = /^(BFDOT|BFMLAL|BFMMLA|FML[AS]L)/.test(encoding.name);
  for (const n of numbers) v.push([n, register(random, widens && n === f.Rd ? 'single' : format, near)]);
  const x: [number, bigint][] = [];
  if (f.sf !== undefined || encoding.name === 'FJCVTZS') {
    for (const n of new Set([f.Rd, f.Rn])) {
      const value = random.bits64() >> BigInt(random.below(64));
      if (n !== 31) x.push([n, BigInt.asUintN(64, random.below(2) ? value : -value)]);
    }
  }
  const fpcr = random.below(2) ? 0 : randomFpcr(random, alternate);
  const fpsr = random.below(2) ? 16 : random.below(4) === 0 ? 1 << 27 : 0;
  return { word, x, v, nzcv: random.below(16), fpcr, fpsr };
}
