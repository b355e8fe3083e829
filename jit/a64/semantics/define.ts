import type { Emitter } from '../../emitter/emitter.js';
import type { InstructionFields, Operand, OperandSpec } from '../../emitter/operand.js';

/** Values known when code is generated: fields named in `statics`, and computed ones. */
export type Statics = Readonly<Record<string, number>>;

/**
 * Meaning of one encoding of the decode table. Each combination of static values is an operation of the interpreter;
 * everything else about the instruction is in its operands.
 */
export interface Semantics {
  /** Name in the decode table. */
  readonly encoding: string;
  /** Fields the emit function branches on. */
  readonly statics: readonly string[];
  /** Further static values computed from the fields; each lists how many values it takes. */
  readonly computed: Readonly<Record<string, { readonly values: number; of(f: InstructionFields): number }>>;
  readonly operands: Readonly<Record<string, OperandSpec>>;
  /** Whether the operation belongs to the interpreter's main loop. */
  readonly hot: boolean | ((f: Statics) => boolean);
  readonly emit: (e: Emitter, f: Statics, o: Readonly<Record<string, Operand>>) => void;
}

export interface SemanticsInput<K extends string> {
  readonly statics?: readonly string[];
  readonly computed?: Semantics['computed'];
  readonly operands: Readonly<Record<K, OperandSpec>>;
  readonly hot?: Semantics['hot'];
  readonly emit: (e: Emitter, f: Statics, o: Readonly<Record<K, Operand>>) => void;
}

/** Describes one encoding, or several that differ only in what `emit` does with their name. */
export function semantics<K extends string>(encoding: string, input: SemanticsInput<K>): Semantics {
  return {
    encoding,
    statics: input.statics ?? [],
    computed: input.computed ?? {},
    operands: input.operands,
    hot: input.hot ?? false,
    emit: input.emit as Semantics['emit'],
  };
}

/** The computed static for branches: 1 when `displacement` stays within the instruction's own 4 KiB page. */
export const nearStatic = (displacement: (f: InstructionFields) => number | bigint): Semantics['computed'] => ({
  near: {
    values: 2,
    of: (f) => {
      const target = f.pageOffset + Number(displacement(f));
      return target >= 0 && target < 4096 ? 1 : 0;
    },
  },
});
