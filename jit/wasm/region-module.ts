/**
 * Builds a module of regions. It imports the memory, the table that regions are called through, and `base`, the table slot of
 * its first region; nothing else in it depends on where it is used.
 */
import binaryen from 'binaryen';
import { libraryFunctions } from '../a64/semantics/library/index.js';
import { PseudoOperation } from '../interpreter/operations.js';
import type { Region } from '../region/region.js';
import { archOffset, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { ENTRY_OFFSET } from '../../runtime/layout/memory-layout.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { Encoder } from './encoder.js';
import { addRegionFunction } from './region-function.js';
import { DEPTH, long, REGION_PARAMETERS, REGION_SLOTS } from './region-state.js';
import type { Expression } from './operations.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128 };


const MEMORY_PAGES = 65536;

const FUNCTIONS: Readonly<Record<string, { params: readonly binaryen.Type[]; result: binaryen.Type }>> = {
  flags: { params: [i32, i64, i64], result: i32 },
  stepRegion: { params: [i32, i32], result: i32 },
  fp: { params: [i32, i32, i32, i32, i32], result: none },
  ...Object.fromEntries(libraryFunctions.map((f) => [
    f.name, { params: [i32, ...f.parameters.map((p) => types[p])], result: types[f.result] },
  ])),
};

/**
 * `hop(vcpu, pc, depth, btype) -> i64` goes on in the region at `pc`, and gives what that gives; `pc` itself when there is
 * none, the budget is used up, or the engine is asked to leave.
 */
function addHop(m: binaryen.Module): void {
  const VCPU = 0;
  const PC = 1;
  const DEPTH_OF = 2;
  const BTYPE = 3;
  const ENTRY = 4;
  const RECORD = 5;
  const get = (local: number): Expression => m.local.get(local, local === PC ? i64 : i32);
  const field = (name: keyof typeof CodeTlbEntry.offset): number => VcpuLayout.codeTlb + CodeTlbEntry.offset[name];
  const refuse = (condition: Expression): Expression => m.br('none', condition);
  const tag = m.i64.or(
    m.i64.and(get(PC), long(m, -4096n)),
    m.select(
      m.i64.lt_s(get(PC), long(m, 0n)),
      m.i64.load(controlFieldOffset.fetchHigh, 8, get(VCPU), '0'),
      m.i64.load(controlFieldOffset.fetchLow, 8, get(VCPU), '0'),
    ),
  );
  const records = (): Expression => m.i32.load(field('records'), 4, get(ENTRY), '0');
  const setBtype = (value: Expression): Expression =>
    m.if(get(BTYPE), m.i32.store(archOffset.btype, 4, get(VCPU), value, '0'));
  const code = m.block('none', [
    setBtype(get(BTYPE)),
    m.local.set(
      ENTRY, m.i32.add(get(VCPU), m.i32.and(m.i32.wrap(m.i64.shr_u(get(PC), long(m, 8n))), m.i32.const(1023 << 4))),
    ),
    refuse(m.i64.ne(m.i64.load(field('tag'), 8, get(ENTRY), '0'), tag)),
    refuse(m.i32.and(m.i32.wrap(get(PC)), m.i32.const(3))),
    m.local.set(
      RECORD, m.i32.add(records(), m.i32.shl(m.i32.and(m.i32.wrap(get(PC)), m.i32.const(0xffc)), m.i32.const(2))),
    ),
    refuse(m.i32.ne(m.i32.load16_u(0, 2, get(RECORD), '0'), m.i32.const(PseudoOperation.EnterRegion))),
    refuse(m.i32.and(
      m.i32.ne(get(BTYPE), m.i32.const(0)), m.i32.and(m.i32.load(field('flags'), 4, get(ENTRY), '0'), m.i32.const(1)),
    )),
    refuse(m.i32.le_s(m.i32.load(controlFieldOffset.budget, 4, get(VCPU), '0'), m.i32.const(0))),
    refuse(m.i32.load(controlFieldOffset.exitRequest, 4, get(VCPU), '0')),
    refuse(m.i32.gt_u(get(DEPTH_OF), m.i32.const(DEPTH))),
    setBtype(m.i32.const(0)),
    m.return_call_indirect(
      'regions',
      m.i32.load16_u(ENTRY_OFFSET + 2, 2, m.i32.shr_u(get(RECORD), m.i32.const(2)), '0'),
      [get(VCPU), records(), m.i64.and(get(PC), long(m, -4096n)), get(DEPTH_OF)], REGION_PARAMETERS, i64,
    ),
  ], none);
  m.addFunction('hop', binaryen.createType([i32, i64, i32, i32]), i64, [i32, i32], m.block(null, [code, get(PC)], i64));
}

export interface NamedRegion {
  readonly name: string;
  readonly region: Region;
}

type Without = ReadonlySet<Optimization>;

function addRegions(m: binaryen.Module, regions: readonly NamedRegion[], without: Without): void {
  const calls = new Set<string>(['flags']);
  for (const { name, region } of regions) addRegionFunction(m, name, region, calls, without);
  addHop(m);
  for (const name of calls) {
    const f = FUNCTIONS[name];
    m.addFunctionImport(name, 'core', name, binaryen.createType([...f.params]), f.result);
  }
  m.addActiveElementSegment('regions', 'regions', regions.map((r) => r.name), m.global.get('base', i32));
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
    (m.addTable as (...a: unknown[]) => void)('regions', 1, REGION_SLOTS);
    m.addTableImport('regions', 'env', 'regions');
    m.addGlobalImport('base', 'env', 'base', i32, false);
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
  return encoder.emit({ pages: MEMORY_PAGES, slots: REGION_SLOTS });
}
