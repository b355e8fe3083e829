/** Writes decoded records: word in, 16 bytes out. */
import type { InstructionFields } from '../emitter/operand.js';
import { operationNumbers } from './operation-table.js';
import { PseudoOperation } from './pseudo-operation.js';
import { instructionFields, Selector, type SelectorOptions } from './selector.js';

/** Bits of an encoding that end a straight run of instructions: unconditional branches and exception return. */
const UNCONDITIONAL = new Set(['B', 'BR', 'RET', 'ERET', 'BRAA', 'BRAB', 'BRAAZ', 'BRABZ', 'RETAA', 'RETAB', 'UDF']);

export type RecordWriterOptions = SelectorOptions;

/** Displacement of a branch with an immediate, bytes; undefined for other words, and for branches of forms that are rare. */
function displacementOf(word: number): number | undefined {
  const kind = (word >>> 24) & 0x7f;
  if ((kind & 0x7c) === 0x14) return (word << 6) >> 4;
  if (kind === 0x54 || (kind & 0x7e) === 0x34) return ((word << 8) >> 13) << 2;
  return (kind & 0x7e) === 0x36 ? ((word << 13) >> 18) << 2 : undefined;
}

/**
 * Whether a word is a branch with an immediate whose target lies in the same page: 1, else 0. Beside the word nothing else of its
 * record depends on where it lies. jit/wasm/decoding.ts has the same.
 * @param pageOffset byte offset of the word in its page
 */
export function nearBranch(word: number, pageOffset: number): 0 | 1 {
  const displacement = displacementOf(word);
  return displacement !== undefined && ((pageOffset + displacement) & ~0xfff) === 0 ? 1 : 0;
}

/** Decodes for one CPU model. */
export class RecordWriter {
  /** Whether the last word written ends a straight run. */
  endsRun = false;
  /** Whether its record is that of the word wherever it lies, given nearBranch. */
  keepable = false;
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
    this.build(word, pageOffset);
    const r = this.result;
    out[at + 1] = r[1];
    out[at + 2] = r[2];
    out[at + 3] = r[3];
    out[at] = r[0];
  }

  /** Builds the record in `result`. */
  private build(word: number, pageOffset: number): void {
    this.result.fill(0);
    this.endsRun = false;
    this.keepable = false;
    const entry = this.selector.find(word);
    if (entry === undefined) {
      this.halves[0] = PseudoOperation.Undefined;
      this.result[3] = word;
      this.endsRun = true;
      return;
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
    this.keepable = !placed || displacementOf(word) !== undefined;
  }
}
