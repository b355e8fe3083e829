import { closeSync, openSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import type { CharacterBackend } from './character-backend.js';
import { systemErrorText } from './host-file.js';

/** Writes output to a file, which is emptied first; gives no input. */
export class FileBackend implements CharacterBackend {
  private readonly descriptor: number;
  private failed = false;

  constructor(path: string) {
    try {
      this.descriptor = openSync(path, 'w');
    } catch (error) {
      throw new ConfigurationError(`cannot open serial output ${path}: ${systemErrorText(error)}`);
    }
  }

  /** A full disk must not stop the guest: from then on output is dropped. */
  get ready(): boolean {
    return true;
  }
  attach(): void {}
  write(bytes: Uint8Array): void {
    if (this.failed) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
    } catch {
      this.failed = true;
    }
  }
  resume(): void {}
  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}
