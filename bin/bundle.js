// Bundles what the program's threads load, from the compiled files to dist/bundle: hundreds of small files take a noticeable
// part of a second to find and load, in each thread. Part of `npm run build`.
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const FOLDER = join(DIST, 'bundle');
/** The process's entry, and those of threads, by their file in the bundle. */
const ENTRIES = {
  main: 'src/cli/main.js',
  'vcpu-worker': 'src/machine/vcpu-worker.js',
  'translator-worker': 'src/machine/translator-worker.js',
};

/** Files beside a module are found from its own place, but threads are started from the bundle. */
const urls = {
  name: 'urls',
  transform(code, id) {
    if (!id.startsWith(DIST) || !code.includes('import.meta.url')) return undefined;
    const place = relative(FOLDER, id).replaceAll('\\', '/');
    const replaced = code.replaceAll(/(new URL\('\.\/[a-z]+-worker\.js', )?import\.meta\.url/g, (found, worker) =>
      worker === undefined ? `new URL(${JSON.stringify(place)}, import.meta.url).href` : found);
    return { code: replaced, map: null };
  },
};

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(DIST, path)])),
  platform: 'node',
  // packages and Node's own modules
  external: (id) => !id.startsWith('.') && !id.startsWith(dirname(DIST)),
  plugins: [urls],
});
await rm(FOLDER, { recursive: true, force: true });
await bundle.write({ dir: FOLDER, format: 'esm', sourcemap: true, chunkFileNames: '[name]-[hash].js' });
await bundle.close();
