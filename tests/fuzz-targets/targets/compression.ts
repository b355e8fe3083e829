/** Decompression of kernels: ours against the host's zlib where that has the format. */
import * as zlib from 'node:zlib';
import { gunzip, isGzip, MAXIMUM_DECOMPRESSED_BYTES, unzstd } from '../../../src/machine/loaders/compression.js';
import { Input } from '../input.js';
import { check, refusable } from '../outcome.js';

/** Node has it from 22.15 on. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array };
const LIMIT = { maxOutputLength: MAXIMUM_DECOMPRESSED_BYTES };

function attempt(body: () => Uint8Array): Uint8Array | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

function checkGzip(bytes: Uint8Array): void {
  const ours = refusable(() => gunzip(bytes, 'file'));
  if (ours === undefined || !isGzip(bytes)) return;
  const theirs = attempt(() => zlib.gunzipSync(bytes, LIMIT));
  // Host's zlib goes on with further members and compares the header's checksum; what both accept begins alike.
  if (theirs === undefined) return;
  check(Buffer.compare(ours, theirs.subarray(0, ours.length)) === 0, () => 'gzip: not what zlib gives');
}

function checkZstd(bytes: Uint8Array): void {
  const ours = refusable(() => unzstd(bytes, 'file'));
  const theirs = zstdDecompressSync && attempt(() => zstdDecompressSync(bytes, LIMIT));
  if (ours === undefined || theirs === undefined) return;
  check(Buffer.compare(ours, theirs) === 0, () => 'zstd: not what zlib gives');
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const bytes = input.rest();
  if ((form & 1) === 0) {
    checkZstd(bytes);
    return;
  }
  checkGzip(bytes);
  // The same as the data of a whole member, so that it is reached.
  checkGzip(zlib.gzipSync(bytes, { level: form >> 5 }));
}
