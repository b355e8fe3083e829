/** Debian's kernels with several CPUs, many boots in a row: what goes wrong between threads does so once in a while. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootLinux, MARKER } from '../boot/linux.js';

/** Boots in a row of each kernel with each number of CPUs; ULNA_BOOTS sets another number for all. */
const KERNELS = [
  { suite: 'bookworm', release: '6.1.', boots: 5 },
  { suite: 'trixie', release: '6.12.', boots: 20 },
  { suite: 'forky', release: '7.', boots: 5 },
];
const CPUS = [2, 4, 8];
/** Work for all CPUs, long enough that they spread over the threads, on every second boot. */
const WORK = 'for i in 1 2 3 4 5 6 7 8; do (for j in 1 2 3 4; do busybox true; busybox sha256sum /bin/busybox; done)& done; wait; poweroff';
/** Seconds; a boot of eight CPUs takes half a minute on two processors. */
const LIMIT = 300;

const wanted = Number(process.env.ULNA_BOOTS ?? NaN);

describe.each(KERNELS)('$suite', ({ suite, release, boots }) => {
  describe.each(CPUS)('%i CPUs', (cpus) => {
    const runs = Array.from({ length: wanted > 0 ? wanted : boots }, (_, i) => i + 1);
    it.each(runs)(`boot %i of ${runs.length}`, async (boot) => {
      const cpu = boot % 4 < 2 ? 'cortex-a57' : 'max';
      const append = boot % 2 === 0 ? 'ulna_run=poweroff' : `ulna_run="${WORK}"`;
      const run = await bootLinux({ suite, cpu, append, options: ['--smp', String(cpus)], timeout: LIMIT });
      const healthy = run.status === 0 && run.trouble.length === 0 && run.output.includes(`${MARKER} ${release}`);
      if (!healthy) writeFileSync(join(tmpdir(), `ulna-${suite}-${cpus}-${boot}.txt`), run.output);
      expect(run.trouble).toEqual([]);
      expect(run.output).toContain(`smp: Brought up 1 node, ${cpus} CPUs`);
      expect(run.output).toContain(`${MARKER} ${release}`);
      expect(run.status).toBe(0);
      expect(run.stats.end?.reason).toBe('poweroff');
    }, (LIMIT + 60) * 1000);
  });
});

describe('all translated from the start', () => {
  it('with 2 CPUs', async () => {
    const run = await bootLinux({
      suite: 'trixie', cpu: 'cortex-a57', options: ['--smp', '2', '--jit', 'strict', '--translation-cache', 'off'], timeout: LIMIT,
    });
    expect(run.trouble).toEqual([]);
    expect(run.output).toContain('smp: Brought up 1 node, 2 CPUs');
    expect(run.status).toBe(0);
  }, (LIMIT + 60) * 1000);
});
