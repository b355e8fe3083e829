import { gunzipSync } from 'node:zlib';
import { ConfigurationError } from '../../support/errors.js';
import { formatBytes } from './file.js';
import { ZstdError, decompressZstd } from './zstd.js';

/** An uncompressed kernel beyond this is refused (QEMU's limit). */
export const MAXIMUM_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

export const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

/** Decompresses a gzip member; what follows it is ignored. */
export function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    const out = gunzipSync(bytes, { maxOutputLength: MAXIMUM_DECOMPRESSED_BYTES });
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name);
    const reason = code === 'Z_BUF_ERROR' ? 'it ends early' : (error as Error).message;
    throw new ConfigurationError(`${name}: truncated or damaged gzip data (${reason})`);
  }
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
