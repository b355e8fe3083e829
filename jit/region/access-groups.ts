/**
 * Groups of memory accesses in one block at constant distances from each other: those by one register, what it is moved by
 * constants included, and those by copies of it. All of a group are carried out unless the block is left before its end, so one
 * look-up of the whole range at the first is enough. It fails, and control leaves, also when the range lies in two pages. Where
 * that is frequent a region of its own starts, without the group; so no group begins with a region.
 */
import type { AccessOptions } from '../emitter/emitter.js';
import type { Statement, Value } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import { constantOf } from './constant-values.js';
import { slotOf, type RegionInstruction } from './instruction.js';
import { isRegisterSlot } from './register-set.js';
import type { Block, Region } from './region.js';

/** Bytes that a group spans at most: few enough that it seldom lies in two pages. */
const LARGEST_SPAN = 128;

export interface AccessGroup {
  /** Among those of its block. */
  readonly number: number;
  /** Bytes from the lowest one accessed to behind the highest. */
  readonly span: number;
  readonly write: boolean;
}

export interface GroupMember {
  readonly group: AccessGroup;
  /** Where it begins, in bytes from the group's lowest. */
  readonly offset: number;
  /** It is the first that is carried out: it looks the range up. */
  readonly first: boolean;
}

/** A register plus a constant. */
interface Affine {
  readonly slot: number;
  readonly offset: bigint;
}

/** What a value is, if it is a register, or one and constants. */
function affineOf(value: Value): Affine | undefined {
  let offset = 0n;
  let at = value;
  for (;;) {
    if (at.op === 'x.get') {
      const slot = slotOf(at.imm as Operand);
      return isRegisterSlot(slot) ? { slot, offset } : undefined;
    }
    const added: bigint | undefined = at.op === 'i64.add' || at.op === 'i64.sub' ? constantOf(at.args[1]) : undefined;
    if (added === undefined) return undefined;
    offset += at.op === 'i64.add' ? added : -added;
    at = at.args[0];
  }
}

interface Access {
  readonly address: Affine;
  readonly bytes: number;
  readonly write: boolean;
}

/** What an instruction does with addresses. */
interface Addressing {
  /** Its access, if that may be part of a group. */
  readonly access?: Access | undefined;
  /** Registers that become others plus constants. */
  readonly moves: readonly { readonly slot: number; readonly to: Affine }[];
}

const known = new WeakMap<readonly Statement[], Addressing>();

function addressingOf(instruction: RegionInstruction): Addressing {
  const { statements } = instruction;
  let found = known.get(statements);
  if (found === undefined) known.set(statements, (found = findAddressing(instruction)));
  return found;
}

function findAddressing({ statements, early }: RegionInstruction): Addressing {
  const moves: { slot: number; to: Affine }[] = [];
  let access: Addressing['access'];
  for (const s of statements) {
    if (s.kind === 'value' && s.value!.op === 'access') access = groupable(s.value!, statements);
    else if (s.kind === 'effect' && s.op === 'x.set') {
      const to = affineOf(s.args![0]);
      // registers that it has written before it reads them are not what they were before it
      if (to !== undefined && !early.hasX(to.slot)) moves.push({ slot: slotOf(s.imm as Operand), to });
    }
  }
  return { access: access && !early.hasX(access.address.slot) ? access : undefined, moves };
}

/** How often statements read or write the memory that an access has found, and not another place behind it. */
function plainUses(access: Value, statements: readonly Statement[]): number {
  let uses = 0;
  for (const s of statements) {
    const [op, args] = s.kind === 'value' ? [s.value!.op, s.value!.args] : s.kind === 'effect' ? [s.op!, s.args!] : ['', []];
    if (args[0] === access && /\.(load|store)/.test(op)) uses++;
  }
  return uses;
}

function groupable(access: Value, statements: readonly Statement[]): Access | undefined {
  const { bytes, write, readWrite, unprivileged, align = 1, orService } =
    access.imm as { bytes: number } & AccessOptions;
  if (readWrite === true || unprivileged === true || align !== 1 || orService !== undefined) return undefined;
  if (plainUses(access, statements) !== access.uses) return undefined;
  const address = affineOf(access.args[0]);
  return address && { address, bytes, write: write === true };
}

/** A group being collected. */
interface Draft {
  low: bigint;
  high: bigint;
  write: boolean;
  readonly members: { readonly index: number; readonly offset: bigint }[];
}

class Collector {
  readonly members = new Map<number, GroupMember>();
  /** What registers hold: a value that has a number of its own, plus a constant. */
  private readonly held = new Map<number, { readonly value: number; readonly offset: bigint }>();
  private values = 0;
  /** By value: the group that may still get members. */
  private readonly open = new Map<number, Draft>();
  private groups = 0;

  private holds(slot: number): { readonly value: number; readonly offset: bigint } {
    let what = this.held.get(slot);
    if (what === undefined) this.held.set(slot, (what = { value: this.values++, offset: 0n }));
    return what;
  }

  private close(draft: Draft): void {
    if (draft.members.length < 2) return;
    const group: AccessGroup = { number: this.groups++, span: Number(draft.high - draft.low), write: draft.write };
    draft.members.forEach(({ index, offset }, i) => {
      this.members.set(index, { group, offset: Number(offset - draft.low), first: i === 0 });
    });
  }
  closeAll(): void {
    for (const draft of this.open.values()) this.close(draft);
    this.open.clear();
  }

  /** @param apart value whose accesses are in no group */
  instruction(instruction: RegionInstruction, index: number, alone: boolean, apart: number | undefined): void {
    const { access, moves } = addressingOf(instruction);
    if (access !== undefined && !alone && this.holds(access.address.slot).value !== apart) this.access(access, index);
    const now = moves.map(({ slot, to }) => {
      const { value, offset } = this.holds(to.slot);
      return { slot, what: { value, offset: offset + to.offset } };
    });
    for (const slot of instruction.writes.xSlots()) this.held.delete(slot);
    for (const { slot, what } of now) this.held.set(slot, what);
  }

  private access({ address, bytes, write }: Access, index: number): void {
    const { value, offset } = this.holds(address.slot);
    const low = offset + address.offset;
    const high = low + BigInt(bytes);
    let draft = this.open.get(value);
    if (draft !== undefined && (low < draft.low ? draft.high - low : high - draft.low) > BigInt(LARGEST_SPAN)) {
      this.close(draft);
      draft = undefined;
    }
    if (draft === undefined) this.open.set(value, (draft = { low, high, write: false, members: [] }));
    if (low < draft.low) draft.low = low;
    if (high > draft.high) draft.high = high;
    draft.write ||= write;
    draft.members.push({ index, offset: low });
  }

  /** What an access's address is relative to. */
  baseOf(instruction: RegionInstruction): number | undefined {
    const { access } = addressingOf(instruction);
    return access && this.holds(access.address.slot).value;
  }

  /** Nothing is known of what registers hold, or of what memory is where. */
  forget(): void {
    this.closeAll();
    this.held.clear();
  }
}

const NONE: ReadonlyMap<number, GroupMember> = new Map();

/** Members of the groups of a block that is in no loop, by the index of their instruction. */
export function accessGroups({ index: block, instructions }: Block, { resumes }: Pick<Region, 'resumes'>): ReadonlyMap<number, GroupMember> {
  if (instructions.reduce((n, i) => (i.accesses && !i.step ? n + 1 : n), 0) < 2) return NONE;
  const collector = new Collector();
  const apart = block === 0 && resumes ? collector.baseOf(instructions[0]) : undefined;
  instructions.forEach((instruction, index) => {
    if (instruction.step) collector.forget();
    else collector.instruction(instruction, index, block === 0 && index === 0, apart);
  });
  collector.closeAll();
  return collector.members;
}
