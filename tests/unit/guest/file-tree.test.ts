import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CpioEntry } from '../../../guest/cpio.js';
import { FileTree } from '../../../guest/file-tree.js';
import { buildInitramfs } from '../../../guest/initramfs.js';
import { readCpio } from '../../../guest/cpio.js';
import { packageFiles } from '../../../guest/package-files.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const file = (path: string, text = path): CpioEntry => ({ path, kind: 'file', mode: 0o644, content: bytes(text) });
const link = (path: string, target: string): CpioEntry => ({ path, kind: 'link', target });
const shape = (entries: readonly CpioEntry[]) => entries.map((entry) => `${entry.kind} ${entry.path}`);

describe('a file tree', () => {
  it('makes folders before what is in them, once', () => {
    const tree = new FileTree(false);
    tree.add(file('a/b/c'));
    tree.add(file('a/d'));
    tree.directory('a/b');
    expect(shape(tree.list())).toEqual(['directory a', 'directory a/b', 'file a/b/c', 'file a/d']);
  });

  it('keeps the later of two files, but a folder against a link', () => {
    const tree = new FileTree(false);
    tree.add(file('etc/x', 'old'));
    tree.add(file('etc/x', 'new'));
    tree.add(link('etc', 'elsewhere'));
    expect(tree.list().map((entry) => (entry.kind === 'file' ? new TextDecoder().decode(entry.content) : entry.kind)))
      .toEqual(['directory', 'new']);
  });

  it('with a merged /usr puts what is in /bin, /lib and /sbin there', () => {
    const tree = new FileTree(true);
    tree.add({ path: 'bin', kind: 'directory', mode: 0o755 });
    tree.add(link('lib', 'usr/lib'));
    tree.add(file('lib/aarch64-linux-gnu/libc.so.6'));
    tree.add(file('bin/ls'));
    tree.add(file('lib64/x'));
    const paths = tree.list().map((entry) => entry.path);
    for (const name of ['bin', 'lib', 'sbin']) {
      expect(tree.list().find((entry) => entry.path === name)).toEqual(link(name, `usr/${name}`));
    }
    expect(paths).toContain('usr/lib/aarch64-linux-gnu/libc.so.6');
    expect(paths).toContain('lib64/x');
    expect(tree.has('bin/ls') && tree.has('usr/bin/ls')).toBe(true);
  });
});

describe('packages in an initramfs', () => {
  it('have their links, modes and programs; what powers off is BusyBox', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ulna-package-files-'));
    try {
      await mkdir(join(root, 'usr/bin'), { recursive: true });
      await mkdir(join(root, 'usr/share/man/man1'), { recursive: true });
      await mkdir(join(root, 'usr/sbin'));
      await writeFile(join(root, 'usr/bin/tool'), 'tool', { mode: 0o755 });
      await writeFile(join(root, 'usr/sbin/poweroff'), 'asks systemd');
      await writeFile(join(root, 'usr/share/man/man1/tool.1'), 'page');
      await symlink('tool', join(root, 'usr/bin/alias'));
      const packages = await packageFiles([root]);
      expect(shape(packages)).toEqual([
        'directory usr', 'directory usr/bin', 'link usr/bin/alias', 'file usr/bin/tool', 'directory usr/sbin',
        'file usr/sbin/poweroff', 'directory usr/share',
      ]);
      const archive = buildInitramfs({ busybox: bytes('busybox'), packages, compression: 'none' });
      const entries = new Map(readCpio(archive).map((entry) => [entry.path, entry]));
      expect(entries.get('usr/bin/tool')).toMatchObject({ kind: 'file', mode: 0o755 });
      expect(entries.get('usr/sbin/poweroff')).toEqual(link('usr/sbin/poweroff', '/bin/busybox'));
      expect(entries.get('usr/bin/sh')).toEqual(link('usr/bin/sh', 'busybox'));
      const seen = new Set(['']);
      for (const path of entries.keys()) {
        expect(seen).toContain(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
        seen.add(path);
      }
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
