/** The guest that is booted when no kernel is given: Debian's cloud kernel and a BusyBox initramfs. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import { cacheRoot, exists, publishFile } from './cache.js';
import { buildInitramfs, type ExtraFile } from './initramfs.js';
import { findKernel, type KernelFiles } from './kernel-files.js';
import { resolveModules } from './kernel-modules.js';
import { fetchPackages, type FetchOptions } from './packages.js';

/** Suite and kernel package used unless others are named: Debian 13's 6.12. */
export const DEFAULT_SUITE = 'trixie';
export const DEFAULT_KERNEL_PACKAGE = 'linux-image-cloud-arm64';

export interface GuestOptions extends FetchOptions {
  readonly suite?: string | undefined;
  readonly kernelPackage?: string | undefined;
  /** Kernel modules for the initramfs to load. */
  readonly modules?: readonly string[] | undefined;
  readonly files?: readonly ExtraFile[] | undefined;
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

/** Builds the initramfs for a kernel into the cache, named by its content. */
async function cachedInitramfs(kernel: KernelFiles, busybox: string, options: GuestOptions): Promise<string> {
  const bytes = buildInitramfs({
    busybox: await readFile(busybox),
    modules: await resolveModules(kernel.moduleFolders, options.modules ?? []),
    files: options.files ?? [],
    compression: options.compression ?? 'gzip',
  });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const suffix = options.compression === 'none' ? 'cpio' : 'cpio.gz';
  const path = join(options.cache ?? cacheRoot(), 'initramfs', `${kernel.release}-${hash}.${suffix}`);
  if (!(await exists(path))) await publishFile(path, bytes);
  return path;
}

/** Fetches (or takes from the cache) a kernel and BusyBox of one suite and builds their initramfs. */
export async function defaultGuest(options: GuestOptions = {}): Promise<Guest> {
  const suite = options.suite ?? DEFAULT_SUITE;
  const names = [options.kernelPackage ?? DEFAULT_KERNEL_PACKAGE, 'busybox-static'];
  const packages = await fetchPackages(suite, 'arm64', names, options);
  const roots = packages.map((entry) => entry.root);
  const kernel = await findKernel(roots);
  const initrd = await cachedInitramfs(kernel, await findBusybox(roots), options);
  return { kernel: kernel.image, initrd, release: kernel.release, append: 'console=ttyAMA0' };
}
