/** Debian's 6.12 with four CPUs, with somebody at the console: recorded, then replayed on the translator and without it. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { MARKER } from '../boot/linux.js';
import { runUlna, UlnaProcess } from '../harness/ulna-process.js';
import { entries, MATCHED, recordingFolder } from './recording.js';

const folder = recordingFolder();
afterAll(() => folder.remove());
/** Four processes write one file without a lock: what they leave behind may depend on the schedule. */
const RACE = 'for i in 1 2 3 4; do (for j in 1 2 3 4 5; do read n < c; echo $((n+1)) > c; done)& done; wait; echo sum=$(cat c)';

describe('four CPUs and a console', () => {
  it('are replayed bit for bit', async () => {
    const [file, stats, again] = ['linux', 'stats', 'again'].map((name) => folder.path(name));
    const options = ['boot', '--suite', 'trixie', '--cpu', 'cortex-a57', '--smp', '4', '--memory', '512M', '--timeout', '400',
      '--digest-interval', '100M', '--seed', 'four', '--mark', MARKER];
    const recorded = new UlnaProcess([...options, '--record', file, '--stats', stats]);
    await recorded.printed(/# /);
    await recorded.ask('cd /tmp; echo 0 > c; nproc\r', /\n4\r?\n/);
    await recorded.ask(`${RACE}\r`, /sum=\d+/);
    recorded.type('head -c 16 /dev/urandom | md5sum; date; poweroff\r');
    expect((await recorded.finished).status).toBe(0);
    expect(entries(file).filter((line) => line.includes('"input"')).length).toBeGreaterThanOrEqual(3);
    expect(recorded.output).toContain('smp: Brought up 1 node, 4 CPUs');
    const counts = (path: string): unknown => {
      const { instructions, virtualSeconds, marks } = JSON.parse(readFileSync(path, 'utf8')) as
        { instructions: number; virtualSeconds: number; marks: { instructions: number; virtualSeconds: number }[] };
      return [instructions, virtualSeconds, marks[0].instructions, marks[0].virtualSeconds];
    };
    for (const mode of ['on', 'off']) {
      const replayed = await runUlna([...options, '--replay', file, '--jit', mode, '--stats', again]);
      expect(replayed.errors).toMatch(MATCHED);
      expect(replayed.output).toBe(recorded.output);
      expect(counts(again)).toEqual(counts(stats));
    }
  }, 500_000);
});
