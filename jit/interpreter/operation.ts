/** Operations of the interpreter: what is known of one without its number. */
import type { Encoding } from '../a64/encoding.js';
import type { Semantics, Statics } from '../a64/semantics/define.js';
import { placeOperands, type Operand, type OperandSpec } from '../emitter/operand.js';

export interface Operation {
  readonly number: number;
  readonly semantics: Semantics;
  readonly statics: Statics;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly hot: boolean;
  /** Encoding name and static values, for names in profiles: `ADD_imm.sf1`. */
  readonly name: string;
}

/** A static value: a field of so many values at `lsb`, or what `of` computes. */
interface Radix {
  readonly name: string;
  readonly values: number;
  readonly lsb: number;
  readonly of?: Semantics['computed'][string]['of'];
}

/** A register operand: which half-word of the record it is, where its field lies, and its value by the field's. */
interface FieldOperand {
  readonly half: number;
  readonly lsb: number;
  readonly values: Uint16Array;
}

interface ComputedOperand extends Operand {
  readonly encode: OperandSpec['encode'];
}

/** What the record writer needs for one encoding. */
export interface EncodingOperations {
  readonly encoding: Encoding;
  readonly semantics: Semantics;
  /** Index in `operationNumbers` of the first combination; the others follow in mixed-radix order of the statics. */
  readonly base: number;
  readonly radices: readonly Radix[];
  readonly placed: readonly Operand[];
  /** Those of them that one field decides, and the rest. */
  readonly fromField: readonly FieldOperand[];
  readonly computed: readonly ComputedOperand[];
  /** `placed` by name. */
  readonly operands: Readonly<Record<string, Operand>>;
}

/** @param base see EncodingOperations */
export function operationsOf(encoding: Encoding, semantics: Semantics, base: number): EncodingOperations {
  const radices: EncodingOperations['radices'][number][] = semantics.statics.map((name) => {
    const field = encoding.fields.find((f) => f.name === name);
    if (!field) throw new Error(`${encoding.name} has no field ${name}`);
    return { name, values: 1 << field.width, lsb: field.lsb };
  });
  for (const [name, c] of Object.entries(semantics.computed)) radices.push({ name, values: c.values, lsb: 0, of: c.of });
  const placed = placeOperands(semantics.operands);
  const fromField: FieldOperand[] = [];
  const computed: ComputedOperand[] = [];
  for (const operand of placed) {
    const { field: name, encode } = semantics.operands[operand.name];
    const field = encoding.fields.find((f) => f.name === name);
    if (name === undefined || field?.width !== 5) computed.push({ ...operand, encode });
    else {
      const values = Uint16Array.from({ length: 32 }, (_, n) => Number(encode({ word: 0, pageOffset: 0, [name]: n })));
      fromField.push({ half: operand.at >> 1, lsb: field.lsb, values });
    }
  }
  const operands = Object.fromEntries(placed.map((o) => [o.name, o]));
  return { encoding, semantics, base, radices, placed, fromField, computed, operands };
}

/** Static values of an encoding's combination `index`. */
export function operationStatics({ radices }: EncodingOperations, index: number): Record<string, number> {
  const statics: Record<string, number> = {};
  let rest = index;
  for (const r of radices) {
    statics[r.name] = rest % r.values;
    rest = Math.floor(rest / r.values);
  }
  return statics;
}

/** Encoding name and static values. */
export const operationName = ({ encoding, radices }: EncodingOperations, statics: Statics): string =>
  [encoding.name, ...radices.map((r) => `${r.name}${statics[r.name]}`)].join('.');

/** Whether the interpreter's main loop has the code of an operation. */
export const isHot = ({ hot }: Semantics, statics: Statics): boolean => (typeof hot === 'function' ? hot(statics) : hot);
