import type { BlockBackend } from './block-backend.js';

/** A disk in host memory; nothing is kept. */
export class MemoryImage implements BlockBackend {
  /** @param contents a whole number of 512-byte sectors. */
  constructor(
    readonly contents: Uint8Array,
    readonly readOnly = false,
  ) {}

  get bytes(): number {
    return this.contents.length;
  }
  read(position: number, target: Uint8Array): void {
    target.set(this.contents.subarray(position, position + target.length));
  }
  write(position: number, source: Uint8Array): void {
    this.contents.set(source, position);
  }
  flush(): void {}
  discard(position: number, length: number): void {
    this.writeZeroes(position, length);
  }
  writeZeroes(position: number, length: number): void {
    this.contents.fill(0, position, position + length);
  }
  close(): void {}
}
