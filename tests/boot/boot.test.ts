import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bootLinux, MARKER } from './linux.js';

/** Empty at first, so that nothing depends on what the user has run before. */
const TRANSLATIONS = mkdtempSync(join(tmpdir(), 'ulna-translations-'));
afterAll(() => {
  rmSync(TRANSLATIONS, { recursive: true });
});

describe('Debian kernels boot to userspace and power off', () => {
  for (const [suite, release] of [['bookworm', '6.1.'], ['trixie', '6.12.']]) {
    for (const [cpu, jit] of [['cortex-a57', 'on'], ['max', 'on'], ['cortex-a57', 'off']]) {
      it(`${suite} on ${cpu}, --jit=${jit}`, async () => {
        const run = await bootLinux({ suite, cpu, options: ['--jit', jit, '--translation-cache', TRANSLATIONS] });
        expect(run.output).toContain(`${MARKER} ${release}`);
        expect(run.trouble).toEqual([]);
        expect(run.status).toBe(0);
        expect(run.stats.instructions).toBeGreaterThan(100_000_000);
        expect(run.stats.marks[0].text).toBe(MARKER);
      }, 500_000);
    }
  }

  it('trixie on cortex-a57, with the translations of the boot before', async () => {
    const boot = (): ReturnType<typeof bootLinux> =>
      bootLinux({ suite: 'trixie', cpu: 'cortex-a57', options: ['--translation-cache', TRANSLATIONS] });
    // how many more are translated now depends on the host's speed
    const before = await boot();
    const run = await boot();
    expect(run.trouble).toEqual([]);
    expect(run.status).toBe(0);
    expect(run.stats.perVcpu[0].regions.cached).toBeGreaterThan(before.stats.perVcpu[0].regions.regions / 2);
  }, 500_000);

  it('trixie on cortex-a57, with machine code made while the guest before was idle', async () => {
    const boot = (command: string): ReturnType<typeof bootLinux> => bootLinux({
      suite: 'trixie', cpu: 'cortex-a57', append: `ulna_run="${command}"`, options: ['--translation-cache', TRANSLATIONS],
    });
    await boot('sleep 12; poweroff');
    const run = await boot('poweroff');
    expect(run.trouble).toEqual([]);
    expect(run.status).toBe(0);
    expect(run.stats.perVcpu[0].regions.ready).toBeGreaterThanOrEqual(64);
  }, 500_000);
});
