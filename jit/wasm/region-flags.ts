/** NZCV in a region: described by the operation that set it, computed where it is asked for. */
import { FLAGS_KINDS, type FlagsKind } from '../emitter/flags-kind.js';
import { conditionMask } from '../emitter/emitter.js';
import { long, type RegionState } from './region-state.js';
import type { Expression } from './operations.js';
import { i32, i64 } from './types.js';

const CONDITION_OF_MASK = new Map(Array.from({ length: 15 }, (_, cond) => [conditionMask(cond), cond]));
/** Conditions by number, without the inverted ones. */
const enum Cond { EQ, HS, MI, VS, HI, GE, GT, AL }

export class RegionFlags {
  /** At the place that code is generated for; undefined when it depends on how control came there. */
  kind: FlagsKind | undefined;

  /** @param calls receives the names of library functions that it calls */
  constructor(private readonly state: RegionState, private readonly calls: Set<string>) {}

  private width(): 'i32' | 'i64' {
    return this.kind!.endsWith('i32') ? 'i32' : 'i64';
  }
  /** An operand at the operation's width. */
  private operand(which: 'flagsA' | 'flagsB'): Expression {
    const { m } = this.state;
    const value = m.local.get(this.state[which], i64);
    return this.width() === 'i32' ? m.i32.wrap(value) : value;
  }
  private a(): Expression {
    return this.operand('flagsA');
  }
  private b(): Expression {
    return this.operand('flagsB');
  }
  private zero(): Expression {
    const { m } = this.state;
    return this.width() === 'i32' ? m.i32.const(0) : long(m, 0n);
  }

  /** Describes the flags from now on. */
  set(kind: FlagsKind, operands: readonly Expression[]): Expression[] {
    const { state } = this;
    const { m } = state;
    const wide = (e: Expression): Expression => (kind.endsWith('i64') ? e : m.i64.extend_u(e));
    this.kind = kind;
    const out = [m.local.set(state.flagsA, wide(operands[0]))];
    if (operands.length > 1) out.push(m.local.set(state.flagsB, wide(operands[1])));
    out.push(m.local.set(state.flagsKind, m.i32.const(FLAGS_KINDS.indexOf(kind))));
    return out;
  }

  /** NZCV as an i32. */
  nzcv(): Expression {
    const { state } = this;
    const { m } = state;
    if (this.kind === 'raw') return m.i32.wrap(m.local.get(state.flagsA, i64));
    this.calls.add('flags');
    return m.call(
      'flags',
      [
        state.vcpu(), m.local.get(state.flagsKind, i32), m.local.get(state.flagsA, i64), m.local.get(state.flagsB, i64),
      ], i32,
    );
  }

  /** Whether the condition of a truth table (conditionMask) holds: an i32, 0 or not 0. */
  condition(mask: number): Expression {
    const { m } = this.state;
    const cond = CONDITION_OF_MASK.get(mask & 0xffff);
    if (cond === undefined || cond >> 1 === Cond.AL) return m.i32.const(1);
    const inverted = (cond & 1) !== 0;
    const base: Cond = cond >> 1;
    const recipe = this.kind?.slice(0, 3);
    if (recipe === 'sub') return this.compare(base, inverted);
    if (recipe === 'log' || recipe === 'add') {
      const holds = recipe === 'log' ? this.logic(base) : this.sum(base);
      return inverted ? m.i32.eqz(holds) : holds;
    }
    return m.i32.and(m.i32.shr_u(m.i32.const(mask), this.nzcv()), m.i32.const(1));
  }

  private compare(base: Cond, inverted: boolean): Expression {
    const { m } = this.state;
    const w = m[this.width()];
    const names: Partial<Record<Cond, readonly ['eq' | 'ge_u' | 'gt_u' | 'ge_s' | 'gt_s', 'ne' | 'lt_u' | 'le_u' | 'lt_s' | 'le_s']>> = {
      [Cond.EQ]: ['eq', 'ne'], [Cond.HS]: ['ge_u', 'lt_u'], [Cond.HI]: ['gt_u', 'le_u'],
      [Cond.GE]: ['ge_s', 'lt_s'], [Cond.GT]: ['gt_s', 'le_s'],
    };
    const name = names[base]?.[inverted ? 1 : 0];
    if (name !== undefined) return w[name](this.a(), this.b());
    const difference = (): Expression => w.sub(this.a(), this.b());
    if (base === Cond.MI) {
      return inverted ? w.ge_s(difference(), this.zero()) : w.lt_s(difference(), this.zero());
    }
    const overflow = w.and(w.xor(this.a(), this.b()), w.xor(this.a(), difference()));
    return inverted ? w.ge_s(overflow, this.zero()) : w.lt_s(overflow, this.zero());
  }

  private logic(base: Cond): Expression {
    const { m } = this.state;
    const w = m[this.width()];
    switch (base) {
      case Cond.EQ:
        return w.eqz(this.a());
      case Cond.MI:
        return w.lt_s(this.a(), this.zero());
      case Cond.GE:
        return w.ge_s(this.a(), this.zero());
      case Cond.GT:
        return w.gt_s(this.a(), this.zero());
      default: // HS, VS and HI: carry and overflow are clear
        return m.i32.const(0);
    }
  }

  private sum(base: Cond): Expression {
    const { m } = this.state;
    const w = m[this.width()];
    const result = (): Expression => w.add(this.a(), this.b());
    const overflow = (): Expression => w.and(w.xor(this.a(), result()), w.xor(this.b(), result()));
    const carry = (): Expression => w.lt_u(result(), this.a());
    const zero = (): Expression => w.eqz(result());
    const sameSign = (): Expression => w.ge_s(w.xor(result(), overflow()), this.zero());
    switch (base) {
      case Cond.EQ:
        return zero();
      case Cond.HS:
        return carry();
      case Cond.MI:
        return w.lt_s(result(), this.zero());
      case Cond.VS:
        return w.lt_s(overflow(), this.zero());
      case Cond.HI:
        return m.i32.and(carry(), m.i32.eqz(zero()));
      case Cond.GE:
        return sameSign();
      default:
        return m.i32.and(sameSign(), m.i32.eqz(zero()));
    }
  }
}
