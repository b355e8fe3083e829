/** Lowers the statements of one instruction in a region. */
import type binaryen from 'binaryen';
import type { AccessOptions, FlagsRecipe } from '../emitter/emitter.js';
import type { FlagsKind } from '../emitter/flags-kind.js';
import type { Statement, Value, ValueType, Variable } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import { exitsAfter, type ExitAfter } from '../emitter/services.js';
import { simplified } from '../region/constant-values.js';
import { indexOf, slotOf, softSetsFlags, type RegionInstruction } from '../region/instruction.js';
import { RegisterSet } from '../region/register-set.js';
import type { GroupMember } from '../region/access-groups.js';
import { baseOf, keptKey } from '../region/translations-kept.js';
import type { RegionLeft } from '../../runtime/layout/engine-counters.js';
import { archOffset, controlFieldOffset, DATA_TLB_INDEX, DataTlbEntry, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { XSlot } from '../../src/arch/state-layout.js';
import { sysregSlot } from '../../src/arch/sysreg/storage.js';
import { stateOffset } from './lower.js';
import { constant, isMemoryOperation, memoryOperation, pureOperation, type Expression } from './operations.js';
import type { RegionExits } from './region-exits.js';
import type { RegionFlags } from './region-flags.js';
import { LEFT, long, type RegionState } from './region-state.js';
import { f32, f64, i32, i64, none, v128 } from './types.js';

const types: Readonly<Record<ValueType, binaryen.Type>> = { i32, i64, f32, f64, v128 };

let loops = 0;

type KeptLocals = NonNullable<ReturnType<RegionState['keptTranslation']>>;

/** Where in its block an instruction is. */
export interface Place {
  readonly instruction: RegionInstruction;
  /** Registers dirty before it. */
  readonly dirty: RegisterSet;
  /** Instructions of the block from this one on. */
  readonly back: number;
  /** An earlier instruction of the block has found FP and AdvSIMD accessible. */
  readonly fpChecked: boolean;
  /** It is part of a loop. */
  readonly inLoop: boolean;
  /** Its access is one of a group. */
  readonly member: GroupMember | undefined;
}

export class InstructionLowering {
  private readonly m: binaryen.Module;
  private readonly locals = new Map<Value, number>();
  private readonly variables = new Map<number, number>();
  /** Where accesses that are used once find their bytes. */
  private readonly hosts = new Map<Value, () => Expression>();
  /** The condition of a conditional branch, after `lower`. */
  condition: Expression | undefined;

  constructor(
    private readonly state: RegionState,
    private readonly exits: RegionExits,
    private readonly flags: RegionFlags,
    private readonly place: Place,
    private readonly calls: Set<string>,
  ) {
    this.m = state.m;
  }

  lower(): Expression[] {
    this.state.pool.reset();
    return this.block(this.place.instruction.statements);
  }

  private leave(reason: RegionLeft, condition?: Expression): Expression[] {
    const { dirty, instruction, back } = this.place;
    return this.exits.leave(reason, dirty, instruction.offset, back, false, condition);
  }

  private block(statements: readonly Statement[]): Expression[] {
    const out: Expression[] = [];
    statements.forEach((s, i) => {
      if (s.kind !== 'value' || !isReadLater(s.value!, statements, i + 1)) this.statement(s, out);
    });
    return out;
  }

  private statement(s: Statement, out: Expression[]): void {
    const { m } = this;
    if (s.kind === 'value') this.valueStatement(s.value!, out);
    else if (s.kind === 'effect') this.effect(s, out);
    else if (s.kind === 'loop') {
      const label = `l${loops++}`;
      const body = this.block(s.then!);
      body.push(m.br(label, this.get(s.args![0])));
      out.push(m.loop(label, m.block(null, body, none)));
    } else this.conditional(s, out);
  }

  private valueStatement(value: Value, out: Expression[]): void {
    if (value.op === 'access') this.access(value, out);
    else if (value.uses === 0) return;
    else if (value.ordered ? !this.isStable(value) : value.uses > 1 && !isFree(value)) {
      const local = this.state.pool.allocate(types[value.type]);
      out.push(this.m.local.set(local, this.build(value)));
      this.locals.set(value, local);
    }
  }

  /** Reads that may be repeated wherever the value is used: nothing before the last statement changes it. */
  private isStable(value: Value): boolean {
    const { early } = this.place.instruction;
    switch (value.op) {
      case 'x.get':
      case 'w.get':
        return !early.hasX(slotOf(value.imm as Operand));
      case 'v.get':
      case 'v.get64':
      case 'v.get32':
      case 'v.get16':
      case 'v.get8':
        return !early.hasV(indexOf(value.imm as Operand));
      case 'condition':
        return value.uses === 1 && early.flags === 0;
      default:
        return false;
    }
  }

  private conditional(s: Statement, out: Expression[]): void {
    const { m, flags } = this;
    const test = s.args![0];
    const first = s.then!.length === 1 ? s.then![0] : undefined;
    if (first?.kind === 'effect' && /^branch\.(near|far)$/.test(first.op!)) {
      this.condition = this.get(test);
      return;
    }
    if (test.op === 'field32.get' && test.imm === 'fpTrapped') {
      if (!this.place.fpChecked) {
        out.push(...this.leave('fpTrapped', m.i32.load(controlFieldOffset.fpTrapped, 4, this.state.vcpu(), '0')));
      }
      return;
    }
    const condition = this.get(test);
    const before = flags.kind;
    const then = this.block(s.then!);
    const after = flags.kind;
    flags.kind = before;
    const otherwise = s.otherwise!.length ? this.block(s.otherwise!) : undefined;
    if (flags.kind !== after) flags.kind = undefined;
    out.push(m.if(
      condition, m.block(null, then, none), otherwise === undefined ? undefined : m.block(null, otherwise, none),
    ));
  }

  private get(value: Value): Expression {
    const expression = this.hosts.get(value);
    if (expression !== undefined) return expression();
    const local = this.locals.get(value);
    if (local !== undefined) return this.m.local.get(local, types[value.type]);
    return this.build(value);
  }

  private build(value: Value): Expression {
    const { m, state } = this;
    const { op, imm } = value;
    const simple = simplified(value);
    if (simple !== value) return this.get(simple);
    switch (op) {
      case 'const':
        return constant(m, value);
      case 'x.get':
        return state.getX(slotOf(imm as Operand));
      case 'w.get':
        return m.i32.wrap(state.getX(slotOf(imm as Operand)));
      case 'v.get':
        return state.getV(indexOf(imm as Operand));
      case 'v.get64':
        return m.i64x2.extract_lane(state.getV(indexOf(imm as Operand)), laneOf(imm as Operand, 8));
      case 'v.get32':
        return m.i32x4.extract_lane(state.getV(indexOf(imm as Operand)), laneOf(imm as Operand, 4));
      case 'v.get16':
        return m.i16x8.extract_lane_u(state.getV(indexOf(imm as Operand)), laneOf(imm as Operand, 2));
      case 'v.get8':
        return m.i8x16.extract_lane_u(state.getV(indexOf(imm as Operand)), laneOf(imm as Operand, 1));
      case 'nzcv.get':
        return this.flags.nzcv();
      case 'condition':
        return this.flags.condition(Number((imm as Operand).value));
      case 'variable.get':
        return m.local.get(this.variable(imm as Variable), types[value.type]);
      case 'pc':
        return state.address(this.place.instruction.offset);
      case 'field32.get':
        return m.i32.load(stateOffset(imm as string), 4, state.vcpu(), '0');
      case 'field64.get': {
        const { name, index } = imm as { name: string; index: number };
        return m.i64.load(stateOffset(name) + 8 * index, 8, state.vcpu(), '0');
      }
      case 'sysreg.get':
        return m.i64.load(archOffset.sysreg + 8 * sysregSlot(imm as string), 8, state.vcpu(), '0');
    }
    const short = this.floatInVector(value);
    if (short !== undefined) return short;
    if (this.isInGroup(op, value.args)) return this.inGroup(op, imm as number, value.args.slice(1).map((a) => this.get(a)));
    const args = value.args.map((a) => this.get(a));
    if (op.startsWith('call:')) {
      const name = op.slice(5);
      this.calls.add(name);
      return m.call(name, [state.vcpu(), ...args], types[value.type]);
    }
    if (isMemoryOperation(op)) return memoryOperation(m, op, imm as number, args);
    return pureOperation(m, value, args);
  }

  /** The value of an operation not to be put into a local of its own: it is part of a larger one. */
  private part(value: Value | undefined, op: string): Value | undefined {
    return value?.op === op && !this.locals.has(value) ? value : undefined;
  }

  /** Floating-point numbers taken from and put into vectors as such: the host would move them through an integer register. */
  private floatInVector(value: Value): Expression | undefined {
    const { m, state } = this;
    const { op, args, imm } = value;
    if (op === 'f64.reinterpret' || op === 'f32.reinterpret') {
      const [shape, read, bytes] = op === 'f64.reinterpret' ? [m.f64x2, 'v.get64', 8] as const : [m.f32x4, 'v.get32', 4] as const;
      const o = this.part(args[0], read)?.imm as Operand | undefined;
      return o && shape.extract_lane(state.getV(indexOf(o)), laneOf(o, bytes));
    }
    if (op !== 'i64x2.replace_lane' || imm !== 0) return undefined;
    const double = this.part(args[1], 'i64.reinterpret');
    if (double !== undefined) return m.f64x2.replace_lane(this.get(args[0]), 0, this.get(double.args[0]));
    const single = this.part(this.part(args[1], 'i64.extend_u')?.args[0], 'i32.reinterpret');
    // the lane above is to be zero, as it is in what SIMD&FP registers are written with
    if (single === undefined || args[0].op !== 'const' || (args[0].imm as number[]).some((byte) => byte !== 0)) return undefined;
    return m.f32x4.replace_lane(this.get(args[0]), 0, this.get(single.args[0]));
  }

  private variable(variable: Variable): number {
    let local = this.variables.get(variable.id);
    if (local === undefined) {
      local = this.state.pool.allocate(types[variable.type]);
      this.variables.set(variable.id, local);
    }
    return local;
  }

  private effect(s: Statement, out: Expression[]): void {
    const { m, state } = this;
    switch (s.op) {
      case 'branch.near':
      case 'branch.far':
        return; // the block's terminator
      case 'exception':
      case 'service':
        out.push(...this.leave('service'));
        return;
      case 'exitAfter':
        this.exitAfter(s, out);
        return;
      case 'fpSoft':
        this.soft(s, out);
        return;
    }
    if (this.isInGroup(s.op!, s.args!)) {
      out.push(this.inGroup(s.op!, s.imm as number, s.args!.slice(1).map((a) => this.get(a))));
      return;
    }
    const args = s.args!.map((a) => this.get(a));
    switch (s.op) {
      case 'x.set': {
        const slot = slotOf(s.imm as Operand);
        out.push(slot === XSlot.DISCARD ? m.drop(args[0]) : m.local.set(state.x(slot), args[0]));
        return;
      }
      case 'v.set':
        out.push(m.local.set(state.v(indexOf(s.imm as Operand)), args[0]));
        return;
      case 'nzcv.set':
        out.push(...this.flags.set('raw', [args[0]]));
        return;
      case 'flags.set': {
        const kind = `${s.imm as FlagsRecipe}.${s.args![0].type as 'i32' | 'i64'}` as FlagsKind;
        out.push(...this.flags.set(kind, args));
        return;
      }
      case 'variable.set':
        out.push(m.local.set(this.variable(s.imm as Variable), args[0]));
        return;
      case 'field32.set':
        out.push(m.i32.store(stateOffset(s.imm as string), 4, state.vcpu(), args[0], '0'));
        return;
      case 'field64.set': {
        const { name, index } = s.imm as { name: string; index: number };
        out.push(m.i64.store(stateOffset(name) + 8 * index, 8, state.vcpu(), args[0], '0'));
        return;
      }
      case 'sysreg.set':
        out.push(m.i64.store(archOffset.sysreg + 8 * sysregSlot(s.imm as string), 8, state.vcpu(), args[0], '0'));
        return;
      case 'branch.to':
        out.push(m.local.set(state.target, args[0]));
        return;
      case 'fence':
        out.push(m.if(
          m.i32.gt_u(m.i32.load(HeaderLayout.offset.vcpuCount, 4, m.i32.const(0), '0'), m.i32.const(1)),
          m.atomic.fence(),
        ));
        return;
      default:
        if (isMemoryOperation(s.op!)) out.push(memoryOperation(m, s.op!, s.imm as number, args));
        else throw new Error(`no effect ${s.op}`);
    }
  }

  /** The instruction has retired; back to the run loop, behind it. */
  private exitAfter(s: Statement, out: Expression[]): void {
    const { m, state } = this;
    const { dirty, instruction, back } = this.place;
    const now = dirty.copy();
    now.add(instruction.writes);
    const reason = exitsAfter[s.imm as ExitAfter];
    out.push(
      ...state.store(now),
      state.storeBudget(back - 1),
      m.i64.store(archOffset.pc, 8, state.vcpu(), state.address(instruction.offset + 4), '0'),
      m.i32.store(controlFieldOffset.exitReason, 4, state.vcpu(), m.i32.const(reason), '0'),
      m.return(long(m, LEFT)),
    );
  }

  /** The exact operation, on registers in memory. */
  private soft(s: Statement, out: Expression[]): void {
    const { m, state } = this;
    const code = this.get(s.args![0]);
    const places = s.imm as readonly { base: Operand | 'scratch'; offset: number }[];
    const used = new RegisterSet();
    const addresses = places.map(({ base, offset }) => {
      const vcpu = state.vcpu();
      if (base === 'scratch') return m.i32.add(vcpu, m.i32.const(controlFieldOffset.scratch + offset));
      if (base.kind === 'V') used.addV(indexOf(base));
      else used.addX(slotOf(base));
      const file = base.kind === 'V' ? archOffset.v : archOffset.x;
      return m.i32.add(vcpu, m.i32.const(file + Number(base.value) + offset));
    });
    const result = new RegisterSet();
    const { base } = places[0];
    if (base !== 'scratch' && base.kind === 'V') result.addV(indexOf(base));
    else if (base !== 'scratch') result.addX(slotOf(base));
    this.calls.add('fp');
    out.push(...state.store(used), m.call('fp', [code, ...addresses], none), ...state.load(result));
    if (softSetsFlags(s)) {
      out.push(...this.flags.set('raw', [m.i32.load(archOffset.nzcv, 4, state.vcpu(), '0')]));
    }
  }

  /** Finds the byte in memory, or leaves. */
  private access(value: Value, out: Expression[]): void {
    const { state, place: { member } } = this;
    if (member !== undefined) {
      if (member.first) this.findGroup(value, member, out);
      return;
    }
    const { m } = this;
    const { bytes, write, readWrite, unprivileged, align = 1 } = value.imm as { bytes: number } & AccessOptions;
    const address = state.pool.allocate(i64);
    const getAddress = (): Expression => m.local.get(address, i64);
    out.push(m.local.set(address, this.get(value.args[0])));
    const found = (host: () => Expression): void => {
      if (value.uses === 1) {
        this.hosts.set(value, host);
        return;
      }
      const local = state.pool.allocate(i32);
      this.locals.set(value, local);
      out.push(m.local.set(local, host()));
    };
    const stores = write === true || readWrite === true;
    const misaligned = (): Expression => m.i32.and(m.i32.wrap(getAddress()), m.i32.const(align - 1));
    const kept = unprivileged === true ? undefined : this.kept(value, stores);
    if (kept === undefined) {
      const { miss, addend } = this.probe(getAddress, bytes, stores, unprivileged === true);
      out.push(...this.leave('miss', align > 1 ? m.i32.or(miss, misaligned()) : miss));
      found(() => m.i32.add(m.i32.wrap(getAddress()), addend()));
      return;
    }
    // in a page that is looked up the byte is found without what is kept for the next time: pointers are followed one after the other
    const host = state.pool.allocate(i32);
    const within = (): Expression => m.i64.sub(getAddress(), m.local.get(kept.page, i64));
    const { miss, addend } = this.probe(getAddress, bytes, stores, false);
    out.push(
      m.if(
        m.i64.gt_u(within(), long(m, BigInt(4096 - bytes))),
        m.block(null, [
          ...this.leave('miss', miss),
          m.local.set(host, m.i32.add(m.i32.wrap(getAddress()), addend())),
          m.local.set(kept.page, m.i64.and(getAddress(), long(m, -4096n))),
          m.local.set(kept.host, m.i32.add(m.i32.wrap(m.local.get(kept.page, i64)), addend())),
        ], none),
        m.local.set(host, m.i32.add(m.i32.wrap(within()), m.local.get(kept.host, i32))),
      ),
      ...(align > 1 ? this.leave('miss', misaligned()) : []),
    );
    this.locals.set(value, host);
  }

  /** The kept translation that an access should use. */
  private kept(access: Value, stores: boolean): KeptLocals | undefined {
    const base = this.place.inLoop ? baseOf(access) : undefined;
    return base && this.state.keptTranslation(keptKey({ slot: base.slot, write: stores }));
  }
  /** Whether an operation is one on memory that a group's look-up has found. */
  private isInGroup(op: string, args: readonly Value[]): boolean {
    return this.place.member !== undefined && isMemoryOperation(op) && args[0]?.op === 'access';
  }
  /** A memory operation on bytes that a group's look-up has found. */
  private inGroup(op: string, offset: number, args: Expression[]): Expression {
    const { m, state } = this;
    const member = this.place.member!;
    const found = m.local.get(state.range(member.group.number), i32);
    return memoryOperation(m, op, member.offset + offset, [found, ...args]);
  }

  /** Finds all bytes of a group, which must be in one page, or leaves. */
  private findGroup(value: Value, { group, offset }: GroupMember, out: Expression[]): void {
    const { m, state } = this;
    const { span, write } = group;
    const low = state.pool.allocate(i64);
    const getLow = (): Expression => m.local.get(low, i64);
    const address = this.get(value.args[0]);
    out.push(m.local.set(low, offset === 0 ? address : m.i64.add(address, long(m, BigInt(-offset)))));
    const { miss, addend } = this.probe(getLow, span, write, false);
    out.push(
      ...this.leave('miss', miss),
      m.local.set(state.range(group.number), m.i32.add(m.i32.wrap(getLow()), addend())),
    );
  }

  /** The TLB probe (see DataTlbEntry): whether it fails, and what turns the address into a WasmOffset otherwise. */
  private probe(
    address: () => Expression, bytes: number, stores: boolean, unprivileged: boolean,
  ): { readonly miss: Expression; readonly addend: () => Expression } {
    const { m, state } = this;
    const entry = state.pool.allocate(i32);
    const index = m.i32.and(m.i32.wrap(m.i64.shr_u(address(), long(m, BigInt(DATA_TLB_INDEX.shift)))), m.i32.const(DATA_TLB_INDEX.mask));
    const load = (half: 'unprivilegedLow' | 'unprivilegedHigh'): Expression =>
      m.i64.load(controlFieldOffset[half], 8, state.vcpu(), '0');
    const context = unprivileged
      ? m.select(m.i64.lt_s(address(), long(m, 0n)), load('unprivilegedHigh'), load('unprivilegedLow'))
      : state.contextFor(address);
    const last = bytes > 1 ? m.i64.add(address(), long(m, BigInt(bytes - 1))) : address();
    const tag = m.i64.or(m.i64.and(last, long(m, -4096n)), context);
    const field = stores ? DataTlbEntry.offset.writeTag : DataTlbEntry.offset.readTag;
    const found = m.i64.load(VcpuLayout.dataTlb + field, 8, m.local.tee(entry, m.i32.add(state.vcpu(), index), i32), '0');
    return {
      miss: m.i64.ne(found, tag),
      addend: () => m.i32.load(VcpuLayout.dataTlb + DataTlbEntry.offset.addend, 4, m.local.get(entry, i32), '0'),
    };
  }
}

/**
 * Whether a value is read from memory for something that is done soon: it is read there then, and needs no local. What is done
 * before, reading and setting registers, makes no difference to it.
 */
function isReadLater(value: Value, statements: readonly Statement[], from: number): boolean {
  if (value.uses !== 1 || !isPlainLoad(value.op)) return false;
  for (let i = from; i < statements.length; i++) {
    const s = statements[i];
    if (s.kind === 'effect') {
      if (s.args!.some((a) => contains(a, value))) return true;
      if (s.op !== 'x.set' && s.op !== 'v.set') return false;
    } else if (s.kind !== 'value' || s.value!.op === 'access' || (isMemoryOperation(s.value!.op) && !isPlainLoad(s.value!.op))) {
      return false;
    }
  }
  return false;
}
const isPlainLoad = (op: string): boolean => isMemoryOperation(op) && !op.includes('atomic');
function contains(tree: Value, value: Value): boolean {
  return tree === value || tree.args.some((a) => contains(a, value));
}

/** Lane of `bytes` bytes that an operand names: elements are operands too. */
const laneOf = (o: Operand, bytes: number): number => (Number(o.value) & 15) / bytes;

/** Costs nothing to repeat. */
function isFree(value: Value): boolean {
  const { op } = simplified(value);
  return op === 'const' || op === 'pc';
}
