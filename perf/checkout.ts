/** Where this checkout is, seen from the source files and from dist/ alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('no package.json above this file');
    folder = dirname(folder);
  }
  return folder;
}

/** The folder with package.json. */
export const CHECKOUT = findRoot();

/** Ulna's launcher in a checkout, for `node`. */
export const launcher = (checkout: string): string => join(checkout, 'bin', 'ulna');
