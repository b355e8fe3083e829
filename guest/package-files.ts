/** The files of unpacked packages, for an initramfs. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import type { CpioEntry } from './cpio.js';

/** What only a reader of documentation or another language needs, as minimal container images leave it out too. */
const LEFT_OUT = ['doc', 'doc-base', 'info', 'lintian', 'bug', 'locale', 'man'].map((name) => `usr/share/${name}`);

/** A package's files in the order of their names, folders before what is in them. */
async function* filesOf(root: string, folder: string): AsyncGenerator<CpioEntry> {
  const names = (await readdir(join(root, folder))).sort();
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (LEFT_OUT.includes(path)) continue;
    const full = join(root, path);
    const status = await lstat(full);
    const mode = status.mode & 0o7777;
    if (status.isDirectory()) {
      yield { path, kind: 'directory', mode };
      yield* filesOf(root, path);
    } else if (status.isSymbolicLink()) {
      yield { path, kind: 'link', target: await readlink(full) };
    } else if (status.isFile()) {
      yield { path, kind: 'file', mode, content: await readFile(full) };
    } else {
      throw new ConfigurationError(`a package has a file of an unexpected kind: /${path}`);
    }
  }
}

/** The files below each of `roots` in turn (folders as dpkg-deb -x leaves them), without documentation. */
export async function packageFiles(roots: readonly string[]): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const root of roots) for await (const entry of filesOf(root, '')) entries.push(entry);
  return entries;
}
