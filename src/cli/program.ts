/** The whole command line: commands, their help, and what becomes of errors. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, CommanderError } from 'commander';
import { ConfigurationError } from '../support/errors.js';
import { boot, explain, fetch } from './commands.js';
import type { CliContext } from './context.js';
import { ExitStatus } from './exit-status.js';
import { addOptions, commanderMessage, createCommand, optionValues } from './options/command.js';
import { bootOptions, explainOptions, fetchOptions } from './options/tables.js';

/** The version in package.json, which is above this file in the checkout as in the package. */
export function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
      return manifest.version;
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}

const EXIT_STATUS_HELP = [
  '',
  'Exit status:',
  `  ${ExitStatus.success}   the guest powered off, was reset under --no-reboot, or you quit`,
  `  ${ExitStatus.configuration}   the command line, or a file it names, cannot be used`,
  `  ${ExitStatus.panic}   the guest's kernel panicked`,
  `  ${ExitStatus.timeout}   --timeout ran out`,
  `  ${ExitStatus.internal}  a fault of the emulator (ULNA_DEBUG=1 shows more)`,
].join('\n');

/** The commands; `setStatus` gets what the one that ran gives. */
export function createProgram(context: CliContext, setStatus: (status: number) => void): Command {
  const program = createCommand('ulna')
    .description("AArch64 full-system emulator, compatible with QEMU's virt board")
    .version(packageVersion(), '--version', 'show the version')
    .addHelpText('after', EXIT_STATUS_HELP);
  const writeOut = (text: string) => void context.output.write(text);

  const bootCommand = addOptions(createCommand('boot'), bootOptions)
    .description('run a machine; without a kernel, a Linux that is fetched for it')
    .addHelpText('after', EXIT_STATUS_HELP);
  bootCommand.action(async () => {
    const raw = bootCommand.opts();
    setStatus(await boot(optionValues(bootOptions, raw), new Set(Object.keys(raw)), context));
  });

  const explainCommand = addOptions(createCommand('explain'), explainOptions)
    .description('decode A64 instruction words: fields, effects, generated code')
    .argument('<word...>', 'instruction word in hexadecimal, for example 91000420 or 0x91000420');
  explainCommand.action(async (words: string[]) => {
    setStatus(await explain(words, optionValues(explainOptions, explainCommand.opts()), context));
  });

  const fetchCommand = addOptions(createCommand('fetch'), fetchOptions)
    .description('fetch the default guest, or the named packages, into the cache')
    .argument('[package...]', 'Debian packages for arm64');
  fetchCommand.action(async (names: string[]) => {
    setStatus(await fetch(names, optionValues(fetchOptions, fetchCommand.opts()), context));
  });

  for (const command of [bootCommand, explainCommand, fetchCommand]) program.addCommand(command);
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut });
  return program;
}

/** Runs one command line (without node and the script); never throws, gives the exit status. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let status: number = ExitStatus.success;
  try {
    await createProgram(context, (given) => (status = given)).parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    return reportError(error, context);
  }
}

/** Says in one line what went wrong and gives the exit status for it. */
export function reportError(error: unknown, context: Pick<CliContext, 'errors' | 'environment'>): number {
  if (error instanceof CommanderError) {
    const message = commanderMessage(error);
    if (message === undefined) return ExitStatus.success;
    context.errors.write(`ulna: ${message}\n`);
    return ExitStatus.configuration;
  }
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
  const debugging = context.environment['ULNA_DEBUG'] === '1';
  if (error instanceof ConfigurationError) {
    context.errors.write(`ulna: ${message}\n`);
    if (debugging) context.errors.write(`${error.stack}\n`);
    return ExitStatus.configuration;
  }
  context.errors.write(`ulna: internal error: ${message}\n`);
  if (debugging && error instanceof Error) context.errors.write(`${error.stack}\n`);
  return ExitStatus.internal;
}
