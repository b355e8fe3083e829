/**
 * The random numbers that `qemu-aarch64 -seed N` gives its guest, so that the pointer authentication keys of the
 * process are known: QEMU draws them from GLib's GRand, which is MT19937 (M. Matsumoto, T. Nishimura, "Mersenne
 * Twister", 1998, with the initialization by array of 2002) seeded with the low and the high word of N.
 */
const SIZE = 624;
const MIDDLE = 397;

export class GuestRandom {
  private readonly state = new Uint32Array(SIZE);
  private at = SIZE;

  /** @param seed 0 .. 2^32 - 1 */
  constructor(seed: number) {
    const { state } = this;
    const key = [seed, 0];
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    let i = 1;
    const mix = (factor: number, add: (i: number) => number, turns: number): void => {
      for (let n = 0; n < turns; n++) {
        state[i] = (state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), factor)) + add(i);
        if (++i < SIZE) continue;
        state[0] = state[SIZE - 1];
        i = 1;
      }
    };
    let j = 0;
    mix(1664525, () => {
      const add = key[j] + j;
      j = (j + 1) % key.length;
      return add;
    }, SIZE);
    mix(1566083941, (index) => -index, SIZE - 1);
    state[0] = 0x80000000;
  }

  u32(): number {
    const { state } = this;
    if (this.at === SIZE) {
      for (let i = 0; i < SIZE; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
        state[i] = state[(i + MIDDLE) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }
}
