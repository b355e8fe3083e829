import { parseJitMode, type JitMode } from './jit-mode.js';
import { MAX_VCPUS } from '../../runtime/layout/memory-layout.js';
import { ConfigurationError } from '../support/errors.js';
import { type Optimization, parseOptimization } from '../support/optimizations.js';
import { type CpuConfig, parseCpu } from './cpu.js';
import { type DriveConfig, parseDrive } from './drive.js';
import { type LoaderConfig, parseLoader } from './loader.js';
import { type MachineTypeConfig, parseMachineType } from './machine-type.js';
import { parseMemorySize } from './memory-size.js';
import { parseInteger } from './option-list.js';
import type { CharacterSpec } from '../support/character-spec.js';
import { parseSerial } from './serial.js';
import { type VirtioSlotConfig, assignVirtioSlots, isVirtioDevice, parseVirtioDevice } from './virtio-device.js';

/** What the user writes: option texts by long name, as a command line or a configuration file gives them. */
export interface MachineOptions {
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly dtb?: string;
  readonly dumpdtb?: string;
  readonly firmware?: string;
  readonly machine?: string;
  readonly cpu?: string;
  readonly smp?: string | number;
  readonly threads?: string | number;
  readonly memory?: string;
  readonly drive?: readonly string[];
  readonly serial?: readonly string[];
  readonly console?: readonly string[];
  readonly device?: readonly string[];
  readonly jit?: string;
  readonly deterministic?: boolean;
  readonly record?: string;
  readonly replay?: string;
  readonly digestInterval?: string | number;
  readonly seed?: string | number;
  readonly timeout?: string | number;
  readonly reboot?: boolean;
  readonly stats?: string;
  readonly mark?: readonly string[];
  readonly without?: readonly string[];
  readonly sample?: string;
  readonly profile?: string;
  readonly symbols?: readonly string[];
  readonly translationCache?: string;
  readonly dumpWasm?: string;
  readonly restore?: string;
}

/** A machine and its run, checked: everything that can be known without opening a file. */
export interface MachineConfig extends MachineTypeConfig {
  /** Paths of files. */
  readonly kernel?: string;
  readonly initrd?: string;
  readonly dtb?: string;
  readonly firmware?: string;
  /** Where to write the device tree instead of running. */
  readonly dumpDtb?: string;
  /** Kernel command line. */
  readonly append: string;
  readonly cpu: CpuConfig;
  /** Number of PEs. */
  readonly smp: number;
  /** Threads of the host that the CPUs run on, when it was said. */
  readonly threads?: number;
  /** Bytes of RAM. */
  readonly memoryBytes: number;
  readonly drives: readonly DriveConfig[];
  /** Serial lines: the first PL011, and with `secure` the second. */
  readonly serial: readonly CharacterSpec[];
  /** Virtio consoles: /dev/hvc0 and on. */
  readonly consoles: readonly CharacterSpec[];
  /** What the 32 virtio-mmio slots hold. */
  readonly virtio: readonly (VirtioSlotConfig | undefined)[];
  readonly loaders: readonly LoaderConfig[];
  readonly jit: JitMode;
  /** All PEs in lockstep on one thread with an instruction-count clock. */
  readonly deterministic: boolean;
  /** Where to write the inputs and digests of a deterministic run. */
  readonly record?: string;
  /** Where to take them from. */
  readonly replay?: string;
  /** Instructions between digests. */
  readonly digestInterval: number;
  /** Makes the guest's entropy a function of this text; undefined draws from the host. */
  readonly seed?: string;
  /** Seconds of wall time after which the run is given up. */
  readonly timeoutSeconds?: number;
  /** False: a guest's reset ends the run. */
  readonly reboot: boolean;
  /** Where to write statistics. */
  readonly stats?: string;
  /** Console texts whose first appearance is timed. */
  readonly marks: readonly string[];
  /** Optimizations that are switched off. */
  readonly without: readonly Optimization[];
  /** Where to write a sample of the executed instructions. */
  readonly sample?: string;
  /** Where to write a profile of the guest. */
  readonly profile?: string;
  /** Files with the names of the guest's functions, for the profile. */
  readonly symbols: readonly string[];
  /** Folder that keeps translations from one run to the next. */
  readonly translationCache?: string;
  /** Folder to write the modules of translated code to; none of earlier runs is used. */
  readonly dumpWasm?: string;
  /** Snapshot to go on from: no file of the guest's is read. */
  readonly restore?: string;
}

const KEYS: readonly (keyof MachineOptions)[] = [
  'kernel', 'initrd', 'append', 'dtb', 'dumpdtb', 'firmware', 'machine', 'cpu', 'smp', 'threads', 'memory', 'drive', 'serial',
  'console', 'device', 'jit', 'deterministic', 'record', 'replay', 'digestInterval', 'seed', 'timeout', 'reboot', 'stats', 'mark',
  'without', 'sample', 'profile', 'symbols', 'translationCache', 'dumpWasm', 'restore',
];

/** Values of options that are not given. */
export const MachineDefaults = { machine: 'virt', cpu: 'max', smp: 1, memory: '1G', serial: ['stdio'], digestInterval: '500M' } as const;

/** The kernel's limit on its command line (COMMAND_LINE_SIZE of arm64), its terminator included. */
const COMMAND_LINE_BYTES = 2048;

/** Checks options and gives them types and defaults. */
export function resolveMachineConfig(options: MachineOptions): MachineConfig {
  for (const key of Object.keys(options)) {
    if (!(KEYS as readonly string[]).includes(key)) throw new ConfigurationError(`unknown option '${key}'`);
  }
  const machine = parseMachineType(options.machine ?? MachineDefaults.machine);
  const consoles = (options.console ?? []).map((text) => parseSerial(text, '--console'));
  // The terminal is the first serial line's, unless a console is put there and nothing is said of serial lines.
  const terminalTaken = options.serial === undefined && consoles.some((line) => line.kind === 'stdio');
  const serialTexts = options.serial ?? (terminalTaken ? ['null'] : MachineDefaults.serial);
  const serial = serialTexts.map((text) => parseSerial(text));
  const drives = (options.drive ?? []).map(parseDrive);
  const smp = parseCpuCount(options.smp ?? MachineDefaults.smp);
  const [virtioTexts, loaderTexts] = [true, false].map((wanted) =>
    (options.device ?? []).filter((text) => isVirtioDevice(text) === wanted));
  const loaders = loaderTexts.map(parseLoader);
  checkSerial(serial, consoles, machine.secure);
  checkDrives(drives, options.firmware);
  const deterministic = options.deterministic === true || options.record !== undefined || options.replay !== undefined;
  if (deterministic) checkDeterministic(options, serial, consoles, drives);
  for (const loader of loaders) {
    if (loader.kind !== 'data' && loader.cpu !== undefined && loader.cpu >= smp) {
      throw new ConfigurationError(`--device loader: CPU ${loader.cpu} does not exist; there are ${smp}`);
    }
  }
  const append = options.append ?? '';
  if (new TextEncoder().encode(append).length >= COMMAND_LINE_BYTES) {
    throw new ConfigurationError(`--append: the kernel takes at most ${COMMAND_LINE_BYTES - 1} bytes`);
  }
  if (append.includes('\0')) throw new ConfigurationError('--append: has a NUL byte');
  if (options.initrd !== undefined && options.kernel === undefined) {
    throw new ConfigurationError('--initrd: needs --kernel');
  }
  const jit = parseJitMode(options.jit ?? 'on');
  const without = (options.without ?? []).map(parseOptimization);
  if (options.dumpWasm !== undefined && jit !== 'on') throw new ConfigurationError('--dump-wasm: needs --jit on');
  if (options.dumpWasm !== undefined && without.includes('direct-encoding')) {
    throw new ConfigurationError('--dump-wasm: not with --without direct-encoding');
  }
  const symbols = options.symbols ?? [];
  if (symbols.length > 0 && options.profile === undefined) throw new ConfigurationError('--symbols: needs --profile');
  return {
    ...machine,
    ...paths(options),
    append,
    cpu: parseCpu(options.cpu ?? MachineDefaults.cpu),
    smp,
    ...(options.threads === undefined ? {} : { threads: parseThreadCount(options.threads) }),
    memoryBytes: parseMemorySize(options.memory ?? MachineDefaults.memory),
    drives,
    serial,
    consoles,
    virtio: assignVirtioSlots(virtioTexts.map(parseVirtioDevice), drives, consoles),
    loaders,
    jit,
    deterministic,
    digestInterval: parseDigestInterval(options.digestInterval ?? MachineDefaults.digestInterval),
    ...(options.seed === undefined ? {} : { seed: String(options.seed) }),
    ...(options.timeout === undefined ? {} : { timeoutSeconds: parseSeconds(options.timeout) }),
    reboot: options.reboot ?? true,
    marks: options.mark ?? [],
    without,
    symbols,
  };
}

type Paths = Pick<
  MachineConfig,
  'kernel' | 'initrd' | 'dtb' | 'firmware' | 'dumpDtb' | 'stats' | 'sample' | 'profile' | 'translationCache' | 'dumpWasm' | 'restore' |
  'record' | 'replay'
>;

const OPTION_NAMES: Readonly<Record<string, string>> = { translationCache: 'translation-cache', dumpWasm: 'dump-wasm' };

function paths(options: MachineOptions): Paths {
  const given = {
    kernel: options.kernel, initrd: options.initrd, dtb: options.dtb, firmware: options.firmware,
    dumpDtb: options.dumpdtb, stats: options.stats, sample: options.sample, profile: options.profile,
    translationCache: options.translationCache, dumpWasm: options.dumpWasm, restore: options.restore, record: options.record, replay: options.replay,
  };
  for (const [key, value] of Object.entries(given)) {
    if (value === '') throw new ConfigurationError(`--${OPTION_NAMES[key] ?? key.toLowerCase()}: a file name is missing`);
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Paths;
}

/** @throws ConfigurationError for what cannot be deterministic, or be recorded */
function checkDeterministic(
  options: MachineOptions, serial: readonly CharacterSpec[], consoles: readonly CharacterSpec[], drives: readonly DriveConfig[],
): void {
  const { record, replay, sample } = options;
  if (record !== undefined && replay !== undefined) throw new ConfigurationError('--record, --replay: give one of them');
  if (options.restore !== undefined) throw new ConfigurationError('--restore: not with --deterministic, --record or --replay');
  if (sample !== undefined) throw new ConfigurationError('--sample: not with --deterministic, --record or --replay');
  if ([...serial, ...consoles].some(({ kind }) => kind === 'unix' || kind === 'tcp')) {
    throw new ConfigurationError('--serial, --console: no sockets with --deterministic, --record or --replay');
  }
  if (record === undefined && replay === undefined) return;
  const changed = drives.find((drive) => !drive.readOnly && !drive.snapshot);
  if (changed !== undefined) {
    throw new ConfigurationError(`--drive file=${changed.file}: --record and --replay need snapshot=on or readonly=on`);
  }
}

/** Instructions, with K, M or G for thousands, millions and so on. */
function parseDigestInterval(value: string | number): number {
  const match = /^(\d{1,15})([KMG]?)$/i.exec(String(value));
  const count = match === null ? NaN : Number(match[1]) * { '': 1, K: 1e3, M: 1e6, G: 1e9 }[match[2].toUpperCase()]!;
  if (!(count >= 1e5) || !Number.isSafeInteger(count)) {
    throw new ConfigurationError(`--digest-interval ${value}: not a number of instructions from 100K on`);
  }
  return count;
}

function parseCpuCount(value: string | number): number {
  const count = parseInteger(String(value).replace(/^cpus=/, ''));
  if (count === undefined) throw new ConfigurationError(`--smp ${value}: not a number of CPUs`);
  if (count < 1n || count > MAX_VCPUS) throw new ConfigurationError(`--smp ${value}: there are 1 to ${MAX_VCPUS} CPUs`);
  return Number(count);
}

function parseThreadCount(value: string | number): number {
  const count = parseInteger(String(value));
  if (count === undefined) throw new ConfigurationError(`--threads ${value}: not a number of threads`);
  if (count < 1n || count > MAX_VCPUS) throw new ConfigurationError(`--threads ${value}: there are 1 to ${MAX_VCPUS}`);
  return Number(count);
}

function parseSeconds(value: string | number): number {
  const seconds = Number(value);
  if (String(value).trim() === '' || !(seconds > 0) || seconds > 1e6) {
    throw new ConfigurationError(`--timeout ${value}: not a number of seconds`);
  }
  return seconds;
}

function checkSerial(serial: readonly CharacterSpec[], consoles: readonly CharacterSpec[], secure: boolean): void {
  const lines = secure ? 2 : 1;
  if (serial.length > lines) {
    throw new ConfigurationError(`--serial: the machine has ${lines} serial line${secure ? 's' : ''}`);
  }
  if ([...serial, ...consoles].filter((line) => line.kind === 'stdio').length > 1) {
    throw new ConfigurationError('--serial, --console: the terminal serves one line only');
  }
}

function checkDrives(drives: readonly DriveConfig[], firmware: string | undefined): void {
  const ids = drives.flatMap((drive) => (drive.id === undefined ? [] : [drive.id]));
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new ConfigurationError(`--drive: the id '${twice}' is given twice`);
  const banks = flashBanks(drives);
  if (firmware !== undefined && banks[0] !== undefined) {
    throw new ConfigurationError('--firmware: the first bank of flash has a drive already');
  }
}

/** The drives of flash banks 0 and 1. A pflash drive without a unit takes the first free bank. */
export function flashBanks(drives: readonly DriveConfig[]): [DriveConfig | undefined, DriveConfig | undefined] {
  const banks: [DriveConfig | undefined, DriveConfig | undefined] = [undefined, undefined];
  const flash = drives.filter((drive) => drive.interface === 'pflash');
  for (const drive of [...flash.filter((d) => d.unit !== undefined), ...flash.filter((d) => d.unit === undefined)]) {
    const unit = drive.unit ?? banks.indexOf(undefined);
    if (unit < 0 || unit > 1 || banks[unit] !== undefined) {
      throw new ConfigurationError(`--drive file=${drive.file}: no free bank of flash for it`);
    }
    banks[unit] = drive;
  }
  return banks;
}
