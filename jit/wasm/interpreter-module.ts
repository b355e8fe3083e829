/**
 * Builds core.wasm: the interpreter's main loop over decoded records, and one function for every operation.
 *
 * Exports: `run(vcpu, budget)` interprets until something needs the runtime and gives an ExitReason, with the unused part
 * of the budget in exitInfo[3]; `step(vcpu, record)` executes the one decoded record at pc and gives a Status;
 * `layoutHash()`.
 */
import binaryen from 'binaryen';
import { Emitter } from '../emitter/emitter.js';
import type { Value } from '../emitter/ir.js';
import type { LibraryFunction } from '../emitter/library-function.js';
import { ExitReason, Status } from '../emitter/services.js';
import type { Operation } from '../interpreter/operations.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { archOffset, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { LocalPool, OperationLowering, type LoweringTarget } from './lower.js';
import { memoryOperation, type Expression } from './operations.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128, none };

export interface InterpreterInput {
  readonly operations: readonly Operation[];
  readonly operationCount: number;
  readonly hotOperationEnd: number;
  readonly firstOperation: number;
  readonly library: readonly LibraryFunction[];
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
    (type, i): Value => ({ op: 'parameter', type, args: [], imm: 1 + i, ordered: true, uses: 0 }),
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

/** Locals of `run`. */
const Local = {
  vcpu: 0,
  budget: 1,
  record: 2,
  limit: 3,
  targetRecord: 4,
  targetBtype: 5,
  entry: 6,
  status: 7,
  pcBias: 8,
  targetPc: 9,
  first: 10,
} as const;
const LOCAL_TYPES = [i32, i32, i32, i32, i32, i32, i64, i64];

function addRun(module: binaryen.Module, input: InterpreterInput): void {
  const m = module;
  const get = (name: keyof typeof Local): Expression =>
    m.local.get(Local[name], name === 'pcBias' || name === 'targetPc' ? i64 : i32);
  const long = (n: bigint): Expression => (m.i64.const as unknown as (n: bigint) => Expression)(n);
  const pc = (): Expression => m.i64.add(get('pcBias'), m.i64.extend_u(m.i32.shr_u(get('record'), m.i32.const(2))));
  /** Stores what is left of the budget: (limit - record) / 16. */
  const storeRemaining = (): Expression =>
    m.i32.store(
      controlFieldOffset.exitInfo + 12, 4, get('vcpu'),
      m.i32.shr_s(m.i32.sub(get('limit'), get('record')), m.i32.const(4)), '0',
    );
  const leave = (reason: Expression): Expression => m.block(null, [storeRemaining(), m.return(reason)], none);
  const storePc = (value: Expression): Expression => m.i64.store(archOffset.pc, 8, get('vcpu'), value, '0');
  /** One instruction more has retired than record tells. */
  const retire = (): Expression => m.local.set(Local.limit, m.i32.sub(get('limit'), m.i32.const(16)));

  // far: look targetPc up in the code TLB
  const tag = m.i64.or(
    m.i64.and(get('targetPc'), long(-4096n)),
    m.select(
      m.i64.lt_s(get('targetPc'), long(0n)),
      m.i64.load(controlFieldOffset.fetchHigh, 8, get('vcpu'), '0'),
      m.i64.load(controlFieldOffset.fetchLow, 8, get('vcpu'), '0'),
    ),
  );
  const far = [
    m.local.set(
      Local.entry,
      m.i32.add(get('vcpu'), m.i32.and(m.i32.wrap(m.i64.shr_u(get('targetPc'), long(8n))), m.i32.const(1023 << 4))),
    ),
    m.if(
      m.i32.or(
        m.i64.ne(m.i64.load(VcpuLayout.codeTlb + CodeTlbEntry.offset.tag, 8, get('entry'), '0'), tag),
        m.i32.and(m.i32.wrap(get('targetPc')), m.i32.const(3)),
      ),
      m.block(null, [
        retire(),
        storePc(get('targetPc')),
        m.i32.store(archOffset.btype, 4, get('vcpu'), get('targetBtype'), '0'),
        leave(m.i32.const(ExitReason.Fetch)),
      ], none),
    ),
    m.if(
      m.i32.and(
        m.i32.ne(get('targetBtype'), m.i32.const(0)),
        m.i32.and(m.i32.load(VcpuLayout.codeTlb + CodeTlbEntry.offset.flags, 4, get('entry'), '0'), m.i32.const(1)),
      ),
      m.block(null, [
        retire(),
        storePc(get('targetPc')),
        m.i32.store(archOffset.btype, 4, get('vcpu'), get('targetBtype'), '0'),
        leave(m.i32.const(ExitReason.BranchTarget)),
      ], none),
    ),
    m.local.set(
      Local.targetRecord,
      m.i32.add(
        m.i32.load(VcpuLayout.codeTlb + CodeTlbEntry.offset.records, 4, get('entry'), '0'),
        m.i32.shl(m.i32.and(m.i32.wrap(get('targetPc')), m.i32.const(0xffc)), m.i32.const(2)),
      ),
    ),
    m.local.set(
      Local.pcBias,
      m.i64.sub(get('targetPc'), m.i64.extend_u(m.i32.shr_u(get('targetRecord'), m.i32.const(2)))),
    ),
  ];

  // taken: go on at targetRecord; the branch itself retired
  const taken = [
    m.local.set(
      Local.limit,
      m.i32.add(get('limit'), m.i32.sub(m.i32.sub(get('targetRecord'), get('record')), m.i32.const(16))),
    ),
    m.local.set(Local.record, get('targetRecord')),
    m.if(
      m.i32.or(m.i32.le_s(get('limit'), get('record')), memoryOperation(m, 'i32.atomic.load', controlFieldOffset.exitRequest, [get('vcpu')])),
      m.block(null, [storePc(pc()), leave(m.i32.const(ExitReason.Slice))], none),
    ),
  ];

  const labels = { next: 'next', taken: 'taken', far: 'far', slow: 'slow', exitRetired: 'exit_retired' };
  const locals = {
    pcBias: Local.pcBias, targetRecord: Local.targetRecord, targetPc: Local.targetPc, targetBtype: Local.targetBtype,
  };
  const advance = (): Expression => m.local.set(Local.record, m.i32.add(get('record'), m.i32.const(16)));
  const pool = new LocalPool(Local.first);
  const hot = input.operations.filter((o) => o.number < input.hotOperationEnd);
  const name = (n: number): string => `h${n}`;

  // Innermost block dispatches; each enclosing block is followed by its operation's code.
  const table: string[] = [name(0), name(1), 'slow', ...hot.map((o) => name(o.number))];
  let dispatch: Expression = m.block(name(0), [
    m.switch(table, 'slow', m.i32.load16_u(0, 2, get('record'), '0')),
  ], none);
  dispatch = m.block(name(1), [
    dispatch,
    m.call('decode', [get('record')], none),
    m.br('again'),
  ], none);
  let body: Expression[] = [
    dispatch,
    // behind the page's last record: no instruction, so nothing retires
    m.local.set(Local.limit, m.i32.add(get('limit'), m.i32.const(16))),
    m.local.set(Local.targetPc, pc()),
    m.local.set(Local.targetBtype, m.i32.const(0)),
    m.br('far'),
  ];
  for (const operation of hot) {
    pool.reset();
    const target: LoweringTarget = {
      module, types, pool, vcpu: Local.vcpu, record: Local.record, loop: { labels, locals },
    };
    const code = new OperationLowering(target).lower(emit(operation));
    body = [m.block(name(operation.number), body, none), code];
  }

  const slow = [
    m.local.set(
      Local.status,
      m.call_indirect(
        'operations', m.i32.load16_u(0, 2, get('record'), '0'), [get('vcpu'), get('record'), pc()],
        binaryen.createType([i32, i32, i64]), i32,
      ),
    ),
    m.br('next', m.i32.eqz(get('status'))),
    m.if(
      m.i32.eq(get('status'), m.i32.const(Status.Jump)),
      m.block(null, [
        m.local.set(Local.targetPc, m.i64.load(archOffset.pc, 8, get('vcpu'), '0')),
        m.local.set(Local.targetBtype, m.i32.load(archOffset.btype, 4, get('vcpu'), '0')),
        m.br('far'),
      ], none),
    ),
    m.if(m.i32.eq(get('status'), m.i32.const(Status.ExitRetired)), retire()),
    leave(m.i32.load(controlFieldOffset.exitReason, 4, get('vcpu'), '0')),
  ];
  const exitRetired = [
    retire(),
    storePc(m.i64.add(pc(), long(4n))),
    leave(m.i32.load(controlFieldOffset.exitReason, 4, get('vcpu'), '0')),
  ];

  // next: advances, and dispatches; 'again' dispatches without advancing
  const loop = m.loop('again', m.block(null, [
    m.block('next', [
      m.block('exit_retired', [m.block('slow', body, none), ...slow], none),
      ...exitRetired,
    ], none),
    advance(),
    m.br('again'),
  ], none));
  const code = m.block(null, [
    m.local.set(Local.limit, m.i32.add(m.i32.shl(get('budget'), m.i32.const(4)), m.i32.const(16))),
    m.local.set(Local.targetPc, m.i64.load(archOffset.pc, 8, get('vcpu'), '0')),
    m.loop('far', m.block(null, [...far, m.loop('taken', m.block(null, [...taken, loop], none))], none)),
    m.unreachable(),
  ], i32);
  m.addFunction('run', binaryen.createType([i32, i32]), i32, [...LOCAL_TYPES, ...pool.types], code);
  m.addFunctionExport('run', 'run');
}

export function buildInterpreter(input: InterpreterInput): Uint8Array {
  const m = new binaryen.Module();
  const F = binaryen.Features;
  m.setFeatures(F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt);
  // The memory's size comes with the import; the maximum must only not be smaller.
  m.setMemory(1, input.maximumPages, null as unknown as string, [], true, false, '0');
  (m.addMemoryImport as (...a: unknown[]) => void)('0', 'env', 'memory', true);
  const imported = (name: string, params: binaryen.Type[], result: binaryen.Type): void =>
    m.addFunctionImport(name, 'env', name, binaryen.createType(params), result);
  imported('access', [i32, i32, i32, i32], i32);
  imported('commit', [], i32);
  imported('decode', [i32], none);
  imported('service', [i32, i32], i32);
  imported('compute', [i32], none);
  imported('fp', [i32, i32, i32, i32, i32], none);

  addLock(m);
  for (const f of input.library) addLibraryFunction(m, f);
  const undefinedBody = m.block(null, [
    m.i64.store(archOffset.pc, 8, m.local.get(0, i32), m.local.get(2, i64), '0'),
    m.i32.store(controlFieldOffset.exitReason, 4, m.local.get(0, i32), m.i32.const(ExitReason.Undefined), '0'),
    m.i32.const(Status.Exit),
  ], i32);
  m.addFunction('op:undefined', binaryen.createType([i32, i32, i64]), i32, [], undefinedBody);
  for (const operation of input.operations) addOperationFunction(m, operation);

  (m.addTable as (...a: unknown[]) => void)('operations', input.operationCount, input.operationCount);
  const elements: string[] = new Array<string>(input.operationCount).fill('op:undefined');
  for (const o of input.operations) elements[o.number] = `op:${o.name}`;
  m.addActiveElementSegment('operations', 'operations', elements, m.i32.const(0));

  addRun(m, input);
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
  m.runPasses(['vacuum', 'precompute', 'optimize-instructions', 'simplify-locals', 'coalesce-locals', 'reorder-locals', 'vacuum']);
  const bytes = m.emitBinary();
  m.dispose();
  return bytes;
}
