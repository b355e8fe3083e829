import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { currentCore } from '../fuzz/core-wasm.js';
import { runPlain } from './plain-engine.js';
import { seedsOf } from './seeds.js';
import { loadTarget, TARGET_NAMES, TARGETS } from './targets.js';
import { useCore } from './targets/execute.js';
import { inputsOf, regressionFiles } from './write-files.js';

const REGRESSIONS = fileURLToPath(new URL('./regressions/', import.meta.url));

beforeAll(async () => useCore(await currentCore()));

describe.each(TARGET_NAMES)('%s', (name) => {
  it('takes its seeds and what was a finding', async () => {
    const fuzz = await loadTarget(name);
    const seeds = seedsOf(name);
    expect(seeds.size).toBeGreaterThan(0);
    for (const [label, input] of seeds) {
      expect(input.length, `${label} is longer than engines are told`).toBeLessThanOrEqual(TARGETS[name].maxBytes);
      await fuzz(Buffer.from(input));
    }
    for (const path of regressionFiles(name, REGRESSIONS)) await fuzz(readFileSync(path));
  });

  it('takes changed seeds', async () => {
    const seeds = inputsOf(name, REGRESSIONS);
    const { failure } = await runPlain(await loadTarget(name), seeds, TARGETS[name], { seed: 1, runs: 300 });
    if (failure === undefined) return;
    const shown = Buffer.from(failure.input).toString('base64');
    throw new Error(`finding for the input ${shown}`, { cause: failure.error });
  });
});
