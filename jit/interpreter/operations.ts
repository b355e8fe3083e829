/** Numbers the interpreter's operations: one for each encoding with semantics and combination of static values. */
import { encodings } from '../a64/encodings/index.js';
import type { Encoding } from '../a64/encoding.js';
import { allSemantics } from '../a64/semantics/index.js';
import type { Semantics, Statics } from '../a64/semantics/define.js';
import { buildDispatchTree, type DispatchNode } from './dispatch-tree.js';
import { FREQUENCIES } from './frequencies.js';
import { placeOperands, type Operand } from '../emitter/operand.js';

/** Operations that are not instructions. */
export const PseudoOperation = {
  /** The record has not been decoded: ask TypeScript to. Must be 0. */
  Decode: 0,
  /** Behind the last record of a page: go on in the next page. */
  PageEnd: 1,
  /** The word is unallocated, or its feature is not there. */
  Undefined: 2,
  /** A region of translated code starts here; the record's entry has the rest. */
  EnterRegion: 3,
  First: 4,
} as const;

/** Weight of all operations without an entry in FREQUENCIES. */
const REST_WEIGHT = 1000;

export interface Operation {
  readonly number: number;
  readonly semantics: Semantics;
  readonly statics: Statics;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly hot: boolean;
  /** Encoding name and static values, for names in profiles: `ADD_imm.sf1`. */
  readonly name: string;
}

/** Several operations executed with one dispatch; their records follow one another. */
export interface FusedOperation {
  readonly number: number;
  readonly parts: readonly Operation[];
}

/** What the record writer needs for one encoding. */
export interface EncodingOperations {
  readonly encoding: Encoding;
  readonly semantics: Semantics;
  /** Index in `operationNumbers` of the first combination; the others follow in mixed-radix order of the statics. */
  readonly base: number;
  readonly radices: readonly { name: string; values: number; of?: Semantics['computed'][string]['of'] }[];
  readonly placed: readonly Operand[];
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
    const radices: EncodingOperations['radices'][number][] = s.statics.map((name) => {
      const field = encoding.fields.find((f) => f.name === name);
      if (!field) throw new Error(`${encoding.name} has no field ${name}`);
      return { name, values: 1 << field.width };
    });
    for (const [name, c] of Object.entries(s.computed)) radices.push({ name, values: c.values, of: c.of });
    const placed = placeOperands(s.operands);
    const operands = Object.fromEntries(placed.map((o) => [o.name, o]));
    byEncoding.push({ encoding, semantics: s, base: operations.length, radices, placed });
    const total = radices.reduce((n, r) => n * r.values, 1);
    for (let i = 0; i < total; i++) {
      const statics: Record<string, number> = {};
      let rest = i;
      for (const r of radices) {
        statics[r.name] = rest % r.values;
        rest = Math.floor(rest / r.values);
      }
      const allocated = s.statics.every((n) => {
        const field = encoding.fields.find((f) => f.name === n)!;
        const bits = (statics[n] << field.lsb) >>> 0;
        const mask = (((1 << field.width) - 1) << field.lsb) >>> 0;
        return ((bits ^ encoding.value) & encoding.mask & mask) === 0;
      });
      const hot = !allocated ? undefined : typeof s.hot === 'function' ? s.hot(statics) : s.hot;
      const name = [encoding.name, ...radices.map((r) => `${r.name}${statics[r.name]}`)].join('.');
      operations.push(hot === undefined ? undefined : { semantics: s, statics, operands, hot, name });
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
const byNumber = new Map(built.operations.map((o) => [o.number, o]));
/** The operation a record of this number executes first: fused operations give their first part. */
export function operationNumbered(number: number): Operation | undefined {
  return byNumber.get(number) ?? built.fused.find((f) => f.number === number)?.parts[0];
}
/** By encoding id; undefined where the encoding has no semantics. */
export const operationsOfEncoding: readonly (EncodingOperations | undefined)[] = built.byEncoding;
/** Operation number by EncodingOperations.base + combination. */
export const operationNumbers: Uint16Array = built.numbers;
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
