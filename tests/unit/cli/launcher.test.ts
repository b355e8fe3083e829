/** bin/ulna and bin/setup.js in a small checkout of their own, with a stand-in for npm that writes down its calls. */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../../bin', import.meta.url));

const MAIN = [
  'export async function main() {',
  "  console.log('ran', ...process.argv.slice(2));",
  '  process.exit(5);',
  '}',
].join('\n');

/** Does what npm would: `ci` installs what the lock file has, `run build` builds unless a source is marked as bad. */
const NPM = `#!/bin/sh
echo "$*" >> npm-calls
echo "npm's own output"
case "$1" in
  ci) mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json ;;
  run)
    grep -q broken src/main.ts && exit 1
    "${process.execPath}" bin/setup.js --begin && mkdir -p dist/bundle && cp src/main.ts dist/bundle/main.js &&
      "${process.execPath}" bin/setup.js --stamp ;;
esac
`;

let folder: string;
let checkout: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ulna-launcher-test-'));
  checkout = join(folder, 'check out');
  await cp(BIN, join(checkout, 'bin'), { recursive: true });
  await mkdir(join(checkout, 'src'));
  await mkdir(join(folder, 'tools'));
  await writeFile(join(folder, 'tools', 'npm'), NPM, { mode: 0o755 });
  await writeFile(join(checkout, 'package.json'), '{"type":"module"}');
  await writeFile(join(checkout, 'tsconfig.json'), '{}');
  await writeFile(join(checkout, 'src', 'main.ts'), MAIN);
  await lock('1.0.0');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function lock(version: string): Promise<void> {
  const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version: '2.0.0', optional: true } };
  return writeFile(join(checkout, 'package-lock.json'), JSON.stringify({ packages }));
}

function run(program: string, ...args: string[]): Promise<{ status: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const path = [join(folder, 'tools'), process.env['PATH']].join(delimiter);
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, PATH: path } });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, errors }));
  });
}

async function npmCalls(): Promise<string[]> {
  const path = join(checkout, 'npm-calls');
  const text = await readFile(path, 'utf8').catch(() => '');
  await rm(path, { force: true });
  return text.split('\n').filter((line) => line !== '');
}

const launch = (...args: string[]) => run(join(checkout, 'bin', 'ulna'), ...args);
const INSTALL = 'ci --include=dev --no-audit --no-fund';
const BUILD = 'run --silent build';

/** Makes a file or folder newer than the last build. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(join(checkout, path), now, now);
}

describe('a fresh checkout', () => {
  it('is installed and built, with progress on stderr only, and then runs', async () => {
    const { status, output, errors } = await launch('boot', '--append', 'a b');
    expect(output).toBe('ran boot --append a b\n');
    expect(status).toBe(5);
    expect(errors).toMatch(/^ulna: installing dependencies[^]*ulna: building/);
    expect(await npmCalls()).toEqual([INSTALL, BUILD]);
  });

  it('is prepared once by processes that start together', async () => {
    const results = await Promise.all([launch('a'), launch('b'), launch('c')]);
    expect(results.map((result) => result.output)).toEqual(['ran a\n', 'ran b\n', 'ran c\n']);
    expect(await npmCalls()).toEqual([INSTALL, BUILD]);
  });

  it('can be prepared without running anything', async () => {
    const setup = join(checkout, 'bin', 'setup.js');
    expect(await run(process.execPath, setup, '--dependencies')).toMatchObject({ status: 0, output: '' });
    expect(await npmCalls()).toEqual([INSTALL]);
    expect(await run(process.execPath, setup)).toMatchObject({ status: 0, output: '' });
    expect(await npmCalls()).toEqual([BUILD]);
    expect((await run(process.execPath, setup, '--nothing')).status).toBe(70);
  });
});

describe('a checkout that was built', () => {
  beforeEach(async () => {
    await launch();
    await npmCalls();
  });

  it('runs at once, through a symbolic link too', async () => {
    await symlink(join(checkout, 'bin', 'ulna'), join(folder, 'ulna'));
    expect(await run(join(folder, 'ulna'), 'x')).toEqual({ status: 5, output: 'ran x\n', errors: '' });
    expect(await npmCalls()).toEqual([]);
  });

  it('is built again after a source has changed or gone', async () => {
    await touch('src/main.ts');
    await launch();
    expect(await npmCalls()).toEqual([BUILD]);
    await touch('src');
    await launch();
    expect(await npmCalls()).toEqual([BUILD]);
  });

  it('is installed again after the lock file has changed', async () => {
    await lock('1.0.1');
    await touch('package-lock.json');
    await launch();
    expect(await npmCalls()).toEqual([INSTALL, BUILD]);
  });

  it('that can no longer be built says so and ends with 70', async () => {
    await writeFile(join(checkout, 'src', 'main.ts'), 'broken');
    await touch('src/main.ts');
    const { status, output, errors } = await launch();
    expect({ status, output }).toEqual({ status: 70, output: '' });
    expect(errors).toMatch(/ulna: the build failed\n$/);
  });
});

describe('an installed package', () => {
  it('runs without npm', async () => {
    await rm(join(checkout, 'tsconfig.json'));
    await mkdir(join(checkout, 'dist', 'bundle'), { recursive: true });
    await writeFile(join(checkout, 'dist', 'bundle', 'main.js'), MAIN);
    expect(await launch('x')).toEqual({ status: 5, output: 'ran x\n', errors: '' });
    expect(await npmCalls()).toEqual([]);
  });
});
