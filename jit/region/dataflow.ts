/**
 * Which registers hold values that memory does not (dirty), and which are needed later (live), at each point of a region.
 * Control leaves a region with all state in memory, so a place to leave at needs the registers that are dirty there.
 */
import type { FlagsRecipe } from '../emitter/emitter.js';
import type { Statement, ValueType } from '../emitter/ir.js';
import { softSetsFlags, type RegionInstruction } from './instruction.js';
import { RegisterSet } from './register-set.js';
import type { Block, Region, Target } from './region.js';

/** How NZCV is described: by itself, or by an operation of the given width and its operands; undefined: it varies. */
export type FlagsKind = 'raw' | `${FlagsRecipe}.${'i32' | 'i64'}` | undefined;

export interface BlockRegisters {
  /** Dirty when the block is entered. */
  readonly dirtyIn: RegisterSet;
  readonly liveIn: RegisterSet;
  readonly flagsIn: FlagsKind;
  /** Registers that must be read from memory behind an instruction that had all state in memory, by its index. */
  readonly reload: ReadonlyMap<number, RegisterSet>;
}

/** State is in memory, and may be changed there, when the block's last instruction is carried out. */
const isCall = (block: Block): boolean => block.terminator.kind === 'call' || block.terminator.kind === 'callIndirect';

/** What an instruction makes of the kind of flags before it. */
export function flagsAfter(instruction: RegionInstruction, before: FlagsKind): FlagsKind {
  return flagsAfterAll(instruction.statements, before);
}

function flagsAfterAll(statements: readonly Statement[], before: FlagsKind): FlagsKind {
  let kind = before;
  for (const s of statements) {
    if (s.kind === 'effect' && s.op === 'nzcv.set') kind = 'raw';
    else if (s.kind === 'effect' && s.op === 'flags.set') {
      kind = `${s.imm as FlagsRecipe}.${s.args![0].type as Extract<ValueType, 'i32' | 'i64'>}`;
    } else if (s.kind === 'effect' && s.op === 'fpSoft' && softSetsFlags(s)) kind = 'raw';
    else if (s.kind === 'if' || s.kind === 'loop') {
      const then = flagsAfterAll(s.then!, kind);
      const otherwise = flagsAfterAll(s.otherwise ?? [], kind);
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

function blockFlagsOut(block: Block, flagsIn: FlagsKind): FlagsKind {
  let kind = flagsIn;
  for (const i of block.instructions) kind = i.step ? undefined : flagsAfter(i, kind);
  return isCall(block) ? undefined : kind;
}

function leavesAt(target: Target): boolean {
  return 'outside' in target;
}

/** Live before the block's end is carried out, but for what goes on inside the region; all that is dirty if it leaves. */
function leavesAtEnd(block: Block): boolean {
  const { terminator } = block;
  switch (terminator.kind) {
    case 'jump':
      return leavesAt(terminator.to);
    case 'branch':
      return leavesAt(terminator.to) || leavesAt(terminator.next);
    default:
      return true;
  }
}

export function analyseRegisters(region: Region): BlockRegisters[] {
  const { blocks } = region;
  const dirtyIn = blocks.map(() => new RegisterSet());
  const flagsIn: (FlagsKind | 'unset')[] = blocks.map((_, i) => (i === 0 ? undefined : 'unset'));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks) {
      const dirty = blockDirtyOut(block, dirtyIn[block.index]);
      const known = flagsIn[block.index];
      const kind = known === 'unset' ? 'unset' : blockFlagsOut(block, known);
      for (const to of block.successors) {
        if (dirtyIn[to].add(dirty)) changed = true;
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
      const live = liveBefore(blocks[b], dirtyIn[b], liveIn, reload[b]);
      if (liveIn[b].add(live)) changed = true;
    }
  }
  return blocks.map((_, b) => ({
    dirtyIn: dirtyIn[b], liveIn: liveIn[b], reload: reload[b],
    flagsIn: flagsIn[b] === 'unset' ? undefined : (flagsIn[b] as FlagsKind),
  }));
}

function liveBefore(
  block: Block, dirtyIn: RegisterSet, liveIn: readonly RegisterSet[], reload: Map<number, RegisterSet>,
): RegisterSet {
  const { instructions } = block;
  const dirty: RegisterSet[] = [];
  const now = dirtyIn.copy();
  for (const i of instructions) {
    dirty.push(now.copy());
    dirtyAfter(i, now);
  }
  const live = new RegisterSet();
  // An edge back leaves at the end of the budget with what is dirty there; the header's dirty set covers that.
  for (const to of block.successors) {
    live.add(liveIn[to]);
    if (to <= block.index) live.add(now);
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
