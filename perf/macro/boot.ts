/**
 * Boots one Debian kernel on Ulna and on QEMU in turn and prints medians and their ratio.
 * usage: node dist/perf/macro/boot.js [SUITE] [CPU] [RUNS] [JSON] [options of ulna boot]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultGuest } from '../../guest/index.js';
import { CHECKOUT, launcher } from '../checkout.js';
import { median } from '../suite/statistics.js';

const given = process.argv.slice(2);
const options = given.filter((text) => text.startsWith('--'));
const [suite = 'trixie', cpu = 'cortex-a57', runs = '3', json] = given.filter((text) => !text.startsWith('--'));
const ULNA = launcher(CHECKOUT);
const guest = await defaultGuest({ suite });
const append = `${guest.append} ulna_run=poweroff`;
const folder = mkdtempSync(join(tmpdir(), 'ulna-perf-'));
const stats = join(folder, 'stats.json');

interface Sample { readonly ulna: number; readonly qemu: number; readonly mips: number }

function timed(command: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
  if (error || status !== 0) throw new Error(`${command} ended with ${error?.message ?? String(status)}`);
  return (performance.now() - start) / 1000;
}

const samples: Sample[] = [];
for (let i = 0; i < Number(runs); i++) {
  const ulna = timed(process.execPath, [
    ULNA, 'boot', '--kernel', guest.kernel, '--initrd', guest.initrd, '--append', append, '--cpu', cpu,
    '--stats', stats, '--serial', 'null', ...options,
  ]);
  const { instructions, seconds } = JSON.parse(readFileSync(stats, 'utf8')) as {
    instructions: number; seconds: { run: number } };
  const qemu = timed('qemu-system-aarch64', [
    '-M', 'virt,gic-version=3', '-cpu', cpu, '-m', '1G', '-display', 'none', '-serial', 'null', '-monitor', 'none', '-nic', 'none',
    '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', append,
  ]);
  samples.push({ ulna, qemu, mips: instructions / seconds.run / 1e6 });
  console.log(`run ${i + 1}: Ulna ${ulna.toFixed(1)} s (${samples[i].mips.toFixed(0)} MIPS), QEMU ${qemu.toFixed(1)} s`);
}
rmSync(folder, { recursive: true });
const ratio = median(samples.map((s) => s.ulna / s.qemu));
const mips = median(samples.map((s) => s.mips));
console.log(`${[guest.release, cpu, ...options].join(' ')}: Ulna / QEMU wall ${ratio.toFixed(2)}, ${mips.toFixed(0)} MIPS (medians of ${runs})`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ suite, cpu, ratio, mips, samples }, undefined, 2)}\n`);
