/** Runs litmus tests on Ulna or QEMU and judges what they print. */
import { buildLitmus, type LitmusOptions, type LitmusTest } from '../../guest/litmus.js';
import { qemuArguments, runToEnd, ULNA } from '../guest/engines.js';
import { cpuOption, MACHINES, type CpuName } from '../guest/programs.js';

/** PEs of the machine that the program runs on. */
const PES = 4;
/** Milliseconds for a whole run. */
const LIMIT = 580_000;

export interface Outcome {
  /** Values of the condition's terms. */
  readonly values: readonly bigint[];
  readonly times: number;
}

export interface LitmusResult {
  /** The CPU lacks what the test needs. */
  readonly absent: boolean;
  /** How many of `instances` the condition held for. */
  readonly held: number;
  readonly instances: number;
  readonly outcomes: readonly Outcome[];
}

const number = (text: string): number => Number.parseInt(text, 16);

/** What the program printed, by test. */
export function parseResults(lines: readonly string[]): Map<string, LitmusResult> {
  const results = new Map<string, LitmusResult>();
  let outcomes: Outcome[] = [];
  for (const line of lines) {
    const head = /^(\S+) (?:absent|held=(\w+) of=(\w+))$/.exec(line);
    const outcome = /^((?: \w+)+) times=(\w+)$/.exec(line);
    if (head !== null) {
      const [, name, held, instances] = head;
      outcomes = [];
      results.set(name, {
        absent: held === undefined, held: number(held ?? '0'), instances: number(instances ?? '0'), outcomes,
      });
    } else if (outcome !== null) {
      const values = outcome[1].trim().split(' ').map((value) => BigInt(`0x${value}`));
      outcomes.push({ values, times: number(outcome[2]) });
    }
  }
  return results;
}

/** Why a result is none that the architecture allows; undefined if it does. */
export function wrong(test: LitmusTest, result: LitmusResult | undefined): string | undefined {
  if (result === undefined) return `${test.name} did not run`;
  const { absent, held, instances } = result;
  if (absent) return test.needs.length === 0 ? `${test.name} did not run` : undefined;
  if (instances === 0) return `${test.name} has no instances`;
  if (test.verdict === 'forbidden' && held > 0) return `${test.name}: forbidden outcome ${held} times of ${instances}`;
  if (test.verdict === 'required' && held < instances) {
    return `${test.name}: required outcome ${held} times of ${instances}: ${outcomesText(test, result)}`;
  }
  return undefined;
}

const valueText = (value: bigint): string => (value < 10n ? String(value) : `0x${value.toString(16)}`);

/** The outcomes as text, the most frequent one first. */
export function outcomesText(test: LitmusTest, result: LitmusResult): string {
  return [...result.outcomes]
    .sort((a, b) => b.times - a.times)
    .map(({ values, times }) => `${test.terms.map((t, i) => `${t.text}=${valueText(values[i])}`).join(' ')}: ${times}`)
    .join(', ');
}

/** @param options more options of `ulna boot` */
export async function litmusOnUlna(
  tests: readonly LitmusTest[], cpu: CpuName, options: readonly string[] = [], litmus: LitmusOptions = {},
): Promise<Map<string, LitmusResult>> {
  const elf = await buildLitmus(tests, litmus);
  const { lines } = await runToEnd(process.execPath, [
    ULNA, 'boot', '--kernel', elf, '--machine', MACHINES.el1, '--cpu', cpuOption(cpu), '--memory', '512M',
    '--smp', String(PES), '--threads', String(PES), ...options,
  ], 'el1', LIMIT);
  return parseResults(lines);
}

export async function litmusOnQemu(
  qemu: string, tests: readonly LitmusTest[], cpu: CpuName, litmus: LitmusOptions = {},
): Promise<Map<string, LitmusResult>> {
  const elf = await buildLitmus(tests, litmus);
  const { lines } = await runToEnd(qemu, [...qemuArguments('el1', cpu, { pes: PES }), '-kernel', elf], 'el1', LIMIT);
  return parseResults(lines);
}
