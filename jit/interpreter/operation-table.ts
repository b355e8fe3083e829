/**
 * The interpreter's operations by instruction and by number, as operations.ts numbered them when Ulna was built. Each thread of a
 * machine needs a few hundred of them: they are made when they are asked for.
 */
import { readFileSync } from 'node:fs';
import type { Encoding } from '../a64/encoding.js';
import { encodings } from '../a64/encodings/index.js';
import { allSemantics } from '../a64/semantics/index.js';
import {
  isHot, operationName, operationStatics, operationsOf, type EncodingOperations, type Operation,
} from './operation.js';
import { PseudoOperation } from './pseudo-operation.js';
import { NUMBERING_FILE, type StoredNumbering } from './stored-numbering.js';

const stored = JSON.parse(readFileSync(NUMBERING_FILE, 'utf8')) as StoredNumbering;
export const OPERATIONS_HASH: number = stored.hash;
/** Operation number by EncodingOperations.base + combination. */
export const operationNumbers = Uint16Array.from(stored.numbers);
/** Fused operations, and the operations that one dispatch of them executes. */
export const fusedOperations: readonly { readonly number: number; readonly parts: readonly number[] }[] =
  stored.fused.map(([number, ...parts]) => ({ number, parts }));

const semanticsByName = new Map(allSemantics.map((s) => [s.encoding, s]));
const entries: (EncodingOperations | undefined)[] = [];

/** Undefined for an encoding without semantics. */
export function encodingOperations({ id }: Encoding): EncodingOperations | undefined {
  const base = stored.bases[id];
  return base < 0 ? undefined : (entries[id] ??= operationsOf(encodings[id], semanticsByName.get(encodings[id].name)!, base));
}

/** Index in operationNumbers by number. */
const indexes = new Int32Array(stored.end).fill(-1);
operationNumbers.forEach((number, index) => {
  if (number >= PseudoOperation.First) indexes[number] = index;
});
for (const { number, parts } of fusedOperations) indexes[number] = indexes[parts[0]];
/** Ids of encodings with semantics, in the order of their bases. */
const described = stored.bases.flatMap((base, id) => (base < 0 ? [] : [id]));
const made = new Map<number, Operation>();

function make(index: number): Operation {
  // the last encoding that begins at or before the index
  let low = 0;
  let high = described.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (stored.bases[described[middle]] <= index) low = middle;
    else high = middle - 1;
  }
  const entry = encodingOperations(encodings[described[low]])!;
  const { semantics, operands } = entry;
  const statics = operationStatics(entry, index - entry.base);
  const name = operationName(entry, statics);
  return { number: operationNumbers[index], semantics, statics, operands, hot: isHot(semantics, statics), name };
}

/** All operations of an encoding; none where it has no semantics. */
export function operationsOfEncoding(encoding: Encoding): Operation[] {
  const entry = encodingOperations(encoding);
  if (entry === undefined) return [];
  const count = entry.radices.reduce((n, r) => n * r.values, 1);
  const numbers = operationNumbers.subarray(entry.base, entry.base + count);
  return [...numbers].flatMap((number) => operationNumbered(number) ?? []);
}

/** The operation a record of this number executes first: fused operations give their first part. */
export function operationNumbered(number: number): Operation | undefined {
  const index = indexes[number] ?? -1;
  if (index < 0) return undefined;
  let operation = made.get(index);
  if (operation === undefined) made.set(index, (operation = make(index)));
  return operation;
}
