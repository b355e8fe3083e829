/** What the suite runs: every program and job with its group and the rounds that take QEMU one to two seconds. */
import type { ProgramSource } from '../../guest/programs.js';

/** Groups, in the order they are run and printed. */
export const GROUPS = ['boot', 'integer', 'calls', 'memory', 'fp', 'neon', 'crypto', 'system', 'smc', 'parallel', 'jobs'] as const;
export type Group = (typeof GROUPS)[number];

/** Groups whose geometric means are taken together. */
export const SUMMARIES: Readonly<Record<string, readonly Group[]>> = {
  'all compute': ['integer', 'calls', 'memory', 'fp', 'neon', 'crypto'],
  'all system': ['system', 'smc'],
};

export interface Program {
  /** Also the file's name in the guest. No name begins with another one (Ulna's --mark looks for texts). */
  readonly name: string;
  readonly group: Group;
  /** Rounds at scale 1; 0 for the boot itself, which is not scaled. */
  readonly rounds: number;
  /** What to compile; without it the program is the shell script NAME.sh. */
  readonly build?: ProgramSource;
  /** It has something to do for several CPUs, and is offered with --smp only. */
  readonly parallel?: boolean;
  /** Debian packages that it needs in the guest. */
  readonly packages?: readonly string[];
  /** Further files of guest/programs beside it in the guest. */
  readonly files?: readonly string[];
}

/** The start of the process to the first line of userspace: measured in every run. */
export const BOOT: Program = { name: 'boot', group: 'boot', rounds: 0 };

const CRC = 'armv8-a+crc';
const CRYPTO = 'armv8-a+crypto';

type CExtras = Pick<ProgramSource, 'flags' | 'architecture'> & { readonly source?: string };
const c = (group: Group, name: string, rounds: number, extras: CExtras = {}): Program => ({
  name, group, rounds, build: { source: name, ...extras },
});

const parallel = (name: string, rounds: number, extras: CExtras = {}): Program => ({
  ...c('parallel', name, rounds, extras), parallel: true,
});

export const PROGRAMS: readonly Program[] = [
  BOOT,
  c('integer', 'sort', 70),
  c('integer', 'hash-table', 250),
  c('integer', 'lz', 260),
  c('integer', 'json', 600),
  c('integer', 'crc32-table', 2300),
  c('integer', 'crc32-instructions', 4000, { architecture: CRC }),
  c('integer', 'sha256-c', 1700),
  c('integer', 'matrix-int', 430),
  c('calls', 'fib', 800),
  c('calls', 'ackermann', 300),
  c('calls', 'call-table', 500),
  c('calls', 'virtual-calls', 350),
  c('memory', 'stream', 16),
  c('memory', 'chase-256k', 25000, { source: 'pointer-chase', flags: ['-DBYTES=0x40000'] }),
  c('memory', 'chase-64m', 2, { source: 'pointer-chase', flags: ['-DBYTES=0x4000000'] }),
  c('memory', 'memory-functions', 400),
  c('fp', 'nbody', 220),
  c('fp', 'linpack', 80),
  c('fp', 'mandelbrot', 70),
  c('fp', 'fma-polynomial', 1200),
  c('neon', 'saxpy', 210),
  c('neon', 'blend', 3500),
  c('neon', 'dot16', 6500),
  c('crypto', 'aes-ctr', 2000, { architecture: CRYPTO }),
  c('crypto', 'sha256-instructions', 1600, { architecture: CRYPTO }),
  c('crypto', 'pmull', 1500, { architecture: CRYPTO }),
  c('system', 'getpid', 30),
  c('system', 'pipe', 30),
  c('system', 'sched-yield', 70),
  c('system', 'futex', 50),
  c('system', 'page-faults', 30),
  c('system', 'mmap-churn', 30),
  c('system', 'fork-exec', 100),
  c('system', 'signals', 60),
  c('smc', 'code-generation', 200),
  parallel('parallel-sort', 70),
  parallel('ring-threads', 3, { source: 'ring' }),
  parallel('ring-processes', 3, { source: 'ring', flags: ['-DPROCESSES'] }),
  parallel('ping-pong', 50),
  parallel('contention', 150),
  parallel('counters', 150),
  parallel('compile-mix', 15),
  { name: 'shell', group: 'jobs', rounds: 4 },
  { name: 'gzip', group: 'jobs', rounds: 3 },
  { name: 'tar', group: 'jobs', rounds: 2 },
  { name: 'python', group: 'jobs', rounds: 4, packages: ['python3'], files: ['python.py'] },
];

/** Whether `name` fits a pattern in which `*` stands for any text. */
function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** What a machine and a guest have: programs that need more are left out. */
export interface Offer {
  readonly packages: boolean;
  /** Several CPUs. */
  readonly parallel: boolean;
}

/**
 * Programs whose name or group fits any of the patterns, in the suite's order; all of them without patterns. Those that
 * need more than is offered are left out.
 * @returns the programs, and the first pattern that nothing fits
 */
export function selectPrograms(
  patterns: readonly string[],
  offer: Offer,
): { readonly programs: readonly Program[]; readonly unknown: string | undefined } {
  const offered = PROGRAMS.filter(
    (program) => (offer.packages || program.packages === undefined) && (offer.parallel || program.parallel !== true),
  );
  const chosenBy = (pattern: string) => (program: Program) =>
    fits(pattern, program.name) || fits(pattern, program.group);
  const unknown = patterns.find((pattern) => !offered.some(chosenBy(pattern)));
  const programs =
    patterns.length === 0 ? offered : offered.filter((program) => patterns.some((p) => chosenBy(p)(program)));
  return { programs, unknown };
}

/** Rounds of a program at a scale, at least one. */
export const scaledRounds = (program: Program, scale: number): number =>
  Math.max(1, Math.round(program.rounds * scale));
