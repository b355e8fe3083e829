/**
 * Builds a module of regions. It imports the memory and functions of core.wasm, and exports its regions; nothing in it depends
 * on where it is used. The table that regions are called through is core.wasm's alone: V8 keeps a copy of a table for every
 * instance that imports it.
 */
import binaryen from 'binaryen';
import { libraryFunctions } from '../a64/semantics/library/index.js';
import type { Region } from '../region/region.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { Encoder } from './encoder.js';
import { addRegionFunction } from './region-function.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128 };


const MEMORY_PAGES = 65536;

const FUNCTIONS: Readonly<Record<string, { params: readonly binaryen.Type[]; result: binaryen.Type }>> = {
  hop: { params: [i32, i64, i32, i32], result: i64 },
  enter: { params: [i32, i32, i32, i64, i32], result: i64 },
  stepRegion: { params: [i32, i32], result: i32 },
  fp: { params: [i32, i32, i32, i32, i32], result: none },
  ...Object.fromEntries(libraryFunctions.map((f) => [
    f.name, { params: [i32, ...f.parameters.map((p) => types[p])], result: types[f.result] },
  ])),
};

export interface NamedRegion {
  readonly name: string;
  readonly region: Region;
}

type Without = ReadonlySet<Optimization>;

function addRegions(m: binaryen.Module, regions: readonly NamedRegion[], without: Without): void {
  const calls = new Set<string>(['hop', 'enter']);
  for (const { name, region } of regions) addRegionFunction(m, name, region, calls, without);
  for (const name of calls) {
    const f = FUNCTIONS[name];
    m.addFunctionImport(name, 'core', name, binaryen.createType([...f.params]), f.result);
  }
  for (const { name } of regions) m.addFunctionExport(name, name);
}

function buildWithBinaryen(regions: readonly NamedRegion[], without: Without): Uint8Array {
  const m = new binaryen.Module();
  try {
    const F = binaryen.Features;
    m.setFeatures(
      F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt | F.TailCall,
    );
    m.setMemory(1, MEMORY_PAGES, null as unknown as string, [], true, false, '0');
    (m.addMemoryImport as (...a: unknown[]) => void)('0', 'env', 'memory', true);
    addRegions(m, regions, without);
    if (!m.validate()) throw new Error('a region does not validate');
    return m.emitBinary();
  } finally {
    m.dispose();
  }
}

/** The module's bytes: the regions lie in consecutive slots, in their order. */
export function buildRegions(regions: readonly NamedRegion[], without: Without): Uint8Array {
  if (without.has('direct-encoding')) return buildWithBinaryen(regions, without);
  const encoder = new Encoder();
  addRegions(encoder as unknown as binaryen.Module, regions, without);
  return encoder.emit(MEMORY_PAGES);
}
