import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, readCpio } from '../../../guest/cpio.js';
import { USERSPACE_MARKER } from '../../../guest/init-script.js';
import { buildInitramfs } from '../../../guest/initramfs.js';
import { ConfigurationError } from '../../../src/support/errors.js';

const bytes = (value: string) => new TextEncoder().encode(value);
const OPTIONS = {
  busybox: bytes('busybox'),
  modules: [
    { name: 'virtio', content: bytes('first') },
    { name: 'virtio_blk', content: bytes('second') },
  ],
  files: [
    { path: '/opt/deep/er/file', content: bytes('extra') },
    { path: '/etc/passwd', content: bytes('other'), mode: 0o600 },
  ],
};

function entriesOf(initramfs: Uint8Array): Map<string, CpioEntry> {
  return new Map(readCpio(gunzipSync(initramfs)).map((entry) => [entry.path, entry]));
}

function contentOf(entry: CpioEntry | undefined): string {
  return entry?.kind === 'file' ? new TextDecoder().decode(entry.content) : '';
}

describe('the initramfs', () => {
  it('has BusyBox, init, a console, the modules and the files', () => {
    const entries = entriesOf(buildInitramfs(OPTIONS));
    expect(contentOf(entries.get('bin/busybox'))).toBe('busybox');
    expect(entries.get('init')).toMatchObject({ kind: 'file', mode: 0o755 });
    expect(entries.get('dev/console')).toEqual({
      path: 'dev/console',
      kind: 'character',
      mode: 0o600,
      major: 5,
      minor: 1,
    });
    expect(contentOf(entries.get('lib/modules/ulna/virtio_blk.ko'))).toBe('second');
    expect(contentOf(entries.get('opt/deep/er/file'))).toBe('extra');
    expect(entries.get('etc/passwd')).toMatchObject({ mode: 0o600 });
    expect(contentOf(entries.get('etc/passwd'))).toBe('other');
  });

  it('has every folder before what is in it', () => {
    const seen = new Set<string>(['']);
    for (const path of entriesOf(buildInitramfs(OPTIONS)).keys()) {
      expect(seen).toContain(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      seen.add(path);
    }
  });

  it('loads the modules in order and then prints the marker', () => {
    const script = contentOf(entriesOf(buildInitramfs(OPTIONS)).get('init'));
    const order = ['insmod /lib/modules/ulna/virtio.ko', 'insmod /lib/modules/ulna/virtio_blk.ko', USERSPACE_MARKER];
    const places = order.map((text) => script.indexOf(text));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('is the same for the same input', () => {
    expect(buildInitramfs(OPTIONS)).toEqual(buildInitramfs(OPTIONS));
    // gzip header: no name, time 0, operating system unknown (RFC 1952, 2.3).
    const header = [...buildInitramfs(OPTIONS).subarray(0, 10)];
    expect(header).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  });

  it('can be left uncompressed', () => {
    const plain = buildInitramfs({ ...OPTIONS, compression: 'none' });
    expect(Buffer.from(gunzipSync(buildInitramfs(OPTIONS))).equals(plain)).toBe(true);
  });

  it('refuses paths that leave it and bad host names', () => {
    for (const path of ['relative', '/', '/a/../b', '']) {
      const files = [{ path, content: bytes('') }];
      expect(() => buildInitramfs({ busybox: bytes('b'), files })).toThrow(ConfigurationError);
    }
    expect(() => buildInitramfs({ busybox: bytes('b'), hostname: 'a; rm' })).toThrow(ConfigurationError);
  });
});
