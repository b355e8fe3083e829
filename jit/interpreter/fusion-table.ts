/**
 * The fused operations as a table for core.wasm: which sequences of operations there is one for. Classes are the operations that
 * occur in sequences, from 1 on, and steps lead from one place in a sequence to the next by the class that follows.
 */
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';

interface Fused {
  readonly number: number;
  readonly parts: readonly number[];
}

/** Log2 of the number of steps there is room for. A step lies in the place of its hash, or behind. */
export const STEP_BITS = 12;
/** Of a step's key: the place that it starts from, times this, and the class. Keys are not 0. */
export const STEP_FACTOR = 256;
export const STEP_HASH = 0x9e3779b1 | 0;
const CLASSES = 4096;

/** Place in HeaderLayout.fusionSteps of a key, if nothing is there. */
const placeOf = (key: number): number => Math.imul(key, STEP_HASH) >>> (32 - STEP_BITS);

/**
 * Bytes of HeaderLayout.fusionClasses (16 bits by operation number) and HeaderLayout.fusionSteps: key; place that it leads to in
 * bits 15..0, and in 31..16 the fused operation for the sequence up to there, 0 for none.
 */
export function fusionTables(fused: readonly Fused[]): { readonly classes: Uint8Array; readonly steps: Uint8Array } {
  const classes = new Uint16Array(CLASSES);
  const steps = new Uint32Array(2 << STEP_BITS);
  let known = 0;
  const classOf = (operation: number): number => {
    if (operation >= CLASSES) throw new RangeError('too many operations for the table of fused ones');
    if (classes[operation] === 0 && ++known >= STEP_FACTOR) throw new RangeError('too many operations in sequences');
    return (classes[operation] ||= known);
  };
  let places = 0;
  const stepFor = (key: number): number => {
    for (let at = placeOf(key); ; at = (at + 1) & ((1 << STEP_BITS) - 1)) {
      if (steps[2 * at] === key) return at;
      if (steps[2 * at] !== 0) continue;
      if (++places > 1 << (STEP_BITS - 1)) throw new RangeError('too many sequences');
      steps[2 * at] = key;
      steps[2 * at + 1] = places;
      return at;
    }
  };
  for (const { number, parts } of fused) {
    let from = 0;
    parts.forEach((part, i) => {
      const at = stepFor(from * STEP_FACTOR + classOf(part));
      from = steps[2 * at + 1] & 0xffff;
      if (i === parts.length - 1) steps[2 * at + 1] |= number << 16;
    });
  }
  // a fused operation stands for its first part
  for (const { number, parts } of fused) classes[number] = classes[parts[0]];
  const { offset } = HeaderLayout;
  if (classes.byteLength > offset.fusionSteps - offset.fusionClasses) throw new RangeError('no room for the classes');
  return { classes: new Uint8Array(classes.buffer), steps: new Uint8Array(steps.buffer) };
}
