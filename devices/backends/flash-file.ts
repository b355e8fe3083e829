import { closeSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../../src/support/errors.js';
import { openRegularFile, readFully } from './host-file.js';

/** A file behind a flash bank. Each thread that may program the bank opens its own. */
export class FlashFile {
  private constructor(
    private readonly descriptor: number,
    /** Bytes in the file when it was opened. */
    readonly length: number,
    readonly readOnly: boolean,
  ) {}

  /** Throws ConfigurationError when the file cannot be used or is not as long as the bank, which QEMU asks for too. */
  static open(path: string, bankBytes: number, readOnly: boolean): FlashFile {
    const { descriptor, size } = openRegularFile(path, readOnly, 'flash image');
    if (size !== bankBytes) {
      closeSync(descriptor);
      throw new ConfigurationError(`flash image ${path} has ${size} bytes, a bank of flash has ${bankBytes}`);
    }
    return new FlashFile(descriptor, size, readOnly);
  }

  /** Fills the bank. Throws when the host cannot read the file. */
  load(bank: Uint8Array): void {
    bank.fill(0xff, readFully(this.descriptor, bank, 0));
  }

  /** Writes a changed range through; nothing for a read-only file. Throws when the host cannot. */
  save(bank: Uint8Array, offset: number, length: number): void {
    if (this.readOnly) return;
    for (let done = 0; done < length; ) {
      const count = writeSync(this.descriptor, bank, offset + done, length - done, offset + done);
      if (count === 0) throw new Error('the host wrote nothing');
      done += count;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
