/**
 * Records by instruction word, in shared memory: what one vCPU has decoded is copied wherever the word occurs again, by any vCPU,
 * and by core.wasm without TypeScript (jit/wasm/decoding.ts). Only used by who holds the lock of the decoded code.
 */
import { nearBranch } from '../../jit/interpreter/records.js';
import { HeaderLayout, MEMO_TAG, RECORD_MEMO } from '../layout/memory-layout.js';

const ENTRY_WORDS = RECORD_MEMO.entryBytes >> 2;
const WORD = RECORD_MEMO.word >> 2;
const TAG = RECORD_MEMO.tag >> 2;
const KEPT = HeaderLayout.offset.recordsKept >> 2;

export class RecordMemo {
  private readonly words: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.words = new Int32Array(memory.buffer);
  }

  /** 32-bit index of the first place for a word. */
  private first(word: number, near: number): number {
    const hash = Math.imul(word ^ near, RECORD_MEMO.factor) >>> (32 - RECORD_MEMO.bits);
    return (RECORD_MEMO.start >> 2) + hash * ENTRY_WORDS;
  }

  /**
   * Copies the record of a word to 32-bit index `at`, its operation last.
   * @param pageOffset byte offset of the word in its page
   * @returns undefined when it is not known, else whether it ends a straight run
   */
  copy(word: number, pageOffset: number, at: number): boolean | undefined {
    const { words } = this;
    const near = nearBranch(word, pageOffset);
    const wanted = MEMO_TAG.used | (near * MEMO_TAG.near);
    let entry = this.first(word, near);
    for (let probe = 0; probe < RECORD_MEMO.probes; probe++, entry += ENTRY_WORDS) {
      const tag = words[entry + TAG];
      if (tag === 0) return undefined;
      if (words[entry + WORD] !== word || (tag & ~MEMO_TAG.endsRun) !== wanted) continue;
      words[at + 1] = words[entry + 1];
      words[at + 2] = words[entry + 2];
      words[at + 3] = words[entry + 3];
      words[at] = words[entry];
      return (tag & MEMO_TAG.endsRun) !== 0;
    }
    return undefined;
  }

  /** Keeps the record at 32-bit index `at`, of a word that is not known. */
  keep(word: number, pageOffset: number, at: number, endsRun: boolean): void {
    const { words } = this;
    const near = nearBranch(word, pageOffset);
    const first = this.first(word, near);
    // where all places are taken, one that the word tells is given up
    let entry = first + ((word >>> 5) % RECORD_MEMO.probes) * ENTRY_WORDS;
    for (let probe = 0; probe < RECORD_MEMO.probes; probe++) {
      if (words[first + probe * ENTRY_WORDS + TAG] !== 0) continue;
      entry = first + probe * ENTRY_WORDS;
      break;
    }
    // a thread may be ended anywhere: what it has begun is no record
    words[entry + TAG] = 0;
    words.copyWithin(entry, at, at + 4);
    words[KEPT]++;
    words[entry + WORD] = word;
    words[entry + TAG] = MEMO_TAG.used | (near * MEMO_TAG.near) | (endsRun ? MEMO_TAG.endsRun : 0);
  }
}
