import type { MemoryLayout } from '../layout/memory-layout.js';
import type { VcpuGroup } from '../vcpu/vcpu-group.js';
import type { SharedPages } from './interfaces.js';
import { InvalidationKind } from '../layout/broadcast-layout.js';
import type { TlbInvalidation } from './tlb-invalidation.js';

const about = (kind: InvalidationKind, pages: number): TlbInvalidation =>
  ({ kind, regime: 0, security: 0, vmid: -1, asid: 0, vaHigh: 0, vaLow: 0, pages });

/**
 * Which vCPUs may write to a page unseen. Who wants to write enters itself and then looks for code; who makes a page code
 * enters that and then looks for writers: one of the two sees the other.
 */
export class WriterPages implements SharedPages {
  private readonly writers: Int32Array;
  private readonly bit: number;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout, private readonly group: VcpuGroup) {
    this.writers = new Int32Array(memory.buffer, layout.writers, layout.ramBytes / 4096);
    this.bit = 1 << group.index;
  }

  get alone(): boolean {
    return this.group.alone;
  }

  addWriter(page: number): void {
    // a fence as well: the caller looks at the page's code next
    if ((Atomics.load(this.writers, page) & this.bit) === 0) Atomics.or(this.writers, page, this.bit);
  }

  removeWriter(page: number): void {
    Atomics.and(this.writers, page, ~this.bit);
  }

  protect(page: number): void {
    if ((Atomics.load(this.writers, page) & ~this.bit) === 0) return;
    this.group.waitFor(this.group.post(about(InvalidationKind.ProtectPage, page)));
  }

  dropRecords(records: number): number {
    return this.group.post(about(InvalidationKind.Records, records));
  }
}
