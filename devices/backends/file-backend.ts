import { closeSync, openSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import type { CharacterBackend } from './character-backend.js';
import { systemErrorText } from './host-file.js';

/** Writes output to a file; gives no input. */
export class FileBackend implements CharacterBackend {
  private readonly descriptor: number;
  private failed = false;

  /**
   * @param append output follows what the file holds already; else the file is emptied first
   * @param log told once when output is lost
   */
  constructor(
    private readonly path: string,
    append: boolean,
    private readonly log: (line: string) => void = () => {},
  ) {
    try {
      this.descriptor = openSync(path, append ? 'a' : 'w');
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
    } catch (error) {
      this.failed = true;
      this.log(`serial output ${this.path}: ${systemErrorText(error)}; what follows is dropped`);
    }
  }
  resume(): void {}
  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}
