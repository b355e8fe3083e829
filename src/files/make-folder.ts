/** Makes folders, for files of our own. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those that it lies in. One at a time: Node 20's recursive mkdir never comes back where a parent takes
 * no folders (/proc).
 * @throws the file system's error for the first one that cannot be made
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // another process may have been quicker
      if (!existsSync(folder)) throw error;
    }
  }
}
