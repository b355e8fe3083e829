/** Writes a snapshot file: chunks are compressed on the host's other threads, and the file appears whole or not at all. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import { systemErrorText } from '../../../devices/backends/host-file.js';
import { type ChunkEntry, encodeHeader, HEADER_BYTES, SnapshotError } from './format.js';

const compress = promisify<Buffer, object, Buffer>(deflateRaw);
/** Level 1 was measured to inflate as fast as level 6 and to be made in less than half the time; files are 7 % larger. */
const LEVEL = { level: constants.Z_BEST_SPEED, chunkSize: 128 << 10 };
/** Chunks being compressed at once. */
const AT_ONCE = 4;
/** Bytes that may wait for that; whoever has more to add waits. */
const MOST_WAITING = 1 << 30;

export class SnapshotWriter {
  private readonly entries: ChunkEntry[] = [];
  private readonly queue: { area: string; position: number; raw: Buffer }[] = [];
  private waitingBytes = 0;
  private active = 0;
  private open = true;
  private end = HEADER_BYTES;
  private failure: unknown;
  private changed: () => void = () => undefined;

  private constructor(private readonly path: string, private readonly temporary: string, private readonly descriptor: number) {}

  /** Makes a temporary file beside `path`. @throws SnapshotError */
  static create(path: string): SnapshotWriter {
    removeAbandoned(path);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      return new SnapshotWriter(path, temporary, openSync(temporary, 'w', 0o600));
    } catch (error) {
      throw new SnapshotError(path, `cannot be written: ${systemErrorText(error)}`);
    }
  }

  /**
   * Takes a chunk, whose bytes are the writer's from now on. Resolves at once while there is memory for what waits.
   * @param position byte in the area, 0 where `raw` has page numbers
   */
  async add(area: string, position: number, raw: Buffer): Promise<void> {
    // what went wrong is told by `finish`
    if (this.failure !== undefined) return;
    this.queue.push({ area, position, raw });
    this.waitingBytes += raw.length;
    this.work();
    while (this.waitingBytes > MOST_WAITING && this.failure === undefined) await this.news();
  }

  /** Writes the directory and puts the file into its place. @throws SnapshotError */
  async finish(layout: number, content: object): Promise<void> {
    try {
      while (this.active > 0 || (this.queue.length > 0 && this.failure === undefined)) await this.news();
      if (this.failure !== undefined) throw this.failure;
      const directory = deflateRawSync(JSON.stringify({ content, chunks: this.entries }));
      const directoryOffset = this.append(directory);
      const header = encodeHeader({
        layout, directoryOffset, directoryBytes: directory.length, directoryCrc: crc32(directory), fileBytes: this.end,
      });
      this.write(header, 0);
      fsyncSync(this.descriptor);
      this.close();
      renameSync(this.temporary, this.path);
      syncFolder(dirname(this.path));
    } catch (error) {
      this.abandon();
      throw new SnapshotError(this.path, `cannot be written: ${systemErrorText(error)}`);
    }
  }

  /** Removes what was written; what lay at the path before stays. */
  abandon(): void {
    this.failure ??= new Error('abandoned');
    this.queue.length = 0;
    this.close();
    rmSync(this.temporary, { force: true });
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.descriptor);
  }

  private work(): void {
    while (this.active < AT_ONCE && this.queue.length > 0 && this.failure === undefined) {
      const { area, position, raw } = this.queue.shift()!;
      this.active++;
      void compress(raw, LEVEL).then((stored) => {
        if (this.failure !== undefined) return;
        this.entries.push({
          area, position, offset: this.append(stored), storedBytes: stored.length, rawBytes: raw.length, crc: crc32(stored),
        });
      }).catch((error: unknown) => {
        this.failure ??= error;
      }).finally(() => {
        this.active--;
        this.waitingBytes -= raw.length;
        this.work();
        this.changed();
      });
    }
  }

  private news(): Promise<void> {
    return new Promise((resolve) => (this.changed = resolve));
  }

  /** @returns where the bytes lie */
  private append(bytes: Uint8Array): number {
    const offset = this.end;
    this.end += bytes.length;
    this.write(bytes, offset);
    return offset;
  }

  private write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      const count = writeSync(this.descriptor, bytes, done, bytes.length - done, offset + done);
      if (count === 0) throw new Error('the host wrote nothing');
      done += count;
    }
  }
}

/** Removes what processes that were killed have left beside `path`. */
function removeAbandoned(path: string): void {
  try {
    for (const name of readdirSync(dirname(path))) {
      const [, pid] = /^\.(\d+)\.tmp$/.exec(name.startsWith(basename(path)) ? name.slice(basename(path).length) : '') ?? [];
      if (pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid))) {
        rmSync(join(dirname(path), name), { force: true });
      }
    }
  } catch {
    // opening the file tells what is wrong with the folder
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes a rename in it last; where folders cannot be opened the system does that itself. */
function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // not every file system does that
  } finally {
    closeSync(descriptor);
  }
}
