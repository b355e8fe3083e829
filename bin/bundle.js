// Bundles what the program's threads load, from the compiled files to dist/bundle: hundreds of small files take a noticeable
// part of a second to find and load, in each thread. Part of `npm run build`.
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const FOLDER = join(DIST, 'bundle');
/** The process's entry, and what threads load when they need it, by their file in the bundle. */
const MODULES = {
  main: 'src/cli/main.js',
  'immediate-translations': 'runtime/code/immediate-translations.js',
  'region-binaryen': 'jit/wasm/region-binaryen.js',
  'module-dump': 'runtime/code/module-dump.js',
};
/** Programs of threads, each in a file of its own; thread-loader.cjs loads them. */
const THREADS = { 'vcpu-worker': 'src/machine/vcpu-worker.js', 'translator-worker': 'src/machine/translator-worker.js' };

/** Files beside a module are found from its own place, but threads are started from the bundle. */
const urls = {
  name: 'urls',
  transform(code, id) {
    if (!id.startsWith(DIST) || !code.includes('import.meta.url')) return undefined;
    const place = relative(FOLDER, id).replaceAll('\\', '/');
    const replaced = code.replaceAll(/(?:new URL\('\.\/([a-z]+-worker)\.js', )?import\.meta\.url/g, (found, worker) =>
      worker === undefined ? `new URL(${JSON.stringify(place)}, import.meta.url).href` : `new URL('./${worker}.cjs', import.meta.url`);
    return { code: replaced, map: null };
  },
};
/** What a thread's program imports when it needs it is not part of it. */
const later = {
  name: 'later',
  resolveDynamicImport(specifier, importer) {
    const id = join(dirname(importer), specifier);
    const [name] = Object.entries(MODULES).find(([, path]) => join(DIST, path) === id) ?? [];
    return name === undefined ? undefined : { id: `./${name}.js`, external: true };
  },
};
/** thread-loader.cjs gives what imports. */
const imports = {
  name: 'imports',
  renderChunk: (code) => ({ code: code.replaceAll(/\bimport\("\.\//g, 'importModule("./'), map: null }),
};
const settings = {
  platform: 'node',
  // packages and Node's own modules
  external: (id) => !id.startsWith('.') && !id.startsWith(dirname(DIST)),
};

await rm(FOLDER, { recursive: true, force: true });
const modules = await rolldown({
  ...settings, input: Object.fromEntries(Object.entries(MODULES).map(([name, path]) => [name, join(DIST, path)])), plugins: [urls],
});
await modules.write({ dir: FOLDER, format: 'esm', sourcemap: true, chunkFileNames: '[name]-[hash].js' });
await modules.close();
const version = createHash('sha256');
for (const [name, path] of Object.entries(THREADS)) {
  const thread = await rolldown({ ...settings, input: join(DIST, path), plugins: [urls, later, imports] });
  const file = join(FOLDER, `${name}.cjs`);
  await thread.write({ file, format: 'cjs', sourcemap: true, codeSplitting: false, dynamicImportInCjs: true });
  await thread.close();
  version.update(await readFile(file));
}
await copyFile(fileURLToPath(new URL('thread-loader.cjs', import.meta.url)), join(FOLDER, 'thread-loader.cjs'));
await writeFile(join(FOLDER, 'version'), version.digest('hex'));
