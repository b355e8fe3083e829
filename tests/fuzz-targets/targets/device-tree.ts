/** Device tree blobs as --dtb gets them: read, written again, patched for a boot, and seeded anew at a reset. */
import { parseDeviceTree, writeDeviceTree } from '../../../src/machine/device-tree/flattened.js';
import type { DeviceTree, DeviceTreeNode } from '../../../src/machine/device-tree/node.js';
import { bootOptions, named, planAndCheck } from '../boot-plan.js';
import { Input } from '../input.js';
import { check, refusable } from '../outcome.js';

/** The least that is a kernel: the magic number of an Image, and code. */
function image(): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xd503201f, true);
  view.setUint32(56, 0x644d5241, true);
  return bytes;
}

function text(node: DeviceTreeNode): string {
  const properties = [...node.properties].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`);
  return `${node.name}{${properties.join(';')}|${node.children.map(text).join(',')}}`;
}

function same(a: DeviceTree, b: DeviceTree): boolean {
  const reservations = (tree: DeviceTree): string => tree.reservations.map((r) => `${r.address}+${r.size}`).join();
  return text(a.root) === text(b.root) && reservations(a) === reservations(b) && a.bootCpu === b.bootCpu;
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const options = bootOptions(input, {});
  const bytes = input.rest();
  const tree = refusable(() => parseDeviceTree(bytes, 'tree'));
  if (tree !== undefined) {
    const written = writeDeviceTree(tree);
    check(same(parseDeviceTree(written), tree), () => 'a tree is not what it was after writing and reading');
  }
  const plan = planAndCheck({ ...options, files: { dtb: named('tree', bytes), kernel: named('kernel', image()) } });
  if (plan === undefined) return;
  check(tree !== undefined, () => 'a boot took a tree that is none');
  const { root } = parseDeviceTree(plan.dtb);
  check(root.children.filter((node) => /^memory(@|$)/.test(node.name)).length === 1, () => 'not one memory node');
  check(root.child('chosen') !== undefined, () => 'no /chosen');
}
