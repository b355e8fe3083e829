/** One run: batches until the time, the cases or the failures are used up; failures minimized, printed and kept. */
import { join, relative } from 'node:path';
import { decode } from '../../jit/a64/decoder.js';
import { ConfigurationError } from '../../src/support/errors.js';
import type { FuzzCase } from './batch.js';
import { compareCase } from './compare.js';
import { batchOf, entryCpu, writeEntry } from './corpus.js';
import { type EnginePair, makeEngines } from './engines.js';
import { minimize } from './minimize.js';
import type { FuzzOptions } from './options.js';
import { listing, reportText } from './report.js';
import { cpuText, excludedEncodings, type Failure, FuzzSession } from './session.js';
import { countLines, runLines, type Statistics } from './statistics.js';

const PROGRESS_MILLISECONDS = 30_000;

/** What kind of failure it is, so that each kind is reported once. */
function signature(input: FuzzCase, fields: readonly string[]): string {
  const names = input.words.map((w) => decode(w)?.name ?? `unallocated ${(w >>> 21).toString(16)}/${(w >>> 10) & 63}`);
  return `${names.join(' ')}: ${[...new Set(fields.map((f) => f.replace(/\d+/, '')))].join(' ')}`;
}

/** Runs one case on both engines, and prints the report. Gives the differing fields. */
export async function showCase(engines: EnginePair, input: FuzzCase, repeat: string): Promise<string[]> {
  const batch = batchOf(input);
  const [expected, actual] = await Promise.all([engines.expected.run(batch), engines.actual.run(batch)]);
  const fields = compareCase(batch, 0, expected, actual, engines);
  const names = [engines.expected.name, engines.actual.name] as const;
  console.log(reportText(input, 0, expected, actual, fields, names, repeat));
  return fields;
}

/** What becomes of the cases that differ. */
class Failures {
  private readonly seen = new Set<string>();
  private readonly minimized = new Set<string>();
  private written = 0;

  constructor(
    private readonly engines: EnginePair,
    private readonly options: FuzzOptions,
    private readonly session: FuzzSession,
  ) {}

  get kinds(): number {
    return this.minimized.size;
  }

  async take(failures: readonly Failure[]): Promise<void> {
    for (const failure of failures) {
      if (this.kinds >= this.options.failures) return;
      const kind = this.options.blocks ? '' : signature(failure.input, failure.fields);
      if (kind !== '' && this.seen.has(kind)) continue;
      this.seen.add(kind);
      await this.session.finish();
      // What one case did to the code of others would be reported for each of them.
      if (!(await this.report(failure))) return;
    }
  }

  /** False when the case does not fail by itself. */
  private async report(failure: Failure): Promise<boolean> {
    const { engines, options } = this;
    const small = await minimize(engines, failure.input);
    const batch = batchOf(small);
    const [answer, actual] = await Promise.all([engines.expected.run(batch), engines.actual.run(batch)]);
    const fields = compareCase(batch, 0, answer, actual, engines);
    const kind = signature(small, fields);
    if (fields.length === 0) {
      const title = `--- differs in its batch, ${failure.batch}, only`;
      console.log([title, ...listing(failure.input), ...failure.detail].join('\n'));
      return false;
    }
    if (this.minimized.has(kind)) return true;
    this.minimized.add(kind);
    const names = small.words.map((w) => decode(w)?.name.toLowerCase() ?? 'unallocated').slice(0, 3).join('-');
    const part = options.job === undefined ? '' : `${options.job}-`;
    const file = join(options.out, `${names}-${options.seed}-${part}${this.written++}.json`);
    const description = `found with seed ${options.seed}, batch ${failure.batch}: ${fields.join(' ')} differ`;
    const entry = {
      description, recordedBy: engines.expected.version, cpu: entryCpu(engines.configuration, small), input: small,
      answer,
    };
    writeEntry(file, entry, listing(small));
    console.log(`--- ${kind}`);
    const against = options.against === 'qemu' ? '' : ` --against ${options.against}`;
    await showCase(engines, small, `npm run fuzz -- --replay ${relative('.', file)}${against}`);
    return true;
  }
}

/** What is not compared, said before the run. */
function announce(engines: EnginePair, seed: number): void {
  const { expected, actual, configuration } = engines;
  console.log(`seed ${seed}, ${expected.name} (${expected.version}) and ${actual.name}, ${cpuText(configuration)}`);
  for (const note of engines.notes) console.log(`  ${note}`);
  for (const [reason, names] of Object.entries(excludedEncodings(engines))) {
    console.log(`  not compared: ${names.length} encodings, ${reason}`);
  }
}

/** Runs with one pair of engines. Gives what was executed. */
export async function runOnce(options: FuzzOptions, wasm: Uint8Array): Promise<Statistics> {
  const engines = await makeEngines(options.against, wasm, options.cpu);
  try {
    const { seed, blocks, only, jobs, job } = options;
    const session = new FuzzSession(engines, {
      seed, blocks, ...(only === undefined ? {} : { only }), ...(job === undefined ? {} : { jobs, job }),
    });
    if (session.encodings.length === 0 && !session.unallocated) {
      throw new ConfigurationError('no encoding of that class');
    }
    const failures = new Failures(engines, options, session);
    if (job === undefined || job === 0) announce(engines, seed);
    const started = performance.now();
    let told = started;
    const seconds = (): number => (performance.now() - started) / 1000;
    while (seconds() < options.time && session.cases < options.cases && failures.kinds < options.failures) {
      await failures.take(await session.step());
      if (performance.now() - told > PROGRESS_MILLISECONDS) {
        told = performance.now();
        const rate = Math.round(session.cases / seconds());
        console.log(`${session.cases} cases, ${rate} a second, ${session.differ} differ`);
      }
    }
    const elapsed = seconds();
    await session.finish();
    return session.statistics(elapsed);
  } finally {
    engines.expected.close();
    engines.actual.close();
  }
}

/** Prints what was executed: every run, and every class if asked for. */
export function printStatistics(statistics: Statistics, counts: boolean): void {
  if (counts) {
    for (const line of countLines(statistics.singles, 'cases')) console.log(line);
    for (const line of countLines(statistics.blocks, 'instructions')) console.log(line);
  }
  for (const line of runLines(statistics)) console.log(line);
}

export function differing(statistics: Statistics): number {
  return statistics.runs.reduce((n, r) => n + r.differ, 0);
}
