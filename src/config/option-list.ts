import { ConfigurationError } from '../support/errors.js';

/** Splits at single commas; a doubled comma stands for one within the item. */
function splitItems(text: string): string[] {
  const items = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ',') items[items.length - 1] += text[i];
    else if (text[i + 1] === ',') {
      items[items.length - 1] += ',';
      i++;
    } else items.push('');
  }
  return items;
}

/** The values of one `key=value,...` option, read by key; messages name the option and repeat its text. */
export class OptionList {
  private readonly values = new Map<string, string>();

  /**
   * @param what the option's name in messages.
   * @param known keys allowed.
   * @param firstKey the key an item without `=` belongs to when it comes first; later such items are switches, `on`.
   */
  constructor(
    private readonly text: string,
    private readonly what: string,
    known: readonly string[],
    firstKey?: string,
  ) {
    splitItems(text).forEach((item, index) => {
      const equals = item.indexOf('=');
      const positional = equals < 0 && index === 0 && firstKey !== undefined;
      const key = positional ? firstKey : equals < 0 ? item : item.slice(0, equals);
      const value = positional ? item : equals < 0 ? 'on' : item.slice(equals + 1);
      if (!known.includes(key)) this.fail(`unknown key '${key}'; known are ${known.join(', ')}`);
      if (this.values.has(key)) this.fail(`'${key}' is given twice`);
      this.values.set(key, value);
    });
  }

  fail(reason: string): never {
    throw new ConfigurationError(`${this.what} '${this.text}': ${reason}`);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  string(key: string): string | undefined {
    return this.values.get(key);
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.values.get(key);
    if (value === undefined) return otherwise;
    if (value === 'on' || value === 'yes' || value === 'true') return true;
    if (value === 'off' || value === 'no' || value === 'false') return false;
    return this.fail(`'${key}' is on or off, not '${value}'`);
  }

  /** A decimal, 0x or leading-zero octal number, 0..2^64-1. */
  integer(key: string): bigint | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    const number = parseInteger(value);
    return number ?? this.fail(`'${key}' is not a number: '${value}'`);
  }

  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T {
    const value = this.values.get(key);
    if (value === undefined) return otherwise;
    const choice = choices.find((candidate) => candidate === value);
    return choice ?? this.fail(`'${key}' is one of ${choices.join(', ')}, not '${value}'`);
  }
}

/** C's number syntax without a sign, 0..2^64-1; undefined when `text` is none. */
export function parseInteger(text: string): bigint | undefined {
  let value: bigint;
  if (/^0x[0-9a-f]+$/i.test(text)) value = BigInt(text);
  else if (/^0[0-7]+$/.test(text)) value = BigInt(`0o${text.slice(1)}`);
  else if (/^(0|[1-9][0-9]*)$/.test(text)) value = BigInt(text);
  else return undefined;
  return value < 2n ** 64n ? value : undefined;
}
