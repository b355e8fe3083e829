/** From the boot command's options to the machine's configuration, with the default guest where no kernel is given. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot, defaultGuest, type Guest, type GuestOptions } from '../../guest/index.js';
import { type MachineConfig, type MachineOptions, resolveMachineConfig } from '../config/machine-config.js';
import { ConfigurationError } from '../support/errors.js';
import { makeFolder } from '../files/make-folder.js';
import type { SavedConfig } from '../machine/machine-api.js';
import type { OptionValues } from './options/spec.js';
import type { bootOptions } from './options/tables.js';

export type BootValues = OptionValues<typeof bootOptions>;

/** Folder of the translation cache; one that was asked for is made here, so that it can be complained about. */
function translationCache(given: string | undefined): string | undefined {
  if (given === undefined) return join(cacheRoot(), 'translations');
  if (given === 'off') return undefined;
  if (given === '') return given;
  try {
    makeFolder(given);
    accessSync(given, constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigurationError(`--translation-cache ${given}: cannot be written (${code})`);
  }
  return given;
}

/** The options that src/config knows, as it names them; what was not given is left out. */
function machineOptions(values: BootValues): MachineOptions {
  const options = {
    kernel: values.kernel,
    initrd: values.initrd,
    append: values.append,
    dtb: values.dtb,
    dumpdtb: values.dumpdtb,
    firmware: values.firmware,
    machine: values.machine,
    cpu: values.cpu,
    smp: values.smp,
    threads: values.threads,
    memory: values.memory,
    drive: values.drive,
    serial: values.serial.length === 0 ? undefined : values.serial,
    console: values.console,
    device: values.device,
    jit: values.jit,
    deterministic: values.deterministic,
    record: values.record,
    replay: values.replay,
    digestInterval: values['digest-interval'],
    seed: values.seed,
    timeout: values.timeout,
    reboot: !values['no-reboot'],
    stats: values.stats,
    mark: values.mark,
    without: values.without,
    sample: values.sample,
    profile: values.profile,
    dumpWasm: values['dump-wasm'],
    symbols: values.symbols,
    translationCache: translationCache(values['translation-cache']),
    restore: values.restore,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * The configuration to go on from a snapshot with. What no option says of the machine is the snapshot's; its drives, devices and
 * consoles go together.
 * @param given names of the options on the command line
 */
export function restoreConfig(values: BootValues, given: ReadonlySet<string>, saved: SavedConfig): MachineConfig {
  const { initrd: _, ...options } = machineOptions(values);
  const config = resolveMachineConfig(options);
  const { cpu, smp, memoryBytes, virtualization, secure, its, dtbRandomness, drives, virtio, consoles, serial } = saved;
  const devicesGiven = given.has('drive') || given.has('device') || given.has('console');
  return {
    ...config,
    ...(given.has('memory') ? {} : { memoryBytes }),
    ...(given.has('cpu') ? {} : { cpu }),
    ...(given.has('smp') ? {} : { smp }),
    ...(given.has('machine') ? {} : { virtualization, secure, its, dtbRandomness }),
    ...(devicesGiven ? {} : { drives, virtio, consoles }),
    ...(devicesGiven || given.has('serial') ? {} : { serial }),
  };
}

/** Whether something else than a kernel is there to run: then no guest is fetched. */
function bringsOwnGuest(values: BootValues, config: MachineConfig): boolean {
  return (
    values.kernel !== undefined ||
    values.firmware !== undefined ||
    values.dumpdtb !== undefined ||
    config.loaders.length > 0 ||
    config.drives.some((drive) => drive.interface === 'pflash')
  );
}

/** Modules for the default guest's initramfs: those asked for, and drivers of disks and consoles if there are any. */
function guestModules(values: BootValues, config: MachineConfig): string[] {
  const drivers = config.virtio.flatMap((device) => {
    if (device?.kind === 'block') return ['virtio_mmio', 'virtio_blk'];
    return device?.kind === 'console' ? ['virtio_mmio', 'virtio_console'] : [];
  });
  return [...new Set([...values.module, ...drivers])];
}

/** The default guest talks to the serial line, and to the virtio console that has the terminal. */
function consoleArguments(guest: Guest, config: MachineConfig): string {
  const terminal = config.consoles.findIndex((line) => line.kind === 'stdio');
  return terminal < 0 ? guest.append : `${guest.append} console=hvc${terminal}`;
}

/**
 * The configuration to start a machine with. Everything that can be known from the command line is checked before
 * anything is fetched.
 * @param checked called then: only what the guest is may still change
 */
export async function bootConfig(
  values: BootValues,
  progress: GuestOptions['progress'],
  fetchGuest: (options: GuestOptions) => Promise<Guest> = defaultGuest,
  checked: (config: MachineConfig) => void = () => undefined,
): Promise<MachineConfig> {
  const options = machineOptions(values);
  const { initrd, ...withoutInitrd } = options;
  const config = resolveMachineConfig(values.kernel === undefined ? withoutInitrd : options);
  checked(config);
  if (bringsOwnGuest(values, config)) {
    if (values.module.length > 0) throw new ConfigurationError('--module: is for the default guest');
    if (values.package.length > 0) throw new ConfigurationError('--package: is for the default guest');
    return values.kernel === undefined ? resolveMachineConfig(options) : config;
  }
  if (initrd !== undefined && values.package.length > 0) {
    throw new ConfigurationError('--package: is for the default initramfs, not with --initrd');
  }
  const guest = await fetchGuest({
    suite: values.suite,
    kernelPackage: values['kernel-package'],
    modules: guestModules(values, config),
    packages: values.package,
    mirror: values.mirror,
    unverified: values['unverified-suite'],
    progress,
  });
  const needed = guest.minimumMemory ?? 0;
  if (initrd === undefined && config.memoryBytes < needed) {
    throw new ConfigurationError(`--package: these packages need --memory ${Math.ceil(needed / 2 ** 20)}M or more`);
  }
  return resolveMachineConfig({
    ...options,
    kernel: guest.kernel,
    initrd: initrd ?? guest.initrd,
    append: [consoleArguments(guest, config), values.append].filter((part) => part).join(' '),
  });
}
