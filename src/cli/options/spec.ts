/** How an option is described: once, in a table from which parsing, --help, README.md and the value types derive. */
import { ConfigurationError } from '../../support/errors.js';

/** Headings under which help lists options, in this order. */
export const OPTION_GROUPS = ['Guest', 'Machine', 'Storage and serial', 'Run', 'Packages'] as const;
export type OptionGroup = (typeof OPTION_GROUPS)[number];

interface Described {
  readonly group: OptionGroup;
  /** One sentence without a full stop. */
  readonly description: string;
}

/** An option without argument. */
export interface Switch extends Described {
  readonly kind: 'switch';
}

/** An option with an argument that is given at most once (the last one counts). */
export interface Value<T, D extends string | undefined = string | undefined> extends Described {
  readonly kind: 'value';
  /** What stands for the argument in help. */
  readonly argument: string;
  readonly parse: (text: string) => T;
  /** As the user would write it. */
  readonly defaultText: D;
}

/** An option with an argument that may be given several times; `defaultText` stands for none. */
export interface List<T> extends Described {
  readonly kind: 'list';
  readonly argument: string;
  readonly parse: (text: string) => T;
  readonly defaultText: string | undefined;
}

export type OptionSpec = Switch | Value<unknown> | List<unknown>;
/** Options by name, without the leading dashes. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The values that a table's options have after parsing. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Switch
    ? boolean
    : T[K] extends List<infer V>
      ? readonly V[]
      : T[K] extends Value<infer V, infer D>
        ? D extends string
          ? V
          : V | undefined
        : never;
};

export function flag(group: OptionGroup, description: string): Switch {
  return { kind: 'switch', group, description };
}

export function value<T>(
  group: OptionGroup,
  argument: string,
  parse: (text: string) => T,
  description: string,
): Value<T, undefined> {
  return { kind: 'value', group, argument, parse, description, defaultText: undefined };
}

/** A value with a default, given as the user would write it. */
export function valueOr<T>(
  group: OptionGroup,
  argument: string,
  parse: (text: string) => T,
  defaultText: string,
  description: string,
): Value<T, string> {
  return { kind: 'value', group, argument, parse, description, defaultText };
}

export function list<T>(
  group: OptionGroup,
  argument: string,
  parse: (text: string) => T,
  description: string,
  defaultText?: string,
): List<T> {
  return { kind: 'list', group, argument, parse, description, defaultText };
}

/** Text as it is, but not empty. */
export function asText(text: string): string {
  if (text === '') throw new ConfigurationError('is empty');
  return text;
}

/** Text as it is; may be empty. */
export function asAnyText(text: string): string {
  return text;
}
