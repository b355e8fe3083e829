/**
 * Lowers the semantics of one operation to wasm for the interpreter, in one of two forms.
 * Main-loop form: leaves to the labels of the loop; anything unusual goes to the label `slow`, which runs the function form.
 * Function form: a function (vcpu, record, pc) giving a Status.
 */
import type binaryen from 'binaryen';
import { exceptionReasons, exitsAfter, serviceNames, Status, type ExitAfter } from '../emitter/services.js';
import type { Operand } from '../emitter/operand.js';
import type { Statement, Value, ValueType, Variable } from '../emitter/ir.js';
import type { AccessOptions } from '../emitter/emitter.js';
import { archOffset, controlFieldOffset, DATA_TLB_INDEX, DataTlbEntry, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { sysregSlot } from '../../src/arch/sysreg/storage.js';
import { ConstantPool } from './constant-pool.js';
import { constant, memoryOperation, pureOperation, type Expression } from './operations.js';

/** Byte offset from the vCPU base of a state field named in semantics. */
export function stateOffset(name: string): number {
  const offset =
    (archOffset as Record<string, number>)[name] ?? (controlFieldOffset as Record<string, number>)[name];
  if (offset === undefined) throw new Error(`no state field ${name}`);
  return offset;
}

/** Numbers loop labels: several operations may share a function. */
let loops = 0;

/** Element size in the flags of an access: 1 + log2 of the bytes in bits 6..4, 0 for sizes that are no element. */
function elementField(bytes: number): number {
  return bytes <= 16 && (bytes & (bytes - 1)) === 0 ? (1 + Math.log2(bytes)) << 4 : 0;
}

/** Hands out wasm locals; `reset` lets the next operation use them again. */
export class LocalPool {
  readonly types: binaryen.Type[] = [];
  private readonly byType = new Map<binaryen.Type, number[]>();
  private readonly taken = new Map<binaryen.Type, number>();

  constructor(private readonly firstIndex: number) {}

  allocate(type: binaryen.Type): number {
    let all = this.byType.get(type);
    if (!all) this.byType.set(type, (all = []));
    const n = this.taken.get(type) ?? 0;
    this.taken.set(type, n + 1);
    if (n === all.length) {
      all.push(this.firstIndex + this.types.length);
      this.types.push(type);
    }
    return all[n];
  }
  reset(): void {
    this.taken.clear();
  }
  /** A local that `reset` does not free. */
  pin(type: binaryen.Type): number {
    this.types.push(type);
    return this.firstIndex + this.types.length - 1;
  }
}

/** Labels of the main loop an operation may leave to. */
export interface LoopLabels {
  readonly next: string;
  /** Dispatches at `record`, where `next` goes to the record behind it. */
  readonly again: string;
  /** `targetRecord` holds the record to go on at, in this page. */
  readonly taken: string;
  /** `targetPc` holds the address to go on at. */
  readonly far: string;
  readonly slow: string;
  /** exitReason is stored, the instruction retired. */
  readonly exitRetired: string;
}

export interface LoopLocals {
  readonly targetRecord: number;
  readonly targetPc: number;
  readonly targetBtype: number;
}

export interface LoweringTarget {
  readonly module: binaryen.Module;
  readonly types: Readonly<Record<ValueType, binaryen.Type>> & { readonly none: binaryen.Type };
  readonly pool: LocalPool;
  /** Local holding the vCPU base, and the record's address. */
  readonly vcpu: number;
  readonly record: number;
  /**
   * Main loop: its labels and locals, and how many bytes behind the local `record` this operation's record lies, which
   * is not 0 for the later parts of a fused operation; whoever leaves makes up for it.
   */
  readonly loop?: {
    readonly labels: LoopLabels;
    readonly locals: LoopLocals;
    readonly offset: number;
    readonly constants: ConstantPool;
  };
  readonly pcLocal?: number;
}

export class OperationLowering {
  private readonly m: binaryen.Module;
  private readonly locals = new Map<Value, number>();
  private readonly variables = new Map<number, number>();
  private writes = false;
  /** Whether the lowered code calls a function. */
  calls = false;

  constructor(private readonly target: LoweringTarget) {
    this.m = target.module;
  }

  /** The operation's body: statements, then the way to the next instruction. */
  lower(statements: readonly Statement[]): Expression {
    const { m, target } = this;
    const body = this.block(statements);
    if (target.loop) {
      const { offset, labels } = target.loop;
      if (offset === 0) {
        body.push(m.br(labels.next));
      } else {
        const next = m.i32.add(this.record(), m.i32.const(offset + 16));
        body.push(m.local.set(target.record, next), m.br(labels.again));
      }
      return m.block(null, body, target.types.none);
    }
    if (this.writes) {
      const pending = m.i32.load(controlFieldOffset.bouncePending, 4, this.vcpu(), '0');
      body.push(m.if(pending, m.if(m.call('commit', [], target.types.i32), m.return(m.i32.const(Status.Exit)))));
    }
    body.push(m.i32.const(Status.Next));
    return m.block(null, body, target.types.i32);
  }

  /** The statements alone, for all but the last of several fused operations. */
  lowerThrough(statements: readonly Statement[]): Expression {
    return this.m.block(null, this.block(statements), this.target.types.none);
  }

  /** A library function's body; each parameter's `imm` is its wasm local. */
  lowerFunction(parameters: readonly Value[], statements: readonly Statement[], result: Value): Expression {
    for (const p of parameters) this.locals.set(p, p.imm as number);
    const body = this.block(statements);
    body.push(this.get(result));
    return this.m.block(null, body, this.target.types[result.type]);
  }

  /** Main loop: goes to one of its labels, with `record` at this operation's record. */
  private leave(label: keyof LoopLabels): Expression {
    const { m, target } = this;
    const { labels, offset } = target.loop!;
    if (offset === 0) return m.br(labels[label]);
    const record = m.i32.add(this.record(), m.i32.const(offset));
    return m.block(null, [m.local.set(target.record, record), m.br(labels[label])], target.types.none);
  }

  private vcpu(): Expression {
    return this.m.local.get(this.target.vcpu, this.target.types.i32);
  }
  private record(): Expression {
    return this.m.local.get(this.target.record, this.target.types.i32);
  }
  private field(o: Operand): Expression {
    const { m } = this;
    const at = o.at + (this.target.loop?.offset ?? 0);
    if (o.kind === 'imm64') return m.i64.load(at, 8, this.record(), '0');
    if (o.kind === 'imm32') return m.i32.load(at, 4, this.record(), '0');
    return m.i32.load16_u(at, 2, this.record(), '0');
  }
  private registerAddress(o: Operand): Expression {
    return this.m.i32.add(this.vcpu(), this.field(o));
  }

  /** Address of a register of either file, or of the scratch field. */
  private place(base: Operand | 'scratch', offset: number): Expression {
    const { m } = this;
    if (base === 'scratch') return m.i32.add(this.vcpu(), m.i32.const(controlFieldOffset.scratch + offset));
    const file = base.kind === 'X' ? archOffset.x : archOffset.v;
    return m.i32.add(this.registerAddress(base), m.i32.const(file + offset));
  }

  private block(statements: readonly Statement[]): Expression[] {
    const out: Expression[] = [];
    for (const s of statements) this.statement(s, out);
    return out;
  }

  private statement(s: Statement, out: Expression[]): void {
    const { m, target } = this;
    if (s.kind === 'value') {
      const value = s.value!;
      if (value.op === 'access') {
        this.access(value, out);
      } else if ((value.ordered || value.uses > 1) && value.uses > 0) {
        const local = target.pool.allocate(target.types[value.type]);
        out.push(m.local.set(local, this.build(value)));
        this.locals.set(value, local);
      }
    } else if (s.kind === 'loop') {
      const label = `loop${loops++}`;
      const body = this.block(s.then!);
      body.push(m.br(label, this.get(s.args![0])));
      out.push(m.loop(label, m.block(null, body, target.types.none)));
    } else if (s.kind === 'if') {
      const condition = this.get(s.args![0]);
      const then = m.block(null, this.block(s.then!), target.types.none);
      const otherwise = s.otherwise!.length ? m.block(null, this.block(s.otherwise!), target.types.none) : undefined;
      out.push(m.if(condition, then, otherwise));
    } else {
      this.effect(s, out);
    }
  }

  /** The value for use now: a local, a constant, or its whole tree. */
  private get(value: Value): Expression {
    const local = this.locals.get(value);
    if (local !== undefined) return this.m.local.get(local, this.target.types[value.type]);
    if (value.ordered) throw new Error(`${value.op} used before it was read`);
    return this.build(value);
  }

  /** Operand `index` of an operation or effect. */
  private operand(value: Value, operation: string, index: number): Expression {
    const pool = this.target.loop?.constants;
    if (pool && value.op === 'const' && ConstantPool.wants(value, operation, index)) return pool.load(value);
    return this.get(value);
  }

  private build(value: Value): Expression {
    const { m } = this;
    const { op, imm } = value;
    const x = archOffset.x;
    const v = archOffset.v;
    switch (op) {
      case 'const':
        return constant(m, value);
      case 'imm':
        return this.field(imm as Operand);
      case 'x.get':
        return m.i64.load(x, 8, this.registerAddress(imm as Operand), '0');
      case 'w.get':
        return m.i32.load(x, 4, this.registerAddress(imm as Operand), '0');
      case 'v.get':
        return m.v128.load(v, 16, this.registerAddress(imm as Operand), '0');
      case 'v.get64':
        return m.i64.load(v, 8, this.registerAddress(imm as Operand), '0');
      case 'v.get32':
        return m.i32.load(v, 4, this.registerAddress(imm as Operand), '0');
      case 'v.get16':
        return m.i32.load16_u(v, 2, this.registerAddress(imm as Operand), '0');
      case 'v.get8':
        return m.i32.load8_u(v, 1, this.registerAddress(imm as Operand), '0');
      case 'nzcv.get':
        return m.i32.load(archOffset.nzcv, 4, this.vcpu(), '0');
      case 'variable.get':
        return m.local.get(this.variable(imm as Variable), this.target.types[value.type]);
      case 'pc':
        return this.pc();
      case 'field32.get':
        return m.i32.load(stateOffset(imm as string), 4, this.vcpu(), '0');
      case 'field64.get': {
        const { name, index } = imm as { name: string; index: number };
        return m.i64.load(stateOffset(name) + 8 * index, 8, this.vcpu(), '0');
      }
      case 'sysreg.get':
        return m.i64.load(archOffset.sysreg + 8 * sysregSlot(imm as string), 8, this.vcpu(), '0');
    }
    const args = value.args.map((a, i) => this.operand(a, op, i));
    if (op.startsWith('call:')) {
      this.calls = true;
      return m.call(op.slice(5), [this.vcpu(), ...args], this.target.types[value.type]);
    }
    if (/\.(load|atomic)/.test(op)) return memoryOperation(m, op, imm as number, args);
    return pureOperation(m, value, args);
  }

  private variable(variable: Variable): number {
    let local = this.variables.get(variable.id);
    if (local === undefined) {
      local = this.target.pool.allocate(this.target.types[variable.type]);
      this.variables.set(variable.id, local);
    }
    return local;
  }

  private pc(): Expression {
    const { m, target } = this;
    if (target.pcLocal !== undefined) return m.local.get(target.pcLocal, target.types.i64);
    const start = m.i64.add(
      m.i64.load(controlFieldOffset.pcBias, 8, this.vcpu(), '0'),
      m.i64.extend_u(m.i32.shr_u(this.record(), m.i32.const(2))),
    );
    const { offset } = target.loop!;
    return offset === 0 ? start : m.i64.add(start, constant(m, { type: 'i64', imm: BigInt(offset / 4) } as Value));
  }

  private storePc(pc: Expression): Expression {
    return this.m.i64.store(archOffset.pc, 8, this.vcpu(), pc, '0');
  }

  private effect(s: Statement, out: Expression[]): void {
    const { m, target } = this;
    const args = s.args!.map((a, i) => this.operand(a, s.op!, i));
    switch (s.op) {
      case 'x.set':
        out.push(m.i64.store(archOffset.x, 8, this.registerAddress(s.imm as Operand), args[0], '0'));
        return;
      case 'v.set':
        out.push(m.v128.store(archOffset.v, 16, this.registerAddress(s.imm as Operand), args[0], '0'));
        return;
      case 'nzcv.set':
        out.push(m.i32.store(archOffset.nzcv, 4, this.vcpu(), args[0], '0'));
        return;
      case 'variable.set':
        out.push(m.local.set(this.variable(s.imm as Variable), args[0]));
        return;
      case 'field32.set':
        out.push(m.i32.store(stateOffset(s.imm as string), 4, this.vcpu(), args[0], '0'));
        return;
      case 'field64.set': {
        const { name, index } = s.imm as { name: string; index: number };
        out.push(m.i64.store(stateOffset(name) + 8 * index, 8, this.vcpu(), args[0], '0'));
        return;
      }
      case 'sysreg.set':
        out.push(m.i64.store(archOffset.sysreg + 8 * sysregSlot(s.imm as string), 8, this.vcpu(), args[0], '0'));
        return;
      case 'compute':
        this.calls = true;
        out.push(m.call('compute', [m.i32.const(s.imm as number)], target.types.none));
        return;
      case 'fpSoft': {
        if (target.loop) {
          out.push(this.leave('slow'));
          return;
        }
        const places = s.imm as readonly { base: Operand | 'scratch'; offset: number }[];
        out.push(m.call('fp', [args[0], ...places.map((p) => this.place(p.base, p.offset))], target.types.none));
        return;
      }
      case 'fence':
        out.push(m.if(
          m.i32.gt_u(m.i32.load(HeaderLayout.offset.vcpuCount, 4, m.i32.const(0), '0'), m.i32.const(1)),
          m.atomic.fence(),
        ));
        return;
      case 'lock128':
      case 'unlock128':
        this.calls = true;
        out.push(m.call(s.op, [], target.types.none));
        return;
      case 'branch.near':
      case 'branch.far':
        this.branch(s, out);
        return;
      case 'branch.to':
        if (target.loop) {
          const { locals } = target.loop;
          out.push(
            m.local.set(locals.targetPc, args[0]),
            m.local.set(locals.targetBtype, m.i32.const(s.imm as number)),
            this.leave('far'),
          );
        } else {
          out.push(
            this.storePc(args[0]),
            m.i32.store(archOffset.btype, 4, this.vcpu(), m.i32.const(s.imm as number), '0'),
            m.return(m.i32.const(Status.Jump)),
          );
        }
        return;
      case 'service': {
        if (target.loop) {
          out.push(this.leave('slow'));
          return;
        }
        const id = this.serviceId(s.imm as string);
        out.push(
          this.storePc(this.pc()),
          m.return(m.call('service', [m.i32.const(id), args[0]], target.types.i32)),
        );
        return;
      }
      case 'exception': {
        if (target.loop) {
          out.push(this.leave('slow'));
          return;
        }
        const reason = exceptionReasons[s.imm as string];
        if (reason === undefined) throw new Error(`no exception ${String(s.imm)}`);
        out.push(
          this.storePc(this.pc()),
          m.i32.store(controlFieldOffset.exitReason, 4, this.vcpu(), m.i32.const(reason), '0'),
          m.i32.store(controlFieldOffset.exitInfo, 4, this.vcpu(), args[0], '0'),
          m.return(m.i32.const(Status.Exit)),
        );
        return;
      }
      case 'exitAfter': {
        const reason = exitsAfter[s.imm as ExitAfter];
        out.push(m.i32.store(controlFieldOffset.exitReason, 4, this.vcpu(), m.i32.const(reason), '0'));
        if (target.loop) {
          out.push(this.leave('exitRetired'));
        } else {
          out.push(
            this.storePc(m.i64.add(this.pc(), constant(m, { type: 'i64', imm: 4n } as Value))),
            m.return(m.i32.const(Status.ExitRetired)),
          );
        }
        return;
      }
      default:
        if (/\.(store|atomic)/.test(s.op!)) out.push(memoryOperation(m, s.op!, s.imm as number, args));
        else throw new Error(`no effect ${s.op}`);
    }
  }

  private serviceId(name: string): number {
    const id = serviceNames.indexOf(name as (typeof serviceNames)[number]);
    if (id < 0) throw new Error(`no service ${name}`);
    return id;
  }

  private branch(s: Statement, out: Expression[]): void {
    const { m, target } = this;
    const displacement = s.imm as Operand;
    if (!target.loop) {
      out.push(
        this.storePc(m.i64.add(this.pc(), this.field(displacement))),
        m.i32.store(archOffset.btype, 4, this.vcpu(), m.i32.const(0), '0'),
        m.return(m.i32.const(Status.Jump)),
      );
      return;
    }
    const { locals, offset } = target.loop;
    if (s.op === 'branch.near') {
      // 16 record bytes stand for 4 code bytes
      const low = m.i32.load(displacement.at + offset, 4, this.record(), '0');
      const target = m.i32.add(this.record(), m.i32.shl(low, m.i32.const(2)));
      out.push(
        m.local.set(locals.targetRecord, offset === 0 ? target : m.i32.add(target, m.i32.const(offset))),
        this.leave('taken'),
      );
    } else {
      out.push(
        m.local.set(locals.targetPc, m.i64.add(this.pc(), this.field(displacement))),
        m.local.set(locals.targetBtype, m.i32.const(0)),
        this.leave('far'),
      );
    }
  }

  /** The TLB probe (see DataTlbEntry), and what happens when it fails. */
  private access(value: Value, out: Expression[]): void {
    const { m, target } = this;
    const options = value.imm as { bytes: number } & AccessOptions;
    const { bytes, write, readWrite, unprivileged, align = 1, ordered, element, orService } = options;
    const i64 = (n: bigint): Expression => constant(m, { type: 'i64', imm: n } as Value);
    const { i32: I32, i64: I64 } = target.types;
    const address = target.pool.allocate(I64);
    const entry = target.pool.allocate(I32);
    const host = target.pool.allocate(I32);
    const getAddress = (): Expression => m.local.get(address, I64);
    const getEntry = (): Expression => m.local.get(entry, I32);
    this.locals.set(value, host);
    const stores = write === true || readWrite === true;
    if (stores) this.writes = true;

    out.push(m.local.set(address, this.get(value.args[0])));
    out.push(
      m.local.set(
        entry,
        m.i32.add(
          this.vcpu(),
          m.i32.and(m.i32.wrap(m.i64.shr_u(getAddress(), i64(BigInt(DATA_TLB_INDEX.shift)))), m.i32.const(DATA_TLB_INDEX.mask)),
        ),
      ),
    );
    const context = (name: 'contextLow' | 'contextHigh' | 'unprivilegedLow' | 'unprivilegedHigh'): Expression =>
      m.i64.load(controlFieldOffset[name], 8, this.vcpu(), '0');
    const last = bytes > 1 ? m.i64.add(getAddress(), i64(BigInt(bytes - 1))) : getAddress();
    const tag = m.i64.or(
      m.i64.and(last, i64(-4096n)),
      m.select(
        m.i64.lt_s(getAddress(), i64(0n)),
        context(unprivileged ? 'unprivilegedHigh' : 'contextHigh'),
        context(unprivileged ? 'unprivilegedLow' : 'contextLow'),
      ),
    );
    const tagField = stores ? DataTlbEntry.offset.writeTag : DataTlbEntry.offset.readTag;
    let miss = m.i64.ne(m.i64.load(VcpuLayout.dataTlb + tagField, 8, getEntry(), '0'), tag);
    if (align > 1) {
      miss = m.i32.or(
        miss,
        m.i32.ne(m.i32.and(m.i32.wrap(getAddress()), m.i32.const(align - 1)), m.i32.const(0)),
      );
    }
    const hit = m.local.set(
      host,
      m.i32.add(
        m.i32.wrap(getAddress()),
        m.i32.load(VcpuLayout.dataTlb + DataTlbEntry.offset.addend, 4, getEntry(), '0'),
      ),
    );
    if (target.loop) {
      const { labels, offset } = target.loop;
      out.push(offset === 0 ? m.br(labels.slow, miss) : m.if(miss, this.leave('slow')), hit);
      return;
    }
    if (orService) {
      const service = [m.i32.const(this.serviceId(orService.name)), this.field(orService.word)];
      out.push(m.if(miss, m.block(null, [this.storePc(this.pc()), m.return(m.call('service', service, I32))])), hit);
      return;
    }
    const flags =
      (stores ? 1 : 0) | (readWrite ? 2 : 0) | (unprivileged ? 4 : 0) | (align > 1 ? 8 : 0) | (ordered ? 128 : 0) |
      elementField(Math.max(element ?? bytes, align));
    const slow = m.block(null, [
      this.storePc(this.pc()),
      m.local.set(
        host,
        m.call(
          'access',
          [
            m.i32.wrap(m.i64.shr_u(getAddress(), i64(32n))),
            m.i32.wrap(getAddress()),
            m.i32.const(bytes),
            m.i32.const(flags),
          ],
          I32,
        ),
      ),
      m.if(m.i32.eqz(m.local.get(host, I32)), m.return(m.i32.const(Status.Exit))),
    ], target.types.none);
    out.push(m.if(miss, slow, hit));
  }
}

