/**
 * Shape of a region's control flow: dominators, loop headers, and edges that no structured control flow can express.
 * Blocks are in reverse postorder, so that an edge to an equal or smaller index goes back.
 */
import type { Region } from './region.js';

export interface ControlFlow {
  /** Blocks that each block dominates directly, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Entered by a back edge from a block that it dominates. */
  readonly isHeader: readonly boolean[];
  /** Header of the outermost loop that stays in the region and has the block; -1 when none has. It is entered there only. */
  readonly loopOf: readonly number[];
  /** Entered by several forward edges. */
  readonly isMerge: readonly boolean[];
  /** Whether the edge goes back to a block that does not dominate its source: it must leave the region. */
  readonly irreducible: (from: number, to: number) => boolean;
}

/** Immediate dominators by the iterative algorithm of Cooper, Harvey and Kennedy; the entry is its own. */
function immediateDominators(predecessors: readonly (readonly number[])[]): number[] {
  const idom = new Array<number>(predecessors.length).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (let b = 1; b < predecessors.length; b++) {
      let best = -1;
      for (let p of predecessors[b]) {
        if (idom[p] < 0) continue;
        if (best < 0) {
          best = p;
          continue;
        }
        while (p !== best) {
          while (p > best) p = idom[p];
          while (best > p) best = idom[best];
        }
      }
      if (best !== idom[b]) {
        idom[b] = best;
        changed = true;
      }
    }
  }
  return idom;
}

/**
 * Marks the blocks from which the ends of back edges can be reached without passing the header: it dominates them all. Loops
 * are nested or apart, and outer headers come first.
 */
function markLoop(
  header: number, ends: readonly number[], predecessors: readonly (readonly number[])[], loopOf: number[],
): void {
  const seen = new Set<number>();
  const work = [header, ...ends];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    if (seen.has(b)) continue;
    seen.add(b);
    if (loopOf[b] < 0) loopOf[b] = header;
    if (b !== header) work.push(...predecessors[b]);
  }
}

export function analyseControlFlow(region: Pick<Region, 'blocks'>): ControlFlow {
  const count = region.blocks.length;
  const predecessors: number[][] = Array.from({ length: count }, () => []);
  for (const block of region.blocks) {
    for (const to of block.successors) predecessors[to].push(block.index);
  }
  const idom = immediateDominators(predecessors);
  const children: number[][] = Array.from({ length: count }, () => []);
  for (let b = 1; b < count; b++) children[idom[b]].push(b);
  const dominates = (a: number, b: number): boolean => {
    let at = b;
    while (at > a) at = idom[at];
    return at === a;
  };
  const isHeader = predecessors.map((from, b) => from.some((p) => p >= b && dominates(b, p)));
  const loopOf = new Array<number>(count).fill(-1);
  isHeader.forEach((is, header) => {
    if (is) markLoop(header, predecessors[header].filter((p) => p >= header && dominates(header, p)), predecessors, loopOf);
  });
  const isMerge = predecessors.map((from, b) => from.filter((p) => p < b).length > 1);
  return { children, isHeader, loopOf, isMerge, irreducible: (from, to) => to <= from && !dominates(to, from) };
}
