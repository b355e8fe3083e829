/** Control flow of regions, on code assembled by hand. */
import { describe, expect, it } from 'vitest';
import { analyseControlFlow } from '../../../jit/region/control-flow.js';
import { Describer } from '../../../jit/region/instruction.js';
import { formRegion } from '../../../jit/region/form-region.js';
import type { CodePage, Region } from '../../../jit/region/region.js';
import { COPIED } from '../../../jit/region/region-source.js';
import { translateRegion, wholePage } from '../../../jit/region/translator.js';
import { Selector } from '../../../jit/interpreter/selector.js';

const NOP = 0xd503201f;
const RET = 0xd65f03c0;
const b = (words: number): number => 0x14000000 | (words & 0x03ffffff);
const cbz = (words: number): number => 0xb4000000 | ((words & 0x7ffff) << 5);
const bl = (words: number): number => 0x94000000 | (words & 0x03ffffff);

const describer = new Describer(new Selector({ hasFeature: () => true }));

function form(words: readonly number[], entry = 0, limit = 400, page?: Partial<CodePage>, callee = 0): Region {
  const all = new Int32Array(1024).fill(NOP);
  all.set(words.map((w) => w | 0));
  return formRegion(describer, { ...wholePage(all), ...page }, entry, { instructions: limit, callee });
}
const shape = (region: Region): string[] =>
  region.blocks.map((block) => `${block.offset}:${block.instructions.length} ${JSON.stringify(block.terminator)}`);

describe('regions', () => {
  it('follow both ways of a branch and end at a return', () => {
    expect(shape(form([cbz(3), NOP, RET, RET]))).toEqual([
      '0:1 {"kind":"branch","to":{"block":2},"next":{"block":1}}',
      '4:2 {"kind":"indirect","btype":0,"returns":true}',
      '12:1 {"kind":"indirect","btype":0,"returns":true}',
    ]);
  });

  it('go on behind a call, whose target is elsewhere', () => {
    expect(shape(form([bl(100), RET]))).toEqual([
      '0:1 {"kind":"call","to":400,"next":{"block":1}}',
      '4:1 {"kind":"indirect","btype":0,"returns":true}',
    ]);
  });

  it('leave at the end of the page and at the limit', () => {
    const end = form([], 4092);
    expect(shape(end)).toEqual(['4092:1 {"kind":"jump","to":{"outside":4096}}']);
    expect(shape(form([NOP, NOP, NOP], 0, 2))).toEqual(['0:2 {"kind":"jump","to":{"outside":8}}']);
    expect(shape(form([b(-5)]))).toEqual(['0:1 {"kind":"jump","to":{"outside":-20}}']);
  });

  it('leave out what control has never reached', () => {
    const region = form([cbz(3), NOP, RET, RET], 0, 400, { branchedTo: () => false });
    expect(shape(region)[0]).toBe('0:1 {"kind":"branch","to":{"outside":12},"next":{"block":1}}');
    expect(region.instructions).toBe(3);
  });
});

describe('callees', () => {
  const RETURN = '{"kind":"indirect","btype":0,"returns":true}';
  const callee = (words: readonly number[], most = 8, page?: Partial<CodePage>, limit = 400): string[] =>
    shape(form(words, 0, limit, page, most));
  // 0: bl 12; 4: nop; 8: ret; 12: nop; 16: ret
  const simple = [bl(3), NOP, RET, NOP, RET];
  const outside = ['0:1 {"kind":"call","to":12,"next":{"block":1}}', `4:2 ${RETURN}`];

  it('are part of the region, and return behind the call', () => {
    const region = form(simple, 0, 400, {}, 8);
    expect(shape(region)).toEqual([
      '0:1 {"kind":"jump","to":{"block":1}}', '12:2 {"kind":"return","next":{"block":2}}', `4:2 ${RETURN}`,
    ]);
    expect(region.blocks.map(({ copied }) => copied)).toEqual([false, true, false]);
    expect(region.instructions).toBe(5);
  });

  it('are places of the region that others have to translate for themselves, unless it goes there in other ways too', () => {
    const places = (words: readonly number[]): number[] => {
      const all = new Int32Array(1024);
      all.set(words.map((word) => word | 0));
      return [...translateRegion(describer, { page: wholePage(all), entry: 0 }).places];
    };
    expect(places(simple)).toEqual([0, 1, 2, 3 | COPIED, 4 | COPIED]);
    // 0: bl 12; 4: nop; 8: b 12; 12: nop; 16: ret
    expect(places([bl(3), NOP, b(1), NOP, RET])).toEqual([0, 1, 2, 3, 4]);
  });

  it('are there once for each call', () => {
    // 0: bl 12; 4: bl 12; 8: ret; 12: cbz 20; 16: ret; 20: ret
    expect(callee([bl(3), bl(2), RET, cbz(2), RET, RET])).toEqual([
      '0:1 {"kind":"jump","to":{"block":1}}', '12:1 {"kind":"branch","to":{"block":3},"next":{"block":2}}',
      '16:1 {"kind":"return","next":{"block":4}}', '20:1 {"kind":"return","next":{"block":4}}',
      '4:1 {"kind":"jump","to":{"block":5}}', '12:1 {"kind":"branch","to":{"block":7},"next":{"block":6}}',
      '16:1 {"kind":"return","next":{"block":8}}', '20:1 {"kind":"return","next":{"block":8}}', `8:1 ${RETURN}`,
    ]);
  });

  it('stay outside when they are large, there is no more place, or nothing was ever called there', () => {
    expect(callee(simple, 1)).toEqual(outside);
    expect(callee(simple, 2)).not.toEqual(outside);
    expect(callee(simple, 8, {}, 4)).toEqual(outside);
    expect(callee(simple, 8, { branchedTo: () => false })).toEqual(outside);
  });

  it('stay outside when they do not return, or have a loop with two entries', () => {
    expect(callee([bl(3), NOP, RET, b(0)])[0]).toBe(outside[0]);
    // 12: cbz -> 24; 16: nop; 20: nop; 24: nop; 28: cbz -> 20; 32: ret
    expect(callee([bl(3), NOP, RET, cbz(3), NOP, NOP, NOP, cbz(-2), RET])[0]).toBe(outside[0]);
    // 12: cbz -> 12; 16: ret
    expect(callee([bl(3), NOP, RET, cbz(0), RET])[0]).not.toBe(outside[0]);
  });

  it('call what they call', () => {
    // 12: bl 0; 16: ret
    expect(callee([bl(3), NOP, RET, bl(-3), RET])).toContain('12:1 {"kind":"call","to":0,"next":{"block":2}}');
  });

  it('may be the region itself', () => {
    // 0: cbz 12; 4: bl 0; 8: nop; 12: ret
    expect(callee([cbz(3), bl(-1), NOP, RET])).toEqual([
      '0:1 {"kind":"branch","to":{"block":7},"next":{"block":1}}', '4:1 {"kind":"jump","to":{"block":2}}',
      '0:1 {"kind":"branch","to":{"block":5},"next":{"block":3}}', '4:1 {"kind":"call","to":0,"next":{"block":4}}',
      '8:1 {"kind":"jump","to":{"block":5}}', '12:1 {"kind":"return","next":{"block":6}}',
      '8:1 {"kind":"jump","to":{"block":7}}', `12:1 ${RETURN}`,
    ]);
  });
});

describe('control flow', () => {
  it('finds a loop, its header and what is in it', () => {
    // 0: nop; 4: cbz -> 16; 8: nop; 12: b 4; 16: ret
    const flow = analyseControlFlow(form([NOP, cbz(3), NOP, b(-2), RET]));
    expect(flow.isHeader).toEqual([false, true, false, false]);
    expect(flow.loopOf).toEqual([-1, 1, 1, -1]);
    expect(flow.isMerge).toEqual([false, false, false, false]);
  });

  it('takes nested loops for one, and others apart', () => {
    // 0: nop; 4: nop; 8: cbz 8; 12: cbz 4; 16: cbz 16; 20: ret
    const flow = analyseControlFlow(form([NOP, NOP, cbz(0), cbz(-2), cbz(0), RET]));
    expect(flow.isHeader).toEqual([false, true, true, false, true, false]);
    expect(flow.loopOf).toEqual([-1, 1, 1, 1, 4, -1]);
  });

  it('finds merges', () => {
    // 0: cbz -> 12; 4: nop; 8: b 16; 12: nop; 16: ret
    const region = form([cbz(3), NOP, b(2), NOP, RET]);
    const flow = analyseControlFlow(region);
    const merge = region.blocks.findIndex((block) => block.offset === 16);
    expect(flow.isMerge.indexOf(true)).toBe(merge);
    expect(flow.children[0]).toContain(merge);
  });

  it('finds edges into the middle of a loop irreducible', () => {
    // 0: cbz -> 12; 4: nop; 8: nop; 12: nop; 16: cbz -> 8; 20: ret
    const region = form([cbz(3), NOP, NOP, NOP, cbz(-2), RET]);
    const flow = analyseControlFlow(region);
    const at = (offset: number): number => region.blocks.findIndex((block) => block.offset === offset);
    expect(region.blocks.some((from) => from.successors.some((to) => flow.irreducible(from.index, to)))).toBe(true);
    expect(flow.irreducible(0, at(12))).toBe(false);
  });
});
