/** Translated code of one vCPU: instances of modules, slots of the table, and the entries that lead there. */
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import type { TranslatedRegion } from '../../jit/region/translator.js';
import { REGION_SLOTS } from '../../jit/wasm/region-state.js';
import { CODE_PAGE_BYTES, COVERAGE_OFFSET, ENTRY_OFFSET, HEAT_OFFSET, type MemoryLayout } from '../layout/memory-layout.js';
import type { CodeStore } from './code-store.js';

/** A module of translated regions with the pages that they belong to. */
export interface InstallableModule {
  readonly module: WebAssembly.Module;
  readonly regions: readonly (TranslatedRegion & { readonly ramPage: number })[];
}

export interface RegionCounters {
  modules: number;
  regions: number;
  instructions: number;
  /** Not installed: the code had changed meanwhile. */
  stale: number;
}

export class RegionStore {
  /** What core.wasm imports as `env.regions`. */
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024, maximum: REGION_SLOTS });
  readonly counters: RegionCounters = { modules: 0, regions: 0, instructions: 0, stale: 0 };
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  private readonly map: Int32Array;
  private next = 0;

  /**
   * @param core exports of core.wasm that regions call
   */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
    private readonly code: CodeStore,
    private readonly core: () => WebAssembly.ModuleImports,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
  }

  /** Makes the regions of a module callable, those whose code is still what was translated. */
  install({ module, regions }: InstallableModule): void {
    const base = this.next;
    const end = base + regions.length;
    if (end > REGION_SLOTS) return;
    if (end > this.table.length) this.table.grow(Math.min(REGION_SLOTS, 2 * end) - this.table.length);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory }, core: this.core() });
    regions.forEach(({ name }, i) => this.table.set(base + i, instance.exports[name] as () => bigint));
    this.next = end;
    this.counters.modules++;
    regions.forEach((region, i) => this.publish(region, region.ramPage, base + i));
  }

  private publish(region: TranslatedRegion, ramPage: number, slot: number): void {
    const { words, halves, layout } = this;
    const page = this.map[ramPage];
    const bytes = (layout.ram + ramPage * 4096) >> 2;
    if (page === 0 || region.places.some((place, i) => words[bytes + place] !== region.words[i])) {
      this.counters.stale++;
      return;
    }
    const start = layout.codePages + (page - 1) * CODE_PAGE_BYTES;
    const record = start + region.entry * 4;
    if ((words[record >> 2] & 0xffff) === PseudoOperation.Decode) this.code.decode(record);
    const operation = words[record >> 2] & 0xffff;
    if (operation === PseudoOperation.EnterRegion) return;
    for (const place of region.places) Atomics.or(words, ((start + COVERAGE_OFFSET) >> 2) + (place >> 5), 1 << (place & 31));
    words[((record >> 2) + ENTRY_OFFSET) >> 2] = operation | (slot << 16);
    halves[record >> 1] = PseudoOperation.EnterRegion;
    this.counters.regions++;
    this.counters.instructions += region.places.length;
  }

  /** No translation of what starts at the record is asked for again for a long time. */
  static cool(words: Int32Array, record: number): void {
    words[((record >> 2) + HEAT_OFFSET) >> 2] = 0x7fffffff;
  }
}
