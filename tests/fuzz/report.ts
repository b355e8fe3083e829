/** What a failure looks like to a reader. */
import { decode } from '../../jit/a64/decoder.js';
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import { generatedCode } from '../../jit/explain/generated-code.js';
import { instructionFields, operationOf, statementsOf } from '../../jit/explain/operation.js';
import { type BatchResult, type FuzzCase, memoryImage, OutcomeKind } from './batch.js';
import { CODE_ADDRESS, MEMORY_ADDRESS, PIECE_BYTES, StateOffset } from './layout.js';

const hex = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0');

/** The instructions with their addresses. */
export function listing(input: FuzzCase): string[] {
  return input.words.map((word, i) => {
    const at = BigInt(CODE_ADDRESS + input.entry + 4 + 4 * i);
    return `${hex(at, 8)}: ${hex(BigInt(word), 8)}  ${disassemble(word, at)}`;
  });
}

const SIGNALS: Readonly<Record<number, string>> = { 4: 'SIGILL', 5: 'SIGTRAP', 7: 'SIGBUS', 11: 'SIGSEGV' };

/** How a case ended. */
export function outcomeText(result: BatchResult, index: number): string {
  const pc = hex(result.pc(index), 8);
  switch (result.kind(index)) {
    case OutcomeKind.Left:
      return 'completed';
    case OutcomeKind.TimedOut:
      return 'still running';
    default: {
      const signal = result.signal(index);
      const address = signal === 7 || signal === 11 ? `, address ${hex(result.address(index), 16)}` : '';
      return `${SIGNALS[signal] ?? `exception ${result.code(index)}`} at ${pc}${address}`;
    }
  }
}

function value(result: BatchResult, index: number, field: string): bigint | undefined {
  if (/^x\d+$/.test(field)) return result.long(index, 8 * Number(field.slice(1)));
  if (/^v\d+$/.test(field)) {
    const at = StateOffset.v + 16 * Number(field.slice(1));
    return result.long(index, at) | (result.long(index, at + 8) << 64n);
  }
  if (field === 'sp' || field === 'nzcv' || field === 'fpcr' || field === 'fpsr' || field === 'tpidr') {
    return result.long(index, StateOffset[field]);
  }
  return undefined;
}

function initial(input: FuzzCase, field: string): bigint {
  if (field === 'sp') return input.x[31];
  if (field === 'nzcv') return BigInt(input.nzcv) << 28n;
  if (field === 'fpcr' || field === 'fpsr') return BigInt(input[field]);
  if (field === 'tpidr') return input.tpidr;
  return (field.startsWith('x') ? input.x : input.v)[Number(field.slice(1))];
}

function inputLines(input: FuzzCase): string[] {
  const lines: string[] = [];
  input.x.forEach((v, r) => {
    if (v !== 0n) lines.push(`  ${(r === 31 ? 'SP' : `X${r}`).padEnd(5)}${hex(v, 16)}`);
  });
  input.v.forEach((v, r) => {
    if (v !== 0n) lines.push(`  ${`V${r}`.padEnd(5)}${hex(v, 32)}`);
  });
  const control = (value: number): string => hex(BigInt(value), 8);
  const flags = input.nzcv.toString(2).padStart(4, '0');
  lines.push(`  NZCV ${flags}  FPCR ${control(input.fpcr)}  FPSR ${control(input.fpsr)}`);
  if (input.memory !== 0) lines.push(`  scratch memory of seed ${input.memory} at ${hex(BigInt(MEMORY_ADDRESS), 8)}`);
  return lines;
}

function pieceLines(name: string, pieces: Uint8Array | undefined, input: FuzzCase): string[] {
  if (pieces === undefined) return [`    ${name}: unchanged`];
  const image = Buffer.from(memoryImage(input.memory));
  const lines: string[] = [];
  for (let i = 0; i < pieces.length && lines.length < 16; i += PIECE_BYTES) {
    const at = new DataView(pieces.buffer, pieces.byteOffset + i).getUint32(0, true);
    const after = Buffer.from(pieces.subarray(i + 8, i + PIECE_BYTES)).toString('hex');
    lines.push(`    ${name} ${hex(BigInt(MEMORY_ADDRESS + at), 8)}: ${image.toString('hex', at, at + 16)} -> ${after}`);
  }
  return lines;
}

/** WebAssembly of the operations of a case, each once. */
export function generatedText(input: FuzzCase): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  input.words.forEach((word, i) => {
    const encoding = decode(word);
    if (encoding === undefined) return;
    const at = BigInt(CODE_ADDRESS + input.entry + 4 + 4 * i);
    const operation = operationOf(encoding, instructionFields(encoding, word, at));
    if (operation === undefined || seen.has(operation.name) || seen.size >= 3) return;
    seen.add(operation.name);
    lines.push(...generatedCode(statementsOf(operation), Object.values(operation.operands), operation.name));
  });
  return lines;
}

/** Outcomes of case `index` of two results, and every field that differs. */
export function differenceLines(
  input: FuzzCase, index: number, expected: BatchResult, actual: BatchResult, fields: readonly string[],
  names: readonly [string, string],
): string[] {
  const lines = ['outcome:', ...[expected, actual].map((r, i) => `  ${names[i]}: ${outcomeText(r, index)}`)];
  lines.push('differences:');
  for (const field of fields) {
    const a = value(expected, index, field);
    const b = value(actual, index, field);
    if (a === undefined || b === undefined) {
      if (field !== 'memory') lines.push(`  ${field}`);
      continue;
    }
    const digits = field.startsWith('v') ? 32 : 16;
    lines.push(
      `  ${field.toUpperCase()}`, `    before ${hex(initial(input, field), digits)}`,
      `    ${names[0]}: ${hex(a, digits)}`, `    ${names[1]}: ${hex(b, digits)}`, `    bits   ${hex(a ^ b, digits)}`,
    );
  }
  if (fields.includes('memory')) {
    lines.push('  memory');
    [expected, actual].forEach((r, i) => lines.push(...pieceLines(names[i], r.pieces[index], input)));
  }
  return lines;
}

/** The whole report of case `index` of two results. `repeat` is the command that shows it again. */
export function reportText(
  input: FuzzCase, index: number, expected: BatchResult, actual: BatchResult, fields: readonly string[],
  names: readonly [string, string], repeat: string,
): string {
  const lines = ['instructions:', ...listing(input).map((l) => `  ${l}`)];
  lines.push('before (the rest is zero):', ...inputLines(input));
  lines.push(...differenceLines(input, index, expected, actual, fields, names));
  lines.push('generated code:', ...generatedText(input).map((l) => `  ${l}`), `repeat: ${repeat}`);
  return lines.join('\n');
}
