/** Snapshot files: what is written is read again, what is damaged is refused, and a writer that is killed leaves the older file. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHUNK_BYTES, encodeHeader, FORMAT_VERSION, HEADER_BYTES, PAGE_BYTES, SnapshotError } from '../../../src/machine/snapshot/format.js';
import { nonZeroPages, packPages, unpackPages } from '../../../src/machine/snapshot/pages.js';
import { SnapshotReader } from '../../../src/machine/snapshot/reader.js';
import { SnapshotWriter } from '../../../src/machine/snapshot/writer.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { builtModule } from '../../harness/ulna-process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-snapshot-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Bytes that do not compress to nothing. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = seed; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 27;
  }
  return bytes;
}

async function write(path: string, seed: number): Promise<void> {
  const writer = SnapshotWriter.create(path);
  await writer.add('a', 0, noise(5000, seed));
  await writer.add('b', 0, noise(700, seed + 1));
  await writer.add('a', 5000, noise(3000, seed + 2));
  await writer.finish(77, { seed });
}

async function readBack(path: string): Promise<number> {
  const reader = SnapshotReader.open(path);
  try {
    reader.verify();
    const { seed } = reader.content as { seed: number };
    expect(reader.layout).toBe(77);
    expect(Buffer.concat([noise(5000, seed), noise(3000, seed + 2)]).equals(await reader.read('a', 8000))).toBe(true);
    expect(noise(700, seed + 1).equals(await reader.read('b', 700))).toBe(true);
    return seed;
  } finally {
    reader.close();
  }
}

test('areas come back, and a second file takes the place of the first', async () => {
  const path = join(folder, 'plain');
  await write(path, 1);
  expect(await readBack(path)).toBe(1);
  await write(path, 2);
  expect(await readBack(path)).toBe(2);
  expect(readdirSync(folder)).toEqual(['plain']);
});

test('wherever a file is damaged or cut off it is refused in one line', async () => {
  const path = join(folder, 'whole');
  await write(path, 3);
  const whole = readFileSync(path);
  const damaged = join(folder, 'damaged');
  const problem = async (bytes: Buffer): Promise<string> => {
    writeFileSync(damaged, bytes);
    try {
      await readBack(damaged);
      return 'none';
    } catch (error) {
      expect(error).toBeInstanceOf(SnapshotError);
      return (error as Error).message;
    }
  };
  for (let at = 0; at < whole.length; at += at < HEADER_BYTES ? 1 : 97) {
    const bytes = Buffer.from(whole);
    bytes[at] ^= 0x10;
    const expected = at < 8 ? 'is not a snapshot' : at < 12 ? `this Ulna reads format ${FORMAT_VERSION}` : /is (damaged|truncated)/;
    expect(await problem(bytes), `byte ${at}`).toMatch(expected);
    expect(await problem(whole.subarray(0, at)), `${at} bytes`).toMatch(at < 8 ? 'is not a snapshot' : 'is truncated');
  }
  expect(await problem(Buffer.concat([whole, Buffer.of(0)]))).toMatch('is damaged');
  expect(await problem(Buffer.alloc(0))).toMatch('is not a snapshot');
  expect(() => SnapshotReader.open(join(folder, 'none'))).toThrow(ConfigurationError);
  expect(() => SnapshotReader.open(folder)).toThrow('is a directory');
});

test('another format is named', () => {
  const path = join(folder, 'format');
  const bytes = encodeHeader({ layout: 0, directoryOffset: HEADER_BYTES, directoryBytes: 0, directoryCrc: 0, fileBytes: HEADER_BYTES });
  bytes.writeUInt32LE(FORMAT_VERSION + 1, 8);
  writeFileSync(path, bytes);
  expect(() => SnapshotReader.open(path)).toThrow(`has format ${FORMAT_VERSION + 1}, this Ulna reads format ${FORMAT_VERSION}`);
});

test('a place that cannot be written is told, and nothing stays there', async () => {
  expect(() => SnapshotWriter.create(join(folder, 'none', 'x'))).toThrow('cannot be written: no such file or directory');
  const path = join(folder, 'folder');
  const writer = SnapshotWriter.create(path);
  mkdirSync(path);
  await writer.add('a', 0, noise(100, 1));
  await expect(writer.finish(1, {})).rejects.toThrow(/^snapshot .*folder: cannot be written: /);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

/** Runs a script with the built modules of a writer that makes a file, in a process of its own. */
function writerProcess(path: string, then: string, shell = ''): ReturnType<typeof spawn> {
  const module = pathToFileURL(builtModule('src/machine/snapshot/writer')).href;
  const script = `
    const { SnapshotWriter } = await import(${JSON.stringify(module)});
    const { randomBytes } = await import('node:crypto');
    const writer = SnapshotWriter.create(${JSON.stringify(path)});
    for (let i = 0; i < 8; i++) await writer.add('a', i << 20, randomBytes(1 << 20));
    ${then}`;
  const args = ['--input-type=module', '-e', script];
  return shell === ''
    ? spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn('sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a process that is killed while it writes leaves the older file, and the next one removes what it left', async () => {
  const path = join(folder, 'killed');
  await write(path, 5);
  const child = writerProcess(path, 'setTimeout(() => console.log("half"), 100); setInterval(() => undefined, 1000);');
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const left = readdirSync(folder).filter((name) => /^killed\.\d+\.tmp$/.test(name));
  expect(left).toHaveLength(1);
  expect(await readBack(path)).toBe(5);
  await write(path, 6);
  expect(await readBack(path)).toBe(6);
  expect(existsSync(join(folder, left[0]))).toBe(false);
});

test('a full disk is told in one line, and the older file stays', async () => {
  const path = join(folder, 'full');
  await write(path, 7);
  const tell = 'await writer.finish(1, {}).catch((error) => console.log(error.name, error.message));';
  // a limit on the size of files stands for a disk without room: node has writes beyond it fail
  const child = writerProcess(path, tell, 'ulimit -f 1000');
  let output = '';
  child.stdout!.on('data', (data: Buffer) => (output += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  expect(output).toMatch(/^ConfigurationError snapshot .*full: cannot be written: EFBIG.*\n$/);
  expect(await readBack(path)).toBe(7);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('pages that are all zero are left out, the others come back in runs', () => {
  const count = 2 * (CHUNK_BYTES / PAGE_BYTES);
  const memory = new Uint8Array(count * PAGE_BYTES);
  const marked = [0, 1, 2, 17, 300, ...Array.from({ length: 290 }, (_, i) => count - 290 + i)].filter((page) => page < count);
  for (const page of marked) memory[page * PAGE_BYTES + (page % PAGE_BYTES)] = 1 + (page % 255);
  const pages = [...new Set(marked)].sort((a, b) => a - b);
  expect([...nonZeroPages(memory)]).toEqual(pages);
  const chunks = [...packPages(pages, (page, target) => target.set(memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)))];
  expect(chunks).toHaveLength(2);
  const restored = new Uint8Array(memory.length);
  let runs = 0;
  for (const chunk of chunks) {
    expect(unpackPages(chunk, count, (page, bytes) => {
      restored.set(bytes, page * PAGE_BYTES);
      runs++;
    })).toBe(true);
  }
  expect(Buffer.compare(restored, memory)).toBe(0);
  expect(runs).toBeLessThan(10);
  expect(unpackPages(chunks[1], count - 1, () => undefined)).toBe(false);
  expect(unpackPages(chunks[0].subarray(1), count, () => undefined)).toBe(false);
  expect(unpackPages(Buffer.alloc(2), count, () => undefined)).toBe(false);
});
