/** A mistake put into one instruction is found, and made small. The engine is wrapped, not the semantics changed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../jit/a64/decoder.js';
import { agreeAmongOurselves } from './agreement.js';
import type { Batch, BatchResult } from './batch.js';
import { currentCore } from './core-wasm.js';
import { batchOf, decodeEntry, encodeEntry } from './corpus.js';
import type { FuzzEngine } from './engine.js';
import type { EnginePair } from './engines.js';
import { StateOffset } from './layout.js';
import { minimize, runBoth } from './minimize.js';
import { listing, reportText } from './report.js';
import { type Failure, FuzzSession } from './session.js';
import { VcpuEngine } from './vcpu-engine.js';

/** Changes a result when an instruction that `breaks` names is in the case. */
class BrokenEngine implements FuzzEngine {
  readonly name = 'broken';
  readonly version = 'broken';
  constructor(
    private readonly inner: FuzzEngine,
    private readonly breaks: RegExp,
    private readonly spoil: (result: BatchResult, index: number, word: number) => void,
  ) {}
  async run(batch: Batch): Promise<BatchResult> {
    const result = await this.inner.run(batch);
    for (let i = 0; i < batch.count; i++) {
      for (let n = 1; n <= batch.lengths[i]; n++) {
        const word = batch.word(i, n);
        if (this.breaks.test(decode(word)?.name ?? '')) this.spoil(result, i, word);
      }
    }
    return result;
  }
  close(): void {}
}

const MOST_BATCHES = 200;
/** Small, so that the first failure is there soon. */
const BATCH_CASES = 400;

describe('a mistake', () => {
  let wasm: Uint8Array;
  beforeAll(async () => {
    wasm = await currentCore();
  });

  function pair(breaks: RegExp, spoil: ConstructorParameters<typeof BrokenEngine>[2]): EnginePair {
    const expected = new VcpuEngine(wasm, 'step');
    const actual = new BrokenEngine(new VcpuEngine(wasm, 'run'), breaks, spoil);
    const has = (feature: string): boolean => expected.model.has(feature as never);
    const { cpu: configuration, model } = expected;
    const agreement = agreeAmongOurselves(model);
    return { ...agreement, expected, actual, qemu: false, configuration, cpu: 'max', tpidr: true, has };
  }

  async function firstFailure(engines: EnginePair, blocks: boolean, only = /./): Promise<Failure> {
    const session = new FuzzSession(engines, { seed: 5, blocks, only, batchCases: BATCH_CASES });
    for (let n = 0; n < MOST_BATCHES; n++) {
      const failures = await session.step();
      if (failures.length > 0) return failures[0];
    }
    throw new Error('not found');
  }

  it('in the carry of ADDS is found among single instructions', async () => {
    const engines = pair(/^ADDS_imm$/, (result, i) => {
      // C is lost when the result is zero
      const at = (result.stateAt(i) + StateOffset.nzcv) >> 3;
      if ((result.longs[at] & 0x6000_0000n) === 0x6000_0000n) result.longs[at] &= ~0x2000_0000n;
    });
    const failure = await firstFailure(engines, false, /^dp/);
    const small = await minimize(engines, failure.input);
    expect(small.words.map((w) => decode(w)?.name)).toEqual(['ADDS_imm']);
    expect(small.x.filter((v) => v !== 0n).length).toBeLessThanOrEqual(1);
    expect([small.v.every((v) => v === 0n), small.memory, small.fpcr]).toEqual([true, 0, 0]);
    expect(await runBoth(engines, [small])).toEqual([['nzcv']]);
  });

  it('in a block is minimized to the one instruction', async () => {
    const engines = pair(/^UMULH$/, (result, i, word) => {
      if ((word & 31) !== 31 && result.kind(i) === 0) result.longs[(result.stateAt(i) >> 3) + (word & 31)] ^= 1n;
    });
    const failure = await firstFailure(engines, true);
    expect(failure.input.words.length).toBeGreaterThan(1);
    const small = await minimize(engines, failure.input);
    expect(small.words.map((w) => decode(w)?.name)).toEqual(['UMULH']);
    expect([...small.x, ...small.v].every((v) => v === 0n)).toBe(true);

    const batch = batchOf(small);
    const [expected, actual] = await Promise.all([engines.expected.run(batch), engines.actual.run(batch)]);
    const [fields] = await runBoth(engines, [small]);
    const text = reportText(small, 0, expected, actual, fields, ['right', 'wrong'], 'npm run fuzz -- --replay x.json');
    for (const part of ['umulh', 'before', 'bits   0000000000000001', '$op:UMULH', 'repeat: npm run fuzz']) {
      expect(text).toContain(part);
    }
    const cpu = engines.configuration;
    const entry = { description: 'wrong', recordedBy: 'right', cpu, input: small, answer: expected };
    const read = decodeEntry(encodeEntry(entry, listing(small)));
    expect([read.input, read.cpu]).toEqual([small, engines.configuration]);
    expect(Buffer.compare(read.answer.bytes, expected.bytes)).toBe(0);
  });

  it('is not seen where there is none', async () => {
    const engines = pair(/^$/, () => undefined);
    for (const blocks of [false, true]) {
      const session = new FuzzSession(engines, { seed: 6, blocks, batchCases: BATCH_CASES });
      expect(await session.step()).toEqual([]);
    }
  });

  it('is repeated by its seed', async () => {
    const words = async (): Promise<number[]> => {
      const seen: number[] = [];
      const engines = pair(/./, (_result, _i, word) => seen.push(word));
      await new FuzzSession(engines, { seed: 9, blocks: true, batchCases: BATCH_CASES }).step();
      return seen;
    };
    expect(await words()).toEqual(await words());
  });
});
