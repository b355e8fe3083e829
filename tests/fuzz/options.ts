/** The command line of `npm run fuzz`. */
import { parseArgs } from 'node:util';
import { CPU_MODEL_NAMES, type PauthAlgorithm } from '../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../src/arch/features/cpu-models.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { CORPUS } from './corpus.js';
import { AGAINST, type Against, type FuzzCpu } from './engines.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Seconds, and cases, after which to stop; Infinity for no limit. */
  readonly time: number;
  readonly cases: number;
  readonly against: Against;
  readonly blocks: boolean;
  /** CPU of both engines. */
  readonly cpu: FuzzCpu;
  readonly only: RegExp | undefined;
  /** `only` as it was given. */
  readonly classes: string | undefined;
  /** Distinct failures after which to stop. */
  readonly failures: number;
  /** Where failures are written. */
  readonly out: string;
  /** A corpus file to run instead. */
  readonly replay: string | undefined;
  /** Print the counts of every encoding class. */
  readonly counts: boolean;
  /** File that gets the counts as JSON. */
  readonly statistics: string | undefined;
  /** Single instructions and blocks, with one CPU after the other. */
  readonly nightly: boolean;
  /** Processes that share the work. */
  readonly jobs: number;
  /** This process is number `job` of that many; undefined for one that has the run to itself. */
  readonly job: number | undefined;
  /** Statistics files to add up instead of running. */
  readonly merge: readonly string[] | undefined;
}

export const USAGE = `usage: npm run fuzz -- [--seed N] [--time SECONDS] [--cases N] [--against qemu|interpreter|jit]
  [--blocks]  [--cpu MODEL] [--pauth ALGORITHM] [--class GLOB] [--failures N] [--jobs N] [--out FOLDER]
  [--counts] [--statistics FILE]  |  --nightly [--time SECONDS] [--cases N]  |  --replay FILE  |  --merge FILE...
  --class   encodings to cover, by name (ADD_*) or by class (dpreg/*)
  QEMU_AARCH64 names the qemu-aarch64 to use; the newest is the best.`;

const PAUTH: readonly PauthAlgorithm[] = ['impdef', 'qarma5', 'qarma3', 'off'];

function positive(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value >= 0)) throw new ConfigurationError(`--${name} ${text} is not a number`);
  return value;
}

/** `*` and `?` stand for anything and one character. */
function glob(text: string): RegExp {
  const pattern = text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^(?:${pattern})$`, 'i');
}

function oneOf<T extends string>(name: string, value: string, list: readonly T[]): T {
  if (!(list as readonly string[]).includes(value)) {
    throw new ConfigurationError(`--${name} ${value}: there are ${list.join(', ')}`);
  }
  return value as T;
}

export function parseOptions(args: readonly string[]): FuzzOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args], allowPositionals: true,
      options: {
        seed: text, time: text, cases: text, against: text, cpu: text, pauth: text, blocks: flag, class: text,
        failures: text, out: text, replay: text, counts: flag, statistics: text, nightly: flag, jobs: text, job: text,
        merge: flag,
      },
    });
  } catch (error) {
    throw new ConfigurationError((error as Error).message);
  }
  const { values, positionals } = parsed;
  const merge = values.merge ?? false;
  if (merge !== positionals.length > 0) {
    throw new ConfigurationError(merge ? '--merge needs statistics files' : `${positionals[0]} is no option`);
  }
  const against = oneOf('against', values.against ?? 'qemu', AGAINST);
  const model = oneOf<CpuModelName>('cpu', values.cpu ?? 'max', CPU_MODEL_NAMES);
  // Codes of the implementation's own hash cannot be compared with those of another implementation.
  const pauth = oneOf('pauth', values.pauth ?? (against === 'qemu' ? 'qarma5' : 'impdef'), PAUTH);
  const unlimited = values.time === undefined && values.cases !== undefined;
  const jobs = positive('jobs', values.jobs, 1);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) throw new ConfigurationError('--jobs takes 1 to 64');
  return {
    seed: positive('seed', values.seed, 1) >>> 0,
    time: positive('time', values.time, unlimited ? Infinity : 10),
    cases: positive('cases', values.cases, Infinity),
    against, blocks: values.blocks ?? false, cpu: { model, pauth },
    only: values.class === undefined ? undefined : glob(values.class),
    classes: values.class,
    failures: positive('failures', values.failures, 10),
    out: values.out ?? CORPUS,
    replay: values.replay,
    counts: values.counts ?? false,
    statistics: values.statistics,
    nightly: values.nightly ?? false,
    jobs, job: values.job === undefined ? undefined : positive('job', values.job, 0),
    merge: merge ? positionals : undefined,
  };
}

/** The command line of one process of a run. */
export function jobArguments(options: FuzzOptions, job: number, statistics: string): string[] {
  const { seed, time, cases, against, blocks, cpu, classes, failures, out, jobs } = options;
  const args = ['--seed', seed, '--against', against, '--cpu', cpu.model, '--pauth', cpu.pauth, '--failures', failures,
    '--out', out, '--jobs', jobs, '--job', job, '--statistics', statistics];
  if (blocks) args.push('--blocks');
  if (classes !== undefined) args.push('--class', classes);
  if (time !== Infinity) args.push('--time', time);
  if (cases !== Infinity) args.push('--cases', Math.ceil(cases / jobs));
  return args.map(String);
}
