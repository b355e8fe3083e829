/** Makes decoded records of bytes that change be decoded again; any thread may do so. */
import { LONGEST_SEQUENCE } from '../../jit/interpreter/longest-sequence.js';
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import { CODE_PAGE_BYTES, COVERAGE_OFFSET, COVERAGE_WORDS, HeaderLayout, HEAT_OFFSET, type MemoryLayout } from '../layout/memory-layout.js';
import { SharedLock } from '../../src/support/shared-lock.js';

/** Records before a given one that may be fused with it. */
export const REACH = LONGEST_SEQUENCE - 1;

/** Branches to a place whose translation was dropped until it is asked for again. */
export const HEAT_AFTER_DROP = 2000;

export class CodeInvalidation {
  /** How often regions of a page were dropped. */
  dropped = 0;
  /** Held while decoded code changes, by any thread. Readers take none: a record's operation is written last. */
  readonly lock: SharedLock;
  private readonly words: Int32Array;
  private readonly map: Int32Array;

  constructor(
    memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.lock = new SharedLock(this.words, (layout.header + HeaderLayout.offset.codeLock) >> 2);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
  }

  /** Forgets the records of bytes that were written; the range lies in the RAM area, offsets from its start. */
  invalidate(ramOffset: number, length: number): void {
    this.lock.locked(() => this.invalidateLocked(ramOffset, length));
  }

  /** The same for who holds the lock. */
  invalidateLocked(ramOffset: number, length: number): void {
    let at = ramOffset;
    const end = ramOffset + length;
    while (at < end) {
      const page = Math.floor(at / 4096);
      const stop = Math.min(end, (page + 1) * 4096);
      const known = this.map[page];
      if (known !== 0) {
        const first = Math.max(0, ((at & 4095) >> 2) - REACH);
        const last = (stop - 1 - page * 4096) >> 2;
        const base = (this.layout.codePages + (known - 1) * CODE_PAGE_BYTES) >> 2;
        // The operands stay: a sequence that ends before the bytes may begin further back, and still reads them.
        for (let i = first; i <= last; i++) this.forget(base + (i << 2));
        if (this.covered(base, (at & 4095) >> 2, last)) this.dropRegions(base);
      }
      at = stop;
    }
  }

  /** A record is decoded again; a place that had been asked for has to become hot again. @param at its 32-bit index */
  private forget(at: number): void {
    const { words } = this;
    words[at] &= ~0xffff;
    const heat = (at + HEAT_OFFSET) >> 2;
    if (words[heat] <= 0) words[heat] = HEAT_AFTER_DROP;
  }

  /** Forgets everything. No vCPU may be executing, but the caller's; its code TLB, and all others', are to be flushed. */
  dropAll(): void {
    this.lock.locked(() => {
      const { words, layout, map } = this;
      const header = (name: keyof typeof HeaderLayout.offset): number => (layout.header + HeaderLayout.offset[name]) >> 2;
      map.fill(0);
      words[header('codePagesUsed')] = 0;
      words[header('codePagesFree')] = 0;
      Atomics.add(words, header('codeReleases'), 1);
      Atomics.add(words, header('codeGeneration'), 1);
    });
  }

  /** Whether translated code covers any of the records. @param base 32-bit index of the code page */
  private covered(base: number, first: number, last: number): boolean {
    const bits = base + (COVERAGE_OFFSET >> 2);
    for (let i = first; i <= last; i++) if (this.words[bits + (i >> 5)] & (1 << (i & 31))) return true;
    return false;
  }

  /** Nothing enters the page's regions any more. */
  private dropRegions(base: number): void {
    const { words } = this;
    this.dropped++;
    for (let i = 0; i < 1024; i++) {
      const at = base + (i << 2);
      if ((words[at] & 0xffff) === PseudoOperation.EnterRegion) this.forget(at);
    }
    const bits = base + (COVERAGE_OFFSET >> 2);
    words.fill(0, bits, bits + COVERAGE_WORDS);
  }
}
