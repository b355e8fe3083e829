/** A file's contents under the name messages use. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bytes to put into guest memory each time the machine is reset. */
export interface LoadSegment {
  /** What the bytes are, for messages. */
  readonly name: string;
  /** Physical address of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes of memory the segment occupies, at least `bytes.length`; the rest is zero. */
  readonly size: number;
  /** What lies outside memory is dropped, as long as some lies within: linkers put file headers before the code. */
  readonly clip?: boolean;
}

/** A little-endian view of a file. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether `text` (Latin-1) lies at `offset`. */
export function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  if (offset + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** A byte count as a person would write it. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}
