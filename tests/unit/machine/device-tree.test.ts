import { describe, expect, test } from 'vitest';
import { parseDeviceTree, writeDeviceTree } from '../../../src/machine/device-tree/flattened.js';
import { DeviceTreeNode, cells, newDeviceTree, strings, wideCells } from '../../../src/machine/device-tree/node.js';
import { buildVirtTree } from '../../../src/machine/device-tree/virt-tree.js';
import { describeTree } from './helpers/dts.js';
import { fuzzBytes } from './helpers/fuzz.js';

const virt = () => buildVirtTree({ cpuCount: 2, cpuModel: 'max', levels: { el2: true, el3: true }, psciEnable: true });

/** A blob with a structure block given word by word. */
function blobOf(structure: readonly number[], names = 'x\0', header: Partial<Record<number, number>> = {}): Uint8Array {
  const structureAt = 56;
  const stringsAt = structureAt + structure.length * 4;
  const blob = new Uint8Array(stringsAt + names.length);
  const view = new DataView(blob.buffer);
  const fields = [
    0xd00dfeed, blob.length, structureAt, stringsAt, 40, 17, 16, 0, names.length, structure.length * 4,
  ];
  fields.forEach((value, i) => view.setUint32(i * 4, header[i] ?? value));
  structure.forEach((word, i) => view.setUint32(structureAt + i * 4, word));
  blob.set(new TextEncoder().encode(names), stringsAt);
  return blob;
}

describe('property values', () => {
  test('cells and strings', () => {
    expect(cells(1, 0xffff_ffff)).toEqual(Uint8Array.of(0, 0, 0, 1, 255, 255, 255, 255));
    expect(wideCells(2, 0x12_3456_789a)).toEqual(Uint8Array.of(0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a));
    expect(wideCells(1, 5)).toEqual(cells(5));
    expect(wideCells(3, 2 ** 33)).toEqual(cells(0, 2, 0));
    expect(strings('a', 'bc')).toEqual(Uint8Array.of(97, 0, 98, 99, 0));
  });

  test('are read back', () => {
    const node = new DeviceTreeNode('n');
    node.set('c', cells(7, 8)).set('t', strings('one', 'two')).set('short', Uint8Array.of(1));
    expect([node.cell('c'), node.cell('short'), node.cell('none')]).toEqual([7, undefined, undefined]);
    expect([node.text('t'), node.text('none')]).toEqual(['one', undefined]);
  });
});

describe('blob', () => {
  test('is read back as it was written, reservations and boot CPU included', () => {
    const tree = { ...virt(), reservations: [{ address: 0x4000_0000n, size: 0x1000n }], bootCpu: 3 };
    const back = parseDeviceTree(writeDeviceTree(tree));
    expect(describeTree(back.root)).toEqual(describeTree(tree.root));
    expect(back.reservations).toEqual(tree.reservations);
    expect(back.bootCpu).toBe(3);
  });

  test('spare room counts in its size', () => {
    const blob = writeDeviceTree(virt(), 0x10000);
    expect(blob.length).toBe(0x10000);
    expect(new DataView(blob.buffer).getUint32(4)).toBe(0x10000);
    expect(describeTree(parseDeviceTree(blob).root)).toEqual(describeTree(virt().root));
    expect(writeDeviceTree(virt(), 8).length).toBe(writeDeviceTree(virt()).length);
  });

  test('an empty tree', () => {
    expect(parseDeviceTree(writeDeviceTree(newDeviceTree())).root.children).toEqual([]);
  });

  test('NOP tokens and version 16 are read', () => {
    const structure = [4, 1, 0, 4, 3, 4, 0, 0x1234, 4, 2, 9];
    expect(parseDeviceTree(blobOf(structure)).root.cell('x')).toBe(0x1234);
    expect(parseDeviceTree(blobOf(structure, 'x\0', { 5: 16 })).root.cell('x')).toBe(0x1234);
  });

  test('does not alias its input', () => {
    const blob = blobOf([1, 0, 3, 4, 0, 0x1234, 2, 9]);
    const { root } = parseDeviceTree(blob);
    blob.fill(0);
    expect(root.cell('x')).toBe(0x1234);
  });
});

describe('malformed blobs', () => {
  const node = [1, 0, 2, 9];
  const deep = [...Array.from({ length: 100 }, () => [1, 0]).flat(), ...Array.from({ length: 100 }, () => 2), 9];
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(0), /shorter/],
    ['magic', blobOf(node, 'x\0', { 0: 1 }), /magic/],
    ['truncated', blobOf(node).subarray(0, 60), /truncated/],
    ['old version', blobOf(node, 'x\0', { 5: 3 }), /version 3/],
    ['future version', blobOf(node, 'x\0', { 6: 18 }), /version/],
    ['structure outside', blobOf(node, 'x\0', { 2: 0x1000 }), /structure block/],
    ['strings outside', blobOf(node, 'x\0', { 8: 0x1000 }), /strings block/],
    ['reservations outside', blobOf(node, 'x\0', { 4: 0x1000 }), /reservation/],
    ['reservations without end', blobOf(node, 'x\0', { 4: 56 }), /reservation/],
    ['no end', blobOf([1, 0, 2]), /ends early/],
    ['unfinished node', blobOf([1, 0, 9]), /unfinished/],
    ['unmatched end', blobOf([2, 9]), /unmatched/],
    ['two roots', blobOf([1, 0, 2, 1, 0, 2, 9]), /two root/],
    ['property outside a node', blobOf([3, 0, 0, 1, 0, 2, 9]), /outside a node/],
    ['property too long', blobOf([1, 0, 3, 0xffff_ffff, 0, 2, 9]), /property out of bounds/],
    ['property name outside', blobOf([1, 0, 3, 0, 50, 2, 9]), /unterminated/],
    ['name without end', blobOf([1, 0x61616161]), /unterminated/],
    ['unknown token', blobOf([1, 0, 7, 2, 9]), /token 0x7/],
    ['too deep', blobOf(deep), /deeply/],
    ['nothing but an end', blobOf([9]), /unfinished/],
  ];
  test.each(cases)('%s', (_name, blob, message) => {
    expect(() => parseDeviceTree(blob, 'file.dtb')).toThrow(message);
    expect(() => parseDeviceTree(blob, 'file.dtb')).toThrow(/^file\.dtb: not a valid device tree blob/);
  });

  test('random damage gives a tree or one line', () => {
    fuzzBytes(writeDeviceTree(virt()), 4000, (bytes) => parseDeviceTree(bytes));
    fuzzBytes(blobOf([1, 0, 3, 4, 0, 0x1234, 1, 0x61000000, 2, 2, 9]), 4000, (bytes) => parseDeviceTree(bytes));
  });
});

describe('paths', () => {
  test('find nodes with and without unit addresses', () => {
    const { root } = virt();
    expect(root.find('/')).toBe(root);
    expect(root.find('/pl011@9000000')?.name).toBe('pl011@9000000');
    expect(root.find('/memory')).toBeUndefined();
    expect(root.find('/intc')?.name).toBe('intc@8000000');
    expect(root.find('/cpus/cpu@1')?.cell('reg')).toBe(1);
    expect(root.find('/cpus/none/deeper')).toBeUndefined();
  });
});
