/** A device tree in memory: nodes with ordered properties and children (Devicetree Specification v0.4, chapter 2). */

const encoder = new TextEncoder();

/** Property value: 32-bit big-endian cells. */
export function cells(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value >>> 0));
  return bytes;
}

/** Property value: each of `values` as `count` cells, 0..2^53-1, high cell first. */
export function wideCells(count: number, ...values: number[]): Uint8Array {
  const out: number[] = [];
  for (const value of values) {
    for (let i = count - 1; i >= 0; i--) out.push(Math.floor(value / 2 ** (32 * i)) % 2 ** 32);
  }
  return cells(...out);
}

/** Property value: NUL-terminated strings one after the other. */
export function strings(...values: string[]): Uint8Array {
  return encoder.encode(values.map((value) => `${value}\0`).join(''));
}

export const empty = (): Uint8Array => new Uint8Array(0);

export class DeviceTreeNode {
  readonly properties = new Map<string, Uint8Array>();
  readonly children: DeviceTreeNode[] = [];

  constructor(readonly name: string) {}

  set(name: string, value: Uint8Array): this {
    this.properties.set(name, value);
    return this;
  }

  /** Appends a child and returns it. */
  add(name: string): DeviceTreeNode {
    const child = new DeviceTreeNode(name);
    this.children.push(child);
    return child;
  }

  /** Puts a child before all others and returns it. */
  addFirst(name: string): DeviceTreeNode {
    const child = new DeviceTreeNode(name);
    this.children.unshift(child);
    return child;
  }

  /** The child of that name; a name without unit address matches one that has it, as paths may leave it out. */
  child(name: string): DeviceTreeNode | undefined {
    const exact = this.children.find((node) => node.name === name);
    if (exact !== undefined || name.includes('@')) return exact;
    return this.children.find((node) => node.name.startsWith(`${name}@`));
  }

  /** The node at `path` ('/' is this node), or undefined. */
  find(path: string): DeviceTreeNode | undefined {
    return path
      .split('/')
      .filter((part) => part !== '')
      .reduce<DeviceTreeNode | undefined>((node, part) => node?.child(part), this);
  }

  /** First cell of a property, or undefined when it is absent or shorter than a cell. */
  cell(name: string): number | undefined {
    const value = this.properties.get(name);
    if (value === undefined || value.length < 4) return undefined;
    return new DataView(value.buffer, value.byteOffset, value.length).getUint32(0);
  }

  /** A property as text, without its terminator, or undefined. */
  text(name: string): string | undefined {
    const value = this.properties.get(name);
    return value === undefined ? undefined : new TextDecoder().decode(value).replace(/\0[^]*$/, '');
  }
}

/** A tree with the header's other contents. */
export interface DeviceTree {
  readonly root: DeviceTreeNode;
  /** /memreserve/ entries. */
  readonly reservations: readonly { readonly address: bigint; readonly size: bigint }[];
  /** boot_cpuid_phys of the header. */
  readonly bootCpu: number;
}

export const newDeviceTree = (): DeviceTree => ({ root: new DeviceTreeNode(''), reservations: [], bootCpu: 0 });
