import { ConfigurationError } from '../../support/errors.js';
import { type LinuxImage, isArm64Image, readLinuxImage } from './arm64-image.js';
import { gunzip, isGzip } from './compression.js';
import { type ElfImage, isElf, readElf } from './elf.js';
import { type NamedFile, hasText, viewOf } from './file.js';
import { type LegacyImage, isLegacyImage, readLegacyImage } from './uimage.js';
import { isZboot, unpackZboot } from './zboot.js';

export type KernelImage = LinuxImage | ElfImage | LegacyImage;

/** Signatures of files that are no arm64 kernel, and what they are. */
const FOREIGN: readonly (readonly [offset: number, text: string, what: string])[] = [
  [0x202, 'HdrS', 'an x86 kernel'],
  [0, '\xfd7zXZ\0', 'xz-compressed data'],
  [0, '\x28\xb5\x2f\xfd', 'zstd-compressed data'],
  [0, 'BZh', 'bzip2-compressed data'],
  [0, '\x04\x22\x4d\x18', 'lz4-compressed data'],
  [0, '\x02\x21\x4c\x18', 'lz4-compressed data'],
  [0, '!<arch>\n', 'a Debian package or archive'],
  [0, 'QFI\xfb', 'a qcow2 disk image'],
  [0, '070701', 'a cpio archive'],
  [0, '\xd0\x0d\xfe\xed', 'a device tree or FIT image'],
  [0x36, 'FAT', 'a disk image'],
  [510, '\x55\xaa', 'a disk image or x86 boot sector'],
];

/** Recognises a kernel: ELF, U-Boot legacy image, gzip, EFI zboot, arm64 Image, or a flat A64 program. */
export function readKernel(file: NamedFile): KernelImage {
  const { bytes, name } = file;
  if (bytes.length === 0) throw new ConfigurationError(`${name}: the kernel file is empty`);
  if (isElf(bytes)) return readElf(file, true);
  if (isLegacyImage(bytes)) return readKernelLegacyImage(file);
  if (isGzip(bytes)) return readFlat({ name, bytes: gunzip(bytes, name) });
  if (isZboot(bytes)) return readFlat(unpackZboot(file));
  return readFlat(file);
}

function readKernelLegacyImage(file: NamedFile): LegacyImage {
  const image = readLegacyImage(file);
  if (image.role !== 'kernel') throw new ConfigurationError(`${file.name}: a U-Boot image, but not of a kernel`);
  return image;
}

function readFlat(file: NamedFile): LinuxImage {
  const { bytes, name } = file;
  if (!isArm64Image(bytes)) {
    const foreign = FOREIGN.find(([offset, text]) => hasText(bytes, offset, text));
    if (foreign !== undefined) throw new ConfigurationError(`${name}: not an arm64 kernel but ${foreign[2]}`);
    // Kernels that EFI can start begin so; nothing else that short does.
    const cutHeader = bytes.length < 64 && hasText(bytes, 0, 'MZ');
    if (bytes.length < 4 || cutHeader) {
      throw new ConfigurationError(`${name}: truncated kernel (${bytes.length} bytes)`);
    }
    if (isText(bytes) || !mayBeInstruction(viewOf(bytes).getUint32(0, true))) {
      throw new ConfigurationError(
        `${name}: not an arm64 kernel (no Image, ELF, gzip or EFI zboot header, and no A64 code)`,
      );
    }
  }
  return readLinuxImage(file);
}

/** Whether the encoding group, bits 28..25, is one that the A64 table allocates (Arm ARM, C4.1). */
function mayBeInstruction(word: number): boolean {
  return ((word >>> 25) & 15) > 3;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 512).every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
}
