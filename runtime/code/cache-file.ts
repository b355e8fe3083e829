/**
 * A file in the user's cache that belongs to one build, CPU and set of options: a header and records that are only ever appended.
 * Several processes may append to one file. Errors of the disk end a run's keeping, quietly.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync, closeSync, fstatSync, openSync, readdirSync, readSync, rmSync, statSync, utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../src/files/make-folder.js';
import { replaceFile } from '../../src/files/replace-file.js';

/** Files not used for so long are removed, milliseconds; and so are the oldest of more than so many bytes. */
const UNUSED = 14 * 24 * 3600_000;
const LARGEST_FOLDER = 512 << 20;

export interface CacheKind {
  /** End of the file's name. */
  readonly suffix: string;
  /** First bytes: what is in the file, and in which format; a multiple of 4. */
  readonly magic: string;
  /** Bytes; a file that has grown beyond this is begun anew. */
  readonly largest: number;
  /** It is executed as it is: a file that others can write, or that is another user's, is left alone. */
  readonly own?: boolean;
}

/** Bytes of a file, aligned to words; fewer where it ends. */
export type Read = (at: number, length: number) => Buffer;

export class CacheFile {
  /** Bytes of the file that could not be used: cut off, damaged, of another format. */
  readonly dropped: number = 0;
  private readonly path: string;
  private readonly header: Buffer;
  private broken = false;

  /**
   * @param folder made if it is not there
   * @param identity whatever the records depend on beside what they say
   * @param load is given the file's records, which begin at `start`. @returns where the last good one ends
   */
  constructor(
    folder: string, private readonly kind: CacheKind, identity: string, load: (read: Read, start: number, size: number) => number,
  ) {
    const digest = createHash('sha256').update(identity).digest();
    this.header = Buffer.concat([Buffer.from(kind.magic), digest]);
    this.path = join(folder, `${digest.toString('hex', 0, 12)}${kind.suffix}`);
    try {
      makeFolder(folder);
      removeUnused(folder);
      this.dropped = this.open(this.header, load);
      const now = new Date();
      utimesSync(this.path, now, now);
    } catch {
      this.broken = true;
    }
  }

  /** @returns bytes dropped */
  private open(header: Buffer, load: (read: Read, start: number, size: number) => number): number {
    let file: number | undefined;
    try {
      file = openSync(this.path, 'r');
      const { size, uid, mode } = fstatSync(file);
      if (this.kind.own === true && process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) {
        this.broken = true;
        return 0;
      }
      const read = reader(file);
      if (size <= this.kind.largest && read(0, header.length).equals(header)) {
        const end = load(read, header.length, size);
        if (end < size) this.replace(read(0, end));
        return size - end;
      }
      this.replace(header);
      return size <= this.kind.largest ? size : 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.replace(header);
      return 0;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  private replace(contents: Uint8Array): void {
    replaceFile(this.path, contents, this.kind.own === true ? 0o600 : undefined);
  }

  /** @param record whole words */
  append(record: Int32Array): void {
    if (this.broken) return;
    try {
      appendFileSync(this.path, bytesOf(record));
    } catch {
      this.broken = true;
    }
  }

  /** Puts these bytes in place of all records. */
  rewrite(contents: readonly Uint8Array[]): void {
    if (this.broken) return;
    try {
      this.replace(Buffer.concat([this.header, ...contents]));
    } catch {
      this.broken = true;
    }
  }

  /** Bytes of the file as it is now; none when it cannot be read any more. */
  read(at: number, length: number): Buffer {
    let file: number | undefined;
    try {
      file = openSync(this.path, 'r');
      return reader(file)(at, length);
    } catch {
      return Buffer.alloc(0);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}

const reader = (file: number): Read => (at, length) => {
  const bytes = Buffer.from(new ArrayBuffer(length));
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
};

export const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);

/** Names of files of the cache, and of those that somebody was ended in the middle of writing. */
const CACHED = /\.(translations|machine-code|records|code)(\.[\w.-]+)?$/;

function removeUnused(folder: string): void {
  const files = readdirSync(folder).filter((name) => CACHED.test(name)).map((name) => {
    const path = join(folder, name);
    const { mtimeMs, size } = statSync(path);
    return { path, mtimeMs, size };
  });
  files.sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { path, mtimeMs, size } of files) {
    bytes += size;
    if (Date.now() - mtimeMs >= UNUSED || bytes > LARGEST_FOLDER) rmSync(path, { force: true });
  }
}
