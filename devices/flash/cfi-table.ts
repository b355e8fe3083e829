/** Shape of one bank as the virt board has it: two 16-bit chips side by side on a 32-bit bus. */
export const FLASH_BANK_BYTES = 64 << 20;
/** One erase block of the bank (both chips), bytes. */
export const FLASH_SECTOR_BYTES = 256 << 10;
/** Chips side by side. */
export const FLASH_CHIPS = 2;
/** Bytes one buffered program takes, over both chips. */
export const FLASH_BUFFER_BYTES = FLASH_CHIPS << 11;

/** Manufacturer and device code in identifier mode: Intel, 0x18. */
export const FLASH_MANUFACTURER = 0x89;
export const FLASH_DEVICE = 0x18;

/**
 * Answer of one chip to a CFI query (JEDEC JESD68.01 and Intel's command set 0001), by word address. Timeouts are
 * powers of two; sizes are those of one chip.
 */
export function cfiTable(bankBytes: number, sectorBytes: number): Uint8Array {
  const table = new Uint8Array(0x52);
  const blocks = bankBytes / sectorBytes;
  const chipSector = sectorBytes / FLASH_CHIPS;
  const put = (at: number, ...bytes: number[]) => table.set(bytes, at);
  put(0x10, 0x51, 0x52, 0x59);
  // Command set 0001, its table at 0x31; no alternate set.
  put(0x13, 0x01, 0x00, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00);
  // Vcc 4.5 to 5.5 V; no Vpp pin.
  put(0x1b, 0x45, 0x55, 0x00, 0x00);
  // Typical word, buffer, block-erase and chip-erase times, then the maximum as a factor.
  put(0x1f, 0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00);
  put(0x27, Math.log2(bankBytes / FLASH_CHIPS));
  // 8- and 16-bit interface; 2^11 bytes in a buffered program.
  put(0x28, 0x02, 0x00, 0x0b, 0x00);
  // One region of equal blocks.
  put(0x2c, 0x01, (blocks - 1) & 0xff, (blocks - 1) >> 8, (chipSector >> 8) & 0xff, chipSector >> 16);
  // Extended table "PRI", version 1.0, no optional features, one protection field.
  put(0x31, 0x50, 0x52, 0x49, 0x31, 0x30);
  put(0x3f, 0x01);
  return table;
}
