/** core.wasm by itself: slices of loops that the interpreter runs. */
import { CoreMachine } from './core-machine.js';
import { ARITHMETIC, MEMORY, SLICE, TURNS } from './loops.js';
import type { MicroTask } from './task.js';

const slices = (name: string, words: readonly number[]): MicroTask => ({
  name: `core.wasm: ${name}, an instruction`,
  operations: SLICE,
  prepare: () => {
    const core = new CoreMachine({ code: [words] });
    return () => core.run(SLICE);
  },
});

export const interpreterTasks: readonly MicroTask[] = [
  slices('arithmetic loop', ARITHMETIC),
  slices('load and store loop', MEMORY),
  {
    name: 'core.wasm: enter, one turn of a loop, leave',
    operations: TURNS,
    prepare: () => {
      const core = new CoreMachine({ code: [ARITHMETIC] });
      return () => {
        for (let i = 0; i < TURNS; i++) core.run(1);
      };
    },
  },
];
