/** Random cases of everything but SIMD&FP data processing and structure accesses: general-purpose registers, loads and
 * stores of every addressing form, branches, system instructions. */
import { extractFields, decode } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { Batch, type FuzzCase } from '../fuzz/batch.js';
import { ExclusionSet } from '../fuzz/exclusions.js';
import { Random } from '../fuzz/random.js';
import { SingleGenerator } from '../fuzz/single.js';
import { ALL_MAINTENANCE, DC_ZVA } from '../fuzz/system.js';
import { ValuePool } from '../fuzz/values.js';

export const isIntegerEncoding = (e: Encoding): boolean =>
  !e.group.startsWith('simd_dp/') && !e.group.includes('asisd');

/** What is recorded holds for every QEMU. */
const TARGET = {
  qemu: true, exclusions: new ExclusionSet(true), maintenance: ALL_MAINTENANCE.filter((word) => word !== DC_ZVA),
  both: (): boolean => true,
};

const REGISTERS = ['Rd', 'Rn', 'Rm', 'Ra', 'Rt', 'Rt2', 'Rs'];

/** Registers that words may read or write; the others need no value. */
function named(words: readonly number[]): Set<number> {
  const set = new Set<number>([30]);
  for (const word of words) {
    const encoding = decode(word);
    if (encoding === undefined) continue;
    const f = extractFields(encoding, word);
    for (const name of REGISTERS) if (f[name] !== undefined) set.add(f[name]).add((f[name] + 1) & 31);
    if (encoding.group === 'control/hints') set.add(16).add(17);
  }
  return set;
}

/** `count` cases of each encoding, the same for the same seed, at most 4096 in all. */
export function integerCases(encodings: readonly Encoding[], count: number, seed: number): FuzzCase[] {
  const cases: FuzzCase[] = [];
  const batch = new Batch(4096);
  const random = new Random(seed);
  const pool = new ValuePool(random);
  const generator = new SingleGenerator(batch, random, pool, TARGET, 1);
  const image = batch.image(seed);
  for (const encoding of encodings) {
    for (let n = 0, misses = 0; n < count && misses < 200; ) {
      if (generator.make(encoding, image)) n++;
      else misses++;
    }
  }
  for (let i = 0; i < batch.count; i++) {
    const c = batch.extract(i);
    const keep = named(c.words);
    const simd = c.words.some((w) => decode(w)?.name.includes('_simd'));
    cases.push({
      ...c,
      x: c.x.map((v, r) => (keep.has(r) ? v : 0n)),
      v: c.v.map((v, r) => (simd && keep.has(r) ? v : 0n)),
    });
  }
  return cases;
}
