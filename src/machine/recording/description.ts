/** What a recording has to be replayed on: everything about a machine that its guest can tell. */
import type { MachineConfig } from '../../config/machine-config.js';
import { systemErrorText } from '../../../devices/backends/host-file.js';
import { sha256OfFile } from '../../files/hash-file.js';
import { ConfigurationError } from '../../support/errors.js';
import { describeBoard, type MachineDescription } from '../board-description.js';

function hashOf(path: string): string {
  try {
    return sha256OfFile(path);
  } catch (error) {
    throw new ConfigurationError(`${path}: ${systemErrorText(error)}`);
  }
}

/** Describes the machine and hashes the guest's files. @param seed of what is random without one */
export function describeRun(config: MachineConfig, seed: string): MachineDescription {
  const text = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)) ?? '';
  const files = { kernel: config.kernel, initrd: config.initrd, dtb: config.dtb, firmware: config.firmware };
  const drives = config.drives.map(({ file, locking: _, ...drive }) => ({ ...drive, sha256: hashOf(file) }));
  const loaders = config.loaders.map((loader) =>
    loader.kind === 'file' ? { ...loader, file: hashOf(loader.file) } : loader);
  const description: Record<string, string> = {
    ...describeBoard(config), '--machine dtb-randomness': String(config.dtbRandomness),
    '--append': config.append, '--seed': seed, '--drive': text(drives), '--device': text([loaders, config.virtio.map((slot) => slot?.kind)]),
    '--console': String(config.consoles.length), '--no-reboot': String(!config.reboot),
    '--digest-interval': String(config.digestInterval),
  };
  for (const [name, path] of Object.entries(files)) if (path !== undefined) description[`--${name}`] = hashOf(path);
  return description;
}

/** Names of what is not as it was. */
export function differences(recorded: MachineDescription, now: MachineDescription): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
  return [...names].filter((name) => recorded[name] !== now[name]);
}
