/** Tasks that run a loop, interpreted or translated. */
import { CoreMachine, type CoreMachineOptions } from './core-machine.js';
import { ARITHMETIC } from './loops.js';
import type { MicroTask } from './task.js';

/** Instructions of a slice, as a vCPU runs them. */
const SLICE = 20_000;
/** Entries and exits of one call. */
const TURNS = 1000;

/** Slices of a loop. @param instructions of one operation */
export const slices = (name: string, options: CoreMachineOptions, instructions = 1): MicroTask => ({
  name,
  operations: SLICE / instructions,
  prepare: () => {
    const core = new CoreMachine(options);
    return () => core.run(SLICE);
  },
});

/** The engine is entered for one turn of the arithmetic loop. */
export const turns = (name: string, options: Omit<CoreMachineOptions, 'code'> = {}): MicroTask => ({
  name: `${name}: enter, one turn of a loop, leave`,
  operations: TURNS,
  prepare: () => {
    const core = new CoreMachine({ ...options, code: [ARITHMETIC] });
    return () => {
      for (let i = 0; i < TURNS; i++) core.run(1);
    };
  },
});
