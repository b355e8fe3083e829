import { addressOf, type GuestTables } from './guest-tables.js';
import { FIRST_LPI, type GicState, ID_BITS, INTID_SPURIOUS, ItsWord } from './state.js';

/** Bytes of an entry of the device table, of the collection table, of a first level's, and of a device's ITT. */
export const TABLE_ENTRY_BYTES = 8;
export const ITT_ENTRY_BYTES = 12;
/** GITS_BASER<n> of each table. */
export const ItsTable = { devices: 0, collections: 1 } as const;
/** Most entries of a table: DeviceIDs and collections have 16 bits. */
const MOST_ENTRIES = 1 << 16;
const BASER_VALID = 1 << 31;
const BASER_INDIRECT = 1 << 30;
const VALID = 1;
/** In an ITT entry: a physical interrupt. */
const PHYSICAL = 2;

/** What looking for an entry comes to; `Fault`: a table is not in RAM. */
export const Lookup = { Found: 0, Missing: 1, Fault: 2 } as const;
export type Lookup = (typeof Lookup)[keyof typeof Lookup];

/** Address of an entry where its part of a two-level table is not there, and where the first level is not in RAM. */
const NO_TABLE = -1;
const NO_RAM = -2;

/**
 * The ITS's tables in guest memory (IHI 0069, 5.2): devices, each with its own interrupt translation table, and
 * collections. Nothing of them is kept elsewhere. The formats are ours to choose but for the first level's, and are
 * QEMU's. Every method runs under the lock.
 *
 * | entry | bits |
 * |---|---|
 * | device | valid 0; event bits minus 1 5..1; bits 51..8 of the ITT's address 49..6 |
 * | collection | valid 0; PE 16..1 |
 * | event | valid 0; physical 1; INTID 25..2; collection 47..32; doorbell 87..64, always 1023 |
 */
export class ItsTables {
  /** Of the device that was found last: address of its ITT, number of its events. */
  itt = 0;
  events = 0;
  /** Of the event that was found last. */
  intid = 0;
  collection = 0;
  /** Of the collection that was found last. */
  pe = 0;

  constructor(
    private readonly state: GicState,
    private readonly memory: GuestTables,
  ) {}

  findDevice(device: number): Lookup {
    const found = this.read(ItsTable.devices, device);
    if (found !== Lookup.Found) return found;
    const { low, high } = this.memory;
    this.events = 2 << ((low >>> 1) & 31);
    this.itt = (((low >>> 6) | (high << 26)) >>> 0) * 256 + ((high >>> 6) & 0xfff) * 2 ** 40;
    return Lookup.Found;
  }

  /** Looks for an event of a device, and for the device first. */
  findEvent(device: number, event: number): Lookup {
    const found = this.findDevice(device);
    if (found !== Lookup.Found) return found;
    if (event >= this.events) return Lookup.Missing;
    if (!this.memory.read64(this.itt + event * ITT_ENTRY_BYTES)) return Lookup.Fault;
    const { low, high } = this.memory;
    this.intid = (low >>> 2) & 0xff_ffff;
    this.collection = high & 0xffff;
    return (low & (VALID | PHYSICAL)) === (VALID | PHYSICAL) ? Lookup.Found : Lookup.Missing;
  }

  /** Looks for a collection that is mapped to a PE that is there. */
  findCollection(collection: number): Lookup {
    const found = this.read(ItsTable.collections, collection);
    if (found !== Lookup.Found) return found;
    this.pe = (this.memory.low >>> 1) & 0xffff;
    return this.pe < this.state.config.cpus ? Lookup.Found : Lookup.Missing;
  }

  /** Whether a collection has a place in the table. */
  holdsCollection(collection: number): boolean {
    return collection < this.entries(ItsTable.collections);
  }

  /** @param itt address, a multiple of 256; @param bits of its events' identifiers, minus 1 */
  mapDevice(device: number, itt: number, bits: number): Lookup {
    const page = itt / 256;
    const low = VALID | (bits << 1) | (page << 6);
    return this.write(ItsTable.devices, device, low, Math.floor(page / 2 ** 26));
  }

  unmapDevice(device: number): Lookup {
    return this.write(ItsTable.devices, device, 0, 0);
  }

  mapCollection(collection: number, pe: number): Lookup {
    return this.write(ItsTable.collections, collection, VALID | (pe << 1), 0);
  }

  unmapCollection(collection: number): Lookup {
    return this.write(ItsTable.collections, collection, 0, 0);
  }

  /** Maps an event of the device that was found last; `event` is below `events`. */
  mapEvent(event: number, intid: number, collection: number): Lookup {
    return this.writeEvent(event, [VALID | PHYSICAL | (intid << 2), collection, INTID_SPURIOUS]);
  }

  unmapEvent(event: number): Lookup {
    return this.writeEvent(event, [0, 0, 0]);
  }

  private writeEvent(event: number, words: readonly number[]): Lookup {
    return this.memory.writeWords(this.itt + event * ITT_ENTRY_BYTES, words) ? Lookup.Found : Lookup.Fault;
  }

  /** Reads a valid entry into `memory.low` and `memory.high`. */
  private read(table: number, index: number): Lookup {
    if (index >= this.entries(table)) return Lookup.Missing;
    const address = this.entryAddress(table, index);
    if (address === NO_TABLE) return Lookup.Missing;
    if (address === NO_RAM || !this.memory.read64(address)) return Lookup.Fault;
    return (this.memory.low & VALID) !== 0 ? Lookup.Found : Lookup.Missing;
  }

  private write(table: number, index: number, low: number, high: number): Lookup {
    if (index >= this.entries(table)) return Lookup.Missing;
    const address = this.entryAddress(table, index);
    if (address === NO_TABLE) return Lookup.Missing;
    return address !== NO_RAM && this.memory.write64(address, low, high) ? Lookup.Found : Lookup.Fault;
  }

  /** Number of entries of a table; 0 while it is not valid. */
  private entries(table: number): number {
    const high = this.state.words[ItsWord.baser + 2 * table + 1];
    const low = this.state.words[ItsWord.baser + 2 * table];
    if ((high & BASER_VALID) === 0) return 0;
    const size = 1 << pageBits(low);
    const first = (((low & 0xff) + 1) * size) / TABLE_ENTRY_BYTES;
    return Math.min(MOST_ENTRIES, (high & BASER_INDIRECT) === 0 ? first : first * (size / TABLE_ENTRY_BYTES));
  }

  private entryAddress(table: number, index: number): number {
    const low = this.state.words[ItsWord.baser + 2 * table];
    const high = this.state.words[ItsWord.baser + 2 * table + 1];
    const bits = pageBits(low);
    // With pages of 64 KiB bits 15..12 are the address's 51..48.
    const base = bits === 16 ? addressOf(low, (high & 0xffff) | ((low & 0xf000) << 4), 16) : addressOf(low, high & 0xffff, 12);
    if ((high & BASER_INDIRECT) === 0) return base + index * TABLE_ENTRY_BYTES;
    const perPage = (1 << bits) / TABLE_ENTRY_BYTES;
    if (!this.memory.read64(base + Math.floor(index / perPage) * TABLE_ENTRY_BYTES)) return NO_RAM;
    if ((this.memory.high & BASER_VALID) === 0) return NO_TABLE;
    return addressOf(this.memory.low, this.memory.high, bits) + (index % perPage) * TABLE_ENTRY_BYTES;
  }
}

/** Address bits within a page, by GITS_BASER<n>.Page_Size; the reserved value is 64 KiB. */
function pageBits(baserLow: number): number {
  return [12, 14, 16, 16][(baserLow >>> 8) & 3];
}

/** Whether an INTID is one that an event may have. */
export function isMappable(intid: number): boolean {
  return intid >= FIRST_LPI && intid < 2 << ID_BITS;
}
