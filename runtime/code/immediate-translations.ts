/** Translates at once, on the thread that asks. */
import { compileModule } from '../../jit/interpreter/compile.js';
import { Describer } from '../../jit/region/instruction.js';
import type { Selector } from '../../jit/interpreter/selector.js';
import { mayFuse, moduleBuilder, translate, wholePage, type ModuleBuilder } from '../../jit/region/translator.js';
import type { Optimization } from '../../src/support/optimizations.js';
import type { MemoryLayout } from '../layout/memory-layout.js';
import type { InstallableModule } from './region-store.js';
import type { TranslationRequest } from './threaded-translations.js';
import { NO_TRANSLATIONS, type Translations } from './translations.js';

/** Small, for a vCPU waits. */
const LIMITS = { instructions: 64, callee: 16 };

/** Translates what is asked for with --jit strict. */
export class ImmediateTranslator {
  private readonly words: Int32Array;
  private readonly describer: Describer;

  constructor(
    memory: WebAssembly.Memory, private readonly layout: MemoryLayout, selector: Selector,
    private readonly without: ReadonlySet<Optimization>, private readonly build: ModuleBuilder | undefined,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.describer = new Describer(selector, mayFuse(without));
  }

  translate({ ramPage, offset }: TranslationRequest): InstallableModule {
    const { words, layout, without, build } = this;
    const at = (layout.ram + ramPage * 4096) >> 2;
    const page = wholePage(words.slice(at, at + 1024));
    const { bytes, regions } = translate(this.describer, [{ page, entry: offset }], { without, build, limits: LIMITS });
    return { module: compileModule(bytes), cached: 0, regions: regions.map((region) => ({ ...region, ramPage })) };
  }
}

export class ImmediateTranslations implements Translations {
  readonly counters = { ...NO_TRANSLATIONS };
  private done: InstallableModule[] = [];
  private readonly translator: ImmediateTranslator;

  constructor(
    memory: WebAssembly.Memory, layout: MemoryLayout, selector: Selector, without: ReadonlySet<Optimization> = new Set(),
    build?: ModuleBuilder | undefined,
  ) {
    this.translator = new ImmediateTranslator(memory, layout, selector, without, build);
  }

  request(ramPage: number, offset: number): void {
    this.counters.requests++;
    this.done.push(this.translator.translate({ ramPage, offset }));
  }

  finished(): readonly InstallableModule[] {
    const { done } = this;
    this.done = [];
    return done;
  }
}

/** Loads what it needs. */
export async function immediateTranslations(
  memory: WebAssembly.Memory, layout: MemoryLayout, selector: Selector, without: ReadonlySet<Optimization>,
): Promise<ImmediateTranslations> {
  return new ImmediateTranslations(memory, layout, selector, without, await moduleBuilder(without));
}
