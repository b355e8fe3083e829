/** Makes decoded records of bytes that change be decoded again; any thread may do so. */
import { LONGEST_SEQUENCE } from '../../jit/interpreter/longest-sequence.js';
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import { CODE_PAGE_BYTES, COVERAGE_OFFSET, HEAT_OFFSET, type MemoryLayout } from '../layout/memory-layout.js';

/** Records before a given one that may be fused with it. */
export const REACH = LONGEST_SEQUENCE - 1;

/** Branches to a place whose translation was dropped until it is asked for again. */
export const HEAT_AFTER_DROP = 2000;
export class CodeInvalidation {
  /** How often regions of a page were dropped. */
  dropped = 0;
  private readonly words: Int32Array;
  private readonly map: Int32Array;

  constructor(
    memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
  }

  /** Forgets the records of bytes that were or will be written; the range lies in the RAM area, offsets from its start. */
  invalidate(ramOffset: number, length: number): void {
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
        for (let i = first; i <= last; i++) this.words[base + (i << 2)] &= ~0xffff;
        if (this.covered(base, (at & 4095) >> 2, last)) this.dropRegions(base);
      }
      at = stop;
    }
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
      if ((words[at] & 0xffff) !== PseudoOperation.EnterRegion) continue;
      words[at] &= ~0xffff;
      words[(at + HEAT_OFFSET) >> 2] = HEAT_AFTER_DROP;
    }
    const bits = base + (COVERAGE_OFFSET >> 2);
    words.fill(0, bits, bits + 32);
  }
}
