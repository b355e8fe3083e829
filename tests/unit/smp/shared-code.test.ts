/** Decoded and translated code of two vCPUs: who may use a page of records again, and how regions get into both tables. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { CodeStore } from '../../../runtime/code/code-store.js';
import { RegionStore, type InstallableModule } from '../../../runtime/code/region-store.js';
import { stubModule } from '../../../runtime/code/region-stubs.js';
import { CODE_PAGE_BYTES, HeaderLayout, memoryLayout } from '../../../runtime/layout/memory-layout.js';

const NOP = 0xd503201f | 0;
const SLOTS = 4;
const layout = memoryLayout(2, 1 << 20);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
const writer = new RecordWriter({ hasFeature: () => true });

function reset(): void {
  words.fill(0, layout.codeMap >> 2);
  words.fill(0, 0, HeaderLayout.size >> 2);
  words.fill(0, layout.codePages >> 2, (layout.codePages + 8 * CODE_PAGE_BYTES) >> 2);
  words.fill(NOP, layout.ram >> 2, (layout.ram >> 2) + 4096);
}

describe('CodeStore of one of several vCPUs', () => {
  let passed: number;
  let exclusive: number;
  const store = (): CodeStore => new CodeStore(memory, layout, writer, () => undefined, true, 0, true, {
    exclusively: (body) => {
      exclusive++;
      body();
    },
    passed: (stamp) => stamp <= passed,
  });
  /** Makes a page be given up. */
  const giveUp = (code: CodeStore, page: number): number => {
    const records = code.recordsFor(page);
    for (let n = 0; n < 1e5; n++) if (code.written(page, 0, 4) !== 0) return records;
    throw new Error('never given up');
  };

  beforeEach(() => {
    reset();
    [passed, exclusive] = [0, 0];
  });

  it('finds what the other has decoded', () => {
    const [a, b] = [store(), store()];
    const records = a.recordsFor(0);
    expect(b.recordsFor(0)).toBe(records);
    a.decode(records);
    const before = words.slice(records >> 2, (records >> 2) + 64);
    // bytes that changed without anybody being told: a record that is there stays
    words[layout.ram >> 2] = 0;
    b.decode(records);
    expect(words.slice(records >> 2, (records >> 2) + 64)).toEqual(before);
  });

  it('has a page watched once for all, until it is given up', () => {
    const [a, b] = [store(), store()];
    const records = a.recordsFor(0);
    expect(b.isWatched(records)).toBe(false);
    expect(a.watch(0, records)).toBe(true);
    expect(b.isWatched(records)).toBe(true);
    giveUp(a, 0);
    expect(b.watch(0, records)).toBe(false);
    a.recycle(records, 0);
    expect(b.recordsFor(1)).toBe(records);
    expect(b.isWatched(records)).toBe(false);
  });

  it('takes a page given up for another one when all have left it, first those given up first', () => {
    const [a, b] = [store(), store()];
    const first = giveUp(a, 0);
    const second = giveUp(b, 1);
    expect(a.recordsFor(2)).toBe(second + CODE_PAGE_BYTES);
    a.recycle(first, 1);
    b.recycle(second, 2);
    expect(b.recordsFor(3)).toBe(second + 2 * CODE_PAGE_BYTES);
    passed = 1;
    expect(a.recordsFor(4)).toBe(first);
    expect(a.recordsFor(5)).toBe(second + 3 * CODE_PAGE_BYTES);
    passed = 2;
    expect(b.recordsFor(6)).toBe(second);
    expect(b.recordsFor(7)).toBe(second + 4 * CODE_PAGE_BYTES);
  });

  it('gives nothing of a page back twice when both write to it', () => {
    const [a, b] = [store(), store()];
    giveUp(a, 0);
    expect(b.written(0, 0, 4)).toBe(0);
  });

  it('drops everything while the others stand still, unless that has become unnecessary', () => {
    const code = store();
    code.recordsFor(0);
    code.dropAll(() => false);
    expect([exclusive, code.hasCode(0)]).toEqual([1, true]);
    code.dropAll();
    expect([exclusive, code.hasCode(0)]).toEqual([2, false]);
  });
});

/** core.wasm's `enter` without the rest: (slot, vcpu, records, page, depth) goes on in the region. */
const coreBytes = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 18, 2, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7f, 1, 0x7e, 0x60, 5, 0x7f, 0x7f, 0x7f, 0x7e, 0x7f, 1, 0x7e,
  2, 17, 1, 3, 0x65, 0x6e, 0x76, 7, 0x72, 0x65, 0x67, 0x69, 0x6f, 0x6e, 0x73, 1, 0x70, 0, 1, 3, 2, 1, 1,
  7, 9, 1, 5, 0x65, 0x6e, 0x74, 0x65, 0x72, 0, 0, 10, 17, 1, 15, 0, 0x20, 1, 0x20, 2, 0x20, 3, 0x20, 4, 0x20, 0, 0x13, 0, 0, 0x0b,
);

describe('RegionStore of one of several vCPUs', () => {
  const stubs = stubModule(64);
  let code: CodeStore;
  /** What the translator has finished, and how far each vCPU has taken it. */
  let finished: InstallableModule[];
  let a: RegionStore;
  let b: RegionStore;
  /** What the other vCPUs are told when all code is dropped. */
  let dropped: () => void;

  const make = (): RegionStore => {
    let taken = 0;
    let core: WebAssembly.ModuleImports = {};
    const store = new RegionStore(memory, layout, () => code, () => core, SLOTS, () => finished.slice(taken, (taken = finished.length)));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(coreBytes), { env: { regions: store.table } });
    core = { ...instance.exports } as WebAssembly.ModuleImports;
    store.prepare(stubs);
    return store;
  };
  /** A region at each place, which gives the number that comes with it. */
  const module = (...regions: readonly (readonly [entry: number, gives: number])[]): InstallableModule => {
    const name = (i: number): string => `r${i}`;
    const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 1, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7f, 1, 0x7e];
    bytes.push(3, 1 + regions.length, regions.length, ...regions.map(() => 0));
    bytes.push(7, 1 + 5 * regions.length, regions.length, ...regions.flatMap((_, i) => [2, 0x72, 0x30 + i, 0, i]));
    bytes.push(10, 1 + 5 * regions.length, regions.length, ...regions.flatMap(([, gives]) => [4, 0, 0x42, gives, 0x0b]));
    return {
      module: new WebAssembly.Module(Uint8Array.from(bytes)), cached: 0,
      regions: regions.map(([entry], i) => ({
        name: name(i), entry, key: 0, ramPage: 0, places: Uint16Array.of(entry >> 2), words: Int32Array.of(NOP),
      })),
    };
  };
  const record = (entry: number): number => (code.recordsFor(0) + entry * 4) >> 2;
  const entered = (entry: number): boolean => (words[record(entry)] & 0xffff) === PseudoOperation.EnterRegion;
  const call = (store: RegionStore, n: number): unknown => (store.table.get(n) as (...p: unknown[]) => bigint)(0, 0, 0n, 0);

  beforeEach(() => {
    reset();
    dropped = () => undefined;
    code = new CodeStore(memory, layout, writer, () => dropped(), true, 0, true, {
      exclusively: (body) => body(), passed: () => true,
    });
    finished = [];
    a = make();
    b = make();
    code.decode(code.recordsFor(0));
  });

  it('is entered by one that has not looked yet: a stub fetches it', () => {
    finished.push(module([0, 10], [8, 11]), module([16, 12]));
    a.takeFinished();
    expect([entered(0), entered(4), entered(8), entered(16)]).toEqual([true, false, true, true]);
    expect([call(b, 2), call(b, 0), call(b, 1)]).toEqual([12n, 10n, 11n]);
    expect([call(a, 1), call(a, 1), call(a, 2)]).toEqual([11n, 11n, 12n]);
    // the stub is there no more
    expect(call(b, 2)).toBe(12n);
    expect([a.counters.modules, b.counters.modules]).toEqual([2, 0]);
  });

  it('is made enterable once', () => {
    finished.push(module([0, 10]));
    b.takeFinished();
    a.takeFinished();
    expect([a.counters.regions, b.counters.regions]).toEqual([0, 1]);
    finished.push(module([8, 11]));
    a.takeFinished();
    b.takeFinished();
    expect([a.counters.regions, b.counters.regions]).toEqual([1, 1]);
    expect([call(a, 0), call(b, 1)]).toEqual([10n, 11n]);
  });

  it('comes from a module that came before, on every vCPU', () => {
    finished.push({ ...module([0, 10]), number: 0 }, module([16, 12]), { ...module([8, 10]), module: undefined, number: 0 });
    a.takeFinished();
    b.takeFinished();
    expect([entered(0), entered(16), entered(8)]).toEqual([true, true, true]);
    expect([call(a, 2), call(b, 2), call(b, 1), call(b, 0)]).toEqual([10n, 10n, 12n, 10n]);
  });

  it('begins the slots anew for all at the same module', () => {
    dropped = () => b.codeDropped();
    finished.push(module([0, 10], [8, 11], [16, 12]));
    a.takeFinished();
    expect(call(b, 0)).toBe(10n);
    finished.push(module([24, 13], [32, 14]));
    a.takeFinished();
    // the code has been dropped, and with it what the module was made for
    expect([entered(0), entered(24), a.counters.stale + b.counters.stale]).toEqual([false, false, 2]);
    expect([a.counters.drops, b.counters.drops]).toEqual([1, 0]);
    finished.push(module([0, 15]));
    a.takeFinished();
    expect(entered(0)).toBe(true);
    expect([call(a, 0), call(b, 0)]).toEqual([13n, 13n]);
    expect([call(a, 2), call(b, 2)]).toEqual([15n, 15n]);
    b.takeFinished();
    expect(b.counters.drops).toBe(0);
  });

  it('gets to where the others are when it begins late, or was not told', () => {
    finished.push(module([0, 10], [8, 11], [16, 12]));
    a.takeFinished();
    for (const gives of [13, 14]) {
      finished.push(module([24, gives], [32, gives]));
      a.takeFinished();
      finished.push(module([40, gives], [48, gives], [56, gives]));
      a.takeFinished();
    }
    finished.push(module([0, 20]));
    a.takeFinished();
    expect(a.counters.drops).toBe(4);
    // one call with nothing new, as at the start of each turn
    b.takeFinished();
    expect(b.counters.drops).toBe(0);
    const slots = (store: RegionStore): unknown[] => [0, 1, 2, 3].map((n) => call(store, n));
    expect(slots(b)).toEqual(slots(a));
    expect(call(b, 3)).toBe(20n);
    const late = make();
    late.codeDropped();
    expect(slots(late)).toEqual(slots(a));
  });

  it('does not begin anew when only the code has been dropped', () => {
    finished.push(module([0, 10]));
    a.takeFinished();
    code.dropAll();
    b.codeDropped();
    finished.push(module([0, 11]));
    b.takeFinished();
    expect([entered(0), call(a, 1), call(b, 0)]).toEqual([false, 11n, 10n]);
  });
});
