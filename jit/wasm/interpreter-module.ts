/**
 * Builds core.wasm: the interpreter's main loop over decoded records, and one function for every operation.
 *
 * Exports: `run(vcpu, budget)` interprets until something needs the runtime and gives an ExitReason, with the unused part
 * of the budget in exitInfo[3]; `step(vcpu, record)` executes the one decoded record at pc and gives a Status;
 * `layoutHash()`.
 */
import binaryen from 'binaryen';
import { crcTables } from '../a64/semantics/library/crc-tables.js';
import { Emitter } from '../emitter/emitter.js';
import type { Value } from '../emitter/ir.js';
import type { LibraryFunction } from '../emitter/library-function.js';
import { ExitReason, Status } from '../emitter/services.js';
import type { DispatchNode } from '../interpreter/dispatch-tree.js';
import { fusionTable } from '../interpreter/fusion-table.js';
import type { Operation } from '../interpreter/operation.js';
import type { FusedOperation } from '../interpreter/operations.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import { LocalPool, OperationLowering, type LoweringTarget } from './lower.js';
import { ConstantPool } from './constant-pool.js';
import { addDecoding } from './decoding.js';
import { addDigest } from './digest.js';
import { addMainLoop } from './main-loop.js';
import { memoryOperation, type Expression } from './operations.js';
import { addRegionSupport } from './region-support.js';
import { addTlbMaintenance } from './tlb-maintenance.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128, none };

export interface InterpreterInput {
  readonly operations: readonly Operation[];
  readonly fused: readonly FusedOperation[];
  readonly operationCount: number;
  readonly hotOperationEnd: number;
  readonly frequentOperationStart: number;
  readonly dispatchTree: DispatchNode;
  readonly libraryFunctions: readonly LibraryFunction[];
  readonly layoutHash: number;
  readonly maximumPages: number;
}

function emit(operation: Operation): ReturnType<Emitter['finish']> {
  const e = new Emitter();
  operation.semantics.emit(e, operation.statics, operation.operands);
  return e.finish();
}

/** Function form: `op<number>(vcpu, record, pc) -> Status`. */
function addOperationFunction(module: binaryen.Module, operation: Operation): void {
  const pool = new LocalPool(3);
  const target: LoweringTarget = { module, types, pool, vcpu: 0, record: 1, pcLocal: 2 };
  const body = new OperationLowering(target).lower(emit(operation));
  module.addFunction(`op:${operation.name}`, binaryen.createType([i32, i32, i64]), i32, pool.types, body);
}

/** Library function: `name(vcpu, ...parameters) -> result`. */
function addLibraryFunction(module: binaryen.Module, f: LibraryFunction): void {
  const pool = new LocalPool(1 + f.parameters.length);
  const e = new Emitter();
  const parameters = f.parameters.map(
    (type, i): Value => ({ op: 'parameter', type, args: [], imm: 1 + i, ordered: true, uses: 0, simplest: undefined }),
  );
  const result = f.emit(e, ...parameters);
  result.uses++;
  const lowering = new OperationLowering({ module, types, pool, vcpu: 0, record: -1 });
  const body = lowering.lowerFunction(parameters, e.finish(), result);
  const signature = binaryen.createType([i32, ...f.parameters.map((p) => types[p])]);
  module.addFunction(f.name, signature, types[f.result], pool.types, body);
}

/** lock128 spins until the header's lock is free; unlock128 frees it. */
function addLock(m: binaryen.Module): void {
  const lock = (): Expression => m.i32.const(HeaderLayout.offset.atomicLock);
  const take = memoryOperation(m, 'i32.atomic.rmw.cmpxchg', 0, [lock(), m.i32.const(0), m.i32.const(1)]);
  m.addFunction('lock128', none, none, [], m.loop('spin', m.br('spin', take)));
  m.addFunction('unlock128', none, none, [], memoryOperation(m, 'i32.atomic.store', 0, [lock(), m.i32.const(0)]));
}

export function buildInterpreter(input: InterpreterInput): Uint8Array {
  const m = new binaryen.Module();
  const F = binaryen.Features;
  m.setFeatures(F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt | F.ReferenceTypes | F.TailCall);
  const imported = (name: string, params: binaryen.Type[], result: binaryen.Type, here = name): void =>
    m.addFunctionImport(here, 'env', name, binaryen.createType(params), result);
  imported('access', [i32, i32, i32, i32], i32);
  imported('commit', [], i32);
  imported('exit', [i32], i32);
  imported('decode', [i32], none, 'build');
  imported('service', [i32, i32], i32);
  imported('compute', [i32], none);
  imported('fp', [i32, i32, i32, i32, i32], none);

  addLock(m);
  addDigest(m);
  addDecoding(m);
  addTlbMaintenance(m);
  const { libraryFunctions } = input;
  for (const f of libraryFunctions) addLibraryFunction(m, f);
  const undefinedBody = m.block(null, [
    m.i64.store(archOffset.pc, 8, m.local.get(0, i32), m.local.get(2, i64), '0'),
    m.i32.store(controlFieldOffset.exitReason, 4, m.local.get(0, i32), m.i32.const(ExitReason.Undefined), '0'),
    m.i32.const(Status.Exit),
  ], i32);
  m.addFunction('op:undefined', binaryen.createType([i32, i32, i64]), i32, [], undefinedBody);
  for (const operation of input.operations) addOperationFunction(m, operation);

  (m.addTable as (...a: unknown[]) => void)('operations', input.operationCount, input.operationCount);
  addRegionSupport(m, libraryFunctions.map((f) => f.name));
  const elements: string[] = new Array<string>(input.operationCount).fill('op:undefined');
  for (const o of input.operations) elements[o.number] = `op:${o.name}`;
  for (const f of input.fused) elements[f.number] = `op:${f.parts[0].name}`;
  elements[PseudoOperation.EnterRegion] = 'op:original';
  m.addActiveElementSegment('operations', 'operations', elements, m.i32.const(0));

  const { hotOperationEnd, frequentOperationStart } = input;
  const hot = input.operations.filter((o) => o.number < hotOperationEnd || o.number >= frequentOperationStart);
  const constants = new ConstantPool(m);
  addMainLoop(m, {
    hot: [
      ...hot.map((o) => ({ number: o.number, parts: [() => emit(o)] })),
      ...input.fused.map((f) => ({ number: f.number, parts: f.parts.map((o) => () => emit(o)) })),
    ],
    tableEnd: hotOperationEnd,
    treeStart: frequentOperationStart,
    tree: input.dispatchTree,
  }, constants);
  // The memory's size comes with the import; the maximum must only not be smaller.
  const { offset, data } = constants.segment;
  const { classes, steps } = fusionTable(input.fused.map(({ number, parts }) => ({ number, parts: parts.map((o) => o.number) })));
  const segments = [
    { offset: m.i32.const(offset), data, passive: false },
    { offset: m.i32.const(HeaderLayout.offset.crcTables), data: crcTables(), passive: false },
    { offset: m.i32.const(HeaderLayout.offset.fusionClasses), data: new Uint8Array(classes.buffer), passive: false },
    { offset: m.i32.const(HeaderLayout.offset.fusionSteps), data: new Uint8Array(steps.buffer), passive: false },
  ];
  m.setMemory(1, input.maximumPages, null as unknown as string, segments, true, false, '0');
  (m.addMemoryImport as (...a: unknown[]) => void)('0', 'env', 'memory', true);
  const stepBody = m.call_indirect(
    'operations', m.i32.load16_u(0, 2, m.local.get(1, i32), '0'),
    [m.local.get(0, i32), m.local.get(1, i32), m.i64.load(archOffset.pc, 8, m.local.get(0, i32), '0')],
    binaryen.createType([i32, i32, i64]), i32,
  );
  m.addFunction('step', binaryen.createType([i32, i32]), i32, [], stepBody);
  m.addFunctionExport('step', 'step');
  m.addFunction('layoutHash', none, i32, [], m.i32.const(input.layoutHash | 0));
  m.addFunctionExport('layoutHash', 'layoutHash');

  if (!m.validate()) throw new Error('core.wasm does not validate');
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(0);
  // Without precompute: binaryen 132's takes atomic.fence away.
  m.runPasses(['vacuum', 'optimize-instructions', 'simplify-locals', 'coalesce-locals', 'reorder-locals', 'vacuum']);
  const bytes = m.emitBinary();
  m.dispose();
  return bytes;
}
