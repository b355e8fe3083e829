/** Writes decoded records: word in, 16 bytes out. */
import { decode, extractFields } from '../a64/decoder.js';
import type { Encoding, FeatureName } from '../a64/encoding.js';
import { encodingNamed } from '../a64/encodings/index.js';
import type { InstructionFields } from '../emitter/operand.js';
import { operationNumbers, operationsOfEncoding, PseudoOperation } from './operations.js';

/** Log2 of the number of words whose records are kept for the next place they occur at. */
const CACHE_BITS = 16;

/** Bits of an encoding that end a straight run of instructions: unconditional branches and exception return. */
const UNCONDITIONAL = new Set(['B', 'BR', 'RET', 'ERET', 'BRAA', 'BRAB', 'BRAAZ', 'BRABZ', 'RETAA', 'RETAB', 'UDF']);

export interface RecordWriterOptions {
  readonly hasFeature: (name: FeatureName) => boolean;
  /** Called when the guest reaches a known instruction that has no semantics; once for each name. */
  readonly onUnimplemented?: (encoding: Encoding, word: number) => void;
}

/** Decodes for one CPU model. */
export class RecordWriter {
  private readonly hint = encodingNamed('HINT');
  private readonly keys = new Int32Array(1 << CACHE_BITS);
  private readonly cached = new Int32Array(4 << CACHE_BITS);
  /** Whether the last word written ends a straight run. */
  endsRun = false;
  private readonly reported = new Set<string>();
  private readonly bytes = new DataView(new ArrayBuffer(16));
  private readonly result = new Int32Array(this.bytes.buffer);
  private readonly available = new Map<Encoding, boolean>();

  constructor(private readonly options: RecordWriterOptions) {}

  private isAvailable(encoding: Encoding, word: number): boolean {
    let known = this.available.get(encoding);
    if (known === undefined) {
      known = encoding.feature === undefined || this.options.hasFeature(encoding.feature);
      this.available.set(encoding, known);
    }
    if (!known || encoding.needs === undefined) return known;
    const needed = encoding.needs(extractFields(encoding, word));
    return needed === undefined || this.options.hasFeature(needed);
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
    let encoding = decode(word);
    if (encoding !== undefined && !this.isAvailable(encoding, word)) {
      // hints of absent features are NOPs (Arm ARM, C6.2 HINT)
      encoding = encoding.group === 'control/hints' ? this.hint : undefined;
    }
    const entry = encoding === undefined ? undefined : operationsOfEncoding[encoding.id];
    if (entry === undefined) {
      if (encoding !== undefined && !this.reported.has(encoding.name)) {
        this.reported.add(encoding.name);
        this.options.onUnimplemented?.(encoding, word);
      }
      this.bytes.setUint16(0, PseudoOperation.Undefined, true);
      this.bytes.setUint32(12, word, true);
      this.endsRun = true;
      return false;
    }
    const fields = extractFields(entry.encoding, word) as Record<string, number>;
    fields.word = word;
    fields.pageOffset = pageOffset;
    const f = fields as unknown as InstructionFields;
    let index = entry.base;
    let scale = 1;
    let cacheable = true;
    for (const radix of entry.radices) {
      if (radix.of === undefined) {
        index += scale * fields[radix.name];
      } else {
        index += scale * radix.of(f);
        if (radix.name === 'near') cacheable = false;
      }
      scale *= radix.values;
    }
    const operation = operationNumbers[index];
    for (const operand of entry.placed) {
      const value = entry.semantics.operands[operand.name].encode(f);
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
    return cacheable && !this.endsRun;
  }
}
