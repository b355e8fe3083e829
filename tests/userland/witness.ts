/** What a witness is: a program of Debian's with work to do and the answers it has to print. */
import type { ExtraFile } from '../../guest/index.js';

export interface Witness {
  /** Short name, for the command line and the table. */
  readonly name: string;
  /** Debian packages that it needs. */
  readonly packages: readonly string[];
  /** Its files; they are put into `/witness/NAME`, where its script begins. */
  readonly files?: readonly ExtraFile[];
  /**
   * A shell script for the guest. Every line that it prints is compared with what the same script prints under QEMU,
   * except lines with `~` in front: those tell of times and of the CPU.
   */
  readonly script: string;
  /** Lines that must be in its output in this order, computed on the host. */
  readonly expected: readonly string[];
  /** What else is wrong with the output's lines, in words; nothing if all is well. */
  readonly check?: (lines: readonly string[]) => string[];
}

/** What a witness printed in one run. */
export interface Testimony {
  readonly lines: readonly string[];
  /** The script's exit status; undefined if the run ended before it did. */
  readonly status: number | undefined;
  /** From the script's beginning to its end: host seconds, and guest instructions where they are counted. */
  readonly seconds: number;
  readonly instructions?: number;
}

/** In front of lines that are for the reader: not compared. */
export const REMARK = '~';

function compared(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith(REMARK));
}

/** Where the first of `expected` is that does not follow the ones before it in `lines`. */
function missing(lines: readonly string[], expected: readonly string[]): string | undefined {
  let at = 0;
  for (const line of expected) {
    const found = lines.indexOf(line, at);
    if (found < 0) return line;
    at = found + 1;
  }
  return undefined;
}

/** The first difference of two outputs. */
function difference(lines: readonly string[], reference: readonly string[]): string | undefined {
  const at = lines.findIndex((line, index) => line !== reference[index]);
  if (at < 0 && lines.length === reference.length) return undefined;
  const index = at < 0 ? lines.length : at;
  const shown = (text: string | undefined): string => (text === undefined ? 'no more lines' : JSON.stringify(text));
  return `line ${index + 1}: ${shown(lines[index])}; under QEMU ${shown(reference[index])}`;
}

/** Everything that is wrong with what a witness said; `reference` is what it said under QEMU. */
export function judge(witness: Witness, testimony: Testimony, reference?: Testimony): string[] {
  const problems: string[] = [];
  if (testimony.status === undefined) problems.push('did not come to its end');
  else if (testimony.status !== 0) problems.push(`ended with status ${testimony.status}`);
  const lost = missing(testimony.lines, witness.expected);
  if (lost !== undefined) problems.push(`did not print ${JSON.stringify(lost)}`);
  problems.push(...(witness.check?.(testimony.lines) ?? []));
  if (reference !== undefined) {
    const other = difference(compared(testimony.lines), compared(reference.lines));
    if (other !== undefined) problems.push(other);
  }
  return problems;
}
