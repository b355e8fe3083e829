/** Records kept by instruction word: core.wasm decodes with them as TypeScript does, and the next run has them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { compileModule } from '../../../jit/interpreter/compile.js';
import { CORE_WASM, type CoreExports, type CoreImports } from '../../../jit/interpreter/core.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { REGION_SLOTS } from '../../../jit/wasm/region-slots.js';
import { CodeStore } from '../../../runtime/code/code-store.js';
import { RecordMemoFile } from '../../../runtime/code/record-memo-file.js';
import { RecordMemo } from '../../../runtime/code/record-memo.js';
import { memoryLayout, RECORD_MEMO, RECORD_MEMO_BYTES } from '../../../runtime/layout/memory-layout.js';

const PAGES = 16;
const layout = memoryLayout(1, PAGES * 4096);
const newMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const writer = new RecordWriter({ hasFeature: (name) => name !== 'FEAT_SVE' });

let random = 1;
const next = (below: number): number => {
  random = (Math.imul(random, 0x41c64e6d) + 12345) | 0;
  return ((random >>> 8) ^ (random >>> 20)) % below;
};
const COMMON = [0xd503201f, 0xaa0103e0, 0xf9400020, 0xa9bf7bfd, 0x54000040, 0x54fffff1, 0xb4000060, 0x35ffffc1, 0xeb00003f, 0x91000400];

/** A page of instructions, with many that occur again and some of everything. */
function fill(words: Int32Array, page: number): void {
  for (let i = 0; i < 1024; i++) {
    const kind = next(8);
    const encoding = encodings[next(encodings.length)];
    const free = (next(1 << 16) | (next(1 << 16) << 16)) & ~encoding.mask;
    words[(layout.ram >> 2) + page * 1024 + i] = kind < 6 ? COMMON[next(COMMON.length)] : encoding.value | free;
  }
}

/** A memory with pages of code, what decodes them in TypeScript, and in core.wasm where that can. */
function machine(memo: boolean, memory = newMemory()): { words: Int32Array; store: CodeStore; core: CoreExports; asked: () => number } {
  const words = new Int32Array(memory.buffer);
  const nothing = (): number => 0;
  let asked = 0;
  const imports: CoreImports = {
    access: nothing, commit: nothing, exit: nothing, service: nothing, compute: () => undefined, fp: () => undefined,
    decode: (record) => {
      asked++;
      store.decode(record);
    },
  };
  const regions = new WebAssembly.Table({ element: 'anyfunc', initial: REGION_SLOTS, maximum: REGION_SLOTS });
  const env = { memory, regions, ...imports };
  const core = new WebAssembly.Instance(compileModule(readFileSync(CORE_WASM)), { env }).exports as unknown as CoreExports;
  const store = new CodeStore(
    memory, layout, writer, () => undefined, true, 0, true, undefined, memo ? new RecordMemo(memory) : undefined,
  );
  return { words, store, core, asked: () => asked };
}

/** Every record of every page, in no order: a run ends earlier in core.wasm, where it meets a word that is not known. */
const PLACES = Array.from({ length: PAGES * 1024 }, (_, i) => ({ page: i >> 10, index: i & 1023, order: next(1 << 16) }))
  .sort((a, b) => a.order - b.order);

describe('records kept by instruction word', () => {
  const plain = machine(false);
  const keeping = machine(true);

  beforeEach(() => {
    random = 7;
  });

  it('are what TypeScript makes of the words, fused, wherever decoding begins', () => {
    for (let page = 0; page < PAGES; page++) fill(plain.words, page);
    keeping.words.set(plain.words.subarray(layout.ram >> 2, (layout.ram >> 2) + PAGES * 1024), layout.ram >> 2);
    for (let round = 0; round < 2; round++) {
      for (const { page, index } of PLACES) {
        const record = plain.store.recordsFor(page) + index * 16;
        expect(keeping.store.recordsFor(page) + index * 16).toBe(record);
        plain.store.decode(record);
        keeping.core.decode(record);
      }
      const end = (layout.codePages >> 2) + PAGES * 1036 * 4;
      // in one go: a million comparisons by expect take long
      const differs = plain.words.subarray(layout.codePages >> 2, end).findIndex(
        (word, i) => word !== keeping.words[(layout.codePages >> 2) + i],
      );
      expect(differs).toBe(-1);
      for (const one of [plain, keeping]) for (let page = 0; page < PAGES; page++) one.store.invalidate(page * 4096, 4096);
    }
  });

  it('need no TypeScript the second time', () => {
    const { words, store, core, asked } = keeping;
    words.set([0xd503201f, 0x14000001, 0xd65f03c0], layout.ram >> 2);
    const record = store.recordsFor(0);
    store.decode(record);
    store.invalidate(0, 4096);
    const before = asked();
    core.decode(record);
    expect(asked()).toBe(before);
    expect([0, 4].map((i) => words[(record >> 2) + i] & 0xffff)).not.toContain(PseudoOperation.Decode);
    expect(words[(record >> 2) + 8] & 0xffff).toBe(PseudoOperation.Decode);
  });

  it('are left to TypeScript while another thread has the lock', () => {
    const { words, store, core, asked } = keeping;
    const record = store.recordsFor(0);
    store.decode(record);
    store.invalidate(0, 4096);
    const before = asked();
    expect(() => store.lock.locked(() => {
      // what is asked waits for the lock; here it shows that it was asked
      store.decode = () => {
        throw new Error('asked');
      };
      core.decode(record);
    })).toThrow('asked');
    Reflect.deleteProperty(store, 'decode');
    expect(asked()).toBe(before + 1);
    expect(words[record >> 2] & 0xffff).toBe(PseudoOperation.Decode);
    core.decode(record);
    expect(words[record >> 2] & 0xffff).not.toBe(PseudoOperation.Decode);
    expect(asked()).toBe(before + 1);
  });
});

describe('the file of records', () => {
  const run = (folder: string, identity: string, add: number): { memory: WebAssembly.Memory; file: RecordMemoFile } => {
    const memory = newMemory();
    const file = new RecordMemoFile(folder, identity, memory);
    const memo = new RecordMemo(memory);
    const words = new Int32Array(memory.buffer);
    const at = layout.codePages >> 2;
    for (let i = 0; i < add; i++) {
      words.set([4 + i, i, -i, 1], at);
      memo.keep(i, 0, at, i % 2 === 0);
    }
    return { memory, file };
  };
  const image = (memory: WebAssembly.Memory): Buffer => Buffer.from(memory.buffer, RECORD_MEMO.start, RECORD_MEMO_BYTES);
  let folder: string;
  const inFolder = (test: () => void) => (): void => {
    folder = mkdtempSync(join(tmpdir(), 'ulna-records-'));
    try {
      test();
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const path = (): string => join(folder, readdirSync(folder)[0]);

  it('has what a run added for the next one with the same identity', inFolder(() => {
    const first = run(folder, 'a57', 1000);
    first.file.save();
    const second = run(folder, 'a57', 0);
    expect(image(second.memory).equals(image(first.memory))).toBe(true);
    expect(image(run(folder, 'max', 0).memory).some((byte) => byte !== 0)).toBe(false);
  }));

  it('is not written for a few', inFolder(() => {
    run(folder, 'a57', 1000).file.save();
    const written = readFileSync(path());
    run(folder, 'a57', 10).file.save();
    expect(readFileSync(path()).equals(written)).toBe(true);
  }));

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['of one bit changed', (bytes: Buffer) => Buffer.from(bytes).fill(bytes[100_000] ^ 1, 100_000, 100_001)],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(8)])],
  ])('is dropped when it is %s', (_name, change) => inFolder(() => {
    run(folder, 'a57', 1000).file.save();
    writeFileSync(path(), change(readFileSync(path())));
    const next = run(folder, 'a57', 0);
    expect(next.file.dropped).toBeGreaterThan(0);
    expect(image(next.memory).some((byte) => byte !== 0)).toBe(false);
    expect(run(folder, 'a57', 0).file.dropped).toBe(0);
  })());
});
