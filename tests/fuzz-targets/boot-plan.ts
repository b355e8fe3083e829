/** Plans boots of whatever files a target makes, and checks what comes of it. */
import {
  type BootFiles, type BootOptions, type BootPlan, planBoot, planReset,
} from '../../src/machine/boot-protocol.js';
import { parseDeviceTree } from '../../src/machine/device-tree/flattened.js';
import type { LoadSegment, NamedFile } from '../../src/machine/loaders/file.js';
import { type AddressRange, FLASH_BANK_BYTES, VirtMemoryMap } from '../../src/machine/virt-board.js';
import type { Input } from './input.js';
import { check, refusable } from './outcome.js';

const MiB = 1024 * 1024;
const RAM_SIZES = [8 * MiB, 64 * MiB, 256 * MiB, 3584 * MiB];
const LEVELS = [
  { el2: false, el3: false }, { el2: true, el3: false }, { el2: false, el3: true }, { el2: true, el3: true },
];

export const named = (name: string, bytes: Uint8Array): NamedFile => ({ name, bytes });

/** A machine with these files; its size and exception levels are told by the input's last byte. */
export function bootOptions(input: Input, files: BootFiles): BootOptions {
  const shape = input.lastU8();
  return {
    levels: LEVELS[shape & 3],
    cpuCount: 1 + ((shape >> 2) & 3),
    cpuModel: 'max',
    ramBytes: RAM_SIZES[(shape >> 4) & 3],
    commandLine: (shape & 0x40) === 0 ? '' : 'console=ttyAMA0',
    seed: 'fuzz',
    files,
    treeOnly: (shape & 0x80) !== 0,
  };
}

const within = (part: LoadSegment, range: AddressRange): boolean =>
  part.address >= range.base && part.address + part.size <= range.base + range.size;

/** Plans the boot, unless it is refused; what the plan says must fit the machine. */
export function planAndCheck(options: BootOptions): BootPlan | undefined {
  const plan = refusable(() => planBoot(options));
  if (plan === undefined) return undefined;
  const ram = { base: VirtMemoryMap.ram.base, size: options.ramBytes };
  const memory = options.levels.el3 ? [ram, VirtMemoryMap.secureMemory] : [ram];
  for (const part of plan.segments) {
    const text = (): string => `${part.name}: ${part.size} bytes at ${part.address}`;
    check(Number.isSafeInteger(part.address) && Number.isSafeInteger(part.size), text);
    check(part.size > 0 && part.bytes.length <= part.size, text);
    check(memory.some((range) => within(part, range)), text);
  }
  for (const address of [plan.entry.pc, plan.entry.x0, ...plan.cpuEntry.values()]) {
    check(BigInt.asUintN(64, address) === address, () => `entry ${address}`);
  }
  for (const bank of plan.flash) check((bank?.length ?? 0) <= FLASH_BANK_BYTES, () => 'flash larger than its bank');
  // The board's own tree is a MiB, and the same each time.
  if (options.files.dtb === undefined) return plan;
  parseDeviceTree(plan.dtb);
  const again = planReset(plan, options.seed);
  check(again.dtb.length === plan.dtb.length, () => 'the tree changes its size at a reset');
  return plan;
}
