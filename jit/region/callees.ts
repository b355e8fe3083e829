/**
 * Small callees of the page become part of the region that calls them, once for each call: the budget then does not go through
 * memory, nor do, in a loop, the registers. A callee's return compares with the place behind the call.
 */
import { blocksOf } from './blocks.js';
import { Body, lastOf, returns, type Draft } from './body.js';
import { analyseControlFlow } from './control-flow.js';
import type { Describer } from './instruction.js';
import { PAGE, type CodePage, type RegionLimits } from './region.js';

/** Whether all its ways back go to blocks that dominate: one that does not would leave the region from within the call. */
function isReducible(callee: Body): boolean {
  const blocks = blocksOf(callee);
  const { irreducible } = analyseControlFlow({ blocks });
  return !blocks.some(({ index, successors }) => successors.some((to) => irreducible(index, to)));
}

/** What a block calls, if that is on the page and was called before, and the place behind is in the body. */
function calledBy(call: Draft, page: CodePage): number | undefined {
  const { offset, ending } = lastOf(call);
  if (ending?.kind !== 'jump' || !ending.link || !call.body.drafts.has(call.next!)) return undefined;
  const entry = offset + ending.displacement;
  return entry >= 0 && entry < PAGE && page.branchedTo(entry) ? entry : undefined;
}

/** Callees of callees stay outside. */
export function addCallees(body: Body, describer: Describer, page: CodePage, { instructions, callee: most }: RegionLimits): void {
  let size = body.size;
  for (const call of body.drafts.values()) {
    const entry = calledBy(call, page);
    if (entry === undefined) continue;
    const limit = Math.min(most, instructions - size);
    const callee = new Body(describer, page, entry, limit + 1);
    if (callee.size > limit || ![...callee.drafts.values()].some(returns) || !isReducible(callee)) continue;
    call.callee = callee;
    callee.caller = call;
    size += callee.size;
  }
}
