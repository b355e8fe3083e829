/** How the interpreter follows control: the main loop and the run loop share this code. */
import binaryen from 'binaryen';
import { ExitReason } from '../emitter/services.js';
import { HEAT_OFFSET } from '../../runtime/layout/memory-layout.js';
import { archOffset, CODE_TLB_INDEX, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { long } from './region-state.js';

const { i32, i64, none } = binaryen;

/** The interpreter's variables. */
const variables = { record: i32, limit: i32, pcBias: i64, targetPc: i64, targetBtype: i32, targetRecord: i32, entry: i32 };
type Name = keyof typeof variables;
/** Those that lie in the vCPU block: used at branches only, or by `run`. */
type Stored = 'record' | 'limit' | 'pcBias';

/** `hot` gives this when the operation at the record must be run in its function form. */
export const FUNCTION_FORM = -1;
/** And this at the place that translated code waits for. */
export const RETURNED = -2;
/** Word of ControlState.exitInfo that says what is left of the budget. */
export const LEFT_OF_BUDGET = controlFieldOffset.exitInfo + 12;

/** Code that `hot` and `run` share. Local 0 is the vCPU base in both; the other variables' locals follow. */
export class Flow {
  readonly locals: Readonly<Record<Name, number>>;
  readonly types: binaryen.Type[];

  constructor(
    private readonly m: binaryen.Module,
    firstLocal: number,
    private readonly stored: readonly Stored[],
    /** What comes when the budget has been stored: at the end of a slice, and for any other reason. */
    private readonly leaving: {
      readonly slice: () => Expression;
      readonly other: (reason: Expression) => Expression;
      /** At the place that translated code waits for; without it nobody waits. */
      readonly returned?: () => Expression;
    },
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
  storeRemaining(): Expression {
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
        m.i32.add(this.vcpu(), m.i32.and(m.i32.wrap(m.i64.shr_u(target(), long(m, BigInt(CODE_TLB_INDEX.shift)))), m.i32.const(CODE_TLB_INDEX.mask))),
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
      ...this.returned(target),
      this.set('pcBias', m.i64.sub(target(), m.i64.extend_u(m.i32.shr_u(this.get('targetRecord'), m.i32.const(2))))),
    ];
  }

  /** Has the branch been to where translated code waits? */
  private returned(target: () => Expression): Expression[] {
    const { m, leaving } = this;
    if (leaving.returned === undefined) return [];
    const field = (name: 'stopRecord' | 'stopPc'): number => controlFieldOffset[name];
    return [m.if(
      m.i32.eq(this.get('targetRecord'), m.i32.load(field('stopRecord'), 4, this.vcpu(), '0')),
      m.if(
        m.i32.and(
          m.i64.eq(target(), m.i64.load(field('stopPc'), 8, this.vcpu(), '0')), m.i32.eqz(this.get('targetBtype')),
        ),
        m.block(null, [this.retire(), this.storeRemaining(), leaving.returned()], none),
      ),
    )];
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

