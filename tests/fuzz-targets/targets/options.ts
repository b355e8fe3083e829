/** Texts of the command line: every option's parser by itself, and whole machines made of them. */
import { parseCpu } from '../../../src/config/cpu.js';
import { parseDrive } from '../../../src/config/drive.js';
import { parseLoader } from '../../../src/config/loader.js';
import { type MachineOptions, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { parseMachineType } from '../../../src/config/machine-type.js';
import { parseMemorySize } from '../../../src/config/memory-size.js';
import { parseSerial } from '../../../src/config/serial.js';
import { parseVirtioDevice, VIRTIO_SLOTS } from '../../../src/config/virtio-device.js';
import { Input } from '../input.js';
import { check, refusable } from '../outcome.js';

const PARSERS: readonly ((text: string) => unknown)[] = [
  parseDrive, parseSerial, parseVirtioDevice, parseLoader, parseCpu, parseMachineType, parseMemorySize,
];

/** Options of a machine, and whether they may be given more than once. */
const OPTIONS = {
  drive: true, serial: true, console: true, device: true, mark: true, kernel: false, initrd: false, append: false,
  dtb: false, firmware: false, machine: false, cpu: false, smp: false, memory: false, jit: false, seed: false,
  timeout: false, stats: false, dumpdtb: false,
} as const satisfies Partial<Record<keyof MachineOptions, boolean>>;
const NAMES = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];

function checkMachine(options: MachineOptions): void {
  const config = refusable(() => resolveMachineConfig(options));
  if (config === undefined) return;
  check(Number.isSafeInteger(config.memoryBytes) && config.memoryBytes > 0, () => `RAM of ${config.memoryBytes}`);
  check(Number.isInteger(config.smp) && config.smp > 0, () => `${config.smp} CPUs`);
  check(config.virtio.length === VIRTIO_SLOTS, () => `${config.virtio.length} slots`);
  for (const drive of config.drives) check(drive.file !== '', () => 'a drive without a file');
  for (const loader of config.loaders) {
    check(loader.address >= 0n && loader.address < 1n << 64n, () => `loader at ${loader.address}`);
  }
  const timeout = config.timeoutSeconds ?? 1;
  check(timeout > 0 && Number.isFinite(timeout), () => `timeout ${timeout}`);
}

/** The last byte chooses a parser; 0x80 and above, a machine from lines that begin with an option's letter. */
export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const text = new TextDecoder().decode(input.rest());
  if (form < 0x80) {
    // One line is all that a message may have of the option's text.
    refusable(() => PARSERS[form % PARSERS.length](text.replace(/[\n\r]/g, '')));
    return;
  }
  const options: Record<string, string | string[]> = {};
  for (const line of text.split(/[\n\r]/)) {
    if (line === '') continue;
    const name = NAMES[line.charCodeAt(0) % NAMES.length];
    const value = line.slice(1);
    const known = options[name];
    if (!OPTIONS[name]) options[name] = value;
    else options[name] = Array.isArray(known) ? [...known, value] : [value];
  }
  checkMachine(options as MachineOptions);
}
