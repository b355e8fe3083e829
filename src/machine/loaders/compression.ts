import { crc32, inflateRawSync } from 'node:zlib';
import { ConfigurationError } from '../../support/errors.js';
import { formatBytes, viewOf } from './file.js';
import { ZstdError, decompressZstd } from './zstd.js';

/** An uncompressed kernel beyond this is refused (QEMU's limit). */
export const MAXIMUM_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

const GZIP_DEFLATE = 8;
const GZIP_HEADER_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;
/** Flags of a gzip header (RFC 1952, section 2.3.1). */
const GzipFlag = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

export const isGzip = (bytes: Uint8Array): boolean =>
  bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === GZIP_DEFLATE;

/** Decompresses the first member of gzip data; what follows it is ignored, as boot loaders do. */
export function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  const fail = (reason: string): never => {
    throw new ConfigurationError(`${name}: truncated or damaged gzip data (${reason})`);
  };
  const data = gzipDataStart(bytes);
  if (data === undefined) return fail('its header is cut off');
  const { out, used } = inflate(bytes.subarray(data), name, fail);
  const trailer = data + used;
  if (trailer + GZIP_TRAILER_BYTES > bytes.length) fail('it ends early');
  const view = viewOf(bytes);
  if (view.getUint32(trailer, true) !== crc32(out)) fail('checksum error');
  return out;
}

function inflate(bytes: Uint8Array, name: string, fail: (reason: string) => never): { out: Uint8Array; used: number } {
  try {
    // With `info` the result also tells how much of the input was used; the type declarations do not say so.
    const result = inflateRawSync(bytes, { maxOutputLength: MAXIMUM_DECOMPRESSED_BYTES, info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const { buffer: data, engine } = result;
    return { out: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), used: engine.bytesWritten };
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name);
    return fail(code === 'Z_BUF_ERROR' ? 'it ends early' : (error as Error).message);
  }
}

/** Offset of the compressed data after the header, or undefined when that is cut off. */
function gzipDataStart(bytes: Uint8Array): number | undefined {
  const flags = bytes[3];
  let at = GZIP_HEADER_BYTES;
  if (bytes.length < at || (flags & GzipFlag.reserved) !== 0) return undefined;
  if ((flags & GzipFlag.extra) !== 0) {
    if (at + 2 > bytes.length) return undefined;
    at += 2 + bytes[at] + bytes[at + 1] * 256;
  }
  for (const flag of [GzipFlag.name, GzipFlag.comment]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((flags & GzipFlag.headerCrc) !== 0) at += 2;
  return at < bytes.length ? at : undefined;
}

export function unzstd(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return decompressZstd(bytes, MAXIMUM_DECOMPRESSED_BYTES);
  } catch (error) {
    if (!(error instanceof ZstdError)) throw error;
    throw new ConfigurationError(`${name}: truncated or damaged zstd data (${error.message})`);
  }
}

function tooLarge(name: string): ConfigurationError {
  return new ConfigurationError(`${name}: more than ${formatBytes(MAXIMUM_DECOMPRESSED_BYTES)} when decompressed`);
}
