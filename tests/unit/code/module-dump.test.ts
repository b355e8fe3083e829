import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from '@jridgewell/sourcemap-codec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Selector } from '../../../jit/interpreter/selector.js';
import { Describer } from '../../../jit/region/instruction.js';
import { moduleOf, translateRegion, wholePage } from '../../../jit/region/translator.js';
import { ModuleDump } from '../../../runtime/code/module-dump.js';
import { backingAddress } from '../../../src/machine/board-parameters.js';

const WORDS = [
  0x9b027c21, // mul x1, x1, x2
  0xca020021, // eor x1, x1, x2
  0xb4000041, // cbz x1, to the last
  0x9ac22821, // asr x1, x1, x2
  0xd65f03c0, // ret
];
/** WebAssembly Core, 5.4.7. */
const [I64_MUL, I64_XOR, I64_SHR_S] = [0x7e, 0x85, 0x87];

describe('modules as files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ulna-dump-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const describer = new Describer(new Selector({ hasFeature: () => true }));
  const page = new Int32Array(1024);
  page.set(WORDS.map((word) => word | 0), 4);
  const translations = [16, 20].map((entry) => translateRegion(describer, { page: wholePage(page), entry }, { marked: true }));
  const lines: string[] = [];
  const dump = (to: string): ModuleDump => new ModuleDump(to, (ramPage) => 0x4000_0000 + ramPage * 4096, (line) => void lines.push(line));

  it('have the code, what it was made from, and a map from the one to the other', () => {
    dump(join(folder, 'new')).write(moduleOf(translations), translations, [2, 3]);
    const file = (name: string): Buffer => readFileSync(join(folder, 'new', name));
    const wasm = file('00000.wasm');
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    expect(Buffer.from(WebAssembly.Module.customSections(module, 'sourceMappingURL')[0]).toString('latin1', 1)).toBe('00000.wasm.map');
    const source = file('00000.s').toString().split('\n');
    expect(source.slice(0, 3)).toEqual([
      '// r0.10: region at 40002010', '40002010: 9b027c21  mul x1, x1, x2', '40002014: ca020021  eor x1, x1, x2',
    ]);
    expect(source[6]).toBe('// r1.14: region at 40003014');
    const map = JSON.parse(file('00000.wasm.map').toString()) as { sources: string[]; mappings: string };
    expect(map.sources).toEqual(['00000.s']);
    const [segments] = decode(map.mappings) as [number, number, number, number][][];
    const codeOf = segments.map(([at, , line], i) => ({ text: source[line], bytes: [...wasm.subarray(at, segments[i + 1]?.[0])] }));
    expect(codeOf.map(({ text }) => text.slice(20, 23))).toEqual(['mul', 'eor', 'cbz', 'asr', 'ret', 'eor', 'cbz', 'asr', 'ret']);
    for (const { text, bytes } of codeOf) {
      // behind it comes the end of the function, and the next one's types
      if (text.includes('ret')) continue;
      expect([I64_MUL, I64_XOR, I64_SHR_S].filter((opcode) => bytes.includes(opcode))).toEqual(
        text.includes('mul') ? [I64_MUL] : text.includes('eor') ? [I64_XOR] : text.includes('asr') ? [I64_SHR_S] : [],
      );
    }
  });

  it('are numbered', () => {
    const to = dump(folder);
    for (let i = 0; i < 2; i++) to.write(moduleOf(translations), translations, [0, 0]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.wasm'))).toEqual(['00000.wasm', '00001.wasm']);
  });

  it('end with one line when they cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    const to = dump(join(folder, 'file', 'folder'));
    for (let i = 0; i < 2; i++) to.write(moduleOf(translations), translations, [0, 0]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ENOTDIR/);
  });
});

it('what backs RAM, flash and secure memory has its address', () => {
  const board = { ramBytes: 0x1000_0000 };
  expect([0, 0xfff_f000, 0x1000_0000, 0x1400_0000, 0x1800_0000].map((at) => backingAddress(board, at))).toEqual(
    [0x4000_0000, 0x4fff_f000, 0, 0x0400_0000, 0x0e00_0000],
  );
});
