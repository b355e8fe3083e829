import { OptionList } from './option-list.js';

/** QEMU's generic loader device (docs/system/generic-loader.rst): puts data into memory, or a PE's first address. */
export type LoaderConfig<File = string> =
  /** A file: ELF, U-Boot or Intel HEX image at its own addresses, else (or with `forceRaw`) raw at `address`. */
  | {
      readonly kind: 'file';
      readonly file: File;
      readonly address: bigint;
      readonly forceRaw: boolean;
      /** The PE to start at the file's entry point. */
      readonly cpu?: number;
    }
  /** Bytes to store. */
  | { readonly kind: 'data'; readonly address: bigint; readonly bytes: Uint8Array }
  /** The address a PE starts at. */
  | { readonly kind: 'entry'; readonly address: bigint; readonly cpu: number };

const KEYS = ['driver', 'file', 'addr', 'cpu-num', 'force-raw', 'data', 'data-len', 'data-be', 'id'];

/**
 * `loader,file=F[,addr=A][,cpu-num=N][,force-raw=on]`, `loader,addr=A,data=D,data-len=N[,data-be=on]` or
 * `loader,addr=A,cpu-num=N`.
 */
export function parseLoader(text: string): LoaderConfig {
  const list = new OptionList(text, '--device', KEYS, 'driver');
  if (list.string('driver') !== 'loader') {
    list.fail("the device is 'loader', 'virtio-blk-device' or 'virtio-rng-device'");
  }
  const file = list.string('file');
  const address = list.integer('addr') ?? 0n;
  const length = list.integer('data-len') ?? 0n;
  const bigEndian = list.boolean('data-be', false);
  const forceRaw = list.boolean('force-raw', false);
  const cpuNumber = list.integer('cpu-num');
  if (cpuNumber !== undefined && cpuNumber > 0xffffn) list.fail(`there is no CPU ${cpuNumber}`);
  const cpu = cpuNumber === undefined ? {} : { cpu: Number(cpuNumber) };

  if (list.has('data') || length !== 0n || bigEndian) {
    if (file !== undefined) list.fail("'file' and 'data' exclude each other");
    if (forceRaw) list.fail("'force-raw' is for files");
    if (length === 0n || !list.has('data')) list.fail("'data' and 'data-len' go together");
    if (length > 8n) list.fail("'data-len' is at most 8 bytes");
    const all = new Uint8Array(8);
    new DataView(all.buffer).setBigUint64(0, list.integer('data') ?? 0n, !bigEndian);
    return { kind: 'data', address, bytes: all.slice(0, Number(length)) };
  }
  if (file !== undefined) {
    if (file === '') list.fail("'file' is empty");
    return { kind: 'file', file, address, forceRaw, ...cpu };
  }
  if (forceRaw) list.fail("'force-raw' needs a file");
  if (!list.has('addr')) list.fail("needs 'file', 'data' or an address to start at");
  if (cpu.cpu === undefined) return list.fail("needs 'cpu-num' to set where a CPU starts");
  return { kind: 'entry', address, cpu: cpu.cpu };
}
