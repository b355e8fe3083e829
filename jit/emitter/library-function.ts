import type { Emitter } from './emitter.js';
import type { Value, ValueType } from './ir.js';

/**
 * A function of core.wasm that semantics call by name (Emitter.call): arithmetic too long to repeat in every operation.
 * It may read and write state fields and call `compute`, but makes no guest accesses and takes no exceptions.
 */
export interface LibraryFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  readonly emit: (e: Emitter, ...parameters: Value[]) => Value;
}
