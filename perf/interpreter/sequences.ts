/** Which sequences of operations are worth a dispatch of their own: byte pair encoding over sampled runs. */
import type { Samples } from './samples.js';

/** Operations that leave the main loop's straight line always, or may change what its code relies on: no part but the last. */
const LAST_ONLY = /^(B\.near|BL\.near|RET|BR|BLR|BRA|BLRA|RETA)/;
/** What may end a slice or the translation regime: never part of a sequence. */
const ALONE = /^(SYS|MRS\.which|MSR_reg|MSR_imm)/;

export interface Choice {
  /** Names joined by spaces; single operations among them. Dispatches per million of each. */
  readonly dispatches: ReadonlyMap<string, number>;
  /** Instructions executed by a dispatch, on average. */
  readonly perDispatch: number;
}

interface Step {
  fused?: string;
  readonly next: Map<string, Step>;
}

function trie(sequences: Iterable<string>): Step {
  const root: Step = { next: new Map() };
  for (const sequence of sequences) {
    let at = root;
    for (const part of sequence.split(' ')) {
      let step = at.next.get(part);
      if (!step) at.next.set(part, (step = { next: new Map() }));
      at = step;
    }
    at.fused = sequence;
  }
  return root;
}

/** Cuts a run as the interpreter does: at each place the longest sequence that begins there. */
function cut(operations: readonly string[], root: Step): string[] {
  const parts: string[] = [];
  for (let i = 0; i < operations.length;) {
    let step: Step | undefined = root;
    let best = operations[i];
    let length = 1;
    for (let j = i; j < operations.length && (step = step.next.get(operations[j])) !== undefined; j++) {
      if (step.fused === undefined) continue;
      best = step.fused;
      length = j - i + 1;
    }
    parts.push(best);
    i += length;
  }
  return parts;
}

/** What the given sequences come to on the samples, and how often each two dispatches follow one another. */
function measure(samples: Samples, sequences: Iterable<string>): { choice: Choice; pairs: Map<string, Map<string, number>> } {
  const root = trie(sequences);
  const counts = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  let total = 0;
  for (const { operations, count } of samples.runs) {
    let last: string | undefined;
    for (const part of cut(operations, root)) {
      counts.set(part, (counts.get(part) ?? 0) + count);
      total += count;
      if (last !== undefined) {
        let row = pairs.get(last);
        if (!row) pairs.set(last, (row = new Map()));
        row.set(part, (row.get(part) ?? 0) + count);
      }
      last = part;
    }
  }
  const dispatches = new Map([...counts].map(([name, n]) => [name, (n / total) * 1e6]));
  return { choice: { dispatches, perDispatch: samples.instructions / total }, pairs };
}

export function evaluate(samples: Samples, sequences: Iterable<string>): Choice {
  return measure(samples, sequences).choice;
}

export interface Limits {
  /** Sequences chosen at most. */
  readonly sequences: number;
  /** Operations in a sequence at most. */
  readonly parts: number;
}

const length = (sequence: string): number => sequence.split(' ').length;

/** Chooses sequences: in each round the most frequent neighbours become one, and what has become rare goes. */
export function choose(samples: Samples, limits: Limits): Choice {
  const ROUNDS = 24;
  let sequences = new Set<string>();
  let best: Choice = evaluate(samples, sequences);
  for (let round = 0; round < ROUNDS; round++) {
    const { pairs } = measure(samples, sequences);
    const candidates: { readonly name: string; readonly count: number }[] = [];
    for (const [a, row] of pairs) {
      if (a === '' || LAST_ONLY.test(a.split(' ').at(-1)!) || ALONE.test(a)) continue;
      for (const [b, count] of row) {
        const name = `${a} ${b}`;
        if (b === '' || ALONE.test(b) || sequences.has(name) || length(name) > limits.parts) continue;
        candidates.push({ name, count });
      }
    }
    candidates.sort((x, y) => y.count - x.count);
    const grown = new Set(sequences);
    for (const { name } of candidates.slice(0, Math.ceil(limits.sequences / 6))) grown.add(name);
    // The dispatches that a sequence saves are its worth.
    const { dispatches } = evaluate(samples, grown);
    const worth = (s: string): number => (dispatches.get(s) ?? 0) * (length(s) - 1);
    sequences = new Set([...grown].sort((x, y) => worth(y) - worth(x)).slice(0, limits.sequences));
    const choice = evaluate(samples, sequences);
    if (choice.perDispatch > best.perDispatch) best = choice;
  }
  return best;
}
