/**
 * What vCPUs tell each other, in order, in shared memory. Anyone posts, and each vCPU reads on from where it was. The log keeps
 * the last messages only: who has fallen further behind takes it that everything was asked for.
 */
import { BROADCAST_BYTES, BroadcastWord, BROADCASTS } from '../layout/broadcast-layout.js';
import { HeaderLayout, type MemoryLayout } from '../layout/memory-layout.js';
import { SharedLock } from '../../src/support/shared-lock.js';
import type { TlbInvalidation } from './tlb-invalidation.js';

const WORDS = BROADCAST_BYTES >> 2;
const HIGH = 2 ** 32;

export class BroadcastLog {
  private readonly words: Int32Array;
  private readonly start: number;
  private readonly headWord: number;
  private readonly lock: SharedLock;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
    this.words = new Int32Array(memory.buffer);
    this.start = layout.broadcasts >> 2;
    this.words[(layout.header + HeaderLayout.offset.broadcasts) >> 2] = layout.broadcasts;
    this.headWord = (layout.header + HeaderLayout.offset.broadcastHead) >> 2;
    this.lock = new SharedLock(this.words, (layout.header + HeaderLayout.offset.broadcastLock) >> 2);
  }

  /** How many messages there have been, modulo 2^32, as int32. */
  get head(): number {
    return Atomics.load(this.words, this.headWord);
  }

  /** @param from vCPU that need not read it; -1: none @returns the head behind it */
  post(message: TlbInvalidation, from: number): number {
    return this.lock.locked(() => {
      const { words } = this;
      const head = words[this.headWord];
      const at = this.place(head);
      const { kind, regime, security, vmid, asid, vaHigh, vaLow, pages } = message;
      words[at + BroadcastWord.kind] = kind;
      words[at + BroadcastWord.from] = from;
      words[at + BroadcastWord.regime] = regime;
      words[at + BroadcastWord.security] = security;
      words[at + BroadcastWord.vmid] = vmid;
      words[at + BroadcastWord.asid] = asid;
      words[at + BroadcastWord.vaHigh] = vaHigh;
      words[at + BroadcastWord.vaLow] = vaLow;
      words[at + BroadcastWord.pages] = pages % HIGH | 0;
      words[at + BroadcastWord.pages + 1] = Math.floor(pages / HIGH);
      Atomics.store(words, this.headWord, (head + 1) | 0);
      return (head + 1) | 0;
    });
  }

  /**
   * Messages from `from` up to the head, without the reader's own.
   * @returns undefined when some of them are there no more
   */
  read(from: number, reader: number): { readonly messages: readonly TlbInvalidation[]; readonly head: number } | undefined {
    const { head } = this;
    if ((head - from) >>> 0 >= BROADCASTS) return undefined;
    const messages: TlbInvalidation[] = [];
    for (let n = from; n !== head; n = (n + 1) | 0) {
      const message = this.at(n, reader);
      if (message !== undefined) messages.push(message);
    }
    // the place of the first one may have been written to while it was read
    return (this.head - from) >>> 0 >= BROADCASTS ? undefined : { messages, head };
  }

  private at(n: number, reader: number): TlbInvalidation | undefined {
    const { words } = this;
    const at = this.place(n);
    const word = (name: keyof typeof BroadcastWord): number => words[at + BroadcastWord[name]];
    if (word('from') === reader) return undefined;
    return {
      kind: word('kind') as TlbInvalidation['kind'], regime: word('regime') as TlbInvalidation['regime'], security: word('security'),
      vmid: word('vmid'), asid: word('asid'), vaHigh: word('vaHigh'), vaLow: word('vaLow'),
      pages: (word('pages') >>> 0) + HIGH * words[at + BroadcastWord.pages + 1],
    };
  }

  private place(n: number): number {
    return this.start + (n & (BROADCASTS - 1)) * WORDS;
  }
}
