/** The code that a region is made from, and how it is found again. */

/** Its translation holds wherever this is the code. */
export interface RegionSource {
  /** Byte offset in the page where it is entered. */
  readonly entry: number;
  /** See sourceKey. */
  readonly key: number;
  /** Word indexes in the page, ascending, and the words there. With COPIED set: the region has it only as part of callees' copies. */
  readonly places: Uint16Array;
  readonly words: Int32Array;
}

/** How many registers a region's code loads from memory and stores there. */
export interface RegisterMoves {
  loads: number;
  stores: number;
}

/** Bit of a place beside its word index. */
export const COPIED = 1 << 15;

/** Word index of a place. */
export const wordOf = (place: number): number => place & ~COPIED;

/**
 * 32 bits that say little of other code: from where it is entered, the word there, and the one behind it (0 behind the end of the
 * page), whether that belongs to the region or not.
 */
export const sourceKey = (entry: number, first: number, second: number): number =>
  Math.imul(Math.imul(entry ^ first, 0x9e3779b1) ^ second, 0x85ebca6b);

/** Of code that starts at a place of a page. @param page its 1024 words */
export function keyAt(page: Int32Array, entry: number): number {
  const first = entry >> 2;
  return sourceKey(entry, page[first], first < 1023 ? page[first + 1] : 0);
}

/** Whether a page has the code where the source has it. @param page its 1024 words */
export function holdsCode({ places, words }: Pick<RegionSource, 'places' | 'words'>, page: Int32Array): boolean {
  for (let i = 0; i < words.length; i++) if (page[wordOf(places[i])] !== words[i]) return false;
  return true;
}
