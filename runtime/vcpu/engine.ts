/** What executes a thread's instructions: an instance of core.wasm, and the translated code that it enters. The thread's vCPUs share it. */
import type { CoreExports, CoreImports } from '../../jit/interpreter/core.js';
import { CORE_HASH } from '../../jit/interpreter/core-hash.js';
import { RegionStore } from '../code/region-store.js';
import type { Translations } from '../code/translations.js';
import type { MemoryLayout } from '../layout/memory-layout.js';
import type { Vcpu } from './vcpu.js';

export interface EngineOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly core: WebAssembly.Module;
  /** Makes translated code; without it everything is interpreted. */
  readonly translations?: Translations | undefined;
  /** With several vCPUs, on whatever threads: the module of region-stubs.ts, if there are translations. */
  readonly stubs?: WebAssembly.Module | undefined;
  /** There are several vCPUs. */
  readonly several?: boolean;
}

export class Engine {
  readonly core: CoreExports;
  readonly regions: RegionStore;
  readonly translations: Translations | undefined;
  /** Whose instructions are executed. */
  vcpu!: Vcpu;
  private readonly regionImports: WebAssembly.ModuleImports;
  private readonly several: boolean;

  /** @throws Error when `core` belongs to another build */
  constructor({ memory, layout, core, translations, stubs, several = false }: EngineOptions) {
    this.translations = translations;
    this.several = several;
    const finished = several && translations !== undefined ? () => translations.finished() : undefined;
    this.regions = new RegionStore(memory, layout, () => this.vcpu.code, () => this.regionImports, undefined, finished);
    const imports: CoreImports & Record<string, unknown> = {
      access: (high: number, low: number, bytes: number, flags: number) => this.vcpu.access(high, low, bytes, flags),
      commit: () => {
        this.vcpu.mmu.commit();
        return 0;
      },
      exit: (reason: number) => this.vcpu.exit(reason),
      decode: (record: number) => this.vcpu.code.decode(record),
      service: (service: number, word: number) => this.vcpu.services.perform(service, word),
      compute: (id: number) => this.vcpu.services.compute(id),
      fp: (operation: number, d: number, n: number, m: number, a: number) => this.vcpu.fp.execute(operation, d, n, m, a),
      memory, regions: this.regions.table,
    };
    const instance = new WebAssembly.Instance(core, { env: imports as never });
    this.core = instance.exports as unknown as CoreExports;
    if (this.core.layoutHash() >>> 0 !== CORE_HASH) throw new Error('core.wasm belongs to another build');
    this.regionImports = { ...instance.exports, fp: imports.fp } as WebAssembly.ModuleImports;
    if (stubs !== undefined) this.regions.prepare(stubs);
  }

  /** Takes what the translator has finished. No region may be running. */
  installFinished(): void {
    const { translations } = this;
    if (translations === undefined) return;
    if (this.several) this.regions.takeFinished();
    else for (const module of translations.finished()) this.regions.install(module);
  }
}
