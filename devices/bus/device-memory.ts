import { SharedLock } from '../../src/support/shared-lock.js';

/**
 * A device's block of shared memory: 32-bit words of guest-visible state and a lock, reachable from every thread.
 * Word 0 is the lock; words 1.. belong to the device.
 */
export class DeviceMemory {
  readonly words: Int32Array;
  private readonly lock: SharedLock;

  /** @param offset byte offset in `buffer`, 8-aligned; @param bytes size, a multiple of 8. */
  constructor(
    readonly buffer: ArrayBufferLike,
    readonly offset: number,
    readonly bytes: number,
  ) {
    this.words = new Int32Array(buffer, offset, bytes >> 2);
    this.lock = new SharedLock(this.words, 0);
  }

  /** A view of bytes of the block, for FIFOs. `start` counts from the block's first byte. */
  byteView(start: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.offset + start, length);
  }

  /** Runs `body` under the block's lock. Not recursive. Holders are soon done. */
  locked<T>(body: () => T): T {
    return this.lock.locked(body);
  }
}

/** Hands out consecutive blocks; every thread performs the same allocations in the same order. */
export class DeviceMemoryAllocator {
  /** Of all blocks, in bytes, in their order. */
  readonly sizes: number[] = [];

  constructor(
    private readonly buffer: ArrayBufferLike,
    private next: number,
    private readonly end: number,
  ) {}

  allocate(bytes: number): DeviceMemory {
    const size = (bytes + 63) & ~63;
    if (this.next + size > this.end) throw new RangeError('device state area is full');
    const block = new DeviceMemory(this.buffer, this.next, size);
    this.next += size;
    this.sizes.push(size);
    return block;
  }
}
