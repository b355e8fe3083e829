/** Every option of every command. src/config checks what the machine's own options say. */
import { DEFAULT_KERNEL_PACKAGE, DEFAULT_SUITE } from '../../../guest/index.js';
import { CPU_MODELS } from '../../config/cpu.js';
import { MachineDefaults } from '../../config/machine-config.js';
import { OPTIMIZATIONS } from '../../support/optimizations.js';
import { asAnyText, asText, flag, list, type OptionTable, value, valueOr } from './spec.js';

/** Where packages come from; `boot` and `fetch` have these alike. */
const packageOptions = {
  suite: valueOr('Packages', 'NAME', asText, DEFAULT_SUITE, 'Debian suite to fetch from'),
  'kernel-package': valueOr('Packages', 'NAME', asText, DEFAULT_KERNEL_PACKAGE, "the default guest's kernel package"),
  module: list('Packages', 'NAME', asText, "kernel module for the default guest's initramfs to load"),
  package: list(
    'Packages', 'NAME', asText, "Debian package for the default guest's initramfs to hold, with what it depends on",
  ),
  mirror: value('Packages', 'URI', asText, "Debian archive to use instead of the one in this machine's apt sources"),
  'unverified-suite': flag('Packages', "accept a suite whose signature this machine's keyring cannot verify"),
} as const satisfies OptionTable;

export const bootOptions = {
  kernel: value('Guest', 'FILE', asText, 'Image, Image.gz, EFI-zboot vmlinuz or ELF; without it the default guest'),
  initrd: value('Guest', 'FILE', asText, 'initial RAM disk'),
  append: value('Guest', 'TEXT', asAnyText, "kernel command line, after the default guest's own"),
  dtb: value('Guest', 'FILE', asText, 'device tree to use instead of the generated one'),
  dumpdtb: value('Guest', 'FILE', asText, 'write the device tree and end'),
  firmware: value('Guest', 'FILE', asText, 'image for the first bank of flash'),
  device: list(
    'Guest',
    'loader,...',
    asText,
    'loader: put a file or value into memory, or set where a CPU starts; virtio-blk-device,drive=ID; virtio-rng-device',
  ),
  machine: valueOr(
    'Machine',
    'TYPE',
    asText,
    MachineDefaults.machine,
    'virt[,secure=on][,virtualization=on][,gic-version=3][,its=off][,dtb-randomness=off]',
  ),
  cpu: valueOr('Machine', 'MODEL', asText, MachineDefaults.cpu, `CPU model: ${CPU_MODELS.join(', ')}`),
  smp: valueOr('Machine', 'N', asText, String(MachineDefaults.smp), 'number of CPUs'),
  threads: value('Machine', 'N', asText, 'threads of the host that CPUs run on, all from the start (default: as many as there is work for, at most its processors)'),
  memory: valueOr('Machine', 'SIZE', asText, MachineDefaults.memory, 'RAM, for example 512M; at most 3.5G'),
  seed: value('Machine', 'TEXT', asText, "makes the guest's entropy a function of TEXT; with --deterministic the schedule of several CPUs too"),
  drive: list(
    'Storage and serial',
    'file=F,format=raw',
    asText,
    'disk image of a virtio disk, or with if=pflash of a flash bank; readonly=on, snapshot=on, cache=MODE, serial=S',
  ),
  serial: list(
    'Storage and serial',
    'WHERE',
    asText,
    'where the serial line goes: stdio (as without this option, unless --console has it), file:F[,append=on], null, ' +
      'or unix:F or tcp:H:P[,server=on][,wait=off]',
  ),
  console: list(
    'Storage and serial',
    'WHERE',
    asText,
    'virtio console (/dev/hvc0 and on), to the same places as --serial',
  ),
  restore: value('Run', 'FILE', asText, 'go on from a snapshot that the monitor saved; the machine is the snapshot\'s where no option says otherwise'),
  fast: flag('Run', 'keep a snapshot of the guest as it waits for its first input, and start from it the next time'),
  deterministic: flag('Run', 'time follows the instructions executed: the same inputs give the same run (runtime/README.md)'),
  record: value('Run', 'FILE', asText, 'write the inputs of a deterministic run, and digests of its state, for --replay'),
  replay: value('Run', 'FILE', asText, 'run as recorded and compare the digests; status 1 when one differs'),
  'digest-interval': valueOr(
    'Run', 'N', asText, MachineDefaults.digestInterval, 'instructions between digests of --record, for example 100M',
  ),
  timeout: value('Run', 'SECONDS', asText, 'end with status 4 when the guest has run so long'),
  'no-reboot': flag('Run', 'end when the guest resets the machine'),
  jit: valueOr('Run', 'MODE', asText, 'on', 'translator of hot code: on, off (interpreter only), or strict (all code, at once: slow)'),
  without: list(
    'Run',
    'NAME',
    asText,
    `leave an optimization out, to look for a wrong answer: ${Object.keys(OPTIMIZATIONS).join(', ')}`,
  ),
  stats: value('Run', 'FILE', asText, 'write counters and times as JSON at the end'),
  'translation-cache': value(
    'Run', 'FOLDER', asText, "where translations are kept from one run to the next (default: in the user's cache); off: nowhere",
  ),
  sample: value('Run', 'FILE', asText, 'write a sample of the executed instructions, one in 256 (runtime/README.md)'),
  profile: value(
    'Run', 'FILE', asText, "write where the guest's instructions were spent, as a .cpuprofile (runtime/README.md)",
  ),
  symbols: list(
    'Run', 'FILE', asText, "names for --profile: an ELF file, or text as nm, System.map and the guest's /proc/kallsyms have it",
  ),
  'dump-wasm': value(
    'Run', 'FOLDER', asText, 'write the modules of translated code, with what they were made from (runtime/README.md); none of earlier runs is used',
  ),
  mark: list('Run', 'TEXT', asText, 'note in --stats when the console first printed TEXT'),
  ...packageOptions,
} as const satisfies OptionTable;

export const fetchOptions = {
  ...packageOptions,
  update: flag('Packages', 'look for newer packages even if some are in the cache'),
} as const satisfies OptionTable;

export const explainOptions = {
  cpu: value('Machine', 'MODEL', asText, `CPU that executes the words: ${CPU_MODELS.join(', ')}`),
} as const satisfies OptionTable;
