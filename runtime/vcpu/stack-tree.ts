/** Call stacks that share their beginnings: a tree of addresses, each below that of its caller. */

/** The tree's root, which stands for no call. */
export const STACK_ROOT = 0;

const FIRST_CAPACITY = 4096;

/** What StackTree holds, by node; a node's number is larger than that of its parent. */
export interface StackNodes {
  readonly parents: Uint32Array;
  readonly addresses: BigUint64Array;
  /** Exception levels. */
  readonly levels: Uint8Array;
}

export class StackTree {
  private count = 1;
  private parents = new Uint32Array(FIRST_CAPACITY);
  private addresses = new BigUint64Array(FIRST_CAPACITY);
  private levels = new Uint8Array(FIRST_CAPACITY);
  /** Nodes by hash, the next free place being taken; 0 is a free place. At most half of it is used. */
  private table = new Uint32Array(2 * FIRST_CAPACITY);

  /** @param limit most nodes, the root included */
  constructor(private readonly limit: number) {}

  /** The node below `parent` for an address at an Exception level; `parent` itself when there is no room for another. */
  child(parent: number, address: bigint, level: number): number {
    const { parents, addresses, levels, table } = this;
    let at = hash(parent, address) & (table.length - 1);
    for (let node = table[at]; node !== 0; node = table[at]) {
      if (parents[node] === parent && addresses[node] === address && levels[node] === level) return node;
      at = (at + 1) & (table.length - 1);
    }
    if (this.count >= this.limit) return parent;
    const node = this.count++;
    parents[node] = parent;
    addresses[node] = address;
    levels[node] = level;
    table[at] = node;
    if (this.count === parents.length) this.grow();
    return node;
  }

  /** A copy of the nodes. */
  nodes(): StackNodes {
    const { count } = this;
    return {
      parents: this.parents.slice(0, count), addresses: this.addresses.slice(0, count), levels: this.levels.slice(0, count),
    };
  }

  private grow(): void {
    const capacity = 2 * this.parents.length;
    const { parents, addresses, levels } = this;
    this.parents = new Uint32Array(capacity);
    this.parents.set(parents);
    this.addresses = new BigUint64Array(capacity);
    this.addresses.set(addresses);
    this.levels = new Uint8Array(capacity);
    this.levels.set(levels);
    const table = new Uint32Array(2 * capacity);
    for (let node = 1; node < this.count; node++) {
      let at = hash(parents[node], addresses[node]) & (table.length - 1);
      while (table[at] !== 0) at = (at + 1) & (table.length - 1);
      table[at] = node;
    }
    this.table = table;
  }
}

function hash(parent: number, address: bigint): number {
  const low = Number(address & 0xffffffffn);
  const high = Number(address >> 32n);
  let value = Math.imul(low ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(parent, 0xc2b2ae35), 0x9e3779b1);
  value ^= value >>> 15;
  return Math.imul(value, 0x2c1b3c6d) >>> 8;
}
