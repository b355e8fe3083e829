/** What a word means, for people: `ulna explain`. */
import { decode, extractFields } from './decoder.js';
import { disassembleAs } from './disassembler/disassembler.js';
import type { Encoding } from './encoding.js';

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
function diagram(encoding: Encoding, word: number): string[] {
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

function shouldBeViolations(encoding: Encoding, word: number): string | undefined {
  const wrong = ((word ^ encoding.shouldBeValue) & encoding.shouldBeMask) >>> 0;
  return wrong === 0 ? undefined : `bits 0x${wrong.toString(16)} are not as they should be; they are ignored`;
}

/**
 * Several lines about the A64 word: encoding, group, feature, text at address `pc`, and each field's bits and value.
 * An unallocated word gets one line that says so.
 */
export function explain(word: number, pc = 0n): string {
  const text = `0x${(word >>> 0).toString(16).padStart(8, '0')}`;
  const encoding = decode(word);
  if (!encoding) return `${text}: unallocated, UNDEFINED`;
  const fields = extractFields(encoding, word);
  const status = encoding.notImplemented ? ', not implemented: UNDEFINED' : '';
  const lines = [
    `word      ${text}`,
    `text      ${disassembleAs(encoding, word, pc)}`,
    `encoding  ${encoding.name}, group ${encoding.group}`,
    `feature   ${encoding.feature ?? 'Armv8.0'}${status}`,
    ...diagram(encoding, word).map((line, i) => `${i === 0 ? 'bits' : ''}`.padEnd(10) + line),
  ];
  const note = shouldBeViolations(encoding, word);
  if (note) lines.push(`note      ${note}`);
  const width = Math.max(0, ...encoding.fields.map((f) => f.name.length));
  for (const { name, lsb, width: bits } of encoding.fields) {
    const range = bits === 1 ? `[${lsb}]` : `[${lsb + bits - 1}:${lsb}]`;
    lines.push(`field     ${name.padEnd(width)} ${range.padEnd(8)}0b${binary(fields[name], bits)} = ${fields[name]}`);
  }
  return lines.join('\n');
}
