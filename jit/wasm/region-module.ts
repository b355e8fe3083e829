/**
 * Builds a module of regions. It imports the memory and functions of core.wasm, and exports its regions; nothing in it depends
 * on where it is used. The table that regions are called through is core.wasm's alone: V8 keeps a copy of a table for every
 * instance that imports it.
 */
import type binaryen from 'binaryen';
import type { Region } from '../region/region.js';
import type { RegisterMoves } from '../region/region-source.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { Encoder, SELF, type Code, type EncodedFunction } from './encoder.js';
import { buildRegionFunction } from './region-function.js';
import { CORE_FUNCTIONS } from './region-functions.js';
import { REGION_SIGNATURE } from './region-state.js';

/** Limit of the imported memory. */
export const MEMORY_PAGES = 65536;

type Without = ReadonlySet<Optimization>;

export interface EncodedRegion {
  readonly code: EncodedFunction;
  readonly moves: RegisterMoves;
}

/**
 * A region as code that can be put into any module of regions.
 * @param marked where each instruction's code begins is noted
 */
export function encodeRegion(region: Region, without: Without, marked = false): EncodedRegion {
  const encoder = new Encoder(marked);
  const { locals, body, moves } = buildRegionFunction(encoder as unknown as binaryen.Module, SELF, region, new Set(), without);
  return { code: encoder.encode(locals, body as unknown as Code), moves };
}

export interface LinkedRegions {
  readonly bytes: Uint8Array;
  /** Where the code of each region begins in them. */
  readonly starts: readonly number[];
}

/** A module of regions, exported under their names. */
export function linkRegions(regions: readonly { readonly name: string; readonly code: EncodedFunction }[]): LinkedRegions {
  const encoder = new Encoder();
  for (const name of new Set(regions.flatMap(({ code }) => code.calls.map(([, called]) => called)))) {
    if (name !== SELF) encoder.addFunctionImport(name, 'core', name, CORE_FUNCTIONS[name]);
  }
  for (const { name, code } of regions) {
    encoder.addEncoded(name, REGION_SIGNATURE, code);
    encoder.addFunctionExport(name, name);
  }
  return { bytes: encoder.emit(MEMORY_PAGES), starts: encoder.starts };
}

/** A body that is never executed: no locals, `unreachable`. */
const NO_BODY = Uint8Array.of(0, 0x00, 0x0b);

/** A module with functions of the names and types that regions import: what regions are instantiated with to be looked at. */
export function coreStandIn(): Uint8Array {
  const encoder = new Encoder();
  for (const [name, signature] of Object.entries(CORE_FUNCTIONS)) {
    encoder.addEncoded(name, signature, { bytes: NO_BODY, calls: [] });
    encoder.addFunctionExport(name, name);
  }
  return encoder.emit(MEMORY_PAGES);
}
