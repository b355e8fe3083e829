/**
 * Decoded code: for each RAM page that has been executed, a page of records (runtime/layout/memory-layout.ts). Shared by
 * all vCPUs, since records depend on the physical bytes only.
 */
import type { WasmOffset } from '../../src/arch/address.js';
import type { RecordWriter } from '../../jit/interpreter/records.js';
import { fusionTable, longestSequence } from '../../jit/interpreter/fusion-table.js';
import { fusedOperations } from '../../jit/interpreter/operation-table.js';
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import {
  CODE_PAGE_BYTES, CODE_PAGES, COVERAGE_OFFSET, COVERAGE_WORDS, DECODED_RUN, FULL_PATIENCE_WORD, HEAT_OFFSET, HeaderLayout, OWNER_WORD,
  PATIENCE_WORD, type MemoryLayout,
} from '../layout/memory-layout.js';
import type { SharedLock } from '../../src/support/shared-lock.js';
import type { CodeCounters } from './code-counters.js';
import { CodeInvalidation, REACH } from './code-invalidation.js';
import type { RecordMemo } from './record-memo.js';

/** Of the record with OWNER_WORD, the fourth word: the next code page given back, when it is one itself. */
const NEXT_FREE_WORD = (1025 << 2) + 3;
/** In the record behind: whether all vCPUs' stores to the page are seen (1), */
const WATCHED_WORD = 1026 << 2;
/** and the message behind which no vCPU is in the page any more, when it has been given back. */
const STAMP_WORD = (1026 << 2) + 1;
/**
 * Stores to a page of code, with nothing decoded in it between, until it is taken for data. Each time that this happens to a
 * page the number doubles up to the second: what the stores cost is then about what decoding and translating anew does.
 */
const PATIENCE = 64;
const PATIENCE_MOST = 4096;
const FUSION = fusionTable(fusedOperations);
/** Heat of places whose translation nobody asks for. */
const NEVER = 0x7fff_ffff;

/** What several vCPUs need to share decoded code. */
export interface CodeSharing {
  /** Runs `body` while all other vCPUs stand still. */
  exclusively(body: () => void): void;
  /** Whether all other vCPUs have acted on the messages before `stamp`. */
  passed(stamp: number): boolean;
}

export class CodeStore {
  private readonly counted = { pages: 0, stores: 0, released: 0, drops: 0 };
  private readonly words: Int32Array;
  private readonly map: Int32Array;
  private readonly used: number;
  private readonly touched: number;
  private readonly free: number;
  private readonly freeLast: number;
  private readonly releaseCount: number;
  /** By RAM page: binary logarithm of how much more than PATIENCE its stores are borne. */
  private readonly releases: Uint8Array;
  private readonly invalidation: CodeInvalidation;

  /**
   * @param onDrop called when all decoded pages are dropped: code TLBs must be flushed.
   * @param fusing frequent sequences are given to one operation
   */
  constructor(
    memory: WebAssembly.Memory,
    readonly layout: MemoryLayout,
    private readonly writer: RecordWriter,
    private readonly onDrop: () => void,
    private readonly fusing = true,
    /** Branches to an instruction until its translation is asked for; 0 for never. */
    private readonly threshold = 0,
    /** Pages that are written to again and again are taken for data. */
    private readonly releasing = true,
    private readonly sharing?: CodeSharing | undefined,
    private readonly memo?: RecordMemo | undefined,
  ) {
    this.invalidation = new CodeInvalidation(memory, layout);
    this.words = new Int32Array(memory.buffer);
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
    this.used = (layout.header + HeaderLayout.offset.codePagesUsed) >> 2;
    this.touched = (layout.header + HeaderLayout.offset.codePagesTouched) >> 2;
    this.releaseCount = (layout.header + HeaderLayout.offset.codeReleases) >> 2;
    this.free = (layout.header + HeaderLayout.offset.codePagesFree) >> 2;
    this.freeLast = (layout.header + HeaderLayout.offset.codePagesFreeLast) >> 2;
    this.releases = new Uint8Array(layout.ramBytes / 4096);
    const decodable = memo !== undefined && fusing ? layout.ram : 0;
    this.words[(layout.header + HeaderLayout.offset.decodableRam) >> 2] = decodable;
  }

  /** Of this store, which is one vCPU's. */
  get counters(): CodeCounters {
    return { ...this.counted, invalidated: this.invalidation.dropped };
  }

  /** Held while decoded code changes. */
  get lock(): SharedLock {
    return this.invalidation.lock;
  }

  /** WasmOffset of the records of a page of the RAM area, by its index from the start of that area. */
  recordsFor(ramPage: number): WasmOffset {
    for (;;) {
      const known = Atomics.load(this.map, ramPage);
      if (known !== 0) return this.recordsIn(known);
      const made = this.lock.locked(() => this.map[ramPage] === 0 ? this.makePage(ramPage) : this.recordsIn(this.map[ramPage]));
      if (made !== 0) return made;
      this.dropAll(() => this.words[this.used] >= CODE_PAGES);
    }
  }

  /** @param entry of the map */
  private recordsIn(entry: number): WasmOffset {
    return (this.layout.codePages + (entry - 1) * CODE_PAGE_BYTES) as WasmOffset;
  }

  /** @returns 0 when there is no room */
  private makePage(ramPage: number): WasmOffset | 0 {
    const slot = this.takeSlot();
    if (slot < 0) return 0;
    this.counted.pages++;
    const base = this.layout.codePages + slot * CODE_PAGE_BYTES;
    const at = base >> 2;
    if (slot < this.words[this.touched]) this.words.fill(0, at, at + (CODE_PAGE_BYTES >> 2));
    else this.words[this.touched] = slot + 1;
    const heat = ((base >> 2) + HEAT_OFFSET) >> 2;
    this.words.fill(this.threshold || NEVER, heat, heat + 1025);
    this.words[at + (1024 << 2)] = PseudoOperation.PageEnd;
    this.words[at + OWNER_WORD] = ramPage;
    this.words[at + FULL_PATIENCE_WORD] = this.words[at + PATIENCE_WORD] = this.patience(ramPage);
    Atomics.store(this.map, ramPage, slot + 1);
    return base as WasmOffset;
  }

  /** Index of a code page that nobody uses; -1 when there is none. */
  private takeSlot(): number {
    const { words, free, used } = this;
    const given = words[free];
    if (given !== 0) {
      const at = this.recordsIn(given) >> 2;
      if (this.sharing === undefined || this.sharing.passed(words[at + STAMP_WORD])) {
        words[free] = words[at + NEXT_FREE_WORD];
        return given - 1;
      }
    }
    return words[used] >= CODE_PAGES ? -1 : words[used]++;
  }

  /** Whether stores to a page of code, given by its first record, are seen whichever vCPU makes them. */
  isWatched(records: number): boolean {
    return this.words[(records >> 2) + WATCHED_WORD] !== 0;
  }

  /** They are from now on. @returns false when these records are not the page's any more */
  watch(ramPage: number, records: number): boolean {
    return this.lock.locked(() => {
      const entry = this.map[ramPage];
      if (entry === 0 || this.recordsIn(entry) !== records) return false;
      this.words[(records >> 2) + WATCHED_WORD] = 1;
      return true;
    });
  }

  private patience(ramPage: number): number {
    return Math.min(PATIENCE_MOST, PATIENCE << this.releases[ramPage]);
  }

  /** Whether the page holds decoded code. */
  hasCode(ramPage: number): boolean {
    return Atomics.load(this.map, ramPage) !== 0;
  }

  /** Decodes the record at a WasmOffset, and those behind it up to the next unconditional branch. jit/wasm/decoding.ts is as this. */
  decode(record: number): void {
    this.lock.locked(() => this.decodeLocked(record));
  }

  /** The same for who holds the lock. @param run records decoded at most */
  decodeLocked(record: number, run = DECODED_RUN): void {
    // another vCPU may have been faster, or the page has been given up
    if ((this.words[record >> 2] & 0xffff) !== PseudoOperation.Decode) return;
    const base = this.pageOf(record);
    const code = this.codeOf(base);
    const start = (record - base) >> 4;
    let index = start;
    const end = Math.min(1024, index + run);
    do {
      const endsRun = this.write(this.words[code + index], index << 2, (base >> 2) + (index << 2));
      index++;
      if (index >= end || endsRun) break;
    } while ((this.words[(base >> 2) + (index << 2)] & 0xffff) === PseudoOperation.Decode);
    this.words[(base >> 2) + PATIENCE_WORD] = this.words[(base >> 2) + FULL_PATIENCE_WORD];
    if (this.fusing) this.fuse(base >> 2, Math.max(0, start - REACH), index);
  }

  /** Writes the record of a word. @returns whether it ends a straight run */
  private write(word: number, pageOffset: number, at: number): boolean {
    const { memo, writer, words } = this;
    const known = memo?.copy(word, pageOffset, at);
    if (known !== undefined) return known;
    writer.write(word, pageOffset, words, at);
    if (writer.keepable) memo?.keep(word, pageOffset, at, writer.endsRun);
    return writer.endsRun;
  }

  /** Gives the records from index `from` up to `to` the operation of the longest sequence that starts there. */
  private fuse(base: number, from: number, to: number): void {
    const { words } = this;
    // the record behind a page's last is in no sequence
    for (let at = base + (from << 2); at < base + (to << 2); at += 4) {
      const best = longestSequence(FUSION, words, at);
      if (best !== 0) words[at] = (words[at] & ~0xffff) | best;
    }
  }

  /** Where in the RAM area the instruction of a record lies. */
  placeOf(record: number): { readonly ramPage: number; readonly offset: number } {
    const base = this.pageOf(record);
    return { ramPage: this.words[(base >> 2) + OWNER_WORD], offset: (record - base) >> 2 };
  }

  /** Instruction word that a record was or will be decoded from. */
  wordAt(record: number): number {
    const base = this.pageOf(record);
    return this.words[this.codeOf(base) + ((record - base) >> 4)];
  }

  /** WasmOffset of the page of records that a record lies in. */
  private pageOf(record: number): number {
    return record - ((record - this.layout.codePages) % CODE_PAGE_BYTES);
  }
  /** Index in `words` of the first instruction of a page of records. */
  private codeOf(base: number): number {
    return (this.layout.ram + this.words[(base >> 2) + OWNER_WORD] * 4096) >> 2;
  }

  /**
   * A store changes bytes of a page that holds code: drops the records they decode to. After many stores in a row the page is
   * taken for data, and given up.
   * @returns where the records of a page lay that was given up: no code TLB may lead there any more. 0 when it was not
   */
  written(page: number, offset: number, length: number): WasmOffset | 0 {
    this.counted.stores++;
    return this.lock.locked(() => {
      if (this.map[page] === 0) return 0;
      const base = this.recordsIn(this.map[page]);
      if (--this.words[(base >> 2) + PATIENCE_WORD] > 0 || !this.releasing) {
        this.invalidation.invalidateLocked(page * 4096 + offset, length);
        return 0;
      }
      this.release(page, base);
      return base;
    });
  }

  /**
   * Forgets the code of a page. Whoever stands in it leaves at the next instruction, as at a page's end; operands stay for the
   * one that is being executed. The code page may be another's at the next fetch; with several vCPUs when `recycle` allows it.
   */
  private release(page: number, base: number): void {
    const { words, free } = this;
    this.counted.released++;
    const at = base >> 2;
    for (let i = 0; i < 1024; i++) words[at + (i << 2)] = (words[at + (i << 2)] & ~0xffff) | PseudoOperation.PageEnd;
    const bits = (base + COVERAGE_OFFSET) >> 2;
    words.fill(0, bits, bits + COVERAGE_WORDS);
    if (this.releases[page] < 16) this.releases[page]++;
    Atomics.add(words, this.releaseCount, 1);
    if (this.sharing === undefined) {
      words[at + NEXT_FREE_WORD] = words[free];
      words[free] = this.map[page];
    }
    Atomics.store(this.map, page, 0);
  }

  /** A page that `written` gave up may be used again when all vCPUs have acted on the messages before `stamp`. */
  recycle(records: number, stamp: number): void {
    this.lock.locked(() => {
      const { words, free, freeLast } = this;
      const entry = (records - this.layout.codePages) / CODE_PAGE_BYTES + 1;
      words[(records >> 2) + STAMP_WORD] = stamp;
      words[(records >> 2) + NEXT_FREE_WORD] = 0;
      if (words[free] === 0) words[free] = entry;
      else words[(this.recordsIn(words[freeLast]) >> 2) + NEXT_FREE_WORD] = entry;
      words[freeLast] = entry;
    });
  }

  /** See CodeInvalidation. */
  invalidate(ramOffset: number, length: number): void {
    this.invalidation.invalidate(ramOffset, length);
  }

  /** Forgets everything. @param begin asked when nobody executes any more; false: not needed after all */
  dropAll(begin: () => boolean = () => true): void {
    const drop = (): void => {
      if (!begin()) return;
      this.counted.drops++;
      this.invalidation.dropAll();
      this.onDrop();
    };
    if (this.sharing === undefined) drop();
    else this.sharing.exclusively(drop);
  }
}
