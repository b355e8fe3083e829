import type { NamedFile } from '../../../../src/machine/loaders/file.js';

export const MiB = 1024 * 1024;

export const named = (name: string, bytes: Uint8Array): NamedFile => ({ name, bytes });

export function bytesOf(length: number, fill = 0): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** An arm64 Image: the header, then zeros up to `length`. */
export function arm64Image(
  options: { length?: number; imageSize?: number; textOffset?: number; flags?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(options.length ?? 64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xd503201f, true);
  view.setUint32(4, 0x14000000, true);
  view.setBigUint64(8, BigInt(options.textOffset ?? 0), true);
  view.setBigUint64(16, BigInt(options.imageSize ?? 2 * MiB), true);
  view.setBigUint64(24, BigInt(options.flags ?? 10), true);
  view.setUint32(56, 0x644d5241, true);
  return bytes;
}

/** An Image with the PE header that EFI starts it by: one section of `raw` bytes at file offset 0x1000. */
export function peImage(raw: number): Uint8Array {
  const bytes = arm64Image({ length: 0x1000 + raw });
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a], 0);
  view.setUint32(60, 64, true);
  bytes.set([0x50, 0x45, 0, 0], 64);
  view.setUint16(64 + 6, 1, true);
  view.setUint16(64 + 20, 0xa0, true);
  const section = 64 + 24 + 0xa0;
  view.setUint32(section + 16, raw, true);
  view.setUint32(section + 20, 0x1000, true);
  return bytes;
}

export interface ElfSegment {
  readonly virtual: number;
  readonly physical: number;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
}

/** A 64-bit AArch64 executable. */
export function elfImage(entry: number, segments: readonly ElfSegment[], machine = 183): Uint8Array {
  const headerEnd = 64 + segments.length * 56;
  const bytes = new Uint8Array(headerEnd + segments.reduce((sum, segment) => sum + segment.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  let data = headerEnd;
  segments.forEach((segment, i) => {
    const at = 64 + i * 56;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 5, true);
    view.setBigUint64(at + 8, BigInt(data), true);
    view.setBigUint64(at + 16, BigInt(segment.virtual), true);
    view.setBigUint64(at + 24, BigInt(segment.physical), true);
    view.setBigUint64(at + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(at + 40, BigInt(segment.memorySize ?? segment.bytes.length), true);
    bytes.set(segment.bytes, data);
    data += segment.bytes.length;
  });
  return bytes;
}

/** An EFI zboot kernel around a compressed payload. */
export function zbootImage(compression: string, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x400 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67]);
  view.setUint32(8, 0x400, true);
  view.setUint32(12, payload.length, true);
  bytes.set(new TextEncoder().encode(compression), 24);
  view.setUint32(56, 0x818223cd);
  bytes.set(payload, 0x400);
  return bytes;
}

/** A U-Boot legacy image. */
export function legacyImage(
  options: { type: number; os?: number; compression?: number; load?: number; entry?: number }, data: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(64 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x27051956);
  view.setUint32(12, data.length);
  view.setUint32(16, options.load ?? 0);
  view.setUint32(20, options.entry ?? 0);
  bytes[28] = options.os ?? 5;
  bytes[29] = 22;
  bytes[30] = options.type;
  bytes[31] = options.compression ?? 0;
  bytes.set(data, 64);
  return bytes;
}
