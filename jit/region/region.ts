/** Regions: the blocks that can be reached from one entry without leaving a page. */
import type { Describer, RegionInstruction } from './instruction.js';

/** Where control goes: a block of the region, or a place outside, in bytes from the start of the page. */
export type Target = { readonly block: number } | { readonly outside: number };

export type Terminator =
  | { readonly kind: 'jump'; readonly to: Target }
  | { readonly kind: 'branch'; readonly to: Target; readonly next: Target }
  /** BL: `to` in bytes from the start of the page. */
  | { readonly kind: 'call'; readonly to: number; readonly next: Target }
  | { readonly kind: 'callIndirect'; readonly btype: number; readonly next: Target }
  | { readonly kind: 'indirect'; readonly btype: number; readonly returns: boolean }
  /** Leaves for the place behind. */
  | { readonly kind: 'synchronize'; readonly next: number }
  | { readonly kind: 'never' };

export interface Block {
  readonly index: number;
  /** Bytes from the start of the page. */
  readonly offset: number;
  readonly instructions: readonly RegionInstruction[];
  readonly terminator: Terminator;
  /** Blocks that control may go to. */
  readonly successors: readonly number[];
}

export interface Region {
  /** In reverse postorder; the first is the entry. */
  readonly blocks: readonly Block[];
  readonly instructions: number;
  /** It may have become hot because another region often leaves at its first instruction: a memory access behind which control came. */
  readonly resumes: boolean;
}

export interface RegionLimits {
  /** Most instructions in a region. */
  readonly instructions: number;
}

/** The page that a region is formed from. */
export interface CodePage {
  /** Instruction word at a byte offset. */
  word(offset: number): number;
  /** Whether control has ever gone straight on to the instruction; what it never reached is left out. */
  reached(offset: number): boolean;
  /** Whether a branch has ever been taken to the instruction. */
  branchedTo(offset: number): boolean;
}

const PAGE = 4096;

/** Blocks of the region that control may go to. */
function successorsOf(terminator: Terminator): number[] {
  const targets: Target[] = [];
  if ('to' in terminator && typeof terminator.to !== 'number') targets.push(terminator.to);
  if ('next' in terminator && typeof terminator.next !== 'number') targets.push(terminator.next);
  return targets.flatMap((t) => ('block' in t ? [t.block] : []));
}

interface Draft {
  readonly offset: number;
  readonly instructions: RegionInstruction[];
  /** Offsets that control may go to. */
  to?: number;
  next?: number;
}

/** Collects instructions and finds the leaders. */
class Former {
  private readonly known = new Map<number, RegionInstruction>();
  private readonly leaders = new Set<number>();

  constructor(
    private readonly describer: Describer,
    private readonly page: CodePage,
    private readonly limits: RegionLimits,
  ) {}

  private explore(entry: number): void {
    const work = [entry];
    const { page } = this;
    this.leaders.add(entry);
    while (work.length > 0) {
      let at = work.shift()!;
      while (
        at >= 0 && at < PAGE && !this.known.has(at) && this.known.size < this.limits.instructions &&
        (at === entry || page.reached(at))
      ) {
        const instruction = this.describer.describe(page.word(at), at);
        this.known.set(at, instruction);
        const { ending } = instruction;
        at += 4;
        if (ending === undefined) continue;
        const lead = (offset: number, branch = false): void => {
          if (offset < 0 || offset >= PAGE || (branch && !page.branchedTo(offset))) return;
          this.leaders.add(offset);
          work.push(offset);
        };
        if (ending.kind === 'jump' && !ending.link) lead(at - 4 + ending.displacement, true);
        else if (ending.kind === 'branch') {
          lead(at);
          lead(at - 4 + ending.displacement, true);
        } else if (ending.kind === 'jump' || (ending.kind === 'indirect' && ending.link)) lead(at);
        break;
      }
    }
  }

  private draft(leader: number): Draft {
    const instructions: RegionInstruction[] = [];
    let at = leader;
    for (;;) {
      const instruction = this.known.get(at)!;
      instructions.push(instruction);
      const { ending } = instruction;
      if (ending !== undefined) {
        const draft: Draft = { offset: leader, instructions };
        if (ending.kind === 'branch' || (ending.kind === 'jump' && !ending.link)) draft.to = at + ending.displacement;
        if (ending.kind === 'branch' || ('link' in ending && ending.link)) draft.next = at + 4;
        return draft;
      }
      at += 4;
      if (this.leaders.has(at) || !this.known.has(at)) return { offset: leader, instructions, next: at };
    }
  }

  form(entry: number): Region {
    this.explore(entry);
    const drafts = new Map<number, Draft>();
    for (const leader of this.leaders) if (this.known.has(leader)) drafts.set(leader, this.draft(leader));
    const order = this.reversePostorder(entry, drafts);
    const indexes = new Map(order.map((d, i) => [d.offset, i]));
    const target = (offset: number): Target => {
      const block = indexes.get(offset);
      return block === undefined ? { outside: offset } : { block };
    };
    const blocks = order.map((d, index): Block => {
      const terminator = this.terminator(d, target);
      return { index, offset: d.offset, instructions: d.instructions, terminator, successors: successorsOf(terminator) };
    });
    return { blocks, instructions: blocks.reduce((n, b) => n + b.instructions.length, 0), resumes: this.resumes(entry) };
  }

  private resumes(entry: number): boolean {
    const { page, describer } = this;
    if (!this.known.get(entry)!.accesses) return false;
    if (entry === 0) return true;
    if (!page.reached(entry - 4)) return false;
    const { ending } = describer.describe(page.word(entry - 4), entry - 4);
    return ending === undefined || ending.kind === 'branch' || ('link' in ending && ending.link);
  }

  private terminator(draft: Draft, target: (offset: number) => Target): Terminator {
    const last = draft.instructions[draft.instructions.length - 1];
    const { ending } = last;
    if (ending === undefined) return { kind: 'jump', to: target(draft.next!) };
    switch (ending.kind) {
      case 'jump':
        return ending.link
          ? { kind: 'call', to: last.offset + ending.displacement, next: target(draft.next!) }
          : { kind: 'jump', to: target(draft.to!) };
      case 'branch':
        return { kind: 'branch', to: target(draft.to!), next: target(draft.next!) };
      case 'indirect':
        return ending.link
          ? { kind: 'callIndirect', btype: ending.btype, next: target(draft.next!) }
          : { kind: 'indirect', btype: ending.btype, returns: ending.returns };
      case 'synchronize':
        return { kind: 'synchronize', next: last.offset + 4 };
      default:
        return { kind: 'never' };
    }
  }

  private reversePostorder(entry: number, drafts: ReadonlyMap<number, Draft>): Draft[] {
    const seen = new Set<number>();
    const postorder: Draft[] = [];
    // explicit stack: a page's worth of blocks may be deep
    const stack: { draft: Draft; rest: number[] }[] = [];
    const visit = (offset: number): void => {
      const draft = drafts.get(offset);
      if (draft === undefined || seen.has(offset)) return;
      seen.add(offset);
      const rest = [draft.next, draft.to].filter((t) => t !== undefined);
      stack.push({ draft, rest });
    };
    visit(entry);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const next = top.rest.pop();
      if (next !== undefined) visit(next);
      else {
        postorder.push(top.draft);
        stack.pop();
      }
    }
    return postorder.reverse();
  }
}

/**
 * Forms the region that starts `entry` bytes into a page of code.
 */
export function formRegion(
  describer: Describer, page: CodePage, entry: number, limits: RegionLimits,
): Region {
  return new Former(describer, page, limits).form(entry);
}
