/** Numbers the interpreter's operations: one for each encoding with semantics and combination of static values. */
import { encodings } from '../a64/encodings/index.js';
import type { Encoding } from '../a64/encoding.js';
import { allSemantics } from '../a64/semantics/index.js';
import type { Semantics, Statics } from '../a64/semantics/define.js';
import { placeOperands, type Operand } from '../emitter/operand.js';

/** Operations that are not instructions. */
export const PseudoOperation = {
  /** The record has not been decoded: ask TypeScript to. Must be 0. */
  Decode: 0,
  /** Behind the last record of a page: go on in the next page. */
  PageEnd: 1,
  /** The word is unallocated, or its feature is not there. */
  Undefined: 2,
  First: 3,
} as const;

export interface Operation {
  readonly number: number;
  readonly semantics: Semantics;
  readonly statics: Statics;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly hot: boolean;
  /** Encoding name and static values, for names in profiles: `ADD_imm.sf1`. */
  readonly name: string;
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

interface Built {
  operations: Operation[];
  byEncoding: (EncodingOperations | undefined)[];
  numbers: Uint16Array;
  hotEnd: number;
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
  // Hot operations come first so that the main loop's branch table is dense.
  const numbers = new Uint16Array(operations.length).fill(PseudoOperation.Undefined);
  const numbered: Operation[] = [];
  for (const hot of [true, false]) {
    operations.forEach((o, i) => {
      if (o?.hot !== hot) return;
      numbers[i] = PseudoOperation.First + numbered.length;
      numbered.push({ ...o, number: numbers[i] });
    });
  }
  const hotEnd = PseudoOperation.First + operations.filter((o) => o?.hot).length;
  return { operations: numbered, byEncoding, numbers, hotEnd };
}

const built = build();
/** All operations; number n stands at index n - PseudoOperation.First. */
export const operations: readonly Operation[] = built.operations;
/** By encoding id; undefined where the encoding has no semantics. */
export const operationsOfEncoding: readonly (EncodingOperations | undefined)[] = built.byEncoding;
/** Operation number by EncodingOperations.base + combination. */
export const operationNumbers: Uint16Array = built.numbers;
/** Operations below this number are in the main loop. */
export const hotOperationEnd: number = built.hotEnd;
/** One more than the highest operation number. */
export const operationCount: number = PseudoOperation.First + built.operations.length;
