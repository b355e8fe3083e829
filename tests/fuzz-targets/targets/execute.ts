/**
 * Execution: the input becomes a few instructions with registers and memory, which two engines carry out at EL0 and
 * must agree about in every register, flag, byte of memory and exception.
 */
import { readFileSync } from 'node:fs';
import { decode } from '../../../jit/a64/decoder.js';
import type { Encoding } from '../../../jit/a64/encoding.js';
import { CORE_WASM } from '../../../jit/interpreter/core.js';
import { Batch, OutcomeKind } from '../../fuzz/batch.js';
import { compareCase } from '../../fuzz/compare.js';
import { type Against, type EnginePair, makeEngines } from '../../fuzz/engines.js';
import { BLOCK_SLOT, CaseFlag, MEMORY_ADDRESS, NOP, StateOffset, UNDEFINED_WORD } from '../../fuzz/layout.js';
import { differenceLines, listing } from '../../fuzz/report.js';
import { generatedEncodings } from '../../fuzz/session.js';
import { FPCR_BITS, FPSR_BITS } from '../../fuzz/system.js';
import { reached } from '../feedback.js';
import { Input } from '../input.js';
import { Finding } from '../outcome.js';

/** Pairs of engines that are compared, by tests/fuzz/engines.ts's names: a further engine is one more here. */
const PAIRS: readonly Against[] = ['interpreter'];

const MAX_INSTRUCTIONS = 16;
/** Places in the code a case may lie at; the thirteenth crosses a page. */
const PLACES = 16;
const MEMORY_SEEDS = [0, 1, 2, 3];
/** Of 256 values of an instruction's first byte, those that take the word as it comes; the others name an encoding. */
const RAW_WORDS = 64;

/** Values that registers get by number; the rest comes from the input. */
const TELLING = [
  0n, 1n, 2n, 63n, 64n, 0xffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, (1n << 63n) - 1n, 1n << 63n,
  (1n << 64n) - 1n, (1n << 64n) - 2n, 0x5555_5555_5555_5555n, 0x3ff0_0000_3f80_3c00n,
];

/** Engines, and the encodings whose words they are given. */
interface Comparison {
  readonly engines: EnginePair;
  readonly encodings: readonly Encoding[];
}

let core: Uint8Array | undefined;
let comparisons: Promise<readonly Comparison[]> | undefined;

/** Uses this core.wasm instead of the built one. */
export function useCore(bytes: Uint8Array): void {
  core = bytes;
  comparisons = undefined;
}

function started(): Promise<readonly Comparison[]> {
  return (comparisons ??= Promise.all(PAIRS.map(async (against) => {
    const engines = await makeEngines(against, core ?? readFileSync(CORE_WASM));
    return { engines, encodings: generatedEncodings(engines) };
  })));
}

/** One batch for each image of the scratch memory, as images take long to make. */
const batches = new Map<number, Batch>();

function emptyBatch(seed: number): Batch {
  let batch = batches.get(seed);
  if (batch === undefined) {
    batch = new Batch(1);
    batch.image(seed);
    batches.set(seed, batch);
  }
  batch.count = 0;
  batch.code.fill(UNDEFINED_WORD, 0, (PLACES * BLOCK_SLOT) / 4);
  return batch;
}

/** One instruction; what no engine can be asked for becomes a NOP. */
function instruction(input: Input, { engines, encodings: list }: Comparison): number {
  const kind = input.u8();
  let word: number;
  if (kind < RAW_WORDS) {
    word = input.u32();
  } else {
    const e = list[input.below(list.length)];
    const fixed = e.mask | e.shouldBeMask;
    word = ((e.value | e.shouldBeValue) | (input.u32() & ~fixed)) >>> 0;
  }
  const encoding = decode(word);
  if (encoding === undefined) return word;
  const fields = Object.fromEntries(encoding.fields.map((f) => [f.name, (word >>> f.lsb) & ((1 << f.width) - 1)]));
  const excluded = engines.exclusions.of(encoding).some((x) => x.fields === undefined || x.fields(fields, encoding));
  if (excluded) return NOP;
  // A branch backwards would mostly be a loop without end.
  const offset = encoding.fields.find((f) => /^imm(14|19|26)$/.test(f.name));
  if (offset === undefined || !encoding.group.startsWith('control/')) return word;
  return (word & ~(1 << (offset.lsb + offset.width - 1))) >>> 0;
}

function generalValue(input: Input): bigint {
  const kind = input.u8();
  if (kind < 128) return BigInt(MEMORY_ADDRESS + 64 * kind);
  if (kind < 192) return BigInt(MEMORY_ADDRESS + 48 * (kind & 63)) + BigInt(input.u8()) - 64n;
  return kind < 240 ? TELLING[kind & 15] : input.u64();
}

function vectorHalf(input: Input): bigint {
  const kind = input.u8();
  if (kind >= 128) return input.u64();
  const value = TELLING[kind & 15];
  // The same element over and over: in 32 or 16 bits.
  if (kind < 32) return value;
  const width = kind < 80 ? 32n : 16n;
  let out = 0n;
  const element = BigInt.asUintN(Number(width), value >> (width * BigInt(kind & 1)));
  for (let at = 0n; at < 64n; at += width) out |= element << at;
  return out;
}

function makeCase(input: Input, comparison: Comparison): Batch {
  const batch = emptyBatch(input.pick(MEMORY_SEEDS));
  const index = batch.begin(input.below(PLACES) * BLOCK_SLOT, BLOCK_SLOT, CaseFlag.Memory | CaseFlag.Pstate, 0);
  batch.codeBytes = PLACES * BLOCK_SLOT;
  const count = 1 + input.below(MAX_INSTRUCTIONS);
  const words = Array.from({ length: count }, () => instruction(input, comparison));
  const longs = batch.caseLongs;
  const at = batch.stateAt(index) >> 3;
  longs[at + (StateOffset.nzcv >> 3)] = BigInt(input.u8() & 15) << 28n;
  longs[at + (StateOffset.fpcr >> 3)] = BigInt(input.u32() & FPCR_BITS & batch.fpcrMask);
  longs[at + (StateOffset.fpsr >> 3)] = BigInt(input.u32() & FPSR_BITS);
  longs[at + (StateOffset.tpidr >> 3)] = input.u64();
  for (let r = 0; r < 32; r++) longs[at + r] = generalValue(input);
  for (let half = 0; half < 64; half++) longs[at + (StateOffset.v >> 3) + half] = vectorHalf(input);
  batch.place(index, words, count);
  words.forEach((word, i) => {
    // Instructions after each other, and each alone, are what a coverage-guided engine shall look for.
    const id = decode(word)?.id ?? 0;
    reached(id & 4095, 0);
    if (i > 0) reached(id & 4095, 1 + ((decode(words[i - 1])?.id ?? 0) & 63));
  });
  return batch;
}

export async function fuzz(data: Buffer): Promise<void> {
  for (const comparison of await started()) {
    const { engines: pair } = comparison;
    const batch = makeCase(new Input(data), comparison);
    const expected = await pair.expected.run(batch);
    const actual = await pair.actual.run(batch);
    // They count differently how long to wait for an end.
    if (expected.kind(0) === OutcomeKind.TimedOut || actual.kind(0) === OutcomeKind.TimedOut) continue;
    const fields = compareCase(batch, 0, expected, actual, pair);
    if (fields.length === 0) continue;
    const input = batch.extract(0);
    const names = [pair.expected.name, pair.actual.name] as const;
    throw new Finding([
      `${names.join(' and ')} differ in ${fields.join(' ')}`, ...listing(input),
      ...differenceLines(input, 0, expected, actual, fields, names),
    ].join('\n'));
  }
}
