/** Locals of a region's function, and the way between them and the vCPU block. */
import type binaryen from 'binaryen';
import type { RegisterSet } from '../region/register-set.js';
import type { RegisterMoves } from '../region/region-source.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import { XSlot } from '../../src/arch/state-layout.js';
import { LocalPool } from './lower.js';
import type { Expression } from './operations.js';
import type { Signature } from './region-functions.js';
import { i32, i64, v128 } from './types.js';
import { RegisterLocals } from './register-locals.js';

/** Signature of a region: (vcpu, records of its page, address of its page, depth of calls) -> where to go on. */
export const REGION_SIGNATURE: Signature = { params: [i32, i32, i64, i32], result: i64 };
/**
 * Calls nested at most; beyond, all return. A frame takes up to some KB of the thread's 4 MiB of stack, which V8 does not check
 * (jit/interpreter/compile.ts).
 */
export const DEPTH = 600;
/** What a region returns when the program counter and exitReason tell how to go on. */
export const LEFT = -1n;

/** An address that is canonical in no configuration, with or without a tag: bit 55 differs from those below. */
const NO_PAGE = 1n << 55n;

export const Parameter = { vcpu: 0, records: 1, page: 2, depth: 3 } as const;

/** i64.const takes a bigint, which binaryen's types do not know. */
export const long = (m: binaryen.Module, n: bigint): Expression =>
  (m.i64.const as unknown as (n: bigint) => Expression)(BigInt.asIntN(64, n));

export class RegionState {
  readonly pool = new LocalPool(4);
  /** Locals of guest registers where code is being generated. */
  registers = RegisterLocals.of(this.pool);
  /** Those of loops. */
  readonly loopRegisters = this.registers;
  /** Registers that the code made so far loads and stores, NZCV as one. */
  readonly moves: RegisterMoves = { loads: 0, stores: 0 };
  private readonly fixed = new Map<string, number>();
  private readonly kept = new Map<number, { readonly page: number; readonly host: number }>();

  /**
   * @param bothHalves accesses reach both halves of the address space. Otherwise those to the half that the code is not in
   * find no translation, and leave; where that is frequent, a region of its own starts.
   */
  constructor(readonly m: binaryen.Module, private readonly bothHalves: boolean) {}

  /** A local that is there when it is used. */
  private local(name: string, type: binaryen.Type): number {
    let local = this.fixed.get(name);
    if (local === undefined) this.fixed.set(name, (local = this.pool.pin(type)));
    return local;
  }
  /** Instructions that may still be executed, with those of the block begun already taken off. */
  get budget(): number {
    return this.local('budget', i32);
  }
  /** Why and where a place leaves; see RegionExits. */
  get info(): number {
    return this.local('info', i32);
  }
  /** Access contexts (see DataTlbEntry): of the half of the address space that the code is in, and of the upper half. */
  get context(): number {
    return this.local('context', i64);
  }
  get contextHigh(): number {
    return this.local('contextHigh', i64);
  }
  get flagsKind(): number {
    return this.local('flagsKind', i32);
  }
  get flagsA(): number {
    return this.local('flagsA', i64);
  }
  get flagsB(): number {
    return this.local('flagsB', i64);
  }
  get target(): number {
    return this.local('target', i64);
  }
  get status(): number {
    return this.local('status', i32);
  }

  /** The context for an access at the address. */
  contextFor(address: () => Expression): Expression {
    const { m } = this;
    const context = m.local.get(this.context, i64);
    if (!this.bothHalves) return context;
    return m.select(m.i64.lt_s(address(), long(m, 0n)), m.local.get(this.contextHigh, i64), context);
  }

  vcpu(): Expression {
    return this.m.local.get(Parameter.vcpu, i32);
  }
  records(): Expression {
    return this.m.local.get(Parameter.records, i32);
  }
  /** Address `offset` bytes behind the start of the page. */
  address(offset: number): Expression {
    const { m } = this;
    const page = m.local.get(Parameter.page, i64);
    return offset === 0 ? page : m.i64.add(page, long(m, BigInt(offset)));
  }
  record(offset: number): Expression {
    const { m } = this;
    return offset === 0 ? this.records() : m.i32.add(this.records(), m.i32.const(offset * 4));
  }

  x(slot: number): number {
    return this.registers.x(slot);
  }
  v(index: number): number {
    return this.registers.v(index);
  }
  getX(slot: number): Expression {
    if (slot === XSlot.ZR) return long(this.m, 0n);
    return this.m.local.get(this.x(slot), i64);
  }
  getV(index: number): Expression {
    return this.m.local.get(this.v(index), v128);
  }

  // Memory to locals and back

  load(registers: RegisterSet): Expression[] {
    const { m } = this;
    this.moves.loads += registers.size;
    const out: Expression[] = [];
    for (const slot of registers.xSlots()) {
      out.push(m.local.set(this.x(slot), m.i64.load(archOffset.x + 8 * slot, 8, this.vcpu(), '0')));
    }
    for (const index of registers.vIndexes()) {
      out.push(m.local.set(this.v(index), m.v128.load(archOffset.v + 16 * index, 16, this.vcpu(), '0')));
    }
    if (registers.flags) {
      out.push(
        m.local.set(this.flagsKind, m.i32.load(controlFieldOffset.flagsKind, 4, this.vcpu(), '0')),
        m.local.set(this.flagsA, m.i64.load(controlFieldOffset.flagsA, 8, this.vcpu(), '0')),
        m.local.set(this.flagsB, m.i64.load(controlFieldOffset.flagsB, 8, this.vcpu(), '0')),
      );
    }
    return out;
  }

  /** @param forget kept translations do not hold any more */
  loadContexts(forget: boolean): Expression[] {
    const { m } = this;
    const load = (half: 'contextLow' | 'contextHigh'): Expression =>
      m.i64.load(controlFieldOffset[half], 8, this.vcpu(), '0');
    if (this.bothHalves) {
      return [
        m.local.set(this.context, load('contextLow')), m.local.set(this.contextHigh, load('contextHigh')),
        ...(forget ? this.forget() : []),
      ];
    }
    const high = m.i64.lt_s(this.address(0), long(m, 0n));
    return [m.local.set(this.context, m.select(high, load('contextHigh'), load('contextLow'))), ...(forget ? this.forget() : [])];
  }

  // Translations kept in locals

  /** Keeps the translation of one page: its first address, and what that is in memory. */
  keep(key: number): void {
    this.kept.set(key, { page: this.pool.pin(i64), host: this.pool.pin(i32) });
  }
  keptTranslation(key: number): { readonly page: number; readonly host: number } | undefined {
    return this.kept.get(key);
  }
  /** None of the translations holds. */
  private forget(): Expression[] {
    const { m } = this;
    return [...this.kept.values()].map(({ page }) => m.local.set(page, long(m, NO_PAGE)));
  }

  /** Where the lowest byte of a block's group of accesses with this number is (jit/region/access-groups.ts). */
  range(number: number): number {
    return this.local(`range${number}`, i32);
  }

  storeX(slot: number): Expression {
    return this.m.i64.store(archOffset.x + 8 * slot, 8, this.vcpu(), this.getX(slot), '0');
  }
  storeV(index: number): Expression {
    return this.m.v128.store(archOffset.v + 16 * index, 16, this.vcpu(), this.getV(index), '0');
  }

  store(registers: RegisterSet): Expression[] {
    const { m } = this;
    this.moves.stores += registers.size;
    const out = [
      ...registers.xSlots().map((slot) => this.storeX(slot)),
      ...registers.vIndexes().map((index) => this.storeV(index)),
    ];
    if (registers.flags) {
      out.push(
        m.i32.store(controlFieldOffset.flagsKind, 4, this.vcpu(), m.local.get(this.flagsKind, i32), '0'),
        m.i64.store(controlFieldOffset.flagsA, 8, this.vcpu(), m.local.get(this.flagsA, i64), '0'),
        m.i64.store(controlFieldOffset.flagsB, 8, this.vcpu(), m.local.get(this.flagsB, i64), '0'),
      );
    }
    return out;
  }

  // Budget

  loadBudget(): Expression {
    const { m } = this;
    return m.local.set(this.budget, m.i32.load(controlFieldOffset.budget, 4, this.vcpu(), '0'));
  }
  /** Has the interpreter's variables tell what is left of the budget, with `back` instructions given back. */
  showBudget(back: number): Expression {
    const { m } = this;
    const record = m.i32.load(controlFieldOffset.record, 4, this.vcpu(), '0');
    const left = m.i32.add(m.local.get(this.budget, i32), m.i32.const(back));
    return m.i32.store(controlFieldOffset.limit, 4, this.vcpu(), m.i32.add(record, m.i32.shl(left, m.i32.const(4))), '0');
  }
  /** Stores the budget with `back` instructions given back. */
  storeBudget(back = 0): Expression {
    const { m } = this;
    const budget = m.local.get(this.budget, i32);
    return m.i32.store(
      controlFieldOffset.budget, 4, this.vcpu(), back === 0 ? budget : m.i32.add(budget, m.i32.const(back)), '0',
    );
  }
}
