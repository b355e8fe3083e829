/** A fast generator with 128 bits of state (xoshiro128**), so that the same seed gives the same cases everywhere. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  /** @param seed any two integers; @param stream tells generators of one seed apart */
  constructor(seed: number, stream = 0) {
    let z = (seed ^ Math.imul(stream, 0x85ebca6b)) | 0;
    const next = (): number => {
      z = (z + 0x9e3779b9) | 0;
      let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next() ^ (stream | 0);
    this.d = next() | 1;
  }

  /** 0 .. 2^32 - 1. */
  u32(): number {
    const scrambled = Math.imul(this.b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }
  /** 0 .. n - 1. */
  below(n: number): number {
    return this.u32() % n;
  }
  /** True once in n. */
  once(n: number): boolean {
    return this.u32() % n === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.u32() % list.length];
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}
