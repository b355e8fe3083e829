import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode, extractFields } from '../../../jit/a64/decoder.js';
import { formatTemplate } from '../../../jit/a64/disassembler/disassembler.js';
import { leadingBits, parseBits, type Encoding } from '../../../jit/a64/encoding.js';
import { encodingNamed, encodings } from '../../../jit/a64/encodings/index.js';
import { hex, wordsOf, xorshift } from './words.js';

interface ArmEncoding {
  readonly name: string;
  readonly mnemonic: string;
  readonly group: string;
  readonly mask: number;
  readonly value: number;
  readonly shouldBe: number;
}

const armEncodings: ArmEncoding[] = readFileSync(new URL('data/aarchmrs-encodings.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name, group, mask, value, shouldBe] = line.split(' ') as [string, string, string, string, string];
    const bits = { mask: parseInt(mask, 16) | 0, value: parseInt(value, 16) | 0, shouldBe: parseInt(shouldBe, 16) | 0 };
    return { name, mnemonic: name.split('_')[0], group, ...bits };
  });
const scalable = (e: { group: string }): boolean => e.group === 'sve' || e.group === 'sme';

/** Arm's encodings by bits 31..24 of the words they take. */
const byTop = Array.from({ length: 256 }, (_, top) =>
  armEncodings.filter((a) => (((top << 24) ^ a.value) & a.mask & ~a.shouldBe & 0xff000000) === 0),
);
function armMatches(word: number): ArmEncoding[] {
  return byTop[word >>> 24].filter((a) => ((word ^ a.value) & a.mask & ~a.shouldBe) === 0);
}

/** Instructions of FEAT_TME that Arm has since removed from the machine-readable architecture. */
const WITHDRAWN = ['TCANCEL', 'TCOMMIT'];

const takes = (e: Encoding, word: number): boolean =>
  ((word ^ e.value) & e.mask) === 0 && (!e.where || e.where(extractFields(e, word)));

describe('A64 decode table', () => {
  it('has unique names, ids that are positions, and bit strings of 32 bits', () => {
    expect(new Set(encodings.map((e) => e.name)).size).toBe(encodings.length);
    encodings.forEach((e, i) => expect(e.id).toBe(i));
    for (const e of encodings) {
      expect((e.value & ~e.mask) >>> 0, e.name).toBe(0);
      expect((e.mask & e.shouldBeMask) >>> 0, e.name).toBe(0);
      for (const other of e.overrides) expect(encodingNamed(other)).toBeDefined();
    }
    expect(() => parseBits('short', '01 Rn:5')).toThrow('7 bits');
    expect(() => parseBits('twice', 'Rn:5 Rn:5 0000000000000000000000')).toThrow('twice');
    expect(() => parseBits('odd', '?')).toThrow('cannot read');
  });

  it('knows the first bits of an entry without the others', () => {
    for (const e of encodings) {
      for (const count of [1, 7, 11, 32]) {
        const { mask, value } = leadingBits(e.bits, count);
        expect([mask >>> 0, value >>> 0], e.name).toEqual([e.mask >>> (32 - count), e.value >>> (32 - count)]);
      }
    }
  });

  it('gives no word to two entries, unless one overrides the other', () => {
    const random = xorshift(0x5eed);
    const wrong: string[] = [];
    for (const a of encodings) {
      for (const b of encodings) {
        if (b.id <= a.id || ((a.value ^ b.value) & a.mask & b.mask) !== 0) continue;
        const special = a.overrides.includes(b.name) ? a : b.overrides.includes(a.name) ? b : undefined;
        const fixed = a.mask | b.mask;
        // The predicate may only separate them where at least one has one.
        if (!special && !a.where && !b.where) wrong.push(`${a.name} and ${b.name} overlap`);
        for (let i = 0; i < 400; i++) {
          const word = (random() & ~fixed) | a.value | b.value;
          if (special) {
            if (takes(special, word) && decode(word) !== special) wrong.push(`${hex(word)} is not ${special.name}`);
          } else if (takes(a, word) && takes(b, word)) {
            wrong.push(`${hex(word)} is ${a.name} and ${b.name}`);
            break;
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('finds by look-up what a search of the whole table finds', () => {
    const random = xorshift(0xbeef);
    for (let i = 0; i < 3000; i++) {
      const word = random();
      const all = encodings.filter((e) => takes(e, word));
      const expected = all.filter((e) => !all.some((other) => other.overrides.includes(e.name)));
      expect(expected.length, hex(word)).toBeLessThan(2);
      expect(decode(word)?.name, hex(word)).toBe(expected[0]?.name);
    }
  });

  it('has words for every entry', () => {
    const random = xorshift(1);
    for (const e of encodings) expect(wordsOf(e, 1, random), e.name).toHaveLength(1);
  });
});

describe("against Arm's machine-readable architecture", () => {
  /** Table templates that write an instruction as an alias, or a mnemonic that Arm's names put otherwise. */
  const WRITTEN: Readonly<Record<string, string>> = {
    LSLV: 'LSL', LSRV: 'LSR', ASRV: 'ASR', RORV: 'ROR', NOT: 'MVN', INS: 'MOV',
  };

  /** Reserved values that the table excludes by fixed bits of a field, not by a predicate: option<1> = 0. */
  const reservedByPattern = (arm: ArmEncoding, word: number): boolean =>
    arm.group === 'ldst/ldst_regoff' && (word & 0x4000) === 0;

  const hasPattern = (group: string, word: number): boolean =>
    encodings.some((e) => ((word ^ e.value) & e.mask) === 0 && e.group === group);

  function mnemonicOf(e: Encoding, word: number): string {
    return formatTemplate(e.asm, extractFields(e, word), word, 0n).split(/[ .]/)[0].toUpperCase();
  }

  function agrees(arm: ArmEncoding, e: Encoding, word: number): boolean {
    if (arm.group !== e.group) return false;
    if (e.name === 'SYS' || scalable(e)) return true;
    if (e.name === 'DUP_asisdone') return arm.mnemonic === 'DUP';
    const written = mnemonicOf(e, word);
    const expected = WRITTEN[arm.mnemonic] ?? arm.mnemonic;
    if (written === expected || written === `${expected}2`) return true;
    return expected === 'BFMLAL' && /^BFMLAL[BT]$/.test(written);
  }

  it('decodes words of each of its encodings to an entry of that mnemonic and group', () => {
    const random = xorshift(0xa64);
    const wrong: string[] = [];
    const used = new Set<Encoding>();
    for (const arm of armEncodings) {
      let decoded = 0;
      for (let i = 0; i < 60; i++) {
        const word = (random() & ~arm.mask) | arm.value;
        const e = decode(word);
        const matches = armMatches(word);
        // A word may be of a special case of this encoding: the most specific ones count.
        const specific = matches.filter(
          (m) => !matches.some((o) => o !== m && (o.mask & m.mask) === m.mask && o.mask !== m.mask),
        );
        if (e) {
          used.add(e);
          decoded++;
          if (!specific.some((m) => agrees(m, e, word))) wrong.push(`${arm.name} ${hex(word)}: ${e.name}`);
        } else if (!reservedByPattern(arm, word) && !hasPattern(arm.group, word)) {
          wrong.push(`${arm.name} ${hex(word)}: no entry, not even a reserved value of one`);
        }
      }
      if (decoded === 0) wrong.push(`${arm.name}: never decoded`);
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(encodings.filter((e) => !used.has(e)).map((e) => e.name)).toEqual(WITHDRAWN);
  });

  it('leaves words of none of its encodings undefined', () => {
    const random = xorshift(0xdead);
    const wrong = new Set<string>();
    const check = (word: number): void => {
      const e = decode(word);
      if (e && !scalable(e) && armMatches(word).length === 0 && !WITHDRAWN.includes(e.name)) {
        wrong.add(`${hex(word)}: ${e.name}`);
      }
    };
    for (let i = 0; i < 400_000; i++) check(random());
    for (const e of encodings) for (let i = 0; i < 60; i++) check((random() & ~e.mask) | e.value);
    expect([...wrong]).toEqual([]);
  });
});

describe('decoder', () => {
  it('takes signed and unsigned words and extracts fields', () => {
    expect(decode(0xa9bf7bfd)).toBe(encodingNamed('STP_pre'));
    expect(decode(0xa9bf7bfd | 0)).toBe(encodingNamed('STP_pre'));
    const fields = extractFields(encodingNamed('STP_pre'), 0xa9bf7bfd);
    expect(fields).toEqual({ opc: 2, L: 0, imm7: 126, Rt2: 30, Rn: 31, Rt: 29 });
    expect(decode(0xffffffff)).toBeUndefined();
    expect(decode(0)?.name).toBe('UDF');
    expect(() => encodingNamed('NOSUCH')).toThrow('NOSUCH');
  });

  it('excludes reserved values', () => {
    // ADD (shifted) with ROR; a 32-bit shift by 32; LSL of a W register by hw 2; an all-ones bitmask; FMUL of ftype 10
    for (const word of [0x0bc20020, 0x0b028020, 0x52c00000, 0x92407c00 | 0xfc00, 0x1ea20820]) {
      expect(decode(word), hex(word)).toBeUndefined();
    }
  });
});
