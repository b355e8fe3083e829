/** Modules of regions made by binaryen, to compare with and for `--without direct-encoding`. */
import binaryen from 'binaryen';
import type { ModuleBuilder } from '../region/translator.js';
import { buildRegionFunction } from './region-function.js';
import { CORE_FUNCTIONS } from './region-functions.js';
import { MEMORY_PAGES } from './region-module.js';
import { REGION_SIGNATURE } from './region-state.js';

export const buildWithBinaryen: ModuleBuilder = (regions, without) => {
  const m = new binaryen.Module();
  try {
    const F = binaryen.Features;
    m.setFeatures(
      F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt | F.TailCall,
    );
    m.setMemory(1, MEMORY_PAGES, null as unknown as string, [], true, false, '0');
    (m.addMemoryImport as (...a: unknown[]) => void)('0', 'env', 'memory', true);
    const calls = new Set<string>(['hop', 'enter']);
    const { params, result } = REGION_SIGNATURE;
    for (const { name, region } of regions) {
      const { locals, body } = buildRegionFunction(m, name, region, calls, without);
      m.addFunction(name, binaryen.createType([...params]), result, [...locals], body);
      m.addFunctionExport(name, name);
    }
    for (const name of calls) {
      const f = CORE_FUNCTIONS[name];
      m.addFunctionImport(name, 'core', name, binaryen.createType([...f.params]), f.result);
    }
    if (!m.validate()) throw new Error('a region does not validate');
    return m.emitBinary();
  } finally {
    m.dispose();
  }
};
