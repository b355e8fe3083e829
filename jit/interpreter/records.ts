/** Writes decoded records: word in, 16 bytes out. */
import type { InstructionFields } from '../emitter/operand.js';
import { operationNumbers } from './operation-table.js';
import { PseudoOperation } from './pseudo-operation.js';
import { instructionFields, Selector, type SelectorOptions } from './selector.js';

/** Log2 of the number of words whose records are kept for the next place they occur at. */
const CACHE_BITS = 16;

/** Bits of an encoding that end a straight run of instructions: unconditional branches and exception return. */
const UNCONDITIONAL = new Set(['B', 'BR', 'RET', 'ERET', 'BRAA', 'BRAB', 'BRAAZ', 'BRABZ', 'RETAA', 'RETAB', 'UDF']);

export type RecordWriterOptions = SelectorOptions;

/** Decodes for one CPU model. */
export class RecordWriter {
  private readonly keys = new Int32Array(1 << CACHE_BITS);
  private readonly cached = new Int32Array(4 << CACHE_BITS);
  /** Whether the last word written ends a straight run. */
  endsRun = false;
  private readonly bytes = new DataView(new ArrayBuffer(16));
  private readonly result = new Int32Array(this.bytes.buffer);
  private readonly halves = new Uint16Array(this.bytes.buffer);
  private readonly selector: Selector;

  constructor(options: RecordWriterOptions) {
    this.selector = new Selector(options);
  }

  /**
   * Writes the record of `word`, which lies at `pageOffset` in its page, to `out` at 32-bit index `at`.
   * The operation number is written last, so that another thread sees a whole record or none.
   */
  write(word: number, pageOffset: number, out: Int32Array, at: number): void {
    const slot = (Math.imul(word, 0x9e3779b1) >>> (32 - CACHE_BITS)) << 2;
    if (this.keys[slot >> 2] === word && this.cached[slot] !== 0) {
      out[at + 1] = this.cached[slot + 1];
      out[at + 2] = this.cached[slot + 2];
      out[at + 3] = this.cached[slot + 3];
      out[at] = this.cached[slot];
      this.endsRun = false;
      return;
    }
    const cacheable = this.build(word, pageOffset);
    const r = this.result;
    out[at + 1] = r[1];
    out[at + 2] = r[2];
    out[at + 3] = r[3];
    out[at] = r[0];
    if (cacheable) {
      this.keys[slot >> 2] = word;
      this.cached.set(r, slot);
    }
  }

  /** Builds the record in `result`; false when it depends on where the word lies. */
  private build(word: number, pageOffset: number): boolean {
    this.result.fill(0);
    this.endsRun = false;
    const entry = this.selector.find(word);
    if (entry === undefined) {
      this.halves[0] = PseudoOperation.Undefined;
      this.result[3] = word;
      this.endsRun = true;
      return false;
    }
    const { halves, result } = this;
    // most instructions need few of their fields
    let fields: InstructionFields | undefined;
    let index = entry.base;
    let scale = 1;
    let placed = false;
    for (const { name, values, lsb, of } of entry.radices) {
      if (of === undefined) {
        index += scale * ((word >>> lsb) & (values - 1));
      } else {
        index += scale * of(fields ??= instructionFields(entry, word, pageOffset));
        if (name === 'near') placed = true;
      }
      scale *= values;
    }
    for (const { half, lsb, values } of entry.fromField) halves[half] = values[(word >>> lsb) & 31];
    for (const { kind, at, encode } of entry.computed) {
      const value = encode(fields ??= instructionFields(entry, word, pageOffset));
      if (kind === 'imm64') {
        if (typeof value === 'bigint') {
          this.bytes.setBigUint64(at, BigInt.asUintN(64, value), true);
        } else {
          result[at >> 2] = value;
          result[(at >> 2) + 1] = Math.floor(value / 0x1_0000_0000);
        }
      } else if (kind === 'imm32') {
        result[at >> 2] = Number(value);
      } else {
        halves[at >> 1] = Number(value);
      }
    }
    halves[0] = operationNumbers[index];
    this.endsRun = UNCONDITIONAL.has(entry.encoding.name);
    return !placed && !this.endsRun;
  }
}
