/** Makes batches from a seed, runs them on two engines and gathers what differs. */
import { decode } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { Batch, type BatchResult, type FuzzCase, OutcomeKind } from './batch.js';
import { BlockGenerator } from './block.js';
import { compareCase } from './compare.js';
import type { EnginePair, FuzzCpu } from './engines.js';
import { EngineEnded } from './qemu-engine.js';
import { Random } from './random.js';
import { differenceLines } from './report.js';
import { SingleGenerator, STATES } from './single.js';
import { Counter, type Counts, type RunRecord, type Statistics, UNALLOCATED } from './statistics.js';
import { fpcrMask } from './system.js';
import { ValuePool } from './values.js';
import { coveredEncodings } from './words.js';

export interface SessionOptions {
  readonly seed: number;
  /** Blocks instead of single instructions. */
  readonly blocks: boolean;
  /** Encodings to cover, by name or by group; singles only. */
  readonly only?: RegExp;
  /** Of so many processes (default 1) this is number `job`: it makes the batches job, job + jobs, ... */
  readonly jobs?: number;
  readonly job?: number;
  /** Cases in a batch; there is a good number for each kind of run. */
  readonly batchCases?: number;
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

const UNALLOCATED_EVERY = 50;

/** Cases in a batch; runner.c takes no more than 8192. */
const SINGLES = 4096;
const BLOCKS = 2048;
const BATCHES_OF_A_POOL = 8;

/** Encodings whose words are made: those with semantics and feature, less those that are wholly excluded. */
export function generatedEncodings(engines: EnginePair): Encoding[] {
  return coveredEncodings(engines.has).filter(
    // the first of the three of a memory copy stands for all
    (e) => engines.exclusions.whole(e) === undefined ||
      (/^(CPYF?|SETG?)P$/.test(e.name) && engines.both('FEAT_MOPS')),
  );
}

export class FuzzSession {
  private readonly counter = new Counter();
  /** Compared so far. */
  cases = 0;
  /** Of them, those that differ. */
  differ = 0;
  /** Cases that neither engine ended. */
  timedOut = 0;
  batches = 0;
  private readonly list: readonly Encoding[];
  /** Words of no encoding are made too. */
  readonly unallocated: boolean;
  private readonly pending: { batch: Batch; number: number; expected: Promise<BatchResult> }[] = [];
  private readonly free: Batch[];
  private next: number;
  private pool: { readonly group: number; readonly values: ValuePool } | undefined;

  constructor(
    readonly engines: EnginePair,
    readonly options: SessionOptions,
  ) {
    const { only } = options;
    this.next = options.job ?? 0;
    const wanted = (e: Encoding): boolean => only === undefined || only.test(e.name) || only.test(e.group);
    this.list = generatedEncodings(engines).filter(wanted);
    this.unallocated = !options.blocks && (only === undefined || only.test(UNALLOCATED));
    const capacity = options.batchCases ?? (options.blocks ? BLOCKS : SINGLES);
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
    batch.fpcrMask = fpcrMask(engines.both);
    const pool = this.poolOf(number);
    if (options.blocks) {
      const generator = new BlockGenerator(batch, random, pool, engines, list);
      while (batch.count < batch.capacity) generator.make(image);
      return;
    }
    const generator = new SingleGenerator(batch, random, pool, engines);
    let at = (number * (batch.capacity / STATES)) % Math.max(1, list.length);
    for (let misses = 0; batch.count < batch.capacity && misses < 4 * batch.capacity; at++) {
      if (this.unallocated && (list.length === 0 || at % UNALLOCATED_EVERY === 0)) {
        generator.makeUnallocated(image);
        if (list.length === 0) continue;
      }
      if (batch.count === batch.capacity) break;
      const n = at % list.length;
      if (!generator.make(list[n], image, n + 1)) misses++;
    }
  }

  /** Some batches share their values, which take as long to make as a batch does. */
  private poolOf(number: number): ValuePool {
    const group = Math.floor(number / BATCHES_OF_A_POOL);
    if (this.pool?.group !== group) {
      this.pool = { group, values: new ValuePool(new Random(this.options.seed, ~group)) };
    }
    return this.pool.values;
  }

  /** Runs one more batch; gives the cases that differ. The next one is already under way on the other engine. */
  async step(): Promise<Failure[]> {
    while (this.free.length > 0) this.submit();
    const { batch, number, expected } = this.pending.shift()!;
    const actual = await this.engines.actual.run(batch);
    const result = await expected.catch((error: unknown) => {
      throw error instanceof EngineEnded ? new EngineEnded(`${error.message}, in batch ${number}`) : error;
    });
    const failures = this.compare(batch, number, result, actual);
    this.free.push(batch);
    return failures;
  }

  /** Waits for what is under way, so that the engines may be used for something else. */
  async finish(): Promise<void> {
    for (const { expected } of this.pending) await expected;
  }

  private submit(): void {
    const batch = this.free.pop()!;
    const number = this.next;
    this.next += this.options.jobs ?? 1;
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
      this.differ++;
      failures.push({ input, fields, batch: number, detail });
    }
    return failures;
  }

  private count(batch: Batch, index: number): void {
    const { counter, list } = this;
    const kind = batch.kinds[index];
    if (kind !== 0) {
      counter.add(list[kind - 1].id);
      return;
    }
    const words = this.options.blocks ? batch.lengths[index] : 1;
    for (let n = 1; n <= words; n++) counter.add(decode(batch.word(index, n))?.id);
  }

  /** What was executed so far. @param seconds that it took */
  statistics(seconds: number): Statistics {
    const { engines, options, list } = this;
    const blocks = options.blocks;
    // Blocks are not made to cover every encoding: what never occurs in them is not named.
    const counts: Counts = this.counter.read(blocks ? [] : list, this.unallocated);
    const run: RunRecord = {
      mode: blocks ? 'blocks' : 'singles', cpu: cpuText(engines.configuration), seed: options.seed,
      engines: [engines.expected.version, engines.actual.name], cases: this.cases, differ: this.differ,
      timedOut: this.timedOut, seconds, excluded: excludedEncodings(engines),
    };
    return { runs: [run], singles: blocks ? {} : counts, blocks: blocks ? counts : {} };
  }
}

/** "max" or "max, qarma3". */
export function cpuText(cpu: FuzzCpu): string {
  return cpu.model === 'max' ? `${cpu.model}, ${cpu.pauth}` : cpu.model;
}

/** Encodings that are not generated though our CPU has them, by the reason. */
export function excludedEncodings(engines: EnginePair): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  const generated = new Set(generatedEncodings(engines));
  for (const encoding of coveredEncodings(engines.has)) {
    const exclusion = engines.exclusions.whole(encoding);
    if (exclusion === undefined || generated.has(encoding)) continue;
    (out[`${exclusion.name}: ${exclusion.reason}`] ??= []).push(encoding.name);
  }
  return out;
}
