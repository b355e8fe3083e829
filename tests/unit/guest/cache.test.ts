import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheRoot, exists, publishDirectory, publishFile, withLock } from '../../../guest/cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ulna-cache-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the cache folder', () => {
  it('follows XDG_CACHE_HOME if that is absolute', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: '/x/y', HOME: '/home/u' })).toBe('/x/y/ulna');
    expect(cacheRoot({ XDG_CACHE_HOME: 'relative', HOME: '/home/u' })).toBe('/home/u/.cache/ulna');
    expect(cacheRoot({ HOME: '/home/u' })).toBe('/home/u/.cache/ulna');
  });
});

describe('publishing', () => {
  it('puts a file into place and leaves nothing else', async () => {
    await publishFile(join(folder, 'sub', 'file'), 'one');
    await publishFile(join(folder, 'sub', 'file'), 'two');
    expect(await readFile(join(folder, 'sub', 'file'), 'utf8')).toBe('two');
    expect(await readdir(join(folder, 'sub'))).toEqual(['file']);
  });

  it('of a directory keeps the one that was first', async () => {
    const path = join(folder, 'dir');
    let fills = 0;
    await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        publishDirectory(path, async (directory) => {
          fills++;
          await writeFile(join(directory, 'who'), String(index));
        }),
      ),
    );
    expect(fills).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual(['dir']);
    expect(await readdir(path)).toEqual(['who']);
  });

  it('of a directory that fails leaves nothing', async () => {
    const failing = publishDirectory(join(folder, 'dir'), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a lock', () => {
  it('lets one in at a time', async () => {
    const path = join(folder, 'lock');
    let inside = 0;
    let most = 0;
    let waited = false;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 30));
      inside--;
    };
    await Promise.all(Array.from({ length: 6 }, () => withLock(path, work, () => (waited = true))));
    expect(most).toBe(1);
    expect(waited).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is released when the work fails', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await exists(path)).toBe(false);
    expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
  });

  it('of a process that has ended is taken over', async () => {
    const path = join(folder, 'lock');
    const { hostname } = await import('node:os');
    // Beyond the largest process number that Linux gives.
    await writeFile(path, `token\n${hostname()}\n${2 ** 22 + 1}\n`);
    expect(await withLock(path, () => Promise.resolve(1))).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that nobody has touched for long is taken over', async () => {
    const path = join(folder, 'lock');
    await writeFile(path, 'token\nanother-host\n1\n');
    const old = new Date(Date.now() - 60_000);
    await utimes(path, old, old);
    expect(await withLock(path, () => Promise.resolve(1))).toBe(1);
  });
});
