import { ConfigurationError } from '../../support/errors.js';
import { gunzip } from './compression.js';
import { type NamedFile, viewOf } from './file.js';

/** U-Boot's legacy images (include/image.h): a 64-byte big-endian header before the data. */

const MAGIC = 0x27051956;
const HEADER_BYTES = 64;
const TYPE_KERNEL = 2;
const TYPE_KERNEL_NOLOAD = 14;
const TYPE_RAMDISK = 3;
const OS_LINUX = 5;
const COMPRESSION_NONE = 0;
const COMPRESSION_GZIP = 1;

export interface LegacyImage {
  readonly kind: 'uimage';
  readonly role: 'kernel' | 'ramdisk' | 'other';
  readonly linux: boolean;
  /** Wants no particular load address. */
  readonly relocatable: boolean;
  readonly load: number;
  readonly entry: number;
  readonly bytes: Uint8Array;
}

export const isLegacyImage = (bytes: Uint8Array): boolean => bytes.length >= 4 && viewOf(bytes).getUint32(0) === MAGIC;

export function readLegacyImage(file: NamedFile): LegacyImage {
  const { bytes, name } = file;
  if (bytes.length < HEADER_BYTES) {
    throw new ConfigurationError(`${name}: truncated U-Boot image (its header is cut off)`);
  }
  const view = viewOf(bytes);
  const size = view.getUint32(12);
  if (HEADER_BYTES + size > bytes.length) throw new ConfigurationError(`${name}: truncated U-Boot image`);
  const type = bytes[30];
  const compression = bytes[31];
  let data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + size);
  const isKernel = type === TYPE_KERNEL || type === TYPE_KERNEL_NOLOAD;
  const role = type === TYPE_RAMDISK ? 'ramdisk' : isKernel ? 'kernel' : 'other';
  if (role === 'kernel' && compression === COMPRESSION_GZIP) data = gunzip(data, name);
  else if (role === 'kernel' && compression !== COMPRESSION_NONE) {
    throw new ConfigurationError(`${name}: a U-Boot image with compression ${compression}; gzip is supported`);
  }
  return {
    kind: 'uimage',
    role,
    linux: bytes[28] === OS_LINUX,
    relocatable: type === TYPE_KERNEL_NOLOAD,
    load: view.getUint32(16),
    entry: view.getUint32(20),
    bytes: data,
  };
}
