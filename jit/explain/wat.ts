/** WebAssembly text: read, and written again in lines that are as long as they may be. */

/** A parenthesised expression: what it begins with, then the rest. Atoms and comments are text. */
export type Sexpr = string | readonly Sexpr[];

/** Reads the first expression of a text. Strings with spaces or parentheses in them are not expected. */
export function parseSexpr(text: string): Sexpr {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const read = (): Sexpr => {
    const token = tokens[at++];
    if (token === undefined) throw new SyntaxError('expression without end');
    if (token !== '(') return token;
    const items: Sexpr[] = [];
    while (tokens[at] !== ')') items.push(read());
    at++;
    return items;
  };
  return read();
}

/** On one line. */
function flat(expression: Sexpr): string {
  return typeof expression === 'string' ? expression : `(${expression.map(flat).join(' ')})`;
}

const isAtom = (expression: Sexpr): expression is string => typeof expression === 'string';

/** Heads that are always broken into lines. */
const BLOCKS = new Set(['func', 'block', 'loop', 'if', 'then', 'else']);

/**
 * Lines of at most `width` characters where that is possible: what fits stands on one line; otherwise the operands
 * stand below, indented by one space.
 */
export function formatSexpr(expression: Sexpr, width: number, indent = ''): string[] {
  const line = indent + flat(expression);
  if (isAtom(expression)) return [line];
  const isBlock = isAtom(expression[0]) && BLOCKS.has(expression[0]);
  if (!isBlock && line.length <= width) return [line];
  const leading = expression.findIndex((item, i) => i > 0 && !isHead(item));
  const head = expression.slice(0, leading < 0 ? undefined : leading);
  const rest = leading < 0 ? [] : expression.slice(leading);
  const lines = [`${indent}(${head.map(flat).join(' ')}`];
  const locals = rest.filter(isLocal);
  lines.push(...wrap(locals.map(flat), width, `${indent} `));
  for (const item of rest) if (!isLocal(item)) lines.push(...formatSexpr(item, width, `${indent} `));
  lines[lines.length - 1] += ')';
  return lines;
}

const isLocal = (item: Sexpr): boolean => item[0] === 'local';

/** Several on a line. */
function wrap(texts: readonly string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(indent + text);
  }
  return lines;
}

/** Names, immediates, annotations, parameters and results stay on the line of the instruction. */
function isHead(item: Sexpr): boolean {
  return isAtom(item) || item[0] === 'param' || item[0] === 'result';
}
