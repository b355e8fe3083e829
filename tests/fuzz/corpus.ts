/**
 * Failures kept in tests/fuzz/corpus: one JSON file each, with the case and what the right engine answered, so that
 * replaying needs no QEMU. Numbers of 64 and 128 bits are hexadecimal; registers that are zero are left out.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from '../../jit/a64/decoder.js';
import type { PauthAlgorithm } from '../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../src/arch/features/cpu-models.js';
import { Batch, BatchResult, type FuzzCase } from './batch.js';
import type { FuzzCpu } from './engines.js';
import { authenticates } from './exclusions.js';
import { RESULT_BYTES } from './layout.js';

export const CORPUS = fileURLToPath(new URL('./corpus/', import.meta.url));

export interface CorpusEntry {
  /** What was wrong, in a sentence. */
  readonly description: string;
  /** Engine that gave the answer, and its version. */
  readonly recordedBy: string;
  readonly cpu: FuzzCpu;
  readonly input: FuzzCase;
  readonly answer: BatchResult;
}

interface Registers {
  readonly [register: string]: string;
}
interface EntryFile {
  description: string;
  recordedBy: string;
  /** Default: max with the implementation's own hash. */
  cpu?: { model: CpuModelName; pauth: PauthAlgorithm; keys?: readonly string[] };
  listing: readonly string[];
  words: readonly string[];
  entry: number;
  slot: number;
  x: Registers;
  v: Registers;
  nzcv: number;
  fpcr: string;
  fpsr: string;
  tpidr: string;
  memory: number;
  flags: number;
  /** The result record (layout.ts) and its memory pieces, base64. */
  answer: string;
  pieces?: string;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function pack(values: readonly bigint[]): Registers {
  return Object.fromEntries(values.flatMap((value, r) => (value === 0n ? [] : [[r, hex(value)]])));
}
function unpack(registers: Registers): bigint[] {
  return Array.from({ length: 32 }, (_, r) => BigInt(registers[r] ?? 0));
}

function encodeCpu({ model, pauth, keys }: FuzzCpu): NonNullable<EntryFile['cpu']> {
  return { model, pauth, ...(keys === undefined ? {} : { keys: keys.map(hex) }) };
}
function decodeCpu(cpu: EntryFile['cpu']): FuzzCpu {
  if (cpu === undefined) return { model: 'max', pauth: 'impdef' };
  const { model, pauth, keys } = cpu;
  return { model, pauth, ...(keys === undefined ? {} : { keys: keys.map(BigInt) }) };
}

/** The CPU as an entry names it: with keys only where the case depends on them. */
export function entryCpu(cpu: FuzzCpu, input: FuzzCase): FuzzCpu {
  const needsKeys = input.words.some((word) => {
    const encoding = decode(word);
    return encoding !== undefined && authenticates(encoding);
  });
  return needsKeys ? cpu : { model: cpu.model, pauth: cpu.pauth };
}

/** A batch of one case. */
export function batchOf(input: FuzzCase): Batch {
  const batch = new Batch(1);
  batch.add(input);
  return batch;
}

export function encodeEntry(entry: CorpusEntry, listing: readonly string[]): string {
  const { input, answer } = entry;
  const pieces = answer.pieces[0];
  const file: EntryFile = {
    description: entry.description, recordedBy: entry.recordedBy, cpu: encodeCpu(entry.cpu), listing,
    words: input.words.map(hex),
    entry: input.entry, slot: input.slot, x: pack(input.x), v: pack(input.v), nzcv: input.nzcv, fpcr: hex(input.fpcr),
    fpsr: hex(input.fpsr), tpidr: hex(input.tpidr), memory: input.memory, flags: input.flags,
    answer: Buffer.from(answer.bytes.subarray(0, RESULT_BYTES)).toString('base64'),
    ...(pieces === undefined ? {} : { pieces: Buffer.from(pieces).toString('base64') }),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

export function decodeEntry(text: string): CorpusEntry {
  const file = JSON.parse(text) as EntryFile;
  const input: FuzzCase = {
    words: file.words.map(Number), entry: file.entry, slot: file.slot, x: unpack(file.x), v: unpack(file.v),
    nzcv: file.nzcv, fpcr: Number(file.fpcr), fpsr: Number(file.fpsr), tpidr: BigInt(file.tpidr),
    memory: file.memory, flags: file.flags,
  };
  const answer = new BatchResult(1);
  answer.bytes.set(Buffer.from(file.answer, 'base64'));
  answer.setPieces(0, file.pieces === undefined ? undefined : new Uint8Array(Buffer.from(file.pieces, 'base64')));
  return { description: file.description, recordedBy: file.recordedBy, cpu: decodeCpu(file.cpu), input, answer };
}

/** Names of the files of the corpus. */
export function corpusFiles(): string[] {
  return readdirSync(CORPUS).filter((name) => name.endsWith('.json')).sort();
}

export function readEntry(path: string): CorpusEntry {
  return decodeEntry(readFileSync(path, 'utf8'));
}

export function writeEntry(path: string, entry: CorpusEntry, listing: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encodeEntry(entry, listing));
}
