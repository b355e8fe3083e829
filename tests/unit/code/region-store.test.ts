/** Slots of translated regions: installed where the code is what was translated, all given back when they are used up. */
import { beforeEach, describe, expect, it } from 'vitest';
import { COPIED } from '../../../jit/region/region-source.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { CodeStore } from '../../../runtime/code/code-store.js';
import { HEAT_AFTER_DROP } from '../../../runtime/code/code-invalidation.js';
import { RegionStore, type InstallableModule } from '../../../runtime/code/region-store.js';
import { COVERAGE_OFFSET, ENTRY_OFFSET, HEAT_OFFSET, memoryLayout, OWN_COVERAGE_OFFSET } from '../../../runtime/layout/memory-layout.js';

const NOP = 0xd503201f | 0;
const SLOTS = 4;
const layout = memoryLayout(1, 1 << 20);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
/** (module (func (export "r") (result i64) (i64.const 0))) */
const module = new WebAssembly.Module(Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7e, 3, 2, 1, 0, 7, 5, 1, 1, 0x72, 0, 0, 10, 6, 1, 4, 0, 0x42, 0, 0x0b,
));

describe('RegionStore', () => {
  let code: CodeStore;
  let regions: RegionStore;
  let records: number;
  const recordAt = (entry: number): number => code.recordsFor(0) + entry * 4;
  const region = (entry: number, word = NOP): InstallableModule => ({
    module, cached: 0,
    regions: [{ name: 'r', entry, places: Int32Array.of(entry >> 2), words: Int32Array.of(word), ramPage: 0 } as never],
  });
  const entered = (entry: number): boolean => (words[recordAt(entry) >> 2] & 0xffff) === PseudoOperation.EnterRegion;
  const slotAt = (entry: number): number => words[((recordAt(entry) >> 2) + ENTRY_OFFSET) >> 2] >>> 16;

  beforeEach(() => {
    words.fill(0, layout.codeMap >> 2);
    words.fill(0, 0, 64);
    words.fill(NOP, layout.ram >> 2, (layout.ram >> 2) + 1024);
    code = new CodeStore(memory, layout, new RecordWriter({ hasFeature: () => true }), () => undefined);
    regions = new RegionStore(memory, layout, () => code, () => ({}), SLOTS);
    records = code.recordsFor(0);
    code.decode(records);
  });

  it('leads to the slots in the order of installation', () => {
    regions.install(region(0));
    regions.install(region(8));
    expect([entered(0), entered(4), entered(8)]).toEqual([true, false, true]);
    expect([slotAt(0), slotAt(8)]).toEqual([0, 1]);
    expect(regions.table.get(1)).toBeTypeOf('function');
  });

  it('instantiates a module once that further regions come of', () => {
    regions.install({ ...region(0), number: 7 });
    regions.install({ ...region(8), module: undefined, number: 7 });
    expect([entered(0), entered(8)]).toEqual([true, true]);
    expect(regions.table.get(slotAt(8))).toBe(regions.table.get(slotAt(0)));
    regions.install({ ...region(16), module, number: 8 });
    expect(regions.table.get(slotAt(16))).not.toBe(regions.table.get(slotAt(0)));
  });

  it('has places that it leads to asked for no more, until their code is dropped', () => {
    const heat = (): number => words[((recordAt(4) >> 2) + HEAT_OFFSET) >> 2];
    expect(heat()).toBeGreaterThan(0);
    regions.install(region(4));
    expect(heat()).toBe(0);
    code.invalidate(4, 4);
    expect(heat()).toBe(HEAT_AFTER_DROP);
  });

  it('drops regions when code changes that is in them as a copy only, and asks for its own translation all the same', () => {
    const known = region(4);
    const copied = 40 | COPIED;
    Object.assign(known.regions[0], { places: Uint16Array.of(1, copied), words: Int32Array.of(NOP, NOP) });
    const bit = (place: number, offset: number): number =>
      (words[((code.recordsFor(0) + offset) >> 2) + (place >> 5)] >>> (place & 31)) & 1;
    regions.install(known);
    expect(entered(4)).toBe(true);
    expect([1, 40, 2].map((place) => bit(place, COVERAGE_OFFSET))).toEqual([1, 1, 0]);
    expect([1, 40, 2].map((place) => bit(place, OWN_COVERAGE_OFFSET))).toEqual([1, 0, 0]);
    code.invalidate(160, 4);
    expect(entered(4)).toBe(false);
    expect([1, 40].map((place) => [bit(place, COVERAGE_OFFSET), bit(place, OWN_COVERAGE_OFFSET)])).toEqual([[0, 0], [0, 0]]);
    words[(layout.ram >> 2) + 40] = 0;
    regions.install(known);
    expect(entered(4)).toBe(false);
  });

  it('leaves out what was translated from other code', () => {
    regions.install(region(0, 1));
    expect(entered(0)).toBe(false);
    expect(regions.counters).toMatchObject({ regions: 0, stale: 1 });
  });

  it('drops everything when the slots are used up, and starts again', () => {
    for (let i = 0; i < SLOTS; i++) regions.install(region(4 * i));
    expect(entered(12)).toBe(true);
    code.recordsFor(0);
    regions.install(region(16));
    expect(regions.counters.drops).toBe(1);
    expect(regions.table.get(SLOTS - 1)).toBeNull();
    code.decode(code.recordsFor(0));
    expect(entered(0)).toBe(false);
    regions.install(region(16));
    expect(entered(16)).toBe(true);
    expect(slotAt(16)).toBe(1);
  });

  it('is not led to from a page that became data, nor when that is code again', () => {
    regions.install(region(0));
    while (code.hasCode(0)) code.written(0, 64, 8);
    expect(words[records >> 2] & 0xffff).toBe(PseudoOperation.PageEnd);
    regions.install(region(8));
    expect(regions.counters).toMatchObject({ regions: 1, stale: 1 });
    code.decode(code.recordsFor(0));
    expect([entered(0), entered(8)]).toEqual([false, false]);
    regions.install(region(0));
    expect(entered(0)).toBe(true);
  });

  it('starts again when someone else dropped all code', () => {
    regions.install(region(0));
    code.dropAll();
    code.decode(code.recordsFor(0));
    regions.install(region(4));
    expect([entered(0), entered(4), slotAt(4)]).toEqual([false, true, 0]);
    expect(regions.counters.drops).toBe(0);
  });
});
