import { describe, expect, it } from 'vitest';
import { BlockSummary } from '../../../runtime/mmu/block-summary.js';

const KERNEL_HIGH = 0xffff_8000 | 0;

describe('BlockSummary', () => {
  it('knows the regions that were noted, whatever the tag, and not their neighbours', () => {
    const summary = new BlockSummary(21, 1024);
    expect(summary.mayHold(KERNEL_HIGH, 0x4000_0000)).toBe(false);
    summary.note(0xaaff_8000 | 0, 0x4012_3000);
    expect(summary.mayHold(KERNEL_HIGH, 0x401f_f000)).toBe(true);
    expect(summary.mayHold(KERNEL_HIGH, 0x4020_0000)).toBe(false);
    expect(summary.mayHold(0, 0x401f_f000)).toBe(false);
  });

  it('forgets a region that was dropped', () => {
    const summary = new BlockSummary(21, 1024);
    summary.note(0, 0x4000_0000);
    summary.note(0, 0x4020_0000);
    summary.dropped(0, 0x401f_0000);
    expect(summary.mayHold(0, 0x4000_0000)).toBe(false);
    expect(summary.mayHold(0, 0x4020_0000)).toBe(true);
    summary.note(0, 0x4000_0000);
    expect(summary.mayHold(0, 0x4000_0000)).toBe(true);
  });

  it.each([14, 16, 21, 25, 30])('never says no for one of many regions of 2^%i bytes', (shift) => {
    const summary = new BlockSummary(shift, 16);
    const regions = Array.from({ length: 200 }, (_, i) => [(i * 0x9e37) & 0xff_ffff, Math.imul(i, 0x9e37_79b1)]);
    for (const [high, low] of regions) summary.note(high, low);
    for (const [high, low] of regions.slice(0, 50)) summary.dropped(high, low);
    for (const [high, low] of regions.slice(50)) expect(summary.mayHold(high, low)).toBe(true);
    expect(summary.isCrowded).toBe(true);
    summary.clear();
    expect(summary.isCrowded).toBe(false);
    expect(regions.some(([high, low]) => summary.mayHold(high, low))).toBe(false);
  });

  it('tells all regions of 16 GiB in a row from those of another place', () => {
    const summary = new BlockSummary(21, 8192);
    for (let i = 0; i < 8192; i++) summary.note(0xff_8000 + (i >> 11), i << 21);
    expect(summary.isCrowded).toBe(false);
    for (let i = 0; i < 8192; i++) expect(summary.mayHold(0xff_fb00 + (i >> 11), i << 21)).toBe(false);
  });
});
