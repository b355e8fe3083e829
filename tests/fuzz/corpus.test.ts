import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareCase } from './compare.js';
import { currentCore } from './core-wasm.js';
import { batchOf, CORPUS, corpusFiles, readEntry } from './corpus.js';
import type { FuzzCpu } from './engines.js';
import { listing } from './report.js';
import { VcpuEngine, type VcpuMode } from './vcpu-engine.js';

describe('failures that the fuzzer found', () => {
  let wasm: Uint8Array;
  beforeAll(async () => {
    wasm = await currentCore();
  });

  it.each(['run', 'step', 'jit'] as const satisfies readonly VcpuMode[])('do not come back: %s', async (mode) => {
    const engines = new Map<string, VcpuEngine>();
    const engineOf = (cpu: FuzzCpu): VcpuEngine => {
      const key = `${cpu.model} ${cpu.pauth} ${cpu.keys?.join(' ')}`;
      const engine = engines.get(key) ?? new VcpuEngine(wasm, mode, cpu);
      engines.set(key, engine);
      return engine;
    };
    const wrong: string[] = [];
    for (const name of corpusFiles()) {
      const { input, answer, description, cpu } = readEntry(join(CORPUS, name));
      const batch = batchOf(input);
      const engine = engineOf(cpu);
      const has = (feature: string): boolean => engine.model.has(feature as never);
      // QEMU's answers for other models hold no TPIDR_EL0
      const options = { tpidr: cpu.model === 'max', has, cpu: cpu.model };
      const fields = compareCase(batch, 0, answer, await engine.run(batch), options);
      if (fields.length > 0) wrong.push(`${name} (${description}): ${listing(input).join('; ')}: ${fields.join(' ')}`);
    }
    expect(wrong).toEqual([]);
  });
});
