/** Makes a failing case as small as it still fails: fewest instructions, then simplest registers, then memory. */
import { Batch, type FuzzCase } from './batch.js';
import { compareCase } from './compare.js';
import type { EnginePair } from './engines.js';
import { CODE_BYTES, MEMORY_ADDRESS, NOP } from './layout.js';

/** Runs cases on both engines; for each the fields that differ. */
export async function runBoth(engines: EnginePair, cases: readonly FuzzCase[]): Promise<string[][]> {
  const out: string[][] = [];
  for (const one of separate(cases)) {
    const batch = new Batch(one.length);
    for (const c of one) batch.add(c);
    const [expected, actual] = await Promise.all([engines.expected.run(batch), engines.actual.run(batch)]);
    const options = engines;
    one.forEach((_, i) => out.push(compareCase(batch, i, expected, actual, options)));
  }
  return out;
}

/** Cases that may share a batch: their places do not overlap, and there are not too many images. */
function* separate(cases: readonly FuzzCase[]): Generator<FuzzCase[]> {
  let group: FuzzCase[] = [];
  let images = new Set<number>();
  const taken = new Set<number>();
  for (const c of cases) {
    const overlaps = Array.from({ length: c.slot / 64 }, (_, i) => (c.entry >> 6) + i).some((line) => taken.has(line));
    if (group.length > 0 && (overlaps || images.size >= 60)) {
      yield group;
      group = [];
      images = new Set();
      taken.clear();
    }
    group.push(c);
    images.add(c.memory);
    for (let at = c.entry; at < c.entry + c.slot; at += 64) taken.add(at >> 6);
  }
  if (group.length > 0) yield group;
}

/** The same case at places that lie the same in their pages, so that many can run at once. */
function spread(cases: readonly FuzzCase[], movable: boolean): FuzzCase[] {
  if (!movable) return [...cases];
  const offset = (c: FuzzCase): number => c.entry % 4096;
  const pages = CODE_BYTES / 4096;
  return cases.map((c, i) => {
    const entry = offset(c) + 8192 * (i % (pages / 2 - 1));
    return entry + c.slot <= CODE_BYTES ? { ...c, entry } : c;
  });
}

/** Kinds of fields, registers of a file being one kind. */
const kinds = (fields: readonly string[]): string[] => fields.map((f) => f.replace(/\d+$/, ''));

/** Whether a case fails in the way that is looked for: another mistake on the way shall not take its place. */
type Fails = (fields: readonly string[]) => boolean;

/** The first candidate that fails, wherever it was moved to. */
async function firstFailing(
  engines: EnginePair, candidates: readonly FuzzCase[], fails: Fails, movable: boolean,
): Promise<FuzzCase | undefined> {
  const moved = spread(candidates, movable);
  const results = await runBoth(engines, moved);
  const at = results.findIndex(fails);
  return at < 0 ? undefined : moved[at];
}

function withoutWord(c: FuzzCase, at: number): FuzzCase {
  return { ...c, words: c.words.filter((_, i) => i !== at) };
}

function withNops(c: FuzzCase, from: number, to: number): FuzzCase {
  return { ...c, words: c.words.map((w, i) => (i >= from && i < to ? NOP : w)) };
}

/** Halves, quarters, ... of the case without them, then without each word, behind and in front alike. */
function shorter(c: FuzzCase): FuzzCase[] {
  const out: FuzzCase[] = [];
  const n = c.words.length;
  for (let part = n >> 1; part >= 2; part >>= 1) {
    out.push({ ...c, words: c.words.slice(0, n - part) }, { ...c, words: c.words.slice(part) });
  }
  for (let i = n - 1; i >= 0 && n > 1; i--) out.push(withoutWord(c, i));
  return out;
}

function calmer(c: FuzzCase): FuzzCase[] {
  const out: FuzzCase[] = [];
  const n = c.words.length;
  for (let part = n >> 1; part >= 1; part >>= 1) {
    for (let from = 0; from < n; from += part) {
      const quiet = withNops(c, from, from + part);
      if (quiet.words.some((w, i) => w !== c.words[i])) out.push(quiet);
    }
  }
  return out;
}

type Change = (c: FuzzCase) => FuzzCase | undefined;

function replaced<K extends keyof FuzzCase>(key: K, value: FuzzCase[K]): Change {
  return (c) => (c[key] === value ? undefined : { ...c, [key]: value });
}

function register(file: 'x' | 'v', r: number, value: bigint): Change {
  return (c) => {
    const before = c[file][r];
    if (before === value || simplicity(before) <= simplicity(value)) return undefined;
    return { ...c, [file]: c[file].map((old, i) => (i === r ? value : old)) };
  };
}

/** Smaller is simpler: zero, then few significant bits. */
function simplicity(value: bigint): number {
  return value === 0n ? 0 : value.toString(16).replace(/0+$/, '').length + 1;
}

const ALL_X = Array.from({ length: 32 }, (_, r) => r);

function simplifications(c: FuzzCase): Change[] {
  const changes: Change[] = [
    (x) => ({ ...x, x: x.x.map(() => 0n) }),
    (x) => ({ ...x, v: x.v.map(() => 0n) }),
    replaced('memory', 0), replaced('nzcv', 0), replaced('fpcr', 0), replaced('fpsr', 0), replaced('tpidr', 0n),
  ];
  for (const r of ALL_X) for (const value of [0n, 1n, BigInt(MEMORY_ADDRESS)]) changes.push(register('x', r, value));
  for (const r of ALL_X) {
    changes.push(register('v', r, 0n));
    const low = BigInt.asUintN(64, c.v[r]);
    for (const bits of [64, 32, 16]) changes.push(register('v', r, BigInt.asUintN(bits, low)));
  }
  for (let bit = 1; bit < 2 ** 28; bit *= 2) if (c.fpcr & bit) changes.push(replaced('fpcr', c.fpcr & ~bit));
  return changes;
}

/** A case that still fails and from which nothing more can be taken. The case given must fail. */
export async function minimize(engines: EnginePair, failing: FuzzCase): Promise<FuzzCase> {
  let best = failing;
  const wanted = new Set(kinds((await runBoth(engines, [failing]))[0]));
  const fails: Fails = (fields) => kinds(fields).some((kind) => wanted.has(kind));
  // A case that names its own code by address fails only where it is.
  const elsewhere = await runBoth(engines, [{ ...failing, entry: (failing.entry + 8192) % (CODE_BYTES - 8192) }]);
  const movable = fails(elsewhere[0]);
  for (;;) {
    const quiet = best.words.length > 1 ? calmer(best) : [];
    const smaller =
      (await firstFailing(engines, shorter(best), fails, movable)) ??
      (await firstFailing(engines, quiet, fails, movable));
    if (smaller === undefined) break;
    best = smaller;
  }
  // Registers: all that may be changed alone are found in one go, then tried together.
  for (let round = 0; round < 6; round++) {
    const changes = simplifications(best);
    const candidates = changes.map((change) => change(best)).filter((c) => c !== undefined);
    const kept = changes.filter((change) => change(best) !== undefined);
    const results = await runBoth(engines, spread(candidates, movable));
    const useful = kept.filter((_, i) => fails(results[i]));
    if (useful.length === 0) break;
    let together: FuzzCase = best;
    for (const change of useful) together = change(together) ?? together;
    const [all] = await runBoth(engines, [together]);
    if (fails(all)) {
      best = together;
      continue;
    }
    const before = best;
    for (const change of useful) {
      const next = change(best);
      if (next !== undefined && fails((await runBoth(engines, [next]))[0])) best = next;
    }
    if (best === before) break;
  }
  return best;
}
