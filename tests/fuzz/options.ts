/** The command line of `npm run fuzz`. */
import { parseArgs } from 'node:util';
import { CPU_MODEL_NAMES } from '../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../src/arch/features/cpu-models.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { CORPUS } from './corpus.js';
import { AGAINST, type Against } from './engines.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Seconds, and cases, after which to stop; Infinity for no limit. */
  readonly time: number;
  readonly cases: number;
  readonly against: Against;
  readonly blocks: boolean;
  /** CPU model of both engines. */
  readonly cpu: CpuModelName;
  readonly only: RegExp | undefined;
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
}

export const USAGE = `npm run fuzz -- [--seed N] [--time SECONDS] [--cases N] [--against qemu|interpreter|jit]
  [--blocks]  [--cpu MODEL] [--class GLOB] [--failures N] [--out FOLDER] [--counts] [--statistics FILE] [--replay FILE]
  --class   encodings to cover, by name (ADD_*) or by class (dpreg/*)
  QEMU_AARCH64 names the qemu-aarch64 to use; the newest is the best.`;

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

export function parseOptions(args: readonly string[]): FuzzOptions {
  const text = { type: 'string' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seed: text, time: text, cases: text, against: text, cpu: text, blocks: { type: 'boolean' }, class: text,
        failures: text, out: text, replay: text, counts: { type: 'boolean' }, statistics: text,
      },
    }));
  } catch (error) {
    throw new ConfigurationError((error as Error).message);
  }
  const against = values.against ?? 'qemu';
  if (!(AGAINST as readonly string[]).includes(against)) {
    throw new ConfigurationError(`--against ${against}: there are ${AGAINST.join(', ')}`);
  }
  const cpu = values.cpu ?? 'max';
  if (!(CPU_MODEL_NAMES as readonly string[]).includes(cpu)) {
    throw new ConfigurationError(`--cpu ${cpu}: there are ${CPU_MODEL_NAMES.join(', ')}`);
  }
  const unlimited = values.time === undefined && values.cases !== undefined;
  return {
    seed: positive('seed', values.seed, 1) >>> 0,
    time: positive('time', values.time, unlimited ? Infinity : 10),
    cases: positive('cases', values.cases, Infinity),
    against: against as Against,
    blocks: values.blocks ?? false,
    cpu: cpu as CpuModelName,
    only: values.class === undefined ? undefined : glob(values.class),
    failures: positive('failures', values.failures, 10),
    out: values.out ?? CORPUS,
    replay: values.replay,
    counts: values.counts ?? false,
    statistics: values.statistics,
  };
}
