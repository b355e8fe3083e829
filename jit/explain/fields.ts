/** The bits of one instruction word under the names of its encoding. */
import type { Encoding, Fields } from '../a64/encoding.js';

interface Term {
  readonly name: string;
  readonly high: number;
  readonly low: number;
}

/** The bit string's terms with their positions; fixed bits have their digits as name. */
function terms(encoding: Encoding): Term[] {
  const result: Term[] = [];
  let at = 31;
  for (const text of encoding.bits.split(' ')) {
    const field = /^([A-Za-z]\w*)(?::(\d+)|=([01x]+))$/.exec(text);
    const width = field ? Number(field[2] ?? field[3].length) : text.replace(/[()]/g, '').length;
    result.push({ name: field ? field[1] : text, high: at, low: at - width + 1 });
    at -= width;
  }
  return result;
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/** Two lines, bits under names, columns aligned. */
export function bitLines(encoding: Encoding, word: number): string[] {
  let names = '';
  let bits = '';
  for (const term of terms(encoding)) {
    const width = term.high - term.low + 1;
    const digits = binary((word >>> term.low) & (2 ** width - 1), width);
    const column = Math.max(term.name.length, digits.length) + 1;
    names += term.name.padEnd(column);
    bits += digits.padEnd(column);
  }
  return [names.trimEnd(), bits.trimEnd()];
}

/** Says which should-be bits are wrong, if any are. */
export function shouldBeNote(encoding: Encoding, word: number): string | undefined {
  const wrong = ((word ^ encoding.shouldBeValue) & encoding.shouldBeMask) >>> 0;
  return wrong === 0 ? undefined : `bits 0x${wrong.toString(16)} are not as they should be; they are ignored`;
}

/** A line for each field: name, position, bits, value. */
export function fieldLines(encoding: Encoding, fields: Fields): string[] {
  const width = Math.max(0, ...encoding.fields.map((f) => f.name.length));
  return encoding.fields.map(({ name, lsb, width: bits }) => {
    const range = bits === 1 ? `[${lsb}]` : `[${lsb + bits - 1}:${lsb}]`;
    return `${name.padEnd(width)} ${range.padEnd(8)}0b${binary(fields[name], bits)} = ${fields[name]}`;
  });
}
