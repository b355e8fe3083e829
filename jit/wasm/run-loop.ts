/**
 * The loop that decides at each branch target, and behind each function form, between a region of translated code and the main
 * loop. There are three of it; `runExactly` is described at its class.
 *
 * `run(vcpu, budget)`: the import `exit` deals with whatever else they leave for.
 *
 * `finishCall(vcpu, target, return address, its record, depth) -> where to go on`: for translated code whose callee did not come
 * back to it. Goes on until control is at the return address. At anything out of the ordinary it gives LEFT, which goes up
 * through all callers (their state is in memory) to `run`: so no translated code waits while an exception is taken or returned
 * from, or the context is synchronized.
 */
import binaryen from 'binaryen';
import { ExitReason, Status } from '../emitter/services.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import { INTERPRETED_BECAUSE } from '../../runtime/layout/engine-counters.js';
import { ENTRY_OFFSET, HEAT_OFFSET, HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import { addRecall } from './code-recall.js';
import { Flow, FUNCTION_FORM, LEFT_OF_BUDGET, RETURNED } from './flow.js';
import type { Expression } from './operations.js';
import { DEPTH, LEFT, long } from './region-state.js';
import { REGION_PARAMETERS } from './region-support.js';

const { i32, i64, none } = binaryen;
const OPERATION = binaryen.createType([i32, i32, i64]);
type Field = keyof typeof controlFieldOffset;

/** What `run` and `finishCall` share. Local 0 is the vCPU. */
abstract class RunLoop {
  protected readonly locals: binaryen.Type[] = [];
  private readonly status: number;
  /** Non-zero: the next instruction is executed by its function form, whatever starts there. */
  private readonly one: number;
  /** What translated code gave. */
  protected readonly target: number;
  /** What was left of the budget when it was entered. */
  protected readonly budget: number;
  /** Where translated code was entered last. */
  private readonly entered: number;
  /** INTERPRETED_BECAUSE of the main loop's next run, and what was left of the budget when it began. */
  protected readonly why: number;
  private readonly before: number;
  private madeFlow: Flow | undefined;

  /** @param waitsFor the parameter that is the address to stop at */
  constructor(
    protected readonly m: binaryen.Module,
    protected readonly parameters: readonly binaryen.Type[],
    protected readonly waitsFor?: number,
  ) {
    this.status = this.local(i32);
    this.one = this.local(i32);
    this.target = this.local(i64);
    this.budget = this.local(i32);
    this.entered = this.local(i64);
    this.why = this.local(i32);
    this.before = this.local(i32);
  }

  /** Made when all locals have been declared. */
  protected get flow(): Flow {
    const { parameters, locals } = this;
    this.madeFlow ??= new Flow(this.m, parameters.length + locals.length, ['record', 'limit', 'pcBias'], {
      slice: () => this.slice(), other: (reason) => this.other(reason),
      ...(this.waitsFor === undefined ? {} : { returned: () => this.finish() }),
    });
    return this.madeFlow;
  }

  /** The slice has ended: PC and LEFT_OF_BUDGET have been stored. */
  protected abstract slice(): Expression;
  /** Any other reason. */
  protected abstract other(reason: Expression): Expression;
  /** The place to stop at has been reached: LEFT_OF_BUDGET has been stored. */
  protected abstract finish(): Expression;
  /** Translated code has been left for context synchronization; it is `run` that goes on behind it. */
  protected abstract synchronize(): Expression;
  /** Depth of a region entered from here. */
  protected abstract depth(): Expression;
  /** Counts instructions that were not executed by translated code. */
  protected abstract notTranslated(by: () => Expression): Expression[];
  /** Translated code is about to be entered. */
  protected abstract entering(): Expression[];
  /** Counts the instructions of translated code just left. */
  protected abstract translated(): Expression[];

  protected local(type: binaryen.Type): number {
    if (this.madeFlow !== undefined) throw new Error('locals come first');
    return this.parameters.length + this.locals.push(type) - 1;
  }
  protected get(local: number): Expression {
    const type = this.parameters[local] ?? this.locals[local - this.parameters.length];
    return this.m.local.get(local, type);
  }
  protected load32(name: Field): Expression {
    return this.m.i32.load(controlFieldOffset[name], 4, this.flow.vcpu(), '0');
  }
  protected store32(name: Field, value: Expression): Expression {
    return this.m.i32.store(controlFieldOffset[name], 4, this.flow.vcpu(), value, '0');
  }
  protected load64(name: Field): Expression {
    return this.m.i64.load(controlFieldOffset[name], 8, this.flow.vcpu(), '0');
  }
  protected store64(name: Field, value: Expression): Expression {
    return this.m.i64.store(controlFieldOffset[name], 8, this.flow.vcpu(), value, '0');
  }
  protected pc(): Expression {
    return this.m.i64.load(archOffset.pc, 8, this.flow.vcpu(), '0');
  }
  protected leftOfBudget(): Expression {
    return this.m.i32.load(LEFT_OF_BUDGET, 4, this.flow.vcpu(), '0');
  }
  /** Adds to a counter, or to the one of an array that an index tells. */
  protected add(name: Field, by: Expression, index?: () => Expression): Expression {
    const { m, flow } = this;
    const at = (): Expression =>
      index === undefined ? flow.vcpu() : m.i32.add(flow.vcpu(), m.i32.shl(index(), m.i32.const(3)));
    const now = m.i64.load(controlFieldOffset[name], 8, at(), '0');
    return m.i64.store(controlFieldOffset[name], 8, at(), m.i64.add(now, by), '0');
  }
  protected bump(name: Field, index?: () => Expression): Expression {
    return this.add(name, long(this.m, 1n), index);
  }
  /** So many instructions may be executed from the record that is set next. */
  protected setLimit(remaining: Expression): Expression {
    const { m } = this;
    return this.flow.set('limit', m.i32.add(m.i32.shl(remaining, m.i32.const(4)), m.i32.const(16)));
  }
  /** NZCV where translated code looks for it. */
  protected giveFlags(): Expression[] {
    const { m, flow } = this;
    return [
      this.store32('flagsKind', m.i32.const(0)),
      this.store64('flagsA', m.i64.load32_u(archOffset.nzcv, 4, flow.vcpu(), '0')),
    ];
  }

  private operation(): Expression {
    return this.m.i32.load16_u(0, 2, this.flow.get('record'), '0');
  }
  protected is(operation: number): Expression {
    return this.m.i32.eq(this.operation(), this.m.i32.const(operation));
  }
  private decodeFirst(): Expression {
    const { m, flow } = this;
    return m.if(this.is(PseudoOperation.Decode), m.block(null, [
      m.call('decode', [flow.get('record')], none), m.br('resume'),
    ], none));
  }

  /** LEFT_OF_BUDGET has been stored: goes on at the program counter. */
  protected goOn(): Expression[] {
    const { m, flow } = this;
    return [
      this.setLimit(this.leftOfBudget()),
      flow.set('record', m.i32.const(0)),
      flow.set('targetPc', this.pc()),
      flow.set('targetBtype', m.i32.const(0)),
      m.local.set(this.one, m.i32.const(0)),
      m.br('far'),
    ];
  }

  /** Goes on when all that was missing is in the second level of the code TLB. @param reason local with that of an exit */
  protected recall(reason: number): Expression[] {
    const { m, flow } = this;
    return [m.if(
      m.i32.eq(this.get(reason), m.i32.const(ExitReason.Fetch)),
      m.if(m.call('recall', [flow.vcpu()], i32), m.block(null, this.goOn(), none)),
    )];
  }

  /** Translated code has left one instruction to the interpreter, at the program counter. */
  protected interpretOne(): Expression[] {
    const { m, flow } = this;
    return [
      flow.set('targetBtype', m.i32.const(0)),
      this.bump('regionInterprets'),
      m.local.set(this.why, m.i32.const(INTERPRETED_BECAUSE.indexOf('left'))),
      m.local.set(this.target, this.pc()),
      // another region may start there; one that cannot get on is not entered again
      m.local.set(this.one, m.i64.eq(this.get(this.target), this.get(this.entered))),
    ];
  }

  /** Translated code gave `target`: the variables as behind a branch there. */
  protected goToTarget(): Expression[] {
    const { m, flow } = this;
    return [
      flow.set('targetPc', this.get(this.target)),
      this.setLimit(this.load32('budget')),
      m.i32.store(archOffset.btype, 4, flow.vcpu(), m.i32.const(0), '0'),
    ];
  }

  /** Enters the region at the record. */
  private enter(): Expression[] {
    const { m, flow } = this;
    const page = m.i32.sub(
      flow.get('record'), m.i32.shl(m.i32.and(m.i32.wrap(flow.pc()), m.i32.const(0xffc)), m.i32.const(2)),
    );
    const slot = m.i32.load16_u(ENTRY_OFFSET + 2, 2, m.i32.shr_u(flow.get('record'), m.i32.const(2)), '0');
    const status = (): Expression => this.get(this.status);
    const left = (reason: number): Expression => m.i32.eq(status(), m.i32.const(reason));
    return [
      this.bump('regionEntries'),
      m.local.set(this.entered, flow.pc()),
      m.local.set(this.why, m.i32.const(0)),
      m.local.set(this.budget, flow.remaining()),
      this.store32('budget', this.get(this.budget)),
      ...this.entering(),
      this.store32('regionReason', m.i32.const(0)),
      ...this.giveFlags(),
      m.local.set(this.target, m.call_indirect(
        'regions', slot, [flow.vcpu(), page, m.i64.and(flow.pc(), long(m, -4096n)), this.depth()], REGION_PARAMETERS, i64,
      )),
      m.call('settleFlags', [flow.vcpu()], none),
      this.bump('regionLeft', () => this.load32('regionReason')),
      ...this.translated(),
      flow.set('record', m.i32.const(0)),
      flow.set('pcBias', this.pc()),
      m.if(
        m.i64.eq(this.get(this.target), long(m, LEFT)),
        m.block(null, [
          m.local.set(this.status, this.load32('exitReason')),
          flow.set('limit', m.i32.shl(this.load32('budget'), m.i32.const(4))),
          m.if(left(ExitReason.Slice), m.block(null, [flow.storeRemaining(), this.slice()], none)),
          m.if(left(ExitReason.Synchronize), m.block(null, [flow.storeRemaining(), this.synchronize()], none)),
          m.if(m.i32.ne(status(), m.i32.const(ExitReason.Interpret)), flow.leave(status())),
          ...this.interpretOne(),
        ], none),
        flow.set('targetBtype', m.i32.load(archOffset.btype, 4, flow.vcpu(), '0')),
      ),
      ...this.goToTarget(),
      m.br('far'),
    ];
  }

  /** The main loop, from the record on. */
  protected interpret(): Expression[] {
    const { m, flow } = this;
    const heat = m.i32.load(HEAT_OFFSET, 4, m.i32.shr_u(flow.get('record'), m.i32.const(2)), '0');
    const executed = (): Expression => m.i64.extend_s(m.i32.sub(this.get(this.before), m.select(
      m.i32.eq(this.get(this.status), m.i32.const(FUNCTION_FORM)), flow.remaining(), this.leftOfBudget(),
    )));
    return [
      m.if(m.i32.eqz(this.get(this.why)), m.local.set(this.why, m.i32.le_s(heat, m.i32.const(0)))),
      m.local.set(this.before, flow.remaining()),
      m.local.set(this.status, m.call('hot', [flow.vcpu()], i32)),
      this.add('interpreted', executed(), () => this.get(this.why)),
      ...this.notTranslated(executed),
      m.local.set(this.why, m.i32.const(0)),
      m.if(
        m.i32.eq(this.get(this.status), m.i32.const(ExitReason.Slice)),
        this.slice(),
      ),
      ...(this.waitsFor === undefined
        ? []
        : [m.if(m.i32.eq(this.get(this.status), m.i32.const(RETURNED)), this.finish())]),
      m.if(m.i32.ne(this.get(this.status), m.i32.const(FUNCTION_FORM)), this.other(this.get(this.status))),
    ];
  }

  /** The function form of the instruction at the record. */
  private perform(): Expression[] {
    const { m, flow } = this;
    const status = (): Expression => this.get(this.status);
    const is = (value: number): Expression => m.i32.eq(status(), m.i32.const(value));
    return [
      m.local.set(this.status, m.call_indirect(
        'operations', this.operation(), [flow.vcpu(), flow.get('record'), flow.pc()], OPERATION, i32,
      )),
      m.if(m.i32.ne(status(), m.i32.const(Status.Exit)), m.block(null, [
        this.bump('functionForms'), ...this.notTranslated(() => long(m, 1n)),
      ], none)),
      m.if(m.i32.eqz(status()), m.block(null, [flow.advance(), ...flow.heat(), m.br('resume')], none)),
      m.if(is(Status.Jump), m.block(null, [
        flow.set('targetPc', this.pc()),
        flow.set('targetBtype', m.i32.load(archOffset.btype, 4, flow.vcpu(), '0')),
        m.i32.store(archOffset.btype, 4, flow.vcpu(), m.i32.const(0), '0'),
        m.br('far'),
      ], none)),
      m.if(is(Status.ExitRetired), flow.retire()),
      flow.leave(this.load32('exitReason')),
    ];
  }

  /** From targetPc on, for good. */
  protected loop(): Expression {
    const { m, flow } = this;
    const one = (): Expression => this.get(this.one);
    const resume = m.loop('resume', m.block(null, [
      m.if(
        one(),
        m.block(null, [this.decodeFirst(), m.local.set(this.one, m.i32.const(0))], none),
        m.block(null, [
          m.if(this.is(PseudoOperation.EnterRegion), m.block(null, this.enter(), none)),
          ...this.interpret(),
          m.if(this.is(PseudoOperation.EnterRegion), m.br('resume')),
          this.decodeFirst(),
        ], none),
      ),
      ...this.perform(),
    ], none));
    return m.loop('far', m.block(null, [
      ...flow.far(), ...flow.taken(), m.if(m.i32.eqz(one()), m.block(null, flow.heat(), none)), resume,
    ], none));
  }

  get types(): binaryen.Type[] {
    return [...this.locals, ...this.flow.types];
  }
}

class Run extends RunLoop {
  private readonly reason = this.local(i32);

  constructor(m: binaryen.Module) {
    super(m, [i32, i32]);
  }

  protected override slice(): Expression {
    return this.m.return();
  }
  /** The runtime deals with the reason, and says whether to go on, at the program counter. */
  protected override other(reason: Expression): Expression {
    const { m } = this;
    return m.block(null, [
      m.local.set(this.reason, reason),
      ...this.recall(this.reason),
      m.if(
        m.i32.ne(this.get(this.reason), m.i32.const(ExitReason.Synchronize)),
        m.if(m.i32.eqz(m.call('exit', [this.get(this.reason)], i32)), m.return()),
      ),
      ...this.goOn(),
    ], none);
  }
  protected override synchronize(): Expression {
    return this.m.block(null, this.goOn(), none);
  }
  protected override finish(): Expression {
    throw new Error('run waits for nothing');
  }
  protected override depth(): Expression {
    return this.m.i32.const(0);
  }
  protected override notTranslated(): Expression[] {
    return [];
  }
  protected override entering(): Expression[] {
    const { m } = this;
    return [this.store32('seenReleases', m.i32.load(HeaderLayout.offset.codeReleases, 4, m.i32.const(0), '0'))];
  }
  protected override translated(): Expression[] {
    const { m } = this;
    const executed = m.i32.sub(this.get(this.budget), this.load32('budget'));
    return [this.add('instructionsTranslated', m.i64.extend_s(executed))];
  }

  build(name: string): void {
    const { m, flow } = this;
    m.addFunction(name, binaryen.createType([...this.parameters]), none, this.types, m.block(null, [
      flow.set('record', m.i32.const(0)),
      this.setLimit(m.local.get(1, i32)),
      this.store32('stopRecord', m.i32.const(0)),
      flow.set('targetPc', this.pc()),
      flow.set('targetBtype', m.i32.const(0)),
      this.loop(),
      m.unreachable(),
    ], none));
    m.addFunctionExport(name, name);
  }
}

/**
 * `runExactly(vcpu, budget)`: as `run`, but executes no instruction more than the budget, provided that translated code does not
 * either. Function forms take the place of the main loop, which looks at the budget at branches only; so it is for the end of
 * a run that has to stop at an exact count. A target in another page is fetched before it stops, as `run` does.
 */
class RunExactly extends Run {
  protected override interpret(): Expression[] {
    const { m, flow } = this;
    return [m.if(
      this.is(PseudoOperation.PageEnd),
      m.block(null, [
        // no instruction, so nothing retires
        flow.set('limit', m.i32.add(flow.get('limit'), m.i32.const(16))),
        flow.set('targetPc', flow.pc()),
        flow.set('targetBtype', m.i32.const(0)),
        m.br('far'),
      ], none),
      m.if(
        m.i32.le_s(flow.remaining(), m.i32.const(0)),
        m.block(null, [flow.storePc(flow.pc()), flow.storeRemaining(), this.slice()], none),
      ),
    )];
  }
}

/** Parameters of `finishCall` behind the vCPU. */
const [TARGET, RETURN, RECORD, DEPTH_OF] = [1, 2, 3, 4];

class FinishCall extends RunLoop {
  /** What a caller further up waits for. */
  private readonly outerRecord = this.local(i32);
  private readonly outerPc = this.local(i64);
  /** Of an exit. */
  private readonly reason = this.local(i32);
  private readonly pcBefore = this.local(i64);
  private readonly leftBefore = this.local(i32);

  constructor(m: binaryen.Module) {
    super(m, [i32, i64, i64, i32, i32], RETURN);
  }

  /** The state where translated code and its callers look for it. */
  private restore(): Expression[] {
    return [
      this.store32('budget', this.leftOfBudget()),
      this.store32('stopRecord', this.get(this.outerRecord)),
      this.store64('stopPc', this.get(this.outerPc)),
      ...this.giveFlags(),
    ];
  }
  /** Gives up, for `run` to deal with the reason. */
  private give(reason: Expression): Expression {
    const { m } = this;
    return m.block(null, [this.store32('exitReason', reason), ...this.restore(), m.return(long(m, LEFT))], none);
  }
  protected override finish(): Expression {
    return this.m.block(null, [...this.restore(), this.m.return(this.get(RETURN))], none);
  }
  protected override slice(): Expression {
    return this.give(this.m.i32.const(ExitReason.Slice));
  }
  protected override synchronize(): Expression {
    return this.give(this.m.i32.const(ExitReason.Synchronize));
  }
  /** Goes on when the runtime did nothing but find the code of a page. */
  protected override other(reason: Expression): Expression {
    const { m } = this;
    const is = (value: number): Expression => m.i32.eq(this.get(this.reason), m.i32.const(value));
    const released = m.i32.ne(
      this.load32('seenReleases'), m.i32.load(HeaderLayout.offset.codeReleases, 4, m.i32.const(0), '0'),
    );
    return m.block(null, [
      m.local.set(this.reason, reason),
      m.if(
        m.i32.and(m.i32.ne(this.get(this.reason), m.i32.const(ExitReason.Fetch)), m.i32.eqz(is(ExitReason.BranchTarget))),
        this.give(this.get(this.reason)),
      ),
      ...this.recall(this.reason),
      m.local.set(this.pcBefore, this.pc()),
      m.local.set(this.leftBefore, this.leftOfBudget()),
      m.local.set(this.reason, m.call('exit', [this.get(this.reason)], i32)),
      ...this.notTranslated(() => m.i64.extend_s(m.i32.sub(this.get(this.leftBefore), this.leftOfBudget()))),
      m.if(m.i32.eqz(this.get(this.reason)), this.slice()),
      m.if(m.i32.or(m.i64.ne(this.pc(), this.get(this.pcBefore)), released), this.synchronize()),
      ...this.goOn(),
    ], none);
  }
  protected override depth(): Expression {
    return this.get(DEPTH_OF);
  }
  protected override notTranslated(by: () => Expression): Expression[] {
    return [this.add('instructionsTranslated', this.m.i64.sub(long(this.m, 0n), by()))];
  }
  protected override entering(): Expression[] {
    return [];
  }
  protected override translated(): Expression[] {
    return [];
  }

  build(): void {
    const { m, flow } = this;
    const left = (): Expression => m.i64.eq(this.get(TARGET), long(m, LEFT));
    m.addFunction('finishCall', binaryen.createType([...this.parameters]), i64, this.types, m.block(null, [
      m.if(
        m.i32.or(
          m.i32.gt_u(this.get(DEPTH_OF), m.i32.const(DEPTH)),
          m.i32.and(left(), m.i32.ne(this.load32('exitReason'), m.i32.const(ExitReason.Interpret))),
        ),
        m.return(this.get(TARGET)),
      ),
      m.local.set(this.outerRecord, this.load32('stopRecord')),
      m.local.set(this.outerPc, this.load64('stopPc')),
      this.store32('stopRecord', this.get(RECORD)),
      this.store64('stopPc', this.get(RETURN)),
      m.call('settleFlags', [flow.vcpu()], none),
      flow.set('record', m.i32.const(0)),
      flow.set('pcBias', this.pc()),
      m.local.set(this.target, this.get(TARGET)),
      m.if(
        left(), m.block(null, this.interpretOne(), none),
        flow.set('targetBtype', m.i32.load(archOffset.btype, 4, flow.vcpu(), '0')),
      ),
      ...this.goToTarget(),
      this.loop(),
      m.unreachable(),
    ], i64));
  }
}

/** Adds `run` and `finishCall`. */
export function addRunLoops(m: binaryen.Module): void {
  addRecall(m);
  new Run(m).build('run');
  new RunExactly(m).build('runExactly');
  new FinishCall(m).build();
}
