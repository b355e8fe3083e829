/**
 * Writes what engines want beside the targets. As a program: `node write-files.js FOLDER` makes FOLDER/TARGET/ with the
 * seeds and the regressions, FOLDER/TARGET.dict and FOLDER/TARGET.options, and prints a line for each target: its name
 * and whether it is synchronous.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { seedsOf } from './seeds.js';
import { TARGET_NAMES, TARGETS, type TargetDescription, type TargetName } from './targets.js';

/** libFuzzer's dictionary: one quoted word a line. */
function dictionaryText(description: TargetDescription): string {
  const lines = (description.dictionary ?? []).map((entry) => {
    const bytes = typeof entry === 'string' ? new TextEncoder().encode(entry) : Uint8Array.from(entry);
    return `"${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
  });
  return `${lines.join('\n')}\n`;
}

/** ClusterFuzz's options of a target. */
function optionsText(name: TargetName): string {
  const { maxBytes, dictionary } = TARGETS[name] as TargetDescription;
  // Seeds have the length that inputs should have; growing from nothing would keep a campaign short of it for long.
  const lines = ['[libfuzzer]', `max_len = ${maxBytes}`, 'len_control = 0'];
  if (dictionary !== undefined) lines.push(`dict = ${name}.dict`);
  return `${lines.join('\n')}\n`;
}

/** Files with inputs that were findings once; `folder` has a folder of them for each target, and may be absent. */
export function regressionFiles(name: TargetName, folder: string): string[] {
  const own = join(folder, name);
  return existsSync(own) ? readdirSync(own).sort().map((file) => join(own, file)) : [];
}

/** What a run begins with: one file's bytes, or seeds and regressions. */
export function inputsOf(name: TargetName, regressions: string, only?: string): Uint8Array[] {
  if (only !== undefined) return [readFileSync(only)];
  return [...seedsOf(name).values(), ...regressionFiles(name, regressions).map((path) => readFileSync(path))];
}

/** @param regressions folder of regressions */
export function writeFiles(folder: string, regressions: string): void {
  for (const name of TARGET_NAMES) {
    const corpus = join(folder, name);
    mkdirSync(corpus, { recursive: true });
    for (const [label, bytes] of seedsOf(name)) writeFileSync(join(corpus, label), bytes);
    for (const path of regressionFiles(name, regressions)) copyFileSync(path, join(corpus, `was-${basename(path)}`));
    const description: TargetDescription = TARGETS[name];
    if (description.dictionary !== undefined) writeFileSync(join(folder, `${name}.dict`), dictionaryText(description));
    writeFileSync(join(folder, `${name}.options`), optionsText(name));
  }
}

const [, program, folder, regressions] = process.argv;
if (program?.endsWith('write-files.js') && folder !== undefined) {
  writeFiles(folder, regressions ?? '');
  for (const name of TARGET_NAMES) {
    const { async } = TARGETS[name] as TargetDescription;
    process.stdout.write(`${name}${async === true ? '' : ' --sync'}\n`);
  }
}
