import { ConfigurationError } from '../../support/errors.js';
import { type LoadSegment, type NamedFile, hasText, hex, viewOf } from './file.js';

/** ELF executables, 32- and 64-bit little-endian: PT_LOAD segments at their physical addresses. */

const IDENT_CLASS = 4;
const IDENT_DATA = 5;
const CLASS_64 = 2;
const DATA_LITTLE_ENDIAN = 1;
const TYPE_EXECUTABLE = 2;
const TYPE_SHARED = 3;
const MACHINE_AARCH64 = 183;
const PT_LOAD = 1;
const PF_EXECUTE = 1;
/** Guest physical addresses end here. */
const ADDRESS_LIMIT = 2n ** 52n;

export interface ElfImage {
  readonly kind: 'elf';
  readonly segments: readonly LoadSegment[];
  /** Physical address of the first instruction where the file tells it, else the address the header gives. */
  readonly entry: bigint;
  /** First byte used, and first byte not used by any segment. */
  readonly low: number;
  readonly high: number;
}

export const isElf = (bytes: Uint8Array): boolean => hasText(bytes, 0, '\x7fELF');

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
}

/** Reads an executable. With `aarch64Only` another class or machine is refused, as for a kernel. */
export function readElf(file: NamedFile, aarch64Only: boolean): ElfImage {
  const { bytes, name } = file;
  const fail = (reason: string): never => {
    throw new ConfigurationError(`${name}: ${reason}`);
  };
  const wide = bytes[IDENT_CLASS] === CLASS_64;
  if (bytes.length < (wide ? 64 : 52)) fail('truncated ELF file (its header is cut off)');
  const view = viewOf(bytes);
  if (bytes[IDENT_DATA] !== DATA_LITTLE_ENDIAN) fail('a big-endian ELF file; little-endian ones are supported');
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (aarch64Only && (!wide || machine !== MACHINE_AARCH64)) {
    fail(`an ELF file for another machine (class ${wide ? 64 : 32}, machine ${machine}); AArch64 is supported`);
  }
  if (type !== TYPE_EXECUTABLE && type !== TYPE_SHARED) fail('an ELF file that is not an executable');
  const word = (at: number): bigint => (wide ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  let entry = word(24);
  const tableAt = word(wide ? 32 : 28);
  const entrySize = view.getUint16(wide ? 54 : 42, true);
  const count = view.getUint16(wide ? 56 : 44, true);
  if (count > 0 && entrySize < (wide ? 56 : 32)) fail('a damaged ELF file (program header size)');
  const length = BigInt(bytes.length);
  if (tableAt + BigInt(count * entrySize) > length) fail('truncated ELF file (its program headers are cut off)');

  const segments: LoadSegment[] = [];
  for (let i = 0; i < count; i++) {
    const header = readProgramHeader(view, Number(tableAt) + i * entrySize, wide);
    if (header.type !== PT_LOAD || header.memorySize === 0n) continue;
    if (header.fileSize > header.memorySize) fail('a damaged ELF file (a segment has more data than memory)');
    if (header.offset + header.fileSize > length) fail('truncated ELF file (a segment ends beyond the file)');
    if (header.physical + header.memorySize > ADDRESS_LIMIT) {
      fail(`its segment at ${hex(header.physical)} lies outside guest memory (for Linux, pass arch/arm64/boot/Image)`);
    }
    const inSegment = entry >= header.virtual && entry < header.virtual + header.fileSize;
    if (inSegment && header.virtual !== header.physical && (header.flags & PF_EXECUTE) !== 0) {
      entry = entry - header.virtual + header.physical;
    }
    const start = Number(header.offset);
    segments.push({
      name: `${name} segment ${segments.length}`,
      address: Number(header.physical),
      bytes: bytes.subarray(start, start + Number(header.fileSize)),
      size: Number(header.memorySize),
      clip: true,
    });
  }
  if (segments.length === 0) fail('an ELF file without anything to load');
  return {
    kind: 'elf',
    segments,
    entry,
    low: Math.min(...segments.map((segment) => segment.address)),
    high: Math.max(...segments.map((segment) => segment.address + segment.size)),
  };
}

function readProgramHeader(view: DataView, at: number, wide: boolean): ProgramHeader {
  const u32 = (offset: number): number => view.getUint32(at + offset, true);
  const u64 = (offset: number): bigint => view.getBigUint64(at + offset, true);
  if (wide) {
    return {
      type: u32(0), flags: u32(4), offset: u64(8), virtual: u64(16), physical: u64(24), fileSize: u64(32),
      memorySize: u64(40),
    };
  }
  return {
    type: u32(0), offset: BigInt(u32(4)), virtual: BigInt(u32(8)), physical: BigInt(u32(12)), fileSize: BigInt(u32(16)),
    memorySize: BigInt(u32(20)), flags: u32(24),
  };
}
