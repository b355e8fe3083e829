import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../jit/a64/decoder.js';
import { Batch, BatchResult } from '../fuzz/batch.js';
import { compareCase } from '../fuzz/compare.js';
import { currentCore } from '../fuzz/core-wasm.js';
import { whollyExcluded } from '../fuzz/exclusions.js';
import { RESULT_BYTES } from '../fuzz/layout.js';
import { listing } from '../fuzz/report.js';
import { VcpuEngine, type VcpuMode } from '../fuzz/vcpu-engine.js';
import { coveredEncodings } from '../fuzz/words.js';
import { type CaseVector, readCaseVectors } from '../harness/case-vectors.js';
import { isIntegerEncoding } from '../harness/integer-cases.js';

const { vectors } = readCaseVectors(new URL('../vectors/data/integer.jsonl.gz', import.meta.url));

/** The recorder's batches: each case lies at the place it was recorded at, and places rise in a batch. */
function* batches(): Generator<CaseVector[]> {
  let from = 0;
  for (let i = 1; i <= vectors.length; i++) {
    if (i < vectors.length && vectors[i].input.entry > vectors[i - 1].input.entry) continue;
    yield vectors.slice(from, i);
    from = i;
  }
}

describe('integer instructions, loads, stores, branches and system instructions on core.wasm', () => {
  let wasm: Uint8Array;
  beforeAll(async () => {
    wasm = await currentCore();
  });

  it('has vectors of every encoding that a vCPU has', () => {
    const engine = new VcpuEngine(wasm);
    const recorded = new Set(vectors.flatMap(({ input }) => input.words.map((w) => decode(w)?.name)));
    const all = coveredEncodings((feature) => engine.model.has(feature as never)).filter(isIntegerEncoding);
    const missing = all.filter((e) => !whollyExcluded(e, true) && !recorded.has(e.name)).map((e) => e.name);
    expect(missing).toEqual([]);
  });

  it.each(['run', 'step'] as const satisfies readonly VcpuMode[])('does what QEMU recorded: %s', async (mode) => {
    const engine = new VcpuEngine(wasm, mode);
    const has = (feature: string): boolean => engine.model.has(feature as never);
    const wrong: string[] = [];
    for (const part of batches()) {
      const batch = new Batch(part.length);
      const expected = new BatchResult(part.length);
      part.forEach(({ input, result }, i) => {
        batch.add(input);
        expected.bytes.set(result.bytes.subarray(0, RESULT_BYTES), expected.at(i));
        expected.setPieces(i, result.pieces[0]);
      });
      const actual = await engine.run(batch);
      part.forEach(({ input }, i) => {
        const fields = compareCase(batch, i, expected, actual, { tpidr: true, has, cpu: 'max' });
        if (fields.length > 0) wrong.push(`${listing(input).join('; ')}: ${fields.join(' ')}`);
      });
    }
    expect(wrong).toEqual([]);
  });
});
