/** Reads a snapshot file; chunks are inflated on the host's other threads. */
import { closeSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32, inflateRaw, inflateRawSync } from 'node:zlib';
import { openRegularFile, readFully, systemErrorText } from '../../../devices/backends/host-file.js';
import { ConfigurationError } from '../../support/errors.js';
import { CHUNK_BYTES, type ChunkEntry, decodeHeader, HEADER_BYTES, PAGE_BYTES, SnapshotError } from './format.js';

const inflate = promisify<Buffer, object, Buffer>(inflateRaw);
/**
 * Chunks being inflated at once. The host's pool has four threads; it must not run dry while this thread makes a machine, which
 * takes longer than all chunks of a small guest.
 */
const AT_ONCE = 64;
/** Bytes that are read in one go. */
const READ_BYTES = 4 << 20;
/** A chunk with its page numbers. */
const LARGEST_CHUNK = CHUNK_BYTES + 4 * (CHUNK_BYTES / PAGE_BYTES + 1);

export class SnapshotReader {
  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    /** format.ts: snapshotLayout of the build that wrote it. */
    readonly layout: number,
    /** What was given to SnapshotWriter.finish. */
    readonly content: unknown,
    /** In the order of the file. */
    private readonly chunks: readonly ChunkEntry[],
    private readonly chunksEnd: number,
  ) {}

  /** @throws SnapshotError; ConfigurationError when the file cannot be opened */
  static open(path: string): SnapshotReader {
    const { descriptor, size } = openRegularFile(path, true, 'snapshot');
    try {
      const head = Buffer.alloc(HEADER_BYTES);
      const header = decodeHeader(path, head.subarray(0, readFully(descriptor, head, 0)), size);
      const stored = readAt(descriptor, header.directoryOffset, header.directoryBytes);
      if (crc32(stored) !== header.directoryCrc) throw new SnapshotError(path, 'is damaged');
      const { content, chunks } = JSON.parse(inflateRawSync(stored).toString()) as { content: unknown; chunks: ChunkEntry[] };
      for (const { offset, storedBytes, rawBytes } of chunks) {
        const fits = offset >= HEADER_BYTES && storedBytes >= 0 && offset + storedBytes <= header.directoryOffset && rawBytes <= LARGEST_CHUNK;
        if (!fits) throw new SnapshotError(path, 'is damaged');
      }
      chunks.sort((a, b) => a.offset - b.offset);
      return new SnapshotReader(path, descriptor, header.layout, content, chunks, header.directoryOffset);
    } catch (error) {
      closeSync(descriptor);
      throw error instanceof ConfigurationError ? error : new SnapshotError(path, `cannot be read: ${systemErrorText(error)}`);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Reads every chunk, so that what follows finds no damage. @throws SnapshotError */
  verify(): void {
    for (const _ of this.stored(this.chunks));
  }

  /** Gives the contents of an area, chunk by chunk in any order. @throws SnapshotError */
  async load(area: string, take: (raw: Buffer, position: number) => void): Promise<void> {
    const rest = this.stored(this.chunks.filter((entry) => entry.area === area));
    const work = async (): Promise<void> => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        const { entry, stored } = next.value;
        take(await this.inflated(entry, stored), entry.position);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** An area as a whole. @param bytes its length @throws SnapshotError */
  async read(area: string, bytes: number): Promise<Uint8Array> {
    const whole = new Uint8Array(bytes);
    await this.load(area, (raw, position) => {
      if (position + raw.length > bytes) throw new SnapshotError(this.path, 'is damaged');
      whole.set(raw, position);
    });
    return whole;
  }

  private async inflated(entry: ChunkEntry, stored: Buffer): Promise<Buffer> {
    let raw: Buffer;
    try {
      raw = await inflate(stored, { chunkSize: entry.rawBytes + 64, maxOutputLength: LARGEST_CHUNK });
    } catch {
      throw new SnapshotError(this.path, 'is damaged');
    }
    if (raw.length !== entry.rawBytes) throw new SnapshotError(this.path, 'is damaged');
    return raw;
  }

  /** Chunks as they are in the file, in its order. */
  private *stored(entries: readonly ChunkEntry[]): Generator<{ readonly entry: ChunkEntry; readonly stored: Buffer }> {
    let start = 0;
    let read: Buffer = Buffer.alloc(0);
    for (const entry of entries) {
      if (entry.offset < start || entry.offset + entry.storedBytes > start + read.length) {
        start = entry.offset;
        read = readAt(this.descriptor, start, Math.min(READ_BYTES, this.chunksEnd - start));
      }
      const stored = read.subarray(entry.offset - start, entry.offset - start + entry.storedBytes);
      if (stored.length < entry.storedBytes) throw new SnapshotError(this.path, 'is truncated');
      if (crc32(stored) !== entry.crc) throw new SnapshotError(this.path, 'is damaged');
      yield { entry, stored };
    }
  }
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readFully(descriptor, bytes, offset));
}
