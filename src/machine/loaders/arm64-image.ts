import { ConfigurationError } from '../../support/errors.js';
import { type NamedFile, hasText, viewOf } from './file.js';

/** Linux's arm64 Image (Documentation/arch/arm64/booting.rst): a 64-byte header, often a PE header, the kernel. */

const HEADER_BYTES = 64;
const TEXT_OFFSET_AT = 8;
const IMAGE_SIZE_AT = 16;
const FLAGS_AT = 24;
const MAGIC_AT = 56;
const MAGIC = 'ARM\x64';
const PE_OFFSET_AT = 60;
const FLAG_BIG_ENDIAN = 1n;
/** Where an image without `image_size` is loaded, from the start of RAM: kernels before 3.17 and plain binaries. */
const DEFAULT_TEXT_OFFSET = 0x80000;
/** An offset within the first page of RAM moves up by 2 MiB: QEMU keeps its own code there. */
const BOOT_CODE_BYTES = 4096;
const BOOT_CODE_SHIFT = 2 * 1024 * 1024;

/** A kernel that is entered by Linux's boot protocol: device tree in X0, EL2 or EL1, MMU off. */
export interface LinuxImage {
  readonly kind: 'linux';
  readonly bytes: Uint8Array;
  /** Bytes from the start of RAM to the first byte. */
  readonly loadOffset: number;
  /** Bytes of memory the kernel occupies, its BSS included. */
  readonly imageSize: number;
}

export const isArm64Image = (bytes: Uint8Array): boolean => hasText(bytes, MAGIC_AT, MAGIC);

/** Reads an Image. `file.bytes` may be any flat binary; without the header it loads at 512 KiB into RAM. */
export function readLinuxImage(file: NamedFile): LinuxImage {
  const { bytes, name } = file;
  if (!isArm64Image(bytes)) {
    return { kind: 'linux', bytes, loadOffset: DEFAULT_TEXT_OFFSET, imageSize: bytes.length };
  }
  if (bytes.length < HEADER_BYTES) throw new ConfigurationError(`${name}: truncated kernel (its header is cut off)`);
  const view = viewOf(bytes);
  const imageSize = view.getBigUint64(IMAGE_SIZE_AT, true);
  if ((view.getBigUint64(FLAGS_AT, true) & FLAG_BIG_ENDIAN) !== 0n) {
    throw new ConfigurationError(`${name}: a big-endian kernel; little-endian ones are supported`);
  }
  const needed = Math.max(peFileEnd(bytes), HEADER_BYTES);
  if (bytes.length < needed) {
    throw new ConfigurationError(
      `${name}: truncated kernel (${bytes.length} bytes, its header says at least ${needed})`,
    );
  }
  if (imageSize === 0n) {
    return { kind: 'linux', bytes, loadOffset: DEFAULT_TEXT_OFFSET, imageSize: bytes.length };
  }
  const textOffset = view.getBigUint64(TEXT_OFFSET_AT, true);
  if (imageSize > 2n ** 40n || textOffset > 2n ** 40n) {
    throw new ConfigurationError(`${name}: a damaged kernel header (image size or text offset out of range)`);
  }
  const offset = Number(textOffset);
  return {
    kind: 'linux',
    bytes,
    loadOffset: offset < BOOT_CODE_BYTES ? offset + BOOT_CODE_SHIFT : offset,
    // A signature appended to the file may go beyond the image; it is loaded with it.
    imageSize: Math.max(Number(imageSize), bytes.length),
  };
}

/** End of the last section's data in the file by the PE header of kernels that EFI can start; 0 without one. */
function peFileEnd(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const pe = view.getUint32(PE_OFFSET_AT, true);
  if (!hasText(bytes, 0, 'MZ') || pe < HEADER_BYTES || pe > 0x1000) return 0;
  if (pe + 24 > bytes.length) return pe + 24;
  if (!hasText(bytes, pe, 'PE\0\0')) return 0;
  const sections = view.getUint16(pe + 6, true);
  const table = pe + 24 + view.getUint16(pe + 20, true);
  let end = table + sections * 40;
  if (end > bytes.length) return end;
  for (let i = 0; i < sections; i++) {
    const at = table + i * 40;
    const rawSize = view.getUint32(at + 16, true);
    if (rawSize > 0) end = Math.max(end, view.getUint32(at + 20, true) + rawSize);
  }
  return end;
}
