/** `npm run fuzz`: see options.ts and README.md. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { decode } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { ConfigurationError } from '../../src/support/errors.js';
import type { FuzzCase } from './batch.js';
import { compareCase } from './compare.js';
import { currentCore } from './core-wasm.js';
import { batchOf, readEntry, writeEntry } from './corpus.js';
import { type EnginePair, makeEngines } from './engines.js';
import { minimize } from './minimize.js';
import { type FuzzOptions, parseOptions, USAGE } from './options.js';
import { listing, reportText } from './report.js';
import { type Failure, FuzzSession } from './session.js';

/** What kind of failure it is, so that each kind is reported once. */
function signature(input: FuzzCase, fields: readonly string[]): string {
  const names = input.words.map((w) => decode(w)?.name ?? `unallocated ${(w >>> 21).toString(16)}/${(w >>> 10) & 63}`);
  return `${names.join(' ')}: ${[...new Set(fields.map((f) => f.replace(/\d+/, '')))].join(' ')}`;
}

/** Runs one case on both engines, and prints the report. Gives the differing fields. */
async function show(engines: EnginePair, input: FuzzCase, repeat: string): Promise<string[]> {
  const batch = batchOf(input);
  const [expected, actual] = await Promise.all([engines.expected.run(batch), engines.actual.run(batch)]);
  const fields = compareCase(batch, 0, expected, actual, engines);
  const names = [engines.expected.name, engines.actual.name] as const;
  console.log(reportText(input, 0, expected, actual, fields, names, repeat));
  return fields;
}

class Run {
  private readonly seen = new Set<string>();
  private readonly minimized = new Set<string>();
  private written = 0;
  differing = 0;
  unrepeatable = 0;

  constructor(
    private readonly engines: EnginePair,
    private readonly options: FuzzOptions,
    private readonly session: FuzzSession,
  ) {}

  get failures(): number {
    return this.minimized.size;
  }

  async take(failures: readonly Failure[]): Promise<void> {
    this.differing += failures.length;
    for (const failure of failures) {
      if (this.failures >= this.options.failures) return;
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
      this.unrepeatable++;
      const title = `--- differs in its batch, ${failure.batch}, only`;
      console.log([title, ...listing(failure.input), ...failure.detail].join('\n'));
      return false;
    }
    if (this.minimized.has(kind)) return true;
    this.minimized.add(kind);
    const names = small.words.map((w) => decode(w)?.name.toLowerCase() ?? 'unallocated').slice(0, 3).join('-');
    const file = join(options.out, `${names}-${options.seed}-${this.written++}.json`);
    const description = `found with seed ${options.seed}, batch ${failure.batch}: ${fields.join(' ')} differ`;
    writeEntry(file, { description, recordedBy: engines.expected.version, input: small, answer }, listing(small));
    console.log(`--- ${kind}`);
    const against = options.against === 'qemu' ? '' : ` --against ${options.against}`;
    const cpu = options.cpu === 'max' ? '' : ` --cpu ${options.cpu}`;
    await show(engines, small, `npm run fuzz -- --replay ${relative('.', file)}${against}${cpu}`);
    return true;
  }
}

function printCounts(session: FuzzSession): void {
  const groups = [...session.byGroup].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [group, count] of groups) {
    const encodings = session.encodings.filter((e) => e.group === group);
    if (encodings.length === 0) {
      console.log(`${group.padEnd(28)}${String(count).padStart(10)}`);
      continue;
    }
    const least = Math.min(...encodings.map((e) => session.byEncoding.get(e.name) ?? 0));
    const text = `${group.padEnd(28)}${String(count).padStart(10)}`;
    console.log(`${text}  ${encodings.length} encodings, each at least ${least}`);
  }
}

async function fuzz(options: FuzzOptions): Promise<number> {
  // Asked for before the seconds that the interpreter may take to build.
  if (options.against === 'jit') makeEngines(options.against, new Uint8Array());
  const engines = makeEngines(options.against, await currentCore(), options.cpu);
  try {
    if (options.replay !== undefined) {
      const entry = readEntry(options.replay);
      console.log(`${entry.description}; recorded by ${entry.recordedBy}`);
      const fields = await show(engines, entry.input, `npm run fuzz -- --replay ${options.replay}`);
      return fields.length === 0 ? 0 : 1;
    }
    const { seed, blocks, only } = options;
    const session = new FuzzSession(engines, { seed, blocks, ...(only === undefined ? {} : { only }) });
    if (session.encodings.length === 0 && !session.unallocated) {
      throw new ConfigurationError('no encoding of that class');
    }
    const run = new Run(engines, options, session);
    console.log(`seed ${seed}, ${engines.expected.name} (${engines.expected.version}) and ${engines.actual.name}`);
    const started = performance.now();
    let told = started;
    const seconds = (): number => (performance.now() - started) / 1000;
    while (seconds() < options.time && session.cases < options.cases && run.failures < options.failures) {
      await run.take(await session.step());
      if (performance.now() - told > 30_000) {
        told = performance.now();
        const rate = Math.round(session.cases / seconds());
        console.log(`${session.cases} cases, ${rate} a second, ${run.differing} differ`);
      }
    }
    const elapsed = seconds();
    await session.finish();
    if (options.counts) printCounts(session);
    const countOf = (e: Encoding): number => session.byEncoding.get(e.name) ?? 0;
    const least = [...session.encodings].sort((a, b) => countOf(a) - countOf(b))[0];
    console.log(
      `${session.cases} ${blocks ? 'blocks' : 'cases'} of ${session.encodings.length} encodings in ` +
        `${elapsed.toFixed(1)} s, ${Math.round(session.cases / elapsed)} a second; ${run.differing} differ, ` +
        `${run.failures} kinds, ${session.timedOut} timed out` +
        (blocks || least === undefined ? '' : `; fewest of ${least.name}: ${countOf(least)}`),
    );
    if (options.statistics !== undefined) {
      const { cases, byGroup, byEncoding } = session;
      const counts = {
        seed, cases, differ: run.differing, seconds: elapsed,
        groups: Object.fromEntries(byGroup), encodings: Object.fromEntries(byEncoding),
      };
      writeFileSync(options.statistics, `${JSON.stringify(counts, undefined, 1)}\n`);
    }
    return run.differing === 0 ? 0 : 1;
  } finally {
    engines.expected.close();
    engines.actual.close();
  }
}

try {
  process.exitCode = await fuzz(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`${error.message}\n${USAGE}`.split('\n').slice(0, error.message.startsWith('no ') ? 1 : 5).join('\n'));
  process.exitCode = 2;
}
