/**
 * Text of A64 instructions, generated from the decode table. A template is a mnemonic, a space and operands;
 * `{token}` or `{token:field}` stands for the text that the token's formatter makes of the fields.
 */
import { decode, extractFields } from '../decoder.js';
import type { Encoding, Fields } from '../encoding.js';
import { aliases } from './aliases.js';
import { generalFormatters, type Formatter } from './operands.js';
import { simdFormatters } from './simd-operands.js';

const formatters: Readonly<Record<string, Formatter>> = { ...generalFormatters, ...simdFormatters };

type Part = string | { readonly format: Formatter; readonly arg: string };

const compiled = new Map<string, readonly Part[]>();

/** Splits a template into text and formatters. Throws for a token that has no formatter: a table error. */
export function compileTemplate(template: string): readonly Part[] {
  const known = compiled.get(template);
  if (known) return known;
  const parts: Part[] = [];
  for (const [piece] of template.matchAll(/\{[^}]*\}|[^{}]+/g)) {
    if (piece.startsWith('{')) {
      const [token, arg = ''] = piece.slice(1, -1).split(':') as [string, string?];
      const format = formatters[token];
      if (!format) throw new Error(`no operand is called {${token}} in "${template}"`);
      parts.push({ format, arg });
    } else {
      parts.push(piece);
    }
  }
  compiled.set(template, parts);
  return parts;
}

/** Text of the template for these fields. */
export function formatTemplate(template: string, f: Fields, word: number, pc: bigint): string {
  let text = '';
  for (const part of compileTemplate(template)) {
    text += typeof part === 'string' ? part : part.format(f, part.arg, word, pc);
  }
  return text;
}

/** Text of a word that is known to be of `encoding`, with the preferred alias. */
export function disassembleAs(encoding: Encoding, word: number, pc: bigint): string {
  const f = extractFields(encoding, word);
  return formatTemplate(aliases[encoding.name]?.(f) ?? encoding.asm, f, word, pc);
}

/** Text of the instruction `word` at address `pc`, lower case; `.inst 0x...` for an unallocated word. */
export function disassemble(word: number, pc: bigint): string {
  const encoding = decode(word);
  if (!encoding) return `.inst 0x${(word >>> 0).toString(16).padStart(8, '0')}`;
  return disassembleAs(encoding, word, pc);
}
