import { ConfigurationError } from '../../support/errors.js';
import type { AddressRange, PsciConduit } from '../virt-board.js';
import { type DeviceTree, type DeviceTreeNode, cells, strings, wideCells } from './node.js';

/** What a boot adds to a tree, generated or the user's. */
export interface BootTreeValues {
  readonly ram: AddressRange;
  /** Kernel command line; left out of the tree when empty. */
  readonly commandLine: string;
  readonly initrd?: AddressRange;
  readonly conduit: PsciConduit;
}

/** PSCI function identifiers named by the `psci` binding (SMC64 where there is one). */
const PSCI_NODE = { migrate: 0xc4000005, cpu_on: 0xc4000003, cpu_off: 0x84000002, cpu_suspend: 0xc4000001 } as const;

/**
 * Sets /memory, /chosen and /psci as QEMU's arm_load_dtb does: memory nodes at the root are replaced by one that
 * describes `ram`, /chosen gets the command line and the initrd, and /psci is added where the tree has none.
 */
export function patchDeviceTree(tree: DeviceTree, values: BootTreeValues, name = 'device tree'): void {
  const { root } = tree;
  const addressCells = root.cell('#address-cells') ?? 0;
  const sizeCells = root.cell('#size-cells') ?? 0;
  if (addressCells < 1 || sizeCells < 1 || addressCells > 4 || sizeCells > 4) {
    throw new ConfigurationError(`${name}: the root's #address-cells and #size-cells must be 1 to 4`);
  }
  const top = values.ram.base + values.ram.size;
  if ((addressCells < 2 && top > 2 ** 32) || (sizeCells < 2 && values.ram.size >= 2 ** 32)) {
    throw new ConfigurationError(`${name}: its 32-bit addresses cannot describe this much memory`);
  }

  for (let i = root.children.length - 1; i >= 0; i--) {
    if (/^memory(@|$)/.test(root.children[i].name)) root.children.splice(i, 1);
  }
  root
    .addFirst(`memory@${values.ram.base.toString(16)}`)
    .set('reg', Uint8Array.from([
      ...wideCells(addressCells, values.ram.base), ...wideCells(sizeCells, values.ram.size),
    ]))
    .set('device_type', strings('memory'));

  const chosen = root.child('chosen') ?? root.addFirst('chosen');
  if (values.commandLine !== '') chosen.set('bootargs', strings(values.commandLine));
  if (values.initrd !== undefined) {
    const { base, size } = values.initrd;
    const count = base + size > 0xffff_ffff ? 2 : 1;
    chosen.set('linux,initrd-end', wideCells(count, base + size)).set('linux,initrd-start', wideCells(count, base));
  }
  if (values.conduit !== 'none' && root.child('psci') === undefined) addPsci(root, values.conduit);
}

function addPsci(root: DeviceTreeNode, conduit: Exclude<PsciConduit, 'none'>): void {
  const node = root.addFirst('psci');
  for (const [property, value] of Object.entries(PSCI_NODE)) node.set(property, cells(value));
  node.set('method', strings(conduit)).set('compatible', strings('arm,psci-1.0', 'arm,psci-0.2', 'arm,psci'));
}
