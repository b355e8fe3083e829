/** Finding a kernel and its modules in unpacked packages: /boot (up to 6.x), or below usr/lib/modules (7.x). */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import { exists } from './cache.js';

/** One kernel that was found. */
export interface KernelFiles {
  /** Release as `uname -r` prints it. */
  readonly release: string;
  /** The image, as packaged (EFI zboot, gzip or plain Image). */
  readonly image: string;
  /** Folders that hold parts of lib/modules/<release>, in the order to look in. */
  readonly moduleFolders: readonly string[];
}

const MODULE_PARENTS = ['usr/lib/modules', 'lib/modules'];

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** The kernel in the given package roots; a configuration error when there is none. */
export async function findKernel(roots: readonly string[]): Promise<KernelFiles> {
  const folders = new Map<string, string[]>();
  let found: { release: string; image: string } | undefined;
  for (const root of roots) {
    for (const parent of MODULE_PARENTS) {
      for (const release of await list(join(root, parent))) {
        const folder = join(root, parent, release);
        folders.set(release, [...(folders.get(release) ?? []), folder]);
        const image = join(folder, 'vmlinuz');
        if (!found && (await exists(image))) found = { release, image };
      }
    }
    for (const name of await list(join(root, 'boot'))) {
      const release = /^vmlinu[xz]-(.+)$/.exec(name)?.[1];
      if (!found && release) found = { release, image: join(root, 'boot', name) };
    }
  }
  if (!found) throw new ConfigurationError('the kernel package holds no vmlinuz');
  return { ...found, moduleFolders: folders.get(found.release) ?? [] };
}
