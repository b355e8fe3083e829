import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlashFile } from '../../../devices/backends/flash-file.js';
import { CfiFlash } from '../../../devices/flash/cfi-flash.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { deviceMemory } from './fixtures.js';

const SECTOR = 256 << 10;
const BANK = 4 * SECTOR;
const READY = 0x00800080;

function setUp(readOnly = false) {
  const bytes = new Uint8Array(new SharedArrayBuffer(BANK)).fill(0xff);
  const modes: boolean[] = [];
  const changes: [number, number][] = [];
  const flash = new CfiFlash(deviceMemory(CfiFlash.BYTES), bytes, {
    arrayModeChanged: (mode) => modes.push(mode),
    programmed: (offset, length) => changes.push([offset, length]),
  }, readOnly);
  flash.reset();
  const read = (offset: number): number => flash.read(offset, 4);
  /** A command goes to both chips. */
  const command = (offset: number, ...codes: number[]): void => {
    for (const code of codes) flash.write(offset, 4, (code << 16) | code);
  };
  const status = (): number => {
    command(0, 0x70);
    const value = read(0);
    command(0, 0x50);
    return value;
  };
  return { flash, bytes, modes, changes, read, command, status };
}

describe('CFI flash', () => {
  it('reads its bytes in array mode and reports changes of mode', () => {
    const { flash, bytes, modes, read, command } = setUp();
    bytes.set([1, 2, 3, 4], 8);
    expect([read(8), flash.read(9, 1), flash.read(10, 2), flash.arrayMode]).toEqual([0x04030201, 2, 0x0403, true]);
    command(0, 0x70);
    command(0, 0x90);
    command(0, 0x98);
    expect([modes, flash.arrayMode]).toEqual([[false], false]);
    command(0, 0xff);
    expect([modes, flash.arrayMode]).toEqual([[false, true], true]);
    flash.reset();
    expect(modes).toEqual([false, true]);
    command(0, 0x70);
    flash.reset();
    expect(modes).toEqual([false, true, false, true]);
  });

  it('programs words by clearing bits', () => {
    const { flash, bytes, changes, command, status } = setUp();
    command(0x100, 0x40);
    flash.write(0x100, 4, 0x12345678);
    command(0x100, 0x10);
    flash.write(0x100, 4, 0xffff00ff);
    expect(status()).toBe(READY);
    expect([...bytes.slice(0x100, 0x104)]).toEqual([0x78, 0x00, 0x34, 0x12]);
    expect(changes).toEqual([[0x100, 4], [0x100, 4]]);
  });

  it('erases the block addressed, once confirmed', () => {
    const { bytes, changes, command, status } = setUp();
    bytes.fill(0);
    command(SECTOR + 0x1234, 0x20);
    expect(bytes[SECTOR]).toBe(0);
    command(SECTOR + 0x1234, 0xd0);
    expect([bytes[SECTOR - 1], bytes[SECTOR], bytes[2 * SECTOR - 1], bytes[2 * SECTOR]]).toEqual([0, 255, 255, 0]);
    expect([status(), changes]).toEqual([READY, [[SECTOR, SECTOR]]]);
  });

  it('programs a buffer only when it is confirmed', () => {
    const { flash, bytes, changes, command, status } = setUp();
    command(0x1000, 0xe8, 2);
    for (let i = 0; i < 3; i++) flash.write(0x1004 + 4 * i, 4, i);
    expect(bytes[0x1004]).toBe(255);
    command(0x1000, 0xd0);
    expect([...bytes.slice(0x1000, 0x1014)]).toEqual(
      [255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255],
    );
    expect([changes, status()]).toEqual([[[0x1000, 4096]], READY]);
    command(0x1000, 0xe8, 0);
    flash.write(0x1020, 4, 0);
    command(0x1000, 0xff);
    expect([bytes[0x1020], flash.arrayMode]).toEqual([255, true]);
  });

  it('refuses a buffer that leaves its window', () => {
    const { flash, bytes, command, status } = setUp();
    command(0, 0xe8, 1);
    flash.write(0xffc, 4, 0);
    flash.write(0x1000, 4, 0);
    command(0, 0xd0);
    expect([bytes[0x1000], status()]).toEqual([255, 0x00900090]);
  });

  it('locks, unlocks and locks down blocks', () => {
    const { flash, bytes, read, command, status } = setUp();
    const lockState = (): number => {
      command(0, 0x90);
      const state = read(SECTOR + 8) & 0xffff;
      command(0, 0xff);
      return state;
    };
    command(SECTOR, 0x60, 0x01);
    expect(lockState()).toBe(1);
    command(SECTOR, 0x40);
    flash.write(SECTOR, 4, 0);
    expect([status(), bytes[SECTOR]]).toEqual([0x00920092, 255]);
    command(SECTOR, 0x20, 0xd0);
    expect(status()).toBe(0x00a200a2);
    command(SECTOR, 0x60, 0xd0);
    expect(lockState()).toBe(0);
    command(SECTOR, 0x40);
    flash.write(SECTOR, 4, 0);
    expect([status(), bytes[SECTOR]]).toEqual([READY, 0]);
    command(SECTOR, 0x60, 0x2f);
    command(SECTOR, 0x60, 0xd0);
    expect(lockState()).toBe(3);
    flash.reset();
    expect(lockState()).toBe(0);
  });

  it('does not change when read-only', () => {
    const { flash, bytes, command, status } = setUp(true);
    bytes.fill(0x55);
    command(0, 0x20, 0xd0);
    expect(status()).toBe(0x00a000a0);
    command(0, 0x40);
    flash.write(0, 4, 0);
    expect(status()).toBe(0x00900090);
    expect(bytes.every((b) => b === 0x55)).toBe(true);
  });

  it('reports a wrong second cycle', () => {
    const { command, status } = setUp();
    command(0, 0x20, 0x33);
    expect(status()).toBe(0x00b000b0);
  });

  it('answers in the width asked for', () => {
    const { flash, command } = setUp();
    command(0, 0x98);
    expect([flash.read(0x40, 1), flash.read(0x40, 2), flash.read(0x40, 4)]).toEqual([0x51, 0x51, 0x00510051]);
    expect(flash.read(0x10000, 4)).toBe(0);
  });
});

describe('flash file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ulna-flash-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const image = (...bytes: number[]): string => {
    const path = join(directory, 'image');
    writeFileSync(path, Buffer.alloc(BANK, Buffer.from(bytes)));
    return path;
  };

  it('loads an image and writes changed ranges back, and no others', () => {
    const path = image(1, 2, 3, 4);
    const bank = new Uint8Array(new SharedArrayBuffer(BANK));
    const file = FlashFile.open(path, BANK, false);
    file.load(bank);
    expect([...bank.slice(0, 5), bank[BANK - 1]]).toEqual([1, 2, 3, 4, 1, 4]);
    bank.fill(9);
    file.save(bank, 1, 2);
    file.save(bank, BANK - 4, 4);
    file.close();
    const saved = readFileSync(path);
    expect(saved.length).toBe(BANK);
    expect([...saved.subarray(0, 5), ...saved.subarray(BANK - 5)]).toEqual([1, 9, 9, 4, 1, 4, 9, 9, 9, 9]);
  });

  it('does not write to a read-only image', () => {
    const path = image(1, 2, 3, 4);
    const file = FlashFile.open(path, BANK, true);
    file.save(new Uint8Array(BANK), 0, 8);
    file.close();
    expect([...readFileSync(path).subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  });

  it('refuses what is not as long as a bank or is not there', () => {
    const path = join(directory, 'other');
    writeFileSync(path, Buffer.alloc(100));
    for (const bytes of [99, 101]) {
      expect(() => FlashFile.open(path, bytes, false)).toThrow(
        new ConfigurationError(`flash image ${path} has 100 bytes, a bank of flash has ${bytes}`));
    }
    expect(() => FlashFile.open(join(directory, 'absent'), BANK, false)).toThrow(/no such file/);
    expect(() => FlashFile.open(directory, BANK, true)).toThrow(ConfigurationError);
  });
});
