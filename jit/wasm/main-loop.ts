/**
 * The interpreter's main loop: `run(vcpu, budget)` and the function `hot` under it.
 *
 * `hot` holds the code of all operations that need no call, found by a tree of comparisons (the frequent ones) or a branch
 * table. No call is in it, and just one loop: the host's compiler then need not keep every variable on the stack, nor set
 * up constants again at each branch. Whatever needs a call (function forms, decoding) makes it return to `run`; the place
 * in the code is carried by the vCPU block.
 */
import binaryen from 'binaryen';
import { ExitReason, Status } from '../emitter/services.js';
import type { Statement } from '../emitter/ir.js';
import type { DispatchNode } from '../interpreter/dispatch-tree.js';
import { PseudoOperation } from '../interpreter/operations.js';
import { ENTRY_OFFSET, HEAT_OFFSET } from '../../runtime/layout/memory-layout.js';
import { INTERPRETED_BECAUSE } from '../../runtime/layout/engine-counters.js';
import { archOffset, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import type { ConstantPool } from './constant-pool.js';
import { LocalPool, OperationLowering, type LoweringTarget } from './lower.js';
import type { Expression } from './operations.js';
import { LEFT } from './region-state.js';
import { REGION_PARAMETERS } from './region-support.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128, none };

export interface MainLoopInput {
  /** Operations of the main loop; several parts are executed one after the other, from neighbouring records. */
  readonly hot: readonly { readonly number: number; readonly parts: readonly (() => Statement[])[] }[];
  /** Operations below this number are dispatched by a branch table. */
  readonly tableEnd: number;
  /** Operations from this number on are dispatched by `tree`, whose positions start at treeStart - 1. */
  readonly treeStart: number;
  readonly tree: DispatchNode;
}

const long = (m: binaryen.Module, n: bigint): Expression =>
  (m.i64.const as unknown as (n: bigint) => Expression)(n);

/** The interpreter's variables. */
const variables = { record: i32, limit: i32, pcBias: i64, targetPc: i64, targetBtype: i32, targetRecord: i32, entry: i32 };
type Name = keyof typeof variables;
/** Those that lie in the vCPU block: used at branches only, or by `run`. */
type Stored = 'record' | 'limit' | 'pcBias';

/** `hot` gives this when the operation at the record must be run in its function form. */
const FUNCTION_FORM = -1;
/** Word of ControlState.exitInfo that says what is left of the budget. */
const LEFT_OF_BUDGET = controlFieldOffset.exitInfo + 12;

/** Code that `hot` and `run` share. Local 0 is the vCPU base in both; the other variables' locals follow. */
class Flow {
  readonly locals: Readonly<Record<Name, number>>;
  readonly types: binaryen.Type[];

  constructor(
    private readonly m: binaryen.Module,
    firstLocal: number,
    private readonly stored: readonly Stored[],
    /** What comes when the budget has been stored: at the end of a slice, and for any other reason. */
    private readonly leaving: { readonly slice: () => Expression; readonly other: (reason: Expression) => Expression },
  ) {
    const names = (Object.keys(variables) as Name[]).filter((n) => !stored.includes(n as Stored));
    this.locals = Object.fromEntries(names.map((n, i) => [n, firstLocal + i])) as Record<Name, number>;
    this.types = names.map((n) => variables[n]);
  }

  get(name: Name): Expression {
    const { m } = this;
    if (!this.stored.includes(name as Stored)) return m.local.get(this.locals[name], variables[name]);
    const offset = controlFieldOffset[name as Stored];
    return name === 'pcBias' ? m.i64.load(offset, 8, this.vcpu(), '0') : m.i32.load(offset, 4, this.vcpu(), '0');
  }
  set(name: Name, value: Expression): Expression {
    return this.stored.includes(name as Stored)
      ? this.store(name as Stored, value)
      : this.m.local.set(this.locals[name], value);
  }
  store(name: Stored, value: Expression): Expression {
    const { m } = this;
    const offset = controlFieldOffset[name];
    if (name === 'pcBias') return m.i64.store(offset, 8, this.vcpu(), value, '0');
    return m.i32.store(offset, 4, this.vcpu(), value, '0');
  }
  vcpu(): Expression {
    return this.m.local.get(0, i32);
  }
  /** Address of the instruction at the record: 16 record bytes stand for 4 code bytes. */
  pc(): Expression {
    const { m } = this;
    return m.i64.add(this.get('pcBias'), m.i64.extend_u(m.i32.shr_u(this.get('record'), m.i32.const(2))));
  }
  nextPc(): Expression {
    return this.m.i64.add(this.pc(), long(this.m, 4n));
  }
  storePc(value: Expression): Expression {
    return this.m.i64.store(archOffset.pc, 8, this.vcpu(), value, '0');
  }
  /** One instruction more has retired than the record tells. */
  retire(): Expression {
    const { m } = this;
    return this.set('limit', m.i32.sub(this.get('limit'), m.i32.const(16)));
  }
  advance(): Expression {
    const { m } = this;
    return this.set('record', m.i32.add(this.get('record'), m.i32.const(16)));
  }
  /** What is left of the budget. */
  remaining(): Expression {
    const { m } = this;
    return m.i32.shr_s(m.i32.sub(this.get('limit'), this.get('record')), m.i32.const(4));
  }
  private storeRemaining(): Expression {
    return this.m.i32.store(LEFT_OF_BUDGET, 4, this.vcpu(), this.remaining(), '0');
  }
  /** Leaves for a reason other than the end of the slice. */
  leave(reason: Expression): Expression {
    return this.m.block(null, [this.storeRemaining(), this.leaving.other(reason)], none);
  }
  leaveRetired(): Expression[] {
    const { m } = this;
    return [
      this.retire(),
      this.storePc(this.nextPc()),
      this.leave(m.i32.load(controlFieldOffset.exitReason, 4, this.vcpu(), '0')),
    ];
  }

  /** Looks targetPc up in the code TLB: sets targetRecord and pcBias, or leaves. */
  far(): Expression[] {
    const { m } = this;
    const target = (): Expression => this.get('targetPc');
    const field = (name: 'records' | 'flags'): Expression =>
      m.i32.load(VcpuLayout.codeTlb + CodeTlbEntry.offset[name], 4, this.get('entry'), '0');
    const tag = m.i64.or(
      m.i64.and(target(), long(m, -4096n)),
      m.select(
        m.i64.lt_s(target(), long(m, 0n)),
        m.i64.load(controlFieldOffset.fetchHigh, 8, this.vcpu(), '0'),
        m.i64.load(controlFieldOffset.fetchLow, 8, this.vcpu(), '0'),
      ),
    );
    const refuse = (reason: number): Expression =>
      m.block(null, [
        this.retire(),
        m.i64.store(controlFieldOffset.branchSource, 8, this.vcpu(), this.pc(), '0'),
        this.storePc(target()),
        m.i32.store(archOffset.btype, 4, this.vcpu(), this.get('targetBtype'), '0'),
        this.leave(m.i32.const(reason)),
      ], none);
    return [
      this.set(
        'entry',
        m.i32.add(this.vcpu(), m.i32.and(m.i32.wrap(m.i64.shr_u(target(), long(m, 8n))), m.i32.const(1023 << 4))),
      ),
      m.if(
        m.i64.ne(m.i64.load(VcpuLayout.codeTlb + CodeTlbEntry.offset.tag, 8, this.get('entry'), '0'), tag),
        refuse(ExitReason.Fetch),
      ),
      m.if(m.i32.and(m.i32.wrap(target()), m.i32.const(3)), refuse(ExitReason.Fetch)),
      m.if(
        m.i32.and(m.i32.ne(this.get('targetBtype'), m.i32.const(0)), m.i32.and(field('flags'), m.i32.const(1))),
        refuse(ExitReason.BranchTarget),
      ),
      this.set(
        'targetRecord',
        m.i32.add(field('records'), m.i32.shl(m.i32.and(m.i32.wrap(target()), m.i32.const(0xffc)), m.i32.const(2))),
      ),
      this.set('pcBias', m.i64.sub(target(), m.i64.extend_u(m.i32.shr_u(this.get('targetRecord'), m.i32.const(2))))),
    ];
  }

  private leaveSlice(): Expression {
    const { m } = this;
    return m.block(null, [this.storePc(this.pc()), this.storeRemaining(), this.leaving.slice()], none);
  }

  /** Counts a branch to the record, which was stored; leaves when that makes it hot. */
  heat(): Expression[] {
    const { m } = this;
    const at = (): Expression => m.i32.shr_u(this.get('record'), m.i32.const(2));
    const count = (): Expression => m.local.get(this.locals.entry, i32);
    return [
      m.local.set(this.locals.entry, m.i32.sub(m.i32.load(HEAT_OFFSET, 4, at(), '0'), m.i32.const(1))),
      m.i32.store(HEAT_OFFSET, 4, at(), count(), '0'),
      m.if(
        m.i32.eqz(count()),
        m.block(null, [this.storePc(this.pc()), this.leave(m.i32.const(ExitReason.Hot))], none),
      ),
    ];
  }

  /** Goes on at targetRecord; the branch itself retired. Leaves at the end of the budget, or on request. */
  taken(): Expression[] {
    const { m } = this;
    return [
      this.set(
        'limit',
        m.i32.add(this.get('limit'), m.i32.sub(m.i32.sub(this.get('targetRecord'), this.get('record')), m.i32.const(16))),
      ),
      this.set('record', this.get('targetRecord')),
      m.if(m.i32.le_s(this.get('limit'), this.get('record')), this.leaveSlice()),
      // Other threads set it; a plain load sees that soon enough, and costs no alignment check.
      m.if(m.i32.load(controlFieldOffset.exitRequest, 4, this.vcpu(), '0'), this.leaveSlice()),
    ];
  }
}

/** `hot(vcpu) -> ExitReason or FUNCTION_FORM`. */
function addHot(m: binaryen.Module, input: MainLoopInput, constants: ConstantPool): void {
  const flow = new Flow(m, 1, ['limit', 'pcBias'], {
    slice: () => m.return(m.i32.const(ExitReason.Slice)), other: (reason) => m.return(reason),
  });
  const pool = new LocalPool(1 + flow.types.length);
  const labels = { next: 'next', taken: 'taken', far: 'far', slow: 'slow', exitRetired: 'exit_retired', again: 'again' };
  const label = (n: number): string => `h${n}`;
  const table = new Array<string>(input.tableEnd).fill('slow');
  table[PseudoOperation.PageEnd] = label(PseudoOperation.PageEnd);
  const labelled = new Set<number>();
  const codes: { label: string; code: Expression }[] = [];
  for (const { number, parts } of input.hot) {
    pool.reset();
    let calls = false;
    const code = parts.map((emit, i) => {
      const target: LoweringTarget = {
        module: m, types, pool, vcpu: 0, record: flow.locals.record,
        loop: { labels, locals: flow.locals, offset: 16 * i, constants },
      };
      const lowering = new OperationLowering(target);
      const statements = emit();
      const lowered = i === parts.length - 1 ? lowering.lower(statements) : lowering.lowerThrough(statements);
      calls ||= lowering.calls;
      return lowered;
    });
    if (calls) continue;
    if (number < input.tableEnd) table[number] = label(number);
    labelled.add(number);
    codes.push({ label: label(number), code: code.length === 1 ? code[0] : m.block(null, code, none) });
  }
  const operation = (): Expression => flow.get('entry');
  const dispatch = (node: DispatchNode, first: number): Expression => {
    if (node.kind === 'leaf') {
      if (node.item === -1) return m.switch(table, 'slow', operation());
      const number = input.treeStart + first - 1;
      return m.br(labelled.has(number) ? label(number) : 'slow');
    }
    return m.if(
      m.i32.lt_u(operation(), m.i32.const(input.treeStart + node.at - 1)),
      dispatch(node.left, first), dispatch(node.right, node.at),
    );
  };
  // The innermost block dispatches; each enclosing block is followed by its operation's code.
  const pageEnd = label(PseudoOperation.PageEnd);
  let body: Expression[] = [
    m.block(pageEnd, [
      flow.set('entry', m.i32.load16_u(0, 2, flow.get('record'), '0')),
      dispatch(input.tree, 0),
    ], none),
    // behind the page's last record: no instruction, so nothing retires
    flow.set('limit', m.i32.add(flow.get('limit'), m.i32.const(16))),
    flow.set('targetPc', flow.pc()),
    flow.set('targetBtype', m.i32.const(0)),
    m.br('far'),
  ];
  for (const { label: name, code } of codes) body = [m.block(name, body, none), code];

  const slow = [
    flow.store('record', flow.get('record')),
    m.return(m.i32.const(FUNCTION_FORM)),
  ];
  const blocks = m.block('next', [
    m.block('taken', [
      m.block('far', [
        m.block('exit_retired', [m.block('slow', body, none), ...slow], none),
        ...flow.leaveRetired(),
      ], none),
      ...flow.far(),
    ], none),
    ...flow.taken(),
    ...flow.heat(),
    m.br('again'),
  ], none);
  const code = m.block(null, [
    // Changes nothing, but V8 knows of the result, unlike of a parameter, that its upper half is zero: one value less to keep.
    m.local.set(0, m.i32.and(flow.vcpu(), m.i32.const(-16))),
    flow.set('record', m.i32.load(controlFieldOffset.record, 4, flow.vcpu(), '0')),
    m.loop('again', m.block(null, [blocks, flow.advance(), m.br('again')], none)),
    m.unreachable(),
  ], i32);
  m.addFunction('hot', i32, i32, [...flow.types, ...pool.types], code);
}

/**
 * `run(vcpu, budget)`. Decides at each branch target, and behind each function form, between a region of translated code
 * and the main loop. The import `exit` deals with whatever else they leave for.
 */
function addRun(m: binaryen.Module): void {
  const STATUS = 2;
  /** Non-zero: the next instruction is executed by its function form, whatever starts there. */
  const ONE = 3;
  const TARGET = 4;
  /** Where translated code was entered last. */
  const ENTERED = 5;
  /** INTERPRETED_BECAUSE of the main loop's next run, and what was left of the budget when it began. */
  const WHY = 6;
  const BEFORE = 7;
  const flow = new Flow(m, 8, ['record', 'limit', 'pcBias'], { slice: () => m.return(), other: (reason) => handle(reason) });
  const status = (): Expression => m.local.get(STATUS, i32);
  const one = (): Expression => m.local.get(ONE, i32);
  const operation = (): Expression => m.i32.load16_u(0, 2, flow.get('record'), '0');
  const budget = (): Expression => m.i32.load(controlFieldOffset.budget, 4, flow.vcpu(), '0');
  const target = (): Expression => m.local.get(TARGET, i64);
  const is = (op: number): Expression => m.i32.eq(operation(), m.i32.const(op));
  const decodeFirst = (): Expression => m.if(
    is(PseudoOperation.Decode), m.block(null, [m.call('decode', [flow.get('record')], none), m.br('resume')], none),
  );
  const count = controlFieldOffset.instructionsTranslated;
  const page = m.i32.sub(
    flow.get('record'), m.i32.shl(m.i32.and(m.i32.wrap(flow.pc()), m.i32.const(0xffc)), m.i32.const(2)),
  );
  /** Adds to a counter, or to the one of an array that an index tells. */
  const add = (name: keyof typeof controlFieldOffset, by: () => Expression, index?: () => Expression): Expression => {
    const at = (): Expression =>
      index === undefined ? flow.vcpu() : m.i32.add(flow.vcpu(), m.i32.shl(index(), m.i32.const(3)));
    return m.i64.store(
      controlFieldOffset[name], 8, at(), m.i64.add(m.i64.load(controlFieldOffset[name], 8, at(), '0'), by()), '0',
    );
  };
  const bump = (name: keyof typeof controlFieldOffset, index?: () => Expression): Expression =>
    add(name, () => long(m, 1n), index);
  const why = (): Expression => m.local.get(WHY, i32);
  const heatOfRecord = m.i32.load(HEAT_OFFSET, 4, m.i32.shr_u(flow.get('record'), m.i32.const(2)), '0');
  const interpret = [
    m.if(m.i32.eqz(why()), m.local.set(WHY, m.i32.le_s(heatOfRecord, m.i32.const(0)))),
    m.local.set(BEFORE, flow.remaining()),
    m.local.set(STATUS, m.call('hot', [flow.vcpu()], i32)),
    add('interpreted', () => m.i64.extend_s(m.i32.sub(m.local.get(BEFORE, i32), m.select(
      m.i32.eq(status(), m.i32.const(FUNCTION_FORM)),
      flow.remaining(), m.i32.load(LEFT_OF_BUDGET, 4, flow.vcpu(), '0'),
    ))), why),
    m.local.set(WHY, m.i32.const(0)),
  ];
  /** LEFT_OF_BUDGET has been stored; the runtime says whether to go on, at the program counter. */
  function handle(reason: Expression): Expression {
    return m.block(null, [
      m.if(m.i32.eqz(m.call('exit', [reason], i32)), m.return()),
      flow.set('limit', m.i32.add(m.i32.shl(m.i32.load(LEFT_OF_BUDGET, 4, flow.vcpu(), '0'), m.i32.const(4)), m.i32.const(16))),
      flow.set('record', m.i32.const(0)),
      flow.set('targetPc', m.i64.load(archOffset.pc, 8, flow.vcpu(), '0')),
      flow.set('targetBtype', m.i32.const(0)),
      m.local.set(ONE, m.i32.const(0)),
      m.br('far'),
    ], none);
  }
  const enter = [
    bump('regionEntries'),
    m.local.set(ENTERED, flow.pc()),
    m.i32.store(controlFieldOffset.budget, 4, flow.vcpu(), flow.remaining(), '0'),
    m.i32.store(controlFieldOffset.regionReason, 4, flow.vcpu(), m.i32.const(0), '0'),
    m.i32.store(controlFieldOffset.flagsKind, 4, flow.vcpu(), m.i32.const(0), '0'),
    m.i64.store(
      controlFieldOffset.flagsA, 8, flow.vcpu(), m.i64.load32_u(archOffset.nzcv, 4, flow.vcpu(), '0'), '0',
    ),
    m.local.set(TARGET, m.call_indirect(
      'regions',
      m.i32.load16_u(ENTRY_OFFSET + 2, 2, m.i32.shr_u(flow.get('record'), m.i32.const(2)), '0'),
      [flow.vcpu(), page, m.i64.and(flow.pc(), long(m, -4096n)), m.i32.const(0)],
      REGION_PARAMETERS, i64,
    )),
    m.call('settleFlags', [flow.vcpu()], none),
    bump('regionLeft', () => m.i32.load(controlFieldOffset.regionReason, 4, flow.vcpu(), '0')),
    m.i64.store(
      count, 8, flow.vcpu(),
      m.i64.add(
        m.i64.load(count, 8, flow.vcpu(), '0'), m.i64.extend_s(m.i32.sub(flow.remaining(), budget())),
      ), '0',
    ),
    flow.set('record', m.i32.const(0)),
    flow.set('pcBias', m.i64.load(archOffset.pc, 8, flow.vcpu(), '0')),
    m.if(
      m.i64.eq(target(), long(m, LEFT)),
      m.block(null, [
        m.local.set(STATUS, m.i32.load(controlFieldOffset.exitReason, 4, flow.vcpu(), '0')),
        flow.set('limit', m.i32.shl(budget(), m.i32.const(4))),
        m.if(m.i32.ne(status(), m.i32.const(ExitReason.Interpret)), flow.leave(status())),
        flow.set('targetBtype', m.i32.const(0)),
        bump('regionInterprets'),
        m.local.set(WHY, m.i32.const(INTERPRETED_BECAUSE.indexOf('left'))),
        m.local.set(TARGET, m.i64.load(archOffset.pc, 8, flow.vcpu(), '0')),
        // another region may start there; one that cannot get on is not entered again
        m.local.set(ONE, m.i64.eq(target(), m.local.get(ENTERED, i64))),
      ], none),
      flow.set('targetBtype', m.i32.load(archOffset.btype, 4, flow.vcpu(), '0')),
    ),
    flow.set('targetPc', target()),
    flow.set('limit', m.i32.add(m.i32.shl(budget(), m.i32.const(4)), m.i32.const(16))),
    m.i32.store(archOffset.btype, 4, flow.vcpu(), m.i32.const(0), '0'),
    m.br('far'),
  ];
  const resume = m.loop('resume', m.block(null, [
    m.if(one(), m.block(null, [
      decodeFirst(),
      m.local.set(ONE, m.i32.const(0)),
    ], none), m.block(null, [
      m.if(is(PseudoOperation.EnterRegion), m.block(null, enter, none)),
      ...interpret,
      m.if(m.i32.eq(status(), m.i32.const(ExitReason.Slice)), m.return()),
      m.if(m.i32.ne(status(), m.i32.const(FUNCTION_FORM)), handle(status())),
      m.if(is(PseudoOperation.EnterRegion), m.br('resume')),
      decodeFirst(),
    ], none)),
    bump('functionForms'),
    m.local.set(
      STATUS,
      m.call_indirect(
        'operations', operation(), [flow.vcpu(), flow.get('record'), flow.pc()],
        binaryen.createType([i32, i32, i64]), i32,
      ),
    ),
    m.if(
      m.i32.eqz(status()),
      m.block(null, [flow.advance(), ...flow.heat(), m.br('resume')], none),
    ),
    m.if(
      m.i32.eq(status(), m.i32.const(Status.Jump)),
      m.block(null, [
        flow.set('targetPc', m.i64.load(archOffset.pc, 8, flow.vcpu(), '0')),
        flow.set('targetBtype', m.i32.load(archOffset.btype, 4, flow.vcpu(), '0')),
        m.i32.store(archOffset.btype, 4, flow.vcpu(), m.i32.const(0), '0'),
        m.br('far'),
      ], none),
    ),
    m.if(m.i32.eq(status(), m.i32.const(Status.ExitRetired)), flow.retire()),
    flow.leave(m.i32.load(controlFieldOffset.exitReason, 4, flow.vcpu(), '0')),
  ], none));
  const code = m.block(null, [
    flow.set('record', m.i32.const(0)),
    flow.set('limit', m.i32.add(m.i32.shl(m.local.get(1, i32), m.i32.const(4)), m.i32.const(16))),
    flow.set('targetPc', m.i64.load(archOffset.pc, 8, flow.vcpu(), '0')),
    flow.set('targetBtype', m.i32.const(0)),
    m.loop('far', m.block(null, [
      ...flow.far(), ...flow.taken(), m.if(m.i32.eqz(one()), m.block(null, flow.heat(), none)), resume,
    ], none)),
    m.unreachable(),
  ], none);
  m.addFunction('run', binaryen.createType([i32, i32]), none, [i32, i32, i64, i64, i32, i32, ...flow.types], code);
  m.addFunctionExport('run', 'run');
}

/** Adds `run` and what it needs, but for the table `operations`, the import `decode` and the bytes of `constants`. */
export function addMainLoop(m: binaryen.Module, input: MainLoopInput, constants: ConstantPool): void {
  addHot(m, input, constants);
  addRun(m);
}
