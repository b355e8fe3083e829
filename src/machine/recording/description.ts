/** What a recording has to be replayed on: everything about a machine that its guest can tell. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { MachineConfig } from '../../config/machine-config.js';
import { systemErrorText } from '../../../devices/backends/host-file.js';
import { ConfigurationError } from '../../support/errors.js';

/** Values by the names that the user knows them by. */
export type Description = Readonly<Record<string, string>>;

function hashOf(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1 << 20);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    for (let n = readSync(descriptor, piece); n > 0; n = readSync(descriptor, piece)) hash.update(piece.subarray(0, n));
  } catch (error) {
    throw new ConfigurationError(`${path}: ${systemErrorText(error)}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** Describes the machine and hashes the guest's files. @param seed of what is random without one */
export function describeMachine(config: MachineConfig, seed: string): Description {
  const text = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)) ?? '';
  const { machine, ...files } = {
    machine: {
      secure: config.secure, virtualization: config.virtualization, its: config.its, dtbRandomness: config.dtbRandomness,
    },
    kernel: config.kernel, initrd: config.initrd, dtb: config.dtb, firmware: config.firmware,
  };
  const drives = config.drives.map(({ file, locking: _, ...drive }) => ({ ...drive, sha256: hashOf(file) }));
  const loaders = config.loaders.map((loader) =>
    loader.kind === 'file' ? { ...loader, file: hashOf(loader.file) } : loader);
  const description: Record<string, string> = {
    '--machine': text(machine), '--cpu': text(config.cpu), '--smp': String(config.smp), '--memory': String(config.memoryBytes),
    '--append': config.append, '--seed': seed, '--drive': text(drives), '--device': text([loaders, config.virtio.map((slot) => slot?.kind)]),
    '--console': String(config.consoles.length), '--no-reboot': String(!config.reboot),
    '--digest-interval': String(config.digestInterval),
  };
  for (const [name, path] of Object.entries(files)) if (path !== undefined) description[`--${name}`] = hashOf(path);
  return description;
}

/** Names of what is not as it was. */
export function differences(recorded: Description, now: Description): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
  return [...names].filter((name) => recorded[name] !== now[name]);
}
