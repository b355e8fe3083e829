/**
 * The benchmark suite: programs of our own and whole jobs on Ulna beside QEMU or another Ulna. See perf/README.md.
 * usage: npm run bench -- --help
 * Exit status: 0, 1 when a guest failed, 2 when the command line cannot be used.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import { type Engine, enginesFor } from './suite/engine.js';
import { suiteGuest } from './suite/guest-image.js';
import { type BenchOptions, parseOptions, USAGE } from './suite/options.js';
import { scaledRounds } from './suite/programs.js';
import { GuestFailure } from './suite/record.js';
import { formatReport, formatTable, makeReport } from './suite/report.js';
import { runGuest, type RunResult, stopEngines } from './suite/run.js';

function list(options: BenchOptions): string {
  return formatTable([
    ['program', 'group', 'rounds'],
    ...options.programs.map((program) => [
      program.name, program.group, program.group === 'boot' ? '-' : String(scaledRounds(program, options.scale)),
    ]),
  ]);
}

async function runAll(options: BenchOptions, engines: readonly Engine[]): Promise<RunResult[][]> {
  const guest = await suiteGuest(options.programs, options.suite, options.scale, options.smp);
  const results: RunResult[][] = engines.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, engine] of engines.entries()) {
      const result = await runGuest(engine, guest, options.programs, options.timeout).catch((error: unknown) => {
        if (!(error instanceof GuestFailure)) throw error;
        throw new GuestFailure(`${engine.name}, round ${round + 1}: ${error.message}`);
      });
      results[i].push(result);
      const { counters, total } = result;
      const count = counters === undefined ? '' : `, ${(counters.instructions / 1e9).toFixed(2)} G instructions`;
      const place = `round ${round + 1} of ${options.rounds}`;
      process.stderr.write(`${place}: ${engine.name} ${total.toFixed(1)} s${count}\n`);
    }
  }
  return results;
}

async function bench(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-bench-'));
  try {
    const engines = enginesFor(options, folder);
    const results = await runAll(options, engines);
    const report = makeReport(options.programs, results);
    console.log(formatReport(report, engines.map((engine) => engine.name)));
    if (options.json === undefined) return;
    const { cpu, smp, suite, scale, rounds, memory, ulnaOptions, againstOptions } = options;
    const runs = results.map((list, i) => ({
      engine: engines[i].name,
      rounds: list.map(({ total, counters, peakResident }) => ({ total, counters, peakResident })),
    }));
    const settings = { cpu, smp, suite, scale, rounds, memory, ulnaOptions, againstOptions };
    writeFileSync(options.json, `${JSON.stringify({ settings, ...report, runs }, undefined, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.action === 'run') await bench(options);
    else console.log(options.action === 'help' ? USAGE : list(options));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof GuestFailure)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return error instanceof ConfigurationError ? 2 : 1;
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopEngines();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
process.exitCode = await main(process.argv.slice(2));
