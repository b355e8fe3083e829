import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../jit/explain/explain.js';
import { builtModule } from '../../harness/ulna-process.js';

/** The instruction atomic.fence (threads proposal). */
const FENCE = Buffer.from([0xfe, 0x03, 0x00]);

describe('barriers', () => {
  // binaryen's precompute pass took them away once
  it.each([['DMB ISH', 0xd5033bbf], ['DSB SY', 0xd5033f9f]])('%s fences memory', (_text, word) => {
    expect(explain(word)).toContain('(atomic.fence)');
  });

  it('are in core.wasm: DMB and DSB in the main loop and outside of it', () => {
    const bytes = readFileSync(builtModule('jit/interpreter/build').replace('build.js', 'core.wasm'));
    let fences = 0;
    for (let at = bytes.indexOf(FENCE); at >= 0; at = bytes.indexOf(FENCE, at + 1)) fences++;
    expect(fences).toBeGreaterThanOrEqual(4);
  });
});
