import type { LoaderConfig } from '../config/loader.js';
import { ConfigurationError } from '../support/errors.js';
import { parseDeviceTree, writeDeviceTree } from './device-tree/flattened.js';
import type { DeviceTree } from './device-tree/node.js';
import { patchDeviceTree } from './device-tree/patch.js';
import { reseedDeviceTree, treeSeeds } from './device-tree/seeds.js';
import { type VirtTreeOptions, buildVirtTree } from './device-tree/virt-tree.js';
import { gunzip, isGzip } from './loaders/compression.js';
import { type LoadSegment, type NamedFile, formatBytes, hex } from './loaders/file.js';
import { type FwCfgItem, fwCfgBootItems } from './loaders/fw-cfg-items.js';
import { type LoaderEffect, readLoader } from './loaders/generic-loader.js';
import { type KernelImage, readKernel } from './loaders/kernel.js';
import { isLegacyImage, readLegacyImage } from './loaders/uimage.js';
import {
  type AddressRange, type ExceptionLevels, FLASH_BANK_BYTES, type PsciConduit, VirtMemoryMap, flashBank, psciConduit,
  startingExceptionLevel,
} from './virt-board.js';

/** How a machine is to be started, with the files read. */
export interface BootOptions {
  readonly levels: ExceptionLevels;
  readonly cpuCount: number;
  /** CPU model by QEMU's name. */
  readonly cpuModel: string;
  readonly ramBytes: number;
  /** Kernel command line; '' is none. */
  readonly commandLine: string;
  /** Makes the tree's seeds a function of this text; undefined draws them from the host. */
  readonly seed?: string;
  /** False leaves the seeds out of the tree. */
  readonly dtbRandomness?: boolean;
  /** Devices of QEMU's tree that this machine has although Ulna's board usually does not. */
  readonly optionalDevices?: VirtTreeOptions['optional'];
  readonly files: BootFiles;
  /** The device tree is all that is wanted of the plan: there may be nothing to run. */
  readonly treeOnly?: boolean;
}

export interface BootFiles {
  readonly kernel?: NamedFile;
  readonly initrd?: NamedFile;
  /** A tree to use instead of the generated one. */
  readonly dtb?: NamedFile;
  /** Goes to the first bank of flash. */
  readonly firmware?: NamedFile;
  /** Contents of the banks of flash that drives back. */
  readonly flash?: readonly [NamedFile | undefined, NamedFile | undefined];
  readonly loaders?: readonly LoaderConfig<NamedFile>[];
}

/** Everything a reset puts into place before the first instruction. */
export interface BootPlan {
  /** To be written in this order on each reset; each lies within RAM or, with EL3, within secure memory. */
  readonly segments: readonly LoadSegment[];
  /** First address and X0 of PE 0; X1..X3 are zero. */
  readonly entry: { readonly pc: bigint; readonly x0: bigint };
  /** First address of other PEs, and of PE 0 where a loader sets it. */
  readonly cpuEntry: ReadonlyMap<number, bigint>;
  /** EL the PEs start at. Below the highest, EL2 and EL3 are set as firmware leaves them (`firmwareRegisters`). */
  readonly startEl: 1 | 2 | 3;
  /** The PEs start in Secure state: EL3 is there and no Linux image is booted directly. */
  readonly secure: boolean;
  /** Where the built-in PSCI answers. With `none` all PEs start running at once, else PE 0 only. */
  readonly conduit: PsciConduit;
  /** The kernel is entered by Linux's boot protocol. */
  readonly linux: boolean;
  /** Contents of flash, at most 64 MiB each; the rest of a bank that no drive backs is zero, as in QEMU. */
  readonly flash: readonly [Uint8Array | undefined, Uint8Array | undefined];
  readonly fwCfgItems: readonly FwCfgItem[];
  /** The device tree and where it lies; no address when an ELF program at the start of RAM leaves no room for it. */
  readonly dtb: Uint8Array;
  readonly dtbAddress?: number;
}

const MiB = 1024 * 1024;
const TREE_NAME = 'the device tree';
/** Size of the generated tree with room to grow, as QEMU's. */
const GENERATED_TREE_BYTES = MiB;
/** arm64 kernels map their tree with one 2 MiB block. */
const TREE_ALIGNMENT = 2 * MiB;
const PAGE_BYTES = 4096;
/** The initrd lies at least this far into RAM, or halfway where RAM is smaller. */
const INITRD_OFFSET = 128 * MiB;

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/** Decides what goes where, as QEMU's hw/arm/boot.c and virt.c do. Wrong input is a ConfigurationError. */
export function planBoot(options: BootOptions): BootPlan {
  const { files, levels, ramBytes } = options;
  const ram: AddressRange = { base: VirtMemoryMap.ram.base, size: ramBytes };
  const hasFirmware = files.firmware !== undefined || files.flash?.[0] !== undefined;
  const kernel = files.kernel !== undefined && !hasFirmware ? readKernel(files.kernel) : undefined;
  const loaders = (files.loaders ?? []).map(readLoader);
  const startsSomewhere = hasFirmware || kernel !== undefined || loaders.some((loader) => loader.entry?.cpu === 0);
  if (!startsSomewhere && options.treeOnly !== true) {
    throw new ConfigurationError('nothing to run: give a kernel, firmware, or a loader device with cpu-num=0');
  }

  const placed = kernel === undefined ? { segments: [], linux: false } : placeKernel(kernel, options, ram);
  const { linux } = placed;
  const conduit = psciConduit(levels, { linux, firmware: hasFirmware });
  const tree = deviceTree(options, hasFirmware);
  patchDeviceTree(tree, {
    ram, commandLine: options.commandLine, conduit, ...(placed.initrd === undefined ? {} : { initrd: placed.initrd }),
  }, files.dtb?.name);
  const { dtb, dtbAddress } = placeTree(tree, options, placed, ram);
  const treeSegment = dtbAddress === undefined ? [] : [segment(TREE_NAME, dtbAddress, dtb)];

  const flash = flashContents(files);
  const segments = [...placed.segments, ...treeSegment, ...loaders.flatMap((loader) => loader.images)];
  checkOverlaps(segments);
  const stores = loaders.flatMap((loader) => loader.stores);
  const memory = levels.el3 ? [ram, VirtMemoryMap.secureMemory] : [ram];
  // As in QEMU, where a file and a value meet, the file is there in the end.
  const inMemory = toFlash([...stores, ...segments], flash)
    .filter((part) => part.size > 0)
    .map((part) => withinMemory(part, memory));

  return {
    segments: inMemory,
    entry: { pc: placed.entry ?? 0n, x0: linux ? BigInt(dtbAddress ?? 0) : 0n },
    cpuEntry: cpuEntries(loaders, options.cpuCount),
    startEl: startingExceptionLevel(levels, linux),
    secure: levels.el3 && !linux,
    conduit,
    linux,
    flash,
    fwCfgItems: hasFirmware && files.kernel !== undefined ? firmwareItems(options, files.kernel) : [],
    dtb,
    ...(dtbAddress === undefined ? {} : { dtbAddress }),
  };
}

/** The plan for a further reset of the machine: the same with new seeds where its tree has seeds. */
export function planReset(plan: BootPlan, seed: string | undefined): BootPlan {
  const dtb = reseedDeviceTree(plan.dtb, seed);
  const segments = plan.segments.map((part) => (part.bytes === plan.dtb ? { ...part, bytes: dtb } : part));
  return { ...plan, dtb, segments };
}

const segment = (name: string, address: number, bytes: Uint8Array): LoadSegment => ({
  name, address, bytes, size: bytes.length,
});

interface PlacedKernel {
  readonly segments: readonly LoadSegment[];
  readonly linux: boolean;
  readonly entry?: bigint;
  readonly initrd?: AddressRange;
  /** Where the tree goes: just this address up to the limit, or for Linux wherever there is room from it on. */
  readonly tree?: { readonly address: number; readonly limit: number } | 'no room';
}

function placeKernel(kernel: KernelImage, options: BootOptions, ram: AddressRange): PlacedKernel {
  const name = options.files.kernel?.name ?? 'kernel';
  if (kernel.kind === 'elf') {
    const tree = kernel.low > ram.base
      ? { address: ram.base, limit: kernel.low }
      : kernel.high < ram.base ? { address: ram.base, limit: ram.base + ram.size } : 'no room';
    return { segments: kernel.segments, linux: false, entry: kernel.entry, tree };
  }
  const linux = kernel.kind === 'linux' || kernel.linux;
  const address = kernel.kind === 'linux' ? ram.base + kernel.loadOffset : legacyAddress(kernel, ram);
  const entry = kernel.kind === 'linux' || kernel.relocatable ? address : kernel.entry;
  const size = kernel.kind === 'linux' ? kernel.imageSize : kernel.bytes.length;
  const part = segment(name, address, kernel.bytes);
  if (address < ram.base || address + size > ram.base + ram.size) {
    throw new ConfigurationError(
      `${name}: the kernel needs ${formatBytes(size)} at ${hex(address)}, ` +
        `more than the ${formatBytes(ram.size)} of memory hold`,
    );
  }
  if (!linux) {
    return { segments: [part], linux, entry: BigInt(entry), tree: { address: ram.base, limit: address } };
  }
  const initrd = placeInitrd(options, ram, address + size);
  return {
    segments: [part, ...(initrd.segment === undefined ? [] : [initrd.segment])],
    linux,
    entry: BigInt(entry),
    ...(initrd.segment === undefined ? {} : { initrd: { base: initrd.segment.address, size: initrd.segment.size } }),
    tree: { address: alignUp(initrd.end, TREE_ALIGNMENT), limit: ram.base + ram.size },
  };
}

/** A U-Boot image that wants no particular place lies at 32 MiB. */
function legacyAddress(kernel: { readonly relocatable: boolean; readonly load: number }, ram: AddressRange): number {
  return kernel.relocatable ? ram.base + 32 * MiB : kernel.load;
}

function placeInitrd(
  options: BootOptions, ram: AddressRange, kernelEnd: number,
): { segment?: LoadSegment; end: number } {
  const start = alignUp(Math.max(ram.base + Math.min(ram.size / 2, INITRD_OFFSET), kernelEnd), PAGE_BYTES);
  const file = options.files.initrd;
  if (file === undefined) return { end: start };
  if (file.bytes.length === 0) throw new ConfigurationError(`${file.name}: the initrd file is empty`);
  const legacy = isLegacyImage(file.bytes) ? readLegacyImage(file) : undefined;
  const bytes = legacy?.role === 'ramdisk' ? legacy.bytes : file.bytes;
  const end = start + bytes.length;
  if (end > ram.base + ram.size) {
    const room = Math.max(0, ram.base + ram.size - start);
    throw new ConfigurationError(
      `${file.name}: the initrd of ${formatBytes(bytes.length)} does not fit ` +
        `into the ${formatBytes(room)} of memory after the kernel`,
    );
  }
  return { segment: segment(file.name, start, bytes), end };
}

function deviceTree(options: BootOptions, hasFirmware: boolean): DeviceTree {
  const { files, levels } = options;
  if (files.dtb !== undefined) return parseDeviceTree(files.dtb.bytes, files.dtb.name);
  const tree = buildVirtTree({
    cpuCount: options.cpuCount,
    cpuModel: options.cpuModel,
    levels,
    psciEnable: !(levels.el3 && hasFirmware),
    ...(options.dtbRandomness === false ? {} : {
      seeds: treeSeeds(options.seed, 'non-secure'), secureSeeds: treeSeeds(options.seed, 'secure'),
    }),
    ...(options.optionalDevices === undefined ? {} : { optional: options.optionalDevices }),
  });
  return tree;
}

function placeTree(
  tree: DeviceTree, options: BootOptions, placed: PlacedKernel, ram: AddressRange,
): { dtb: Uint8Array; dtbAddress?: number } {
  const place = placed.tree ?? { address: ram.base, limit: ram.base + ram.size };
  const { dtb: file } = options.files;
  // A user's tree gets the room QEMU gives it; room is given up where there is none.
  const wanted = file === undefined ? GENERATED_TREE_BYTES : (file.bytes.length + 10000) * 2;
  if (place === 'no room') return { dtb: writeDeviceTree(tree, wanted) };
  const room = place.limit - place.address;
  let dtb = writeDeviceTree(tree, Math.min(wanted, placed.linux ? TREE_ALIGNMENT : wanted, Math.max(0, room)));
  if (dtb.length > room) dtb = writeDeviceTree(tree);
  if (placed.linux && dtb.length > TREE_ALIGNMENT) {
    throw new ConfigurationError(`${file?.name ?? 'device tree'}: larger than the 2 MiB a kernel accepts`);
  }
  if (dtb.length <= room) return { dtb, dtbAddress: place.address };
  if (placed.linux || place.limit === ram.base + ram.size) {
    throw new ConfigurationError('too little memory: no room for the device tree after the kernel and the initrd');
  }
  return { dtb };
}

function flashContents(files: BootFiles): [Uint8Array | undefined, Uint8Array | undefined] {
  const banks: [NamedFile | undefined, NamedFile | undefined] = [
    files.firmware ?? files.flash?.[0], files.flash?.[1],
  ];
  for (const bank of banks) {
    if (bank !== undefined && bank.bytes.length > FLASH_BANK_BYTES) {
      throw new ConfigurationError(
        `${bank.name}: ${bank.bytes.length} bytes do not fit into a flash bank of ${formatBytes(FLASH_BANK_BYTES)}`,
      );
    }
  }
  if (files.firmware?.bytes.length === 0) {
    throw new ConfigurationError(`${files.firmware.name}: the firmware file is empty`);
  }
  return [banks[0]?.bytes, banks[1]?.bytes];
}

const BANKS = [0, 1] as const;

/** Moves the parts that lie in flash there; gives the others. */
function toFlash(parts: readonly LoadSegment[], flash: (Uint8Array | undefined)[]): LoadSegment[] {
  const bankOf = (part: LoadSegment): number => BANKS.findIndex((bank) => inside(part, flashBank(bank)));
  for (const bank of BANKS) {
    const own = parts.filter((part) => bankOf(part) === bank);
    if (own.length === 0) continue;
    const { base } = flashBank(bank);
    const before = flash[bank] ?? new Uint8Array(0);
    // One copy for all of them: an ELF file may have thousands of segments here.
    const end = own.reduce((most, part) => Math.max(most, part.address - base + part.size), before.length);
    const after = new Uint8Array(end);
    after.set(before);
    for (const { address, size, bytes } of own) {
      after.fill(0, address - base, address - base + size);
      after.set(bytes, address - base);
    }
    flash[bank] = after;
  }
  return parts.filter((part) => bankOf(part) < 0);
}

const inside = (part: LoadSegment, range: AddressRange): boolean =>
  part.address >= range.base && part.address + part.size <= range.base + range.size;

/** The part of a segment that lies in memory; unless it may be clipped, all of it has to. */
function withinMemory(part: LoadSegment, memory: readonly AddressRange[]): LoadSegment {
  for (const range of memory) {
    if (inside(part, range)) return part;
    const start = Math.max(part.address, range.base);
    const size = Math.min(part.address + part.size, range.base + range.size) - start;
    if (part.clip !== true || size <= 0) continue;
    const skipped = start - part.address;
    return { ...part, address: start, size, bytes: part.bytes.subarray(skipped, skipped + size) };
  }
  const [ram] = memory;
  throw new ConfigurationError(
    `${part.name}: ${formatBytes(part.size)} at ${hex(part.address)} are not within the machine's memory ` +
      `(RAM is ${hex(ram.base)} to ${hex(ram.base + ram.size - 1)})`,
  );
}

function checkOverlaps(segments: readonly LoadSegment[]): void {
  const sorted = segments.filter((part) => part.size > 0).sort((a, b) => a.address - b.address);
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1], sorted[i]];
    if (a.address + a.size > b.address) {
      const first = `${a.name} (${formatBytes(a.size)} at ${hex(a.address)})`;
      throw new ConfigurationError(`${first} and ${b.name} (at ${hex(b.address)}) overlap in memory`);
    }
  }
}

function cpuEntries(loaders: readonly LoaderEffect[], cpuCount: number): Map<number, bigint> {
  const entries = new Map<number, bigint>();
  for (const { entry } of loaders) {
    if (entry === undefined) continue;
    if (entry.cpu >= cpuCount) {
      throw new ConfigurationError(`a loader device starts CPU ${entry.cpu}; there are ${cpuCount}`);
    }
    entries.set(entry.cpu, entry.address);
  }
  return entries;
}

function firmwareItems(options: BootOptions, kernel: NamedFile): FwCfgItem[] {
  const bytes = isGzip(kernel.bytes) ? gunzip(kernel.bytes, kernel.name) : kernel.bytes;
  return fwCfgBootItems(bytes, options.files.initrd?.bytes, options.commandLine);
}
