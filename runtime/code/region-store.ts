/** Translated code of one vCPU: instances of modules, slots of the table, and the entries that lead there. */
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import type { TranslatedRegion } from '../../jit/region/translator.js';
import { REGION_SLOTS } from '../../jit/wasm/region-state.js';
import {
  CODE_PAGE_BYTES, COVERAGE_OFFSET, ENTRY_OFFSET, HeaderLayout, HEAT_OFFSET, type MemoryLayout,
} from '../layout/memory-layout.js';
import { HEAT_AFTER_DROP } from './code-invalidation.js';
import type { CodeStore } from './code-store.js';

/** A module of translated regions with the pages that they belong to. */
export interface InstallableModule {
  readonly module: WebAssembly.Module;
  readonly regions: readonly (TranslatedRegion & { readonly ramPage: number })[];
  /** How many of the regions an earlier run had translated. */
  readonly cached: number;
}

export interface RegionCounters {
  modules: number;
  regions: number;
  instructions: number;
  /** Of those, such as no region had covered before. */
  covered: number;
  /** Regions that came from the translation cache. */
  cached: number;
  /** Not installed: the code had changed meanwhile. */
  stale: number;
  /** How often all code was dropped for want of slots. */
  drops: number;
  /** Regions by size: element n counts those of 2^n up to 2^(n+1) - 1 instructions. */
  sizes: number[];
}

export const noRegions = (): RegionCounters => ({
  modules: 0, regions: 0, instructions: 0, covered: 0, cached: 0, stale: 0, drops: 0, sizes: [],
});

export class RegionStore {
  /** What core.wasm imports as `env.regions`. */
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024, maximum: REGION_SLOTS });
  readonly counters = noRegions();
  private readonly layout: MemoryLayout;
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  private readonly map: Int32Array;
  private readonly generation: number;
  private next = 0;
  /** State of the decoded code that the slots belong to. */
  private seen: number;

  /**
   * @param core exports of core.wasm that regions call
   * @param slots regions kept at once
   */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly code: CodeStore,
    private readonly core: () => WebAssembly.ModuleImports,
    private readonly slots = REGION_SLOTS,
  ) {
    const { layout } = code;
    this.layout = layout;
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
    this.generation = (layout.header + HeaderLayout.offset.codeGeneration) >> 2;
    this.seen = this.words[this.generation];
  }

  /**
   * Makes the regions of a module callable, those whose code is still what was translated. When the slots are used up, all
   * decoded and translated code is dropped first; what is still hot comes back. No region may be running.
   */
  install({ module, regions, cached }: InstallableModule): void {
    if (this.next + regions.length > this.slots) {
      this.code.dropAll();
      this.counters.drops++;
    }
    if (this.seen !== this.words[this.generation]) this.forget();
    const base = this.next;
    this.next += regions.length;
    if (this.next > this.table.length) this.table.grow(Math.min(REGION_SLOTS, 2 * this.next) - this.table.length);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory }, core: this.core() });
    regions.forEach(({ name }, i) => this.table.set(base + i, instance.exports[name] as () => bigint));
    this.counters.modules++;
    this.counters.cached += cached;
    regions.forEach((region, i) => this.publish(region, region.ramPage, base + i));
  }

  /** Decoded code was dropped, and with it whatever led to the slots. */
  private forget(): void {
    for (let slot = 0; slot < this.next; slot++) this.table.set(slot, null);
    this.next = 0;
    this.seen = this.words[this.generation];
  }

  private publish(region: TranslatedRegion, ramPage: number, slot: number): void {
    const { words, halves, layout } = this;
    const page = this.map[ramPage];
    if (page === 0) {
      this.counters.stale++;
      return;
    }
    const bytes = (layout.ram + ramPage * 4096) >> 2;
    const start = layout.codePages + (page - 1) * CODE_PAGE_BYTES;
    const record = start + region.entry * 4;
    if (region.places.some((place, i) => words[bytes + place] !== region.words[i])) {
      this.counters.stale++;
      words[((record >> 2) + HEAT_OFFSET) >> 2] = HEAT_AFTER_DROP;
      return;
    }
    if ((words[record >> 2] & 0xffff) === PseudoOperation.Decode) this.code.decode(record);
    const operation = words[record >> 2] & 0xffff;
    if (operation === PseudoOperation.EnterRegion) return;
    for (const place of region.places) {
      const bit = 1 << (place & 31);
      if ((Atomics.or(words, ((start + COVERAGE_OFFSET) >> 2) + (place >> 5), bit) & bit) === 0) this.counters.covered++;
    }
    words[((record >> 2) + ENTRY_OFFSET) >> 2] = operation | (slot << 16);
    halves[record >> 1] = PseudoOperation.EnterRegion;
    this.counters.regions++;
    this.counters.instructions += region.places.length;
    const size = 31 - Math.clz32(region.places.length);
    for (let n = this.counters.sizes.length; n <= size; n++) this.counters.sizes.push(0);
    this.counters.sizes[size]++;
  }
}
