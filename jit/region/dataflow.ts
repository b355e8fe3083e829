/**
 * Which registers hold values that memory does not (dirty), and which are needed later (live), at each point of a region.
 * Control leaves a region with all state in memory, so a place to leave at needs the registers that are dirty there.
 */
import type { FlagsRecipe } from '../emitter/emitter.js';
import type { FlagsKind } from '../emitter/flags-kind.js';
import type { Statement } from '../emitter/ir.js';
import { softSetsFlags } from './instruction.js';
import { RegisterSet } from './register-set.js';
import type { Block, Region } from './region.js';

export interface BlockRegisters {
  /** Dirty when the block is entered. */
  readonly dirtyIn: RegisterSet;
  readonly liveIn: RegisterSet;
  /** How NZCV is described; undefined when that varies. */
  readonly flagsIn: FlagsKind | undefined;
  /** Registers that must be read from memory behind an instruction that had all state in memory, by its index. */
  readonly reload: ReadonlyMap<number, RegisterSet>;
}

/** State is in memory, and may be changed there, when the block's last instruction is carried out. */
const isCall = (block: Block): boolean => block.terminator.kind === 'call' || block.terminator.kind === 'callIndirect';

/** Whether registers stay in locals on the way from one block to another. */
export const handsOn = (loopOf: readonly number[], from: number, to: number): boolean =>
  loopOf[from] >= 0 && loopOf[from] === loopOf[to];

/** What an instruction's statements make of the kind of flags before it. */
function flagsAfter(statements: readonly Statement[], before: FlagsKind | undefined): FlagsKind | undefined {
  let kind = before;
  for (const s of statements) {
    if (s.kind === 'effect' && s.op === 'nzcv.set') kind = 'raw';
    else if (s.kind === 'effect' && s.op === 'flags.set') {
      kind = `${s.imm as FlagsRecipe}.${s.args![0].type as 'i32' | 'i64'}`;
    } else if (s.kind === 'effect' && s.op === 'fpSoft' && softSetsFlags(s)) kind = 'raw';
    else if (s.kind === 'if' || s.kind === 'loop') {
      const then = flagsAfter(s.then!, kind);
      const otherwise = flagsAfter(s.otherwise ?? [], kind);
      kind = then === otherwise ? then : undefined;
    }
  }
  return kind;
}

/** What a block makes of the registers that are dirty when it is entered, whatever these are. */
interface Dirtying {
  /** All state is in memory somewhere in the block, or behind it. */
  readonly clears: boolean;
  /** Dirty at its end since then. */
  readonly adds: RegisterSet;
}

function dirtyingOf(block: Block): Dirtying {
  const adds = new RegisterSet();
  let clears = isCall(block);
  if (clears) return { clears, adds };
  for (const { step, writes } of block.instructions) {
    if (step) {
      adds.clear();
      clears = true;
    } else adds.add(writes);
  }
  return { clears, adds };
}

function dirtyBehind({ clears, adds }: Dirtying, dirtyIn: RegisterSet): RegisterSet {
  const dirty = adds.copy();
  if (!clears) dirty.add(dirtyIn);
  return dirty;
}

function blockFlagsOut(block: Block, flagsIn: FlagsKind | undefined): FlagsKind | undefined {
  let kind = flagsIn;
  for (const i of block.instructions) {
    if (i.step) kind = undefined;
    else if (i.writes.flags !== 0) kind = flagsAfter(i.statements, kind);
  }
  return isCall(block) ? undefined : kind;
}

/** Whether the block's end may lead out of the region. */
function leavesAtEnd({ terminator }: Block): boolean {
  switch (terminator.kind) {
    case 'jump':
      return 'outside' in terminator.to;
    case 'branch':
      return 'outside' in terminator.to || 'outside' in terminator.next;
    default:
      return true;
  }
}

/**
 * Blocks with the same number in `loopOf`, if that is not negative, hand on registers in locals to each other; between others all
 * but NZCV is in memory.
 * @param leavesAnywhere control may leave at the start of any block
 */
export function analyseRegisters(region: Region, loopOf: readonly number[], leavesAnywhere = false): BlockRegisters[] {
  const { blocks } = region;
  const dirtyIn = blocks.map(() => new RegisterSet());
  const dirtying = blocks.map(dirtyingOf);
  const flagsIn: (FlagsKind | 'unset' | undefined)[] = blocks.map((_, i) => (i === 0 ? undefined : 'unset'));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks) {
      const dirty = dirtyBehind(dirtying[block.index], dirtyIn[block.index]);
      const known = flagsIn[block.index];
      const kind = known === 'unset' ? 'unset' : blockFlagsOut(block, known);
      for (const to of block.successors) {
        if (dirtyIn[to].add(handsOn(loopOf, block.index, to) ? dirty : dirty.flagsAlone())) changed = true;
        const merged = flagsIn[to] === 'unset' ? kind : kind === 'unset' || kind === flagsIn[to] ? flagsIn[to] : undefined;
        if (merged !== flagsIn[to]) {
          flagsIn[to] = merged;
          changed = true;
        }
      }
    }
  }

  const liveIn = blocks.map(() => new RegisterSet());
  const liveness = blocks.map((block, b) => new BlockLiveness(block, dirtyIn[b], loopOf));
  for (let changed = true; changed;) {
    changed = false;
    for (let b = blocks.length - 1; b >= 0; b--) {
      const live = liveness[b].before(liveIn);
      if (leavesAnywhere) live.add(dirtyIn[b]);
      if (liveIn[b].add(live)) changed = true;
    }
  }
  const reload = liveness.map((one) => one.reload(liveIn));
  blocks.forEach((_, b) => {
    if (loopOf[b] < 0) for (const set of [dirtyIn[b], liveIn[b], ...reload[b].values()]) set.keepFlags();
  });
  return blocks.map((_, b) => ({
    dirtyIn: dirtyIn[b], liveIn: liveIn[b], reload: reload[b],
    flagsIn: flagsIn[b] === 'unset' ? undefined : flagsIn[b],
  }));
}

/** What is live in a block, given what is live in those behind it. */
class BlockLiveness {
  /** By instruction that may leave: dirty before it. */
  private readonly dirty = new Map<number, RegisterSet>();
  /** Dirty at the block's end. */
  private readonly dirtyOut: RegisterSet;
  /** Whatever is live behind the block: live before it, and what is not live before it for what is behind it. */
  private readonly needs: RegisterSet;
  private readonly hides: RegisterSet;

  constructor(private readonly block: Block, dirtyIn: RegisterSet, private readonly loopOf: readonly number[]) {
    const now = dirtyIn.copy();
    block.instructions.forEach((instruction, i) => {
      if (instruction.step || instruction.leaves) this.dirty.set(i, now.copy());
      if (instruction.step) now.clear();
      else now.add(instruction.writes);
    });
    this.dirtyOut = now;
    this.needs = new RegisterSet();
    this.hides = new RegisterSet();
    if (isCall(block)) this.hides.addAll();
    this.walk(this.needs, (i) => {
      const { step, defines } = block.instructions[i];
      if (step) this.hides.addAll();
      else this.hides.add(defines);
    });
  }

  /** Behind the block's last instruction, or behind what it calls. */
  private behind(liveIn: readonly RegisterSet[]): RegisterSet {
    const { block, loopOf, dirtyOut } = this;
    const live = new RegisterSet();
    // At an edge back the region leaves when the budget is used up.
    for (const to of block.successors) {
      const inLocals = handsOn(loopOf, block.index, to);
      live.add(inLocals ? liveIn[to] : liveIn[to].flagsAlone());
      if (to <= block.index || !inLocals) live.add(dirtyOut);
    }
    return live;
  }

  /** Goes from the last instruction to the first. @param live behind the block, becomes that before it */
  private walk(live: RegisterSet, each: (index: number, live: RegisterSet) => void): void {
    const { block, dirty } = this;
    if (isCall(block) || leavesAtEnd(block)) live.add(this.dirtyOut);
    for (let i = block.instructions.length - 1; i >= 0; i--) {
      const { step, leaves, defines, reads } = block.instructions[i];
      each(i, live);
      if (step) live.clear();
      else {
        live.remove(defines);
        live.add(reads);
      }
      if (step || leaves) live.add(dirty.get(i)!);
    }
  }

  /** Live before the block. */
  before(liveIn: readonly RegisterSet[]): RegisterSet {
    const live = this.behind(liveIn);
    live.remove(this.hides);
    live.add(this.needs);
    return live;
  }

  /** See BlockRegisters.reload. */
  reload(liveIn: readonly RegisterSet[]): Map<number, RegisterSet> {
    const reload = new Map<number, RegisterSet>();
    const { block } = this;
    const called = isCall(block);
    if (!called && !block.instructions.some(({ step }) => step)) return reload;
    const live = this.behind(liveIn);
    if (called) {
      reload.set(block.instructions.length - 1, live.copy());
      live.clear();
    }
    this.walk(live, (i, now) => {
      if (block.instructions[i].step) reload.set(i, now.copy());
    });
    return reload;
  }
}
