import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file so that other processes see the old one or the new one.
 * @param mode permissions, less those of the umask
 * @throws the file system's error; the old one stays then
 */
export function replaceFile(path: string, contents: string | Uint8Array, mode = 0o666): void {
  const temporary = `${path}.${randomUUID()}`;
  try {
    writeFileSync(temporary, contents, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
