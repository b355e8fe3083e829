import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../src/support/errors.js';
import type { BlockBackend } from './block-backend.js';
import { readFully, systemErrorText } from './host-file.js';

/** What is kept in one piece by the overlay or by the base, bytes. */
export const CLUSTER = 4096;
const ZEROES = new Uint8Array(1 << 20);

/**
 * A disk whose writes go to a temporary file and are lost at the end; the base is only read. The temporary file has no
 * name once it is open, so that it goes with the process, and is sparse: it takes as much room as was written.
 */
export class OverlayImage implements BlockBackend {
  readonly readOnly = false;
  readonly bytes: number;
  private readonly descriptor: number;
  /** Removes the temporary file; undefined where it could be removed while open. */
  private readonly remove: (() => void) | undefined;
  /** Bit per cluster: it is in the overlay. */
  private readonly present: Uint8Array;
  private readonly whole = new Uint8Array(CLUSTER);

  /** Throws ConfigurationError when no temporary file can be made in `folder`. */
  constructor(
    private readonly base: BlockBackend,
    folder = tmpdir(),
  ) {
    this.bytes = base.bytes;
    this.present = new Uint8Array(Math.ceil(Math.ceil(base.bytes / CLUSTER) / 8));
    try {
      const own = mkdtempSync(join(folder, 'ulna-snapshot-'));
      const remove = (): void => rmSync(own, { recursive: true, force: true });
      try {
        this.descriptor = openSync(join(own, 'overlay'), 'wx+', 0o600);
      } catch (error) {
        remove();
        throw error;
      }
      this.remove = removedNow(remove) ? undefined : remove;
    } catch (error) {
      throw new ConfigurationError(
        `cannot make a temporary file for snapshot=on in ${folder}: ${systemErrorText(error)}`);
    }
  }

  read(position: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const at = position + done;
      const here = this.has(at);
      let end = at - (at % CLUSTER) + CLUSTER;
      while (end < position + target.length && this.has(end) === here) end += CLUSTER;
      const piece = target.subarray(done, Math.min(target.length, end - position));
      if (here) piece.fill(0, readFully(this.descriptor, piece, at));
      else this.base.read(at, piece);
      done += piece.length;
    }
  }

  write(position: number, source: Uint8Array): void {
    if (source.length === 0) return;
    const end = position + source.length;
    // A cluster that is only partly written brings the rest of it along from the base.
    if (position % CLUSTER !== 0) this.bring(position);
    if (end % CLUSTER !== 0 && end < this.bytes) this.bring(end);
    this.put(position, source);
    for (let at = position - (position % CLUSTER); at < end; at += CLUSTER) this.mark(at);
  }

  /** Nothing here outlives the process. */
  flush(): void {}
  discard(): void {}

  writeZeroes(position: number, length: number): void {
    for (let done = 0; done < length; done += ZEROES.length) {
      this.write(position + done, ZEROES.subarray(0, Math.min(ZEROES.length, length - done)));
    }
  }

  close(): void {
    closeSync(this.descriptor);
    this.remove?.();
    this.base.close();
  }

  /** Numbers of the clusters that differ from the base's, from the first on. */
  *clusters(): Generator<number> {
    for (const [byte, bits] of this.present.entries()) {
      for (let left = bits; left !== 0; left &= left - 1) yield byte * 8 + 31 - Math.clz32(left & -left);
    }
  }

  /** Forgets everything that was written. */
  clear(): void {
    this.present.fill(0);
    ftruncateSync(this.descriptor, 0);
  }

  private has(position: number): boolean {
    const cluster = Math.floor(position / CLUSTER);
    return (this.present[cluster >> 3] & (1 << (cluster & 7))) !== 0;
  }

  private mark(position: number): void {
    const cluster = Math.floor(position / CLUSTER);
    this.present[cluster >> 3] |= 1 << (cluster & 7);
  }

  /** Copies the cluster around `position` from the base unless it is here already. */
  private bring(position: number): void {
    if (this.has(position)) return;
    const start = position - (position % CLUSTER);
    const piece = this.whole.subarray(0, Math.min(CLUSTER, this.bytes - start));
    this.base.read(start, piece);
    this.put(start, piece);
    this.mark(start);
  }

  private put(position: number, source: Uint8Array): void {
    for (let done = 0; done < source.length; ) {
      const count = writeSync(this.descriptor, source, done, source.length - done, position + done);
      if (count === 0) throw new Error('the host wrote nothing');
      done += count;
    }
  }
}

/** Windows keeps the name of a file that is open. */
function removedNow(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch {
    return false;
  }
}
