/**
 * `--jit strict` with several vCPUs: whatever is branched to is translated at once, by the translator's thread, and the vCPU that
 * asked stands still meanwhile. What is made goes to all of them, so that they give it the same slots.
 */
import type { MessagePort } from 'node:worker_threads';
import { compileModule } from '../../jit/interpreter/compile.js';
import { Describer } from '../../jit/region/instruction.js';
import type { Selector } from '../../jit/interpreter/selector.js';
import { mayFuse, translate, wholePage, type ModuleBuilder } from '../../jit/region/translator.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { HeaderLayout, type MemoryLayout } from '../layout/memory-layout.js';
import { STRICT_LIMITS } from './immediate-translations.js';
import type { InstallableModule } from './region-store.js';
import type { StrictRequest } from './threaded-translations.js';

/** The translator's side. */
export class StrictServer {
  private readonly words: Int32Array;
  private readonly describer: Describer;

  constructor(
    memory: WebAssembly.Memory, private readonly layout: MemoryLayout, selector: Selector, private readonly ports: readonly MessagePort[],
    private readonly without: ReadonlySet<Optimization>, private readonly build: ModuleBuilder | undefined,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.describer = new Describer(selector, mayFuse(without));
    for (const port of ports) {
      port.on('message', (message: Partial<StrictRequest>) => {
        if (message.answered !== undefined) this.answer(message as StrictRequest);
      });
    }
  }

  private answer({ ramPage, offset, answered }: StrictRequest): void {
    const { words, layout, without, build } = this;
    const at = (layout.ram + ramPage * 4096) >> 2;
    const page = wholePage(words.slice(at, at + 1024));
    const { bytes, regions } = translate(this.describer, [{ page, entry: offset }], { without, build, limits: STRICT_LIMITS });
    const installable: InstallableModule = {
      module: compileModule(bytes), cached: 0, regions: regions.map((region) => ({ ...region, ramPage })),
    };
    for (const port of this.ports) port.postMessage(installable);
    Atomics.add(words, (layout.header + HeaderLayout.offset.translationsFinished) >> 2, 1);
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  }
}
