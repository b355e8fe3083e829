/** Where the loop begins that a place lies in, on code assembled by hand. */
import { describe, expect, it } from 'vitest';
import { Selector } from '../../../jit/interpreter/selector.js';
import { loopAround } from '../../../jit/region/form-region.js';
import { Describer } from '../../../jit/region/instruction.js';
import { wholePage } from '../../../jit/region/translator.js';

const describer = new Describer(new Selector({ hasFeature: () => true }));
const LIMITS = { instructions: 400, callee: 0 };

const CODE = [
  0xd2800140, //  0: mov x0, #10
  0xd2800141, //  4: mov x1, #10        the outer loop
  0xd1000421, //  8: sub x1, x1, #1     the inner one
  0xb4000041, // 12: cbz x1, 20
  0x8b010042, // 16: add x2, x2, x1
  0xb5ffffa1, // 20: cbnz x1, 8
  0xf1000400, // 24: subs x0, x0, #1
  0x54ffff41, // 28: b.ne 4
  0xd65f03c0, // 32: ret
];
const words = new Int32Array(1024);
words.set(CODE.map((word) => word | 0));
const page = wholePage(words);
const around = (place: number): number => loopAround(describer, page, place, LIMITS);

describe('the loop around a place', () => {
  it('is the innermost one', () => {
    expect([8, 12, 16, 20].map(around)).toEqual([8, 8, 8, 8]);
    expect([4, 24, 28].map(around)).toEqual([4, 4, 4]);
  });

  it('is not there outside loops', () => {
    expect([0, 32].map(around)).toEqual([0, 32]);
  });

  it('has been gone round', () => {
    const first = { ...page, branchedTo: (offset: number) => offset === 4 };
    expect(loopAround(describer, first, 16, LIMITS)).toBe(4);
  });
});
