import { describe, expect, it } from 'vitest';
import {
  AccessType, RegimeKind, TranslationRegime, TranslationResult, TranslationWalker, translationFeatures,
} from '../../../src/arch/translation/index.js';
import { RamDescriptorMemory } from '../../../runtime/mmu/ram-descriptor-memory.js';
import { D } from './table-builder.js';
import { R, RAM, UART, VcpuFixture, vaOperand } from './vcpu-fixture.js';
import { FULL_ID } from './walk-fixture.js';

/** Best nanoseconds per iteration of a few rounds. */
function time(iterations: number, body: (i: number) => void): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < iterations; i++) body(i);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / iterations);
  }
  return best;
}

describe('timing (printed, not judged)', () => {
  it('of walks, fills and context changes', () => {
    const f = new VcpuFixture();
    for (let i = 0n; i < 512n; i++) f.low.map(0x7f00_0000_0000n + i * 0x1000n, RAM + i * 0x1000n, 3, D.AF | D.NG | D.EL0);
    f.low.map(0x1000n, UART, 3, D.AF | D.attr(1));
    f.high.map(0xffff_8000_0000_0000n, RAM, 3, D.AF);
    const regime = new TranslationRegime(RegimeKind.El10, 0);
    regime.decode((name) => f.cpu.sysreg(name), translationFeatures(FULL_ID));
    const walker = new TranslationWalker(new RamDescriptorMemory(f.buffer, f.map));
    const result = new TranslationResult();
    const options = { access: AccessType.Read, privileged: true, pan: false, update: true, stage1Only: false };
    const lines: string[] = [];
    const report = (name: string, ns: number): void => void lines.push(`${name}: ${ns.toFixed(0)} ns`);
    report('4-level walk', time(200_000, (i) => {
      walker.translate(regime, 0x7f00, (i & 511) << 12, options, result);
    }));
    const { mmu } = f;
    report('data miss, walk and fill', time(200_000, (i) => {
      // Two halves of the TLB, so that each access misses.
      f.words[mmu.tlb.dataEntry((i & 511) << 12)] = -1;
      mmu.access(0x7f00, (i & 511) << 12, 8, R);
    }));
    report('access() that hits the TLB', time(200_000, () => mmu.access(0x7f00, 0x1000, 8, R)));
    report('device read', time(100_000, (i) => {
      if ((i & 1023) === 0) f.bus.log.length = 0;
      mmu.access(0, 0x1000, 4, R);
    }));
    report('page-crossing load', time(100_000, () => mmu.access(0x7f00, 0x1ffc, 8, R)));
    report('code miss, walk and fill', time(100_000, (i) => mmu.fetch(0x7f00, (i & 511) << 12)));
    report('exception entry and return (2 context updates)', time(100_000, (i) => {
      f.cpu.setField('el', i & 1);
      mmu.stateChanged();
    }) * 2);
    f.setEl(1);
    const ttbr = [f.low.root | (1n << 48n), f.low.root | (2n << 48n)];
    report('context switch (TTBR0 write)', time(100_000, (i) => {
      f.cpu.setSysreg('TTBR0_EL1', ttbr[i & 1]);
      mmu.tablesChanged();
    }));
    const value = vaOperand(0x7f00_0000_0000n);
    report('TLBI VAE1', time(50_000, () => f.tlbi('VAE1', value)));
    report('TLBI ASIDE1', time(50_000, () => f.tlbi('ASIDE1', 1n << 48n)));
    report('page protection', time(2_000, () => mmu.tlb.protectPage(3)));
    console.log(lines.join('\n'));
    expect(lines.length).toBe(11);
  });
});
