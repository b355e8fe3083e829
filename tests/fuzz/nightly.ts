/** The long run: single instructions and blocks, with one CPU after the other, and one summary. */
import { IMPLEMENTED_FEATURES } from '../../src/arch/features/implemented.js';
import type { FuzzCpu } from './engines.js';
import type { FuzzOptions } from './options.js';
import { mergeStatistics, type Statistics, writeStatistics } from './statistics.js';

/** CPUs with their shares of the time. */
const CPUS: readonly (readonly [FuzzCpu, number])[] = [
  [{ model: 'max', pauth: 'qarma5' }, 4],
  [{ model: 'max', pauth: 'qarma3' }, 1],
  [{ model: 'neoverse-n1', pauth: 'off' }, 2],
  [{ model: 'cortex-a76', pauth: 'off' }, 1],
  [{ model: 'cortex-a57', pauth: 'off' }, 1],
];
/** Blocks for each single instruction, when cases are counted. */
const BLOCK_SHARE = 0.1;

/** CPUs of the nightly run; an algorithm of pointer authentication that is not there is left out. */
function nightlyCpus(): typeof CPUS {
  const absent = (cpu: FuzzCpu): boolean => cpu.pauth === 'qarma3' && !IMPLEMENTED_FEATURES.has('FEAT_PACQARMA3');
  return CPUS.filter(([cpu]) => !absent(cpu));
}

/** The runs that make up a nightly run, each with its part of the time and of the cases. */
export function nightlyRuns(options: FuzzOptions): FuzzOptions[] {
  const cpus = nightlyCpus();
  const total = cpus.reduce((n, [, share]) => n + share, 0);
  return cpus.flatMap(([cpu, share]) =>
    [false, true].map((blocks) => ({
      ...options, nightly: false, cpu, blocks, counts: false, statistics: undefined,
      time: (options.time * share) / total / 2,
      cases: Math.ceil((options.cases * (blocks ? BLOCK_SHARE : 1) * share) / total),
    })),
  );
}

/** Carries the runs out; failures of one do not keep the others from running. */
export async function runNightly(
  options: FuzzOptions, run: (options: FuzzOptions) => Promise<Statistics>,
): Promise<Statistics> {
  let all: Statistics = { runs: [], singles: {}, blocks: {} };
  for (const one of nightlyRuns(options)) {
    console.log(`${one.cpu.model} ${one.cpu.pauth}, ${one.blocks ? 'blocks' : 'single instructions'}`);
    all = mergeStatistics([all, await run(one)]);
    // written as it grows, so that a run that is stopped leaves what it did
    if (options.statistics !== undefined) writeStatistics(options.statistics, all);
  }
  return all;
}
