/** `npm run fuzz`: see options.ts and README.md. */
import { ConfigurationError } from '../../src/support/errors.js';
import { currentCore } from './core-wasm.js';
import { readEntry } from './corpus.js';
import { makeEngines } from './engines.js';
import { runJobs } from './jobs.js';
import { runNightly } from './nightly.js';
import { type FuzzOptions, parseOptions, USAGE } from './options.js';
import { differing, printStatistics, runOnce, showCase } from './run.js';
import { mergeStatistics, readStatistics, type Statistics, writeStatistics } from './statistics.js';

async function replay(options: FuzzOptions, file: string): Promise<number> {
  const entry = readEntry(file);
  const engines = await makeEngines(options.against, await currentCore(), entry.cpu);
  try {
    console.log(`${entry.description}; recorded by ${entry.recordedBy}`);
    for (const note of engines.notes) console.log(note);
    const against = options.against === 'qemu' ? '' : ` --against ${options.against}`;
    const fields = await showCase(engines, entry.input, `npm run fuzz -- --replay ${file}${against}`);
    return fields.length === 0 ? 0 : 1;
  } finally {
    engines.expected.close();
    engines.actual.close();
  }
}

async function statisticsOf(options: FuzzOptions): Promise<Statistics> {
  if (options.merge !== undefined) return mergeStatistics(options.merge.map(readStatistics));
  const wasm = await currentCore();
  const run = (one: FuzzOptions): Promise<Statistics> =>
    one.jobs > 1 && one.job === undefined ? runJobs(one) : runOnce(one, wasm);
  return options.nightly ? runNightly(options, run) : run(options);
}

async function fuzz(options: FuzzOptions): Promise<number> {
  if (options.replay !== undefined) return replay(options, options.replay);
  const statistics = await statisticsOf(options);
  const counts = options.counts || options.nightly || options.merge !== undefined;
  if (options.job === undefined) printStatistics(statistics, counts);
  if (options.statistics !== undefined) writeStatistics(options.statistics, statistics);
  return differing(statistics) === 0 ? 0 : 1;
}

/** The options, or exit status 2 with the usage. */
function optionsOf(args: readonly string[]): FuzzOptions {
  try {
    return parseOptions(args);
  } catch (error) {
    if (error instanceof ConfigurationError) throw new ConfigurationError(`${error.message}\n${USAGE}`);
    throw error;
  }
}

try {
  process.exitCode = await fuzz(optionsOf(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
