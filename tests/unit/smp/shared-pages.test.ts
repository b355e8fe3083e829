/** Stores to pages that hold code, with other vCPUs about: behind which the records go, and what has to be made alone. */
import { describe, expect, it } from 'vitest';
import type { SharedPages } from '../../../runtime/mmu/interfaces.js';
import { AccessFlag } from '../../../runtime/mmu/access-flags.js';
import { D } from '../mmu/table-builder.js';
import { R, RAM, VcpuFixture, W } from '../mmu/vcpu-fixture.js';

class Pages implements SharedPages {
  alone = false;
  readonly log: string[] = [];
  addWriter(page: number): void {
    this.log.push(`+${page}`);
  }
  removeWriter(page: number): void {
    this.log.push(`-${page}`);
  }
  protect(page: number): void {
    this.log.push(`protect ${page}`);
  }
  dropRecords(records: number): number {
    this.log.push(`drop ${records.toString(16)}`);
    return 5;
  }
}

const CODE = 0x1000n;
const ATOMIC = AccessFlag.ReadWrite | AccessFlag.Aligned;

function fixture(): { f: VcpuFixture; pages: Pages } {
  const pages = new Pages();
  const f = new VcpuFixture({ options: { shared: pages }, registers: { ID_AA64MMFR2_EL1: 1n << 32n } });
  f.low.map(CODE, RAM + 0x4000n, 3, D.AF);
  f.low.map(0x2000n, RAM + 0x5000n, 3, D.AF);
  return { f, pages };
}

describe('a page with code, several vCPUs', () => {
  it('is watched everywhere before it is decoded', () => {
    const { f, pages } = fixture();
    const records = f.fetch(CODE);
    expect(pages.log).toEqual(['-4', 'protect 4']);
    expect(f.code.isWatched(records)).toBe(true);
    f.mmu.tlb.flushCode();
    f.fetch(CODE);
    expect(pages.log).toHaveLength(2);
  });

  it('knows who may write to a page before it looks for code there', () => {
    const { f, pages } = fixture();
    f.touch(0x2000n, W);
    expect(pages.log).toEqual(['+5']);
    expect(f.probe(0x2000n, 1, W)).toBe(f.offsetOf(RAM + 0x5000n));
  });

  it('has its records dropped behind the store', () => {
    const { f } = fixture();
    f.fetch(CODE);
    for (let round = 0; round < 2; round++) {
      f.code.log.length = 0;
      const offset = f.access(CODE + 8n, 4, W);
      expect(offset).toBe(f.mmu.bounce.offset);
      expect(f.code.log).toEqual([]);
      f.words[offset >> 2] = 0x1234_5678 + round;
      f.mmu.commit();
      expect(f.words[f.offsetOf(RAM + 0x4008n) >> 2]).toBe(0x1234_5678 + round);
      expect(f.code.log).toEqual(['4+8 4']);
    }
    expect(f.probe(CODE, 1, W)).toBeUndefined();
  });

  it('also for a store across pages', () => {
    const { f } = fixture();
    f.fetch(CODE);
    f.access(CODE + 0xffen, 4, W);
    f.mmu.commit();
    expect(f.code.log).toEqual(['4+ffe 2']);
  });

  it('tells the others when it is given up, and when it may be used again', () => {
    const { f, pages } = fixture();
    const records = f.fetch(CODE);
    f.code.forget = true;
    f.access(CODE, 4, W);
    f.mmu.commit();
    expect(pages.log).toContain(`drop ${records.toString(16)}`);
    expect(f.code.log).toEqual(['4+0 4', `recycle ${records.toString(16)} 5`]);
    expect(f.probeCode(CODE)).toBeUndefined();
    f.touch(CODE, W);
    expect(f.probe(CODE, 1, W)).toBe(f.offsetOf(RAM + 0x4000n));
  });

  it('takes atomics in memory, once everyone else stands still', () => {
    const { f, pages } = fixture();
    f.fetch(CODE);
    expect([f.access(CODE, 8, ATOMIC), f.mmu.needsAlone]).toEqual([0, true]);
    pages.alone = true;
    expect(f.access(CODE, 8, ATOMIC)).toBe(f.offsetOf(RAM + 0x4000n));
    expect(f.code.log).toEqual(['4+0 8']);
  });
});

describe('unaligned atomics (FEAT_LSE2), several vCPUs', () => {
  it('are made alone', () => {
    const { f, pages } = fixture();
    expect([f.access(0x2001n, 4, ATOMIC), f.mmu.needsAlone]).toEqual([0, true]);
    f.mmu.needsAlone = false;
    expect([f.access(0x2001n, 4, R | AccessFlag.Aligned | AccessFlag.Ordered), f.mmu.needsAlone]).toEqual([0, true]);
    pages.alone = true;
    expect(f.access(0x2001n, 4, ATOMIC)).toBe(f.mmu.bounce.offset);
  });

  it('that fault do so without', () => {
    const { f } = fixture();
    expect([f.access(0x200fn, 4, ATOMIC), f.mmu.needsAlone]).toEqual([0, false]);
    expect(f.mmu.fault.status).toBe(0x21);
  });
});
