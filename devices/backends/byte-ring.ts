/**
 * Bytes from one producer to one consumer through shared memory. `head` and `tail` are words holding free-running
 * 32-bit counts of bytes ever written and read; the capacity is a power of two.
 */
export class ByteRing {
  private readonly mask: number;

  constructor(
    private readonly words: Int32Array,
    private readonly head: number,
    private readonly tail: number,
    private readonly bytes: Uint8Array,
  ) {
    if ((bytes.length & (bytes.length - 1)) !== 0) throw new RangeError('ring capacity must be a power of two');
    this.mask = bytes.length - 1;
  }

  get capacity(): number {
    return this.bytes.length;
  }
  /** Bytes waiting to be read. */
  get used(): number {
    return (Atomics.load(this.words, this.head) - Atomics.load(this.words, this.tail)) >>> 0;
  }
  get free(): number {
    return this.bytes.length - this.used;
  }

  /** Producer: appends one byte; false when full. */
  push(byte: number): boolean {
    if (this.free === 0) return false;
    const head = this.words[this.head];
    this.bytes[head & this.mask] = byte;
    Atomics.store(this.words, this.head, (head + 1) | 0);
    return true;
  }

  /** Producer: appends as much of `source` as fits; returns how much. */
  write(source: Uint8Array): number {
    const count = Math.min(this.free, source.length);
    const head = this.words[this.head];
    const at = head & this.mask;
    const first = Math.min(count, this.bytes.length - at);
    this.bytes.set(source.subarray(0, first), at);
    this.bytes.set(source.subarray(first, count), 0);
    Atomics.store(this.words, this.head, (head + count) | 0);
    return count;
  }

  /** Consumer: takes one byte; -1 when empty. */
  shift(): number {
    if (this.used === 0) return -1;
    const tail = this.words[this.tail];
    const byte = this.bytes[tail & this.mask];
    this.advance(tail, 1);
    return byte;
  }

  /** Consumer: takes at most `max` bytes, as a copy. */
  read(max: number): Uint8Array {
    const out = new Uint8Array(Math.min(this.used, max));
    this.readInto(out);
    return out;
  }

  /** Consumer: fills as much of `target` as there is; returns how much. */
  readInto(target: Uint8Array): number {
    const count = Math.min(this.used, target.length);
    if (count === 0) return 0;
    const tail = this.words[this.tail];
    const at = tail & this.mask;
    const first = Math.min(count, this.bytes.length - at);
    target.set(this.bytes.subarray(at, at + first), 0);
    target.set(this.bytes.subarray(0, count - first), first);
    this.advance(tail, count);
    return count;
  }

  /** Producer: blocks up to `timeout` milliseconds until the consumer takes something or there is room. */
  waitForRoom(timeout: number): void {
    const seen = Atomics.load(this.words, this.tail);
    if (this.free === 0) Atomics.wait(this.words, this.tail, seen, timeout);
  }

  private advance(tail: number, count: number): void {
    Atomics.store(this.words, this.tail, (tail + count) | 0);
    Atomics.notify(this.words, this.tail);
  }
}
