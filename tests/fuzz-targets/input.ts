/**
 * A fuzzer's bytes taken as values. Values that steer a target come from the end, so that what a parser reads can be a
 * file as it is; reading beyond the input gives zeroes, so that every input means something.
 */
export class Input {
  private start = 0;
  private end: number;
  private readonly view: DataView;

  constructor(private readonly data: Uint8Array) {
    this.end = data.length;
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
  }

  /** Bytes not yet taken. */
  get left(): number {
    return this.end - this.start;
  }

  /** The next byte from the front, 0..255. */
  u8(): number {
    return this.start < this.end ? this.data[this.start++] : 0;
  }
  /** Little-endian, 0..2^16-1. */
  u16(): number {
    return this.u8() | (this.u8() << 8);
  }
  /** Little-endian, 0..2^32-1. */
  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }
  /** Little-endian, 0..2^64-1. */
  u64(): bigint {
    return BigInt(this.u32()) | (BigInt(this.u32()) << 32n);
  }
  /** 0..n-1, from as many bytes as n needs. */
  below(n: number): number {
    return (n <= 256 ? this.u8() : n <= 65536 ? this.u16() : this.u32()) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  /** The next `count` bytes, fewer at the end; a view. */
  bytes(count: number): Uint8Array {
    const taken = this.data.subarray(this.start, Math.min(this.end, this.start + count));
    this.start += taken.length;
    return taken;
  }

  /** The last byte not yet taken, 0..255: what steers a target whose input is a file. */
  lastU8(): number {
    return this.end > this.start ? this.view.getUint8(--this.end) : 0;
  }
  /** All that is left; a copy, so that what reads it may not reach the rest of the fuzzer's buffer. */
  rest(): Uint8Array {
    return Uint8Array.from(this.bytes(this.left));
  }
}
