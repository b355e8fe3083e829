/** The translator's side: what comes out for pages that are decoded, and for places that have become hot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { Selector } from '../../../jit/interpreter/selector.js';
import { CodeStore } from '../../../runtime/code/code-store.js';
import type { InstallableModule } from '../../../runtime/code/region-store.js';
import { ThreadedTranslations } from '../../../runtime/code/threaded-translations.js';
import { MachineCodeCache } from '../../../runtime/code/machine-code-cache.js';
import { TranslationCache } from '../../../runtime/code/translation-cache.js';
import { TranslationServer } from '../../../runtime/code/translation-server.js';
import { HOT } from '../../../runtime/code/translations.js';
import { HEAT_OFFSET, HeaderLayout, memoryLayout, OWN_COVERAGE_OFFSET } from '../../../runtime/layout/memory-layout.js';

const ADD = 0x91000400 | 0;
const RET = 0xd65f03c0 | 0;
const layout = memoryLayout(1, 1 << 20);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);

describe('TranslationServer', () => {
  let folder: string;
  let code: CodeStore;
  let port: MessagePort;
  let vcpu: ThreadedTranslations;

  const start = (machineCode?: MachineCodeCache): void => {
    const channel = new MessageChannel();
    port = channel.port1;
    vcpu = new ThreadedTranslations(memory, port);
    const model = { hasFeature: () => true };
    new TranslationServer(
      memory, layout, new Selector(model), HOT, [channel.port2], new Set(), { openCache: () => new TranslationCache(folder, 'test'), machineCode },
    );
  };
  /** The page's first branch target so often that it is asked for. */
  const becomeHot = (ramPage: number, offset: number, branches: number): void => {
    const record = code.recordsFor(ramPage) + offset * 4;
    code.decode(record);
    words[((record >> 2) + HEAT_OFFSET) >> 2] = -branches;
    vcpu.request(ramPage, offset);
  };
  const answer = async (): Promise<readonly InstallableModule[]> => {
    for (;;) {
      const modules = vcpu.finished();
      if (modules.length > 0) return modules;
      await new Promise(setImmediate);
    }
  };
  /** As the vCPU notes it for a region that it can enter. */
  const cover = (ramPage: number, offset: number): void => {
    words[((code.recordsFor(ramPage) + OWN_COVERAGE_OFFSET) >> 2) + (offset >> 7)] |= 1 << ((offset >> 2) & 31);
  };
  const heatOf = (ramPage: number, offset: number): number => ((code.recordsFor(ramPage) + offset * 4) >> 2) + HEAT_OFFSET >> 2;
  const places = (modules: readonly InstallableModule[]): [page: number, entry: number][] =>
    modules.flatMap(({ regions }) => regions.map(({ ramPage, entry }): [number, number] => [ramPage, entry]));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ulna-translations-'));
    words.fill(0, layout.codeMap >> 2, layout.ram >> 2);
    words.fill(0, 0, 64);
    for (let page = 0; page < 4; page++) {
      const at = (layout.ram + 4096 * page) >> 2;
      for (let i = 0; i < 1024; i += 2) words.set([ADD, RET], at + i);
    }
    code = new CodeStore(memory, layout, new RecordWriter({ hasFeature: () => true }), () => undefined, true, HOT);
    start();
  });
  afterEach(() => {
    port.close();
    rmSync(folder, { recursive: true });
  });

  it('translates places asked for, the most branched to first', async () => {
    becomeHot(0, 16, 5);
    becomeHot(1, 32, 70);
    becomeHot(0, 64, 900);
    const modules = await answer();
    expect(places(modules)).toEqual([[0, 64], [1, 32], [0, 16]]);
    expect(modules[0].cached).toBe(0);
    expect(vcpu.counters).toMatchObject({ requests: 3, answers: 3 });
  });

  it('leaves out what a region covers and nobody branches to any more', async () => {
    for (const offset of [64, 128]) cover(0, offset);
    becomeHot(0, 64, 0);
    becomeHot(0, 128, 3);
    becomeHot(0, 160, 0);
    // how often there were branches before there was the region says nothing
    expect(places(await answer())).toEqual([[0, 160]]);
    words[heatOf(0, 128)] -= 3;
    expect(places(await answer())).toEqual([[0, 128]]);
    expect(words[heatOf(0, 64)]).toBeGreaterThan(HOT / 2);
    becomeHot(0, 64, 1);
    const branches = setInterval(() => words[heatOf(0, 64)]--, 5);
    expect(places(await answer())).toEqual([[0, 64]]);
    clearInterval(branches);
  });

  it('sees what a region on its way makes of a place before that is translated again', async () => {
    // the region at 16 has 20
    becomeHot(0, 16, 50);
    becomeHot(0, 20, 40);
    expect(places(await answer())).toEqual([[0, 16]]);
    cover(0, 16);
    cover(0, 20);
    const branches = setInterval(() => words[heatOf(0, 20)]--, 5);
    expect(places(await answer())).toEqual([[0, 20]]);
    clearInterval(branches);
  });

  it('translates the loop that a place lies in from its start, the place itself where that is not enough', async () => {
    // 32: add; 36: subs; 40: b.ne 32; 44: ret
    words.set([ADD, 0xf1000400 | 0, 0x54ffffc1 | 0, RET], (layout.ram + 32) >> 2);
    for (const offset of [32, 36]) words[heatOf(0, offset)] = -1;
    becomeHot(0, 36, 40);
    expect(places(await answer())).toEqual([[0, 32]]);
    for (const offset of [32, 36, 40, 44]) cover(0, offset);
    const branches = setInterval(() => words[heatOf(0, 36)]--, 5);
    expect(places(await answer())).toEqual([[0, 36]]);
    clearInterval(branches);
  });

  it('does not wait for a region whose code has changed', async () => {
    becomeHot(0, 16, 50);
    expect(places(await answer())).toEqual([[0, 16]]);
    words[(layout.ram + 16) >> 2] = RET;
    // no time passes in which to give it up
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    becomeHot(0, 20, 40);
    expect(places(await answer())).toEqual([[0, 20]]);
    clock.mockRestore();
  });

  it('translates a place whose region never came', async () => {
    becomeHot(0, 16, 50);
    becomeHot(0, 20, 40);
    expect(places(await answer())).toEqual([[0, 16]]);
    expect(places(await answer())).toEqual([[0, 20]]);
  });

  it('gives nothing for a page that is not code any more', async () => {
    becomeHot(0, 16, 5);
    words[layout.codeMap >> 2] = 0;
    becomeHot(1, 16, 5);
    expect(places(await answer())).toEqual([[1, 16]]);
  });

  it('has what earlier runs knew become hot soon, wherever it lies, and answers at once', async () => {
    becomeHot(0, 16, 5);
    becomeHot(0, 64, 5);
    expect(places(await answer())).toHaveLength(2);
    port.close();
    code.dropAll();
    start();
    const records = code.recordsFor(3);
    const heatAt = (offset: number): number => words[(((records + offset * 4) >> 2) + HEAT_OFFSET) >> 2];
    expect(heatAt(16)).toBe(HOT);
    expect(vcpu.finished()).toEqual([]);
    while (heatAt(16) === HOT) await new Promise(setImmediate);
    expect(heatAt(16)).toBeLessThan(HOT / 2);
    expect([0, 16, 20, 64].map(heatAt)).toEqual([HOT, heatAt(16), HOT, heatAt(16)]);
    becomeHot(3, 64, 0);
    becomeHot(3, 32, 0);
    const modules: InstallableModule[] = [];
    while (modules.length < 2) modules.push(...await answer());
    expect(modules.map((module) => [module.cached, ...places([module])])).toEqual([[1, [3, 64]], [0, [3, 32]]]);
    // messages are no larger than they need be
    for (const { regions } of modules) for (const { words: w } of regions) expect(w.buffer.byteLength).toBe(w.byteLength);
  });

  it('waits a little with what is known and part of a known region, and leaves it out if nobody branches to it any more', async () => {
    for (const offset of [68, 64, 20, 16]) {
      becomeHot(0, offset, 5);
      expect(places(await answer())).toEqual([[0, offset]]);
    }
    port.close();
    code.dropAll();
    start();
    // 20 and 68 are parts of the regions at 16 and 64
    for (const offset of [20, 16, 68, 64]) becomeHot(3, offset, 5);
    expect(places(await answer())).toEqual([[3, 16], [3, 64]]);
    words[heatOf(3, 68)] -= 20;
    expect(places(await answer())).toEqual([[3, 68]]);
    expect(words[heatOf(3, 20)]).toBe(HOT - 1);
  });

  it('does not wait to read what earlier runs translated when there is no machine code', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    start(new MachineCodeCache(folder, 'test', memory));
    becomeHot(0, 16, 5);
    expect(places(await answer())).toEqual([[0, 16]]);
    clock.mockRestore();
  });

  it('gives out what has machine code, what is long when its page is decoded, its module once', async () => {
    for (let page = 0; page < 4; page++) words.fill(ADD, ((layout.ram + 4096 * page) >> 2) + 4, ((layout.ram + 4096 * page) >> 2) + 15);
    start(new MachineCodeCache(folder, 'test', memory));
    // 12 instructions; the last 8 of them; 2
    for (const offset of [64, 32, 16]) {
      becomeHot(0, offset, 5);
      expect(places(await answer())).toEqual([[0, offset]]);
    }
    port.close();
    // fresh translations are optimized when nothing has been asked for some time
    const made = (): boolean => [...new MachineCodeCache(folder, 'test', memory).regionsOf(words.slice(layout.ram >> 2))].length === 3;
    while (!made()) await new Promise((resolve) => setTimeout(resolve, 50));
    code.dropAll();
    start(new MachineCodeCache(folder, 'test', memory));
    code.recordsFor(3);
    vcpu.finished();
    const [first] = await answer();
    expect(places([first])).toEqual([[3, 16]]);
    expect(first).toMatchObject({ number: 0, cached: 1 });
    expect(first.module).toBeInstanceOf(WebAssembly.Module);
    for (const offset of [16, 32, 64]) becomeHot(3, offset, 0);
    const [second] = await answer();
    // 16 is asked for although it was sent: nobody has made it enterable
    expect(places([second])).toEqual([[3, 16], [3, 32], [3, 64]]);
    expect(second).toMatchObject({ number: 0, module: undefined });
  });

  it('gives a vCPU no module that has not been sent to all of them', () => {
    const { port1, port2 } = new MessageChannel();
    const translations = new ThreadedTranslations(memory, port1);
    const sent = HeaderLayout.offset.translationsFinished >> 2;
    const module = (name: string): unknown => ({ name, cached: 0, regions: [] });
    translations.finished();
    port2.postMessage(module('a'));
    port2.postMessage(module('b'));
    Atomics.add(words, sent, 1);
    expect(translations.finished()).toMatchObject([{ name: 'a' }]);
    expect(translations.finished()).toEqual([]);
    Atomics.add(words, sent, 1);
    expect(translations.finished()).toMatchObject([{ name: 'b' }]);
    port1.close();
  });
});
