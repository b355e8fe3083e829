import type { GuestMemory } from '../bus/device.js';

const HIGH = 2 ** 32;

/**
 * The guest memory that LPIs' tables and the ITS's lie in, in little-endian units. Addresses are physical, 0..2^52-1,
 * of the Non-secure space; what is not RAM cannot hold a table. Every write is reported to the code store.
 */
export class GuestTables {
  /** What `read64` read: bits 31..0 and 63..32. */
  low = 0;
  high = 0;

  constructor(private readonly guest: GuestMemory) {}

  /** A byte, 0..255; -1 where there is no RAM. */
  read8(address: number): number {
    const bytes = this.guest.slice(address, 1);
    return bytes === undefined ? -1 : bytes[0];
  }

  /** Writes a byte; false where there is no RAM. */
  write8(address: number, value: number): boolean {
    const bytes = this.guest.slice(address, 1);
    if (bytes === undefined) return false;
    bytes[0] = value;
    this.guest.written(address, 1);
    return true;
  }

  /** Reads 8 bytes into `low` and `high`; false where there is no RAM. */
  read64(address: number): boolean {
    const bytes = this.guest.slice(address, 8);
    if (bytes === undefined) return false;
    this.low = word(bytes, 0);
    this.high = word(bytes, 4);
    return true;
  }

  /** Writes 8 bytes as two words; false where there is no RAM. */
  write64(address: number, low: number, high: number): boolean {
    return this.writeWords(address, [low, high]);
  }

  /** Writes words, low address first; false, and nothing written, where not all of it is RAM. */
  writeWords(address: number, words: readonly number[]): boolean {
    const bytes = this.guest.slice(address, 4 * words.length);
    if (bytes === undefined) return false;
    words.forEach((value, i) => {
      for (let n = 0; n < 4; n++) bytes[4 * i + n] = value >>> (8 * n);
    });
    this.guest.written(address, bytes.length);
    return true;
  }

  /** Bytes to read only; undefined unless all of them are RAM. */
  bytes(address: number, length: number): Uint8Array | undefined {
    return this.guest.slice(address, length);
  }

  /** The same as words. RAM is aligned in the host's memory as in the guest's: `address` is a multiple of 4. */
  words(address: number, length: number): Int32Array | undefined {
    const bytes = this.guest.slice(address, length);
    return bytes && new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2);
  }

  /** Reports that words from `words` were written. */
  written(address: number, length: number): void {
    this.guest.written(address, length);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Address from the halves of a 64-bit field, of which the bits 51..`from` count. */
export function addressOf(low: number, high: number, from: number): number {
  return (high & 0xf_ffff) * HIGH + ((low & (-1 << from)) >>> 0);
}
