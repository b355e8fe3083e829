import { describe, expect, it } from 'vitest';
import { D, TableBuilder } from './table-builder.js';
import { RAM, VcpuFixture } from './vcpu-fixture.js';
import { tcr } from './walk-fixture.js';

const at = (f: VcpuFixture, name: string, va: bigint): bigint | undefined =>
  f.mmu.addressTranslation.translate(name, va, f.mmu.fault);

const SUCCESS = (1n << 11n) | (1n << 9n) | (0xffn << 56n);

describe('address translation instructions', () => {
  it('gives PA, attributes and shareability, or the fault status', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM + 0x5000n, 3, D.AF | D.sh(3));
    f.low.map(0x2000n, RAM + 0x6000n, 3, D.AF | D.attr(1) | D.RO);
    expect(at(f, 'S1E1R', 0x1234n)).toBe(SUCCESS | (RAM + 0x5000n) | (3n << 7n));
    expect(at(f, 'S1E1R', 0x2000n)).toBe((0x04n << 56n) | (1n << 11n) | (1n << 9n) | (RAM + 0x6000n) | (2n << 7n));
    expect(at(f, 'S1E1W', 0x2000n)).toBe(1n | (0x0fn << 1n) | (1n << 11n));
    expect(at(f, 'S1E0R', 0x1000n)).toBe(1n | (0x0fn << 1n) | (1n << 11n));
    expect(at(f, 'S1E1R', 0x3000n)).toBe(1n | (0x07n << 1n) | (1n << 11n));
    // No TLB entry, no Access flag.
    expect(f.probe(0x1000n)).toBeUndefined();
  });

  it('neither needs nor sets the Access flag under HA, and leaves dirty state', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 3n << 39n }) });
    f.low.map(0x1000n, RAM, 3, D.RO | D.DBM);
    const before = f.store.get(0, f.low.at);
    expect(at(f, 'S1E1W', 0x1000n)).toBe(SUCCESS | RAM);
    expect(f.store.get(0, f.low.at)).toBe(before);
  });

  it('looks at PAN in the P forms only', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.EL0);
    f.setEl(1, { pan: 1 });
    expect(at(f, 'S1E1R', 0x1000n)).toBe(SUCCESS | RAM);
    expect(at(f, 'S1E1RP', 0x1000n)).toBe(1n | (0x0fn << 1n) | (1n << 11n));
    f.setEl(1, { pan: 0 });
    expect(at(f, 'S1E1WP', 0x1000n)).toBe(SUCCESS | RAM);
  });

  it('takes External aborts on the walk as exceptions', () => {
    const f = new VcpuFixture();
    f.cpu.setSysreg('TTBR0_EL1', 0x2000_0000n);
    f.mmu.tablesChanged();
    expect(at(f, 'S1E1R', 0x1000n)).toBeUndefined();
    expect(f.mmu.fault).toMatchObject({ status: 0x14, level: 0, fetch: false });
  });

  it('translates through both stages from EL2, and reports stage 2', () => {
    const f = new VcpuFixture();
    const stage2 = new TableBuilder(f.store, { granule: 12, inputBits: 40, startLevel: 1 }, RAM + 0x1c0_0000n);
    f.cpu.setSysreg('HCR_EL2', 1n);
    f.cpu.setSysreg('VTCR_EL2', 24n | (1n << 6n) | (5n << 16n));
    f.cpu.setSysreg('VTTBR_EL2', stage2.root);
    f.mmu.controlsChanged();
    const FULL = D.AF | D.S2_READ | D.S2_WRITE | D.s2attr(15);
    for (let mb = 0n; mb < 32n; mb += 2n) stage2.map(RAM + (mb << 20n), RAM + (mb << 20n), 2, FULL);
    stage2.map(0x8000_0000n, RAM + 0x20_0000n, 2, FULL);
    f.low.map(0x1000n, 0x8000_1000n, 3, D.AF);
    f.low.map(0x2000n, 0x9000_0000n, 3, D.AF);
    expect(f.access(0x1000n)).toBe(f.offsetOf(RAM + 0x20_1000n));
    expect(f.access(0x2008n)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x06, stage2: true, stage1Walk: false, ipa: 0x9000_0008 });
    expect(at(f, 'S1E1R', 0x2000n)).toBe(SUCCESS | 0x9000_0000n);
    f.setEl(2);
    expect(at(f, 'S12E1R', 0x1000n)).toBe(SUCCESS | (RAM + 0x20_1000n));
    expect(at(f, 'S12E1W', 0x2000n)).toBe(1n | (0x06n << 1n) | (1n << 9n) | (1n << 11n));
    expect(at(f, 'S12E0R', 0x1000n)).toBe(1n | (0x0fn << 1n) | (1n << 11n));
    // A stage 2 fault on the walk: PAR at EL2, an exception at EL1.
    f.cpu.setSysreg('TTBR0_EL1', 0xa000_0000n);
    f.mmu.tablesChanged();
    expect(at(f, 'S1E1R', 0x1000n)).toBe(1n | (0x06n << 1n) | (3n << 8n) | (1n << 11n));
    f.setEl(1);
    expect(at(f, 'S1E1R', 0x1000n)).toBeUndefined();
    expect(f.mmu.fault).toMatchObject({ status: 0x06, stage2: true, stage1Walk: true, ipa: 0xa000_0000 });
  });

  it('uses the EL2 regimes by name and HCR_EL2', () => {
    const f = new VcpuFixture({ registers: { SCTLR_EL2: 1n, TCR_EL2: 16n | (5n << 16n), MAIR_EL2: 0xffn } });
    f.cpu.setSysreg('TTBR0_EL2', f.low.root);
    f.mmu.controlsChanged();
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.setEl(2);
    expect(at(f, 'S1E2R', 0x1000n)).toBe(SUCCESS | RAM);
    f.cpu.setSysreg('HCR_EL2', (1n << 27n) | (1n << 34n));
    f.cpu.setSysreg('TCR_EL2', tcr({}));
    f.cpu.setSysreg('TTBR1_EL2', f.high.root);
    f.mmu.controlsChanged();
    f.high.map(0xffff_ffff_ffff_0000n, RAM + 0x1000n, 3, D.AF);
    expect(at(f, 'S1E1R', 0xffff_ffff_ffff_0000n)).toBe(SUCCESS | (RAM + 0x1000n));
    expect(at(f, 'S1E2R', 0xffff_ffff_ffff_0000n)).toBe(SUCCESS | (RAM + 0x1000n));
  });
});
