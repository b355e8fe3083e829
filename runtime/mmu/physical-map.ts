import { ConfigurationError } from '../../src/support/errors.js';

/**
 * What a region of physical address space is. `rom` is memory that reads and executes from its backing and whose
 * writes go to the MMIO bus (CFI flash in read-array mode).
 */
export type RegionKind = 'ram' | 'rom' | 'mmio';

export interface PhysicalRegion {
  readonly name: string;
  /** First address and size in bytes. RAM and ROM: multiples of 4096. */
  readonly base: number;
  readonly size: number;
  /** Bit per PhysicalAddressSpace in which the region appears. */
  readonly spaces: number;
  readonly kind: RegionKind;
  /** Where the backing lies in the shared memory; 0 for MMIO. */
  readonly wasmOffset: number;
}

/** Every address space: the mask for memory that is not partitioned. */
export const ALL_SPACES = 15;

/** Outcome of PhysicalMap.lookup. */
export const Backing = { None: 0, Ram: 1, Rom: 2, Mmio: 3 } as const;

const HIGH = 0x1_0000_0000;

/**
 * The physical memory map as one vCPU sees it. Lookup tries the largest RAM region first, which is what translation
 * table walks and TLB fills nearly always hit.
 */
export class PhysicalMap {
  readonly regions: readonly PhysicalRegion[];
  /** WasmOffset of the byte that the last successful `lookup` of RAM or ROM named. */
  offset = 0;
  private readonly bases: Float64Array;
  /** Per region: reads are served from the backing (RAM, and ROM in read-array mode). */
  private readonly direct: boolean[];
  /** The largest RAM region: address spaces, base (bits 51..32, bits 31..0 as int32), size, backing. */
  private readonly ramSpaces: number;
  private readonly ramHigh: number;
  private readonly ramLow: number;
  private readonly ramSize: number;
  private readonly ramOffset: number;
  private last = 0;

  /**
   * @param regions in any order; two that overlap may not share an address space.
   * @param backingBase WasmOffset of backing page 0 (MemoryLayout.ram): RAM page indexes count from there.
   */
  constructor(
    regions: readonly PhysicalRegion[],
    readonly backingBase: number,
  ) {
    const sorted = [...regions].sort((a, b) => a.base - b.base);
    this.regions = sorted;
    sorted.forEach((region, i) => {
      const { name, base, size, kind, wasmOffset } = region;
      if (kind !== 'mmio' && (base % 4096 !== 0 || size % 4096 !== 0 || wasmOffset % 4096 !== 0)) {
        throw new ConfigurationError(`memory region ${name} is not a whole number of 4 KiB pages`);
      }
      for (let j = i + 1; j < sorted.length && sorted[j].base < base + size; j++) {
        if ((sorted[j].spaces & region.spaces) !== 0) {
          throw new ConfigurationError(`memory regions ${name} and ${sorted[j].name} overlap`);
        }
      }
    });
    this.bases = Float64Array.from(sorted, (r) => r.base);
    this.direct = sorted.map((r) => r.kind !== 'mmio');
    const ram = sorted.reduce<PhysicalRegion | undefined>(
      (best, r) => (r.kind === 'ram' && (best === undefined || r.size > best.size) ? r : best),
      undefined,
    );
    this.ramSpaces = ram?.spaces ?? 0;
    this.ramHigh = ram ? Math.floor(ram.base / HIGH) : 0;
    this.ramLow = ram ? ram.base % HIGH | 0 : 0;
    this.ramSize = ram?.size ?? 0;
    this.ramOffset = ram?.wasmOffset ?? 0;
  }

  /**
   * What backs an address: one of Backing, with `offset` set for RAM and for ROM that reads directly.
   * Address words are int32; `high` is 0..2^20-1.
   */
  lookup(space: number, high: number, low: number): number {
    const relative = (low - this.ramLow) >>> 0;
    const wraps = low >>> 0 < this.ramLow >>> 0 ? 1 : 0;
    if (high === this.ramHigh + wraps && relative < this.ramSize && ((this.ramSpaces >> space) & 1) !== 0) {
      this.offset = this.ramOffset + relative;
      return Backing.Ram;
    }
    return this.lookupSlow(space, high * HIGH + (low >>> 0));
  }

  private lookupSlow(space: number, address: number): number {
    const i = this.indexOf(space, address);
    if (i < 0) return Backing.None;
    if (!this.direct[i]) return Backing.Mmio;
    const region = this.regions[i];
    this.offset = region.wasmOffset + (address - region.base);
    return region.kind === 'ram' ? Backing.Ram : Backing.Rom;
  }

  /** The region at `address` in `space`. */
  find(space: number, address: number): PhysicalRegion | undefined {
    const i = this.indexOf(space, address);
    return i < 0 ? undefined : this.regions[i];
  }

  /**
   * Switches a ROM between serving reads from its backing and sending them to the MMIO bus (flash command modes).
   * The caller flushes the TLBs afterwards.
   */
  setDirect(name: string, direct: boolean): void {
    const i = this.regions.findIndex((r) => r.name === name && r.kind === 'rom');
    if (i >= 0) this.direct[i] = direct;
  }

  /** Index of a RAM or ROM page (4 KiB) by the WasmOffset of a byte in it. */
  pageIndex(offset: number): number {
    return (offset - this.backingBase) >>> 12;
  }

  private indexOf(space: number, address: number): number {
    if (this.contains(this.last, space, address)) return this.last;
    const { bases } = this;
    let low = 0;
    let high = bases.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bases[middle] <= address) low = middle + 1;
      else high = middle;
    }
    // Regions of different spaces may share addresses: look back through those that start lower.
    for (let i = low - 1; i >= 0; i--) {
      if (this.contains(i, space, address)) {
        this.last = i;
        return i;
      }
    }
    return -1;
  }

  private contains(i: number, space: number, address: number): boolean {
    const region = this.regions[i];
    return (
      region !== undefined &&
      address >= region.base &&
      address < region.base + region.size &&
      ((region.spaces >> space) & 1) !== 0
    );
  }
}
