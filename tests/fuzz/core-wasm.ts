/** core.wasm of the sources as they are now: built once for each content of what it is made from, kept in a cache. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['jit', 'runtime/layout', 'src/arch', 'src/support'];

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((e) => {
      const path = join(folder, e.name);
      return e.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
    })
    .sort();
}

/** The module's bytes; takes some seconds when it must be built. */
export async function currentCore(): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for (const folder of FOLDERS) for (const file of sources(join(ROOT, folder))) hash.update(readFileSync(file));
  const folder = join(tmpdir(), 'ulna-fuzz-core');
  const path = join(folder, `${hash.digest('hex').slice(0, 16)}.wasm`);
  if (existsSync(path)) return readFileSync(path);
  const { buildCore } = await import('../harness/interpreter-engine.js');
  const bytes = buildCore();
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return bytes;
}
