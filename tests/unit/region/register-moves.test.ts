import { expect, it } from 'vitest';
import { Selector } from '../../../jit/interpreter/selector.js';
import { Describer } from '../../../jit/region/instruction.js';
import { translateRegion, wholePage } from '../../../jit/region/translator.js';

const describer = new Describer(new Selector({ hasFeature: () => true }));
function movesOf(...words: number[]): unknown {
  const page = new Int32Array(1024);
  page.set(words.map((word) => word | 0));
  return translateRegion(describer, { page: wholePage(page), entry: 0 }).moves;
}

it('registers that a region loads and stores are counted', () => {
  // add x1, x2, x3; ret
  expect(movesOf(0x8b030041, 0xd65f03c0)).toEqual({ loads: 3, stores: 1 });
  // a loop has them in locals: sub x0, x0, #1; cbnz x0, back; ret
  expect(movesOf(0xd1000400, 0xb5ffffe0, 0xd65f03c0)).toEqual({ loads: 2, stores: 2 });
});
