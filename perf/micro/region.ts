/** Translated code by itself: what its instructions, accesses, jumps and ways out cost. */
import type { Optimization } from '../../src/support/optimizations.js';
import { CoreMachine, type CoreMachineOptions } from './core-machine.js';
import { ARITHMETIC, BACK, CALL, LOAD, MEMORY, PAGES, SLICE, THERE, TURNS } from './loops.js';
import type { MicroTask } from './task.js';

/** @param instructions of one operation */
const slices = (name: string, instructions: number, options: CoreMachineOptions): MicroTask => ({
  name: `region: ${name}`,
  operations: SLICE / instructions,
  prepare: () => {
    const core = new CoreMachine(options);
    return () => core.run(SLICE);
  },
});

const AT_START = [[0]];
const without = (...names: Optimization[]): ReadonlySet<Optimization> => new Set(names);

export const regionTasks: readonly MicroTask[] = [
  slices('arithmetic loop, an instruction', 1, { code: [ARITHMETIC], regions: AT_START }),
  slices('load and store loop, an instruction', 1, { code: [MEMORY], regions: AT_START }),
  slices('the same, each access looked up, an instruction', 1, {
    code: [MEMORY], regions: AT_START, without: without('kept-translations'),
  }),
  slices('probe: a load from another page than the last, with 4 more instructions', PAGES.length, {
    code: [PAGES], data: 16, regions: AT_START,
  }),
  slices('the same load, looked up each time', PAGES.length, {
    code: [PAGES], data: 16, regions: AT_START, without: without('kept-translations'),
  }),
  slices('call and return, with 3 more instructions', 5, { code: [CALL], regions: [[0, 16]], without: without('callees') }),
  slices('the same as part of its caller', 5, { code: [CALL], regions: [[0, 16]] }),
  slices('two hops to another page, with 1 more instruction', 3, { code: [THERE, BACK], regions: [[0], [0]] }),
  {
    name: 'region: enter, one turn of a loop, leave',
    operations: TURNS,
    prepare: () => {
      const core = new CoreMachine({ code: [ARITHMETIC], regions: AT_START });
      return () => {
        for (let i = 0; i < TURNS; i++) core.run(1);
      };
    },
  },
  slices('exit: a load that the TLB does not know, with 2 more instructions', LOAD.length, {
    code: [LOAD], data: 0, regions: AT_START,
  }),
];
