/**
 * Builds a module of regions. It imports the memory and functions of core.wasm, and exports its regions; nothing in it depends
 * on where it is used. The table that regions are called through is core.wasm's alone: V8 keeps a copy of a table for every
 * instance that imports it.
 */
import binaryen from 'binaryen';
import { libraryFunctions } from '../a64/semantics/library/index.js';
import type { Region } from '../region/region.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { Encoder, SELF, type EncodedFunction } from './encoder.js';
import { addRegionFunction } from './region-function.js';
import { REGION_PARAMETERS } from './region-state.js';

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

type Without = ReadonlySet<Optimization>;

/** A region as code that can be put into any module of regions. */
export function encodeRegion(region: Region, without: Without): EncodedFunction {
  const encoder = new Encoder();
  addRegionFunction(encoder as unknown as binaryen.Module, SELF, region, new Set(), without);
  return encoder.encoded(SELF);
}

function addImports(m: Pick<binaryen.Module, 'addFunctionImport'>, names: Iterable<string>): void {
  for (const name of names) {
    const f = FUNCTIONS[name];
    m.addFunctionImport(name, 'core', name, binaryen.createType([...f.params]), f.result);
  }
}

/** A module of regions, exported under their names. */
export function linkRegions(regions: readonly { readonly name: string; readonly code: EncodedFunction }[]): Uint8Array {
  const encoder = new Encoder();
  addImports(encoder, new Set(regions.flatMap(({ code }) => code.calls.map(([, name]) => name).filter((name) => name !== SELF))));
  for (const { name, code } of regions) {
    encoder.addEncoded(name, REGION_PARAMETERS, i64, code);
    encoder.addFunctionExport(name, name);
  }
  return encoder.emit(MEMORY_PAGES);
}

/** The same by binaryen, from the regions themselves. */
export function buildWithBinaryen(
  regions: readonly { readonly name: string; readonly region: Region }[], without: Without,
): Uint8Array {
  const m = new binaryen.Module();
  try {
    const F = binaryen.Features;
    m.setFeatures(
      F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt | F.TailCall,
    );
    m.setMemory(1, MEMORY_PAGES, null as unknown as string, [], true, false, '0');
    (m.addMemoryImport as (...a: unknown[]) => void)('0', 'env', 'memory', true);
    const calls = new Set<string>(['hop', 'enter']);
    for (const { name, region } of regions) {
      addRegionFunction(m, name, region, calls, without);
      m.addFunctionExport(name, name);
    }
    addImports(m, calls);
    if (!m.validate()) throw new Error('a region does not validate');
    return m.emitBinary();
  } finally {
    m.dispose();
  }
}
