/**
 * Times the emulator's inside, operation by operation.
 * usage: node dist/perf/micro/run.js [PATTERN] [--time MILLISECONDS] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { formatTable } from '../suite/report.js';
import { codeWords } from './code-words.js';
import { decodingTasks } from './decoding.js';
import { interpreterTasks } from './interpreter.js';
import { mmuTasks } from './mmu.js';
import { regionTasks } from './region.js';
import { translatorTasks } from './translator.js';

/** Words of real code that are decoded and translated. */
const WORDS = 8192;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { time: { type: 'string', default: '500' }, json: { type: 'string' } },
});

const words = await codeWords(WORDS);
const all = [...decodingTasks(words), ...mmuTasks, ...interpreterTasks, ...translatorTasks(words), ...regionTasks];
const tasks = all.filter((task) => positionals.length === 0 || positionals.some((text) => task.name.includes(text)));
if (tasks.length === 0) {
  process.stderr.write(`micro: nothing is called ${positionals.join(' or ')}; there is\n`);
  for (const task of all) process.stderr.write(`  ${task.name}\n`);
  process.exit(2);
}

const bench = new Bench({ time: Number(values.time), warmupTime: Number(values.time) / 2 });
for (const task of tasks) {
  const run = task.prepare();
  // tinybench must not take what is returned for a promise.
  bench.add(task.name, () => void run());
}
await bench.run();

const results = tasks.map((task) => {
  const { result } = bench.getTask(task.name)!;
  if (!('latency' in result)) throw new Error(`${task.name}: ${result.state}`);
  const { latency } = result;
  const nanoseconds = (milliseconds: number): number => (milliseconds * 1e6) / task.operations;
  return {
    name: task.name,
    median: nanoseconds(latency.p50),
    minimum: nanoseconds(latency.min),
    /** Relative margin of error of the mean, per cent. */
    margin: latency.rme,
    samples: latency.samplesCount,
  };
});
console.log(formatTable([
  ['operation', '', 'median ns', 'minimum ns', 'margin', 'samples'],
  ...results.map(({ name, median, minimum, margin, samples }) => [
    name, '', median.toFixed(2), minimum.toFixed(2), `${margin.toFixed(1)} %`, String(samples),
  ]),
]));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
