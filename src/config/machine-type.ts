import { OptionList } from './option-list.js';

/** What `-M` chooses: the board's variant and the exception levels of its PEs. */
export interface MachineTypeConfig {
  /** EL2. */
  readonly virtualization: boolean;
  /** EL3 and the Secure state. */
  readonly secure: boolean;
  /** LPIs and the ITS. */
  readonly its: boolean;
  /** False: no seeds in the device tree. */
  readonly dtbRandomness: boolean;
}

const KEYS = ['type', 'gic-version', 'virtualization', 'secure', 'its', 'iommu', 'highmem', 'acpi', 'dtb-randomness'];

/**
 * `virt[,virtualization=on][,secure=on][,gic-version=3][,its=off][,dtb-randomness=off]`; QEMU's options for devices that are not
 * there may say `off`.
 */
export function parseMachineType(text: string): MachineTypeConfig {
  const list = new OptionList(text, '--machine', KEYS, 'type');
  const type = list.string('type') ?? 'virt';
  if (!/^virt(-[0-9]+\.[0-9]+)?$/.test(type)) list.fail(`the machine is 'virt', not '${type}'`);
  list.oneOf('gic-version', ['3', 'max'], '3');
  if (list.boolean('acpi', false)) list.fail('there are no ACPI tables');
  list.oneOf('iommu', ['none'], 'none');
  list.boolean('highmem', true);
  return {
    virtualization: list.boolean('virtualization', false),
    secure: list.boolean('secure', false),
    its: list.boolean('its', true),
    dtbRandomness: list.boolean('dtb-randomness', true),
  };
}
