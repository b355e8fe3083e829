/**
 * Numbers the interpreter's operations: one for each encoding with semantics and combination of static values. This takes long,
 * so it is done when Ulna is built; what runs uses operation-table.ts.
 */
import { encodings } from '../a64/encodings/index.js';
import { allSemantics } from '../a64/semantics/index.js';
import type { Semantics } from '../a64/semantics/define.js';
import { buildDispatchTree, type DispatchNode } from './dispatch-tree.js';
import { FREQUENCIES } from './frequencies.js';
import {
  isHot, operationName, operationStatics, operationsOf, type EncodingOperations, type Operation,
} from './operation.js';
import { PseudoOperation } from './pseudo-operation.js';
import type { StoredNumbering } from './stored-numbering.js';

/** Weight of all operations without an entry in FREQUENCIES. */
const REST_WEIGHT = 1000;

/** Several operations executed with one dispatch; their records follow one another. */
export interface FusedOperation {
  readonly number: number;
  readonly parts: readonly Operation[];
}

interface Numbering {
  readonly operations: readonly Operation[];
  readonly fused: readonly FusedOperation[];
  readonly numbers: Uint16Array;
  readonly hotEnd: number;
  readonly frequentStart: number;
  readonly end: number;
  readonly tree: DispatchNode;
}
interface Built extends Numbering {
  readonly byEncoding: readonly (EncodingOperations | undefined)[];
}

function build(): Built {
  const byName = new Map<string, Semantics>();
  for (const s of allSemantics) {
    if (byName.has(s.encoding)) throw new Error(`semantics of ${s.encoding} twice`);
    byName.set(s.encoding, s);
  }
  const operations: (Omit<Operation, 'number'> | undefined)[] = [];
  const byEncoding: (EncodingOperations | undefined)[] = [];
  for (const encoding of encodings) {
    const s = byName.get(encoding.name);
    byName.delete(encoding.name);
    if (!s) {
      byEncoding.push(undefined);
      continue;
    }
    const entry = operationsOf(encoding, s, operations.length);
    byEncoding.push(entry);
    const { radices, operands } = entry;
    const total = radices.reduce((n, r) => n * r.values, 1);
    for (let i = 0; i < total; i++) {
      const statics = operationStatics(entry, i);
      const allocated = s.statics.every((n) => {
        const field = encoding.fields.find((f) => f.name === n)!;
        const bits = (statics[n] << field.lsb) >>> 0;
        const mask = (((1 << field.width) - 1) << field.lsb) >>> 0;
        return ((bits ^ encoding.value) & encoding.mask & mask) === 0;
      });
      operations.push(allocated
        ? { semantics: s, statics, operands, hot: isHot(s, statics), name: operationName(entry, statics) }
        : undefined);
    }
  }
  if (byName.size > 0) throw new Error(`semantics for unknown encodings: ${[...byName.keys()].join(', ')}`);
  return { byEncoding, ...numberOperations(operations) };
}

/**
 * Numbers: operations that the branch table dispatches, those that only a function form has, and then the frequent ones,
 * fused ones among them, in the order of their dispatch tree.
 */
function numberOperations(unnumbered: readonly (Omit<Operation, 'number'> | undefined)[]): Numbering {
  const weights = new Map(FREQUENCIES.map((line) => line.split(' = ')).map(([name, n]) => [name, Number(n)]));
  const byName = new Map(unnumbered.map((o, i) => [o?.hot === true ? o.name : '', i]));
  const sequences = [...weights.keys()]
    .map((name) => name.split(' '))
    .filter((parts) => parts.length > 1 && parts.every((p) => byName.has(p)));
  const frequent: { readonly weight: number; readonly index?: number; readonly parts?: readonly string[] }[] = [];
  unnumbered.forEach((o, index) => {
    const weight = o?.hot === true ? weights.get(o.name) : undefined;
    if (weight !== undefined) frequent.push({ weight, index });
  });
  for (const parts of sequences) frequent.push({ weight: weights.get(parts.join(' ')) ?? 1, parts });
  const { root, order } = buildDispatchTree(frequent.map((f) => f.weight), REST_WEIGHT);

  const numbers = new Uint16Array(unnumbered.length).fill(PseudoOperation.Undefined);
  const operations: Operation[] = [];
  let next: number = PseudoOperation.First;
  const take = (i: number): void => {
    numbers[i] = next++;
    operations.push({ ...unnumbered[i]!, number: numbers[i] });
  };
  const inTree = new Set(frequent.map((f) => f.index));
  unnumbered.forEach((o, i) => {
    if (o?.hot === true && !inTree.has(i)) take(i);
  });
  const hotEnd = next;
  unnumbered.forEach((o, i) => {
    if (o?.hot === false) take(i);
  });
  const frequentStart = next;
  const fusedNumbers: { number: number; parts: readonly string[] }[] = [];
  for (const i of order) {
    const { index, parts } = frequent[i];
    if (index !== undefined) take(index);
    else fusedNumbers.push({ number: next++, parts: parts! });
  }
  const named = new Map(operations.map((o) => [o.name, o]));
  const fused = fusedNumbers.map(({ number, parts }) => ({ number, parts: parts.map((p) => named.get(p)!) }));
  return { operations, fused, numbers, hotEnd, frequentStart, end: next, tree: root };
}

const built = build();
/** All operations but the fused ones, by ascending number. */
export const operations: readonly Operation[] = built.operations;
/** Operations of the main loop that its branch table dispatches have numbers below this. */
export const hotOperationEnd: number = built.hotEnd;
/** Operations from this number on are found by `dispatchTree`. */
export const frequentOperationStart: number = built.frequentStart;
/** Positions are relative to frequentOperationStart - 1. */
export const dispatchTree: DispatchNode = built.tree;
/** FNV-1a over the numbered names: records written with other numbers would run as something else. */
export const OPERATIONS_HASH: number = [...built.operations, ...built.fused].reduce((hash, o) => {
  const name = 'parts' in o ? o.parts.map((p) => p.name).join(' ') : o.name;
  for (const c of `${o.number}:${name};`) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
  return hash;
}, 0x811c9dc5 | 0);
/** One more than the highest operation number. */
export const operationCount: number = built.end;
/** Fused operations, all from frequentOperationStart on. */
export const fusedOperations: readonly FusedOperation[] = built.fused;

export const storedNumbering: StoredNumbering = {
  hash: OPERATIONS_HASH,
  bases: built.byEncoding.map((entry) => entry?.base ?? -1),
  numbers: [...built.numbers],
  end: operationCount,
  fused: built.fused.map(({ number, parts }) => [number, ...parts.map((part) => part.number)]),
};
