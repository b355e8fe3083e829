import type { LoaderConfig } from '../../config/loader.js';
import { ConfigurationError } from '../../support/errors.js';
import { isElf, readElf } from './elf.js';
import { type LoadSegment, type NamedFile, hex } from './file.js';
import { isIntelHex, readIntelHex } from './intel-hex.js';
import { isLegacyImage, readLegacyImage } from './uimage.js';

/** What one loader device does. */
export interface LoaderEffect {
  /** Images; they must not overlap others. */
  readonly images: readonly LoadSegment[];
  /** Values; what images bring lies over them. */
  readonly stores: readonly LoadSegment[];
  readonly entry?: { readonly cpu: number; readonly address: bigint };
}

const ADDRESS_LIMIT = 2n ** 52n;

/** Resolves a loader device with its file read. */
export function readLoader(loader: LoaderConfig<NamedFile>): LoaderEffect {
  if (loader.kind === 'entry') return { images: [], stores: [], entry: { cpu: loader.cpu, address: loader.address } };
  if (loader.kind === 'data') {
    const address = physical(loader.address, '--device loader');
    const name = `the data of a loader device`;
    return { images: [], stores: [{ name, address, bytes: loader.bytes, size: loader.bytes.length }] };
  }
  const { images, entry } = readFile(loader);
  return { images, stores: [], ...(loader.cpu === undefined ? {} : { entry: { cpu: loader.cpu, address: entry } }) };
}

type FileLoader = Extract<LoaderConfig<NamedFile>, { kind: 'file' }>;

function readFile(loader: FileLoader): { images: readonly LoadSegment[]; entry: bigint } {
  const { file } = loader;
  if (!loader.forceRaw) {
    if (isElf(file.bytes)) {
      const elf = readElf(file, false);
      return { images: elf.segments, entry: elf.entry };
    }
    if (isLegacyImage(file.bytes)) {
      const image = readLegacyImage(file);
      return { images: [raw(file.name, image.load, image.bytes)], entry: BigInt(image.entry) };
    }
    if (isIntelHex(file.bytes)) {
      const image = readIntelHex(file);
      return { images: image.segments, entry: BigInt(image.entry) };
    }
  }
  if (file.bytes.length === 0) throw new ConfigurationError(`${file.name}: the file is empty`);
  return { images: [raw(file.name, physical(loader.address, file.name), file.bytes)], entry: loader.address };
}

const raw = (name: string, address: number, bytes: Uint8Array): LoadSegment => ({
  name, address, bytes, size: bytes.length,
});

function physical(address: bigint, name: string): number {
  if (address >= ADDRESS_LIMIT) throw new ConfigurationError(`${name}: ${hex(address)} is no physical address`);
  return Number(address);
}
