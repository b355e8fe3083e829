import { randomFillSync } from 'node:crypto';

/** Where random bytes for the guest come from. */
export interface EntropySource {
  /** Fills all of `target`, which may be shared memory. */
  fill(target: Uint8Array): void;
}

/** The host's cryptographic generator. */
export class HostEntropy implements EntropySource {
  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += 65536) {
      const chunk = randomFillSync(new Uint8Array(Math.min(65536, target.length - at)));
      target.set(chunk, at);
    }
  }
}

/** The same bytes for the same seed (xoshiro128**, seeded by SplitMix32): for reproducible runs, not for secrets. */
export class SeededEntropy implements EntropySource {
  /** Where the sequence stands; may be set. */
  readonly state = new Uint32Array(4);

  /** @param seed any 32-bit number. */
  constructor(seed: number) {
    let x = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.state[i] = z ^ (z >>> 16);
    }
  }

  fill(target: Uint8Array): void {
    for (let i = 0; i < target.length; i += 4) {
      const word = this.next();
      for (let j = 0; j < 4 && i + j < target.length; j++) target[i + j] = word >>> (8 * j);
    }
  }

  private next(): number {
    const s = this.state;
    const scaled = Math.imul(s[1], 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9);
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }
}
