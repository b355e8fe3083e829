import { closeSync, openSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import { openRegularFile, readFully, systemErrorText } from './host-file.js';

/** A file behind a flash bank. Each thread that may program the bank opens its own. */
export class FlashFile {
  private constructor(
    private readonly descriptor: number,
    /** Bytes in the file when it was opened. */
    readonly length: number,
    readonly readOnly: boolean,
  ) {}

  /** Throws ConfigurationError when the file cannot be used or holds more than `bankBytes`. */
  static open(path: string, bankBytes: number, readOnly: boolean): FlashFile {
    const { descriptor, size } = openRegularFile(path, readOnly, 'flash image');
    if (size > bankBytes) {
      closeSync(descriptor);
      throw new ConfigurationError(`flash image ${path} holds ${size} bytes, the bank only ${bankBytes}`);
    }
    return new FlashFile(descriptor, size, readOnly);
  }

  /** Creates an image of erased flash if there is none yet; throws ConfigurationError when it cannot. */
  static ensure(path: string, bankBytes: number): void {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw new ConfigurationError(`cannot create flash image ${path}: ${systemErrorText(error)}`);
    }
    const erased = new Uint8Array(1 << 20).fill(0xff);
    for (let at = 0; at < bankBytes; at += erased.length) {
      writeSync(descriptor, erased, 0, Math.min(erased.length, bankBytes - at), at);
    }
    closeSync(descriptor);
  }

  /** Fills the bank: the file's bytes, then erased flash. */
  load(bank: Uint8Array): void {
    const count = readFully(this.descriptor, bank.subarray(0, this.length), 0);
    bank.fill(0xff, count);
  }

  /** Writes a changed range through; a file shorter than the bank grows. Does nothing for a read-only file. */
  save(bank: Uint8Array, offset: number, length: number): void {
    if (this.readOnly) return;
    writeSync(this.descriptor, bank, offset, length, offset);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
