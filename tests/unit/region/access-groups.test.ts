/** Which memory accesses of a block are looked up together, on code assembled by hand. */
import { describe, expect, it } from 'vitest';
import { accessGroups } from '../../../jit/region/access-groups.js';
import { Describer } from '../../../jit/region/instruction.js';
import { formRegion } from '../../../jit/region/form-region.js';
import type { Region } from '../../../jit/region/region.js';
import { wholePage } from '../../../jit/region/translator.js';
import { Selector } from '../../../jit/interpreter/selector.js';

const NOP = 0xd503201f;
const RET = 0xd65f03c0;
const describer = new Describer(new Selector({ hasFeature: () => true }));

function form(words: readonly number[], entry: number): Region {
  const all = new Int32Array(1024).fill(RET);
  all.set(words.map((word) => word | 0));
  return formRegion(describer, wholePage(all), entry, { instructions: 400, callee: 0 });
}
/** What becomes of instructions that a region has behind its first one: their group, the place in it, whether they begin it. */
function groups(words: readonly number[]): (string | undefined)[] {
  const region = form([NOP, ...words], 0);
  const members = accessGroups(region.blocks[0], region);
  return words.map((_, i) => {
    const member = members.get(i + 1);
    return member && `${member.first ? 'first' : 'later'} ${member.group.number}+${member.offset}`;
  });
}
function spans(words: readonly number[]): string[] {
  const region = form([NOP, ...words], 0);
  const found = new Set([...accessGroups(region.blocks[0], region).values()].map(({ group }) => group));
  return [...found].map(({ span, write }) => `${span} bytes${write ? ', written' : ''}`);
}

const FRAME = [
  0xa9bd7bfd, // stp x29, x30, [sp, #-48]!
  0x910003fd, // mov x29, sp
  0xa90153f3, // stp x19, x20, [sp, #16]
  0xf90013b5, // str x21, [x29, #32]
];

describe('groups of accesses', () => {
  it('follow a register that is moved, and its copies', () => {
    expect(groups(FRAME)).toEqual(['first 0+0', undefined, 'later 0+16', 'later 0+32']);
    expect(spans(FRAME)).toEqual(['40 bytes, written']);
    // ldr x4, [x5]; sub x8, x5, #8; str x6, [x8]; ldr x9, [x5], #8; ldr x4, [x5]
    const moved = [0xf94000a4, 0xd10020a8, 0xf9000106, 0xf84084a9, 0xf94000a4];
    expect(groups(moved)).toEqual(['first 0+8', undefined, 'later 0+0', 'later 0+8', 'later 0+16']);
    expect(spans(moved)).toEqual(['24 bytes, written']);
  });

  it('end where the register gets another value', () => {
    // ldr x1, [x0, #8]; ldr w2, [x0, #16]!; ldrb w3, [x0, #3]; ldr x0, [x0]; ldr x4, [x0, #8]; ldr x0, [x0]
    expect(groups([0xf9400401, 0xb8410c02, 0x39400c03, 0xf9400000, 0xf9400404, 0xf9400000])).toEqual(
      ['first 0+0', 'later 0+8', 'later 0+11', 'later 0+8', 'first 1+8', 'later 1+0'],
    );
  });

  it('end where translations may change', () => {
    // ldr x4, [x0, #8]; tlbi vmalle1; str x4, [x0]
    expect(groups([0xf9400404, 0xd508871f, 0xf9000004])).toEqual([undefined, undefined, undefined]);
  });

  it('span no more than fits', () => {
    // ldr x4, [x5]; ldr x6, [x5, #120]; ldr x6, [x5, #128]
    expect(groups([0xf94000a4, 0xf9403ca6, 0xf94040a6])).toEqual(['first 0+0', 'later 0+120', undefined]);
  });

  it('have no accesses that are more than a plain one, or whose distance is not constant', () => {
    // ldr x4, [x5]; ldar x6, [x5]; ldtr x6, [x5]; ldadd x6, x7, [x5]; ldr x6, [x5, x7]
    expect(groups([0xf94000a4, 0xc8dffca6, 0xf84008a6, 0xf82600a7, 0xf86768a6])).toEqual(new Array(5).fill(undefined));
  });

  it('do not begin with a region', () => {
    const indexes = (words: readonly number[]): number[] => {
      const region = form(words, 4);
      return [...accessGroups(region.blocks[0], region).keys()];
    };
    // the start of a function: its first instruction is alone
    expect(indexes([RET, ...FRAME])).toEqual([2, 3]);
    // behind an instruction that goes on: another region found no translation there, perhaps because the group is in two pages
    expect(indexes([NOP, ...FRAME])).toEqual([]);
  });
});
