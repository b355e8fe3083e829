/** Finds the first occurrence of a text in a stream of bytes, over the borders of chunks (Knuth, Morris, Pratt). */
export class TextMatcher {
  private readonly pattern: Uint8Array;
  /** For every length of a match that breaks off: the longest shorter match that still stands. */
  private readonly fallback: Int32Array;
  private matched = 0;
  private found = false;

  constructor(readonly text: string) {
    this.pattern = new TextEncoder().encode(text);
    this.fallback = new Int32Array(this.pattern.length + 1);
    let length = 0;
    for (let at = 1; at < this.pattern.length; at++) {
      while (length > 0 && this.pattern[at] !== this.pattern[length]) length = this.fallback[length]!;
      if (this.pattern[at] === this.pattern[length]) length++;
      this.fallback[at + 1] = length;
    }
  }

  /** Whether the text has been seen. */
  get isFound(): boolean {
    return this.found;
  }

  /** Takes the next bytes; true when they complete the first occurrence. */
  push(bytes: Uint8Array): boolean {
    if (this.found) return false;
    let matched = this.matched;
    for (const byte of bytes) {
      while (matched > 0 && byte !== this.pattern[matched]) matched = this.fallback[matched]!;
      if (byte === this.pattern[matched]) matched++;
      if (matched === this.pattern.length) {
        this.found = true;
        return true;
      }
    }
    this.matched = matched;
    return false;
  }
}
