/** The guest's functions by address. */

/** Where a function begins. */
export interface GuestSymbol {
  readonly name: string;
  /** 0..2^64-1. */
  readonly address: bigint;
  /** Bytes; 0 when that is not known. */
  readonly size: bigint;
}

/** No function is believed to be larger: what lies behind the last one of a section is none of its code. */
const MAX_BYTES = 1n << 20n;

export class SymbolTable {
  /** Ascending, each address once. */
  private readonly starts: BigUint64Array;
  private readonly ends: BigUint64Array;
  private readonly names: readonly string[];

  /** @param symbols in any order */
  constructor(symbols: Iterable<GuestSymbol>) {
    const chosen = new Map<bigint, GuestSymbol>();
    for (const symbol of symbols) {
      const other = chosen.get(symbol.address);
      if (other === undefined || prefers(symbol, other)) chosen.set(symbol.address, symbol);
    }
    const sorted = [...chosen.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
    this.starts = BigUint64Array.from(sorted, ({ address }) => address);
    this.ends = BigUint64Array.from(sorted, ({ address, size }, i) => {
      const next = sorted[i + 1]?.address ?? 1n << 64n;
      const bytes = size !== 0n ? size : next - address;
      const end = address + (bytes < MAX_BYTES ? bytes : MAX_BYTES);
      return end < 1n << 64n ? end : (1n << 64n) - 1n;
    });
    this.names = sorted.map(({ name }) => name);
  }

  get length(): number {
    return this.names.length;
  }

  /** Name of the function that an address lies in. */
  nameOf(address: bigint): string | undefined {
    const { starts } = this;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address < this.ends[low - 1] ? this.names[low - 1] : undefined;
  }

  /** Address of the function of that name. */
  addressOf(name: string): bigint | undefined {
    const at = this.names.indexOf(name);
    return at < 0 ? undefined : this.starts[at];
  }
}

/** Of several names of one address the plainest is taken: memset, not __pi_memset. */
function prefers(a: GuestSymbol, b: GuestSymbol): boolean {
  const underscores = (name: string): number => name.length - name.replace(/^_+/, '').length;
  const order = underscores(a.name) - underscores(b.name) || a.name.length - b.name.length;
  return order < 0 || (order === 0 && a.name < b.name);
}
