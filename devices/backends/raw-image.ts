import { closeSync, fdatasyncSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import type { BlockBackend } from './block-backend.js';
import { openRegularFile, readFully } from './host-file.js';

const SECTOR = 512;
const ZEROES = new Uint8Array(1 << 20);

/** A disk image without a format of its own: byte n of the file is byte n of the disk. */
export class RawImage implements BlockBackend {
  private constructor(
    private readonly descriptor: number,
    readonly bytes: number,
    readonly readOnly: boolean,
  ) {}

  /** Throws ConfigurationError when the file is missing, not a regular file, or not a whole number of sectors. */
  static open(path: string, readOnly = false): RawImage {
    const { descriptor, size } = openRegularFile(path, readOnly, 'drive');
    if (size % SECTOR !== 0) {
      closeSync(descriptor);
      throw new ConfigurationError(`cannot use drive ${path}: its size, ${size}, is not a multiple of ${SECTOR}`);
    }
    return new RawImage(descriptor, size, readOnly);
  }

  read(position: number, target: Uint8Array): void {
    // A file cut short behind our back reads as zero.
    target.fill(0, readFully(this.descriptor, target, position));
  }

  write(position: number, source: Uint8Array): void {
    let done = 0;
    while (done < source.length) {
      done += writeSync(this.descriptor, source, done, source.length - done, position + done);
    }
  }

  flush(): void {
    if (!this.readOnly) fdatasyncSync(this.descriptor);
  }

  /** Node offers no way to punch a hole; the old contents stay. */
  discard(): void {}

  writeZeroes(position: number, length: number): void {
    for (let done = 0; done < length; done += ZEROES.length) {
      this.write(position + done, ZEROES.subarray(0, Math.min(ZEROES.length, length - done)));
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
