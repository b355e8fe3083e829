/** Translated code by itself: what its instructions, accesses, jumps and ways out cost. */
import type { Optimization } from '../../src/support/optimizations.js';
import { slices, turns } from './core-tasks.js';
import { ARITHMETIC, BACK, CALL, LOAD, MEMORY, PAGES, THERE } from './loops.js';
import type { MicroTask } from './task.js';

const AT_START = [[0]];
const without = (...names: Optimization[]): ReadonlySet<Optimization> => new Set(names);
const memory = { code: [MEMORY], regions: AT_START };
const pages = { code: [PAGES], data: 16, regions: AT_START };
const call = { code: [CALL], regions: [[0, 16]] };

export const regionTasks: readonly MicroTask[] = [
  slices('region: arithmetic loop, an instruction', { code: [ARITHMETIC], regions: AT_START }),
  slices('region: load and store loop, an instruction', memory),
  slices('region: the same, each access looked up, an instruction', { ...memory, without: without('kept-translations') }),
  slices('region: probe: a load from another page than the last, with 4 more instructions', pages, PAGES.length),
  slices('region: the same load, looked up each time', { ...pages, without: without('kept-translations') }, PAGES.length),
  slices('region: call and return, with 3 more instructions', { ...call, without: without('callees') }, 5),
  slices('region: the same as part of its caller', call, 5),
  slices('region: two hops to another page, with 1 more instruction', { code: [THERE, BACK], regions: [[0], [0]] }, 3),
  turns('region', { regions: AT_START }),
  slices('region: exit: a load that the TLB does not know, with 2 more instructions', { code: [LOAD], data: 0, regions: AT_START }, LOAD.length),
];
