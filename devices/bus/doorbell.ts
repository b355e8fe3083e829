interface WaitAsync {
  waitAsync?(words: Int32Array, index: number, value: number, timeout?: number):
    | { async: false; value: string }
    | { async: true; value: Promise<string> };
}

/**
 * Numbered work requests from any thread to one servicing thread, in shared memory: word 0 is a futex that counts
 * rings, words 1.. hold one pending bit per number. Ringing never blocks.
 */
export class Doorbell {
  /** Shared bytes needed for `count` numbers. */
  static bytes(count: number): number {
    return (1 + Math.ceil(count / 32)) * 4;
  }

  /** @param words a view of at least bytes(count) bytes of shared memory, initially zero. */
  constructor(private readonly words: Int32Array) {}

  /** Marks `index` pending and wakes the servicing thread. */
  ring(index: number): void {
    const bit = 1 << (index & 31);
    if ((Atomics.or(this.words, 1 + (index >> 5), bit) & bit) !== 0) return;
    Atomics.add(this.words, 0, 1);
    Atomics.notify(this.words, 0);
  }

  /** True when something is pending. */
  get pending(): boolean {
    for (let i = 1; i < this.words.length; i++) if (Atomics.load(this.words, i) !== 0) return true;
    return false;
  }

  /** Takes all pending numbers, lowest first; false when there were none. */
  take(handle: (index: number) => void): boolean {
    let any = false;
    for (let i = 1; i < this.words.length; i++) {
      let bits = Atomics.exchange(this.words, i, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        any = true;
        handle((i - 1) * 32 + bit);
      }
    }
    return any;
  }

  /** Resolves when something is pending or after `timeout` milliseconds, without blocking the event loop. */
  async wait(timeout = Infinity): Promise<void> {
    const seen = Atomics.load(this.words, 0);
    if (this.pending) return;
    const waitAsync = (Atomics as unknown as WaitAsync).waitAsync;
    if (waitAsync === undefined) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(timeout, 1)));
      return;
    }
    const result = waitAsync(this.words, 0, seen, timeout);
    if (result.async) await result.value;
  }

  /** Blocks this thread until something is pending, at most `timeout` milliseconds. Not on a browser's main thread. */
  waitBlocking(timeout = Infinity): void {
    const seen = Atomics.load(this.words, 0);
    if (!this.pending) Atomics.wait(this.words, 0, seen, timeout);
  }
}
