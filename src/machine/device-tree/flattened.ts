import { ConfigurationError } from '../../support/errors.js';
import { type DeviceTree, DeviceTreeNode } from './node.js';

/** Flattened devicetree format, version 17 (Devicetree Specification v0.4, chapter 5). */
const MAGIC = 0xd00dfeed;
const VERSION = 17;
const LAST_COMPATIBLE_VERSION = 16;
const HEADER_BYTES = 40;
const Token = { beginNode: 1, endNode: 2, property: 3, nop: 4, end: 9 } as const;

/** Nesting beyond this is refused; the tree of a machine is a handful deep. */
const MAXIMUM_DEPTH = 64;
/** Properties and nodes beyond this are refused. */
const MAXIMUM_ITEMS = 1 << 20;

/**
 * Names beyond this are refused. The specification has 31 characters; without a limit, properties that all name the
 * same long string would take time and memory out of proportion to the blob.
 */
const MAXIMUM_NAME_BYTES = 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const align4 = (n: number): number => (n + 3) & ~3;
const align8 = (n: number): number => (n + 7) & ~7;

class ByteSink {
  private bytes = new Uint8Array(4096);
  length = 0;

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes);
    this.bytes = grown;
  }
  u32(value: number): void {
    this.room(4);
    new DataView(this.bytes.buffer).setUint32(this.length, value >>> 0);
    this.length += 4;
  }
  raw(value: Uint8Array): void {
    this.room(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }
  text(value: string): void {
    this.raw(encoder.encode(`${value}\0`));
  }
  padTo4(): void {
    const padding = align4(this.length) - this.length;
    this.room(padding);
    this.length += padding;
  }
  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/**
 * Writes a tree as a blob. `minimumBytes` pads it with free space that counts in the header's totalsize, so that a
 * boot loader can edit it in place.
 */
export function writeDeviceTree(tree: DeviceTree, minimumBytes = 0): Uint8Array {
  const structure = new ByteSink();
  const names = new ByteSink();
  const nameOffsets = new Map<string, number>();
  const nameOffset = (name: string): number => {
    let offset = nameOffsets.get(name);
    if (offset === undefined) {
      offset = names.length;
      nameOffsets.set(name, offset);
      names.text(name);
    }
    return offset;
  };
  const writeNode = (node: DeviceTreeNode): void => {
    structure.u32(Token.beginNode);
    structure.text(node.name);
    structure.padTo4();
    for (const [name, value] of node.properties) {
      structure.u32(Token.property);
      structure.u32(value.length);
      structure.u32(nameOffset(name));
      structure.raw(value);
      structure.padTo4();
    }
    node.children.forEach(writeNode);
    structure.u32(Token.endNode);
  };
  writeNode(tree.root);
  structure.u32(Token.end);

  const reservationsAt = align8(HEADER_BYTES);
  const structureAt = reservationsAt + (tree.reservations.length + 1) * 16;
  const stringsAt = structureAt + structure.length;
  const used = stringsAt + names.length;
  const blob = new Uint8Array(Math.max(align8(used), align8(minimumBytes)));
  const view = new DataView(blob.buffer);
  const header = [
    MAGIC, blob.length, structureAt, stringsAt, reservationsAt, VERSION, LAST_COMPATIBLE_VERSION, tree.bootCpu,
    names.length, structure.length,
  ];
  header.forEach((value, i) => view.setUint32(i * 4, value >>> 0));
  tree.reservations.forEach(({ address, size }, i) => {
    view.setBigUint64(reservationsAt + i * 16, address);
    view.setBigUint64(reservationsAt + i * 16 + 8, size);
  });
  blob.set(structure.done(), structureAt);
  blob.set(names.done(), stringsAt);
  return blob;
}

/**
 * Reads a blob; the tree shares nothing with it. Anything malformed is a ConfigurationError whose text begins with
 * `name`.
 */
export function parseDeviceTree(blob: Uint8Array, name = 'device tree'): DeviceTree {
  const fail = (reason: string): never => {
    throw new ConfigurationError(`${name}: not a valid device tree blob (${reason})`);
  };
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  if (blob.length < HEADER_BYTES) fail('shorter than its header');
  const header = (index: number): number => view.getUint32(index * 4);
  if (header(0) !== MAGIC) fail('wrong magic number');
  const total = header(1);
  const version = header(5);
  if (version < LAST_COMPATIBLE_VERSION || header(6) > VERSION) fail(`version ${version}`);
  if (total > blob.length) fail(`truncated: ${total} bytes expected, ${blob.length} there`);
  const structureAt = header(2);
  const stringsAt = header(3);
  const reservationsAt = header(4);
  const stringsEnd = stringsAt + header(8);
  const structureEnd = version >= 17 ? structureAt + header(9) : total;
  if (structureEnd > total || structureAt % 4 !== 0) fail('structure block out of bounds');
  if (stringsEnd > total) fail('strings block out of bounds');
  if (reservationsAt % 8 !== 0) fail('reservation block misaligned');

  const reservations: { address: bigint; size: bigint }[] = [];
  for (let at = reservationsAt; ; at += 16) {
    if (at + 16 > total) fail('reservation block out of bounds');
    const address = view.getBigUint64(at);
    const size = view.getBigUint64(at + 8);
    if (address === 0n && size === 0n) break;
    reservations.push({ address, size });
  }

  const textAt = (start: number, end: number): { text: string; next: number } => {
    const name = blob.subarray(start, Math.min(end, start + MAXIMUM_NAME_BYTES + 1));
    const length = name.indexOf(0);
    if (length < 0) return fail(name.length > MAXIMUM_NAME_BYTES ? 'a name is too long' : 'unterminated string');
    return { text: decoder.decode(name.subarray(0, length)), next: start + length + 1 };
  };
  let at = structureAt;
  const word = (): number => {
    if (at + 4 > structureEnd) fail('structure block ends early');
    at += 4;
    return view.getUint32(at - 4);
  };
  const open: DeviceTreeNode[] = [];
  let root: DeviceTreeNode | undefined;
  for (let items = 0; ; items++) {
    if (items > MAXIMUM_ITEMS) fail('too many items');
    const token = word();
    const parent = open.at(-1);
    if (token === Token.beginNode) {
      const { text, next } = textAt(at, structureEnd);
      at = align4(next);
      if (parent === undefined && root !== undefined) fail('two root nodes');
      if (open.length >= MAXIMUM_DEPTH) fail('nested too deeply');
      const node = parent === undefined ? new DeviceTreeNode(text) : parent.add(text);
      root ??= node;
      open.push(node);
    } else if (token === Token.endNode) {
      if (open.pop() === undefined) fail('unmatched end of node');
    } else if (token === Token.property) {
      const length = word();
      const nameAt = stringsAt + word();
      if (at + length > structureEnd) fail('property out of bounds');
      if (parent === undefined) return fail('property outside a node');
      parent.set(textAt(nameAt, stringsEnd).text, blob.slice(at, at + length));
      at = align4(at + length);
    } else if (token === Token.end) {
      break;
    } else if (token !== Token.nop) {
      fail(`unknown token 0x${token.toString(16)}`);
    }
  }
  if (open.length !== 0 || root === undefined) return fail('unfinished node');
  return { root, reservations, bootCpu: header(7) };
}
