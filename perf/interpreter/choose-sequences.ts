/**
 * Chooses the sequences of operations that the interpreter fuses, and counts the dispatches of each, on a sample of what
 * real guests execute: makes jit/interpreter/frequencies.ts.
 *
 * usage: node dist/perf/interpreter/choose-sequences.js [--samples FOLDER] [--sequences N] [--parts N] [--write FILE]
 * Samples that FOLDER holds already (NAME.sample) are taken as they are, the others are made. Without --write the numbers
 * are printed only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FREQUENCIES } from '../../jit/interpreter/frequencies.js';
import { readSamples } from './samples.js';
import { choose, evaluate, type Choice } from './sequences.js';
import { WORKLOADS } from './workloads.js';

const ULNA = fileURLToPath(new URL('../../../bin/ulna', import.meta.url));
/** Single operations below this many dispatches per million are left to the branch table. */
const FREQUENT = 4;

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: join(tmpdir(), 'ulna-samples') },
    sequences: { type: 'string', default: '308' },
    parts: { type: 'string', default: '6' },
    write: { type: 'string' },
  },
});

mkdirSync(values.samples, { recursive: true });
const files = WORKLOADS.map(({ name, options }) => {
  const file = join(values.samples, `${name}.sample`);
  if (existsSync(file)) return file;
  process.stderr.write(`sampling ${name}\n`);
  const { status } = spawnSync(
    process.execPath, [ULNA, 'boot', '--jit=off', '--serial', 'null', '--sample', `${file}.new`, ...options],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0 && status !== 4) throw new Error(`${name} ended with status ${status}`);
  renameSync(`${file}.new`, file);
  return file;
});

const samples = readSamples(files);
const isSequence = (name: string): boolean => name.includes(' ');
const print = (title: string, { dispatches, perDispatch }: Choice): void => {
  const sequences = [...dispatches.keys()].filter(isSequence).length;
  console.log(`${title}: ${sequences} sequences, ${perDispatch.toFixed(3)} instructions a dispatch`);
};
const present = FREQUENCIES.map((line) => line.split(' = ')[0]).filter(isSequence);
print('as it is', evaluate(samples, present));
const choice = choose(samples, { sequences: Number(values.sequences), parts: Number(values.parts) });
print('chosen', choice);
const chosen = [...choice.dispatches.keys()].filter(isSequence);
for (const file of files) {
  const own = readSamples([file]);
  const [was, is] = [present, chosen].map((list) => evaluate(own, list).perDispatch.toFixed(2));
  console.log(`  ${file.replace(/.*\//, '')}: ${was} as it is, ${is} as chosen`);
}

if (values.write !== undefined) {
  const lines = [...choice.dispatches]
    .filter(([name, n]) => name !== '' && (isSequence(name) || n >= FREQUENT))
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `  '${name} = ${Math.max(1, Math.round(n))}',\n`);
  writeFileSync(values.write, `/**
 * Dispatches of the main loop per million, by the operation dispatched. A line of several operations is a sequence that is
 * executed with one dispatch. Made by perf/interpreter/choose-sequences.ts from the workloads in workloads.ts beside it.
 */
export const FREQUENCIES: readonly string[] = [
${lines.join('')}];
`);
}
