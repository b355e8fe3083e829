/** What tells one translator from another: the program text of everything that a translation is made with. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['jit', 'runtime/layout', 'src/arch', 'src/support'];
/** The build leaves it here, for reading all files takes long. */
const STORED = join(ROOT, 'jit', 'region', 'translator-version');

/** Hash of the program files, hexadecimal. */
function computed(): string {
  const hash = createHash('sha256');
  for (const folder of FOLDERS) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /\.(js|ts)$/.test(name)).sort()) {
      hash.update(file).update(readFileSync(join(ROOT, folder, file)));
    }
  }
  return hash.digest('hex');
}

/** Of the program that was built, hexadecimal. */
export function translatorVersion(): string {
  return readFileSync(STORED, 'utf8');
}

/** For the build, when all program files have been written. */
export function storeTranslatorVersion(): void {
  writeFileSync(STORED, computed());
}
