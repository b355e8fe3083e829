/** The benchmark's command line. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../src/support/errors.js';
import { type Offer, PROGRAMS, type Program, selectPrograms } from './programs.js';

export const USAGE = `usage: npm run bench -- [OPTION]...
  --against WHAT          qemu (default), none, or the folder of another built checkout of Ulna
  --rounds N              runs of each engine, in turn (default: 3)
  --only PATTERN[,...]    programs and groups; * stands for any text (default: all)
  --scale F               multiplies the work of every program (default: 1)
  --cpu MODEL             CPU model, given to both (default: cortex-a57)
  --ulna-options TEXT     further options of ulna boot, separated by spaces
  --against-options TEXT  the same for the other engine (default for another Ulna: those of --ulna-options)
  --smp N                 CPUs of the machine, on QEMU with a thread each; from 2 on also the group parallel (default: 1)
  --with-packages         also what needs Debian packages in the guest (python)
  --suite NAME            Debian suite of the kernel and BusyBox (default: trixie)
  --memory SIZE           RAM (default: 1G)
  --timeout SECONDS       a guest that is silent for so long hangs (default: 600)
  --json FILE             writes all numbers
  --list                  prints the programs and ends`;

export interface BenchOptions {
  readonly against: string;
  readonly rounds: number;
  readonly programs: readonly Program[];
  readonly scale: number;
  readonly cpu: string;
  readonly smp: number;
  readonly ulnaOptions: readonly string[];
  /** Undefined where the option was not given. */
  readonly againstOptions: readonly string[] | undefined;
  readonly suite: string;
  readonly memory: string;
  /** Seconds. */
  readonly timeout: number;
  readonly json: string | undefined;
  readonly action: 'run' | 'list' | 'help';
}

const SETTINGS = {
  against: { type: 'string', default: 'qemu' },
  rounds: { type: 'string', default: '3' },
  only: { type: 'string' },
  scale: { type: 'string', default: '1' },
  cpu: { type: 'string', default: 'cortex-a57' },
  smp: { type: 'string', default: '1' },
  'ulna-options': { type: 'string' },
  'against-options': { type: 'string' },
  'with-packages': { type: 'boolean', default: false },
  suite: { type: 'string', default: 'trixie' },
  memory: { type: 'string', default: '1G' },
  timeout: { type: 'string', default: '600' },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** A positive number, or a whole one. */
function positive(name: string, text: string, whole = false): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0 || (whole && !Number.isSafeInteger(value))) {
    const kind = whole ? 'whole number' : 'number';
    throw new ConfigurationError(`--${name} takes a positive ${kind}, not ${JSON.stringify(text)}`);
  }
  return value;
}

/** Options whose values begin with dashes themselves; parseArgs takes such a value only behind `=`. */
const TAKE_DASHES = ['--ulna-options', '--against-options'];

function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (last !== undefined && TAKE_DASHES.includes(last)) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: joinValues(args), options: SETTINGS, allowPositionals: false }).values;
  } catch (error) {
    throw new ConfigurationError((error as Error).message.split('\n')[0]);
  }
}

/** Why nothing is called so. */
function whyNot(pattern: string, offer: Offer): string {
  const would = (more: Partial<Offer>): boolean => selectPrograms([pattern], { ...offer, ...more }).unknown === undefined;
  if (would({ packages: true })) return `${pattern} needs --with-packages`;
  if (would({ parallel: true })) return `${pattern} needs --smp 2 or more`;
  return `--only: no program or group is called ${pattern} (see --list)`;
}

/** Options as the rest of the benchmark takes them; a ConfigurationError says what cannot be used. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const patterns = values.only === undefined ? [] : values.only.split(',').filter((pattern) => pattern !== '');
  const smp = positive('smp', values.smp, true);
  const offer = { packages: values['with-packages'], parallel: smp > 1 };
  const { programs, unknown } = selectPrograms(patterns, offer);
  if (unknown !== undefined) throw new ConfigurationError(whyNot(unknown, offer));
  if (values.against === 'none' && values['against-options'] !== undefined) {
    throw new ConfigurationError('--against-options has no engine to go to with --against none');
  }
  return {
    against: values.against,
    rounds: positive('rounds', values.rounds, true),
    programs: programs.length === 0 ? PROGRAMS : programs,
    scale: positive('scale', values.scale),
    cpu: values.cpu,
    smp,
    ulnaOptions: words(values['ulna-options'] ?? ''),
    againstOptions: values['against-options'] === undefined ? undefined : words(values['against-options']),
    suite: values.suite,
    memory: values.memory,
    timeout: positive('timeout', values.timeout),
    json: values.json,
    action: values.help ? 'help' : values.list ? 'list' : 'run',
  };
}
