import { afterEach, describe, expect, it, vi } from 'vitest';
import { type RunResult, runMachine } from '../../../src/cli/run-machine.js';
import { type MachineOptions, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { type FakeMachine, type FakeProcess, fakeProcess } from './fake-process.js';

interface Run {
  readonly fake: FakeProcess;
  readonly machine: FakeMachine;
  readonly result: Promise<RunResult>;
}

async function start(options: MachineOptions = {}, isTTY = false): Promise<Run> {
  const fake = fakeProcess({ isTTY });
  const config = resolveMachineConfig({ kernel: 'Image', ...options });
  const result = runMachine(config, await fake.context.loadMachine(), fake.context);
  return { fake, machine: await fake.machine, result };
}

const statusOf = async (run: Run) => (await run.result).status;

afterEach(() => {
  vi.useRealTimers();
});

describe('the exit status', () => {
  it('is 0 after a power-off', async () => {
    const run = await start();
    run.machine.end({ kind: 'poweroff' });
    expect(await run.result).toMatchObject({ status: 0, end: 'guest', exit: { kind: 'poweroff' } });
  });

  it('is 0 after a reset without reboot, 3 if a panic was the reason', async () => {
    const plain = await start({ reboot: false });
    plain.machine.end({ kind: 'reset' });
    expect(await statusOf(plain)).toBe(0);
    const panicked = await start({ reboot: false });
    panicked.machine.print('Kernel panic - not syncing: VFS\nRebooting in 1 seconds..\n');
    panicked.machine.end({ kind: 'reset' });
    expect(await statusOf(panicked)).toBe(3);
  });

  it('is 3 once the kernel says that its panic has ended, with all of that line shown', async () => {
    const run = await start();
    run.machine.print('[    1.0] Kernel panic - not syncing: Attempted to kill init!\r\n');
    expect(run.machine.stopped).toBe(0);
    run.machine.print('[    1.1] ---[ end Kernel panic - not sync');
    run.machine.print('ing: Attempted to kill init! ]---');
    expect(run.machine.stopped).toBe(0);
    run.machine.print('\r\n');
    expect(run.machine.stopped).toBe(1);
    expect(await run.result).toMatchObject({ status: 3, end: 'panic' });
    expect(run.fake.output.text).toMatch(/Attempted to kill init! \]---\r\n$/);
  });

  it('is 0 when the kernel reboots after a panic and powers off later', async () => {
    const run = await start();
    run.machine.print('Kernel panic - not syncing: x\nRebooting in 1 seconds..\nwelcome\n');
    run.machine.end({ kind: 'poweroff' });
    expect(await statusOf(run)).toBe(0);
  });

  it('is 4 when the time is up', async () => {
    const run = await start({ timeout: '0.05' });
    expect(await run.result).toMatchObject({ status: 4, end: 'timeout' });
    expect(run.machine.stopped).toBe(1);
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is that of a process ended by %s', async (signal, status) => {
    const run = await start({}, true);
    run.fake.events.emit(signal);
    expect(await statusOf(run)).toBe(status);
    expect(run.fake.input.raw).toBe(false);
  });

  it('is that of SIGPIPE when nobody reads the output', async () => {
    const run = await start();
    run.fake.output.emit('error', new Error('EPIPE'));
    expect(await statusOf(run)).toBe(141);
  });

  it('comes even if the machine does not stop', async () => {
    const run = await start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    run.machine.obeys = false;
    run.fake.input.type('\x01x');
    await vi.advanceTimersByTimeAsync(5000);
    expect(await statusOf(run)).toBe(0);
  });
});

describe('the terminal', () => {
  it('is raw while the guest runs and as before afterwards', async () => {
    const run = await start({}, true);
    expect(run.fake.input).toMatchObject({ raw: true, resumed: true });
    run.machine.end({ kind: 'poweroff' });
    await run.result;
    expect(run.fake.input).toMatchObject({ raw: false, resumed: false, rawModes: [true, false] });
    for (const event of ['exit', 'SIGCONT', 'SIGINT', 'SIGTERM', 'SIGHUP']) {
      expect(run.fake.events.listenerCount(event)).toBe(0);
    }
    expect(run.fake.input.listenerCount('data')).toBe(0);
  });

  it('is restored when the process ends for any reason, and raw again after a stop', async () => {
    const run = await start({}, true);
    run.fake.events.emit('SIGCONT');
    expect(run.fake.input.rawModes).toEqual([true, true]);
    run.fake.events.emit('exit');
    expect(run.fake.input.raw).toBe(false);
    run.machine.end({ kind: 'poweroff' });
    await run.result;
  });

  it('that is a pipe is left alone, and its end does not end the guest', async () => {
    const run = await start();
    run.fake.input.type('ls\n');
    run.fake.input.emit('end');
    run.machine.print('file\r\n');
    expect(run.machine.input).toEqual([{ text: 'ls\n', line: 0 }]);
    expect(run.fake.input.rawModes).toEqual([]);
    run.machine.end({ kind: 'poweroff' });
    expect(await statusOf(run)).toBe(0);
    expect(run.fake.output.text).toBe('file\r\n');
  });

  it('is not used when the console is elsewhere, where marks and panics are still seen', async () => {
    const run = await start({ serial: ['null'], mark: ['here'] }, true);
    expect(run.fake.input.rawModes).toEqual([]);
    run.machine.print('now here\n---[ end Kernel panic - not syncing: x ]---\n');
    const result = await run.result;
    expect(result.status).toBe(3);
    expect(result.marks[0]!.instructions).toBe(1000);
    expect(run.fake.output.text).toBe('');
  });

  it('may have the second serial line', async () => {
    const run = await start({ machine: 'virt,secure=on', serial: ['null', 'stdio'] });
    run.machine.print('console');
    run.machine.print('secure', 1);
    run.fake.input.type('x');
    expect(run.fake.output.text).toBe('secure');
    expect(run.machine.input).toEqual([{ text: 'x', line: 1 }]);
    run.machine.end({ kind: 'poweroff' });
    await run.result;
  });

  it('may have a virtio console; marks and panics are seen on every line by itself', async () => {
    const run = await start({ console: ['stdio'], mark: ['whole text', 'serial'] });
    run.machine.print('whole ');
    run.machine.print('serial', 0);
    run.machine.print('text whole', 2);
    run.machine.instructions = 2000;
    run.machine.print(' text\n', 2);
    run.fake.input.type('x');
    expect(run.fake.output.text).toBe('text whole text\n');
    expect(run.machine.input).toEqual([{ text: 'x', line: 2 }]);
    run.machine.print('---[ end Kernel panic - not syncing: x ]---\n', 2);
    const result = await run.result;
    expect(result.marks.map(({ instructions }) => instructions)).toEqual([2000, 1000]);
    expect(result.status).toBe(3);
  });

  it('leaves stderr to remarks', async () => {
    const raw = await start({}, true);
    raw.machine.io.log('SYS is not implemented');
    raw.machine.end({ kind: 'poweroff' });
    await raw.result;
    expect(raw.fake.errors.text).toBe('ulna: SYS is not implemented\n');
  });
});

describe('escape keys', () => {
  it('quit', async () => {
    const run = await start({}, true);
    run.fake.input.type('a\x01xb');
    expect(await run.result).toMatchObject({ status: 0, end: 'quit' });
    expect(run.machine.input).toEqual([{ text: 'a', line: 0 }]);
  });

  it('help, and send Ctrl-A', async () => {
    const run = await start({}, true);
    run.fake.input.type('\x01h\x01a');
    expect(run.fake.output.text).toContain('Ctrl-A x  quit\n');
    expect(run.machine.input).toEqual([{ text: '\x01', line: 0 }]);
    run.machine.end({ kind: 'poweroff' });
    await run.result;
  });

  it('lead to the monitor and back', async () => {
    const run = await start({}, true);
    run.fake.input.type('\x01cinfo registers\rbad\r\rhelp\r');
    await vi.waitFor(() => expect(run.fake.output.text).toContain('info mtree'));
    expect(run.machine.commands).toEqual(['info registers', 'bad']);
    expect(run.fake.output.text).toContain('(ulna) ');
    expect(run.fake.output.text).toContain('answer to info registers\nmore\n');
    expect(run.fake.output.text).toContain('no such command\n');
    run.fake.input.type('\x01cls');
    expect(run.machine.input).toEqual([{ text: 'ls', line: 0 }]);
    run.fake.input.type('\x01cquit\r');
    expect(await run.result).toMatchObject({ status: 0, end: 'quit' });
  });
});
