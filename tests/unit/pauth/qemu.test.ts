/**
 * Results recorded from QEMU 7.2 (qemu-system-aarch64 -M virt -cpu max,pauth-impdef=off), at EL1 with the keys and
 * controls below. For each TCR_EL1 and pointer, for each key IA, IB, DA, DB: PAC; AUT of that; AUT with another
 * modifier; AUT of the bare pointer with that modifier. Then XPACI, XPACD and PACGA (modifier 77) of the pointer.
 *
 * One case is left out: a pointer whose bits 63 and 55 differ, in an untagged half while the other half has tags. The
 * Arm ARM's AddPAC then extends from bit 55, QEMU from bit 63.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Engine, FIRST_VERSION } from './engine.js';

const VECTORS = readFileSync(new URL('./qemu-qarma5.txt', import.meta.url), 'utf8').trim().split('\n');
const POINTERS = [
  0xffff800012345678n, 0x0000ffff9abcdef0n, 0x5a00000000401000n, 0xffffffffffffffffn, 0n, 0x00ff800000001000n,
  0xff7f000000001000n, 0x123456789abcdef0n, 0x8000000000000008n, 0x00400000dead0000n,
];
const BASE = 16n | (16n << 16n) | (2n << 30n);
const TCRS = [BASE | (1n << 37n), BASE, BASE | (3n << 37n), BASE | (3n << 37n) | (3n << 51n),
  25n | (20n << 16n) | (2n << 30n) | (1n << 38n)];
const KEYS = ['APIAKey', 'APIBKey', 'APDAKey', 'APDBKey', 'APGAKey'];
const MODIFIER = 0xffff800000003ff0n;

describe.each(['function', 'loop'] as const)('%s form', (form) => {
  it('QARMA5 pointer authentication is that of QEMU', () => {
    const e = new Engine({ pauth: 'qarma5', ...FIRST_VERSION });
    e.cpu.setField('el', 1);
    e.cpu.setSysreg('SCR_EL3', 1n);
    e.cpu.setSysreg('SCTLR_EL1', 0xc8002000n);
    let seed = 0x243f6a8885a308d3n;
    for (const key of KEYS) {
      for (const half of ['Lo', 'Hi']) {
        seed = BigInt.asUintN(64, seed * 0x5851f42d4c957f2dn + 1n);
        e.cpu.setSysreg(`${key}${half}_EL1`, seed);
      }
    }
    let line = 0;
    /** Executes on X1 (and X2), expects the next recorded value, and gives it. */
    const check = (word: number, pointer: bigint, modifier: bigint, result = 1): bigint => {
      e.cpu.setX(1, pointer);
      e.cpu.setX(2, modifier);
      e.execute(word, form);
      const value = e.cpu.x(result);
      expect(value.toString(16).padStart(16, '0'), `line ${line + 1}`).toBe(VECTORS[line++]);
      return value;
    };
    const extendsFromOtherBit = (tcr: bigint, pointer: bigint, data: boolean): boolean => {
      const half = (pointer >> 55n) & 1n;
      const bit = (n: bigint): boolean => ((tcr >> n) & 1n) === 1n;
      const tagged = [0n, 1n].map((n) => bit(37n + n) && (data || !bit(51n + n)));
      return half !== pointer >> 63n && (tagged[0] || tagged[1]) && !tagged[Number(half)];
    };
    let omitted = 0;
    for (const tcr of TCRS) {
      e.cpu.setSysreg('TCR_EL1', tcr);
      for (const pointer of POINTERS) {
        for (let key = 0; key < 4; key++) {
          const pac = 0xdac10041 | (key << 10);
          const aut = 0xdac11041 | (key << 10);
          const omit = extendsFromOtherBit(tcr, pointer, key >= 2);
          if (omit) omitted++;
          const signed = omit ? BigInt(`0x${VECTORS[line++]}`) : check(pac, pointer, MODIFIER);
          check(aut, signed, MODIFIER);
          check(aut, signed, MODIFIER + 1n);
          check(aut, pointer, MODIFIER + 1n);
        }
        check(0xdac143e1, pointer, 0n);
        check(0xdac147e1, pointer, 0n);
        check(0x9ac23020, pointer, 77n, 0);
      }
    }
    expect(line).toBe(VECTORS.length);
    expect(omitted).toBe(12);
  });
});
