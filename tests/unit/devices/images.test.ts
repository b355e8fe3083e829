import { spawn } from 'node:child_process';
import {
  closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageLock } from '../../../devices/backends/image-lock.js';
import { MemoryImage } from '../../../devices/backends/memory-image.js';
import { OverlayImage } from '../../../devices/backends/overlay-image.js';
import { RawImage } from '../../../devices/backends/raw-image.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { builtModule } from '../../harness/ulna-process.js';
import { testRandom } from './fixtures.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ulna-images-'));
  path = join(directory, 'disk');
});
afterEach(() => rmSync(directory, { recursive: true }));

const pattern = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 7) ^ (i >> 8));

describe('raw image', () => {
  it('of any size is a whole number of sectors: the rest reads as zero and is there once written', () => {
    writeFileSync(path, Buffer.alloc(1000, 7));
    const disk = RawImage.open(path);
    expect(disk.bytes).toBe(1024);
    const last = new Uint8Array(512).fill(1);
    disk.read(512, last);
    expect([last[0], last[487], last[488], last[511]]).toEqual([7, 7, 0, 0]);
    expect(readFileSync(path).length).toBe(1000);
    disk.write(512, new Uint8Array(512).fill(9));
    disk.close();
    const bytes = readFileSync(path);
    expect([bytes.length, bytes[511], bytes[512], bytes[1023]]).toEqual([1024, 7, 9, 9]);
  });

  it('may be empty', () => {
    writeFileSync(path, '');
    const disk = RawImage.open(path);
    expect(disk.bytes).toBe(0);
    disk.close();
  });

  it('throws what the host reports', () => {
    // Address 0 of a process cannot be read.
    const unreadable = RawImage.open('/proc/self/mem', true);
    expect(() => unreadable.read(0, new Uint8Array(512))).toThrow(/EIO/);
    unreadable.close();
    writeFileSync(path, Buffer.alloc(1024));
    const readOnly = RawImage.open(path, true);
    expect(() => readOnly.write(0, new Uint8Array(512))).toThrow(/EBADF/);
    readOnly.close();
  });

  it('keeps failing to flush once it has failed', () => {
    writeFileSync(path, Buffer.alloc(1024));
    const disk = RawImage.open(path);
    disk.flush();
    disk.close();
    expect(() => disk.flush()).toThrow(/EBADF/);
    // The descriptor's number is that of another file now, for which it would succeed.
    const other = openSync(join(directory, 'other'), 'w');
    expect(() => disk.flush()).toThrow(/EBADF/);
    closeSync(other);
  });

  it('does not flush with cache=unsafe', () => {
    writeFileSync(path, Buffer.alloc(1024));
    const disk = RawImage.open(path, false, { ignoreFlush: true });
    disk.close();
    disk.flush();
  });
});

describe('overlay', () => {
  it('reads as a disk that is written, and leaves the base alone', () => {
    const size = 10 * 4096 + 1536;
    const base = pattern(size);
    const model = base.slice();
    const random = testRandom(4);
    const disk = new OverlayImage(new MemoryImage(base.slice(), true), directory);
    expect(disk).toMatchObject({ bytes: size, readOnly: false });
    for (let round = 0; round < 400; round++) {
      const start = (random() % (size / 512)) * 512;
      const length = Math.min(size - start, (1 + (random() % 24)) * 512);
      const kind = random() % 4;
      if (kind === 0) {
        disk.writeZeroes(start, length);
        model.fill(0, start, start + length);
      } else if (kind === 1) {
        const bytes = Uint8Array.from({ length }, () => random());
        disk.write(start, bytes);
        model.set(bytes, start);
      } else {
        const bytes = new Uint8Array(length).fill(0xee);
        disk.read(start, bytes);
        expect(Buffer.compare(bytes, model.subarray(start, start + length))).toBe(0);
      }
      disk.flush();
    }
    disk.close();
  });

  it('tells what was written, and forgets it', () => {
    const disk = new OverlayImage(new MemoryImage(pattern(20 * 4096 + 512), true), directory);
    expect([...disk.clusters()]).toEqual([]);
    for (const cluster of [20, 3, 9, 8]) disk.write(cluster * 4096, new Uint8Array(512).fill(1));
    expect([...disk.clusters()]).toEqual([3, 8, 9, 20]);
    disk.clear();
    expect([...disk.clusters()]).toEqual([]);
    const sector = new Uint8Array(512);
    disk.read(8 * 4096, sector);
    expect(sector).toEqual(pattern(20 * 4096 + 512).slice(8 * 4096, 8 * 4096 + 512));
    disk.close();
  });

  it('over a file never changes it, and leaves nothing behind', () => {
    const contents = pattern(8192);
    writeFileSync(path, contents);
    const folder = join(directory, 'temporary');
    mkdirSync(folder);
    const disk = new OverlayImage(RawImage.open(path, true), folder);
    expect(readdirSync(folder)).toEqual([]);
    disk.write(512, new Uint8Array(1024).fill(0xff));
    disk.flush();
    const sector = new Uint8Array(512);
    disk.read(1024, sector);
    expect(sector[0]).toBe(0xff);
    disk.close();
    expect(Buffer.compare(readFileSync(path), contents)).toBe(0);
  });

  it('says when there is no room for a temporary file', () => {
    const make = (): unknown => new OverlayImage(new MemoryImage(new Uint8Array(512)), join(directory, 'absent'));
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/snapshot=on in .*absent: no such file or directory/);
  });
});

describe('lock of an image', () => {
  const taken = (how: string) => new ConfigurationError(
    `drive ${path}: another machine ${how} it (file.locking=off uses it nevertheless)`);

  beforeEach(() => writeFileSync(path, 'x'));

  it('lets one machine write and nobody else in, by whatever name', async () => {
    const writer = await ImageLock.take(path, false);
    await expect(ImageLock.take(path, false)).rejects.toThrow(taken('writes'));
    await expect(ImageLock.take(path, true)).rejects.toThrow(taken('writes'));
    const other = join(directory, 'link');
    symlinkSync(path, other);
    await expect(ImageLock.take(other, false)).rejects.toThrow(ConfigurationError);
    writer.release();
    (await ImageLock.take(path, false)).release();
  });

  it('lets many read, and then nobody write', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => ImageLock.take(path, true)));
    await expect(ImageLock.take(path, false)).rejects.toThrow(taken('reads'));
    for (const reader of readers) reader.release();
    (await ImageLock.take(path, false)).release();
  });

  it('goes with the process that has it, even if that is killed', async () => {
    const program = `
      const { ImageLock } = await import(process.argv[1]);
      await ImageLock.take(process.argv[2], false);
      console.log('taken');
      setInterval(() => {}, 1000);`;
    const module = builtModule('devices/backends/image-lock');
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program, module, path]);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(ImageLock.take(path, false)).rejects.toThrow(taken('writes'));
    const ended = new Promise((resolve) => holder.once('close', resolve));
    holder.kill('SIGKILL');
    await ended;
    (await ImageLock.take(path, false)).release();
  });
});
