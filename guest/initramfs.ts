/** Builds an initramfs: BusyBox, our init, kernel modules and files that are asked for. Same input, same bytes. */
import { gzipSync } from 'node:zlib';
import { ConfigurationError } from '../src/support/errors.js';
import { type CpioEntry, writeCpio } from './cpio.js';
import { FileTree } from './file-tree.js';
import { initScript, MODULE_FOLDER } from './init-script.js';
import type { KernelModule } from './kernel-modules.js';

/** A file to put into the initramfs. */
export interface ExtraFile {
  /** Absolute path in the guest. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Permission bits; 0644 without it. */
  readonly mode?: number;
}

export interface InitramfsOptions {
  /** A statically linked BusyBox for the guest's architecture. */
  readonly busybox: Uint8Array;
  readonly modules?: readonly KernelModule[];
  readonly files?: readonly ExtraFile[];
  /**
   * Files of unpacked packages. With them /bin, /lib and /sbin are links into /usr, and where a package has a program
   * that BusyBox has too, the package's counts.
   */
  readonly packages?: readonly CpioEntry[];
  readonly hostname?: string;
  /** gzip is what every kernel unpacks; none saves the guest the work. */
  readonly compression?: 'gzip' | 'none';
}

/** Folders that are always there: mount points, and where `busybox --install` puts its links. */
const FOLDERS = [
  'bin',
  'dev',
  'etc',
  'lib',
  'proc',
  'root',
  'run',
  'sbin',
  'sys',
  'tmp',
  'usr',
  'usr/bin',
  'usr/sbin',
  'var',
];

/** Programs by which the guest's user ends a run (init-script.ts has the other half). */
const POWER_PROGRAMS = ['halt', 'poweroff', 'reboot'];

const encoder = new TextEncoder();

function guestPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  if (!path.startsWith('/') || parts.length === 0 || parts.includes('..') || parts.includes('.')) {
    throw new ConfigurationError(`not an absolute path for the initramfs: ${JSON.stringify(path)}`);
  }
  return parts.join('/');
}

/** Deterministic gzip: no time (Node writes none), and an operating-system byte that does not tell the build host. */
export function gzipDeterministic(bytes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(gzipSync(bytes, { level: 9 }));
  packed[9] = 255;
  return packed;
}

/** The initramfs as bytes to hand to a kernel. */
export function buildInitramfs(options: InitramfsOptions): Uint8Array {
  const modules = options.modules ?? [];
  const tree = new FileTree(options.packages !== undefined);
  for (const folder of FOLDERS) tree.directory(folder);
  for (const entry of options.packages ?? []) tree.add(entry);
  // The kernel opens /dev/console for process 1 before anything is mounted.
  tree.add({ path: 'dev/console', kind: 'character', mode: 0o600, major: 5, minor: 1 });
  tree.add({ path: 'dev/null', kind: 'character', mode: 0o666, major: 1, minor: 3 });
  tree.add({ path: 'bin/busybox', kind: 'file', mode: 0o755, content: options.busybox });
  if (!tree.has('bin/sh')) tree.add({ path: 'bin/sh', kind: 'link', target: 'busybox' });
  if (options.packages !== undefined) {
    // These tell process 1 what to do; a package's own would look for another one.
    for (const name of POWER_PROGRAMS) tree.add({ path: `sbin/${name}`, kind: 'link', target: '/bin/busybox' });
  }
  const hostname = options.hostname ?? 'ulna';
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(hostname)) {
    throw new ConfigurationError(`not a host name: ${JSON.stringify(hostname)}`);
  }
  const script = initScript({ hostname, modules: modules.map((module) => module.name) });
  tree.add({ path: 'init', kind: 'file', mode: 0o755, content: encoder.encode(script) });
  const users = 'root::0:0:root:/root:/bin/sh\n';
  tree.add({ path: 'etc/passwd', kind: 'file', mode: 0o644, content: encoder.encode(users) });
  tree.add({ path: 'etc/group', kind: 'file', mode: 0o644, content: encoder.encode('root:x:0:\n') });
  for (const module of modules) {
    tree.add({ path: `${MODULE_FOLDER}/${module.name}.ko`, kind: 'file', mode: 0o644, content: module.content });
  }
  for (const file of options.files ?? []) {
    tree.add({ path: guestPath(file.path), kind: 'file', mode: file.mode ?? 0o644, content: file.content });
  }
  const archive = writeCpio(tree.list());
  return options.compression === 'none' ? archive : gzipDeterministic(archive);
}
