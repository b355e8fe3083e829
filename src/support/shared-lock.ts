/** A lock in shared memory for any thread: 0 free, 1 held, 2 held and waited for. Not recursive. */

/** Attempts before a thread sleeps: holders need some microseconds. */
const SPINS = 200;

export class SharedLock {
  /** @param at index of its word in `words` */
  constructor(private readonly words: Int32Array, private readonly at: number) {}

  locked<T>(body: () => T): T {
    this.take();
    try {
      return body();
    } finally {
      this.give();
    }
  }

  private take(): void {
    const { words, at } = this;
    for (let i = 0; i < SPINS; i++) if (Atomics.compareExchange(words, at, 0, 1) === 0) return;
    // a holder that lost its processor would be waited for in vain
    while (Atomics.exchange(words, at, 2) !== 0) Atomics.wait(words, at, 2);
  }

  private give(): void {
    const { words, at } = this;
    if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1);
  }
}
