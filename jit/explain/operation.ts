/** The interpreter's operation of one instruction word. */
import { extractFields } from '../a64/decoder.js';
import type { Encoding } from '../a64/encoding.js';
import { Emitter } from '../emitter/emitter.js';
import type { Statement, Value } from '../emitter/ir.js';
import type { LibraryFunction } from '../emitter/library-function.js';
import type { InstructionFields } from '../emitter/operand.js';
import type { Operation } from '../interpreter/operation.js';
import { encodingOperations, operationNumbered, operationNumbers } from '../interpreter/operation-table.js';

/** Fields of a word, with what operands and computed statics may want beside them. */
export function instructionFields(encoding: Encoding, word: number, pc: bigint): InstructionFields {
  return { ...extractFields(encoding, word), word, pageOffset: Number(pc & 0xfffn) };
}

/** The operation that a word is decoded to; undefined where the encoding has no semantics. */
export function operationOf(encoding: Encoding, fields: InstructionFields): Operation | undefined {
  const entry = encodingOperations(encoding);
  if (entry === undefined) return undefined;
  let index = entry.base;
  let scale = 1;
  for (const radix of entry.radices) {
    index += scale * (radix.of === undefined ? fields[radix.name] : radix.of(fields));
    scale *= radix.values;
  }
  return operationNumbered(operationNumbers[index]);
}

/** What the operation's semantics emit. */
export function statementsOf(operation: Operation): Statement[] {
  const e = new Emitter();
  operation.semantics.emit(e, operation.statics, operation.operands);
  return e.finish();
}

/** What a library function emits. */
export function libraryStatements(f: LibraryFunction): Statement[] {
  const e = new Emitter();
  const parameters = f.parameters.map(
    (type, i): Value => ({ op: 'parameter', type, args: [], imm: i, ordered: true, uses: 0, simplest: undefined }),
  );
  f.emit(e, ...parameters).uses++;
  return e.finish();
}
