/** Translations on disk: found by the code they stand for, and never trusted beyond their checksums. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Describer } from '../../../jit/region/instruction.js';
import { moduleOf, translateRegion, wholePage, type Translation } from '../../../jit/region/translator.js';
import { Selector } from '../../../jit/interpreter/selector.js';
import { TranslationCache } from '../../../runtime/code/translation-cache.js';

const NOP = 0xd503201f | 0;
const RET = 0xd65f03c0 | 0;
const ADD = 0x91000400 | 0; // ADD X0, X0, #1
const FADD = 0x1e622820 | 0; // FADD D0, D1, D2: calls functions of core.wasm
const RECURSE = 0x97fffffe | 0; // BL to two words before

const page = (): Int32Array => {
  const words = new Int32Array(1024).fill(NOP);
  words.set([ADD, FADD, RECURSE, RET], 4);
  words.set([ADD, RET], 1022);
  return words;
};
const describer = new Describer(new Selector({ hasFeature: () => true }));
const translationAt = (entry: number, words = page()): Translation => translateRegion(describer, { page: wholePage(words), entry });

describe('the translation cache', () => {
  let folder: string;
  const open = (identity = 'a57'): TranslationCache => new TranslationCache(folder, identity);
  const file = (): string => join(folder, readdirSync(folder)[0]);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ulna-translations-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives in the next run what was kept in this one, as code for a module', () => {
    const first = open();
    const made = [16, 4088].map((entry) => translationAt(entry));
    for (const translation of made) first.add(translation);
    const second = open();
    expect(second.dropped).toBe(0);
    const found = [16, 4088].map((entry) => second.find(page(), entry)!);
    expect(moduleOf(found)).toEqual(moduleOf(made.map(({ moves: _, ...translation }) => translation)));
    expect(WebAssembly.validate(moduleOf(found).bytes as Uint8Array<ArrayBuffer>)).toBe(true);
    expect(second.find(page(), 20)).toBeUndefined();
  });

  it('gives nothing for code that differs in any word, or stands elsewhere in its page', () => {
    const cache = open();
    cache.add(translationAt(16));
    for (const word of [4, 5, 6, 7]) {
      const other = page();
      other[word] ^= 1 << 20;
      expect(cache.find(other, 16)).toBeUndefined();
    }
    const moved = page();
    moved.copyWithin(8, 4, 8);
    expect(cache.find(moved, 32)).toBeUndefined();
    const same = page();
    same[900] = RET;
    expect(cache.find(same, 16)).toBeDefined();
  });

  it('keeps translators and CPUs apart', () => {
    open('a57').add(translationAt(16));
    expect(open('max').find(page(), 16)).toBeUndefined();
    expect(open('a57').find(page(), 16)).toBeDefined();
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, readFileSync(path).length - 3)],
    ['followed by something else', (path: string) => appendFileSync(path, 'something else that is no record')],
    ['damaged in its last record', (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 20] ^= 1;
      writeFileSync(path, bytes);
    }],
  ])('drops the rest of a file that is %s, and goes on behind what is right', (_, damage) => {
    open().add(translationAt(16));
    const good = readFileSync(file()).length;
    open().add(translationAt(4088));
    damage(file());
    const cache = open();
    expect(cache.dropped).toBeGreaterThan(0);
    expect(cache.find(page(), 16)).toBeDefined();
    cache.add(translationAt(4088));
    expect(readFileSync(file()).length).toBeGreaterThan(good);
    const next = open();
    expect(next.dropped).toBe(0);
    expect(next.find(page(), 4088)).toBeDefined();
  });

  it('begins a file anew whose header is not its own', () => {
    open().add(translationAt(16));
    writeFileSync(file(), 'not a cache at all, but long enough to look at: '.repeat(9));
    const cache = open();
    expect(cache.dropped).toBeGreaterThan(0);
    expect(cache.find(page(), 16)).toBeUndefined();
    cache.add(translationAt(16));
    expect(open().find(page(), 16)).toBeDefined();
  });

  it('removes what was not used for weeks, and the oldest of too much', () => {
    const old = (name: string, days: number, bytes: number): void => {
      const path = join(folder, `${name}.translations`);
      writeFileSync(path, '');
      truncateSync(path, bytes);
      const then = Date.now() / 1000 - days * 86400;
      utimesSync(path, then, then);
    };
    old('unused', 15, 0);
    old('large', 2, 300 << 20);
    old('larger', 1, 400 << 20);
    open();
    expect(readdirSync(folder).filter((name) => /^[ul]/.test(name))).toEqual(['larger.translations']);
  });

  it('says where known code may start', () => {
    const cache = open();
    for (const entry of [16, 4088]) cache.add(translationAt(entry));
    expect([...open().entries(page())]).toEqual([16, 4088]);
    const other = page();
    other[5] = NOP;
    expect([...cache.entries(other)]).toEqual([4088]);
  });

  it('makes the folders that its own lies in', () => {
    const deep = join(folder, 'home', '.cache', 'ulna');
    new TranslationCache(deep, 'a57');
    expect(readdirSync(deep)).toHaveLength(1);
  });

  it('does without a folder that cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    const cache = new TranslationCache(join(folder, 'file', 'inside'), 'a57');
    cache.add(translationAt(16));
    expect(cache.find(page(), 20)).toBeUndefined();
  });
});
