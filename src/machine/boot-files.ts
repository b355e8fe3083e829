import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type MachineConfig, flashBanks } from '../config/machine-config.js';
import { ConfigurationError } from '../support/errors.js';
import { type BootFiles, type BootOptions, type BootPlan, planBoot } from './boot-protocol.js';
import type { NamedFile } from './loaders/file.js';

/** Files beyond this are refused; guest RAM is smaller. */
const MAXIMUM_FILE_BYTES = 0xffff_ffff;

/** Reads a file the user named; `what` says what it is for. A failure is a ConfigurationError. */
export function readInput(path: string, what: string): NamedFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new ConfigurationError(`${what}: ${path} is a directory`);
    if (stat.size > MAXIMUM_FILE_BYTES) throw new ConfigurationError(`${what}: ${path} is too large`);
    // A pipe or device has no size: it is read until it ends.
    return { name: path, bytes: stat.isFile() ? readExactly(descriptor, stat.size) : readToEnd(descriptor) };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = { ENOENT: 'does not exist', EACCES: 'may not be read' };
    throw new ConfigurationError(`${what}: ${path} ${(code && reasons[code]) ?? `cannot be read (${message})`}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readExactly(descriptor: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const count = readSync(descriptor, bytes, at, Math.min(size - at, 1 << 30), null);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

function readToEnd(descriptor: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let total = 0; total <= MAXIMUM_FILE_BYTES;) {
    const part = Buffer.alloc(1 << 20);
    const count = readSync(descriptor, part, 0, part.length, null);
    if (count === 0) return Uint8Array.from(Buffer.concat(parts));
    parts.push(part.subarray(0, count));
    total += count;
  }
  throw new ConfigurationError('an input without end');
}

/** Reads every file a boot needs. */
export function readBootFiles(config: MachineConfig): BootFiles {
  const read = (path: string | undefined, what: string): NamedFile | undefined =>
    path === undefined ? undefined : readInput(path, what);
  const banks = flashBanks(config.drives).map((drive) => read(drive?.file, '--drive'));
  const files = {
    kernel: read(config.kernel, '--kernel'),
    initrd: read(config.initrd, '--initrd'),
    dtb: read(config.dtb, '--dtb'),
    firmware: read(config.firmware, '--firmware'),
  };
  return {
    ...(Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined)) as BootFiles),
    flash: [banks[0], banks[1]],
    loaders: config.loaders.map((loader) =>
      loader.kind === 'file' ? { ...loader, file: readInput(loader.file, '--device loader') } : loader),
  };
}

/** What `planBoot` takes, from a configuration and its files. */
export function bootOptions(config: MachineConfig, files: BootFiles): BootOptions {
  return {
    levels: { el2: config.virtualization, el3: config.secure },
    cpuCount: config.smp,
    cpuModel: config.cpu.model,
    ramBytes: config.memoryBytes,
    commandLine: config.append,
    dtbRandomness: config.dtbRandomness,
    optionalDevices: { its: config.its },
    ...(config.seed === undefined ? {} : { seed: config.seed }),
    files,
  };
}

/** Reads the files and plans the boot. @param treeOnly there may be nothing to run */
export function planMachineBoot(config: MachineConfig, treeOnly = false): BootPlan {
  return planBoot({ ...bootOptions(config, readBootFiles(config)), treeOnly });
}
