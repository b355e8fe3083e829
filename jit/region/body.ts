/** What can be reached from an entry without a call and without leaving the page, cut at the leaders. */
import type { Describer, RegionInstruction } from './instruction.js';
import { PAGE, type CodePage } from './region.js';

/** A block that has no number yet. */
export interface Draft {
  readonly body: Body;
  readonly offset: number;
  readonly instructions: readonly RegionInstruction[];
  /** Offsets that control may go to in the body. */
  readonly to?: number;
  readonly next?: number;
  /** It ends with a call of what has been made part of the region. */
  callee?: Body;
}

export class Body {
  /** By offset. */
  readonly drafts = new Map<number, Draft>();
  private readonly known = new Map<number, RegionInstruction>();
  private readonly leaders = new Set<number>();

  /** The block that calls it, in the same region. */
  caller?: Draft;

  /** @param limit most instructions */
  constructor(
    private readonly describer: Describer,
    private readonly page: CodePage,
    readonly entry: number,
    private readonly limit: number,
  ) {
    this.explore();
    for (const leader of this.leaders) if (this.known.has(leader)) this.drafts.set(leader, this.draft(leader));
  }

  /** Instructions in it. */
  get size(): number {
    return this.known.size;
  }

  private explore(): void {
    const { page, entry, known, limit } = this;
    const work = [entry];
    this.leaders.add(entry);
    while (work.length > 0) {
      let at = work.shift()!;
      while (at >= 0 && at < PAGE && !known.has(at) && known.size < limit && (at === entry || page.reached(at))) {
        const instruction = this.describer.describe(page.word(at), at);
        known.set(at, instruction);
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

  private draft(offset: number): Draft {
    const instructions: RegionInstruction[] = [];
    for (let at = offset; ;) {
      const instruction = this.known.get(at)!;
      instructions.push(instruction);
      const { ending } = instruction;
      if (ending !== undefined) {
        const goes = ending.kind === 'branch' || (ending.kind === 'jump' && !ending.link);
        const comes = ending.kind === 'branch' || ('link' in ending && ending.link);
        return {
          body: this, offset, instructions, ...(goes && { to: at + ending.displacement }), ...(comes && { next: at + 4 }),
        };
      }
      at += 4;
      if (this.leaders.has(at) || !this.known.has(at)) return { body: this, offset, instructions, next: at };
    }
  }
}

export const lastOf = ({ instructions }: Draft): RegionInstruction => instructions[instructions.length - 1];

/** RET, and the like. */
export function returns(draft: Draft): boolean {
  const { ending } = lastOf(draft);
  return ending?.kind === 'indirect' && ending.returns && !ending.link;
}
