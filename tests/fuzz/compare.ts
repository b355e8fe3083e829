/** Compares what two engines made of a batch. */
import { decode } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { type Batch, type BatchResult, OutcomeKind, Signal } from './batch.js';
import { type Disagreement, untolerated } from './exclusions.js';
import { CODE_ADDRESS, RESULT_HEADER, STATE_BYTES, StateOffset } from './layout.js';

export interface CompareOptions {
  /** TPIDR_EL0 is reported by both engines. */
  readonly tpidr: boolean;
  /** Whether our CPU model has a feature. */
  readonly has: (feature: string) => boolean;
  /** CPU model of both engines. */
  readonly cpu: string;
}

const STATE_WORDS = STATE_BYTES / 4;

/** Fields of a case that differ and should not. */
export function compareCase(
  batch: Batch, index: number, expected: BatchResult, actual: BatchResult, options: CompareOptions,
): string[] {
  const kind = expected.kind(index);
  if (kind === actual.kind(index) && kind === OutcomeKind.TimedOut) return [];
  const a = (expected.at(index) + RESULT_HEADER) >> 2;
  const b = (actual.at(index) + RESULT_HEADER) >> 2;
  const left = expected.words;
  const right = actual.words;
  const h = expected.at(index) >> 2;
  const g = actual.at(index) >> 2;
  let same = left[h] === right[g] && left[h + 1] === right[g + 1] && left[h + 4] === right[g + 4] &&
    left[h + 5] === right[g + 5] && left[h + 6] === right[g + 6] && left[h + 7] === right[g + 7];
  const words = options.tpidr ? STATE_WORDS : STATE_WORDS - 2;
  for (let i = 0; same && i < words; i++) same = left[a + i] === right[b + i];
  if (same) {
    const p = expected.pieces[index];
    const q = actual.pieces[index];
    if (p === q || (p !== undefined && q !== undefined && Buffer.compare(p, q) === 0)) return [];
  }
  return untolerated(disagreement(batch, index, expected, actual, options));
}

function disagreement(
  batch: Batch, index: number, expected: BatchResult, actual: BatchResult, options: CompareOptions,
): Disagreement {
  const fields: string[] = [];
  const check = (name: string, a: unknown, b: unknown): void => {
    if (a !== b) fields.push(name);
  };
  check('kind', expected.kind(index), actual.kind(index));
  check('signal', expected.signal(index), actual.signal(index));
  check('pc', expected.pc(index), actual.pc(index));
  const signal = expected.signal(index);
  if (signal === Signal.Segv || signal === Signal.Bus) {
    check('address', expected.address(index), actual.address(index));
  }
  const long = (name: string, offset: number): void =>
    check(name, expected.long(index, offset), actual.long(index, offset));
  for (let r = 0; r < 31; r++) long(`x${r}`, 8 * r);
  long('sp', StateOffset.sp);
  for (let r = 0; r < 32; r++) {
    const at = StateOffset.v + 16 * r;
    const same = expected.long(index, at) === actual.long(index, at) &&
      expected.long(index, at + 8) === actual.long(index, at + 8);
    if (!same) fields.push(`v${r}`);
  }
  for (const name of ['nzcv', 'fpcr', 'fpsr'] as const) long(name, StateOffset[name]);
  if (options.tpidr) long('tpidr', StateOffset.tpidr);
  const p = expected.pieces[index];
  const q = actual.pieces[index];
  const memory = p === q || (p !== undefined && q !== undefined && Buffer.compare(p, q) === 0);
  if (!memory) fields.push('memory');

  const words = Array.from({ length: batch.lengths[index] }, (_, i) => batch.word(index, 1 + i));
  const encodings = words.map((w) => decode(w));
  const encodingAt = (pc: bigint): Encoding | undefined =>
    encodings[(Number(pc) - CODE_ADDRESS - batch.entry(index)) / 4 - 1];
  return {
    encodings, words, fields, at: encodingAt(expected.pc(index)), actualAt: encodingAt(actual.pc(index)),
    fpcr: Number(batch.caseLongs[(batch.stateAt(index) + StateOffset.fpcr) >> 3]),
    expected: { signal, address: expected.address(index) },
    actual: { signal: actual.signal(index), address: actual.address(index) },
    expectedPc: expected.pc(index),
    actualPc: actual.pc(index),
    expectedFpsr: Number(expected.long(index, StateOffset.fpsr)),
    actualFpsr: Number(actual.long(index, StateOffset.fpsr)),
    expectedFpcr: Number(expected.long(index, StateOffset.fpcr)),
    actualFpcr: Number(actual.long(index, StateOffset.fpcr)),
    has: options.has,
    cpu: options.cpu,
  };
}
