/** What is counted of decoded and of translated code, by the vCPU's thread. */

export interface CodeCounters {
  /** Pages that came to hold decoded code. */
  pages: number;
  /** Stores to them. */
  stores: number;
  /** Pages taken for data after many stores. */
  released: number;
  /** Times that regions of a page were dropped, since code of theirs was written to or invalidated. */
  invalidated: number;
  /** Times that all code was dropped. */
  drops: number;
}

export const NO_CODE: CodeCounters = { pages: 0, stores: 0, released: 0, invalidated: 0, drops: 0 };

export interface RegionCounters {
  modules: number;
  regions: number;
  instructions: number;
  /** Of those, such as no region had covered before. */
  covered: number;
  /** Registers that the code of those translated by this run loads from memory and stores there: fills and spills. */
  loads: number;
  stores: number;
  /** Regions that came from the translation cache. */
  cached: number;
  /** Of those, with machine code. */
  ready: number;
  /** Not installed: the code had changed meanwhile. */
  stale: number;
  /** How often all code was dropped for want of slots. */
  drops: number;
  /** Regions by size: element n counts those of 2^n up to 2^(n+1) - 1 instructions. */
  sizes: number[];
}

export const noRegions = (): RegionCounters => ({
  modules: 0, regions: 0, instructions: 0, covered: 0, loads: 0, stores: 0, cached: 0, ready: 0, stale: 0, drops: 0, sizes: [],
});
