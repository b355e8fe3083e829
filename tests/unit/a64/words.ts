import type { Encoding } from '../../../jit/a64/encoding.js';
import { decode } from '../../../jit/a64/decoder.js';

/** Marsaglia's xorshift32: the same words on every run. Returns signed 32-bit integers. */
export function xorshift(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}

/** Random bits in which one field in four is all zeros or all ones, since aliases hang on those. */
function biased(encoding: Encoding, random: () => number): number {
  let bits = random();
  for (const field of encoding.fields) {
    const mask = ((1 << field.width) - 1) << field.lsb;
    const choice = random() & 7;
    if (choice === 0) bits |= mask;
    else if (choice === 1) bits &= ~mask;
  }
  return bits;
}

/** Up to `count` words that decode to `encoding`, should-be bits as they should be. Empty only if none was found. */
export function wordsOf(encoding: Encoding, count: number, random: () => number): number[] {
  const free = ~encoding.mask & ~encoding.shouldBeMask;
  const words: number[] = [];
  for (let attempt = 0; attempt < count * 200 && words.length < count; attempt++) {
    const word = (biased(encoding, random) & free) | encoding.value | encoding.shouldBeValue;
    if (decode(word) === encoding) words.push(word);
  }
  return words;
}

export const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
