import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../perf/suite/engine.js';
import type { Program } from '../../../perf/suite/programs.js';
import { GuestFailure } from '../../../perf/suite/record.js';
import { runGuest } from '../../../perf/suite/run.js';
import { ConfigurationError } from '../../../src/support/errors.js';

const PROGRAMS: Program[] = [{ name: 'a', group: 'fp', rounds: 1 }];
const GUEST = { kernel: '', initrd: '', release: '', append: '' };
const START = "const say = (t) => process.stdout.write(t + '\\r\\n'); say('ULNA-USERSPACE-READY x'); say('begin a');";

/** An engine that is a piece of JavaScript. */
function fake(code: string, command = process.execPath): Engine {
  return {
    name: 'fake',
    run: () => ({ command, args: ['-e', code] }),
    counters: () => ({ instructions: 7, byProgram: { a: 3 } }),
  };
}

describe('running a guest', () => {
  it('gives seconds, counters and resident sizes', async () => {
    const code = `${START} setTimeout(() => { say('end a ok'); say('all-done'); setTimeout(() => 0, 50); }, 50);`;
    const result = await runGuest(fake(code), GUEST, PROGRAMS, 60);
    expect([...result.seconds.keys()]).toEqual(['boot', 'a']);
    expect(result.seconds.get('a')).toBeGreaterThan(0);
    expect(result.total).toBeGreaterThan(result.seconds.get('a')!);
    expect(result.counters).toEqual({ instructions: 7, byProgram: { a: 3 } });
    if (process.platform === 'linux') expect(result.peakResident.boot).toBeGreaterThan(1 << 20);
  });

  it.each([
    ['a wrong answer', "say('end a bad 1, not 2'); setInterval(() => 0, 1000);", 'a: wrong answer: 1, not 2'],
    [
      'a panic', "say('Kernel panic - not syncing: x'); setInterval(() => 0, 1000);",
      'Kernel panic - not syncing: x (in a)',
    ],
    ['an early end', '', 'the machine ended in a'],
    [
      'a fault of the engine', "console.error('first\\nsecond'); process.exitCode = 70;",
      'ended with status 70 in a: first | second',
    ],
    [
      'a signal', "process.kill(process.pid, 'SIGKILL');",
      'ended with signal SIGKILL in a: ULNA-USERSPACE-READY x | begin a',
    ],
  ])('notices %s', async (_what, code, message) => {
    await expect(runGuest(fake(START + code), GUEST, PROGRAMS, 60)).rejects.toThrow(new GuestFailure(message));
  });

  it('notices a hang, and ends an engine that does not listen', async () => {
    const code = `process.on('SIGTERM', () => 0); ${START} setInterval(() => 0, 1000);`;
    await expect(runGuest(fake(code), GUEST, PROGRAMS, 1)).rejects.toThrow(
      new GuestFailure('silent for 1 s in a; last: ULNA-USERSPACE-READY x | begin a'),
    );
  });

  it('says that an engine is not installed', async () => {
    await expect(runGuest(fake('', '/nowhere/qemu'), GUEST, PROGRAMS, 60)).rejects.toThrow(
      new ConfigurationError('/nowhere/qemu is not installed on this machine'),
    );
  });
});
