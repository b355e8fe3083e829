import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ULNA = fileURLToPath(new URL('../../bin/ulna', import.meta.url));
const MARKER = 'ULNA-USERSPACE-READY';
/** What a healthy boot never logs. */
const TROUBLE = /WARNING:|BUG:|Oops|rcu: INFO|is not implemented|Kernel panic/;

interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly stats: {
    instructions: number; end?: { reason: string }; marks: { text: string; seconds: number | null }[];
    perVcpu: { regions: { regions: number; cached: number } }[];
  };
}

/** Empty at first, so that nothing depends on what the user has run before. */
const TRANSLATIONS = mkdtempSync(join(tmpdir(), 'ulna-translations-'));
afterAll(() => {
  rmSync(TRANSLATIONS, { recursive: true });
});

function boot(suite: string, cpu: string, append: string, jit: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-boot-'));
  const stats = join(folder, 'stats.json');
  const args = [
    ULNA, 'boot', '--suite', suite, '--cpu', cpu, '--append', append, '--timeout', '400', '--stats', stats,
    '--mark', MARKER, '--jit', jit, '--translation-cache', TRANSLATIONS,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (d: Buffer) => (output += d.toString('latin1')));
    child.stderr.on('data', (d: Buffer) => (output += d.toString('latin1')));
    child.on('error', reject);
    child.on('close', (status) => {
      try {
        resolve({ status, output, stats: JSON.parse(readFileSync(stats, 'utf8')) as Run['stats'] });
      } catch (error) {
        reject(new Error(`${String(error)}\n${output.slice(-2000)}`));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}

describe('Debian kernels boot to userspace and power off', () => {
  for (const [suite, release] of [['bookworm', '6.1.'], ['trixie', '6.12.']]) {
    for (const [cpu, jit] of [['cortex-a57', 'on'], ['max', 'on'], ['cortex-a57', 'off']]) {
      it(`${suite} on ${cpu}, --jit=${jit}`, async () => {
        const run = await boot(suite, cpu, 'ulna_run=poweroff', jit);
        expect(run.output).toContain(`${MARKER} ${release}`);
        expect(run.output.split('\n').filter((line) => TROUBLE.test(line))).toEqual([]);
        expect(run.status).toBe(0);
        expect(run.stats.instructions).toBeGreaterThan(100_000_000);
        expect(run.stats.marks[0].text).toBe(MARKER);
      }, 500_000);
    }
  }

  it('trixie on cortex-a57, with the translations of the boot before', async () => {
    const run = await boot('trixie', 'cortex-a57', 'ulna_run=poweroff', 'on');
    expect(run.output.split('\n').filter((line) => TROUBLE.test(line))).toEqual([]);
    expect(run.status).toBe(0);
    const [{ regions }] = run.stats.perVcpu;
    expect(regions.cached).toBeGreaterThan(regions.regions / 2);
  }, 500_000);
});
