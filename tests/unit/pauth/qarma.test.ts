import { describe, expect, it } from 'vitest';
import { impdefPac } from '../../../src/arch/pauth.js';
import { qarma64 } from '../../../src/arch/qarma.js';

describe('QARMA-64', () => {
  it('gives the published vector of five rounds with sigma 2', () => {
    const [data, tweak] = [0xfb623599da6e8127n, 0x477d469dec0b8762n];
    expect(qarma64(5, data, tweak, 0x84be85ce9804e94bn, 0xec2802d4e0a488e9n)).toBe(0xc003b93999b33765n);
  });
  it('with three rounds is a permutation that depends on every input', () => {
    const base = qarma64(3, 1n, 2n, 3n, 4n);
    const others = [qarma64(3, 0n, 2n, 3n, 4n), qarma64(3, 1n, 0n, 3n, 4n), qarma64(3, 1n, 2n, 0n, 4n),
      qarma64(3, 1n, 2n, 3n, 0n)];
    expect(new Set([base, ...others]).size).toBe(5);
  });
});

describe('the implementation defined hash', () => {
  it('changes about half of the code bits for every flipped input bit', () => {
    const ones = (v: bigint): number => [...v.toString(2)].filter((c) => c === '1').length;
    const inputs = [0xffff800012345678n, 0xffff80001234abf0n, 0x0123456789abcdefn, 0xfedcba9876543210n] as const;
    const of = (v: readonly bigint[]): bigint => impdefPac(v[0], v[1], v[2], v[3]);
    let total = 0;
    let cases = 0;
    for (let which = 0; which < 4; which++) {
      for (let bit = 0n; bit < 64n; bit++) {
        const changed = inputs.map((v, i) => (i === which ? v ^ (1n << bit) : v));
        // the 15 bits of a 48-bit kernel pointer's code
        const difference = (of(inputs) ^ of(changed)) & 0xff7f000000000000n;
        expect(difference, `input ${which} bit ${bit}`).not.toBe(0n);
        total += ones(difference);
        cases++;
      }
    }
    expect(total / cases / 15).toBeGreaterThan(0.44);
    expect(total / cases / 15).toBeLessThan(0.56);
  });
});
