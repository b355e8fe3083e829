/** The guest that is booted when no kernel is given: Debian's cloud kernel and a BusyBox initramfs. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import { cacheRoot, exists, publishFile } from './cache.js';
import { buildInitramfs, gzipDeterministic, type ExtraFile } from './initramfs.js';
import { findKernel, type KernelFiles } from './kernel-files.js';
import { resolveModules } from './kernel-modules.js';
import { packageFiles } from './package-files.js';
import { type FetchedPackage, fetchPackages, type FetchOptions, fetchWithDependencies } from './packages.js';
import { silentProgress } from './progress.js';

/** Suite and kernel package used unless others are named: Debian 13's 6.12. */
export const DEFAULT_SUITE = 'trixie';
export const DEFAULT_KERNEL_PACKAGE = 'linux-image-cloud-arm64';

export interface GuestOptions extends FetchOptions {
  readonly suite?: string | undefined;
  readonly kernelPackage?: string | undefined;
  /** Kernel modules for the initramfs to load. */
  readonly modules?: readonly string[] | undefined;
  readonly files?: readonly ExtraFile[] | undefined;
  /** Packages for the initramfs to hold, with all they depend on. */
  readonly packages?: readonly string[] | undefined;
  readonly compression?: 'gzip' | 'none' | undefined;
}

/** Files to boot, in the user's cache. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
  /** Release as `uname -r` prints it. */
  readonly release: string;
  /** Command line that the pair needs. */
  readonly append: string;
  /** RAM without which it does not reach userspace, bytes; not known of a guest without packages. */
  readonly minimumMemory?: number;
}

const BUSYBOX_PLACES = ['usr/bin/busybox', 'bin/busybox'];

/** The BusyBox binary in unpacked packages. */
export async function findBusybox(roots: readonly string[]): Promise<string> {
  for (const root of roots) {
    for (const place of BUSYBOX_PLACES) {
      const path = join(root, place);
      if (await exists(path)) return path;
    }
  }
  throw new ConfigurationError('the busybox-static package holds no busybox');
}

/** Changes when the same packages give another archive. */
const PACKAGES_FORMAT = 1;

/** Builds the initramfs for a kernel into the cache; its name stands for its content before compression. */
async function cachedInitramfs(
  kernel: KernelFiles,
  busybox: string,
  packages: readonly FetchedPackage[] | undefined,
  options: GuestOptions,
): Promise<string> {
  const input = {
    busybox: await readFile(busybox),
    modules: await resolveModules(kernel.moduleFolders, options.modules ?? []),
    files: options.files ?? [],
    compression: 'none' as const,
  };
  const bytes = buildInitramfs(input);
  const hash = createHash('sha256').update(bytes);
  const place = (extension: string): string =>
    join(options.cache ?? cacheRoot(), 'initramfs', `${kernel.release}-${hash.digest('hex').slice(0, 16)}${extension}`);
  if (packages === undefined) {
    const plain = options.compression === 'none';
    const path = place(plain ? '.cpio' : '.cpio.gz');
    // known by what is in it: packing it takes far longer than looking whether it is there
    if (!(await exists(path))) await publishFile(path, plain ? bytes : gzipDeterministic(bytes));
    return path;
  }
  // Packages are known by their hashes, so that a big archive is not made again to find that it is there. It is not
  // compressed: the guest would spend more time on that than the host does on reading the file.
  hash.update(JSON.stringify([PACKAGES_FORMAT, packages.map((entry) => entry.sha256)]));
  const path = place('.cpio');
  if (!(await exists(path))) {
    const progress = options.progress ?? silentProgress;
    progress.update(`initramfs with ${packages.length} packages`);
    const entries = await packageFiles(packages.map((entry) => entry.root));
    await publishFile(path, buildInitramfs({ ...input, packages: entries }));
    progress.finish();
  }
  return path;
}

/**
 * RAM for an initramfs of packages, bytes. Linux unpacks it into a tmpfs that may have half of what is free beside the
 * archive (Documentation/filesystems/ramfs-rootfs-initramfs.rst), in whole pages; the rest is what the kernel itself
 * and its CMA area take, as measured with Debian's 6.12.
 */
function memoryFor(archiveBytes: number): number {
  const granule = 64 << 20;
  return Math.ceil((3.2 * archiveBytes + (112 << 20)) / granule) * granule;
}

/** Fetches (or takes from the cache) a kernel and BusyBox of one suite and builds their initramfs. */
export async function defaultGuest(options: GuestOptions = {}): Promise<Guest> {
  const suite = options.suite ?? DEFAULT_SUITE;
  const names = [options.kernelPackage ?? DEFAULT_KERNEL_PACKAGE, 'busybox-static'];
  const packages = await fetchPackages(suite, 'arm64', names, options);
  const roots = packages.map((entry) => entry.root);
  const kernel = await findKernel(roots);
  const chosen = options.packages?.length ? options.packages : undefined;
  const installed = chosen && (await fetchWithDependencies(suite, 'arm64', chosen, options));
  const initrd = await cachedInitramfs(kernel, await findBusybox(roots), installed, options);
  const guest = { kernel: kernel.image, initrd, release: kernel.release, append: 'console=ttyAMA0' };
  return chosen === undefined ? guest : { ...guest, minimumMemory: memoryFor((await stat(initrd)).size) };
}
