/** What core.wasm has for regions: their table, flags, and single instructions carried out by the interpreter. */
import binaryen from 'binaryen';
import { ExitReason, Status } from '../emitter/services.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import { ENTRY_OFFSET } from '../../runtime/layout/memory-layout.js';
import { archOffset, CODE_TLB_INDEX, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { MAINTENANCE_FUNCTIONS } from './region-functions.js';
import { REGION_SLOTS } from './region-slots.js';
import { DEPTH, long, REGION_SIGNATURE } from './region-state.js';

const { i32, i64, none } = binaryen;
const OPERATION = binaryen.createType([i32, i32, i64]);
export const REGION_PARAMETERS = binaryen.createType([...REGION_SIGNATURE.params]);

/** `settleFlags(vcpu)` puts NZCV where the rest of the engine has it. */
function addSettleFlags(m: binaryen.Module): void {
  const field = (name: 'flagsA' | 'flagsB'): Expression => m.i64.load(controlFieldOffset[name], 8, m.local.get(0, i32), '0');
  const kind = m.i32.load(controlFieldOffset.flagsKind, 4, m.local.get(0, i32), '0');
  m.addFunction(
    'settleFlags', i32, none, [],
    m.i32.store(
      archOffset.nzcv, 4, m.local.get(0, i32), m.call('flags', [m.local.get(0, i32), kind, field('flagsA'), field('flagsB')], i32), '0',
    ),
  );
}

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
      ENTRY, m.i32.add(get(VCPU), m.i32.and(m.i32.wrap(m.i64.shr_u(get(PC), long(m, BigInt(CODE_TLB_INDEX.shift)))), m.i32.const(CODE_TLB_INDEX.mask))),
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

/** @param functionNames functions of core.wasm that regions may call */
export function addRegionSupport(m: binaryen.Module, functionNames: readonly string[]): void {
  (m.addTable as (...a: unknown[]) => void)('regions', 1, REGION_SLOTS);
  m.addTableImport('regions', 'env', 'regions');
  addSettleFlags(m);
  addHop(m);
  const slotArguments = [1, 2, 3, 4].map((local) => m.local.get(local, local === 3 ? i64 : i32));
  // enter(slot, vcpu, records, page, depth) is the region in a slot
  m.addFunction('enter', binaryen.createType([i32, i32, i32, i64, i32]), i64, [], m.return_call_indirect(
    'regions', m.local.get(0, i32), slotArguments, REGION_PARAMETERS, i64,
  ));
  const vcpu = (): Expression => m.local.get(0, i32);
  const record = (): Expression => m.local.get(1, i32);
  const operation = (): Expression => m.i32.load16_u(0, 2, record(), '0');
  const original = m.i32.load16_u(ENTRY_OFFSET, 2, m.i32.shr_u(record(), m.i32.const(2)), '0');
  m.addFunction(
    'op:original', OPERATION, i32, [],
    m.call_indirect('operations', original, [vcpu(), record(), m.local.get(2, i64)], OPERATION, i32),
  );
  // stepRegion(vcpu, record) -> Status executes the instruction at the program counter, for a region. The region's code page
  // may have been given up meanwhile: it then leaves the instruction to the interpreter.
  const step = m.call_indirect(
    'operations', operation(), [vcpu(), record(), m.i64.load(archOffset.pc, 8, vcpu(), '0')], OPERATION, i32,
  );
  m.addFunction('stepRegion', binaryen.createType([i32, i32]), i32, [i32], m.block(null, [
    m.if(m.i32.eq(operation(), m.i32.const(PseudoOperation.PageEnd)), m.block(null, [
      m.i32.store(controlFieldOffset.exitReason, 4, vcpu(), m.i32.const(ExitReason.Interpret), '0'),
      m.return(m.i32.const(Status.Exit)),
    ], none)),
    m.call('settleFlags', [vcpu()], none),
    m.if(m.i32.eq(operation(), m.i32.const(PseudoOperation.Decode)), m.call('decode', [record()], none)),
    m.local.set(2, step),
    m.i32.store(controlFieldOffset.flagsKind, 4, vcpu(), m.i32.const(0), '0'),
    m.i64.store(controlFieldOffset.flagsA, 8, vcpu(), m.i64.load32_u(archOffset.nzcv, 4, vcpu(), '0'), '0'),
    m.local.get(2, i32),
  ], i32));
  for (const name of [...functionNames, ...Object.keys(MAINTENANCE_FUNCTIONS), 'hop', 'enter', 'stepRegion', 'finishCall']) m.addFunctionExport(name, name);
}
