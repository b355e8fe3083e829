/** From an option table to a commander command, and from commander's raw strings to typed values. */
import { Command, CommanderError, Option } from 'commander';
import { ConfigurationError } from '../../support/errors.js';
import { OPTION_GROUPS, type OptionSpec, type OptionTable, type OptionValues } from './spec.js';

/** `--memory SIZE`, `--no-reboot`: as help shows it. */
export function optionUsage(name: string, spec: OptionSpec): string {
  return spec.kind === 'switch' ? `--${name}` : `--${name} ${spec.argument}`;
}

/** A table's options, group by group in the order of OPTION_GROUPS. */
export function orderedOptions(table: OptionTable): [name: string, spec: OptionSpec][] {
  const entries = Object.entries(table);
  return OPTION_GROUPS.flatMap((group) => entries.filter(([, spec]) => spec.group === group));
}

/** A command whose errors are exceptions; nothing of it writes to stderr or ends the process. */
export function createCommand(name: string): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this help');
}

/** Adds a table's options. Arguments stay text here; optionValues parses them. */
export function addOptions(command: Command, table: OptionTable): Command {
  for (const [name, spec] of orderedOptions(table)) {
    const usage = spec.kind === 'switch' ? `--${name}` : `--${name} <${spec.argument}>`;
    const note = spec.kind !== 'switch' && spec.defaultText !== undefined ? ` (default: ${spec.defaultText})` : '';
    const many = spec.kind === 'list' ? ' (may be repeated)' : '';
    const option = new Option(usage, spec.description + note + many).helpGroup(`${spec.group}:`);
    if (spec.kind === 'list') {
      option.argParser((text: string, previous: readonly string[] | undefined) => [...(previous ?? []), text]);
    }
    command.addOption(option);
  }
  return command;
}

/** commander's name for an option's value; `--no-x` is the negation of `x` there. */
function rawValue(raw: Readonly<Record<string, unknown>>, name: string, spec: OptionSpec): unknown {
  const camelCase = (text: string) => text.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (spec.kind === 'switch' && name.startsWith('no-')) return raw[camelCase(name.slice('no-'.length))] === false;
  return raw[camelCase(name)];
}

function parseOne(name: string, spec: Exclude<OptionSpec, { kind: 'switch' }>, text: string): unknown {
  try {
    return spec.parse(text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // src/config's parsers name the option themselves; those of spec.ts say `is not ...` of the argument.
    if (error.message.startsWith('--')) throw error;
    throw new ConfigurationError(`--${name}: ${JSON.stringify(text)} ${error.message}`);
  }
}

/** Typed values of a table's options; a bad argument is a ConfigurationError that names the option. */
export function optionValues<T extends OptionTable>(table: T, raw: Readonly<Record<string, unknown>>): OptionValues<T> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const given = rawValue(raw, name, spec);
    if (spec.kind === 'switch') {
      values[name] = given === true;
    } else if (spec.kind === 'list') {
      const otherwise = spec.defaultText === undefined ? [] : [spec.defaultText];
      const texts = (given as readonly string[] | undefined) ?? otherwise;
      values[name] = texts.map((text) => parseOne(name, spec, text));
    } else {
      const text = (given as string | undefined) ?? spec.defaultText;
      values[name] = text === undefined ? undefined : parseOne(name, spec, text);
    }
  }
  return values as OptionValues<T>;
}

/** One line for the user from commander's own error; help and version requests give undefined. */
export function commanderMessage(error: CommanderError): string | undefined {
  if (error.exitCode === 0) return undefined;
  const text = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return text === '(outputHelp)' ? 'no command given; ulna --help lists them' : text;
}
