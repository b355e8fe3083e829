/** core.wasm by itself: slices of loops that the interpreter runs. */
import { slices, turns } from './core-tasks.js';
import { ARITHMETIC, MEMORY } from './loops.js';
import type { MicroTask } from './task.js';

export const interpreterTasks: readonly MicroTask[] = [
  slices('core.wasm: arithmetic loop, an instruction', { code: [ARITHMETIC] }),
  slices('core.wasm: load and store loop, an instruction', { code: [MEMORY] }),
  turns('core.wasm'),
];
