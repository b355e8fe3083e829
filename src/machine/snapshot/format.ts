/**
 * A snapshot file: a header of 64 bytes, chunks in any order, and a directory of them.
 *
 *   header     magic (8 bytes), format version and layout (u32 each), offset of the directory and length of the file (u64 each),
 *              stored bytes of the directory and their CRC-32, zeros, CRC-32 of the header so far
 *   chunk      raw deflate of at most CHUNK_BYTES and their page numbers
 *   directory  raw deflate of JSON: what SnapshotContent says, and where each chunk lies
 *
 * Numbers are little-endian.
 */
import { crc32 } from 'node:zlib';
import { LAYOUT_HASH } from '../../../runtime/layout/memory-layout.js';
import { SYSREG_LAYOUT } from '../../arch/sysreg/storage.js';
import { ConfigurationError } from '../../support/errors.js';
import { hashText } from '../../support/struct.js';

/** Raise it when the file changes, or what a device's words mean. */
export const FORMAT_VERSION = 1;
const MAGIC = 'ULNASNAP';
export const HEADER_BYTES = 64;
/** Contents of a chunk at most, without page numbers; a multiple of PAGE_BYTES. */
export const CHUNK_BYTES = 1 << 20;
/** Granule of memory and of overlays: pages and clusters that are all zero, or not there, are left out. */
export const PAGE_BYTES = 4096;

/** A file that is no snapshot, is damaged, or was made by another build: one line, status 2. */
export class SnapshotError extends ConfigurationError {
  constructor(path: string, problem: string) {
    super(`snapshot ${path}: ${problem}`);
  }
}

/** Where a chunk lies. */
export interface ChunkEntry {
  /** What it is a part of: `memory`, `devices`, `vcpus`, `disk:SLOT` or `image:N`. */
  readonly area: string;
  /** Byte in the area of the first one; 0 where the chunk has page numbers. */
  readonly position: number;
  /** In the file. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  /** CRC-32 of the stored bytes. */
  readonly crc: number;
}

export interface Header {
  readonly layout: number;
  readonly directoryOffset: number;
  readonly directoryBytes: number;
  readonly directoryCrc: number;
  readonly fileBytes: number;
}

/** Names what this build keeps in vCPU blocks and device state. @param stateBlocks Board.stateBlocks */
export function snapshotLayout(stateBlocks: readonly number[]): number {
  return hashText(`${LAYOUT_HASH};${SYSREG_LAYOUT};${stateBlocks.join()}`);
}

export function encodeHeader(header: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(header.layout, 12);
  bytes.writeBigUInt64LE(BigInt(header.directoryOffset), 16);
  bytes.writeBigUInt64LE(BigInt(header.fileBytes), 24);
  bytes.writeUInt32LE(header.directoryBytes, 32);
  bytes.writeUInt32LE(header.directoryCrc, 36);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return bytes;
}

/**
 * @param bytes the file's first HEADER_BYTES, or fewer where it has no more @param fileBytes length of the file
 * @throws SnapshotError
 */
export function decodeHeader(path: string, bytes: Buffer, fileBytes: number): Header {
  if (bytes.length < MAGIC.length || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new SnapshotError(path, 'is not a snapshot');
  }
  if (bytes.length < HEADER_BYTES) throw new SnapshotError(path, 'is truncated');
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) {
    throw new SnapshotError(path, `has format ${version}, this Ulna reads format ${FORMAT_VERSION}`);
  }
  if (crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== bytes.readUInt32LE(HEADER_BYTES - 4)) {
    throw new SnapshotError(path, 'is damaged');
  }
  const header = {
    layout: bytes.readUInt32LE(12),
    directoryOffset: Number(bytes.readBigUInt64LE(16)),
    fileBytes: Number(bytes.readBigUInt64LE(24)),
    directoryBytes: bytes.readUInt32LE(32),
    directoryCrc: bytes.readUInt32LE(36),
  };
  if (fileBytes < header.fileBytes) throw new SnapshotError(path, 'is truncated');
  if (fileBytes !== header.fileBytes || header.directoryOffset + header.directoryBytes !== fileBytes) {
    throw new SnapshotError(path, 'is damaged');
  }
  return header;
}
