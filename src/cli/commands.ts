/** The commands: what each does with its parsed options. Every one gives the process's exit status. */
import { access, constants, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot, createProgress, defaultGuest, fetchPackages } from '../../guest/index.js';
import { createCpuModel } from '../arch/features/cpu-model.js';
import { parseCpu } from '../config/cpu.js';
import { ConfigurationError } from '../support/errors.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { Threads } from '../machine/threads.js';
import { bootConfig, type BootValues, restoreConfig } from './boot-config.js';
import type { CliContext } from './context.js';
import { ExitStatus } from './exit-status.js';
import { fastSnapshotPath } from './fast-key.js';
import type { OptionValues } from './options/spec.js';
import type { explainOptions, fetchOptions } from './options/tables.js';
import { cpuProfile } from './profile/cpu-profile.js';
import type { SymbolTable } from './profile/symbol-table.js';
import { runMachine } from './run-machine.js';
import { statisticsFile } from './statistics-file.js';

function notWritten(option: string, path: string, error: unknown): ConfigurationError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new ConfigurationError(`${option} ${path}: cannot be written (${code})`);
}

/** Fails before the run, rather than after it, if a file cannot be written. */
async function checkWritable(option: string, path: string): Promise<void> {
  try {
    // opened and closed, a pipe would be at its end for its reader
    if ((await stat(path).catch(() => undefined))?.isFIFO()) await access(path, constants.W_OK);
    else await (await open(path, 'a')).close();
  } catch (error) {
    throw notWritten(option, path, error);
  }
}

/** The same for a folder, which is made. */
async function checkFolder(option: string, path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    throw notWritten(option, path, error);
  }
}

/** Writes what a run gave; what went wrong since `checkWritable` is a ConfigurationError too. */
async function writeResult(option: string, path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw notWritten(option, path, error);
  }
}

/** The files of --symbols. What reads them is loaded only then: it comes with much of the machine. */
async function guestSymbols(paths: readonly string[]): Promise<SymbolTable[]> {
  if (paths.length === 0) return [];
  const { readSymbols } = await import('./profile/symbol-file.js');
  return paths.map(readSymbols);
}

/** `ulna boot`. @param given names of the options on the command line */
export async function boot(values: BootValues, given: ReadonlySet<string>, context: CliContext): Promise<number> {
  if (values.fast && values.restore !== undefined) throw new ConfigurationError('--fast: not with --restore');
  const loading = context.loadMachine();
  // awaited below, unless the configuration is wrong
  loading.catch(() => undefined);
  let threads: Threads | undefined;
  // the threads that inflate a snapshot, which --fast may find, are not to yield to them
  const begin = (checked: MachineConfig): void => {
    if (!values.fast && checked.dumpDtb === undefined) threads = context.startThreads(checked);
  };
  const config = values.restore === undefined
    ? await bootConfig(values, createProgress(context.errors), defaultGuest, begin)
    : restoreConfig(values, given, (await loading).snapshotConfig(values.restore));
  if (config.stats !== undefined) await checkWritable('--stats', config.stats);
  if (config.sample !== undefined) await checkWritable('--sample', config.sample);
  if (config.profile !== undefined) await checkWritable('--profile', config.profile);
  if (config.dumpWasm !== undefined) await checkFolder('--dump-wasm', config.dumpWasm);
  if (config.dumpDtb !== undefined) await checkWritable('--dumpdtb', config.dumpDtb);
  const snapshot = values.fast ? fastSnapshotPath(config, join(cacheRoot(), 'snapshots')) : undefined;
  const symbols = await guestSymbols(config.symbols);
  const machineModule = await loading;
  if (config.dumpDtb !== undefined) {
    await writeFile(config.dumpDtb, await machineModule.deviceTreeOf(config));
    return ExitStatus.success;
  }
  const result = await runMachine(config, machineModule, context, { snapshot, threads });
  if (config.stats !== undefined) {
    const statistics = statisticsFile(result, context.clock());
    await writeResult('--stats', config.stats, `${JSON.stringify(statistics, null, 2)}\n`);
  }
  if (config.profile !== undefined) {
    await writeResult('--profile', config.profile, `${JSON.stringify(cpuProfile(result.profile, symbols))}\n`);
  }
  if (result.end === 'guest' && result.exit.kind === 'error') {
    const error = new Error(result.exit.message);
    if (result.exit.stack !== undefined) error.stack = result.exit.stack;
    throw error;
  }
  return result.status;
}

/** The words' values; words that are none are all named in one line. */
function instructionWords(texts: readonly string[]): number[] {
  const isWord = (text: string): boolean => /^(?:0x)?[0-9a-f]{1,8}$/i.test(text);
  const wrong = texts.filter((text) => !isWord(text)).map((text) => JSON.stringify(text));
  if (wrong.length === 1) throw new ConfigurationError(`not a 32-bit instruction word in hexadecimal: ${wrong[0]}`);
  if (wrong.length > 1) {
    throw new ConfigurationError(`not 32-bit instruction words in hexadecimal: ${wrong.join(', ')}`);
  }
  return texts.map((text) => Number.parseInt(text, 16));
}

/** `ulna explain WORD...` */
export async function explain(
  words: readonly string[],
  values: OptionValues<typeof explainOptions>,
  context: CliContext,
): Promise<number> {
  const numbers = instructionWords(words);
  const config = values.cpu === undefined ? undefined : parseCpu(values.cpu);
  const cpu =
    config === undefined
      ? undefined
      : createCpuModel(config.model, {
          el2: true, el3: true, pauth: config.pauth, without: config.lpa2 ? [] : ['FEAT_LPA2'],
        });
  const explainWord = await context.loadExplain();
  context.output.write(numbers.map((number) => `${explainWord(number, cpu).trimEnd()}\n`).join('\n'));
  return ExitStatus.success;
}

/** `ulna fetch [PACKAGE...]`: the default guest, or any packages; says where they are. */
export async function fetch(
  names: readonly string[],
  values: OptionValues<typeof fetchOptions>,
  context: CliContext,
): Promise<number> {
  const progress = createProgress(context.errors);
  const options = { update: values.update, unverified: values['unverified-suite'], mirror: values.mirror, progress };
  if (names.length > 0) {
    if (values.package.length > 0) {
      throw new ConfigurationError('--package: is for the default guest; name packages to unpack, or packages for it');
    }
    for (const entry of await fetchPackages(values.suite, 'arm64', names, options)) {
      context.output.write(`${entry.name} ${entry.version} ${entry.root}\n`);
    }
    return ExitStatus.success;
  }
  const guest = await defaultGuest({
    ...options,
    suite: values.suite,
    kernelPackage: values['kernel-package'],
    modules: values.module,
    packages: values.package,
  });
  context.output.write(`release ${guest.release}\nkernel ${guest.kernel}\ninitrd ${guest.initrd}\n`);
  return ExitStatus.success;
}
