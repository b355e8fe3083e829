/** Register values that find mistakes: limits, patterns, special floating-point numbers and their neighbours. */
import { MEMORY_ADDRESS, PAGE, WRITABLE_BYTES } from './layout.js';
import type { Random } from './random.js';

const X_LOW = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
  0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x55555555, 0xaaaaaaaa, 0xff00ff00, 0x0f0f0f0f,
];

/** Exponent and fraction bits. */
const FORMATS = [[5, 10], [8, 23], [11, 52], [8, 7]] as const;

function fpElement(random: Random, e: number, f: number, near: bigint): bigint {
  const F = BigInt(f);
  const one = 1n << F;
  const sign = BigInt(random.below(2)) << BigInt(e + f);
  const fraction = random.u64() & (one - 1n);
  const largest = (1n << BigInt(e)) - 1n;
  const bias = largest >> 1n;
  switch (random.below(12)) {
    case 0:
      return sign | random.pick([0n, 1n, one - 1n, one, one + 1n, bias << F, (largest << F) - 1n, largest << F]);
    case 1: // NaNs: quiet, signalling, with payloads
      return sign | (largest << F) | random.pick([one >> 1n, 1n, one - 1n, (one >> 1n) | 5n, fraction | 1n]);
    case 2: // denormal
      return sign | (fraction >> BigInt(random.below(f)));
    case 3: { // around limits of integers
      const power = BigInt(random.pick([0, 7, 8, 15, 16, 31, 32, 63, 64]) - random.below(2));
      const exponent = bias + power < largest ? bias + power : largest - 1n;
      return sign | (exponent << F) | (random.once(2) ? fraction : (one - 1n) ^ BigInt(random.below(4)));
    }
    case 4: // few bits: exact results and ties
      return sign | ((bias + BigInt(random.below(40)) - 8n) << F) | ((fraction >> (F - 3n)) << (F - 3n));
    case 5:
      return sign | ((random.u64() & largest) << F) | fraction;
    case 6:
      return (near ^ BigInt(random.below(8))) & ((largest << (F + 1n)) | one | (one - 1n));
    default: {
      const exponent = ((near >> F) + BigInt(random.below(5)) - 2n) & largest;
      return sign | (exponent << F) | fraction;
    }
  }
}

function integerElement(random: Random, width: number): bigint {
  const full = 1n << BigInt(width);
  const half = full >> 1n;
  switch (random.below(4)) {
    case 0:
      return random.pick([0n, 1n, 2n, full - 1n, full - 2n, half, half - 1n, half + 1n, half >> 1n]);
    case 1:
      return BigInt.asUintN(width, BigInt(random.below(2 * width)) - BigInt(width));
    default:
      return random.u64() & (full - 1n);
  }
}

/** Values made once for a batch; cases draw from them. */
export class ValuePool {
  private static readonly X_COUNT = 1024;
  private static readonly GROUPS = 96;
  /** Registers of one group: the same format, near one another. */
  private static readonly GROUP = 12;
  private readonly x = new Uint32Array(2 * ValuePool.X_COUNT);
  private readonly v = new Uint32Array(4 * ValuePool.GROUPS * ValuePool.GROUP);

  constructor(random: Random) {
    const { x, v } = this;
    for (let i = 0; i < ValuePool.X_COUNT; i++) {
      const kind = random.below(10);
      let low = random.u32();
      let high = random.u32();
      if (kind < 4) {
        low = random.pick(X_LOW);
        high = random.pick([0, 0, 0xffffffff, low, 0x7fffffff, 0x80000000]);
        if (kind === 0) low = -low;
      } else if (kind === 4) {
        high = 0;
      } else if (kind === 5) {
        high = 0xffffffff;
        low = -random.below(4096);
      } else if (kind === 6) {
        const one = 1n << BigInt(random.below(64));
        low = Number(one & 0xffff_ffffn);
        high = Number(one >> 32n);
      } else if (kind === 7) {
        low = MEMORY_ADDRESS + 8 * random.below(WRITABLE_BYTES / 8);
        high = 0;
      }
      x[2 * i] = low;
      x[2 * i + 1] = high;
    }
    const longs = new BigUint64Array(v.buffer);
    for (let group = 0; group < ValuePool.GROUPS; group++) {
      const format = FORMATS[random.below(4)];
      const [e, f] = format;
      const floating = random.below(3) !== 0;
      const width = floating ? 1 + e + f : random.pick([8, 16, 32, 64]);
      const near = ((random.once(3) ? random.u64() : (1n << BigInt(e - 1)) - 4n + BigInt(random.below(8)))
        & ((1n << BigInt(e)) - 1n)) << BigInt(f);
      for (let r = 0; r < ValuePool.GROUP; r++) {
        const at = 2 * (group * ValuePool.GROUP + r);
        if (random.once(5)) {
          longs[at] = random.u64();
          longs[at + 1] = random.u64();
          continue;
        }
        for (let half = 0; half < 2; half++) {
          let value = 0n;
          for (let bit = 0; bit < 64; bit += width) {
            const element = floating ? fpElement(random, e, f, near) : integerElement(random, width);
            value |= element << BigInt(bit);
          }
          longs[at + half] = BigInt.asUintN(64, value);
        }
      }
    }
  }

  /** Fills `count` general-purpose registers at 32-bit index `at`. */
  fillX(random: Random, out: Uint32Array, at: number, count: number): void {
    const { x } = this;
    for (let r = 0; r < count; r++) {
      const bits = random.u32();
      const i = 2 * (bits & (ValuePool.X_COUNT - 1));
      out[at + 2 * r] = x[i];
      out[at + 2 * r + 1] = (bits >>> 28) === 0 ? bits : x[i + 1];
    }
  }

  /** Fills the 32 SIMD&FP registers, from one group, now and then another. */
  fillV(random: Random, out: Uint32Array, at: number): void {
    const { v } = this;
    const span = 4 * ValuePool.GROUP;
    const group = random.below(ValuePool.GROUPS) * span;
    for (let r = 0; r < 32; r++) {
      const bits = random.u32();
      const from = (bits & 0xf0000000) === 0 ? (bits % ValuePool.GROUPS) * span : group;
      const i = from + 4 * ((bits >>> 8) % ValuePool.GROUP);
      out[at + 4 * r] = v[i];
      out[at + 4 * r + 1] = v[i + 1];
      out[at + 4 * r + 2] = v[i + 2];
      out[at + 4 * r + 3] = v[i + 3];
    }
  }
}

/**
 * An address to access: inside the scratch memory, across its pages, where it becomes read-only, at its end and before
 * its start.
 * @param align alignment that most accesses get, a power of two
 */
export function targetAddress(random: Random, align: number): number {
  const edge = random.below(40);
  const kind = random.below(32);
  let at: number;
  if (kind < 20) at = random.below(WRITABLE_BYTES - 64) & -align;
  else if (kind < 22) at = random.below(WRITABLE_BYTES - 64);
  else if (kind < 25) at = PAGE - edge;
  else if (kind < 27) at = WRITABLE_BYTES - edge;
  else if (kind < 28) at = WRITABLE_BYTES + random.below(PAGE);
  else if (kind < 30) at = WRITABLE_BYTES + PAGE - edge;
  else at = -edge;
  if (kind >= 22 && random.below(3) !== 0) at &= -align;
  return MEMORY_ADDRESS + at;
}
