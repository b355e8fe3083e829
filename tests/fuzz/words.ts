/** Random words of an encoding, and the list of encodings that a run covers. */
import { decode, extractFields } from '../../jit/a64/decoder.js';
import type { Encoding, Fields } from '../../jit/a64/encoding.js';
import { encodings } from '../../jit/a64/encodings/index.js';
import { encodingOperations } from '../../jit/interpreter/operation-table.js';
import type { ExclusionSet } from './exclusions.js';
import type { Random } from './random.js';

const TRIES = 200;

/** Encodings with semantics that the CPU has. */
export function coveredEncodings(has: (feature: string) => boolean): Encoding[] {
  return encodings.filter(
    (e) => encodingOperations(e) !== undefined && (e.feature === undefined || has(e.feature)),
  );
}

/** Puts a value into a field of a word. */
export function withField(encoding: Encoding, word: number, name: string, value: number): number {
  const field = encoding.fields.find((f) => f.name === name);
  if (field === undefined) return word;
  const mask = (((1 << field.width) - 1) << field.lsb) & ~encoding.mask;
  return ((word & ~mask) | ((value << field.lsb) & mask)) >>> 0;
}

/**
 * A word of an encoding with every field random, should-be bits as they should be; undefined when it is excluded.
 * @param change last say about the word
 */
export function randomWord(
  encoding: Encoding,
  random: Random,
  excluded: ExclusionSet | undefined,
  change?: (word: number, f: Fields) => number,
): number | undefined {
  const fixed = (encoding.mask | encoding.shouldBeMask) >>> 0;
  const value = encoding.value | encoding.shouldBeValue;
  const exclusions = excluded?.of(encoding) ?? [];
  for (let i = 0; i < TRIES; i++) {
    let word = (value | (random.u32() & ~fixed)) >>> 0;
    if (change !== undefined) word = change(word, extractFields(encoding, word));
    if (decode(word) !== encoding) continue;
    if (exclusions.length === 0) return word;
    const f = extractFields(encoding, word);
    if (!exclusions.some((x) => x.values === undefined && (x.fields?.(f, encoding) ?? true))) return word;
  }
  return undefined;
}

/** A word that no encoding has, one or two bits from one that an encoding has. */
export function unallocatedWord(random: Random): number {
  for (;;) {
    const near = random.pick(encodings);
    let word = (near.value | near.shouldBeValue | (random.u32() & ~(near.mask | near.shouldBeMask))) >>> 0;
    if (random.below(4) !== 0) word = (word ^ (1 << random.below(32))) >>> 0;
    if (random.below(2) !== 0) word = (word ^ (1 << random.below(32))) >>> 0;
    if (decode(word) === undefined && !SCALABLE.has((word >>> 25) & 15)) return word;
  }
}

/** Values of bits 28..25 that are reserved, SME or SVE. */
const SCALABLE = new Set([0, 1, 2, 3]);
