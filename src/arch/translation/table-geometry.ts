import type { TranslationFeatures } from './features.js';

/** What makes every walk of a table set fail before the first descriptor is read. */
export const TableFault = {
  None: 0,
  /** TxSZ or the start level is out of range. */
  Translation: 1,
  /** The table base lies beyond the configured output size. */
  AddressSize: 2,
} as const;

/** Size of the granule as log2 of bytes. */
export type GranuleShift = 12 | 14 | 16;

/** TG0-style encoding (also TG of TCR_EL2/EL3, VTCR_EL2) to a granule, falling back to an implemented one. */
export function granuleOfTg0(tg0: number, has4K: boolean, has16K: boolean, has64K: boolean): GranuleShift {
  if (tg0 === 1 && has64K) return 16;
  if (tg0 === 2 && has16K) return 14;
  if (has4K) return 12;
  return has64K ? 16 : 14;
}

/** TG1 encoding (1 = 16 KiB, 2 = 4 KiB, 3 = 64 KiB) to the TG0 one. */
export function tg0OfTg1(tg1: number): number {
  return tg1 === 1 ? 2 : tg1 === 3 ? 1 : 0;
}

/** Largest TxSZ (AArch64.MaxTxSZ). */
export function maxTxsz(granuleShift: GranuleShift, features: TranslationFeatures): number {
  if (!features.smallTables) return 39;
  return granuleShift === 16 ? 47 : 48;
}

/**
 * One set of translation tables, decoded: where it starts, how many bits each level resolves, and how its descriptors
 * hold addresses. Shared by stage 1 ranges and stage 2 (Arm ARM, D8.2).
 */
export class TableGeometry {
  fault: number = TableFault.None;
  /** Bits of the input address that are translated, 64 - TxSZ. */
  inputBits = 48;
  granuleShift: GranuleShift = 12;
  /** Bits resolved by one level. */
  stride = 9;
  /** First lookup level, -1..3. */
  startLevel = 0;
  /** Lowest input address bit that the first level's index takes, and the mask of that index. */
  startShift = 39;
  startMask = 511;
  /** Descriptors are in the 52-bit format of TCR.DS. */
  ds = false;
  /** Bits 15..12 of descriptors hold bits 51..48 of addresses (64 KiB granule, 52-bit implementation). */
  wide64K = false;
  /** Effective output address size in bits. */
  outputBits = 48;
  /** Bit level+1 set: block descriptors are valid at that level. */
  blockLevels = 0;
  /** First table: address bits 51..32 and 31..0, int32. */
  tableHigh = 0;
  tableLow = 0;

  /** Sets everything but the start level and the base. `txszInvalid` makes walks fault. */
  configure(
    txsz: number,
    txszInvalid: boolean,
    granuleShift: GranuleShift,
    ds: boolean,
    configuredOutputBits: number,
    paBits: number,
  ): void {
    this.fault = txszInvalid ? TableFault.Translation : TableFault.None;
    this.inputBits = 64 - txsz;
    this.granuleShift = granuleShift;
    this.stride = granuleShift - 3;
    this.ds = ds;
    this.wide64K = granuleShift === 16 && paBits >= 52;
    const limit = ds || granuleShift === 16 ? 52 : 48;
    this.outputBits = Math.min(configuredOutputBits, paBits, limit);
    if (granuleShift === 12) this.blockLevels = ds ? 0b1110 : 0b1100;
    else if (granuleShift === 14) this.blockLevels = ds ? 0b1100 : 0b1000;
    else this.blockLevels = paBits >= 52 ? 0b1100 : 0b1000;
  }

  /** Start level that resolves all of the input address with the fewest levels (stage 1). */
  chooseStartLevel(): void {
    this.setStartLevel(4 - Math.ceil((this.inputBits - this.granuleShift) / this.stride));
  }

  setStartLevel(level: number): void {
    this.startLevel = level;
    this.startShift = this.granuleShift + this.stride * (3 - level);
    this.startMask = (1 << Math.max(this.inputBits - this.startShift, 0)) - 1;
  }

  /** Takes the table base out of the words of TTBRx_ELy or VTTBR_EL2. */
  setBase(ttbrHigh: number, ttbrLow: number): void {
    if (this.fault === TableFault.Translation) return;
    const wide = this.outputBits > 48;
    let alignBits = Math.max(this.inputBits - this.startShift, 0) + 3;
    if (wide && alignBits < 6) alignBits = 6;
    this.tableHigh = ttbrHigh & 0xffff;
    if (wide) this.tableHigh |= ((ttbrLow >>> 2) & 15) << 16;
    this.tableLow = (ttbrLow >>> alignBits) << alignBits;
    this.fault = this.outOfRange(this.tableHigh) ? TableFault.AddressSize : TableFault.None;
  }

  /** An output address with these bits 51..32 needs more than `outputBits`. */
  outOfRange(high: number): boolean {
    return high >>> (this.outputBits - 32) !== 0;
  }

  /** Bits 51..32 of the address in a descriptor. */
  outputHigh(low: number, high: number): number {
    if (this.ds) return (high & 0x3ffff) | ((low & 0x300) << 10);
    if (this.wide64K) return (high & 0xffff) | ((low & 0xf000) << 4);
    return high & 0xffff;
  }
}

/** log2 of how many adjacent entries the Contiguous bit joins at `level`, 0 where it has no meaning. */
export function contiguousBits(granuleShift: number, level: number): number {
  if (granuleShift === 12) return level >= 1 ? 4 : 0;
  if (granuleShift === 14) return level === 3 ? 7 : level === 2 ? 5 : 0;
  return level >= 2 ? 5 : 0;
}
