/** Entropy decoding of Zstandard (RFC 8878, section 4): backward bit streams, FSE tables and Huffman tables. */

/** The data does not follow the format. */
export class ZstdError extends Error {
  override readonly name = 'ZstdError';
}

export const highestBit = (value: number): number => 31 - Math.clz32(value);

/** Reads bits from the end of `bytes[start, end)` towards its beginning. Bits before the beginning read as zero. */
export class BackwardBits {
  /** Bits not yet read; negative once more were read than there were. */
  remaining: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    end: number,
  ) {
    const last = end > start ? bytes[end - 1] : 0;
    if (last === 0) throw new ZstdError('bit stream without end mark');
    this.remaining = (end - start) * 8 - (8 - highestBit(last));
  }

  /** The next `count` bits, 0..24, without consuming them. */
  peek(count: number): number {
    const first = this.remaining - count;
    if (first < 0) return this.peekBeyond(first, count);
    const { bytes } = this;
    const at = this.start + (first >> 3);
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    // The fourth byte may lie beyond the array; then no bit of it is wanted.
    if (at + 3 < bytes.length) word |= bytes[at + 3] << 24;
    return (word >>> (first & 7)) & ((1 << count) - 1);
  }

  private peekBeyond(first: number, count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const bit = first + i;
      if (bit >= 0 && ((this.bytes[this.start + (bit >> 3)] >> (bit & 7)) & 1) !== 0) value |= 1 << i;
    }
    return value;
  }

  skip(count: number): void {
    this.remaining -= count;
  }

  /** The next `count` bits, 0..31, as a number. */
  read(count: number): number {
    if (count > 24) {
      const high = this.read(count - 16);
      return high * 65536 + this.read(16);
    }
    const value = this.peek(count);
    this.remaining -= count;
    return value;
  }
}

/** A finite state entropy table: per state the symbol it emits and how the next state is found. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** Builds a decoding table from normalised probabilities; -1 is "less than one" (section 4.1.1). */
export function buildFseTable(probabilities: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbol = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = probabilities.map((p) => (p === -1 ? 1 : p));
  let high = size;
  probabilities.forEach((p, s) => {
    if (p === -1) symbol[--high] = s;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  probabilities.forEach((p, s) => {
    for (let i = 0; i < p; i++) {
      symbol[at] = s;
      do {
        at = (at + step) & (size - 1);
      } while (at >= high);
    }
  });
  for (let i = 0; i < size; i++) {
    const state = next[symbol[i]]++;
    bits[i] = accuracyLog - highestBit(state);
    base[i] = (state << bits[i]) - size;
  }
  return { accuracyLog, symbol, bits, base };
}

/** A table that emits one symbol for ever. */
export function constantTable(value: number): FseTable {
  return { accuracyLog: 0, symbol: Uint8Array.of(value), bits: Uint8Array.of(0), base: Uint16Array.of(0) };
}

/** Reads the description of an FSE table at `start`; also gives the offset of the byte after it. */
export function readFseTable(
  bytes: Uint8Array, start: number, end: number, maximumLog: number, maximumSymbol: number,
): { table: FseTable; next: number } {
  let bit = start * 8;
  const read = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, bit++) value |= ((bytes[bit >> 3] >> (bit & 7)) & 1) << i;
    if (bit > end * 8) throw new ZstdError('entropy table ends early');
    return value;
  };
  const accuracyLog = read(4) + 5;
  if (accuracyLog > maximumLog) throw new ZstdError('entropy table too large');
  const probabilities: number[] = [];
  let left = (1 << accuracyLog) + 1;
  while (left > 1) {
    if (probabilities.length > maximumSymbol) throw new ZstdError('entropy table has too many symbols');
    const width = highestBit(left) + 1;
    // Values below `short` take one bit less.
    const short = (1 << width) - 1 - left;
    let value = read(width - 1);
    if (value >= short) {
      value |= read(1) << (width - 1);
      if (value >= 1 << (width - 1)) value -= short;
    }
    const probability = value - 1;
    left -= Math.abs(probability);
    probabilities.push(probability);
    if (probability === 0) {
      for (let repeat = 3; repeat === 3;) {
        repeat = read(2);
        for (let i = 0; i < repeat; i++) probabilities.push(0);
      }
    }
  }
  if (left !== 1 || probabilities.length > maximumSymbol + 1) throw new ZstdError('entropy table does not add up');
  return { table: buildFseTable(probabilities, accuracyLog), next: (bit + 7) >> 3 };
}

/** A Huffman decoding table, indexed by the next `maximumBits` bits. */
export interface HuffmanTable {
  readonly maximumBits: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

const HUFFMAN_MAXIMUM_BITS = 11;
const HUFFMAN_MAXIMUM_SYMBOLS = 256;
const WEIGHT_MAXIMUM_LOG = 6;

/** Reads a Huffman tree description at `start` (section 4.2.1). */
export function readHuffmanTable(bytes: Uint8Array, start: number, end: number): { table: HuffmanTable; next: number } {
  if (start >= end) throw new ZstdError('Huffman table ends early');
  const header = bytes[start];
  const weights: number[] = [];
  let next: number;
  if (header >= 128) {
    const count = header - 127;
    next = start + 1 + ((count + 1) >> 1);
    if (next > end) throw new ZstdError('Huffman table ends early');
    for (let i = 0; i < count; i++) weights.push((bytes[start + 1 + (i >> 1)] >> (i & 1 ? 0 : 4)) & 15);
  } else {
    next = start + 1 + header;
    if (next > end) throw new ZstdError('Huffman table ends early');
    readWeights(bytes, start + 1, next, weights);
  }
  return { table: buildHuffmanTable(weights), next };
}

/** Weights compressed with two interleaved FSE states over one table. */
function readWeights(bytes: Uint8Array, start: number, end: number, weights: number[]): void {
  const { table, next } = readFseTable(bytes, start, end, WEIGHT_MAXIMUM_LOG, 255);
  const stream = new BackwardBits(bytes, next, end);
  const states = [stream.read(table.accuracyLog), stream.read(table.accuracyLog)];
  if (stream.remaining < 0) throw new ZstdError('Huffman weights end early');
  for (let turn = 0; ; turn ^= 1) {
    if (weights.length >= HUFFMAN_MAXIMUM_SYMBOLS - 1) throw new ZstdError('too many Huffman weights');
    const state = states[turn];
    weights.push(table.symbol[state]);
    states[turn] = table.base[state] + stream.read(table.bits[state]);
    if (stream.remaining < 0) {
      weights.push(table.symbol[states[turn ^ 1]]);
      return;
    }
  }
}

function buildHuffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) sum += weight === 0 ? 0 : 1 << (weight - 1);
  if (sum === 0 || weights.length >= HUFFMAN_MAXIMUM_SYMBOLS) throw new ZstdError('bad Huffman weights');
  const maximumBits = highestBit(sum) + 1;
  const rest = (1 << maximumBits) - sum;
  if (maximumBits > HUFFMAN_MAXIMUM_BITS || (rest & (rest - 1)) !== 0) throw new ZstdError('bad Huffman weights');
  const all = [...weights, highestBit(rest) + 1];
  const symbol = new Uint8Array(1 << maximumBits);
  const bits = new Uint8Array(1 << maximumBits);
  let at = 0;
  for (let weight = 1; weight <= maximumBits; weight++) {
    all.forEach((w, s) => {
      if (w !== weight) return;
      const span = 1 << (weight - 1);
      symbol.fill(s, at, at + span);
      bits.fill(maximumBits + 1 - weight, at, at + span);
      at += span;
    });
  }
  return { maximumBits, symbol, bits };
}
