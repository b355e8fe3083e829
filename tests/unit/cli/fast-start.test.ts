/** --fast: when a guest counts as waiting, what names its snapshot, and what is done with it. */
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fastSnapshotPath } from '../../../src/cli/fast-key.js';
import { FastStart } from '../../../src/cli/fast-start.js';
import { IdleWatch } from '../../../src/cli/idle-watch.js';
import { type MachineConfig, type MachineOptions, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { FakeMachine, fakeProcess } from './fake-process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-fast-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a guest waits for input', () => {
  const text = (bytes: string): Uint8Array => Buffer.from(bytes);
  /** Looks four times a second while the guest executes `rate` instructions a second. @returns when it waits, seconds */
  const waitsAfter = (watch: IdleWatch, rate: (seconds: number) => number, limit = 60): number | undefined => {
    for (let seconds = 0, instructions = 5e9; seconds < limit; seconds += 0.25) {
      instructions += rate(seconds) / 4;
      if (watch.look({ instructions, seconds })) return seconds;
    }
    return undefined;
  };

  it('one second behind a prompt, ten behind a line', () => {
    const watch = new IdleWatch();
    watch.push(text('login: '));
    expect(waitsAfter(watch, () => 2e5)).toBe(1);
    const line = new IdleWatch();
    line.push(text('done\r\n'));
    expect(waitsAfter(line, () => 2e5)).toBe(10);
  });

  it('not before it has printed, nor while it computes', () => {
    expect(waitsAfter(new IdleWatch(), () => 0)).toBeUndefined();
    const watch = new IdleWatch();
    watch.push(text('working '));
    expect(waitsAfter(watch, () => 5e7)).toBeUndefined();
    const later = new IdleWatch();
    later.push(text('working '));
    expect(waitsAfter(later, (seconds) => (seconds < 7 ? 1e8 : 3e5))).toBeCloseTo(8, 0);
  });

  it('not while it prints', () => {
    const watch = new IdleWatch();
    for (let i = 0; i < 20; i++) {
      watch.push(text('.'));
      expect(watch.look({ instructions: 0, seconds: i * 0.9 })).toBe(false);
    }
  });
});

describe('the name of a snapshot', () => {
  const place = (name: string, text = name): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const named = (options: MachineOptions): string => fastSnapshotPath(resolveMachineConfig(options), join(folder, 'names'));

  it('stands for the machine and the contents of its files', () => {
    const kernel = place('kernel');
    const disk = place('disk');
    const base: MachineOptions = { kernel, append: 'quiet', drive: [`file=${disk},snapshot=on`] };
    const name = named(base);
    expect(named(base)).toBe(name);
    expect(named({ ...base, jit: 'off', timeout: 10, serial: ['null'] })).toBe(name);
    // the same contents elsewhere
    expect(named({ ...base, kernel: place('copy', 'kernel') })).toBe(name);
    const others = [
      { ...base, append: 'debug' }, { ...base, memory: '512M' }, { ...base, smp: 2 }, { ...base, cpu: 'cortex-a57' },
      { ...base, machine: 'virt,its=off' }, { ...base, drive: [`file=${disk},readonly=on`] }, { ...base, drive: [] },
      { ...base, initrd: kernel }, { ...base, seed: 'x' }, { ...base, device: ['loader,addr=0x40000000,data=1,data-len=4'] },
    ].map(named);
    expect(new Set([name, ...others]).size).toBe(others.length + 1);
    place('kernel', 'kernel of another length');
    expect(named(base)).not.toBe(name);
    place('kernel');
    expect(named(base)).toBe(name);
    utimesSync(disk, 1, 1);
    expect(named(base)).not.toBe(name);
  });

  it('is refused for a machine that writes to images, and for what can be read once only', () => {
    const disk = place('writable');
    expect(() => named({ drive: [`file=${disk}`] })).toThrow(`--fast: the guest may write to ${disk}`);
    expect(() => named({ kernel: '/dev/null' })).toThrow('--fast: /dev/null is not a file');
    expect(() => named({ record: 'r' })).toThrow('--fast: not with --deterministic');
    writeFileSync(join(folder, 'names', 'contents.json'), '[1, {');
    expect(named({ kernel: place('kernel') })).toMatch(/[0-9a-f]{24}\.snapshot$/);
    expect(() => fastSnapshotPath(resolveMachineConfig({}), '/proc/none/x')).toThrow(ConfigurationError);
  });
});

describe('a start', () => {
  const config = resolveMachineConfig({ kernel: 'Image' });
  const start = async (path: string, refuse: (config: MachineConfig) => void = () => undefined) => {
    const lines: string[] = [];
    let seconds = 0;
    const io = { log: (line: string) => void lines.push(line) };
    const fast = new FastStart(path, () => (seconds += 0.25), io);
    const machine = await fast.start(config, {
      ...await fakeProcess().context.loadMachine(),
      startMachine: (given) => {
        refuse(given);
        return Promise.resolve(new FakeMachine(given, io));
      },
    }) as FakeMachine;
    return { fast, machine, lines };
  };

  it('without a snapshot makes one when the guest waits, unless it was given input', async () => {
    vi.useFakeTimers();
    try {
      const path = join(folder, 'new.snapshot');
      const { fast, machine } = await start(path);
      expect(machine.config.restore).toBeUndefined();
      fast.printed(Buffer.from('$ '));
      vi.advanceTimersByTime(10_000);
      expect(machine.snapshots).toEqual([path]);
      const given = await start(path);
      given.fast.printed(Buffer.from('$ '));
      given.fast.stop();
      vi.advanceTimersByTime(10_000);
      expect(given.machine.snapshots).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('with one goes on from it, and keeps those used last', async () => {
    const kept = mkdtempSync(join(folder, 'kept-'));
    for (let i = 0; i < 12; i++) {
      writeFileSync(join(kept, `${i}.snapshot`), '');
      utimesSync(join(kept, `${i}.snapshot`), 1000 + i, 1000 + i);
    }
    const { machine, lines } = await start(join(kept, '2.snapshot'));
    expect(machine.config.restore).toBe(join(kept, '2.snapshot'));
    expect(lines).toEqual([]);
    expect(readdirSync(kept).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b)).toEqual([2, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('with a damaged one drops it and boots', async () => {
    const path = join(folder, 'bad.snapshot');
    writeFileSync(path, '');
    const { machine, lines } = await start(path, ({ restore }) => {
      if (restore !== undefined) throw new ConfigurationError('snapshot bad: is damaged');
    });
    expect(machine.config.restore).toBeUndefined();
    expect(lines).toEqual(['--fast: snapshot bad: is damaged; it is dropped, and the guest boots']);
    expect(existsSync(path)).toBe(false);
  });
});
