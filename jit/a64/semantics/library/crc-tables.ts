/** Tables for CRC-32 eight bytes at a time ("slicing by 8"; the polynomials are those of Arm ARM, C6.2 CRC32B and CRC32CB). */
import { HeaderLayout } from '../../../../runtime/layout/memory-layout.js';

/** Reversed polynomials, in the order of their tables. */
export const CRC_POLYNOMIALS = [0xedb88320, 0x82f63b78] as const;

const TABLES = 8;
const ENTRIES = 256;

/** WasmOffset of the table that is applied to a byte with `behind` bytes of the message behind it. */
export function crcTable(polynomial: number, behind: number): number {
  return HeaderLayout.offset.crcTables + (CRC_POLYNOMIALS.indexOf(polynomial as never) * TABLES + behind) * ENTRIES * 4;
}

/** All tables, as they lie in the shared memory's header. */
export function crcTables(): Uint8Array {
  const words = new Uint32Array(CRC_POLYNOMIALS.length * TABLES * ENTRIES);
  CRC_POLYNOMIALS.forEach((polynomial, p) => {
    const at = (behind: number, byte: number): number => (p * TABLES + behind) * ENTRIES + byte;
    for (let byte = 0; byte < ENTRIES; byte++) {
      let crc = byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
      words[at(0, byte)] = crc;
    }
    for (let behind = 1; behind < TABLES; behind++) {
      for (let byte = 0; byte < ENTRIES; byte++) {
        const crc = words[at(behind - 1, byte)];
        words[at(behind, byte)] = (crc >>> 8) ^ words[at(0, crc & 0xff)];
      }
    }
  });
  return new Uint8Array(words.buffer);
}
