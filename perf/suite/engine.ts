/** The engines that a suite's guest runs on: how each is started, and what it leaves behind. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Guest } from '../../guest/index.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { CHECKOUT, launcher } from '../checkout.js';
import type { BenchOptions } from './options.js';
import type { Program } from './programs.js';

export interface EngineRun {
  readonly command: string;
  readonly args: readonly string[];
}

/** What Ulna counted of a run; absent of another engine. */
export interface EngineCounters {
  /** Guest instructions of the whole run. */
  readonly instructions: number;
  /** Guest instructions between a program's first and last line (its boot: up to userspace), by name. */
  readonly byProgram: Readonly<Record<string, number>>;
}

export interface Engine {
  /** Name in the table. */
  readonly name: string;
  /** How to run the guest with its console on stdout. */
  run(guest: Guest, programs: readonly Program[]): EngineRun;
  /** What the last run counted. */
  counters(programs: readonly Program[]): EngineCounters | undefined;
}

type Machine = Pick<BenchOptions, 'cpu' | 'memory' | 'smp'>;

/** Debian's QEMU, with Ulna's board. */
export function qemuEngine(machine: Machine, options: readonly string[]): Engine {
  return {
    name: 'QEMU',
    run: (guest) => ({
      command: 'qemu-system-aarch64',
      args: [
        '-M', 'virt,gic-version=3', '-cpu', machine.cpu, '-m', machine.memory, '-smp', String(machine.smp),
        ...(machine.smp > 1 ? ['-accel', 'tcg,thread=multi'] : []), '-nographic', '-nodefaults', '-no-reboot',
        '-serial', 'stdio', '-monitor', 'none',
        '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', guest.append, ...options,
      ],
    }),
    counters: () => undefined,
  };
}

/** Texts that --mark notes for a program: where it begins (none: with the machine) and where it ends. */
function marksOf(program: Program): { readonly begin?: string; readonly end: string } {
  if (program.group === 'boot') return { end: 'ULNA-USERSPACE-READY' };
  return { begin: `begin ${program.name}`, end: `end ${program.name}` };
}

interface Statistics {
  readonly instructions: number;
  readonly marks: readonly { readonly text: string; readonly instructions: number | null }[];
}

/** Counters from the JSON that --stats writes. */
export function countersFrom(statistics: Statistics, programs: readonly Program[]): EngineCounters {
  const at = (text: string): number | undefined =>
    statistics.marks.find((mark) => mark.text === text)?.instructions ?? undefined;
  const byProgram: Record<string, number> = {};
  for (const program of programs) {
    const marks = marksOf(program);
    const begin = marks.begin === undefined ? 0 : at(marks.begin);
    const end = at(marks.end);
    if (begin !== undefined && end !== undefined) byProgram[program.name] = end - begin;
  }
  return { instructions: statistics.instructions, byProgram };
}

/** @param folder where the statistics of a run may be written */
export function ulnaEngine(
  name: string,
  checkout: string,
  machine: Machine,
  options: readonly string[],
  folder: string,
): Engine {
  if (!existsSync(launcher(checkout))) throw new ConfigurationError(`${checkout} is no checkout of Ulna: no bin/ulna`);
  const statistics = join(folder, `${name.replace(/[^A-Za-z0-9]/g, '-')}.json`);
  return {
    name,
    run: (guest, programs) => ({
      command: process.execPath,
      args: [
        launcher(checkout), 'boot', '--kernel', guest.kernel, '--initrd', guest.initrd, '--append', guest.append,
        '--cpu', machine.cpu, '--memory', machine.memory, '--no-reboot', '--stats', statistics,
        ...(machine.smp > 1 ? ['--smp', String(machine.smp)] : []),
        ...programs.flatMap((program) => Object.values(marksOf(program)).flatMap((text) => ['--mark', text])),
        ...options,
      ],
    }),
    counters: (programs) =>
      existsSync(statistics)
        ? countersFrom(JSON.parse(readFileSync(statistics, 'utf8')) as Statistics, programs)
        : undefined,
  };
}

/** The engines that the options ask for: this checkout's Ulna first. */
export function enginesFor(options: BenchOptions, folder: string): readonly Engine[] {
  const own = ulnaEngine('Ulna', CHECKOUT, options, options.ulnaOptions, folder);
  if (options.against === 'none') return [own];
  if (options.against === 'qemu') return [own, qemuEngine(options, options.againstOptions ?? [])];
  const checkout = resolve(options.against);
  return [own, ulnaEngine('other', checkout, options, options.againstOptions ?? options.ulnaOptions, folder)];
}
