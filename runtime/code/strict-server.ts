/**
 * The translator's side of `--jit strict` with several vCPUs: whatever is branched to is translated at once, and the vCPU that asked
 * stands still meanwhile (StrictTranslations). What is made goes to all of them, so that they give it the same slots.
 */
import type { MessagePort } from 'node:worker_threads';
import { HeaderLayout, type MemoryLayout } from '../layout/memory-layout.js';
import type { ImmediateTranslator } from './immediate-translations.js';
import type { StrictRequest } from './threaded-translations.js';

/** @param ports one a thread of vCPUs */
export function serveStrictly(
  memory: WebAssembly.Memory, layout: MemoryLayout, translator: ImmediateTranslator, ports: readonly MessagePort[],
): void {
  const words = new Int32Array(memory.buffer);
  const finished = (layout.header + HeaderLayout.offset.translationsFinished) >> 2;
  for (const port of ports) {
    port.on('message', (request: StrictRequest) => {
      const installable = translator.translate(request);
      for (const each of ports) each.postMessage(installable);
      Atomics.add(words, finished, 1);
      Atomics.store(request.answered, 0, 1);
      Atomics.notify(request.answered, 0);
    });
  }
}
