/**
 * Which instruction words each CPU model executes, by QEMU's user mode: recorded in data/executed-by-cpu.txt, one word
 * a line with a digit whose bits are the models. Made at EL0, where system instructions of higher levels are UNDEFINED.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { extractFields } from '../../../jit/a64/decoder.js';
import { featuresOf, type Encoding } from '../../../jit/a64/encoding.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../../src/arch/features/cpu-models.js';
import { CODE_ADDRESS, qemuVersion, runCases } from '../../harness/qemu-user.js';
import { hex, wordsOf, xorshift } from './words.js';

export const EXECUTED_URL = new URL('data/executed-by-cpu.txt', import.meta.url);

const SIGILL = 4;
/** Groups whose words depend on the Exception level and on registers, and are compared elsewhere. */
const ELSEWHERE = /^control\/(systemmove|systemmovepr|systeminstrs|syspairinstrs|exception)$/;
const ELSEWHERE_NAMES = new Set([
  'MSR_imm', 'ERET', 'ERETAA', 'ERETAB', 'DRPS', 'WFI', 'WFE', 'WFIT', 'WFET', 'UDF', 'SVE', 'SME',
]);

/** Words that show what fields change: each value of the short fields, and each set of features, at least once. */
export function sampleWords(encoding: Encoding, random: () => number): number[] {
  const short = encoding.fields.filter(({ name, width }) => width <= 2 && !/^(Rd|Rn|Rm|Rt)$/.test(name));
  const chosen = new Map<string, number>();
  for (const word of wordsOf(encoding, 96, random)) {
    const fields = extractFields(encoding, word);
    const key = [...short.map(({ name }) => fields[name]), ...featuresOf(encoding, fields)].join(' ');
    if (!chosen.has(key)) chosen.set(key, word);
  }
  return [...chosen.values()].slice(0, 24);
}

export const isCompared = (encoding: Encoding): boolean =>
  !ELSEWHERE.test(encoding.group) && !ELSEWHERE_NAMES.has(encoding.name);

/** Runs the words on every model. */
export function record(): void {
  const random = xorshift(0xca11);
  const words = encodings.filter(isCompared).flatMap((encoding) => sampleWords(encoding, random));
  const digits = new Array<number>(words.length).fill(0);
  // registers point into the test's memory page, far enough from its ends
  const x = Array.from({ length: 32 }, (_, n) => [n, 0x05000800n] as const);
  CPU_MODEL_NAMES.forEach((cpu, bit) => {
    const results = runCases(words.map((word) => ({ word, x })), { cpu });
    results.forEach(({ kind, signal, pc }, i) => {
      // a branch that is taken ends at a word that is UNDEFINED
      if (kind !== 'signal' || signal !== SIGILL || pc !== CODE_ADDRESS) digits[i] |= 1 << bit;
    });
  });
  const header = `# ${qemuVersion()}; bits: ${CPU_MODEL_NAMES.join(', ')}`;
  const lines = words.map((word, i) => `${hex(word)} ${digits[i].toString(16)}`);
  writeFileSync(EXECUTED_URL, `${[header, ...lines].join('\n')}\n`);
}

export interface ExecutedWord {
  readonly word: number;
  /** Models that execute it in QEMU. */
  readonly models: ReadonlySet<CpuModelName>;
}

/** The recorded words. */
export function executedWords(): { source: string; words: ExecutedWord[] } {
  const [header, ...lines] = readFileSync(EXECUTED_URL, 'utf8').trimEnd().split('\n');
  const words = lines.map((line) => {
    const [word, digit] = line.split(' ');
    const bits = Number.parseInt(digit, 16);
    return { word: Number.parseInt(word, 16), models: new Set(CPU_MODEL_NAMES.filter((_, bit) => bits & (1 << bit))) };
  });
  return { source: header.slice(2), words };
}
