/**
 * Which registers hold values that memory does not (dirty), and which are needed later (live), at each point of a region.
 * Control leaves a region with all state in memory, so a place to leave at needs the registers that are dirty there.
 */
import type { FlagsRecipe } from '../emitter/emitter.js';
import type { FlagsKind } from '../emitter/flags-kind.js';
import type { Statement } from '../emitter/ir.js';
import { softSetsFlags, type RegionInstruction } from './instruction.js';
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

function dirtyAfter(instruction: RegionInstruction, dirty: RegisterSet): void {
  if (instruction.step) dirty.clear();
  else dirty.add(instruction.writes);
}

function blockDirtyOut(block: Block, dirtyIn: RegisterSet): RegisterSet {
  const dirty = dirtyIn.copy();
  for (const i of block.instructions) dirtyAfter(i, dirty);
  if (isCall(block)) dirty.clear();
  return dirty;
}

function blockFlagsOut(block: Block, flagsIn: FlagsKind | undefined): FlagsKind | undefined {
  let kind = flagsIn;
  for (const i of block.instructions) kind = i.step ? undefined : flagsAfter(i.statements, kind);
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
  const flagsIn: (FlagsKind | 'unset' | undefined)[] = blocks.map((_, i) => (i === 0 ? undefined : 'unset'));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks) {
      const dirty = blockDirtyOut(block, dirtyIn[block.index]);
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
  const reload = blocks.map(() => new Map<number, RegisterSet>());
  for (let changed = true; changed;) {
    changed = false;
    for (let b = blocks.length - 1; b >= 0; b--) {
      const live = liveBefore(blocks[b], dirtyIn[b], liveIn, reload[b], loopOf);
      if (leavesAnywhere) live.add(dirtyIn[b]);
      if (liveIn[b].add(live)) changed = true;
    }
  }
  blocks.forEach((_, b) => {
    if (loopOf[b] < 0) for (const set of [dirtyIn[b], liveIn[b], ...reload[b].values()]) set.keepFlags();
  });
  return blocks.map((_, b) => ({
    dirtyIn: dirtyIn[b], liveIn: liveIn[b], reload: reload[b],
    flagsIn: flagsIn[b] === 'unset' ? undefined : flagsIn[b],
  }));
}

function liveBefore(
  block: Block, dirtyIn: RegisterSet, liveIn: readonly RegisterSet[], reload: Map<number, RegisterSet>,
  loopOf: readonly number[],
): RegisterSet {
  const { instructions } = block;
  const dirty: RegisterSet[] = [];
  const now = dirtyIn.copy();
  for (const i of instructions) {
    dirty.push(now.copy());
    dirtyAfter(i, now);
  }
  const live = new RegisterSet();
  // At an edge back the region leaves when the budget is used up.
  for (const to of block.successors) {
    const inLocals = handsOn(loopOf, block.index, to);
    live.add(inLocals ? liveIn[to] : liveIn[to].flagsAlone());
    if (to <= block.index || !inLocals) live.add(now);
  }
  if (isCall(block)) {
    const index = instructions.length - 1;
    reload.set(index, live.copy());
    live.clear();
  }
  if (isCall(block) || leavesAtEnd(block)) live.add(now);
  for (let i = instructions.length - 1; i >= 0; i--) {
    const instruction = instructions[i];
    if (instruction.step) {
      reload.set(i, live.copy());
      live.clear();
    } else {
      live.remove(instruction.defines);
      live.add(instruction.reads);
    }
    if (instruction.step || instruction.leaves) live.add(dirty[i]);
  }
  return live;
}
