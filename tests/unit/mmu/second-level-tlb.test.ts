import { expect, it } from 'vitest';
import { SecondLevelTlb, tagOf } from '../../../runtime/mmu/second-level-tlb.js';

const WAYS = 4;
/** Entries of two tags and a value. */
const make = (): SecondLevelTlb => new SecondLevelTlb(8, WAYS, 5, 2, new Int32Array(8 * WAYS * 5));
const entry = (high: number, low: number, read: number, write: number, value: number): Int32Array => Int32Array.from([
  read ? tagOf(low, read) : -1, read ? high : -1, write ? tagOf(low, write) : -1, write ? high : -1, value,
]);
const recalled = (tlb: SecondLevelTlb, high: number, low: number, context: number, tag = 0): number | undefined => {
  const into = new Int32Array(7);
  return tlb.recall(high, tagOf(low, context), tag, into, 2) ? into[6] : undefined;
};

it('keeps one address in as many contexts as it has ways, the oldest going first', () => {
  const tlb = make();
  for (let context = 1; context <= WAYS + 1; context++) tlb.keep(0x5000, entry(7, 0x5000, context, context, context), 0);
  expect(recalled(tlb, 7, 0x5000, 1)).toBeUndefined();
  for (let context = 2; context <= WAYS + 1; context++) expect(recalled(tlb, 7, 0x5abc, context)).toBe(context);
  expect(recalled(tlb, 8, 0x5000, 2)).toBeUndefined();
  expect(recalled(tlb, 7, 0xd000, 2)).toBeUndefined();
});

it('tells tags apart, and replaces an entry that has one in common', () => {
  const tlb = make();
  tlb.keep(0x1000, entry(0, 0x1000, 5, 0, 10), 0);
  expect(recalled(tlb, 0, 0x1000, 5, 1)).toBeUndefined();
  tlb.keep(0x1000, entry(0, 0x1000, 5, 5, 11), 0);
  expect(recalled(tlb, 0, 0x1000, 5, 0)).toBe(11);
  expect(recalled(tlb, 0, 0x1000, 5, 1)).toBe(11);
  tlb.dropAllWhere((at) => tlb.words[at + 4] === 11);
  expect(recalled(tlb, 0, 0x1000, 5)).toBeUndefined();
});

it('forgets contexts, and everything', () => {
  const tlb = make();
  for (const context of [3, 4, 5]) tlb.keep(0x2000, entry(0, 0x2000, context, 0, context), 0);
  tlb.purgeContexts(4, 5);
  expect([3, 4, 5].map((context) => recalled(tlb, 0, 0x2000, context))).toEqual([3, undefined, undefined]);
  tlb.flush();
  expect(recalled(tlb, 0, 0x2000, 3)).toBeUndefined();
});
