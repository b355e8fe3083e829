import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { systemErrorText } from '../../../devices/backends/host-file.js';
import { ConfigurationError } from '../../support/errors.js';
import type { MachineDescription } from '../board-description.js';
import { endLine, entryLine, headLine, sumLine } from './format.js';
import type { Journal, MachineInput, Moment } from './journal.js';

/** Writes a recording while the machine runs. */
export class Recorder implements Journal {
  readonly replaying = false;
  readonly next = undefined;
  private readonly sum = createHash('sha256');
  private descriptor: number | undefined;
  private inputs = 0;
  private digests = 0;

  /**
   * @param failed called once, when the file cannot be written any more
   * @throws ConfigurationError when it cannot be written at all
   */
  constructor(private readonly path: string, description: MachineDescription, private readonly failed: (message: string) => void) {
    try {
      this.descriptor = openSync(path, 'w');
      this.append(this.descriptor, headLine(description));
    } catch (error) {
      this.close();
      throw new ConfigurationError(`--record ${path}: ${systemErrorText(error)}`);
    }
  }

  due(): readonly MachineInput[] {
    return [];
  }

  input(now: Moment, input: MachineInput): void {
    this.inputs++;
    this.write(entryLine({ ...now, input }));
  }

  digest(now: Moment, digest: string): undefined {
    this.digests++;
    this.write(entryLine({ ...now, digest }));
  }

  end(now: Moment): { differs: boolean; message: string } {
    this.write(endLine(now));
    this.write(sumLine(this.sum.copy().digest('hex')));
    this.close();
    const { inputs, digests } = this;
    return { differs: false, message: `recorded ${digests} digests and ${inputs} inputs up to instruction ${now.instructions}` };
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private append(descriptor: number, text: string): void {
    const bytes = Buffer.from(text);
    this.sum.update(bytes);
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  }

  private write(text: string): void {
    if (this.descriptor === undefined) return;
    try {
      this.append(this.descriptor, text);
    } catch (error) {
      this.close();
      this.failed(`--record ${this.path}: ${systemErrorText(error)}`);
    }
  }
}
