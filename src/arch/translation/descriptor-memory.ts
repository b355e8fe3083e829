/** Outcome of DescriptorMemory.compareExchange. */
export const ExchangeResult = {
  Done: 0,
  /** Memory held something else; the walk starts again. */
  Changed: 1,
  /** The location cannot be updated (not writable memory). */
  Unsupported: 2,
} as const;

/** Guest physical memory as a translation table walk sees it. All words are int32. */
export interface DescriptorMemory {
  /** Words of the descriptor that `read` fetched last, as a little-endian doubleword. */
  readonly low: number;
  readonly high: number;
  /**
   * Fetches the 8-byte descriptor at physical address `addressHigh`:`addressLow` of address space `space`.
   * @returns false when nothing answers there (External abort on the walk).
   */
  read(space: number, addressHigh: number, addressLow: number): boolean;
  /** Atomically replaces a descriptor; one of ExchangeResult. */
  compareExchange(
    space: number,
    addressHigh: number,
    addressLow: number,
    expectedLow: number,
    expectedHigh: number,
    low: number,
    high: number,
  ): number;
}
