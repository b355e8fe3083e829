/** The last of what a line has printed, for whoever looks at it later. */

/** Bytes that are kept at least. */
const KEPT = 8192;
/** Rows of a terminal. */
const ROWS = 24;

export class RecentOutput {
  private parts: Uint8Array[] = [];
  private length = 0;

  push(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
    while (this.length - this.parts[0].length >= KEPT) this.length -= this.parts.shift()!.length;
  }

  /** A screenful: the last 24 lines at most, from the beginning of one of them. */
  screenful(): Uint8Array {
    const bytes = Buffer.concat(this.parts);
    let start = bytes.length;
    for (let rows = 0; rows < ROWS && start > 0; rows++) start = start < 2 ? 0 : bytes.lastIndexOf(0x0a, start - 2) + 1;
    return Uint8Array.from(bytes.subarray(start));
  }
}
