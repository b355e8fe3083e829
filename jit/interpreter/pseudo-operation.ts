/** Operations that are not instructions. */
export const PseudoOperation = {
  /** The record has not been decoded: ask TypeScript to. Must be 0. */
  Decode: 0,
  /** Behind the last record of a page: go on in the next page. */
  PageEnd: 1,
  /** The word is unallocated, or its feature is not there. */
  Undefined: 2,
  /** A region of translated code starts here; the record's entry has the rest. */
  EnterRegion: 3,
  First: 4,
} as const;
