/** Translated code gives what the interpreter gives, and it is translated code that is compared. */
import { describe, expect, it } from 'vitest';
import { currentCore } from './core-wasm.js';
import { makeEngines } from './engines.js';
import { FuzzSession } from './session.js';
import type { VcpuEngine } from './vcpu-engine.js';

/** Of the instructions of single cases and of blocks, how many at least run translated. */
const TRANSLATED_SHARE = { singles: 0.2, blocks: 0.5 };

describe('translated code', () => {
  it.each(['singles', 'blocks'] as const)('agrees with the main loop: %s', async (kind) => {
    const engines = await makeEngines('jit', await currentCore());
    const session = new FuzzSession(engines, { seed: 20, blocks: kind === 'blocks', batchCases: 1000 });
    for (let batch = 0; batch < 4; batch++) expect(await session.step()).toEqual([]);
    const { instructions, translated } = engines.actual as VcpuEngine;
    expect(translated / instructions).toBeGreaterThan(TRANSLATED_SHARE[kind]);
  });
});
