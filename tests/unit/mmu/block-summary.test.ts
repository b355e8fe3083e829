import { describe, expect, it } from 'vitest';
import { BLOCK_SUMMARY } from '../../../runtime/layout/vcpu-layout.js';
import { BlockSummary } from '../../../runtime/mmu/block-summary.js';

const KERNEL_HIGH = 0xffff_8000 | 0;

const make = (shift: number): BlockSummary => new BlockSummary(shift, new Int32Array(1 << BLOCK_SUMMARY.placeBits));

describe('BlockSummary', () => {
  it('knows the regions that were noted, whatever the tag, and not their neighbours', () => {
    const summary = make(21);
    expect(summary.mayHold(KERNEL_HIGH, 0x4000_0000)).toBe(false);
    summary.note(0xaaff_8000 | 0, 0x4012_3000);
    expect(summary.mayHold(KERNEL_HIGH, 0x401f_f000)).toBe(true);
    expect(summary.mayHold(KERNEL_HIGH, 0x4020_0000)).toBe(false);
    expect(summary.mayHold(0, 0x401f_f000)).toBe(false);
  });

  it('forgets a region that was dropped', () => {
    const summary = make(21);
    summary.note(0, 0x4000_0000);
    summary.note(0, 0x4020_0000);
    summary.dropped(0, 0x401f_0000);
    expect(summary.mayHold(0, 0x4000_0000)).toBe(false);
    expect(summary.mayHold(0, 0x4020_0000)).toBe(true);
    summary.note(0, 0x4000_0000);
    expect(summary.mayHold(0, 0x4000_0000)).toBe(true);
  });

  it.each(BLOCK_SUMMARY.shifts)('never says no for one of many regions of 2^%i bytes', (shift) => {
    const summary = make(shift);
    const regions = Array.from({ length: 20_000 }, (_, i) => [(i * 0x9e37) & 0xff_ffff, Math.imul(i, 0x9e37_79b1)]);
    for (const [high, low] of regions) summary.note(high, low);
    for (const [high, low] of regions.slice(0, 5000)) summary.dropped(high, low);
    for (const [high, low] of regions.slice(5000)) if (!summary.mayHold(high, low)) throw new Error(`${high} ${low}`);
    expect(summary.isCrowded).toBe(true);
    summary.clear();
    expect(summary.isCrowded).toBe(false);
    expect(regions.some(([high, low]) => summary.mayHold(high, low))).toBe(false);
  });

  it('tells all regions of 16 GiB in a row from those of another place', () => {
    const summary = make(21);
    for (let i = 0; i < 8192; i++) summary.note(0xff_8000 + (i >> 11), i << 21);
    expect(summary.isCrowded).toBe(false);
    for (let i = 0; i < 8192; i++) expect(summary.mayHold(0xff_fb00 + (i >> 11), i << 21)).toBe(false);
  });
});
