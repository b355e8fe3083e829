/** What of a machine must be the same where a snapshot of it is restored, each under the name that a refusal gives it. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { DriveConfig } from '../../config/drive.js';
import { flashBanks, type MachineConfig } from '../../config/machine-config.js';
import { describeBoard, type MachineDescription } from '../board-description.js';

/** The part of a configuration that makes the machine, as plain data. Drives have absolute paths. */
export type SavedConfig = Pick<
  MachineConfig,
  'virtualization' | 'secure' | 'its' | 'dtbRandomness' | 'cpu' | 'smp' | 'memoryBytes' | 'drives' | 'virtio' | 'consoles' | 'serial'
>;

export function savedConfig(config: MachineConfig): SavedConfig {
  const { virtualization, secure, its, dtbRandomness, cpu, smp, memoryBytes, consoles, serial } = config;
  const placed = (drive: DriveConfig): DriveConfig => ({ ...drive, file: resolve(drive.file) });
  return {
    virtualization, secure, its, dtbRandomness, cpu, smp, memoryBytes, consoles, serial,
    drives: config.drives.map(placed),
    virtio: config.virtio.map((device) => device?.kind === 'block' ? { kind: 'block', drive: placed(device.drive) } : device),
  };
}

export function describeMachine(config: SavedConfig): MachineDescription {
  const description: Record<string, string> = { ...describeBoard(config) };
  config.virtio.forEach((device, slot) => {
    description[`virtio slot ${slot}`] = device === undefined ? 'nothing'
      : device.kind === 'block' ? `the ${driveText(device.drive)}` : device.kind === 'console' ? 'a console' : 'an entropy device';
  });
  flashBanks(config.drives).forEach((drive, bank) => {
    description[`flash bank ${bank}`] = drive === undefined ? 'no drive' : `the ${driveText(drive)}`;
  });
  return description;
}

/** The first difference, in words; undefined when there is none. */
export function difference(saved: MachineDescription, machine: MachineDescription): string | undefined {
  for (const name of new Set([...Object.keys(machine), ...Object.keys(saved)])) {
    const [was, is] = [saved[name] ?? 'nothing', machine[name] ?? 'nothing'];
    if (was !== is) return `does not fit this machine: ${name} was ${was}, here it is ${is}`;
  }
  return undefined;
}

/** A file behind a drive as it was at one moment. */
export interface ImageIdentity {
  readonly bytes: number;
  /** Of the last change, nanoseconds since 1970. */
  readonly changed: string;
}

/** By what the drive is: `virtio slot N` or `flash bank N`. Throws what the file system says. */
export function imageIdentities(config: SavedConfig): Record<string, ImageIdentity & { readonly file: string }> {
  const identities: Record<string, ImageIdentity & { readonly file: string }> = {};
  const note = (name: string, { file }: DriveConfig): void => {
    const { size, mtimeNs } = statSync(file, { bigint: true });
    identities[name] = { file, bytes: Number(size), changed: String(mtimeNs) };
  };
  config.virtio.forEach((device, slot) => device?.kind === 'block' && note(`virtio slot ${slot}`, device.drive));
  flashBanks(config.drives).forEach((drive, bank) => drive && note(`flash bank ${bank}`, drive));
  return identities;
}

function driveText(drive: DriveConfig): string {
  const flags = [
    drive.readOnly && 'readonly=on', drive.snapshot && 'snapshot=on', drive.cache === 'writethrough' && 'cache=writethrough',
    drive.serial !== undefined && `serial=${drive.serial}`,
  ].filter((flag) => flag !== false);
  return [`drive ${basename(drive.file)}`, ...flags].join(',');
}
