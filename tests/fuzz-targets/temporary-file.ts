/** A file on the host for what reads files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | undefined;

/** Runs `body` with a file of these contents, which the next one takes the place of. */
export function withTemporaryFile(contents: Uint8Array, body: (path: string) => void): void {
  if (folder === undefined) {
    const own = mkdtempSync(join(tmpdir(), 'ulna-fuzz-'));
    process.on('exit', () => rmSync(own, { recursive: true, force: true }));
    folder = own;
  }
  const path = join(folder, 'image');
  writeFileSync(path, contents);
  body(path);
}

/** Where such files are, once there was one. */
export const temporaryFolder = (): string => folder ?? tmpdir();
