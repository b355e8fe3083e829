import { blocksOf } from './blocks.js';
import { Body, lastOf } from './body.js';
import { addCallees } from './callees.js';
import type { Describer } from './instruction.js';
import type { CodePage, Region, RegionLimits } from './region.js';

/** See Region.resumes. */
function resumes({ entry, drafts }: Body, describer: Describer, page: CodePage): boolean {
  if (!drafts.get(entry)!.instructions[0].accesses) return false;
  if (entry === 0) return true;
  if (!page.reached(entry - 4)) return false;
  const { ending } = describer.describe(page.word(entry - 4), entry - 4);
  return ending === undefined || ending.kind === 'branch' || ('link' in ending && ending.link);
}

/** Forms the region that starts `entry` bytes into a page of code. */
export function formRegion(describer: Describer, page: CodePage, entry: number, limits: RegionLimits): Region {
  const body = new Body(describer, page, entry, limits.instructions);
  if (limits.callee > 0) addCallees(body, describer, page, limits);
  const blocks = blocksOf(body);
  const instructions = blocks.reduce((n, b) => n + b.instructions.length, 0);
  return { blocks, instructions, resumes: resumes(body, describer, page) };
}

/**
 * Where the innermost loop around a place of a page begins, going by addresses: the last place before it that a branch behind it
 * leads back to. The place itself when there is none.
 */
export function loopAround(describer: Describer, page: CodePage, place: number, { instructions }: RegionLimits): number {
  let start = -1;
  for (const draft of new Body(describer, page, place, instructions).drafts.values()) {
    const { to } = draft;
    if (to === undefined || to > place || to <= start || lastOf(draft).offset < place) continue;
    if (page.branchedTo(to)) start = to;
  }
  return start < 0 ? place : start;
}
