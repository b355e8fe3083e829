/** Threads' programs are loaded with the bytecode of an earlier run, when that is whole and one's own. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeFile, type LoaderData } from '../../../src/machine/kept-code.js';

const LOADER = new URL('../../../bin/thread-loader.cjs', import.meta.url);
/** Longer than a program has to run to be kept, milliseconds. */
const LONG = 1400;
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
function sum(n) { let s = 0; for (let i = 0; i <= n; i++) s += i; return s; }
parentPort.once('message', async (wait) => {
  const { answer } = await importModule('./later.mjs');
  const { now } = Date;
  Date.now = () => now() + wait;
  globalThis.ulnaKeepCode();
  parentPort.postMessage([sum(100), answer, __filename.endsWith('program.cjs')]);
});
`;

describe('the loader of threads', () => {
  let folder: string;
  const program = (): string => join(folder, 'program.cjs');
  const code = (): string => join(folder, 'program.code');
  const run = async (wait = LONG, data: Partial<LoaderData> = {}): Promise<void> => {
    const worker = new Worker(LOADER, { workerData: { program: program(), code: code(), keeps: true, ...data } satisfies LoaderData });
    worker.postMessage(wait);
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    expect(answer).toEqual([5050, 42, true]);
    await worker.terminate();
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ulna-loader-'));
    writeFileSync(program(), PROGRAM);
    writeFileSync(join(folder, 'later.mjs'), 'export const answer = 42;');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps the bytecode of a run, and takes it in the next', async () => {
    await run();
    const kept = readFileSync(code());
    const { ino, mode } = statSync(code());
    expect(kept.length).toBeGreaterThan(500);
    expect(mode & 0o777).toBe(0o600);
    await run();
    // what had been refused would have been made anew
    expect(statSync(code()).ino).toBe(ino);
  });

  it('keeps none of a short run, of a thread that is not to, and without a file for it', async () => {
    await run(0);
    await run(LONG, { keeps: false });
    expect(existsSync(code())).toBe(false);
    await run(LONG, { code: undefined });
  });

  it.each([
    ['damaged', (file: string) => {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(file, bytes);
    }],
    ['cut off', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 100))],
    ['empty', (file: string) => writeFileSync(file, '')],
    ['open to others', (file: string) => chmodSync(file, 0o666)],
  ])('takes none that is %s, and makes it anew', async (_name, change) => {
    await run();
    const whole = readFileSync(code()).length;
    change(code());
    await run();
    expect(readFileSync(code()).length).toBeGreaterThan(whole / 2);
    expect(statSync(code()).mode & 0o777).toBe(0o600);
  });

  it('goes on when the file cannot be written', async () => {
    await run(LONG, { code: join(folder, 'nowhere', 'program.code') });
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });

  it('has a file for each program and version', () => {
    const names = [['a.cjs', '1'], ['b.cjs', '1'], ['a.cjs', '2']].map(([file, version]) => codeFile('/cache', file, version));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^\/cache\/[0-9a-f]{24}\.code$/);
  });
});
