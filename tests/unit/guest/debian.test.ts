/** The real default guest, fetched with this machine's apt into the user's cache, as `ulna boot` does it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCpio } from '../../../guest/cpio.js';
import { defaultGuest, findBusybox } from '../../../guest/default-guest.js';
import { fetchPackages } from '../../../guest/packages.js';
import { runProgram } from '../../../guest/process.js';

describe('Debian', () => {
  it.each([
    ['bookworm', /^6\.1\./, ['virtio', 'virtio_ring', 'virtio_mmio', 'virtio_blk']],
    // The virtio core is built into this one.
    ['trixie', /^6\.12\./, ['virtio_mmio', 'virtio_blk']],
  ])('%s gives a cloud kernel and an initramfs with disk drivers', async (suite, release, expected) => {
    const guest = await defaultGuest({ suite, modules: ['virtio_mmio', 'virtio_blk'] });
    expect(guest.release).toMatch(release);
    // EFI zboot or arm64 Image: both begin as a PE file does.
    expect((await readFile(guest.kernel)).subarray(0, 2).toString('latin1')).toBe('MZ');
    const entries = readCpio(gunzipSync(await readFile(guest.initrd)));
    const modules = entries.map((entry) => /([^/]*)\.ko$/.exec(entry.path)?.[1]).filter((name) => name !== undefined);
    expect(modules).toEqual(expected);
  });

  it('gives a BusyBox whose cpio reads the initramfs as we do', async () => {
    const packages = await fetchPackages('trixie', 'arm64', ['busybox-static']);
    const busybox = await findBusybox(packages.map((entry) => entry.root));
    const guest = await defaultGuest({ suite: 'trixie' });
    const archive = gunzipSync(await readFile(guest.initrd));
    const listed = await runProgram('qemu-aarch64', [busybox, 'cpio', '-t'], { input: archive });
    expect(listed.status).toBe(0);
    expect(listed.stdout.toString('utf8').trim().split('\n')).toEqual(readCpio(archive).map((entry) => entry.path));
    const folder = await mkdtemp(join(tmpdir(), 'ulna-cpio-test-'));
    try {
      const args = [busybox, 'cpio', '-i', '-d', 'bin/busybox', 'bin/sh', 'init'];
      expect((await runProgram('qemu-aarch64', args, { input: archive, cwd: folder })).status).toBe(0);
      expect((await readFile(join(folder, 'bin/sh'))).equals(await readFile(busybox))).toBe(true);
      const syntax = await runProgram('qemu-aarch64', [busybox, 'sh', '-n', join(folder, 'init')]);
      expect(syntax).toMatchObject({ status: 0, stderr: '' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
