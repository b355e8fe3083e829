/**
 * Constants of the main loop that do not fit an instruction, in the shared memory's header. V8 would set up a `const` once
 * for all operations that use it, ahead of the loop or high in the dispatch tree, and the registers that takes cost every
 * instruction; a load stays where it is.
 */
import type binaryen from 'binaryen';
import type { Value } from '../emitter/ir.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import type { Expression } from './operations.js';

const START = HeaderLayout.offset.constants;
const SLOTS = 64;

export class ConstantPool {
  private readonly slots = new Map<string, number>();
  private readonly bytes = new Uint8Array(SLOTS * 16);

  constructor(private readonly m: binaryen.Module) {}

  /**
   * Whether operand `index` of `operation`, a constant, is better loaded: it needs a register, as vectors, wide integers and
   * whatever x86 instructions take no immediate for.
   */
  static wants(value: Value, operation: string, index: number): boolean {
    if (value.type === 'v128') return true;
    if (value.type !== 'i64' && value.type !== 'i32') return false;
    if (BigInt.asIntN(32, BigInt(value.imm as bigint)) !== BigInt(value.imm as bigint)) return true;
    if (operation === 'variable.set' || (operation === 'select' && index > 0)) return true;
    if (index !== 0) return false;
    return /\.(shl|shr_[us]|rot[lr])$/.test(operation) || (operation.endsWith('.sub') && BigInt(value.imm as bigint) !== 0n);
  }

  load(value: Value): Expression {
    const { m } = this;
    const bytes = new Uint8Array(16);
    if (value.type === 'v128') bytes.set(value.imm as number[]);
    else new DataView(bytes.buffer).setBigInt64(0, BigInt(value.imm as bigint), true);
    const key = bytes.join();
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = this.slots.size;
      if (slot === SLOTS) throw new Error('too many constants in the main loop');
      this.slots.set(key, slot);
      this.bytes.set(bytes, slot * 16);
    }
    const at = m.i32.const(0);
    if (value.type === 'v128') return m.v128.load(START + slot * 16, 16, at, '0');
    if (value.type === 'i32') return m.i32.load(START + slot * 16, 4, at, '0');
    return m.i64.load(START + slot * 16, 8, at, '0');
  }

  /** The pool's bytes and where they lie. */
  get segment(): { readonly offset: number; readonly data: Uint8Array } {
    return { offset: START, data: this.bytes.subarray(0, this.slots.size * 16) };
  }
}
