import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCpio } from '../../../guest/cpio.js';
import { defaultGuest } from '../../../guest/default-guest.js';
import { baseSuite, fetchPackages, fetchWithDependencies, kernelParts } from '../../../guest/packages.js';
import { NO_APT_MESSAGE, readSystemSources } from '../../../guest/private-apt.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { writeSuite } from './local-archive.js';

const BUSYBOX = { name: 'busybox-static', version: '1:1.37.0-6', files: { 'usr/bin/busybox': 'busybox' } };

let archive: string;
let cache: string;
const savedPath = process.env['PATH'];

beforeAll(async () => {
  archive = await mkdtemp(join(tmpdir(), 'ulna-archive-test-'));
  await writeSuite(archive, 'stable', [
    BUSYBOX,
    { name: 'linux-image-cloud-arm64', version: '6.12.1-1', depends: 'linux-image-6.12.1-cloud-arm64 (= 6.12.1-1)' },
    {
      name: 'linux-image-6.12.1-cloud-arm64',
      version: '6.12.1-1',
      depends: 'kmod, initramfs-tools | linux-initramfs-tool',
      files: { 'boot/vmlinuz-6.12.1-cloud-arm64': 'kernel 6.12' },
    },
    { name: 'linux-image-odd-arm64', version: '1', depends: 'linux-image-not-there' },
    {
      name: 'tool',
      version: '1.0-1',
      depends: 'libtool1 (>= 1), editor | other-editor',
      files: { 'usr/bin/tool': 'one' },
    },
    { name: 'libtool1', version: '1.0-1', depends: 'libbase', files: { 'lib/libtool.so.1': 'library' } },
    {
      name: 'libbase',
      version: '2',
      files: { 'usr/lib/libbase.so': 'base', 'usr/share/doc/libbase/copyright': 'text' },
    },
    { name: 'other-editor', version: '3', files: { 'usr/bin/editor': 'editor', 'bin/sh': 'a shell' } },
    { name: 'unmet', version: '1', depends: 'not-there (>= 2)' },
  ]);
  await writeSuite(archive, 'stable-backports', [
    {
      name: 'linux-image-cloud-arm64',
      version: '7.2.1-1',
      depends: 'linux-base-cloud-arm64 (= 7.2.1-1), linux-image-7.2.1-cloud-arm64 (= 7.2.1-1)',
    },
    { name: 'linux-base-cloud-arm64', version: '7.2.1-1', depends: 'linux-base-7.2.1-cloud-arm64' },
    { name: 'libtool1', version: '2.0-1', depends: 'libbase', files: { 'lib/libtool.so.1': 'newer library' } },
    {
      name: 'linux-base-7.2.1-cloud-arm64',
      version: '7.2.1-1',
      files: { 'usr/lib/modules/7.2.1-cloud-arm64/config': '' },
    },
    {
      name: 'linux-image-7.2.1-cloud-arm64',
      version: '7.2.1-1',
      depends: 'dracut | initramfs-tools, linux-binary-7.2.1-cloud-arm64, linux-modules-7.2.1-cloud-arm64',
    },
    {
      name: 'linux-binary-7.2.1-cloud-arm64',
      version: '7.2.1-1',
      files: { 'usr/lib/modules/7.2.1-cloud-arm64/vmlinuz': 'kernel 7.2' },
    },
    {
      name: 'linux-modules-7.2.1-cloud-arm64',
      version: '7.2.1-1',
      files: { 'usr/lib/modules/7.2.1-cloud-arm64/modules.builtin': 'kernel/drivers/virtio/virtio_mmio.ko\n' },
    },
  ]);
});
afterAll(() => rm(archive, { recursive: true, force: true }));

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ulna-packages-test-'));
});
afterEach(async () => {
  process.env['PATH'] = savedPath;
  await rm(cache, { recursive: true, force: true });
});

const options = () => ({ cache, mirror: `copy:${archive}`, unverified: true });
const fetch = (suite: string, ...names: string[]) => fetchPackages(suite, 'arm64', names, options());

describe('names', () => {
  it('of kernel parts are found in Depends', () => {
    expect(kernelParts('kmod, linux-image-6.1-arm64 (= 1), linux-base (>= 4), linux-modules-7.2 | x')).toEqual([
      'linux-image-6.1-arm64',
      'linux-modules-7.2',
    ]);
  });

  it('of pockets lead to the suite', () => {
    expect(['trixie-backports', 'bookworm-backports-sloppy', 'sid', 'trixie-updates'].map(baseSuite)).toEqual([
      'trixie',
      'bookworm',
      undefined,
      'trixie',
    ]);
  });
});

describe('fetching', () => {
  it('unpacks a package and its version and hash', async () => {
    const [entry, ...others] = await fetch('stable', 'busybox-static');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ name: 'busybox-static', version: '1:1.37.0-6' });
    expect(entry!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(join(entry!.root, 'usr/bin/busybox'), 'utf8')).toBe('busybox');
  });

  it('follows a kernel meta package to one package, or to several', async () => {
    const names = async (suite: string) => (await fetch(suite, 'linux-image-cloud-arm64')).map((entry) => entry.name);
    expect(await names('stable')).toEqual(['linux-image-cloud-arm64', 'linux-image-6.12.1-cloud-arm64']);
    expect((await names('stable-backports')).sort()).toEqual([
      'linux-base-7.2.1-cloud-arm64',
      'linux-base-cloud-arm64',
      'linux-binary-7.2.1-cloud-arm64',
      'linux-image-7.2.1-cloud-arm64',
      'linux-image-cloud-arm64',
      'linux-modules-7.2.1-cloud-arm64',
    ]);
  });

  it('takes what a pocket does not have from its suite, then without apt', async () => {
    const first = await fetch('stable-backports', 'linux-image-cloud-arm64', 'busybox-static');
    expect(first.map((entry) => entry.version)).toContain('1:1.37.0-6');
    process.env['PATH'] = '/nonexistent';
    expect(await fetch('stable-backports', 'linux-image-cloud-arm64', 'busybox-static')).toEqual(first);
  });

  it('several times at once gives everybody the same', async () => {
    const names = ['busybox-static', 'linux-image-cloud-arm64'];
    const results = await Promise.all([1, 2, 3].map(() => fetch('stable', ...names)));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect((await readdir(join(cache, 'packages'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('again after files went from the cache repairs it', async () => {
    const [entry] = await fetch('stable', 'busybox-static');
    await rm(entry!.root, { recursive: true });
    await writeFile(entry!.file, 'damaged');
    const [again] = await fetch('stable', 'busybox-static');
    expect(await readFile(join(again!.root, 'usr/bin/busybox'), 'utf8')).toBe('busybox');
  });

  it('with update sees a newer version, without it stays', async () => {
    const other = join(archive, 'other');
    const at = { cache, mirror: `copy:${other}`, unverified: true };
    const version = async (update: boolean) =>
      (await fetchPackages('moving', 'arm64', ['busybox-static'], { ...at, update }))[0]!.version;
    await writeSuite(other, 'moving', [BUSYBOX]);
    expect(await version(false)).toBe('1:1.37.0-6');
    await writeSuite(other, 'moving', [{ ...BUSYBOX, version: '1:1.38.0-1' }]);
    expect(await version(false)).toBe('1:1.37.0-6');
    expect(await version(true)).toBe('1:1.38.0-1');
    expect(await version(false)).toBe('1:1.38.0-1');
  });

  it('shows progress and clears it', async () => {
    const shown: string[] = [];
    let finished = 0;
    const progress = { update: (text: string) => void shown.push(text), finish: () => void finished++ };
    await fetchPackages('stable', 'arm64', ['busybox-static'], { ...options(), progress });
    expect(shown).toContain('package index of stable');
    expect(shown).toContain('unpacking busybox-static');
    expect(finished).toBe(1);
  });
});

describe('with dependencies', () => {
  const withAll = (suite: string, ...names: string[]) => fetchWithDependencies(suite, 'arm64', names, options());
  const versions = (packages: readonly { name: string; version: string }[]) =>
    packages.map(({ name, version }) => `${name} ${version}`).sort();

  it('everything that installing would install comes, then without apt', async () => {
    const first = await withAll('stable', 'tool');
    expect(versions(first)).toEqual(['libbase 2', 'libtool1 1.0-1', 'other-editor 3', 'tool 1.0-1']);
    const { root } = first.find(({ name }) => name === 'libbase')!;
    expect(await readFile(join(root, 'usr/lib/libbase.so'), 'utf8')).toBe('base');
    process.env['PATH'] = '/nonexistent';
    expect(await withAll('stable', 'tool')).toEqual(first);
    expect(await withAll('stable', 'tool', 'tool')).toEqual(first);
  });

  it('a pocket gives what it has, its suite the rest', async () => {
    expect(versions(await withAll('stable-backports', 'tool'))).toEqual([
      'libbase 2', 'libtool1 2.0-1', 'other-editor 3', 'tool 1.0-1',
    ]);
  });

  it('they are in the initramfs, on a merged /usr, without documentation', async () => {
    const guest = await defaultGuest({ ...options(), suite: 'stable', packages: ['tool'] });
    expect(guest.initrd).toMatch(/\.cpio$/);
    const entries = new Map(readCpio(await readFile(guest.initrd)).map((entry) => [entry.path, entry]));
    const text = (path: string) => {
      const entry = entries.get(path);
      return entry?.kind === 'file' ? new TextDecoder().decode(entry.content) : undefined;
    };
    expect(text('usr/bin/tool')).toBe('one');
    expect(text('usr/lib/libtool.so.1')).toBe('library');
    expect(text('usr/bin/sh')).toBe('a shell');
    expect(text('usr/bin/busybox')).toBe('busybox');
    expect(entries.get('lib')).toEqual({ path: 'lib', kind: 'link', target: 'usr/lib' });
    expect([...entries.keys()].filter((path) => path.includes('share/doc/'))).toEqual([]);
    // The same packages are the same file; others are another one.
    expect(await defaultGuest({ ...options(), suite: 'stable', packages: ['tool'] })).toEqual(guest);
    const other = await defaultGuest({ ...options(), suite: 'stable', packages: ['libbase'] });
    expect(other.initrd).not.toBe(guest.initrd);
  });

  it('an unknown package and unmet dependencies are said in one line', async () => {
    const message = (work: Promise<unknown>) =>
      work.then(() => '', (error: unknown) => (error instanceof ConfigurationError ? error.message : 'another error'));
    expect(await message(withAll('stable', 'tool', 'no-such'))).toBe('suite stable has no package no-such for arm64');
    expect(await message(withAll('stable', 'unmet'))).toMatch(
      /^suite stable: apt cannot resolve .*unmet: Depends: not-there.*$/,
    );
    expect(await message(withAll('stable', 'Bad'))).toBe('not a package name: "Bad"');
    process.env['PATH'] = '/nonexistent';
    expect(await message(withAll('stable', 'libbase'))).toBe(NO_APT_MESSAGE);
  });
});

describe('what cannot be fetched is said in one line:', () => {
  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  };

  it('an unknown package', async () => {
    expect(await refused(fetch('stable', 'nothing-here'))).toBe('suite stable has no package nothing-here for arm64');
    expect(await refused(fetch('stable-backports', 'nothing-here'))).toMatch(/no package nothing-here/);
  });

  it('an unknown suite', async () => {
    expect(await refused(fetch('nowhere', 'busybox-static'))).toMatch(/^suite nowhere: /);
  });

  it('a suite that cannot be verified', async () => {
    const message = await refused(
      fetchPackages('stable', 'arm64', ['busybox-static'], { ...options(), unverified: false }),
    );
    expect(message).toMatch(/keyring does not know the key.*--unverified-suite/);
  });

  it('a suite that was fetched unverified, when it is to be verified', async () => {
    await fetch('stable', 'busybox-static');
    const verified = { ...options(), unverified: false };
    await refused(fetchPackages('stable', 'arm64', ['busybox-static'], verified));
  });

  it('a dependency that is missing', async () => {
    expect(await refused(fetch('stable', 'linux-image-odd-arm64'))).toMatch(/depends on linux-image-not-there/);
  });

  it('a package whose file is not what the index says', async () => {
    const other = join(archive, 'damaged');
    await writeSuite(other, 'stable', [BUSYBOX]);
    await writeFile(join(other, 'pool', 'busybox-static_1:1.37.0-6_arm64.deb'), 'not it');
    const at = { cache, mirror: `copy:${other}`, unverified: true };
    expect(await refused(fetchPackages('stable', 'arm64', ['busybox-static'], at))).toMatch(/busybox-static/);
  });

  it('names that are none', async () => {
    expect(await refused(fetch('../etc', 'busybox-static'))).toMatch(/not a suite name/);
    expect(await refused(fetch('stable', '-o=x'))).toMatch(/not a package name/);
  });

  it('no apt', async () => {
    process.env['PATH'] = '/nonexistent';
    expect(await refused(fetch('stable', 'busybox-static'))).toBe(NO_APT_MESSAGE);
    expect(NO_APT_MESSAGE).toContain('--kernel FILE --initrd FILE');
  });

  it('no Debian mirror on the machine', async () => {
    const systemFolder = join(cache, 'etc-apt');
    await mkdir(join(systemFolder, 'sources.list.d'), { recursive: true });
    await writeFile(join(systemFolder, 'sources.list'), 'deb http://archive.example/ubuntu noble main\n');
    const message = await refused(
      fetchPackages('stable', 'arm64', ['busybox-static'], { cache, systemFolder, unverified: true }),
    );
    expect(message).toMatch(/no Debian mirror.*--mirror URI/);
  });
});

describe("the machine's sources", () => {
  it('are read from all files', async () => {
    const folder = join(cache, 'etc-apt');
    await mkdir(join(folder, 'sources.list.d'), { recursive: true });
    await writeFile(join(folder, 'sources.list'), 'deb http://old.example/debian bookworm main\n');
    await writeFile(join(folder, 'sources.list.d', 'b.list'), 'deb http://b.example/debian sid main\n');
    await writeFile(
      join(folder, 'sources.list.d', 'a.sources'),
      'Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\n',
    );
    const disabled = 'Types: deb\nURIs: http://c.example/debian\n';
    await writeFile(join(folder, 'sources.list.d', 'c.sources.disabled'), disabled);
    expect((await readSystemSources(folder)).map((source) => source.uri)).toEqual([
      'http://a.example/debian',
      'http://b.example/debian',
      'http://old.example/debian',
    ]);
  });

  it('may be absent', async () => {
    expect(await readSystemSources(join(cache, 'nothing'))).toEqual([]);
  });
});

describe('the default guest', () => {
  it('is a kernel and an initramfs in the cache', async () => {
    const guest = await defaultGuest({ ...options(), suite: 'stable' });
    expect(guest.release).toBe('6.12.1-cloud-arm64');
    expect(guest.append).toBe('console=ttyAMA0');
    expect(await readFile(guest.kernel, 'utf8')).toBe('kernel 6.12');
    expect([...(await readFile(guest.initrd)).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect(await defaultGuest({ ...options(), suite: 'stable' })).toEqual(guest);
  });

  it('may have its kernel in several packages', async () => {
    const modules = ['virtio_mmio'];
    const guest = await defaultGuest({ ...options(), suite: 'stable-backports', modules });
    expect(guest.release).toBe('7.2.1-cloud-arm64');
    expect(await readFile(guest.kernel, 'utf8')).toBe('kernel 7.2');
  });
});
