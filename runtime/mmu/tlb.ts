import {
  BLOCK_SUMMARY,
  CODE_TLB2,
  CODE_TLB_ENTRIES,
  CODE_TLB_ENTRY_SHIFT,
  CodeTlbEntry,
  controlFieldOffset,
  DATA_TLB2,
  DATA_TLB_ENTRIES,
  DATA_TLB_ENTRY_SHIFT,
  DataTlbEntry,
  VcpuLayout,
} from '../layout/vcpu-layout.js';
import { BlockSummary } from './block-summary.js';
import { SecondLevelTlb, tagOf } from './second-level-tlb.js';

/** Bits of DataTlbEntry.flags. Entries with any of them carry a hidden context, which only TypeScript probes. */
export const DataTlbFlag = {
  /** Not memory: `page` holds the space and physical page number, and every access goes to the bus. */
  Mmio: 1,
  /** Device memory: unaligned accesses fault. */
  Device: 2,
  /** A watchpoint may match in the page. */
  Watched: 4,
} as const;

const DATA_WORDS = 1 << (DATA_TLB_ENTRY_SHIFT - 2);
const READ_LOW = DataTlbEntry.offset.readTag >> 2;
const WRITE_LOW = DataTlbEntry.offset.writeTag >> 2;
const ADDEND = DataTlbEntry.offset.addend >> 2;
const BLOCK_SHIFT = DataTlbEntry.offset.blockShift >> 2;
const PAGE = DataTlbEntry.offset.page >> 2;
const FLAGS = DataTlbEntry.offset.flags >> 2;

const CODE_WORDS = 1 << (CODE_TLB_ENTRY_SHIFT - 2);
const CODE_TAG = CodeTlbEntry.offset.tag >> 2;
const CODE_RECORDS = CodeTlbEntry.offset.records >> 2;
const CODE_FLAGS = CodeTlbEntry.offset.flags >> 2;

const PAGE_MASK = ~0xfff;
const CONTEXT_MASK = 0xfff;
/** VA[55:32]: translation ignores the top byte, or checks that it follows bit 55. */
const VA_HIGH = 0x00ff_ffff;
const PAGE_INDEX = 0x0fff_ffff;
/** In place of a virtual address. */
const SEVERAL = -1;
/** Ranges of more pages than this are invalidated by one pass over the TLBs. */
const RANGE_BY_PAGE = 64;
/** A larger translation than the last of them makes TLBI by address look at everything. */
const BLOCK_SHIFTS = BLOCK_SUMMARY.shifts;
/** Up to this size the entries of a block are looked for page by page. */
const BY_PAGE_SHIFT = 21;

/** Larger than all of them. */
const HUGE_SHIFT = BLOCK_SHIFTS[BLOCK_SHIFTS.length - 1] + 1;
/** By a translation's binary logarithm: the index of the first size that is not smaller. */
const SUMMARY_OF = Array.from({ length: HUGE_SHIFT + 1 }, (_, shift) => BLOCK_SHIFTS.filter((size) => size < shift).length);

const { sets: DATA_SETS, ways: WAYS } = DATA_TLB2;
const { sets: CODE_SETS } = CODE_TLB2;

/** Word offsets of a data TLB entry's fields. */
export const DataTlbWord = {
  readTag: READ_LOW,
  writeTag: WRITE_LOW,
  addend: ADDEND,
  page: PAGE,
  flags: FLAGS,
} as const;

/**
 * One vCPU's data and code TLBs in shared memory. Only the owning thread writes them. Both are direct-mapped by page
 * number, so an address has one possible entry whatever its context. Translations larger than 4 KiB enter as 4 KiB
 * fragments; summaries tell TLBI by address whether fragments of a block around it may exist.
 *
 * Invalidation by address compares VA[55:12] only and takes the entries of all contexts and tags: the architecture
 * allows removing more than was asked for.
 */
export class VcpuTlb {
  readonly words: Int32Array;
  /** Word index of data TLB entry 0 and code TLB entry 0. */
  readonly dataBase: number;
  readonly codeBase: number;
  /** Bumped by every invalidation: cached translations elsewhere are void when it changes. */
  generation = 0;
  /** Where fragments may be, by the size of their translations. */
  private readonly fragments: readonly BlockSummary[];
  /** Index of ControlState.hugeFragments. */
  private readonly hugeFragments: number;
  /**
   * By backing page: who may have a write tag since the page was last protected. 0: nobody; 1 + the page number's lower 20 bits of
   * the one virtual address; SEVERAL.
   */
  private readonly writers: Int32Array;
  private readonly data2: SecondLevelTlb;
  private readonly code2: SecondLevelTlb;

  constructor(buffer: ArrayBufferLike, vcpuBase: number) {
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.dataBase = (vcpuBase + VcpuLayout.dataTlb) >> 2;
    this.codeBase = (vcpuBase + VcpuLayout.codeTlb) >> 2;
    this.writers = new Int32Array(Math.ceil(buffer.byteLength / 4096));
    this.hugeFragments = (vcpuBase + controlFieldOffset.hugeFragments) >> 2;
    this.fragments = BLOCK_SHIFTS.map((shift, i) =>
      new BlockSummary(shift, new Int32Array(buffer, vcpuBase + VcpuLayout.summaries[i], 1 << BLOCK_SUMMARY.placeBits)));
    const data2 = new Int32Array(buffer, vcpuBase + VcpuLayout.dataTlb2, DATA_SETS * WAYS * DATA_WORDS);
    this.data2 = new SecondLevelTlb(DATA_SETS, WAYS, DATA_WORDS, 2, data2);
    const code2 = new Int32Array(buffer, vcpuBase + VcpuLayout.codeTlb2, CODE_SETS * CODE_TLB2.ways * CODE_WORDS);
    this.code2 = new SecondLevelTlb(CODE_SETS, CODE_TLB2.ways, CODE_WORDS, 1, code2);
    this.flushAll();
  }

  /** Word index of the data entry for an address. */
  dataEntry(vaLow: number): number {
    return this.dataBase + ((vaLow >>> 12) & (DATA_TLB_ENTRIES - 1)) * DATA_WORDS;
  }

  codeEntry(vaLow: number): number {
    return this.codeBase + ((vaLow >>> 12) & (CODE_TLB_ENTRIES - 1)) * CODE_WORDS;
  }

  /**
   * Enters a page. A context of 0 leaves the tag out. `offset` is the WasmOffset of the byte at the address (unused
   * with DataTlbFlag.Mmio), `page` the space and page number as DataTlbEntry documents it.
   */
  fillData(
    vaHigh: number,
    vaLow: number,
    readContext: number,
    writeContext: number,
    offset: number,
    blockShift: number,
    page: number,
    flags: number,
  ): void {
    if (blockShift > 12) this.noteFragment(vaHigh, vaLow, blockShift);
    const { words } = this;
    const at = this.dataEntry(vaLow);
    const base = vaLow & PAGE_MASK;
    words[at + READ_LOW] = readContext === 0 ? -1 : base | readContext;
    words[at + READ_LOW + 1] = readContext === 0 ? -1 : vaHigh;
    words[at + WRITE_LOW] = writeContext === 0 ? -1 : base | writeContext;
    words[at + WRITE_LOW + 1] = writeContext === 0 ? -1 : vaHigh;
    words[at + ADDEND] = offset - vaLow;
    words[at + BLOCK_SHIFT] = blockShift;
    words[at + PAGE] = page;
    words[at + FLAGS] = flags;
    if (writeContext !== 0 && (flags & DataTlbFlag.Mmio) === 0) this.noteWriter(page & PAGE_INDEX, vaLow);
    if (flags === 0) this.data2.keep(vaLow, words, at);
  }

  /** Takes the page of an address back from the second level into its entry. */
  recallData(vaHigh: number, vaLow: number, context: number, write: boolean): boolean {
    return context !== 0 &&
      this.data2.recall(vaHigh, tagOf(vaLow, context), write ? 1 : 0, this.words, this.dataEntry(vaLow));
  }

  /** Enters a page of code whose first record lies at `records`. */
  fillCode(
    vaHigh: number,
    vaLow: number,
    context: number,
    records: number,
    blockShift: number,
    guarded: boolean,
  ): void {
    if (blockShift > 12) this.noteFragment(vaHigh, vaLow, blockShift);
    const { words } = this;
    const at = this.codeEntry(vaLow);
    words[at + CODE_TAG] = (vaLow & PAGE_MASK) | context;
    words[at + CODE_TAG + 1] = vaHigh;
    words[at + CODE_RECORDS] = records;
    words[at + CODE_FLAGS] = (blockShift << 8) | (guarded ? 1 : 0);
    this.code2.keep(vaLow, words, at);
  }

  /** Takes a page of code back from the second level. @returns its first record, 0 when it is not there */
  recallCode(vaHigh: number, vaLow: number, context: number): number {
    const at = this.codeEntry(vaLow);
    return this.code2.recall(vaHigh, tagOf(vaLow, context), 0, this.words, at) ? this.words[at + CODE_RECORDS] : 0;
  }

  flushAll(): void {
    this.flushData();
    this.flushCode();
    for (const summary of this.fragments) summary.clear();
    this.words[this.hugeFragments] = 0;
  }

  flushData(): void {
    this.words.fill(-1, this.dataBase, this.dataBase + DATA_TLB_ENTRIES * DATA_WORDS);
    this.data2.flush();
    this.generation++;
  }

  /** Forgets where decoded code lies: needed when the code store moves or drops pages. */
  flushCode(): void {
    this.words.fill(-1, this.codeBase, this.codeBase + CODE_TLB_ENTRIES * CODE_WORDS);
    this.code2.flush();
    this.generation++;
  }

  /** Removes what translates an address, in every context, with the whole block that it is part of. */
  invalidateVa(vaHigh: number, vaLow: number): void {
    this.generation++;
    this.dropDataIf(this.dataEntry(vaLow), vaHigh, vaLow);
    this.dropCodeIf(this.codeEntry(vaLow), vaHigh, vaLow);
    this.dropSecondLevel(vaHigh, vaLow);
    for (const summary of this.fragments) {
      if (!summary.mayHold(vaHigh, vaLow)) continue;
      this.dropFragments(vaHigh, vaLow, summary.shift);
      summary.dropped(vaHigh, vaLow);
    }
    if (this.words[this.hugeFragments] !== 0) {
      const page = pageNumber(vaHigh, vaLow);
      this.dropOverlapping(page, page + 1);
    }
  }

  /** Drops what is a fragment of a translation of up to 2^shift bytes, in the region of that size that holds an address. */
  private dropFragments(vaHigh: number, vaLow: number, shift: number): void {
    const { words, data2, code2 } = this;
    if (shift > BY_PAGE_SHIFT) {
      this.dropDataFragments(words, this.dataBase, this.dataBase + DATA_TLB_ENTRIES * DATA_WORDS, vaHigh, vaLow, shift);
      this.dropCodeFragments(words, this.codeBase, this.codeBase + CODE_TLB_ENTRIES * CODE_WORDS, vaHigh, vaLow, shift);
      this.dropDataFragments(data2.words, 0, data2.words.length, vaHigh, vaLow, shift);
      this.dropCodeFragments(code2.words, 0, code2.words.length, vaHigh, vaLow, shift);
      return;
    }
    const first = vaLow & -(1 << shift);
    const pages = 1 << (shift - 12);
    for (let done = 0; done < pages; done++) {
      const slot = first + (done << 12);
      const data = this.dataEntry(slot);
      this.dropDataFragments(words, data, data + DATA_WORDS, vaHigh, vaLow, shift);
      const data2Set = data2.set(slot);
      this.dropDataFragments(data2.words, data2Set, data2Set + WAYS * DATA_WORDS, vaHigh, vaLow, shift);
      const code = this.codeEntry(slot);
      this.dropCodeFragments(words, code, code + CODE_WORDS, vaHigh, vaLow, shift);
      if (done >= CODE_SETS) continue;
      const code2Set = code2.set(slot);
      this.dropCodeFragments(code2.words, code2Set, code2Set + CODE_TLB2.ways * CODE_WORDS, vaHigh, vaLow, shift);
    }
  }

  private dropDataFragments(
    words: Int32Array, from: number, end: number, vaHigh: number, vaLow: number, shift: number,
  ): void {
    for (let at = from; at < end; at += DATA_WORDS) {
      const size = words[at + BLOCK_SHIFT];
      if (size <= 12 || size > shift) continue;
      const tag = usedTag(words, at);
      if (tag >= 0 && sameRegion(words[tag + 1], words[tag], vaHigh, vaLow, shift)) words.fill(-1, at, at + DATA_WORDS);
    }
  }

  private dropCodeFragments(
    words: Int32Array, from: number, end: number, vaHigh: number, vaLow: number, shift: number,
  ): void {
    for (let at = from; at < end; at += CODE_WORDS) {
      const size = words[at + CODE_FLAGS] >>> 8;
      if (size <= 12 || size > shift) continue;
      const tag = at + CODE_TAG;
      if (sameRegion(words[tag + 1], words[tag], vaHigh, vaLow, shift)) words.fill(-1, at, at + CODE_WORDS);
    }
  }

  /** Of one page only; frequent, so without functions made for it. */
  private dropSecondLevel(vaHigh: number, vaLow: number): void {
    const { data2, code2 } = this;
    for (let way = 0, at = data2.set(vaLow); way < WAYS; way++, at += DATA_WORDS) {
      const tag = usedTag(data2.words, at);
      if (tag >= 0 && samePage(data2.words[tag + 1], data2.words[tag], vaHigh, vaLow)) data2.drop(at);
    }
    for (let way = 0, at = code2.set(vaLow); way < CODE_TLB2.ways; way++, at += CODE_WORDS) {
      if (samePage(code2.words[at + CODE_TAG + 1], code2.words[at + CODE_TAG], vaHigh, vaLow)) code2.drop(at);
    }
  }

  /** Whether the engines find that a page may be read. */
  isReadable(vaHigh: number, vaLow: number, context: number): boolean {
    const at = this.dataEntry(vaLow);
    return this.words[at + READ_LOW] === tagOf(vaLow, context) && this.words[at + READ_LOW + 1] === vaHigh;
  }

  /** Removes what translates `pages` 4 KiB pages from an address, with the blocks they are part of. */
  invalidateRange(vaHigh: number, vaLow: number, pages: number): void {
    if (pages > RANGE_BY_PAGE) {
      this.generation++;
      const first = pageNumber(vaHigh, vaLow);
      this.dropOverlapping(first, first + pages);
      return;
    }
    let high = vaHigh;
    let low = vaLow & PAGE_MASK;
    for (let i = 0; i < pages; i++) {
      this.invalidateVa(high, low);
      low = (low + 4096) | 0;
      if (low === 0) high = (high + 1) | 0;
    }
  }

  /** Removes all entries with contexts first..last. */
  purgeContexts(first: number, last: number): void {
    this.generation++;
    const { words } = this;
    const span = last - first;
    let at = this.dataBase;
    for (let i = 0; i < DATA_TLB_ENTRIES; i++, at += DATA_WORDS) {
      const read = (words[at + READ_LOW] & CONTEXT_MASK) - first;
      const write = (words[at + WRITE_LOW] & CONTEXT_MASK) - first;
      if ((read >= 0 && read <= span) || (write >= 0 && write <= span)) this.dropData(at);
    }
    at = this.codeBase;
    for (let i = 0; i < CODE_TLB_ENTRIES; i++, at += CODE_WORDS) {
      const tag = (words[at + CODE_TAG] & CONTEXT_MASK) - first;
      if (tag >= 0 && tag <= span) this.dropCode(at);
    }
    this.data2.purgeContexts(first, last);
    this.code2.purgeContexts(first, last);
  }

  /** Removes the write tags of a backing page, so that the next store to it is seen. */
  protectPage(page: number): void {
    const { words, data2 } = this;
    const writer = this.writers[page];
    if (writer === 0) return;
    this.writers[page] = 0;
    this.generation++;
    if (writer === SEVERAL) {
      protectIn(words, this.dataBase, DATA_TLB_ENTRIES * DATA_WORDS, page);
      protectIn(data2.words, 0, data2.words.length, page);
      return;
    }
    const vaLow = (writer - 1) << 12;
    protectIn(words, this.dataEntry(vaLow), DATA_WORDS, page);
    protectIn(data2.words, data2.set(vaLow), WAYS * DATA_WORDS, page);
  }

  private noteWriter(page: number, vaLow: number): void {
    const writer = (vaLow >>> 12) + 1;
    const known = this.writers[page];
    this.writers[page] = known === 0 || known === writer ? writer : SEVERAL;
  }

  /** A page's data entry is given the right to write that it had been kept from. @param at as from dataEntry */
  allowWrites(at: number): void {
    const { words } = this;
    this.noteWriter(words[at + PAGE] & PAGE_INDEX, words[at + READ_LOW]);
    words[at + WRITE_LOW] = words[at + READ_LOW];
    words[at + WRITE_LOW + 1] = words[at + READ_LOW + 1];
  }

  /** Removes the code entries that lead to the page of records at `records`. */
  dropRecords(records: number): void {
    const { words } = this;
    this.generation++;
    for (let i = 0, at = this.codeBase; i < CODE_TLB_ENTRIES; i++, at += CODE_WORDS) {
      if (words[at + CODE_RECORDS] === records) this.dropCode(at);
    }
    this.code2.dropAllWhere((at) => this.code2.words[at + CODE_RECORDS] === records);
  }

  /** Called before the entry is made. */
  private noteFragment(vaHigh: number, vaLow: number, blockShift: number): void {
    const summary = this.fragments[SUMMARY_OF[Math.min(blockShift, HUGE_SHIFT)]];
    if (summary === undefined) {
      this.words[this.hugeFragments] = 1;
      return;
    }
    // looking through a small region for nothing costs little
    if (summary.isCrowded && summary.shift > 16) this.flushAll();
    summary.note(vaHigh, vaLow);
  }

  private dropData(at: number): void {
    clear(this.words, at, DATA_WORDS);
  }

  private dropCode(at: number): void {
    clear(this.words, at, CODE_WORDS);
  }

  private dropDataIf(at: number, vaHigh: number, vaLow: number): void {
    const tag = usedTag(this.words, at);
    if (tag >= 0 && samePage(this.words[tag + 1], this.words[tag], vaHigh, vaLow)) this.dropData(at);
  }

  private dropCodeIf(at: number, vaHigh: number, vaLow: number): void {
    if (samePage(this.words[at + CODE_TAG + 1], this.words[at + CODE_TAG], vaHigh, vaLow)) this.dropCode(at);
  }

  /** Drops every entry whose block overlaps the pages [first, end) of VA[55:12]. */
  private dropOverlapping(first: number, end: number): void {
    const { words } = this;
    let at = this.dataBase;
    for (let i = 0; i < DATA_TLB_ENTRIES; i++, at += DATA_WORDS) {
      if (dataOverlaps(words, at, first, end)) this.dropData(at);
    }
    at = this.codeBase;
    for (let i = 0; i < CODE_TLB_ENTRIES; i++, at += CODE_WORDS) {
      if (codeOverlaps(words, at, first, end)) this.dropCode(at);
    }
    this.data2.dropAllWhere((entry) => dataOverlaps(this.data2.words, entry, first, end));
    this.code2.dropAllWhere((entry) => codeOverlaps(this.code2.words, entry, first, end));
  }
}

function clear(words: Int32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) words[at + i] = -1;
}

/** Index of the tag of a data entry that is in use (entries may have one of two), or -1. */
function usedTag(words: Int32Array, at: number): number {
  if (words[at + READ_LOW] !== -1 || words[at + READ_LOW + 1] !== -1) return at + READ_LOW;
  if (words[at + WRITE_LOW] !== -1 || words[at + WRITE_LOW + 1] !== -1) return at + WRITE_LOW;
  return -1;
}

/** Takes the write tags from a backing page's entries. */
function protectIn(words: Int32Array, from: number, length: number, page: number): void {
  for (let entry = from; entry < from + length; entry += DATA_WORDS) {
    if ((words[entry + PAGE] & PAGE_INDEX) !== page || (words[entry + FLAGS] & DataTlbFlag.Mmio) !== 0) continue;
    words[entry + WRITE_LOW] = -1;
    words[entry + WRITE_LOW + 1] = -1;
  }
}

function dataOverlaps(words: Int32Array, at: number, first: number, end: number): boolean {
  const tag = usedTag(words, at);
  return tag >= 0 && overlaps(words[tag + 1], words[tag], words[at + BLOCK_SHIFT], first, end);
}

function codeOverlaps(words: Int32Array, at: number, first: number, end: number): boolean {
  const low = words[at + CODE_TAG];
  const high = words[at + CODE_TAG + 1];
  return (low !== -1 || high !== -1) && overlaps(high, low, words[at + CODE_FLAGS] >>> 8, first, end);
}

function samePage(tagHigh: number, tagLow: number, vaHigh: number, vaLow: number): boolean {
  return ((tagLow ^ vaLow) & PAGE_MASK) === 0 && ((tagHigh ^ vaHigh) & VA_HIGH) === 0;
}

/** @param shift 12 to 31 */
function sameRegion(tagHigh: number, tagLow: number, vaHigh: number, vaLow: number, shift: number): boolean {
  return (tagLow ^ vaLow) >>> shift === 0 && ((tagHigh ^ vaHigh) & VA_HIGH) === 0;
}

/** VA[55:12] as an exact number. */
function pageNumber(high: number, low: number): number {
  return (high & VA_HIGH) * 0x10_0000 + (low >>> 12);
}

function overlaps(tagHigh: number, tagLow: number, blockShift: number, first: number, end: number): boolean {
  const page = pageNumber(tagHigh, tagLow);
  const size = 2 ** (blockShift - 12);
  const start = page - (page % size);
  return start < end && start + size > first;
}
