import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode, extractFields } from '../../../jit/a64/decoder.js';
import { aliases } from '../../../jit/a64/disassembler/aliases.js';
import { compileTemplate, disassemble } from '../../../jit/a64/disassembler/disassembler.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { reasonFor } from './differences.js';
import { findObjdump, objdump } from './objdump.js';
import { hex, wordsOf, xorshift } from './words.js';

const corpusFile = new URL('data/disassembly-corpus.txt', import.meta.url);

/** A line of text for each pair that differs without a reason. */
function unexplained(words: readonly number[], addresses: readonly number[], theirs: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    const ours = disassemble(word, BigInt(addresses[i]));
    const encoding = decode(word);
    if (ours === theirs[i] || reasonFor(encoding, ours, theirs[i])) return [];
    return [`${hex(word)} ${encoding?.name ?? 'unallocated'}: ${ours} | ${theirs[i]}`];
  });
}

/** Differences without a reason between objdump and us, the i-th word at address 4 * i. */
function compare(program: string, words: readonly number[]): string[] {
  const texts = objdump(program, words);
  expect(texts).toHaveLength(words.length);
  return unexplained(words, words.map((_, i) => i * 4), texts);
}

/** Words of every entry, and of every alias of it that random fields reach. */
function recordedWords(): number[] {
  const random = xorshift(0xc0de);
  const words: number[] = [];
  for (const e of encodings) {
    if (e.group === 'sve' || e.group === 'sme') continue;
    words.push(...wordsOf(e, 1, random));
    const alias = aliases[e.name];
    if (!alias) continue;
    const seen = new Set<string>();
    for (const word of wordsOf(e, 400, random)) {
      const mnemonic = alias(extractFields(e, word))?.split(' ')[0] ?? '';
      if (!seen.has(mnemonic)) words.push(word);
      seen.add(mnemonic);
    }
  }
  return words;
}

describe('disassembler', () => {
  const recorder = process.env['ULNA_RECORD'];
  if (recorder) {
    it('records the corpus', () => {
      const words = recordedWords();
      const texts = objdump(recorder, words);
      expect(texts).toHaveLength(words.length);
      const lines = words.map((word, i) => `${hex(word)} ${(i * 4).toString(16)} ${texts[i]}`);
      writeFileSync(corpusFile, lines.join('\n') + '\n');
    });
  }

  it('has a formatter for every operand of every template', () => {
    for (const e of encodings) compileTemplate(e.asm);
  });

  it('says what objdump said of the corpus, but for the differences that have a reason', () => {
    const lines = readFileSync(corpusFile, 'utf8').trim().split('\n').map((line) => line.split(' '));
    const words = lines.map((line) => parseInt(line[0], 16));
    const addresses = lines.map((line) => parseInt(line[1], 16));
    expect(words.length).toBeGreaterThan(1200);
    expect(unexplained(words, addresses, lines.map((line) => line.slice(2).join(' ')))).toEqual([]);
  });

  const program = findObjdump();
  if (program) {
    it("says what this machine's objdump says of words from the table and of random words", () => {
      const random = xorshift(0x0b0d);
      const words = encodings.flatMap((e) => wordsOf(e, 30, random));
      for (let i = 0; i < 60_000; i++) words.push(random());
      expect(compare(program, words)).toEqual([]);
    });
  }

  const image = process.env['ULNA_IMAGE'];
  if (program && image) {
    it(`says what objdump says of all words of ${image}`, { timeout: 1_800_000 }, () => {
      const bytes = readFileSync(image);
      const chunk = 1 << 20;
      for (let at = 0; at + 4 <= bytes.length; at += chunk) {
        const words: number[] = [];
        for (let i = at; i + 4 <= Math.min(at + chunk, bytes.length); i += 4) words.push(bytes.readInt32LE(i));
        expect(compare(program, words), `from offset ${at}`).toEqual([]);
      }
    });
  }

  it('writes labels from the address', () => {
    expect(disassemble(0x14000001, 0xffff800008000000n)).toBe('b 0xffff800008000004');
    expect(disassemble(0x97ffffff, 0n)).toBe('bl 0xfffffffffffffffc');
    expect(disassemble(0x90000001, 0x12345678n)).toBe('adrp x1, 0x12345000');
    expect(disassemble(0xffffffff, 0n)).toBe('.inst 0xffffffff');
  });
});
