/** Makes batches from a seed, runs them on two engines and gathers what differs. */
import { decode } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { Batch, type BatchResult, type FuzzCase, OutcomeKind } from './batch.js';
import { BlockGenerator } from './block.js';
import { compareCase } from './compare.js';
import type { EnginePair } from './engines.js';
import { whollyExcluded } from './exclusions.js';
import { BLOCK_SLOT, CODE_BYTES, SINGLE_SLOT } from './layout.js';
import { Random } from './random.js';
import { differenceLines } from './report.js';
import { SingleGenerator } from './single.js';
import { FPCR_BITS, FPCR_FZ16 } from './system.js';
import { ValuePool } from './values.js';
import { coveredEncodings } from './words.js';

export interface SessionOptions {
  readonly seed: number;
  /** Blocks instead of single instructions. */
  readonly blocks: boolean;
  /** Encodings to cover, by name or by group; singles only. */
  readonly only?: RegExp;
}

/** A case that the engines do not agree about. */
export interface Failure {
  readonly input: FuzzCase;
  readonly fields: readonly string[];
  /** What differed, in words. */
  readonly detail: readonly string[];
  /** Number of its batch, which with the seed makes it again. */
  readonly batch: number;
}

/** Class of words that no encoding has. */
export const UNALLOCATED = 'unallocated';
const UNALLOCATED_EVERY = 50;

const SINGLES = Math.floor(CODE_BYTES / SINGLE_SLOT / 2);
const BLOCKS = Math.floor(CODE_BYTES / BLOCK_SLOT);

/** Encodings whose words are made: those with semantics and feature, less those that are wholly excluded. */
export function generatedEncodings(engines: EnginePair): Encoding[] {
  return coveredEncodings(engines.has).filter(
    // the first of the three of a memory copy stands for all
    (e) => !whollyExcluded(e, engines.qemu) || /^(CPYF?|SET)P$/.test(e.name),
  );
}

export class FuzzSession {
  /** Cases compared so far, by group of the encoding for singles and by encoding for the words of blocks. */
  readonly byGroup = new Map<string, number>();
  readonly byEncoding = new Map<string, number>();
  cases = 0;
  /** Cases that neither engine ended. */
  timedOut = 0;
  batches = 0;
  private readonly list: readonly Encoding[];
  /** Words of no encoding are made too. */
  readonly unallocated: boolean;
  private readonly pending: { batch: Batch; number: number; expected: Promise<BatchResult> }[] = [];
  private readonly free: Batch[];
  private next = 0;

  constructor(
    readonly engines: EnginePair,
    readonly options: SessionOptions,
  ) {
    const { only } = options;
    const wanted = (e: Encoding): boolean => only === undefined || only.test(e.name) || only.test(e.group);
    this.list = generatedEncodings(engines).filter(wanted);
    this.unallocated = !options.blocks && (only === undefined || only.test(UNALLOCATED));
    const capacity = options.blocks ? BLOCKS : SINGLES;
    this.free = [new Batch(capacity), new Batch(capacity)];
  }

  get encodings(): readonly Encoding[] {
    return this.list;
  }

  /** Fills a batch: the same for the same seed and number. */
  private generate(batch: Batch, number: number): void {
    const { engines, options, list } = this;
    const random = new Random(options.seed, number + 1);
    batch.clear();
    const image = batch.image(random.u32() | 1);
    batch.fpcrMask = engines.has('FEAT_FP16') ? FPCR_BITS : FPCR_BITS & ~FPCR_FZ16;
    const pool = new ValuePool(random);
    if (options.blocks) {
      const generator = new BlockGenerator(batch, random, pool, engines.qemu, list);
      while (batch.count < batch.capacity) generator.make(image);
      return;
    }
    const generator = new SingleGenerator(batch, random, pool, engines.qemu);
    let at = (number * batch.capacity) % Math.max(1, list.length);
    for (let misses = 0; batch.count < batch.capacity && misses < 4 * batch.capacity; at++) {
      if (this.unallocated && (list.length === 0 || at % UNALLOCATED_EVERY === 0)) {
        generator.makeUnallocated(image);
        if (list.length === 0) continue;
      }
      if (batch.count === batch.capacity) break;
      if (!generator.make(list[at % list.length], image)) misses++;
    }
  }

  /** Runs one more batch; gives the cases that differ. The next one is already under way on the other engine. */
  async step(): Promise<Failure[]> {
    while (this.free.length > 0) this.submit();
    const { batch, number, expected } = this.pending.shift()!;
    const actual = await this.engines.actual.run(batch);
    const failures = this.compare(batch, number, await expected, actual);
    this.free.push(batch);
    return failures;
  }

  /** Waits for what is under way, so that the engines may be used for something else. */
  async finish(): Promise<void> {
    for (const { expected } of this.pending) await expected;
  }

  private submit(): void {
    const batch = this.free.pop()!;
    const number = this.next++;
    this.generate(batch, number);
    const before = this.pending.at(-1)?.expected ?? Promise.resolve();
    this.pending.push({ batch, number, expected: before.then(() => this.engines.expected.run(batch)) });
  }

  private compare(batch: Batch, number: number, expected: BatchResult, actual: BatchResult): Failure[] {
    const failures: Failure[] = [];
    const options = this.engines;
    this.batches++;
    this.cases += batch.count;
    for (let i = 0; i < batch.count; i++) {
      this.count(batch, i);
      if (actual.kind(i) === OutcomeKind.TimedOut) this.timedOut++;
      const fields = compareCase(batch, i, expected, actual, options);
      if (fields.length === 0) continue;
      const input = batch.extract(i);
      const names = [this.engines.expected.name, this.engines.actual.name] as const;
      const detail = differenceLines(input, i, expected, actual, fields, names);
      failures.push({ input, fields, batch: number, detail });
    }
    return failures;
  }

  private count(batch: Batch, index: number): void {
    const { byEncoding, byGroup } = this;
    const words = this.options.blocks ? batch.lengths[index] : 1;
    for (let n = 1; n <= words; n++) {
      const encoding = decode(batch.word(index, n));
      if (encoding === undefined) {
        byGroup.set(UNALLOCATED, (byGroup.get(UNALLOCATED) ?? 0) + 1);
        continue;
      }
      byEncoding.set(encoding.name, (byEncoding.get(encoding.name) ?? 0) + 1);
      byGroup.set(encoding.group, (byGroup.get(encoding.group) ?? 0) + 1);
    }
  }
}
