/** Machine code on disk: made for the next run, used for the same code only, and never when it is damaged. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileAtOnce, compileModule } from '../../../jit/interpreter/compile.js';
import { hasMachineCode, isOptimized, machineCodeOf, moduleWith } from '../../../jit/interpreter/machine-code.js';
import { Selector } from '../../../jit/interpreter/selector.js';
import { Describer } from '../../../jit/region/instruction.js';
import { translateRegion, wholePage, type Translation } from '../../../jit/region/translator.js';
import { coreStandIn } from '../../../jit/wasm/region-module.js';
import { MachineCodeCache, type KnownModule } from '../../../runtime/code/machine-code-cache.js';

const NOP = 0xd503201f | 0;
const RET = 0xd65f03c0 | 0;
const ADD = 0x91000400 | 0; // ADD X0, X0, #1
const FADD = 0x1e622820 | 0; // FADD D0, D1, D2: calls functions of core.wasm

const page = (): Int32Array => {
  const words = new Int32Array(1024).fill(NOP);
  for (let i = 0; i < 1000; i += 2) words.set([ADD + (i << 10), RET], i);
  words.set([FADD, ADD, RET], 1000);
  return words;
};
const describer = new Describer(new Selector({ hasFeature: () => true }));
const translationAt = (entry: number): Translation => translateRegion(describer, { page: wholePage(page()), entry });
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
const exportsOf = (module: WebAssembly.Module): WebAssembly.Exports => {
  const core = new WebAssembly.Instance(compileModule(coreStandIn()), { env: { memory } }).exports;
  return new WebAssembly.Instance(module, { env: { memory }, core }).exports;
};

describe('machine code of V8', () => {
  it('is there', () => {
    expect(hasMachineCode()).toBe(true);
  });
});

describe('the machine code cache', () => {
  let folder: string;
  const open = (identity = 'a57'): MachineCodeCache => new MachineCodeCache(folder, identity, memory);
  const file = (): string => join(folder, readdirSync(folder)[0]);
  /** A run that uses regions at these places, and has time for all. */
  const run = (entries: readonly number[], known = true): MachineCodeCache => {
    const cache = open();
    cache.use(entries.map(translationAt), known);
    while (cache.work(true)) continue;
    return cache;
  };

  beforeEach(() => {
    compileAtOnce();
    folder = mkdtempSync(join(tmpdir(), 'ulna-machine-code-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives in the next run optimized code of what was in use in this one', () => {
    expect(run([0, 16, 4000]).find(page(), 16)).toBeUndefined();
    const next = open();
    const known = next.find(page(), 16)!;
    expect(known.region).toEqual({ ...translationAt(16), code: undefined, moves: undefined, name: 'r1.10' });
    expect([...next.regionsOf(page())].map(({ region }) => region.entry)).toEqual([0, 16, 4000]);
    const exports = exportsOf(known.module.load()!);
    expect(Object.keys(exports)).toEqual(['r0.0', 'r1.10', 'r2.fa0']);
    expect(Object.values(exports).map((region) => isOptimized(region))).toEqual([true, true, true]);
  });

  it('gives nothing for other code, or another identity', () => {
    run([0]);
    const other = page();
    other[0] ^= 1 << 10;
    expect(open().find(other, 0)).toBeUndefined();
    expect(open().find(page(), 8)).toBeUndefined();
    expect(open('max').find(page(), 0)).toBeUndefined();
  });

  it('optimizes a region once, and modules of 64', () => {
    const entries = Array.from({ length: 100 }, (_, i) => 8 * i);
    run(entries);
    const size = readFileSync(file()).length;
    run(entries);
    expect(readFileSync(file()).length).toBe(size);
    const modules = new Map<KnownModule, number>();
    for (const { module } of open().regionsOf(page())) modules.set(module, (modules.get(module) ?? 0) + 1);
    expect([...modules.values()]).toEqual([64, 36]);
  });

  it('begins with what is known to come again, and takes the rest when there is time', () => {
    const cache = open();
    cache.use([translationAt(0)], false);
    cache.use([translationAt(16)], true);
    expect(cache.work(false)).toBe(true);
    expect(cache.work(false)).toBe(false);
    expect([...open().regionsOf(page())].map(({ region }) => region.entry)).toEqual([16]);
    expect(cache.work(true)).toBe(true);
    expect(cache.work(true)).toBe(false);
    expect([...open().regionsOf(page())].map(({ region }) => region.entry)).toEqual([0, 16]);
  });

  it('makes a module anew whose body is damaged', () => {
    run([0]);
    run([16]);
    const bytes = readFileSync(file());
    bytes[bytes.length - 20] ^= 1;
    writeFileSync(file(), bytes);
    const cache = open();
    expect(cache.dropped).toBe(0);
    expect(cache.load(cache.find(page(), 0)!.module)).toBeDefined();
    const { module } = cache.find(page(), 16)!;
    expect(cache.load(module)).toBeUndefined();
    expect(cache.load(module)).toBeUndefined();
    expect(cache.find(page(), 16)).toBeUndefined();
    cache.use([0, 16].map(translationAt), true);
    while (cache.work(true)) continue;
    const next = open();
    expect(next.load(next.find(page(), 16)!.module)).toBeUndefined();
    expect(next.load(next.find(page(), 16)!.module)).toBeDefined();
    // there is another one
    next.use([translationAt(16)], true);
    expect(next.work(true)).toBe(false);
  });

  it('takes and gives nothing where others may write', () => {
    run([0]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    chmodSync(file(), 0o660);
    const size = readFileSync(file()).length;
    expect(open().find(page(), 0)).toBeUndefined();
    run([16]);
    expect(readFileSync(file()).length).toBe(size);
    chmodSync(file(), 0o600);
    expect(open().find(page(), 0)).toBeDefined();
  });

  it.each([['cut off', 3], ['cut off before its body', 700]])('drops a record that is %s', (_, less) => {
    run([0]);
    const good = readFileSync(file()).length;
    run([16]);
    truncateSync(file(), Math.max(good + 10, readFileSync(file()).length - less));
    const cache = open();
    expect(cache.dropped).toBeGreaterThan(0);
    expect(cache.find(page(), 0)!.module.load()).toBeDefined();
    expect(cache.find(page(), 16)).toBeUndefined();
    expect(readFileSync(file()).length).toBe(good);
  });

  it('does without machine code of another V8', () => {
    run([0]);
    const module = open().find(page(), 0)!.module.load()!;
    const machineCode = machineCodeOf(module);
    const bytes = compiledBytes();
    expect(moduleWith(machineCode, bytes)).toBeDefined();
    // behind the magic number: the version
    machineCode[4] ^= 1;
    expect(moduleWith(machineCode, bytes)).toBeUndefined();
  });

  /** Of the module in the file's first record. */
  const compiledBytes = (): Uint8Array => {
    const bytes = readFileSync(file());
    const magic = bytes.indexOf(Uint8Array.of(0, 0x61, 0x73, 0x6d));
    const header = new Int32Array(Uint8Array.from(bytes.subarray(52, 52 + 28)).buffer);
    return bytes.subarray(magic, magic + header[4]);
  };

  it('does without a file that has gone meanwhile', () => {
    run([0]);
    const cache = open();
    rmSync(file());
    expect(cache.load(cache.find(page(), 0)!.module)).toBeUndefined();
  });

  it('keeps nothing where there is no room', () => {
    writeFileSync(join(folder, 'file'), '');
    const cache = new MachineCodeCache(join(folder, 'file', 'inside'), 'a57', memory);
    cache.use([translationAt(0)], true);
    while (cache.work(true)) continue;
    expect(cache.find(page(), 0)).toBeUndefined();
  });
});
