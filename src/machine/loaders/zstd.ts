import {
  BackwardBits, type FseTable, type HuffmanTable, ZstdError, buildFseTable, constantTable, readFseTable,
  readHuffmanTable,
} from './zstd-entropy.js';

export { ZstdError } from './zstd-entropy.js';

/** Zstandard decompression (RFC 8878): frames without a dictionary. Content checksums are skipped, not compared. */

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAXIMUM_BLOCK_BYTES = 128 * 1024;
/** Shorter copies are faster byte by byte. */
const BULK_COPY_BYTES = 64;

/** Baselines and extra bits of literal length and match length codes (section 3.1.1.3.2.1.1). */
const LITERAL_LENGTH = lengthCodes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_LENGTH = lengthCodes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

interface LengthCodes {
  readonly base: Int32Array;
  readonly bits: Uint8Array;
}

/** Codes below `direct` stand for one length each from `first` up; each code after them covers 2^extra lengths. */
function lengthCodes(first: number, direct: number, extra: readonly number[]): LengthCodes {
  const base = new Int32Array(direct + extra.length);
  const bits = new Uint8Array(direct + extra.length);
  let next = first;
  for (let code = 0; code < base.length; code++) {
    const width = code < direct ? 0 : extra[code - direct];
    base[code] = next;
    bits[code] = width;
    next += 1 << width;
  }
  return { base, bits };
}

const DEFAULT_LITERAL_LENGTHS = buildFseTable([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
], 6);
const DEFAULT_MATCH_LENGTHS = buildFseTable([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
], 6);
const DEFAULT_OFFSETS = buildFseTable([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
], 5);

/** Decompresses all frames of `bytes`; fails when the result would exceed `limit` bytes. */
export function decompressZstd(bytes: Uint8Array, limit: number): Uint8Array {
  const decoder = new Decoder(bytes, limit);
  let frames = 0;
  while (bytes.length - decoder.at >= 4) {
    const magic = decoder.u32();
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      decoder.advance(decoder.u32());
    } else if (magic === FRAME_MAGIC) {
      decoder.frame();
      frames++;
    } else if (frames > 0) {
      break;
    } else {
      throw new ZstdError('wrong magic number');
    }
  }
  if (frames === 0) throw new ZstdError('no frame');
  return decoder.result();
}

class Decoder {
  at = 0;
  private out = new Uint8Array(0);
  private length = 0;
  private frameStart = 0;
  private huffman: HuffmanTable | undefined;
  private literalLengths: FseTable | undefined;
  private matchLengths: FseTable | undefined;
  private offsets: FseTable | undefined;
  /** The three recent match distances, latest first. */
  private recent0 = 1;
  private recent1 = 4;
  private recent2 = 8;
  private literals = new Uint8Array(MAXIMUM_BLOCK_BYTES);

  constructor(
    private readonly input: Uint8Array,
    private readonly limit: number,
  ) {}

  result(): Uint8Array {
    return this.out.subarray(0, this.length);
  }

  advance(count: number): number {
    const start = this.at;
    if (count > this.input.length - start) throw new ZstdError('it ends early');
    this.at += count;
    return start;
  }
  /** Little-endian number of `count` bytes. */
  private number(count: number): number {
    const start = this.advance(count);
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + this.input[start + i];
    return value;
  }
  u32(): number {
    return this.number(4);
  }

  frame(): void {
    const descriptor = this.number(1);
    if ((descriptor & 8) !== 0) throw new ZstdError('reserved bit set');
    const singleSegment = (descriptor & 0x20) !== 0;
    if (!singleSegment) this.advance(1);
    if (this.number([0, 1, 2, 4][descriptor & 3]) !== 0) throw new ZstdError('a dictionary is needed');
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 && singleSegment ? 1 : [0, 2, 4, 8][sizeFlag];
    const contentSize = this.number(sizeBytes) + (sizeFlag === 1 ? 256 : 0);
    if (sizeBytes > 0) this.reserve(contentSize);
    this.frameStart = this.length;
    this.huffman = this.literalLengths = this.matchLengths = this.offsets = undefined;
    [this.recent0, this.recent1, this.recent2] = [1, 4, 8];
    for (let last = false; !last;) {
      const header = this.number(3);
      last = (header & 1) !== 0;
      this.block((header >> 1) & 3, header >>> 3);
    }
    if (sizeBytes > 0 && this.length - this.frameStart !== contentSize) throw new ZstdError('wrong content size');
    if ((descriptor & 4) !== 0) this.advance(4);
  }

  /** Makes room for `count` more bytes of output. */
  private reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.limit) throw new ZstdError('larger than allowed when decompressed');
    if (needed <= this.out.length) return;
    const grown = new Uint8Array(Math.min(this.limit, Math.max(needed, this.out.length * 2)));
    grown.set(this.result());
    this.out = grown;
  }

  private block(type: number, size: number): void {
    if (type === 3) throw new ZstdError('reserved block type');
    if (size > MAXIMUM_BLOCK_BYTES) throw new ZstdError('block too large');
    if (type === 2) {
      const start = this.advance(size);
      this.compressedBlock(start, this.at);
      return;
    }
    this.reserve(size);
    if (type === 0) {
      const start = this.advance(size);
      this.out.set(this.input.subarray(start, this.at), this.length);
    } else {
      this.out.fill(this.number(1), this.length, this.length + size);
    }
    this.length += size;
  }

  private compressedBlock(start: number, end: number): void {
    const { count, next } = this.readLiterals(start, end);
    this.readSequences(next, end, count);
  }

  /** Fills `literals`; gives their number and where the sequences begin. */
  private readLiterals(start: number, end: number): { count: number; next: number } {
    const { input } = this;
    const byte = (i: number): number => {
      if (start + i >= end) throw new ZstdError('literals end early');
      return input[start + i];
    };
    const type = byte(0) & 3;
    const format = (byte(0) >> 2) & 3;
    if (type < 2) {
      let count = byte(0) >> 3;
      let header = 1;
      if (format === 1) {
        count = (byte(0) >> 4) | (byte(1) << 4);
        header = 2;
      } else if (format === 3) {
        count = (byte(0) >> 4) | (byte(1) << 4) | (byte(2) << 12);
        header = 3;
      }
      if (count > MAXIMUM_BLOCK_BYTES) throw new ZstdError('too many literals');
      const data = start + header;
      const next = data + (type === 0 ? count : 1);
      if (next > end) throw new ZstdError('literals end early');
      if (type === 0) this.literals.set(input.subarray(data, next));
      else this.literals.fill(input[data], 0, count);
      return { count, next };
    }
    const sizeBits = [10, 10, 14, 18][format];
    const header = [3, 3, 4, 5][format];
    let packed = 0;
    for (let i = header - 1; i >= 0; i--) packed = packed * 256 + byte(i);
    packed = Math.floor(packed / 16);
    const count = packed % 2 ** sizeBits;
    const compressed = Math.floor(packed / 2 ** sizeBits);
    const next = start + header + compressed;
    if (count > MAXIMUM_BLOCK_BYTES) throw new ZstdError('too many literals');
    if (next > end) throw new ZstdError('literals end early');
    let data = start + header;
    if (type === 2) {
      const tree = readHuffmanTable(input, data, next);
      this.huffman = tree.table;
      data = tree.next;
    }
    if (format === 0) {
      this.huffmanStream(data, next, 0, count);
    } else {
      this.huffmanStreams(data, next, count);
    }
    return { count, next };
  }

  private huffmanStreams(start: number, end: number, count: number): void {
    if (end - start < 6) throw new ZstdError('literals end early');
    const { input } = this;
    const part = (count + 3) >> 2;
    if (part * 3 > count) throw new ZstdError('too few literals for four streams');
    let at = start + 6;
    for (let i = 0; i < 4; i++) {
      const jump = start + i * 2;
      const stop = i < 3 ? at + (input[jump] | (input[jump + 1] << 8)) : end;
      if (stop > end) throw new ZstdError('literals end early');
      this.huffmanStream(at, stop, i * part, i < 3 ? (i + 1) * part : count);
      at = stop;
    }
  }

  private huffmanStream(start: number, end: number, from: number, to: number): void {
    const table = this.huffman;
    if (table === undefined) throw new ZstdError('no Huffman table to reuse');
    const { maximumBits, symbol, bits } = table;
    const stream = new BackwardBits(this.input, start, end);
    for (let i = from; i < to; i++) {
      const code = stream.peek(maximumBits);
      this.literals[i] = symbol[code];
      stream.skip(bits[code]);
    }
    if (stream.remaining !== 0) throw new ZstdError('literals do not end with their stream');
  }

  private readSequences(start: number, end: number, literalCount: number): void {
    const { input } = this;
    const byte = (at: number): number => {
      if (at >= end) throw new ZstdError('sequences end early');
      return input[at];
    };
    let at = start;
    let count = byte(at++);
    if (count >= 128 && count < 255) count = ((count - 128) << 8) | byte(at++);
    else if (count === 255) {
      count = (byte(at) | (byte(at + 1) << 8)) + 0x7f00;
      at += 2;
    }
    if (count === 0) {
      this.copyLiterals(0, literalCount);
      return;
    }
    const modes = byte(at++);
    const table = (
      mode: number, previous: FseTable | undefined, standard: FseTable, maximumLog: number, maximumSymbol: number,
    ): FseTable => {
      if (mode === 0) return standard;
      if (mode === 1) {
        const value = byte(at++);
        if (value > maximumSymbol) throw new ZstdError('sequence code out of range');
        return constantTable(value);
      }
      if (mode === 2) {
        const description = readFseTable(input, at, end, maximumLog, maximumSymbol);
        at = description.next;
        return description.table;
      }
      if (previous === undefined) throw new ZstdError('no sequence table to reuse');
      return previous;
    };
    const literalLengths = table(modes >> 6, this.literalLengths, DEFAULT_LITERAL_LENGTHS, 9, 35);
    const offsets = table((modes >> 4) & 3, this.offsets, DEFAULT_OFFSETS, 8, 31);
    const matchLengths = table((modes >> 2) & 3, this.matchLengths, DEFAULT_MATCH_LENGTHS, 9, 52);
    Object.assign(this, { literalLengths, offsets, matchLengths });

    const stream = new BackwardBits(input, at, end);
    let literalState = stream.read(literalLengths.accuracyLog);
    let offsetState = stream.read(offsets.accuracyLog);
    let matchState = stream.read(matchLengths.accuracyLog);
    let literalAt = 0;
    for (let i = 0; i < count; i++) {
      const offsetCode = offsets.symbol[offsetState];
      const matchCode = matchLengths.symbol[matchState];
      const literalCode = literalLengths.symbol[literalState];
      const offsetValue = 2 ** offsetCode + stream.read(offsetCode);
      const matchLength = MATCH_LENGTH.base[matchCode] + stream.read(MATCH_LENGTH.bits[matchCode]);
      const literalLength = LITERAL_LENGTH.base[literalCode] + stream.read(LITERAL_LENGTH.bits[literalCode]);
      if (i + 1 < count) {
        literalState = literalLengths.base[literalState] + stream.read(literalLengths.bits[literalState]);
        matchState = matchLengths.base[matchState] + stream.read(matchLengths.bits[matchState]);
        offsetState = offsets.base[offsetState] + stream.read(offsets.bits[offsetState]);
      }
      if (stream.remaining < 0 || literalAt + literalLength > literalCount) throw new ZstdError('sequences end early');
      this.copyLiterals(literalAt, literalAt + literalLength);
      literalAt += literalLength;
      this.copyMatch(this.offset(offsetValue, literalLength), matchLength);
    }
    if (stream.remaining !== 0) throw new ZstdError('sequences do not end with their stream');
    this.copyLiterals(literalAt, literalCount);
  }

  /** Turns an offset value into a distance and updates the recent offsets (section 3.1.1.5). */
  private offset(value: number, literalLength: number): number {
    const { recent0, recent1, recent2 } = this;
    const index = value > 3 ? 4 : value - 1 + (literalLength === 0 ? 1 : 0);
    if (index === 0) return recent0;
    const distance = index === 1 ? recent1 : index === 2 ? recent2 : index === 3 ? recent0 - 1 : value - 3;
    if (index > 1) this.recent2 = recent1;
    this.recent1 = recent0;
    this.recent0 = distance;
    return distance;
  }

  private copyLiterals(from: number, to: number): void {
    const count = to - from;
    this.reserve(count);
    const { out, literals, length } = this;
    if (count > BULK_COPY_BYTES) out.set(literals.subarray(from, to), length);
    else for (let i = 0; i < count; i++) out[length + i] = literals[from + i];
    this.length += count;
  }

  private copyMatch(distance: number, count: number): void {
    if (distance <= 0 || distance > this.length - this.frameStart) throw new ZstdError('match before the beginning');
    this.reserve(count);
    const { out } = this;
    const to = this.length;
    if (distance >= count && count > BULK_COPY_BYTES) {
      out.copyWithin(to, to - distance, to - distance + count);
    } else {
      for (let i = 0; i < count; i++) out[to + i] = out[to + i - distance];
    }
    this.length += count;
  }
}
