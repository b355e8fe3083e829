/** First offset of the PrimeCell identification registers in a 4 KiB frame. */
const PERIPH_ID0 = 0xfe0;

/**
 * PeriphID0..3 (0xFE0..0xFEC) and PCellID0..3 (0xFF0..0xFFC) of an Arm PrimeCell, one byte a register.
 * `part` is the 12-bit part number, `revision` PeriphID2[7:4], `configuration` PeriphID3; the designer is Arm (0x41).
 */
export function primeCellId(offset: number, part: number, revision: number, configuration = 0): number {
  switch ((offset - PERIPH_ID0) >> 2) {
    case 0: return part & 0xff;
    case 1: return ((part >> 8) & 0xf) | 0x10;
    case 2: return 0x04 | (revision << 4);
    case 3: return configuration;
    case 4: return 0x0d;
    case 5: return 0xf0;
    case 6: return 0x05;
    case 7: return 0xb1;
    default: return 0;
  }
}
