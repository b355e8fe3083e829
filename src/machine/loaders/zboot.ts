import { ConfigurationError } from '../../support/errors.js';
import { gunzip, unzstd } from './compression.js';
import { type NamedFile, hasText, viewOf } from './file.js';

/** EFI zboot kernels (Linux's CONFIG_EFI_ZBOOT): a PE program that carries a compressed Image. */

const TYPE_AT = 4;
const TYPE = 'zimg';
const PAYLOAD_OFFSET_AT = 8;
const PAYLOAD_SIZE_AT = 12;
const COMPRESSION_AT = 24;
const COMPRESSION_BYTES = 32;
const HEADER_BYTES = 64;

export const isZboot = (bytes: Uint8Array): boolean => hasText(bytes, 0, 'MZ') && hasText(bytes, TYPE_AT, TYPE);

/** The Image inside an EFI zboot kernel. */
export function unpackZboot(file: NamedFile): NamedFile {
  const { bytes, name } = file;
  if (bytes.length < HEADER_BYTES) throw new ConfigurationError(`${name}: truncated kernel (its header is cut off)`);
  const view = viewOf(bytes);
  const start = view.getUint32(PAYLOAD_OFFSET_AT, true);
  const size = view.getUint32(PAYLOAD_SIZE_AT, true);
  if (start < HEADER_BYTES || start + size > bytes.length) {
    throw new ConfigurationError(`${name}: truncated kernel (its compressed part ends beyond the file)`);
  }
  const label = bytes.subarray(COMPRESSION_AT, COMPRESSION_AT + COMPRESSION_BYTES);
  const length = label.indexOf(0);
  const compression = String.fromCharCode(...label.subarray(0, length < 0 ? COMPRESSION_BYTES : length));
  const payload = bytes.subarray(start, start + size);
  switch (compression) {
    case 'gzip':
      return { name, bytes: gunzip(payload, name) };
    case 'zstd':
    case 'zstd22':
      return { name, bytes: unzstd(payload, name) };
    default: {
      const printable = compression.replace(/[^\x20-\x7e]/g, '?');
      throw new ConfigurationError(
        `${name}: an EFI zboot kernel compressed with '${printable}'; gzip and zstd are supported`,
      );
    }
  }
}
