import type { AccessSize, MmioDevice } from './device.js';

/** One device at its place in a physical address space. */
export interface Mapping {
  readonly base: number;
  /** First address after the mapping. */
  readonly end: number;
  readonly device: MmioDevice;
}

/**
 * Routes physical addresses of one address space to devices. Not shared: each thread builds its own over the same
 * DeviceMemory blocks. Addresses are exact doubles (0..2^52-1).
 */
export class MmioBus {
  private mappings: Mapping[] = [];
  private last: Mapping | undefined;
  /** Result of the last read64: bits 31..0 and 63..32. */
  low = 0;
  high = 0;

  /** Places `device` at `base`; throws RangeError when it would overlap another one. */
  map(base: number, device: MmioDevice): void {
    const end = base + device.size;
    const clash = this.mappings.find((m) => base < m.end && m.base < end);
    if (clash) throw new RangeError(`${device.name} at 0x${base.toString(16)} overlaps ${clash.device.name}`);
    this.mappings.push({ base, end, device });
    this.mappings.sort((a, b) => a.base - b.base);
    this.last = undefined;
  }

  /** All mappings, lowest address first. */
  list(): readonly Mapping[] {
    return this.mappings;
  }

  /** The mapping that decodes `address`. */
  find(address: number): Mapping | undefined {
    const last = this.last;
    if (last !== undefined && address >= last.base && address < last.end) return last;
    const mappings = this.mappings;
    let low = 0;
    let high = mappings.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (mappings[middle].end <= address) low = middle + 1;
      else high = middle;
    }
    const found = mappings[low];
    if (found === undefined || address < found.base) return undefined;
    return (this.last = found);
  }

  /**
   * Reads 1, 2 or 4 bytes, zero-extended; -1 when nothing decodes all of the access (external abort). Of a
   * device that answers with a whole register, only as much as was asked for counts. An access that is not naturally
   * aligned reaches the device as bytes, low address first.
   */
  read(address: number, size: AccessSize): number {
    const mapping = this.find(address);
    if (mapping === undefined || address + size > mapping.end) return -1;
    const offset = address - mapping.base;
    if ((offset & (size - 1)) === 0) {
      const value = mapping.device.read(offset, size);
      return size === 4 ? value : value & (size === 2 ? 0xffff : 0xff);
    }
    let value = 0;
    for (let i = 0; i < size; i++) value |= (mapping.device.read(offset + i, 1) & 0xff) << (8 * i);
    return value >>> 0;
  }

  /** Writes 1, 2 or 4 bytes; false when nothing decodes all of the access. `value` is taken modulo 2^(8*size). */
  write(address: number, size: AccessSize, value: number): boolean {
    const mapping = this.find(address);
    if (mapping === undefined || address + size > mapping.end) return false;
    const offset = address - mapping.base;
    if ((offset & (size - 1)) === 0) {
      mapping.device.write(offset, size, size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff));
    } else {
      for (let i = 0; i < size; i++) mapping.device.write(offset + i, 1, (value >>> (8 * i)) & 0xff);
    }
    return true;
  }

  /** Reads 8 bytes into `low` and `high` as two words, low address first; false when nothing decodes all of it. */
  read64(address: number): boolean {
    const mapping = this.find(address);
    if (mapping === undefined || address + 8 > mapping.end) return false;
    this.low = this.read(address, 4);
    this.high = this.read(address + 4, 4);
    return true;
  }

  /** Writes 8 bytes as two words, low address first; false when nothing decodes all of it. */
  write64(address: number, low: number, high: number): boolean {
    const mapping = this.find(address);
    if (mapping === undefined || address + 8 > mapping.end) return false;
    this.write(address, 4, low);
    this.write(address + 4, 4, high);
    return true;
  }

  /** Puts every device into its power-on state, once per device. */
  reset(): void {
    for (const device of new Set(this.mappings.map((m) => m.device))) device.reset();
  }
}
