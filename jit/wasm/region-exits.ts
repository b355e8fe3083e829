/**
 * The ways out of a region. Places that leave with the same registers dirty share the stores; a set's stores go on with
 * those of a smaller set, the last of which returns. `info` says where the place is.
 */
import { ExitReason } from '../emitter/services.js';
import { RegisterSet } from '../region/register-set.js';
import { regionLeftIndex, type RegionLeft } from '../../runtime/layout/engine-counters.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { LEFT, long, type RegionState } from './region-state.js';
import { i32, i64, none } from './types.js';

/**
 * `info`: bits 12..0 the offset in the page (4096: behind it), bit 13 set to go on there, bits 27..14 instructions given back,
 * bits 31..28 why.
 */
const GO_ON = 1 << 13;
const BACK_SHIFT = 14;
const BACK_MASK = 0x3fff;
const REASON_SHIFT = 28;

interface Exit {
  readonly label: string;
  readonly dirty: RegisterSet;
}

export class RegionExits {
  private readonly exits = new Map<string, Exit>();

  constructor(private readonly state: RegionState) {}

  private exit(dirty: RegisterSet): Exit {
    let exit = this.exits.get(dirty.key);
    if (exit === undefined) {
      exit = { label: `x${this.exits.size}`, dirty: dirty.copy() };
      this.exits.set(dirty.key, exit);
    }
    return exit;
  }

  /**
   * Leaves when `condition` holds, or always: the instruction at `offset` is executed by the interpreter, or, with
   * `goOn`, whatever is best.
   * @param back instructions taken off the budget that were not executed
   */
  leave(
    reason: RegionLeft, dirty: RegisterSet, offset: number, back: number, goOn: boolean, condition?: Expression,
  ): Expression[] {
    const { m } = this.state;
    // limited locals hold other registers elsewhere
    const now = this.state.registers.limited && (dirty.x | dirty.v) !== 0 ? new RegisterSet(dirty.x, dirty.v) : undefined;
    if (now !== undefined) {
      const way = [...this.state.store(now), ...this.leave(reason, new RegisterSet(0, 0, dirty.flags), offset, back, goOn)];
      return condition === undefined ? way : [m.if(condition, m.block(null, way, none))];
    }
    const info = (regionLeftIndex(reason) << REASON_SHIFT) | (back << BACK_SHIFT) | (goOn ? GO_ON : 0) | offset;
    return [
      m.local.set(this.state.info, m.i32.const(info)),
      condition === undefined ? m.br(this.exit(dirty).label) : m.br(this.exit(dirty).label, condition),
    ];
  }

  /** `body` with the code of all exits behind it; never falls through. */
  close(body: Expression[]): Expression {
    const { state } = this;
    const { m } = state;
    state.registers = state.loopRegisters;
    const all = [...this.exits.values()].sort((a, b) => b.dirty.size - a.dirty.size);
    let code = body;
    all.forEach((exit, i) => {
      const parent = all.slice(i + 1).find((p) => p.dirty.within(exit.dirty));
      const stores = exit.dirty.copy();
      if (parent !== undefined) stores.remove(parent.dirty);
      code = [m.block(exit.label, code, none), ...state.store(stores)];
      code.push(m.br(parent === undefined ? 'leave' : parent.label));
    });
    if (all.length === 0) return m.block(null, [...code, m.unreachable()], i64);
    const info = (): Expression => m.local.get(state.info, i32);
    const pc = state.address(0);
    const place = m.i64.add(pc, m.i64.extend_u(m.i32.and(info(), m.i32.const(GO_ON - 1))));
    return m.block(null, [
      m.block('leave', code, none),
      m.i32.store(
        controlFieldOffset.budget, 4, state.vcpu(),
        m.i32.add(
          m.local.get(state.budget, i32),
          m.i32.and(m.i32.shr_u(info(), m.i32.const(BACK_SHIFT)), m.i32.const(BACK_MASK)),
        ), '0',
      ),
      m.i32.store(
        controlFieldOffset.regionReason, 4, state.vcpu(), m.i32.shr_u(info(), m.i32.const(REASON_SHIFT)), '0',
      ),
      m.local.set(state.target, place),
      m.if(m.i32.and(info(), m.i32.const(GO_ON)), m.return(m.local.get(state.target, i64))),
      m.i64.store(archOffset.pc, 8, state.vcpu(), m.local.get(state.target, i64), '0'),
      m.i32.store(controlFieldOffset.exitReason, 4, state.vcpu(), m.i32.const(ExitReason.Interpret), '0'),
      long(m, LEFT),
    ], i64);
  }
}
