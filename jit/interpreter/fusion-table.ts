/**
 * The fused operations as a table, for TypeScript and for core.wasm (jit/wasm/decoding.ts): which sequences of operations there is one
 * for. Classes are the operations that occur in sequences, from 1 on, and steps lead from one place in a sequence to the next by
 * the class that follows.
 */
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';

interface Fused {
  readonly number: number;
  readonly parts: readonly number[];
}

export interface FusionTable {
  /** By operation number, as HeaderLayout.fusionClasses; 0 for operations that are in no sequence. */
  readonly classes: Uint16Array;
  /**
   * As HeaderLayout.fusionSteps: key; place that it leads to in bits 15..0, and in 31..16 the fused operation for the sequence up to
   * there, 0 for none.
   */
  readonly steps: Uint32Array;
}

/** Log2 of the number of steps there is room for. A step lies in the place of its hash, or behind. */
export const STEP_BITS = 12;
/** Of a step's key: the place that it starts from, times this, and the class. Keys are not 0. */
export const STEP_FACTOR = 256;
export const STEP_HASH = 0x9e3779b1 | 0;
const CLASSES = 4096;

/** Index of the step with a key, or of where it would be. */
function stepAt(steps: Uint32Array, key: number): number {
  let at = Math.imul(key, STEP_HASH) >>> (32 - STEP_BITS);
  while (steps[2 * at] !== key && steps[2 * at] !== 0) at = (at + 1) & ((1 << STEP_BITS) - 1);
  return at;
}

export function fusionTable(fused: readonly Fused[]): FusionTable {
  const classes = new Uint16Array(CLASSES);
  const steps = new Uint32Array(2 << STEP_BITS);
  const { offset } = HeaderLayout;
  if (classes.byteLength > offset.fusionSteps - offset.fusionClasses) throw new RangeError('no room for the classes');
  if (steps.byteLength > offset.decodableRam - offset.fusionSteps) throw new RangeError('no room for the steps');
  let known = 0;
  const classOf = (operation: number): number => {
    if (operation >= CLASSES) throw new RangeError('too many operations for the table of fused ones');
    if (classes[operation] === 0 && ++known >= STEP_FACTOR) throw new RangeError('too many operations in sequences');
    return (classes[operation] ||= known);
  };
  let places = 0;
  for (const { number, parts } of fused) {
    let from = 0;
    for (const [i, part] of parts.entries()) {
      const key = from * STEP_FACTOR + classOf(part);
      const at = stepAt(steps, key);
      if (steps[2 * at] === 0) {
        if (++places > 1 << (STEP_BITS - 1)) throw new RangeError('too many sequences');
        steps[2 * at] = key;
        steps[2 * at + 1] = places;
      }
      from = steps[2 * at + 1] & 0xffff;
      if (i === parts.length - 1) steps[2 * at + 1] |= number << 16;
    }
  }
  // a fused operation stands for its first part
  for (const { number, parts } of fused) classes[number] = classes[parts[0]];
  return { classes, steps };
}

/**
 * The operation for the longest sequence that the records from index `at` in `words` on begin with; 0 when there is none. A record
 * whose operation is in no sequence ends them.
 */
export function longestSequence({ classes, steps }: FusionTable, words: Int32Array, at: number): number {
  let best = 0;
  let place = 0;
  for (let record = at; ; record += 4) {
    const next = classes[words[record] & 0xffff];
    if (next === 0) return best;
    const step = stepAt(steps, place * STEP_FACTOR + next);
    if (steps[2 * step] === 0) return best;
    place = steps[2 * step + 1] & 0xffff;
    best = steps[2 * step + 1] >>> 16 || best;
  }
}
