import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../../src/machine/loaders/elf.js';
import { readLoader } from '../../../src/machine/loaders/generic-loader.js';
import { isIntelHex, readIntelHex } from '../../../src/machine/loaders/intel-hex.js';
import { type KernelImage, readKernel } from '../../../src/machine/loaders/kernel.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { fuzzBytes } from './helpers/fuzz.js';
import { MiB, arm64Image, bytesOf, elfImage, legacyImage, named, peImage, zbootImage } from './helpers/images.js';

const kernel = (bytes: Uint8Array): KernelImage => readKernel(named('k', bytes));
const program = Uint8Array.of(0x00, 0x00, 0x80, 0xd2, 0x00, 0x00, 0x00, 0x14); // mov x0, #0; b .
const elf = elfImage(0xffff_0000_0010, [
  { virtual: 0xffff_0000_0000, physical: 0x4010_0000, bytes: bytesOf(32, 1), memorySize: 64 },
  { virtual: 0xffff_0001_0000, physical: 0x4020_0000, bytes: bytesOf(8, 2) },
]);

describe('kernel formats', () => {
  test('Image: text offset, size with BSS, the 2 MiB that the start of RAM moves by', () => {
    const sized = kernel(arm64Image({ imageSize: 0x30_0000 }));
    expect(sized).toMatchObject({ kind: 'linux', loadOffset: 2 * MiB, imageSize: 0x30_0000 });
    expect(kernel(arm64Image({ textOffset: 0x80000 }))).toMatchObject({ loadOffset: 0x80000 });
    expect(kernel(arm64Image({ textOffset: 0xfff }))).toMatchObject({ loadOffset: 2 * MiB + 0xfff });
    expect(kernel(arm64Image({ textOffset: 0x1000 }))).toMatchObject({ loadOffset: 0x1000 });
    // Kernels before 3.17 leave the size out; then the offset counts for nothing.
    const old = kernel(arm64Image({ imageSize: 0, textOffset: 0x1000, length: 100 }));
    expect(old).toMatchObject({ loadOffset: 0x80000, imageSize: 100 });
  });

  test('Image.gz, EFI zboot with gzip', () => {
    const image = peImage(5000);
    for (const packed of [gzipSync(image), zbootImage('gzip', gzipSync(image))]) {
      expect(kernel(packed)).toMatchObject({ kind: 'linux', loadOffset: 2 * MiB, bytes: image });
    }
    // gzip payloads are followed by their size in some builds.
    const sized = Uint8Array.from([...gzipSync(image), 1, 2, 3, 4]);
    expect(kernel(zbootImage('gzip', sized))).toMatchObject({ bytes: image });
  });

  test('flat A64 program: 512 KiB into RAM', () => {
    expect(kernel(program)).toMatchObject({ kind: 'linux', loadOffset: 0x80000, imageSize: 8, bytes: program });
  });

  test('ELF: physical addresses, zero-filled tail, entry translated', () => {
    const image = kernel(elf);
    expect(image).toMatchObject({
      kind: 'elf', entry: 0x4010_0010n, low: 0x4010_0000, high: 0x4020_0008,
      segments: [{ address: 0x4010_0000, size: 64 }, { address: 0x4020_0000, size: 8, bytes: bytesOf(8, 2) }],
    });
  });

  test('U-Boot legacy image', () => {
    const image = legacyImage({ type: 2, compression: 1, load: 0x4008_0000, entry: 0x4008_0040 }, gzipSync(program));
    expect(kernel(image)).toMatchObject({
      kind: 'uimage', role: 'kernel', linux: true, load: 0x4008_0000, entry: 0x4008_0040, relocatable: false,
    });
    expect(kernel(legacyImage({ type: 14 }, program))).toMatchObject({ relocatable: true });
  });
});

describe('refused kernels', () => {
  const x86 = bytesOf(0x400, 0x90);
  x86.set(new TextEncoder().encode('HdrS'), 0x202);
  const text = new TextEncoder().encode('#!/bin/sh\necho hello\n');
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['empty', bytesOf(0), /empty/],
    ['three bytes', bytesOf(3, 0xd5), /truncated/],
    ['zeros', bytesOf(4096), /not an arm64 kernel/],
    ['text', text, /not an arm64 kernel/],
    ['x86 kernel', x86, /an x86 kernel/],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0), /xz-compressed/],
    ['Image header cut', arm64Image().subarray(0, 62), /truncated/],
    ['PE Image cut', peImage(5000).subarray(0, 3000), /truncated kernel \(3000 bytes, .* at least 9096\)/],
    ['PE Image cut in its first header', peImage(5000).subarray(0, 40), /truncated kernel \(40 bytes\)/],
    ['PE Image cut in its PE header', peImage(5000).subarray(0, 80), /truncated/],
    ['big-endian', arm64Image({ flags: 1 }), /big-endian/],
    ['absurd size', arm64Image({ imageSize: 2 ** 50 }), /damaged/],
    ['gzip cut', gzipSync(peImage(5000)).subarray(0, 40), /truncated or damaged gzip/],
    ['gzip of text', gzipSync(text), /not an arm64 kernel/],
    ['zboot cut', zbootImage('gzip', gzipSync(peImage(5000))).subarray(0, 0x420), /truncated/],
    ['zboot with xz', zbootImage('xzkern', bytesOf(100)), /'xzkern'; gzip and zstd/],
    ['zboot with nonsense', zbootImage('a\nb', bytesOf(100)), /'a\?b'/],
    ['ELF for x86-64', elfImage(0, [], 62), /another machine/],
    ['ELF without segments', elfImage(0, []), /without anything to load/],
    ['ELF cut', elf.subarray(0, elf.length - 4), /truncated/],
    ['ELF at virtual addresses', elfImage(0, [{ virtual: 0, physical: 2 ** 60, bytes: bytesOf(4) }]),
      /arch\/arm64\/boot\/Image/],
    ['uImage of an initrd', legacyImage({ type: 3 }, program), /not of a kernel/],
    ['uImage cut', legacyImage({ type: 2 }, program).subarray(0, 70), /truncated/],
    ['uImage with lzma', legacyImage({ type: 2, compression: 3 }, program), /compression 3/],
  ];
  test.each(cases)('%s', (_name, bytes, message) => {
    expect(() => kernel(bytes)).toThrow(ConfigurationError);
    expect(() => kernel(bytes)).toThrow(message);
  });

  test.each([
    ['Image', peImage(300)],
    ['gzip', gzipSync(peImage(300))],
    ['zboot gzip', zbootImage('gzip', gzipSync(peImage(300)))],
    ['ELF', elf],
    ['uImage', legacyImage({ type: 2, compression: 1 }, gzipSync(program))],
  ])('damaged %s files give one line', (_name, bytes) => {
    fuzzBytes(bytes, 3000, kernel);
  });
});

describe('Intel HEX', () => {
  const text = [
    ':020000044000BA', ':10010000214601360121470136007EFE09D2190140', ':0401100001020304E1', ':0400000540000100B6',
    ':00000001FF', '',
  ].join('\r\n');
  const file = named('h', new TextEncoder().encode(text));

  test('reads records and joins what is contiguous', () => {
    expect(isIntelHex(file.bytes)).toBe(true);
    const image = readIntelHex(file);
    expect(image.entry).toBe(0x4000_0100);
    expect(image.segments).toHaveLength(1);
    expect(image.segments[0]).toMatchObject({ address: 0x4000_0100, size: 20 });
  });

  test('refuses damage', () => {
    const broken = (from: string, to: string): (() => unknown) => () =>
      readIntelHex(named('h', new TextEncoder().encode(text.replace(from, to))));
    expect(broken('190140', '190141')).toThrow(/checksum/);
    expect(broken(':00000001FF', '')).toThrow(/no end record/);
    expect(broken(':0401', ':0501')).toThrow(/length/);
    expect(broken(':0401', 'x0401')).toThrow(/is no record/);
    fuzzBytes(file.bytes, 3000, (bytes) => readIntelHex(named('h', bytes)));
  });
});

describe('generic loader', () => {
  test('recognises formats, and takes them raw on demand', () => {
    const file = named('e', elf);
    expect(readLoader({ kind: 'file', file, address: 0x4400_0000n, forceRaw: false, cpu: 1 })).toMatchObject({
      images: [{ address: 0x4010_0000 }, { address: 0x4020_0000 }], entry: { cpu: 1, address: 0x4010_0010n },
    });
    expect(readLoader({ kind: 'file', file, address: 0x4400_0000n, forceRaw: true, cpu: 1 })).toMatchObject({
      images: [{ address: 0x4400_0000, size: elf.length }], entry: { cpu: 1, address: 0x4400_0000n },
    });
    expect(readLoader({ kind: 'file', file, address: 0n, forceRaw: false }).entry).toBeUndefined();
    const legacy = named('u', legacyImage({ type: 5, load: 0x4100_0000, entry: 0x4100_0004 }, program));
    expect(readLoader({ kind: 'file', file: legacy, address: 0n, forceRaw: false, cpu: 0 })).toMatchObject({
      images: [{ address: 0x4100_0000, bytes: program }], entry: { cpu: 0, address: 0x4100_0004n },
    });
  });

  test('takes ELF files of other machines', () => {
    const other = elfImage(0x100, [{ virtual: 0x4100_0000, physical: 0x4100_0000, bytes: program }], 243);
    expect(readElf(named('e', other), false).segments).toHaveLength(1);
  });

  test('refuses what is no physical address', () => {
    expect(() => readLoader({ kind: 'data', address: 2n ** 60n, bytes: program })).toThrow(/no physical address/);
  });
});
