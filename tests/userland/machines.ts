/** The two machines that witnesses run on: Ulna as it is built, and QEMU with the same kernel and RAM disk. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ULNA } from '../harness/ulna-process.js';
import type { Image } from './image.js';
import { BEGIN, END, Transcript } from './transcript.js';
import type { Testimony } from './witness.js';

export interface Run {
  readonly testimonies: ReadonlyMap<string, Testimony>;
  /** The emulator's exit status, null if a signal ended it, and what it wrote to stderr. */
  readonly status: number | null;
  readonly errors: string;
}

interface Statistics {
  readonly marks: readonly { readonly text: string; readonly instructions: number | null }[];
}

const MEMORY = '1G';

/** What is told of a run while it goes on. */
export interface Listener {
  /** A witness has ended. */
  readonly onEnd: (name: string) => void;
  /** The console printed this. */
  readonly onText: (text: string) => void;
}

/** Runs an emulator whose stdout is the guest's console. */
function runEmulator(program: string, args: readonly string[], listener: Listener): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const transcript = new Transcript(() => performance.now() / 1000, listener.onEnd);
    let errors = '';
    child.stdout.setEncoding('utf8');
    child.stderr.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      transcript.push(chunk);
      listener.onText(chunk);
    });
    child.stderr.on('data', (chunk: string) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      transcript.close();
      resolve({ testimonies: transcript.testimonies, status, errors });
    });
  });
}

/** Runs the image on Ulna, the built program; `seconds` bounds the run. */
export async function runOnUlna(
  image: Image, cpu: string, smp: number, names: readonly string[], seconds: number, folder: string, listener: Listener,
  options: readonly string[] = [],
): Promise<Run> {
  const stats = join(folder, `stats-${cpu}.json`);
  const marks = names.flatMap((name) => [`${BEGIN} ${name}`, `${END} ${name}`]);
  const run = await runEmulator(process.execPath, [
    ULNA, 'boot', '--kernel', image.kernel, '--initrd', image.initrd, '--append', image.append, '--cpu', cpu,
    '--smp', String(smp), '--memory', MEMORY, '--seed', 'userland', '--timeout', String(seconds), '--no-reboot', '--stats', stats,
    ...marks.flatMap((text) => ['--mark', text]), ...options,
  ], listener);
  const statistics = await readFile(stats, 'utf8').then((text) => JSON.parse(text) as Statistics, () => undefined);
  const at = (text: string): number | undefined =>
    statistics?.marks.find((mark) => mark.text === text)?.instructions ?? undefined;
  const testimonies = new Map<string, Testimony>();
  for (const [name, testimony] of run.testimonies) {
    const [begin, end] = [at(`${BEGIN} ${name}`), at(`${END} ${name}`)];
    const counted = begin === undefined || end === undefined ? {} : { instructions: end - begin };
    testimonies.set(name, { ...testimony, ...counted });
  }
  return { ...run, testimonies };
}

/** Runs the image on qemu-system-aarch64. */
export function runOnQemu(image: Image, cpu: string, smp: number, listener: Listener): Promise<Run> {
  return runEmulator('qemu-system-aarch64', [
    '-M', 'virt,gic-version=3', '-cpu', cpu, '-m', MEMORY, '-smp', String(smp), '-nographic', '-no-reboot', '-nodefaults',
    '-serial', 'stdio', '-monitor', 'none', '-kernel', image.kernel, '-initrd', image.initrd, '-append', image.append,
  ], listener);
}
