import { ExchangeResult, type DescriptorMemory } from '../../../src/arch/translation/index.js';

/** Sparse physical memory that holds descriptors at any 52-bit address, per address space. */
export class SparseMemory implements DescriptorMemory {
  low = 0;
  high = 0;
  reads = 0;
  /** Addresses that do not answer, or cannot be updated. */
  readonly absent = new Set<string>();
  readonly readOnly = new Set<string>();
  /** Runs before a compare-exchange looks at memory. */
  beforeExchange: (() => void) | undefined;
  private readonly cells = new Map<string, bigint>();

  static key(space: number, address: bigint): string {
    return `${space}:${address.toString(16)}`;
  }
  get(space: number, address: bigint): bigint {
    return this.cells.get(SparseMemory.key(space, address)) ?? 0n;
  }
  set(space: number, address: bigint, value: bigint): void {
    this.cells.set(SparseMemory.key(space, address), BigInt.asUintN(64, value));
  }
  read(space: number, high: number, low: number): boolean {
    this.reads++;
    const address = join(high, low);
    if (this.absent.has(SparseMemory.key(space, address))) return false;
    const value = this.get(space, address);
    this.low = Number(BigInt.asIntN(32, value));
    this.high = Number(BigInt.asIntN(32, value >> 32n));
    return true;
  }
  compareExchange(
    space: number, high: number, low: number,
    expectedLow: number, expectedHigh: number, newLow: number, newHigh: number,
  ): number {
    this.beforeExchange?.();
    const address = join(high, low);
    if (this.readOnly.has(SparseMemory.key(space, address))) return ExchangeResult.Unsupported;
    if (this.get(space, address) !== join(expectedHigh, expectedLow)) return ExchangeResult.Changed;
    this.set(space, address, join(newHigh, newLow));
    return ExchangeResult.Done;
  }
}

export function join(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

export interface TableFormat {
  /** 12, 14 or 16. */
  granule: number;
  inputBits: number;
  ds?: boolean;
  wide64K?: boolean;
  space?: number;
  /** Start level of stage 2; stage 1 computes it. */
  startLevel?: number;
}

export interface DescriptorStore {
  get(space: number, address: bigint): bigint;
  set(space: number, address: bigint, value: bigint): void;
}

/** Puts an output address into a descriptor of the format. */
export function addressField(format: TableFormat, address: bigint): bigint {
  if (format.ds) return (address & 0x3_ffff_ffff_f000n) | (((address >> 50n) & 3n) << 8n);
  if (format.wide64K) return (address & 0xffff_ffff_0000n) | (((address >> 48n) & 15n) << 12n);
  return address & 0xffff_ffff_f000n;
}

/** Builds translation tables the way an operating system does. */
export class TableBuilder {
  readonly startLevel: number;
  readonly root: bigint;
  /** Descriptor address written last. */
  at = 0n;

  constructor(
    readonly memory: DescriptorStore,
    readonly format: TableFormat,
    private next: bigint,
  ) {
    const stride = format.granule - 3;
    this.startLevel = format.startLevel ?? 4 - Math.ceil((format.inputBits - format.granule) / stride);
    this.root = this.allocate(16n);
  }

  private allocate(pages = 1n): bigint {
    const size = 1n << BigInt(this.format.granule);
    const align = size * pages;
    const table = ((this.next + align - 1n) / align) * align;
    this.next = table + align;
    return table;
  }

  shift(level: number): number {
    return this.format.granule + (this.format.granule - 3) * (3 - level);
  }

  /** Writes `descriptor` for `va` at `level`; `tableBits` go into the table descriptors above it. */
  set(va: bigint, level: number, descriptor: bigint, tableBits = 0n): void {
    const { memory, format } = this;
    const space = format.space ?? 0;
    const stride = format.granule - 3;
    let table = this.root;
    for (let l = this.startLevel; ; l++) {
      const shift = this.shift(l);
      const bits = l === this.startLevel ? format.inputBits - shift : stride;
      const index = (va >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
      const at = table + index * 8n;
      if (l === level) {
        memory.set(space, at, descriptor);
        this.at = at;
        return;
      }
      const existing = memory.get(space, at);
      if ((existing & 3n) === 3n) {
        memory.set(space, at, existing | tableBits);
        table = this.addressOf(existing);
      } else {
        table = this.allocate();
        memory.set(space, at, addressField(format, table) | tableBits | 3n);
      }
    }
  }

  /** Maps `va` to `pa` with a page (level 3) or block. `bits` are the attributes. */
  map(va: bigint, pa: bigint, level: number, bits: bigint, tableBits = 0n): void {
    this.set(va, level, addressField(this.format, pa) | bits | (level === 3 ? 3n : 1n), tableBits);
  }

  private addressOf(descriptor: bigint): bigint {
    const { format } = this;
    const base = descriptor & (((1n << 48n) - 1n) & ~((1n << BigInt(format.granule)) - 1n));
    if (format.ds) return base | (((descriptor >> 48n) & 3n) << 48n) | (((descriptor >> 8n) & 3n) << 50n);
    if (format.wide64K) return base | (((descriptor >> 12n) & 15n) << 48n);
    return base;
  }
}

/** Descriptor attribute bits. */
export const D = {
  AF: 1n << 10n,
  NG: 1n << 11n,
  NS: 1n << 5n,
  EL0: 1n << 6n,
  RO: 1n << 7n,
  GP: 1n << 50n,
  DBM: 1n << 51n,
  CONT: 1n << 52n,
  PXN: 1n << 53n,
  UXN: 1n << 54n,
  attr: (index: number): bigint => BigInt(index) << 2n,
  sh: (field: number): bigint => BigInt(field) << 8n,
  PXN_TABLE: 1n << 59n,
  UXN_TABLE: 1n << 60n,
  AP_TABLE_NO_EL0: 1n << 61n,
  AP_TABLE_RO: 1n << 62n,
  NS_TABLE: 1n << 63n,
  S2_READ: 1n << 6n,
  S2_WRITE: 1n << 7n,
  s2xn: (field: number): bigint => BigInt(field) << 53n,
  s2attr: (field: number): bigint => BigInt(field) << 2n,
} as const;
