/**
 * Translated code of one thread: instances of modules, slots of the table, and the entries that lead there.
 *
 * Several threads get the same modules in the same order, so all of them give a region the same slot. The first that has a module
 * makes its regions enterable; the others find stubs in the slots (region-stubs.ts). When the slots are used up a new *epoch*
 * begins: while all stand still one of them drops all decoded code, and each one forgets its slots before it goes on. A thread that
 * begins later goes through all epochs that there have been.
 */
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import { COPIED, holdsCode, wordOf } from '../../jit/region/region-source.js';
import { bitsOf } from '../../jit/region/register-set.js';
import type { TranslatedRegion } from '../../jit/region/translator.js';
import { REGION_SLOTS } from '../../jit/wasm/region-slots.js';
import {
  CODE_PAGE_BYTES, COVERAGE_OFFSET, ENTRY_OFFSET, HeaderLayout, HEAT_OFFSET, OWN_COVERAGE_OFFSET, type MemoryLayout,
} from '../layout/memory-layout.js';
import { HEAT_AFTER_DROP } from './code-invalidation.js';
import { noRegions } from './code-counters.js';
import type { CodeStore } from './code-store.js';

/** Translated regions with the pages that they belong to. */
export interface InstallableModule {
  /** What they are in; absent where an earlier one with the same number had it. */
  readonly module: WebAssembly.Module | undefined;
  /** Number of a module that further regions may be installed of. */
  readonly number?: number;
  readonly regions: readonly (TranslatedRegion & { readonly ramPage: number })[];
  /** How many of the regions an earlier run had translated. */
  readonly cached: number;
}

/** A region's place in a module that was taken. */
interface Owner {
  readonly module: InstallableModule;
  readonly base: number;
}

export class RegionStore {
  /** What core.wasm imports as `env.regions`. */
  readonly table: WebAssembly.Table;
  readonly counters = noRegions();
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  private readonly map: Int32Array;
  private readonly generation: number;
  private next = 0;
  /** State of the decoded code that the slots belong to. */
  private seen: number;
  /** With several vCPUs: modules taken that have no slots yet, how many have, and whose the slots are. */
  private readonly queue: InstallableModule[] = [];
  private taken = 0;
  private stubs: WebAssembly.Module | undefined;
  private epoch = 0;
  private readonly owners: (Owner | undefined)[] = [];
  /** Modules that further regions may be installed of, and what was made of them, by number. */
  private readonly modules: (WebAssembly.Module | undefined)[] = [];
  private readonly exports: (WebAssembly.Exports | undefined)[] = [];
  private readonly published: number;
  private readonly epochWord: number;

  /**
   * @param core exports of core.wasm that regions call
   * @param slots regions kept at once
   */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
    /** Of the vCPU that is being run. */
    private readonly code: () => CodeStore,
    private readonly core: () => WebAssembly.ModuleImports,
    private readonly slots = REGION_SLOTS,
    /** With several vCPUs: what the translator has finished. */
    private readonly finished?: (() => readonly InstallableModule[]) | undefined,
  ) {
    const initial = finished === undefined ? 1024 : REGION_SLOTS;
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial, maximum: REGION_SLOTS });
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
    this.generation = (layout.header + HeaderLayout.offset.codeGeneration) >> 2;
    this.seen = this.words[this.generation];
    this.published = (layout.header + HeaderLayout.offset.modulesPublished) >> 2;
    this.epochWord = (layout.header + HeaderLayout.offset.regionEpoch) >> 2;
  }

  /** With several vCPUs: puts stubs into all slots. @param stubs of region-stubs.ts */
  prepare(stubs: WebAssembly.Module): void {
    this.stubs = stubs;
    this.fillWithStubs();
  }

  private fillWithStubs(): void {
    if (this.stubs === undefined) return;
    const install = (slot: number): void => this.installSlot(slot);
    new WebAssembly.Instance(this.stubs, { env: { regions: this.table, install }, core: this.core() });
  }

  /** Takes what is finished. No region may be running. */
  takeFinished(): void {
    this.queue.push(...this.finished!());
    this.catchUp();
    while (this.queue.length > 0) {
      this.beginEpoch();
      this.catchUp();
    }
  }

  /** A vCPU of another thread has dropped all decoded code. Regions that are running are left before any other is entered. */
  codeDropped(): void {
    if (this.finished === undefined || this.words[this.epochWord] === this.epoch) return;
    this.queue.push(...this.finished());
    this.catchUp();
  }

  /** Gets to where the others are. */
  private catchUp(): void {
    this.settle();
    for (; this.epoch !== this.words[this.epochWord]; this.settle()) this.newEpoch();
  }

  private beginEpoch(): void {
    const { words, epochWord } = this;
    const wanted = this.epoch + 1;
    // another vCPU may be faster
    this.code().dropAll(() => {
      if (words[epochWord] >= wanted) return false;
      words[epochWord] = wanted;
      this.newEpoch();
      this.counters.drops++;
      return true;
    });
  }

  private newEpoch(): void {
    this.epoch++;
    this.owners.length = 0;
    this.next = 0;
    this.fillWithStubs();
  }

  /** Gives slots to the modules that were taken, in order, while there are any. */
  private settle(): void {
    const { queue, words, published, owners } = this;
    for (let module = queue[0]; module !== undefined; module = queue[0]) {
      const { regions } = module;
      if (this.next + regions.length > this.slots) return;
      queue.shift();
      this.noteModule(module);
      const base = this.next;
      this.next += regions.length;
      regions.forEach((_, i) => (owners[base + i] = { module, base }));
      const number = this.taken++;
      if (words[published] > number) continue;
      this.code().lock.locked(() => {
        if (words[published] > number) return;
        this.countModule(module);
        regions.forEach((region, i) => this.publish(region, region.ramPage, base + i));
        words[published] = number + 1;
      });
    }
  }

  /** A stub was called. */
  private installSlot(slot: number): void {
    if (this.owners[slot] === undefined) {
      this.queue.push(...this.finished!());
      this.settle();
    }
    const { module, base } = this.owners[slot]!;
    this.instantiate(module, base);
  }

  private instantiate({ module, number, regions }: InstallableModule, base: number): void {
    const exports = number === undefined ? this.exportsOf(module!) : (this.exports[number] ??= this.exportsOf(this.modules[number]!));
    regions.forEach(({ name }, i) => this.table.set(base + i, exports[name] as () => bigint));
  }
  private exportsOf(module: WebAssembly.Module): WebAssembly.Exports {
    return new WebAssembly.Instance(module, { env: { memory: this.memory }, core: this.core() }).exports;
  }
  private countModule({ module, number, cached }: InstallableModule): void {
    const { counters } = this;
    if (module !== undefined) counters.modules++;
    counters.cached += cached;
    if (number !== undefined) counters.ready += cached;
  }
  private noteModule({ module, number }: InstallableModule): void {
    if (module !== undefined && number !== undefined) this.modules[number] = module;
  }

  /**
   * Makes the regions of a module callable, those whose code is still what was translated. When the slots are used up, all
   * decoded and translated code is dropped first; what is still hot comes back. No region may be running.
   */
  install(installable: InstallableModule): void {
    const { regions } = installable;
    this.noteModule(installable);
    if (this.next + regions.length > this.slots) {
      this.code().dropAll();
      this.counters.drops++;
    }
    if (this.seen !== this.words[this.generation]) this.forget();
    const base = this.next;
    this.next += regions.length;
    if (this.next > this.table.length) this.table.grow(Math.min(REGION_SLOTS, 2 * this.next) - this.table.length);
    this.instantiate(installable, base);
    this.countModule(installable);
    this.code().lock.locked(() => regions.forEach((region, i) => this.publish(region, region.ramPage, base + i)));
  }

  /** Decoded code was dropped, and with it whatever led to the slots. */
  private forget(): void {
    for (let slot = 0; slot < this.next; slot++) this.table.set(slot, null);
    this.next = 0;
    this.seen = this.words[this.generation];
  }

  /** Notes the places of a region. @param bits index of the first word of the page's */
  private cover({ places }: TranslatedRegion, bits: number): void {
    const { words } = this;
    const own = bits + ((OWN_COVERAGE_OFFSET - COVERAGE_OFFSET) >> 2);
    for (let i = 0; i < places.length;) {
      const word = wordOf(places[i]) >> 5;
      let all = 0;
      let uncopied = 0;
      for (; i < places.length && wordOf(places[i]) >> 5 === word; i++) {
        const bit = 1 << (places[i] & 31);
        all |= bit;
        if ((places[i] & COPIED) === 0) uncopied |= bit;
      }
      this.counters.covered += bitsOf(all & ~Atomics.or(words, bits + word, all));
      Atomics.or(words, own + word, uncopied);
    }
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
    if (!holdsCode(region, words.subarray(bytes, bytes + 1024))) {
      this.counters.stale++;
      words[((record >> 2) + HEAT_OFFSET) >> 2] = HEAT_AFTER_DROP;
      return;
    }
    // what is behind it may never be interpreted
    if ((words[record >> 2] & 0xffff) === PseudoOperation.Decode) this.code().decodeLocked(record, 1);
    const operation = words[record >> 2] & 0xffff;
    if (operation === PseudoOperation.EnterRegion) return;
    this.cover(region, (start + COVERAGE_OFFSET) >> 2);
    words[((record >> 2) + ENTRY_OFFSET) >> 2] = operation | (slot << 16);
    Atomics.store(halves, record >> 1, PseudoOperation.EnterRegion);
    // nobody asks for it again
    const heat = ((record >> 2) + HEAT_OFFSET) >> 2;
    words[heat] = Math.min(words[heat], 0);
    this.counters.regions++;
    this.counters.instructions += region.places.length;
    this.counters.loads += region.moves?.loads ?? 0;
    this.counters.stores += region.moves?.stores ?? 0;
    const size = 31 - Math.clz32(region.places.length);
    for (let n = this.counters.sizes.length; n <= size; n++) this.counters.sizes.push(0);
    this.counters.sizes[size]++;
  }
}
