import { closeSync, fdatasyncSync, writeSync } from 'node:fs';
import type { BlockBackend } from './block-backend.js';
import { openRegularFile, readFully } from './host-file.js';

const SECTOR = 512;
const ZEROES = new Uint8Array(1 << 20);

export interface RawImageOptions {
  /** The guest's flushes return at once: a crash of the host may lose what was flushed (QEMU's cache=unsafe). */
  readonly ignoreFlush?: boolean;
}

/** A disk image without a format of its own: byte n of the file is byte n of the disk. */
export class RawImage implements BlockBackend {
  private flushFailure: unknown;

  private constructor(
    private readonly descriptor: number,
    /** The file's size, rounded up to a whole sector: what the file lacks reads as zero, and is added when written. */
    readonly bytes: number,
    readonly readOnly: boolean,
    private readonly options: RawImageOptions,
  ) {}

  /** Throws ConfigurationError when the file is missing, may not be used, or is not a regular file. */
  static open(path: string, readOnly = false, options: RawImageOptions = {}): RawImage {
    const { descriptor, size } = openRegularFile(path, readOnly, 'drive');
    return new RawImage(descriptor, Math.ceil(size / SECTOR) * SECTOR, readOnly, options);
  }

  read(position: number, target: Uint8Array): void {
    // What is beyond the end of the file, or was cut off behind our back, reads as zero.
    target.fill(0, readFully(this.descriptor, target, position));
  }

  write(position: number, source: Uint8Array): void {
    for (let done = 0; done < source.length; ) {
      const count = writeSync(this.descriptor, source, done, source.length - done, position + done);
      if (count === 0) throw new Error('the host wrote nothing');
      done += count;
    }
  }

  flush(): void {
    if (this.readOnly || this.options.ignoreFlush === true) return;
    // After a failure the system may have dropped what it could not write, and a later flush would succeed over it.
    if (this.flushFailure !== undefined) throw this.flushFailure;
    try {
      fdatasyncSync(this.descriptor);
    } catch (error) {
      this.flushFailure = error;
      throw error;
    }
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
