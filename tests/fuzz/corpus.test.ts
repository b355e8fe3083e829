import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareCase } from './compare.js';
import { currentCore } from './core-wasm.js';
import { batchOf, CORPUS, corpusFiles, readEntry } from './corpus.js';
import { listing } from './report.js';
import { VcpuEngine, type VcpuMode } from './vcpu-engine.js';

describe('failures that the fuzzer found', () => {
  let wasm: Uint8Array;
  beforeAll(async () => {
    wasm = await currentCore();
  });

  it.each(['run', 'step'] as const satisfies readonly VcpuMode[])('do not come back: %s', async (mode) => {
    const engine = new VcpuEngine(wasm, mode);
    const has = (feature: string): boolean => engine.model.has(feature as never);
    const wrong: string[] = [];
    for (const name of corpusFiles()) {
      const { input, answer, description } = readEntry(join(CORPUS, name));
      const batch = batchOf(input);
      const fields = compareCase(batch, 0, answer, await engine.run(batch), { tpidr: true, has, cpu: 'max' });
      if (fields.length > 0) wrong.push(`${name} (${description}): ${listing(input).join('; ')}: ${fields.join(' ')}`);
    }
    expect(wrong).toEqual([]);
  });
});
