/** Lowers a region to one wasm function. */
import type binaryen from 'binaryen';
import { ExitReason, Status } from '../emitter/services.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import { accessGroups, type GroupMember } from '../region/access-groups.js';
import { analyseControlFlow, type ControlFlow } from '../region/control-flow.js';
import { analyseRegisters, handsOn, type BlockRegisters } from '../region/dataflow.js';
import type { RegionInstruction } from '../region/instruction.js';
import { RegisterSet } from '../region/register-set.js';
import type { Block, Region, Target } from '../region/region.js';
import type { RegisterMoves } from '../region/region-source.js';
import { translationsKept } from '../region/translations-kept.js';
import { ENTRY_OFFSET } from '../../runtime/layout/memory-layout.js';
import { XSlot } from '../../src/arch/state-layout.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { regionLeftIndex } from '../../runtime/layout/engine-counters.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { RegionExits } from './region-exits.js';
import { RegionFlags } from './region-flags.js';
import { InstructionLowering } from './region-instruction.js';
import type { RegisterLocals } from './register-locals.js';
import { DEPTH, LEFT, long, Parameter, RegionState } from './region-state.js';
import { i32, i64, none } from './types.js';

const NO_MEMBERS: ReadonlyMap<number, GroupMember> = new Map();

/** BTYPE of BR, whose own page decides about it. */
const BTYPE_BR = 3;

export interface RegionCode {
  /** Types of the locals behind the parameters. */
  readonly locals: readonly binaryen.Type[];
  readonly body: Expression;
  readonly moves: RegisterMoves;
}

class RegionFunction {
  private readonly state: RegionState;
  private readonly exits: RegionExits;
  private readonly flags: RegionFlags;
  private readonly flow: ControlFlow;
  private readonly registers: readonly BlockRegisters[];
  /** By block: accesses that are parts of groups, by their instruction's index. */
  private readonly members: readonly ReadonlyMap<number, GroupMember>[];
  private readonly accesses: boolean;
  /**
   * By block: which loop it is in (see ControlFlow). In loops registers are in locals, in the same ones everywhere. Other blocks are
   * mostly executed once an entry: they load registers where they need them, and store them before places that may leave and at
   * their ends, so that ways out have little to do.
   */
  private readonly loopOf: readonly number[];
  private readonly jumps = new Set<'return' | 'near' | 'far'>();
  /** The budget is never exceeded, and services find it where the interpreter has it. */
  private readonly exact: boolean;

  constructor(
    private readonly m: binaryen.Module,
    private readonly region: Region,
    private readonly calls: Set<string>,
    private readonly name: string,
    private readonly without: ReadonlySet<Optimization>,
  ) {
    // the stack is in the half that the code is in
    this.state = new RegionState(m, region.resumes && !region.blocks[0].instructions[0].reads.hasX(XSlot.SP));
    this.flags = new RegionFlags(this.state, calls);
    this.exact = without.has('loose-budget');
    this.flow = analyseControlFlow(region);
    this.loopOf = without.has('loop-registers') ? region.blocks.map(() => 0) : this.flow.loopOf;
    this.registers = analyseRegisters(region, this.loopOf, this.exact);
    this.exits = new RegionExits(this.state);
    const groups = !without.has('access-groups');
    this.members = region.blocks.map((block, i) => (groups && this.flow.loopOf[i] < 0 ? accessGroups(block, region) : NO_MEMBERS));
    if (!without.has('kept-translations')) {
      for (const key of translationsKept(region, this.flow)) this.state.keep(key);
    }
    this.accesses = region.blocks.some((b) => b.instructions.some((i) => i.accesses));
  }

  build(): RegionCode {
    const { state } = this;
    const entry = [state.loadBudget(), ...state.load(this.registers[0].liveIn.flagsAlone())];
    const body = this.exits.close(this.closeJumps([...entry, ...this.tree(0, state.registers.none())]));
    return { locals: state.pool.types, body, moves: state.moves };
  }

  // Jumps out of the region share the code that they end with; `target` is where they go

  private jump(kind: 'return' | 'near' | 'far', address?: Expression): Expression[] {
    const { m, state } = this;
    this.jumps.add(kind);
    return [...(address === undefined ? [] : [m.local.set(state.target, address)]), m.br(kind)];
  }

  /** `body` with the code behind it that its jumps go to. */
  private closeJumps(body: Expression[]): Expression[] {
    const { m, state, jumps } = this;
    const target = (): Expression => m.local.get(state.target, i64);
    let code = body;
    if (jumps.has('near')) {
      const record = (): Expression => m.i32.add(
        state.records(), m.i32.shl(m.i32.and(m.i32.wrap(target()), m.i32.const(0xfff)), m.i32.const(2)),
      );
      const depth = m.local.get(Parameter.depth, i32);
      const slot = m.i32.load16_u(ENTRY_OFFSET + 2, 2, m.i32.shr_u(record(), m.i32.const(2)), '0');
      const operation = m.i32.load16_u(0, 2, record(), '0');
      code = [
        m.block('near', code, none),
        state.storeBudget(),
        m.if(
          m.i32.and(m.i32.eq(operation, m.i32.const(PseudoOperation.EnterRegion)), this.allowed()),
          m.return_call('enter', [slot, ...this.arguments(depth)], i64),
        ),
        m.return(target()),
      ];
    }
    if (jumps.has('far')) code = [m.block('far', code, none), state.storeBudget(), this.hop(target(), 0)];
    if (jumps.has('return')) code = [m.block('return', code, none), state.storeBudget(), m.return(target())];
    return code;
  }

  // Structure: a block is followed by what it dominates (Ramsey, "Beyond Relooper", 2022)

  /** @param loaded which locals hold which registers, outside loops */
  private tree(b: number, loaded: RegisterLocals): Expression[] {
    const { m, flow, state } = this;
    // in reverse postorder, the last is the outermost block
    const merges = flow.children[b].filter((c) => flow.isMerge[c]).reverse();
    const code = this.within(b, merges, loaded);
    const whole = flow.isHeader[b] ? [m.loop(`L${b}`, m.block(null, code, none))] : code;
    if (this.loopOf[b] !== b) return whole;
    state.registers = state.loopRegisters;
    const { x, v } = this.registers[b].liveIn;
    return [...this.loadContexts(b), ...state.load(new RegisterSet(x, v)), ...whole];
  }

  private within(b: number, merges: readonly number[], loaded: RegisterLocals): Expression[] {
    if (merges.length === 0) return this.blockCode(this.region.blocks[b], loaded);
    const [first, ...rest] = merges;
    return [this.m.block(`B${first}`, this.within(b, rest, loaded), none), ...this.tree(first, loaded.none())];
  }

  // One block

  private blockCode(block: Block, loadedIn: RegisterLocals): Expression[] {
    const { m, state, flags } = this;
    const registers = this.registers[block.index];
    const { instructions } = block;
    const inLoop = this.loopOf[block.index] >= 0;
    const loaded = inLoop ? state.loopRegisters : loadedIn.copy();
    state.registers = loaded;
    const dirty = registers.dirtyIn.copy();
    flags.kind = registers.flagsIn;
    const budget = m.i32.add(m.local.get(state.budget, i32), m.i32.const(-instructions.length));
    const out: Expression[] = [m.local.set(state.budget, budget)];
    if (this.exact) {
      const short = m.i32.lt_s(m.local.get(state.budget, i32), m.i32.const(0));
      out.push(...this.exits.leave('budget', dirty, block.offset, instructions.length, false, short));
    }
    const members = this.members[block.index];
    let fpChecked = false;
    let condition: Expression | undefined;
    const { mark } = m as { readonly mark?: (offset: number) => Expression };
    instructions.forEach((instruction, i) => {
      const back = instructions.length - i;
      if (mark !== undefined) out.push(mark(instruction.offset));
      if (instruction.step) {
        out.push(...this.step(block, instruction, dirty, back, registers.reload.get(i)!));
        dirty.clear();
        if (!inLoop) loaded.clear();
        fpChecked = false;
        return;
      }
      if (!inLoop) {
        // of places that find FP and AdvSIMD inaccessible only the first leaves
        if (instruction.leaves && !(instruction.leavesForFp && fpChecked)) out.push(...state.store(dirty.keepFlags()));
        out.push(...this.load(instruction, loaded, dirty));
        if (instruction.accesses && members.get(i)?.first !== false && !loaded.contexts) {
          out.push(...state.loadContexts(false));
          loaded.contexts = true;
        }
      }
      const place = {
        instruction, dirty, back, fpChecked, inLoop: this.flow.loopOf[block.index] >= 0, member: members.get(i),
      };
      const lowering = new InstructionLowering(state, this.exits, flags, place, this.calls);
      out.push(...lowering.lower());
      condition = lowering.condition;
      fpChecked ||= instruction.usesFp;
      dirty.add(instruction.writes);
    });
    if (!inLoop) out.push(...state.store(dirty.keepFlags()));
    out.push(...this.terminator(block, dirty, condition, registers, loaded));
    return out;
  }

  /** For what follows in a loop; elsewhere they are loaded where they are needed. */
  private loadContexts(block: number): Expression[] {
    return this.accesses && this.loopOf[block] >= 0 ? this.state.loadContexts(true) : [];
  }

  /** Gives an instruction's registers locals, with what those that it reads hold. */
  private load({ reads, writes }: RegionInstruction, loaded: RegisterLocals, dirty: RegisterSet): Expression[] {
    const { state } = this;
    const needed = reads.copy();
    needed.add(writes);
    if (loaded.has(needed)) return [];
    const surplus = loaded.surplus(needed);
    const unsaved = surplus.copy();
    unsaved.keep(dirty);
    const out = state.store(unsaved);
    dirty.remove(unsaved);
    loaded.drop(surplus);
    const read = loaded.take(needed);
    read.keep(reads);
    out.push(...state.load(read));
    return out;
  }

  /** The interpreter's function form executes the instruction. */
  private step(
    block: Block, instruction: RegionInstruction, dirty: RegisterSet, back: number, reload: RegisterSet,
  ): Expression[] {
    const { m, state } = this;
    this.calls.add('stepRegion');
    this.flags.kind = undefined;
    const status = (): Expression => m.local.get(state.status, i32);
    const budget = m.i32.add(
      m.i32.add(m.local.get(state.budget, i32), m.i32.const(back - 1)), m.i32.eq(status(), m.i32.const(Status.Exit)),
    );
    return [
      ...state.store(dirty),
      ...(this.exact ? [state.showBudget(back)] : []),
      m.i64.store(archOffset.pc, 8, state.vcpu(), state.address(instruction.offset), '0'),
      m.local.set(state.status, m.call('stepRegion', [state.vcpu(), state.record(instruction.offset)], i32)),
      m.if(status(), m.block(null, [
        m.local.set(state.budget, budget),
        state.storeBudget(),
        m.i32.store(controlFieldOffset.regionReason, 4, state.vcpu(), m.i32.const(regionLeftIndex('step')), '0'),
        m.return(m.select(
          m.i32.eq(status(), m.i32.const(Status.Jump)),
          m.i64.load(archOffset.pc, 8, state.vcpu(), '0'), long(m, LEFT),
        )),
      ], none)),
      ...this.loadContexts(block.index),
      ...state.load(reload),
    ];
  }

  private terminator(
    block: Block, dirty: RegisterSet, condition: Expression | undefined, registers: BlockRegisters, loaded: RegisterLocals,
  ): Expression[] {
    const { m, state } = this;
    const { terminator, instructions } = block;
    const last = instructions[instructions.length - 1];
    const spill = (): Expression[] => [...state.store(dirty), state.storeBudget()];
    const target = (): Expression => m.local.get(state.target, i64);
    switch (terminator.kind) {
      case 'jump':
        return this.go(block, terminator.to, dirty, loaded);
      case 'branch':
        return [m.if(
          condition!,
          m.block(null, this.go(block, terminator.to, dirty, loaded), none),
          m.block(null, this.go(block, terminator.next, dirty, loaded), none),
        )];
      case 'call':
      case 'callIndirect': {
        const indirect = terminator.kind === 'callIndirect';
        const to = indirect ? target() : state.address(terminator.to);
        const btype = indirect ? terminator.btype : 0;
        return [
          ...spill(),
          ...(indirect || !this.isNear(terminator.to)
            ? [m.local.set(state.target, m.call('hop', [state.vcpu(), to, this.deeper(), m.i32.const(btype)], i64))]
            : this.callNear(terminator.to)),
          ...this.settleCall(last.offset + 4),
          // a call of the next instruction that was refused, with BTYPE set, is no return
          ...(btype !== 0
            ? [m.if(m.i32.load(archOffset.btype, 4, state.vcpu(), '0'), m.return(target()))]
            : []),
          state.loadBudget(),
          ...this.loadContexts(block.index),
          ...state.load(registers.reload.get(instructions.length - 1)!),
          ...this.go(block, terminator.next, new RegisterSet(), loaded.none()),
        ];
      }
      case 'return': {
        const { next } = terminator;
        const expected = m.i64.eq(target(), state.address(this.region.blocks[next.block].offset));
        const astray = m.block(null, [...state.store(dirty), ...this.jump('return')], none);
        return [m.if(expected, m.block(null, this.go(block, next, dirty, loaded), none), astray)];
      }
      case 'indirect': {
        if (terminator.btype === 0) return [...state.store(dirty), ...this.jump(terminator.returns ? 'return' : 'far')];
        const source = m.i64.store(archOffset.pc, 8, state.vcpu(), state.address(last.offset), '0');
        return [...spill(), ...(terminator.btype === BTYPE_BR ? [source] : []), this.hop(target(), terminator.btype)];
      }
      case 'synchronize':
        return [
          ...spill(),
          m.i64.store(archOffset.pc, 8, state.vcpu(), state.address(terminator.next), '0'),
          m.i32.store(controlFieldOffset.exitReason, 4, state.vcpu(), m.i32.const(ExitReason.Synchronize), '0'),
          m.return(long(m, LEFT)),
        ];
      default:
        return [state.storeBudget(), m.return(state.address(last.offset + 4))];
    }
  }

  /** A call has come back: returns what it gave unless that is the place behind it, where a callee may be led to. */
  private settleCall(offset: number): Expression[] {
    const { m, state, without } = this;
    const target = (): Expression => m.local.get(state.target, i64);
    const astray = (): Expression => m.i64.ne(target(), state.address(offset));
    // the next page's records are not known
    if (offset === 4096 || without.has('waiting-callers')) return [m.if(astray(), m.return(target()))];
    this.calls.add('finishCall');
    const finish = m.call(
      'finishCall', [state.vcpu(), target(), state.address(offset), state.record(offset), this.deeper()], i64,
    );
    return [m.if(astray(), m.block(null, [
      m.local.set(state.target, finish), m.if(astray(), m.return(target())),
    ], none))];
  }

  private deeper(): Expression {
    const { m } = this;
    return m.i32.add(m.local.get(Parameter.depth, i32), m.i32.const(1));
  }

  private isNear(offset: number): boolean {
    return offset >= 0 && offset < 4096 && !this.without.has('near-calls');
  }

  /** Whether the region at `offset` of this page may be entered. */
  private open(offset: number): Expression {
    const { m, state } = this;
    const allowed = this.allowed();
    // this region is as good as it was when it was entered
    if (offset === this.region.blocks[0].offset) return allowed;
    const operation = m.i32.load16_u(offset * 4, 2, state.records(), '0');
    return m.i32.and(m.i32.eq(operation, m.i32.const(PseudoOperation.EnterRegion)), allowed);
  }
  private allowed(): Expression {
    const { m, state } = this;
    return m.i32.and(
      m.i32.gt_s(m.local.get(state.budget, i32), m.i32.const(0)),
      m.i32.lt_u(m.local.get(Parameter.depth, i32), m.i32.const(DEPTH)),
    );
  }
  private slot(offset: number): Expression {
    const { m, state } = this;
    return m.i32.load16_u(ENTRY_OFFSET + 2 + offset, 2, m.i32.shr_u(state.records(), m.i32.const(2)), '0');
  }
  private arguments(depth: Expression): Expression[] {
    const { state } = this;
    return [state.vcpu(), state.records(), state.address(0), depth];
  }

  /** Calls the region at `offset` of this page; `target` is that place itself when it cannot be entered. */
  private callNear(offset: number): Expression[] {
    const { m, state } = this;
    const call = offset === this.region.blocks[0].offset
      ? m.call(this.name, this.arguments(this.deeper()), i64)
      : m.call('enter', [this.slot(offset), ...this.arguments(this.deeper())], i64);
    return [m.if(
      this.open(offset),
      m.block(null, [m.local.set(state.target, call)], none),
      m.block(null, [m.local.set(state.target, state.address(offset))], none),
    )];
  }

  private hop(address: Expression, btype: number): Expression {
    const { m, state } = this;
    const depth = m.local.get(Parameter.depth, i32);
    return m.return_call('hop', [state.vcpu(), address, depth, m.i32.const(btype)], i64);
  }

  /** Control goes from `block` to `to`; never falls through, but into a block that only this edge enters. */
  private go(block: Block, to: Target, dirty: RegisterSet, loaded: RegisterLocals): Expression[] {
    const { m, state, flow } = this;
    // code elsewhere may have been generated since the block's
    state.registers = this.loopOf[block.index] >= 0 ? state.loopRegisters : loaded;
    if ('outside' in to) {
      return [...state.store(dirty), ...this.jump(this.isNear(to.outside) ? 'near' : 'far', state.address(to.outside))];
    }
    const { offset } = this.region.blocks[to.block];
    if (flow.irreducible(block.index, to.block)) return this.exits.leave('irreducible', dirty, offset, 0, true);
    if (to.block <= block.index) {
      const budget = m.i32.le_s(m.local.get(state.budget, i32), m.i32.const(0));
      // other vCPUs may wait for this one
      const asked = this.without.has('unasked-loops')
        ? m.i32.load(controlFieldOffset.exitRequest, 4, state.vcpu(), '0')
        : undefined;
      const spent = asked === undefined ? budget : m.i32.or(budget, asked);
      return [...this.exits.leave('budget', dirty, offset, 0, true, spent), m.br(`L${to.block}`)];
    }
    const stored = handsOn(this.loopOf, block.index, to.block) ? [] : state.store(new RegisterSet(dirty.x, dirty.v));
    if (flow.isMerge[to.block]) return [...stored, m.br(`B${to.block}`)];
    return [...stored, ...this.tree(to.block, loaded.limited ? loaded : loaded.none())];
  }
}

/**
 * The function of a region; its parameters and result are REGION_SIGNATURE.
 * @param name by which it calls itself
 * @param calls receives the names of functions of core.wasm that it calls
 */
export function buildRegionFunction(
  m: binaryen.Module, name: string, region: Region, calls: Set<string>, without: ReadonlySet<Optimization>,
): RegionCode {
  return new RegionFunction(m, region, calls, name, without).build();
}
