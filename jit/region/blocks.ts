/** Gives the blocks of a body, and of the callees in it, their order and their ends. */
import { lastOf, returns, type Body, type Draft } from './body.js';
import type { Block, Target, Terminator } from './region.js';

interface Successors {
  readonly next?: Draft | undefined;
  readonly to?: Draft | undefined;
}

function successorsOf(draft: Draft): Successors {
  const { body: { drafts, caller }, callee } = draft;
  if (callee !== undefined) return { to: callee.drafts.get(callee.entry) };
  if (caller !== undefined && returns(draft)) return { next: caller.body.drafts.get(caller.next!) };
  return {
    ...(draft.next !== undefined && { next: drafts.get(draft.next) }), ...(draft.to !== undefined && { to: drafts.get(draft.to) }),
  };
}

function reversePostorder(entry: Draft): Draft[] {
  const seen = new Set<Draft>();
  const postorder: Draft[] = [];
  // explicit stack: a page's worth of blocks may be deep
  const stack: { draft: Draft; rest: (Draft | undefined)[] }[] = [];
  const visit = (draft: Draft | undefined): void => {
    if (draft === undefined || seen.has(draft)) return;
    seen.add(draft);
    const { next, to } = successorsOf(draft);
    stack.push({ draft, rest: [next, to] });
  };
  visit(entry);
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.rest.length > 0) visit(top.rest.pop());
    else {
      postorder.push(top.draft);
      stack.pop();
    }
  }
  return postorder.reverse();
}

/** @param next where control goes when it goes on @param to where it goes when it branches */
function terminatorOf(draft: Draft, next: Target, to: Target): Terminator {
  const last = lastOf(draft);
  const { ending } = last;
  if (ending === undefined) return { kind: 'jump', to: next };
  switch (ending.kind) {
    case 'jump':
      if (!ending.link || draft.callee !== undefined) return { kind: 'jump', to };
      return { kind: 'call', to: last.offset + ending.displacement, next };
    case 'branch':
      return { kind: 'branch', to, next };
    case 'indirect':
      if (draft.body.caller !== undefined && returns(draft) && 'block' in next) return { kind: 'return', next };
      return ending.link
        ? { kind: 'callIndirect', btype: ending.btype, next }
        : { kind: 'indirect', btype: ending.btype, returns: ending.returns };
    case 'synchronize':
      return { kind: 'synchronize', next: last.offset + 4 };
    default:
      return { kind: 'never' };
  }
}

/** In reverse postorder; the first is the body's entry. */
export function blocksOf(body: Body): Block[] {
  const order = reversePostorder(body.drafts.get(body.entry)!);
  const indexes = new Map(order.map((draft, i) => [draft, i]));
  return order.map((draft, index): Block => {
    const successors = successorsOf(draft);
    const blocks: number[] = [];
    const target = (way: 'to' | 'next', outside: number): Target => {
      const block = successors[way] && indexes.get(successors[way]);
      if (block === undefined) return { outside };
      blocks.push(block);
      return { block };
    };
    const to = target('to', draft.to ?? 0);
    const next = target('next', draft.next ?? 0);
    const { offset, instructions } = draft;
    const copied = draft.body.caller !== undefined;
    return { index, offset, copied, instructions, terminator: terminatorOf(draft, next, to), successors: blocks };
  });
}
