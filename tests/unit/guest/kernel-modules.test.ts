import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findKernel } from '../../../guest/kernel-files.js';
import { readModuleInfo, resolveModules } from '../../../guest/kernel-modules.js';
import { runProgram } from '../../../guest/process.js';
import { ConfigurationError } from '../../../src/support/errors.js';

/** A minimal ELF64 file with a .modinfo section. */
function makeModule(...info: string[]): Uint8Array {
  const names = new TextEncoder().encode('\0.modinfo\0.shstrtab\0');
  const content = new TextEncoder().encode(info.map((line) => `${line}\0`).join(''));
  const sectionsAt = 64 + names.length + content.length;
  const bytes = new Uint8Array(sectionsAt + 3 * 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(0x28, BigInt(sectionsAt), true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 3, true);
  view.setUint16(0x3e, 2, true);
  bytes.set(names, 64);
  bytes.set(content, 64 + names.length);
  const section = (index: number, name: number, offset: number, size: number) => {
    view.setUint32(sectionsAt + index * 64, name, true);
    view.setBigUint64(sectionsAt + index * 64 + 0x18, BigInt(offset), true);
    view.setBigUint64(sectionsAt + index * 64 + 0x20, BigInt(size), true);
  };
  section(1, 1, 64 + names.length, content.length);
  section(2, 10, 64, names.length);
  return bytes;
}

let folder: string;
const put = async (path: string, content: Uint8Array | string) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ulna-modules-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('module information', () => {
  it('is read from .modinfo', () => {
    const info = readModuleInfo(makeModule('license=GPL', 'depends=a,b', 'alias=x=y', 'alias=z'));
    expect(info.get('depends')).toEqual(['a,b']);
    expect(info.get('alias')).toEqual(['x=y', 'z']);
  });

  it('is refused from what is not ELF', () => {
    expect(() => readModuleInfo(new Uint8Array(100))).toThrow(RangeError);
    expect(() => readModuleInfo(new Uint8Array(3))).toThrow(RangeError);
  });
});

describe('modules', () => {
  beforeEach(async () => {
    await put('kernel/fs/ext4/ext4.ko', makeModule('depends=jbd2,mbcache', 'softdep=pre: crc32c-x post: late'));
    await put('kernel/fs/jbd2/jbd2.ko.gz', gzipSync(makeModule('depends=')));
    await put('kernel/fs/mbcache.ko', makeModule('depends='));
    await put('kernel/crypto/crc32c-x.ko', makeModule('depends='));
    await put('kernel/net/broken.ko', makeModule('depends=absent'));
    await put('kernel/net/ring-a.ko', makeModule('depends=ring_b'));
    await put('kernel/net/ring-b.ko', makeModule('depends=ring_a'));
    await put('kernel/net/bad.ko', 'not a module');
    await put('modules.builtin', 'kernel/lib/inside.ko\nkernel/drivers/tty/serial/amba-pl011.ko\n');
  });

  it('come after what they need', async () => {
    const names = (await resolveModules([folder], ['ext4'])).map((module) => module.name);
    expect(names).toEqual(['crc32c_x', 'jbd2', 'mbcache', 'ext4']);
  });

  it('are decompressed', async () => {
    const [module] = await resolveModules([folder], ['jbd2']);
    expect([...module!.content.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
  });

  it('packed with xz are decompressed by the system', async () => {
    const packed = await runProgram('xz', ['-c'], { input: makeModule('depends=') });
    await put('kernel/a/packed.ko.xz', packed.stdout);
    const [module] = await resolveModules([folder], ['packed']);
    expect([...module!.content]).toEqual([...makeModule('depends=')]);
  });

  it('that are built in need nothing', async () => {
    expect(await resolveModules([folder], ['inside', 'amba_pl011'])).toEqual([]);
  });

  it('may be named with - or _, and twice', async () => {
    expect((await resolveModules([folder], ['crc32c_x', 'crc32c-x'])).length).toBe(1);
  });

  it('that need each other end', async () => {
    expect((await resolveModules([folder], ['ring_a'])).map((module) => module.name).sort()).toEqual([
      'ring_a',
      'ring_b',
    ]);
  });

  it('that are missing or damaged are named', async () => {
    await expect(resolveModules([folder], ['nothing'])).rejects.toThrow(
      new ConfigurationError('the kernel has no module nothing'),
    );
    await expect(resolveModules([folder], ['broken'])).rejects.toThrow(/no module absent, which broken needs/);
    await expect(resolveModules([folder], ['bad'])).rejects.toThrow(ConfigurationError);
    await put('kernel/a/damaged.ko.xz', 'not xz');
    await expect(resolveModules([folder], ['damaged'])).rejects.toThrow(ConfigurationError);
  });
});

describe('a kernel', () => {
  it('is found in /boot with its modules', async () => {
    await put('one/boot/vmlinuz-6.12.1-cloud-arm64', 'kernel');
    await put('one/boot/config-6.12.1-cloud-arm64', '');
    await put('one/lib/modules/6.12.1-cloud-arm64/modules.builtin', '');
    expect(await findKernel([join(folder, 'one')])).toEqual({
      release: '6.12.1-cloud-arm64',
      image: join(folder, 'one/boot/vmlinuz-6.12.1-cloud-arm64'),
      moduleFolders: [join(folder, 'one/lib/modules/6.12.1-cloud-arm64')],
    });
  });

  it('is found below usr/lib/modules, with modules in other packages', async () => {
    await put('binary/usr/lib/modules/7.2.1-arm64/vmlinuz', 'kernel');
    await put('modules/usr/lib/modules/7.2.1-arm64/kernel/a.ko', '');
    await mkdir(join(folder, 'meta/usr/share'), { recursive: true });
    const roots = ['meta', 'modules', 'binary'].map((name) => join(folder, name));
    expect(await findKernel(roots)).toEqual({
      release: '7.2.1-arm64',
      image: join(folder, 'binary/usr/lib/modules/7.2.1-arm64/vmlinuz'),
      moduleFolders: ['modules', 'binary'].map((name) => join(folder, name, 'usr/lib/modules/7.2.1-arm64')),
    });
  });

  it('that is not there is an error', async () => {
    await expect(findKernel([folder])).rejects.toThrow(ConfigurationError);
  });
});
