import { ExchangeResult, type DescriptorMemory } from '../../src/arch/translation/index.js';
import { Backing, type PhysicalMap } from './physical-map.js';

/** Translation tables in guest RAM (or read-only in ROM), for the table walker. */
export class RamDescriptorMemory implements DescriptorMemory {
  low = 0;
  high = 0;
  private readonly words: Int32Array;
  private readonly doublewords: BigInt64Array;

  constructor(
    buffer: ArrayBufferLike,
    private readonly map: PhysicalMap,
    /** Other threads' PEs change tables too. */
    private readonly shared = true,
  ) {
    const bytes = buffer.byteLength;
    this.words = new Int32Array(buffer, 0, Math.floor(bytes / 4));
    this.doublewords = new BigInt64Array(buffer, 0, Math.floor(bytes / 8));
  }

  read(space: number, addressHigh: number, addressLow: number): boolean {
    const backing = this.map.lookup(space, addressHigh, addressLow);
    if (backing !== Backing.Ram && backing !== Backing.Rom) return false;
    const at = this.map.offset >>> 2;
    if (!this.shared) {
      this.low = this.words[at];
      this.high = this.words[at + 1];
      return true;
    }
    // another PE may replace it meanwhile: both halves are of one time when the lower one is still the same
    do {
      this.low = Atomics.load(this.words, at);
      this.high = Atomics.load(this.words, at + 1);
    } while (Atomics.load(this.words, at) !== this.low);
    return true;
  }

  compareExchange(
    space: number,
    addressHigh: number,
    addressLow: number,
    expectedLow: number,
    expectedHigh: number,
    low: number,
    high: number,
  ): number {
    if (this.map.lookup(space, addressHigh, addressLow) !== Backing.Ram) return ExchangeResult.Unsupported;
    const expected = join(expectedLow, expectedHigh);
    // 64-bit compare-exchange, so that a descriptor that another PE replaced whole is never patched in part.
    const found = Atomics.compareExchange(this.doublewords, this.map.offset / 8, expected, join(low, high));
    return found === expected ? ExchangeResult.Done : ExchangeResult.Changed;
  }
}

function join(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
