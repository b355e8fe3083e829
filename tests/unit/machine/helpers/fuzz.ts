import { ConfigurationError } from '../../../../src/support/errors.js';

/** A small deterministic generator (xorshift32). */
export function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Cuts and changes `bytes` at random `rounds` times; `read` may succeed or throw a ConfigurationError of one line. */
export function fuzzBytes(bytes: Uint8Array, rounds: number, read: (bytes: Uint8Array) => unknown, seed = 1): void {
  const next = generator(seed);
  for (let round = 0; round < rounds; round++) {
    const length = next() % 3 === 0 ? next() % (bytes.length + 1) : bytes.length;
    const changed = bytes.slice(0, length);
    for (let i = next() % 6; i > 0 && length > 0; i--) {
      const interesting = [0, 0xff, 0x7f, 0x80, 1, next() & 0xff];
      changed[next() % (next() % 2 === 0 ? Math.min(length, 128) : length)] = interesting[next() % interesting.length];
    }
    expectOneLine(() => read(changed));
  }
}

/** Runs `body`; what it throws must be a ConfigurationError with one line of text. */
export function expectOneLine(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.message === '' || /[\n\r]/.test(error.message)) throw error;
  }
}
