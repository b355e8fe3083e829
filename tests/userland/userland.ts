/** The witnesses' command line: npm run test:userland -- OPTION... */
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createProgress } from '../../guest/index.js';
import { CPU_MODELS } from '../../src/config/cpu.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { buildImage } from './image.js';
import { type Listener, type Run, runOnQemu, runOnUlna } from './machines.js';
import { judge, type Testimony, type Witness } from './witness.js';
import { capabilities } from './witnesses/cpu.js';
import { WITNESSES } from './witnesses/index.js';

const USAGE = `npm run test:userland -- [--cpu MODEL]... [--only WITNESS]... [--no-qemu] [--smp N]
  [--stress-seconds N] [--timeout SECONDS] [--output FOLDER] [--ulna-options="OPTION..."]
Boots Debian's programs on each CPU model (${CPU_MODELS.join(', ')}) and asks them
(${WITNESSES.map((witness) => witness.name).join(', ')}) for answers that are known;
all else that they print is compared with one run of the same under QEMU, on the first model. --smp gives the guest N CPUs;
each stressor of stress works for --stress-seconds (5), and hackbench in proportion. --output keeps the consoles' texts and the table.`;

interface Options {
  readonly cpus: readonly string[];
  readonly witnesses: readonly Witness[];
  readonly qemu: boolean;
  readonly smp: number;
  readonly stressSeconds: number;
  readonly seconds: number;
  readonly output: string | undefined;
  readonly ulnaOptions: readonly string[];
}

function options(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cpu: { type: 'string', multiple: true }, only: { type: 'string', multiple: true },
      'no-qemu': { type: 'boolean', default: false },
      smp: { type: 'string', default: '1' }, 'stress-seconds': { type: 'string', default: '5' },
      timeout: { type: 'string', default: '3600' }, output: { type: 'string' },
      'ulna-options': { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const cpus = values.cpu ?? CPU_MODELS;
  const unknown = cpus.find((cpu) => !(CPU_MODELS as readonly string[]).includes(cpu));
  if (unknown !== undefined) throw new ConfigurationError(`--cpu ${unknown}: not one of ${CPU_MODELS.join(', ')}`);
  const names = values.only ?? WITNESSES.map((witness) => witness.name);
  const absent = names.find((name) => !WITNESSES.some((witness) => witness.name === name));
  if (absent !== undefined) throw new ConfigurationError(`--only ${absent}: there is no such witness`);
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new ConfigurationError(`--timeout ${values.timeout}: not a number of seconds`);
  const [smp, stressSeconds] = [Number(values.smp), Number(values['stress-seconds'])];
  if (!(Number.isInteger(smp) && smp >= 1 && smp <= 16)) throw new ConfigurationError(`--smp ${values.smp}: not 1 to 16`);
  if (!(Number.isInteger(stressSeconds) && stressSeconds >= 1)) {
    throw new ConfigurationError(`--stress-seconds ${values['stress-seconds']}: not a whole number of seconds`);
  }
  return {
    cpus, witnesses: WITNESSES.filter((witness) => names.includes(witness.name)), qemu: !values['no-qemu'], seconds,
    smp, stressSeconds,
    output: values.output, ulnaOptions: values['ulna-options'].split(' ').filter((word) => word !== ''),
  };
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (time: number): string => `${time.toFixed(1)} s`;

function row(testimony: Testimony, reference: Testimony | undefined): string {
  const { instructions } = testimony;
  const counted = instructions === undefined ? '' : `${(instructions / 1e9).toFixed(2)} G instructions, `;
  const beside = reference === undefined ? '' : `, QEMU ${seconds(reference.seconds)}`;
  return `${counted}${seconds(testimony.seconds)}${beside}`;
}

/** QEMU's run, and the CPU model that it was on. */
interface Reference {
  readonly cpu: string;
  readonly run: Run;
}

/** Says what the witnesses said on one CPU; gives how many problems there are. */
function report(
  cpu: string, run: Run, reference: Reference | undefined, witnesses: readonly Witness[],
): number {
  let problems = 0;
  for (const witness of witnesses) {
    const testimony = run.testimonies.get(witness.name) ?? { lines: [], status: undefined, seconds: 0 };
    const other = reference?.run.testimonies.get(witness.name);
    const wrong = judge(witness, testimony, other);
    problems += wrong.length;
    const verdict = wrong.length === 0 ? 'right' : 'WRONG';
    say(`${cpu.padEnd(12)} ${witness.name.padEnd(16)} ${verdict}  ${row(testimony, other)}`);
    for (const problem of wrong) say(`    ${problem}`);
    if (witness.name === 'cpu') {
      say(`    ${capabilities(testimony.lines).join(' ')}`);
      const theirs = cpu === reference?.cpu ? capabilities(other?.lines ?? []) : [];
      const lacking = theirs.filter((name) => !capabilities(testimony.lines).includes(name));
      if (lacking.length > 0) say(`    under QEMU also: ${lacking.join(' ')}`);
    }
  }
  if (run.status !== 0) {
    problems++;
    say(`${cpu.padEnd(12)} ended with status ${run.status}: ${run.errors.trim()}`);
  }
  return problems;
}

/** Runs everything; gives the process's exit status. */
async function main(args: readonly string[]): Promise<number> {
  const chosen = options(args);
  if (chosen === undefined) {
    say(USAGE);
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), 'ulna-userland-'));
  const progress = createProgress(process.stderr);
  try {
    if (chosen.output !== undefined) await mkdir(chosen.output, { recursive: true });
    const image = await buildImage(chosen.witnesses, folder, progress, `stress_seconds=${chosen.stressSeconds}`);
    const names = chosen.witnesses.map((witness) => witness.name);
    let problems = 0;
    const listen = (cpu: string, machine: string): Listener => {
      const file = chosen.output === undefined ? undefined : join(chosen.output, `${cpu}.${machine}.txt`);
      if (file !== undefined) writeFileSync(file, '');
      return {
        onEnd: (name) => progress.update(`${cpu} ${machine}: ${name} ended`),
        onText: (text) => void (file !== undefined && appendFileSync(file, text)),
      };
    };
    const [first] = chosen.cpus;
    const onQemu = chosen.qemu ? await runOnQemu(image, first, chosen.smp, listen(first, 'qemu')) : undefined;
    if (onQemu !== undefined && onQemu.status !== 0) {
      throw new ConfigurationError(`qemu-system-aarch64: ${onQemu.errors.trim().split('\n')[0] ?? ''}`);
    }
    const reference = onQemu && { cpu: first, run: onQemu };
    for (const cpu of chosen.cpus) {
      const run = await runOnUlna(
        image, cpu, chosen.smp, names, chosen.seconds, folder, listen(cpu, 'ulna'), chosen.ulnaOptions,
      );
      progress.finish();
      problems += report(cpu, run, reference, chosen.witnesses);
    }
    say(problems === 0 ? 'every answer is right' : `${problems} problems`);
    return problems === 0 ? 0 : 1;
  } finally {
    progress.finish();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Exit status 2 is for what the command line, the machine's tools or its network do not allow. */
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const refused = error instanceof ConfigurationError || error instanceof TypeError;
  process.stderr.write(`userland: ${error instanceof Error ? error.message : String(error)}\n`);
  return refused ? 2 : 70;
});
