/** Boots Debian's kernels with the built program. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { troubleIn } from './kernel-log.js';

const ULNA = fileURLToPath(new URL('../../bin/ulna', import.meta.url));
export const MARKER = 'ULNA-USERSPACE-READY';

export interface LinuxRun {
  readonly status: number | null;
  readonly output: string;
  /** Lines of what a healthy boot never logs. */
  readonly trouble: readonly string[];
  readonly stats: {
    instructions: number; end?: { reason: string }; marks: { text: string; seconds: number | null }[];
    perVcpu: { instructions: number; regions: { regions: number; cached: number; ready: number } }[];
  };
}

export interface LinuxBoot {
  /** Debian suite whose kernel it is. */
  readonly suite: string;
  readonly cpu: string;
  /** For the kernel's command line (default: powers off at once). */
  readonly append?: string;
  /** More options of `ulna boot`. */
  readonly options: readonly string[];
  /** Seconds (default 400). */
  readonly timeout?: number;
}

/** Boots to userspace and powers off. */
export function bootLinux({ suite, cpu, options, append = 'ulna_run=poweroff', timeout = 400 }: LinuxBoot): Promise<LinuxRun> {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-boot-'));
  const stats = join(folder, 'stats.json');
  const args = [
    ULNA, 'boot', '--suite', suite, '--cpu', cpu, '--append', append, '--timeout', String(timeout), '--stats', stats,
    '--mark', MARKER, ...options,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (d: Buffer) => (output += d.toString('latin1')));
    child.stderr.on('data', (d: Buffer) => (output += d.toString('latin1')));
    child.on('error', reject);
    child.on('close', (status) => {
      try {
        resolve({ status, output, trouble: troubleIn(output), stats: JSON.parse(readFileSync(stats, 'utf8')) as LinuxRun['stats'] });
      } catch (error) {
        reject(new Error(`${String(error)}\n${output.slice(-2000)}`));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}
