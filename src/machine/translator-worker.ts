/** The translator's thread. */
import { workerData, type MessagePort } from 'node:worker_threads';
import { Selector } from '../../jit/interpreter/selector.js';
import { TranslationServer } from '../../runtime/code/threaded-translations.js';
import { createCpuModel, type CpuOptions } from '../arch/features/cpu-model.js';
import { HOT } from '../../runtime/code/translations.js';
import { yieldToOthers } from '../../runtime/thread-priority.js';
import type { Optimization } from '../support/optimizations.js';
import { boardLayout, type BoardParameters } from './board.js';

export interface TranslatorWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly board: BoardParameters;
  readonly cpu: string;
  readonly cpuOptions: CpuOptions;
  /** Optimizations to leave out. */
  readonly without: readonly Optimization[];
  /** Requests come in, modules go out. */
  readonly port: MessagePort;
}

yieldToOthers(5);
const { memory, board, cpu, cpuOptions, without, port } = workerData as TranslatorWorkerData;
const model = createCpuModel(cpu, cpuOptions);
const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
new TranslationServer(memory, boardLayout(board), selector, HOT, port, new Set(without));
