/** Writes decoded records: word in, 16 bytes out. */
import { PseudoOperation } from './operations.js';
import { Selector, type SelectorOptions } from './selector.js';

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
    const selected = this.selector.select(word, pageOffset);
    if (selected === undefined) {
      this.bytes.setUint16(0, PseudoOperation.Undefined, true);
      this.bytes.setUint32(12, word, true);
      this.endsRun = true;
      return false;
    }
    const { entry, fields, operation, placed } = selected;
    for (const operand of entry.placed) {
      const value = entry.semantics.operands[operand.name].encode(fields);
      if (operand.kind === 'imm64') {
        if (typeof value === 'bigint') {
          this.bytes.setBigUint64(operand.at, BigInt.asUintN(64, value), true);
        } else {
          this.bytes.setInt32(operand.at, value, true);
          this.bytes.setInt32(operand.at + 4, Math.floor(value / 0x1_0000_0000), true);
        }
      } else if (operand.kind === 'imm32') {
        this.bytes.setInt32(operand.at, Number(value) | 0, true);
      } else {
        this.bytes.setUint16(operand.at, Number(value), true);
      }
    }
    this.bytes.setUint16(0, operation, true);
    this.endsRun = UNCONDITIONAL.has(entry.encoding.name);
    return !placed && !this.endsRun;
  }
}
