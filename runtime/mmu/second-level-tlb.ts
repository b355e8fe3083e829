/**
 * What the direct-mapped TLBs had to give up: entries of a first-level TLB, kept by page number with several ways, so that
 * one address in several contexts (processes, kernel and user tables of one process) does not cost a walk at each change.
 * Written by the vCPU's thread only. It never grants more than the walk that filled it did.
 */

const TAG_LOW = 0;
const TAG_HIGH = 1;
const PAGE_MASK = ~0xfff;
const CONTEXT_MASK = 0xfff;

export class SecondLevelTlb {
  private readonly turn: Uint8Array;

  /**
   * @param sets a power of two
   * @param ways entries that one page number may have
   * @param entryWords 32-bit words of an entry
   * @param tags tags at the entry's start, two words each; -1, -1 where there is none
   * @param words the entries, set by set
   */
  constructor(
    readonly sets: number, readonly ways: number, readonly entryWords: number, private readonly tags: number,
    readonly words: Int32Array,
  ) {
    words.fill(-1);
    this.turn = new Uint8Array(sets);
  }

  /** Index of the first word of an address's set. */
  set(vaLow: number): number {
    return ((vaLow >>> 12) & (this.sets - 1)) * this.ways * this.entryWords;
  }

  /** Keeps a copy of the entry at `from[at]`, instead of one that has a tag in common with it. */
  keep(vaLow: number, from: Int32Array, at: number): void {
    const { words, ways, entryWords, tags } = this;
    const start = this.set(vaLow);
    let to = -1;
    for (let way = 0; way < ways && to < 0; way++) {
      const entry = start + way * entryWords;
      for (let tag = 0; tag < 2 * tags; tag += 2) {
        if (from[at + tag] === -1 && from[at + tag + 1] === -1) continue;
        if (words[entry + tag] === from[at + tag] && words[entry + tag + 1] === from[at + tag + 1]) to = entry;
      }
    }
    if (to < 0) {
      const index = (vaLow >>> 12) & (this.sets - 1);
      to = start + this.turn[index] * entryWords;
      this.turn[index] = (this.turn[index] + 1) % ways;
    }
    for (let i = 0; i < entryWords; i++) words[to + i] = from[at + i];
  }

  /**
   * Copies the entry whose tag number `tag` is the given one to `into[at]`.
   * @returns whether there is one
   */
  recall(tagHigh: number, tagLow: number, tag: number, into: Int32Array, at: number): boolean {
    const { words, ways, entryWords } = this;
    const start = this.set(tagLow);
    for (let way = 0; way < ways; way++) {
      const entry = start + way * entryWords;
      if (words[entry + 2 * tag + TAG_LOW] !== tagLow || words[entry + 2 * tag + TAG_HIGH] !== tagHigh) continue;
      for (let i = 0; i < entryWords; i++) into[at + i] = words[entry + i];
      return true;
    }
    return false;
  }

  /** Forgets the entries for which `drop(index of its first word)` holds. */
  dropAllWhere(drop: (entry: number) => boolean): void {
    const { words, entryWords } = this;
    for (let entry = 0; entry < words.length; entry += entryWords) if (drop(entry)) this.drop(entry);
  }

  /** Forgets everything under the contexts first..last. */
  purgeContexts(first: number, last: number): void {
    this.dropAllWhere((entry) => {
      for (let tag = 0; tag < 2 * this.tags; tag += 2) {
        const context = this.words[entry + tag] & CONTEXT_MASK;
        if (context >= first && context <= last) return true;
      }
      return false;
    });
  }

  flush(): void {
    this.words.fill(-1);
  }

  drop(entry: number): void {
    this.words.fill(-1, entry, entry + this.entryWords);
  }
}

/** The page of an address, with a context, as the lower word of a tag. */
export const tagOf = (vaLow: number, context: number): number => (vaLow & PAGE_MASK) | context;
