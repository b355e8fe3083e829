/** The log of broadcasts: order, one's own left out, what is lost when a reader falls behind, counts that wrap. */
import { beforeEach, describe, expect, it } from 'vitest';
import { HeaderLayout, memoryLayout } from '../../../runtime/layout/memory-layout.js';
import { BroadcastLog } from '../../../runtime/mmu/broadcast-log.js';
import { BROADCASTS, InvalidationKind } from '../../../runtime/layout/broadcast-layout.js';
import type { TlbInvalidation } from '../../../runtime/mmu/tlb-invalidation.js';
import { NOTHING } from '../../../runtime/mmu/tlb-maintenance.js';

const layout = memoryLayout(2, 1 << 16);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const head = HeaderLayout.offset.broadcastHead >> 2;

describe('BroadcastLog', () => {
  let log: BroadcastLog;
  const message = (pages: number): TlbInvalidation => ({ ...NOTHING, kind: InvalidationKind.Address, pages });
  const pagesRead = (from: number, reader: number): number[] | undefined =>
    log.read(from, reader)?.messages.map(({ pages }) => pages);

  beforeEach(() => {
    new Int32Array(memory.buffer).fill(0, 0, HeaderLayout.size >> 2);
    log = new BroadcastLog(memory, layout);
  });

  it('hands on every field', () => {
    const full: TlbInvalidation = {
      kind: InvalidationKind.Asid, regime: 2, security: 1, vmid: -1, asid: 0xffff, vaHigh: -1, vaLow: 0x1000, pages: 2 ** 40 + 5,
    };
    expect(log.post(full, 0)).toBe(1);
    expect(log.read(0, 1)).toEqual({ messages: [full], head: 1 });
  });

  it('keeps the order, and gives nobody his own', () => {
    for (let n = 1; n <= 6; n++) log.post(message(n), n & 1);
    expect(pagesRead(0, 0)).toEqual([1, 3, 5]);
    expect(pagesRead(0, 1)).toEqual([2, 4, 6]);
    expect(pagesRead(2, -1)).toEqual([3, 4, 5, 6]);
    expect(pagesRead(6, 0)).toEqual([]);
  });

  it('tells who has fallen behind', () => {
    for (let n = 0; n < BROADCASTS - 1; n++) log.post(message(n), 0);
    expect(pagesRead(0, 1)).toHaveLength(BROADCASTS - 1);
    log.post(message(0), 0);
    expect(log.read(0, 1)).toBeUndefined();
    expect(pagesRead(1, 1)).toHaveLength(BROADCASTS - 1);
  });

  it('goes on when the count wraps', () => {
    const words = new Int32Array(memory.buffer);
    words[head] = 0x7fff_fffe;
    for (let n = 1; n <= 4; n++) log.post(message(n), 0);
    expect(log.head).toBe(-0x7fff_fffe);
    expect(pagesRead(0x7fff_fffe, 1)).toEqual([1, 2, 3, 4]);
    words[head] = -2;
    for (let n = 1; n <= 4; n++) log.post(message(n), 0);
    expect(log.head).toBe(2);
    expect(pagesRead(-2, 1)).toEqual([1, 2, 3, 4]);
  });
});
