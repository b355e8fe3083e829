/**
 * Decoding of A64 words by two table look-ups: bits 31..21 select a bucket, bits 15..10 a short list of candidates in
 * it. Buckets are built from the table on first use.
 */
import { leadingBits, type Encoding, type Fields } from './encoding.js';
import { encodings } from './encodings/index.js';

const FIRST_LSB = 21;
const SECOND_LSB = 10;
const SECOND_SIZE = 1 << 6;
const FIRST_MASK = 0xffe00000;
const SECOND_MASK = 0x0000fc00;
/** Buckets are filled from lists by the top bits, so that building one does not walk the whole table. */
const FAMILY_LSB = 25;

/** What of an encoding is looked at for each word. */
interface Candidate {
  readonly encoding: Encoding;
  readonly mask: number;
  readonly value: number;
  readonly where: Encoding['where'];
}
type Candidates = readonly Candidate[];
const NONE: Candidates = [];
const buckets: (Candidates[] | undefined)[] = new Array<undefined>(1 << (32 - FIRST_LSB)).fill(undefined);

/** The bits that tell families, by encoding. */
let familyBits: ReturnType<typeof leadingBits>[] | undefined;
const families: (readonly Encoding[] | undefined)[] = new Array<undefined>(1 << (32 - FAMILY_LSB)).fill(undefined);

function agrees(e: Encoding, word: number, bits: number): boolean {
  return ((word ^ e.value) & e.mask & bits) === 0;
}

/** An entry that overrides another is tried before it. */
function byPrecedence(a: Encoding, b: Encoding): number {
  if (a.overrides.includes(b.name)) return -1;
  if (b.overrides.includes(a.name)) return 1;
  return a.id - b.id;
}

/** Orders so that each entry comes before those it overrides; the lists are short. */
function order(list: readonly Encoding[]): Encoding[] {
  const result: Encoding[] = [];
  for (const e of list) {
    const at = result.findIndex((other) => byPrecedence(e, other) < 0);
    if (at < 0) result.push(e);
    else result.splice(at, 0, e);
  }
  return result;
}

function family(word: number): readonly Encoding[] {
  const first = word >>> FAMILY_LSB;
  familyBits ??= encodings.map((e) => leadingBits(e.bits, 32 - FAMILY_LSB));
  const bits = familyBits;
  return (families[first] ??= encodings.filter(({ id }) => ((first ^ bits[id].value) & bits[id].mask) === 0));
}

function candidateOf(encoding: Encoding): Candidate {
  const { mask, value, where } = encoding;
  return { encoding, mask, value, where };
}

function buildBucket(first: number): Candidates[] {
  const high = first << FIRST_LSB;
  const list = family(high).filter((e) => agrees(e, high, FIRST_MASK));
  const result: Candidates[] = [];
  for (let second = 0; second < SECOND_SIZE; second++) {
    const low = second << SECOND_LSB;
    const candidates = list.filter((e) => agrees(e, low, SECOND_MASK));
    result.push(candidates.length === 0 ? NONE : order(candidates).map(candidateOf));
  }
  buckets[first] = result;
  return result;
}

/** Values of the entry's fields in `word`. The entry need not match the word. */
export function extractFields(encoding: Encoding, word: number): Fields {
  const out: Record<string, number> = {};
  const fields = encoding.fields;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    out[field.name] = (word >>> field.lsb) & ((1 << field.width) - 1);
  }
  return out;
}

/** The entry that `word` (bits 31..0, signed or unsigned) belongs to; undefined for an unallocated word. */
export function decode(word: number): Encoding | undefined {
  const first = word >>> FIRST_LSB;
  const candidates = (buckets[first] ?? buildBucket(first))[(word >>> SECOND_LSB) & (SECOND_SIZE - 1)];
  for (let i = 0; i < candidates.length; i++) {
    const { encoding, mask, value, where } = candidates[i];
    if (((word ^ value) & mask) === 0 && (where === undefined || where(extractFields(encoding, word)))) return encoding;
  }
  return undefined;
}
