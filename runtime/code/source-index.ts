import { keyAt } from '../../jit/region/region-source.js';

/** What is known of code, by the key of its source. */
export class SourceIndex<T> {
  private readonly byKey = new Map<number, T[]>();
  /** Non-zero where a key has these upper 16 bits. */
  private readonly filter = new Uint8Array(1 << 16);

  add(key: number, known: T): void {
    this.filter[key >>> 16] = 1;
    const others = this.byKey.get(key);
    if (others === undefined) this.byKey.set(key, [known]);
    else others.push(known);
  }

  /** What may be known of the code at a place of a page. @param page its 1024 words @param entry byte offset */
  at(page: Int32Array, entry: number): readonly T[] {
    return this.byKey.get(keyAt(page, entry)) ?? [];
  }

  /** Byte offsets of a page where code starts of which something may be known. */
  *entries(page: Int32Array): Generator<number> {
    const { filter, byKey } = this;
    if (byKey.size === 0) return;
    for (let entry = 0; entry < 4096; entry += 4) {
      const key = keyAt(page, entry);
      if (filter[key >>> 16] !== 0 && byKey.has(key)) yield entry;
    }
  }
}
