/** The fuzz targets by name. Each is a module in targets/ that exports `fuzz`, as coverage-guided engines want it. */

export type FuzzTarget = (data: Buffer) => void | Promise<void>;

export interface TargetDescription {
  /** Imports its module. */
  readonly load: () => Promise<{ readonly fuzz: FuzzTarget }>;
  /** Greatest useful input, bytes. */
  readonly maxBytes: number;
  /** Gives a promise: the engine must not be told that it is synchronous. */
  readonly async?: boolean;
  /** Words worth inserting: magic numbers and names; each is bytes, strings as UTF-8. */
  readonly dictionary?: readonly (string | readonly number[])[];
}

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
const big = (value: number): number[] => little(value, 4).reverse();

export const TARGETS = {
  decode: { load: () => import('./targets/decode.js'), maxBytes: 256 },
  execute: { load: () => import('./targets/execute.js'), maxBytes: 768, async: true },
  kernel: {
    load: () => import('./targets/kernel.js'),
    maxBytes: 8192,
    dictionary: [
      'ARM\x64', 'MZ', 'PE\0\0', 'zimg', 'gzip', 'zstd', '\x7fELF', big(0x27051956), little(183, 2),
      little(0x4000_0000, 8), [0x1f, 0x8b, 8], little(0xd503201f, 4),
    ],
  },
  loader: {
    load: () => import('./targets/loader.js'),
    maxBytes: 4096,
    dictionary: [
      '\x7fELF', big(0x27051956), ':00000001FF\n', ':020000040800F2\n', ':0400000540000000B7\n', ':020000021000EC\n',
      little(0x4000_0000, 8), little(0x0e00_0000, 8),
    ],
  },
  compression: {
    load: () => import('./targets/compression.js'),
    maxBytes: 4096,
    dictionary: [big(0x28b52ffd), [0x1f, 0x8b, 8], little(0x184d2a50, 4)],
  },
  'device-tree': {
    load: () => import('./targets/device-tree.js'),
    maxBytes: 16384,
    dictionary: [
      big(0xd00dfeed), big(1), big(2), big(3), big(4), big(9), big(17), '#address-cells\0', '#size-cells\0', 'chosen\0',
      'memory@40000000\0', 'psci\0', 'kaslr-seed\0', 'rng-seed\0',
    ],
  },
  initrd: {
    load: () => import('./targets/initrd.js'),
    maxBytes: 2048,
    dictionary: ['070701', 'TRAILER!!!', '00000000', '00008124', 'ffffffff', big(0x27051956)],
  },
  virtqueue: { load: () => import('./targets/virtqueue.js'), maxBytes: 512 },
  'fw-cfg': { load: () => import('./targets/fw-cfg.js'), maxBytes: 512 },
  its: { load: () => import('./targets/its.js'), maxBytes: 512 },
  flash: { load: () => import('./targets/flash.js'), maxBytes: 512 },
  disk: { load: () => import('./targets/disk.js'), maxBytes: 512 },
  board: { load: () => import('./targets/board.js'), maxBytes: 768 },
  options: {
    load: () => import('./targets/options.js'),
    maxBytes: 512,
    dictionary: [
      'file=', 'format=raw', 'if=virtio', 'if=pflash', 'if=none', 'readonly=on', 'snapshot=on', 'cache=unsafe', 'unit=',
      'id=', 'serial=', 'loader', 'addr=0x', 'cpu-num=', 'data=', 'data-len=', 'data-be=on', 'force-raw=on',
      'virtio-blk-device', 'virtio-rng-device', 'drive=', 'stdio', 'mon:stdio', 'file:', 'unix:', 'tcp:', 'server=on',
      'wait=off', 'append=on', 'cortex-a57', 'max', 'pauth=off', 'secure=on', 'virtualization=on', ',,', '1G',
    ],
  },
  symbols: {
    load: () => import('./targets/symbols.js'),
    maxBytes: 2048,
    dictionary: ['\x7fELF\x02\x01', little(183, 2), ' T ', ' t ', ' W ', '\t[module]\n', 'ffff8000', '$x', little(24, 8), little(0x40, 8)],
  },
  debian: {
    load: () => import('./targets/debian.js'),
    maxBytes: 2048,
    dictionary: [
      'Package: ', 'Depends: ', 'linux-image-', 'SHA256: ', 'Types: deb', 'URIs: ', 'Suites: ', 'Signed-By: ',
      'Enabled: no', 'deb [signed-by=', '.modinfo\0', 'depends=', 'softdep=pre: ', '\x7fELF\x02\x01', '\n\n', '\n ',
    ],
  },
} as const satisfies Readonly<Record<string, TargetDescription>>;

export type TargetName = keyof typeof TARGETS;
export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];

/** Loads a target's function. */
export async function loadTarget(name: TargetName): Promise<FuzzTarget> {
  return (await TARGETS[name].load()).fuzz;
}
