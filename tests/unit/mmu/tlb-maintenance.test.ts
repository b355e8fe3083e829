import { describe, expect, it } from 'vitest';
import type { TlbInvalidation } from '../../../runtime/mmu/tlb-invalidation.js';
import { D, TableBuilder } from './table-builder.js';
import { R, RAM, VcpuFixture, vaOperand, W } from './vcpu-fixture.js';
import { tcr } from './walk-fixture.js';

const USER = D.AF | D.EL0 | D.NG;
const KERNEL = D.AF | D.UXN;
const HIGH = 0xffff_8000_0000_0000n;

describe('ASIDs', () => {
  it('switches contexts without a flush and comes back to warm entries', () => {
    const f = new VcpuFixture();
    const other = new TableBuilder(f.store, { granule: 12, inputBits: 48 }, RAM + 0x140_0000n);
    f.low.map(0x1000n, RAM, 3, USER);
    f.low.map(0x5000n, RAM + 0x1000n, 3, USER);
    other.map(0x1000n, RAM + 0x2000n, 3, USER);
    f.high.map(HIGH + 0x3000n, RAM + 0x3000n, 3, KERNEL);
    f.touch(0x1000n);
    f.touch(0x5000n);
    f.touch(HIGH + 0x3000n, W);
    f.fetch(HIGH + 0x3000n);
    const { generation } = f.mmu.tlb;
    f.switchTo(2, other);
    expect(f.touch(HIGH + 0x3000n)).toBe(true);
    expect(f.probeCode(HIGH + 0x3000n)).toBeDefined();
    expect(f.probe(0x5000n)).toBeUndefined();
    expect(f.touch(0x1000n)).toBe(false);
    expect(f.probe(0x1000n)).toBe(f.offsetOf(RAM + 0x2000n));
    f.switchTo(1);
    expect(f.touch(0x5000n)).toBe(true);
    expect(f.touch(0x1000n)).toBe(false);
    expect(f.mmu.tlb.generation).toBe(generation);
  });

  it('keeps non-global upper-half translations apart by ASID', () => {
    const f = new VcpuFixture();
    const other = new TableBuilder(f.store, { granule: 12, inputBits: 48 }, RAM + 0x140_0000n);
    f.high.map(HIGH, RAM, 3, KERNEL | D.NG);
    f.high.map(HIGH + 0x1000n, RAM + 0x1000n, 3, KERNEL);
    f.touch(HIGH + 0x1000n);
    expect(f.touch(HIGH)).toBe(false);
    expect(f.touch(HIGH)).toBe(true);
    f.fetch(HIGH);
    expect(f.probeCode(HIGH)).toBeDefined();
    // ASID 2 sees neither through the tag of ASID 1.
    f.switchTo(2, other);
    expect(f.probe(HIGH)).toBeUndefined();
    expect(f.probeCode(HIGH)).toBeUndefined();
    expect(f.touch(HIGH + 0x1000n)).toBe(true);
    f.high.map(HIGH, RAM + 0x4000n, 3, KERNEL | D.NG);
    expect(f.access(HIGH)).toBe(f.offsetOf(RAM + 0x4000n));
    expect(f.touch(HIGH)).toBe(true);
    f.switchTo(1);
    expect(f.probe(HIGH)).toBeUndefined();
  });

  it('splits on a non-global fetch too', () => {
    const f = new VcpuFixture();
    f.high.map(HIGH, RAM, 3, KERNEL | D.NG);
    expect(f.fetch(HIGH)).not.toBe(0);
    expect(f.probeCode(HIGH)).toBeDefined();
    f.switchTo(2);
    expect(f.probeCode(HIGH)).toBeUndefined();
  });

  it('keeps user pages under tagged pointers apart when the kernel uses them directly', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 1n << 37n }) });
    f.low.map(0x1000n, RAM, 3, USER);
    const tagged = 0xff00_0000_0000_1000n;
    f.touch(tagged);
    f.switchTo(2);
    expect(f.probe(tagged)).toBeUndefined();
    f.low.map(0x1000n, RAM + 0x1000n, 3, USER);
    expect(f.access(tagged)).toBe(f.offsetOf(RAM + 0x1000n));
  });

  it('TLBI ASIDE1 removes one ASID and leaves global upper-half entries', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, USER);
    f.low.map(0x2000n, RAM, 3, USER);
    f.high.map(HIGH + 0x3000n, RAM, 3, KERNEL);
    f.touch(0x1000n);
    f.touch(HIGH + 0x3000n);
    f.switchTo(2);
    f.touch(0x2000n);
    f.tlbi('ASIDE1', 1n << 48n);
    expect(f.touch(0x2000n)).toBe(true);
    expect(f.touch(HIGH + 0x3000n)).toBe(true);
    f.switchTo(1);
    expect(f.probe(0x1000n)).toBeUndefined();
    f.touch(0x1000n);
    f.tlbi('ASIDE1IS', 1n << 48n);
    expect(f.probe(0x1000n)).toBeUndefined();
    expect(f.touch(HIGH + 0x3000n)).toBe(true);
  });

  it('ignores ASID bits 15..8 with 8-bit ASIDs', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, USER);
    f.touch(0x1000n);
    f.tlbi('ASIDE1', 0xff01n << 48n);
    expect(f.probe(0x1000n)).toBeUndefined();
  });

  it('never confuses recycled context numbers', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 1n << 36n }) });
    f.low.map(0x1000n, RAM, 3, USER);
    f.high.map(HIGH + 0x2000n, RAM + 0x1000n, 3, KERNEL);
    f.touch(HIGH + 0x2000n);
    for (let asid = 1; asid < 9000; asid++) {
      f.switchTo(asid);
      expect(f.probe(0x1000n)).toBeUndefined();
      f.low.map(0x1000n, RAM + BigInt(asid % 7) * 0x1000n, 3, USER);
      f.touch(0x1000n);
      expect(f.probe(0x1000n)).toBe(f.offsetOf(RAM + BigInt(asid % 7) * 0x1000n));
      const kernel = f.touch(HIGH + 0x2000n);
      if (asid % 97 === 0 && !kernel) expect(f.probe(HIGH + 0x2000n)).toBe(f.offsetOf(RAM + 0x1000n));
      expect(f.control('contextLow')).toBeGreaterThan(0);
      expect(f.control('contextLow')).toBeLessThan(0xfff);
    }
  });
});

describe('TLBI by address', () => {
  it.each(['VAE1', 'VAAE1', 'VALE1', 'VAALE1', 'VAE1IS', 'VALE1OS', 'VAE1ISNXS'])('%s removes the page', (name) => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, USER);
    f.low.map(0x2000n, RAM, 3, USER);
    f.high.map(HIGH + 0x5000n, RAM, 3, KERNEL);
    for (const va of [0x1000n, 0x2000n, HIGH + 0x5000n]) f.touch(va);
    f.fetch(HIGH + 0x5000n);
    f.tlbi(name, vaOperand(0x1000n, 1));
    expect(f.probe(0x1000n)).toBeUndefined();
    expect(f.probe(0x2000n)).toBeDefined();
    f.tlbi(name, vaOperand(HIGH + 0x5000n, 1));
    expect(f.probe(HIGH + 0x5000n)).toBeUndefined();
    expect(f.probeCode(HIGH + 0x5000n)).toBeUndefined();
  });

  it('removes global low-half entries whatever the ASID in the operand', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.touch(0x1000n);
    f.tlbi('VAE1', vaOperand(0x1000n, 9));
    expect(f.probe(0x1000n)).toBeUndefined();
  });

  const blocks: [string, number, number, number, bigint][] = [
    ['4K level 2 block', 12, 0, 2, 0n],
    ['4K contiguous pages', 12, 0, 3, D.CONT],
    ['4K level 1 block', 12, 0, 1, 0n],
    ['4K contiguous level 2', 12, 0, 2, D.CONT],
    ['16K page', 14, 2, 3, 0n],
    ['16K level 2 block', 14, 2, 2, 0n],
    ['64K page', 16, 1, 3, 0n],
    ['64K level 2 block', 16, 1, 2, 0n],
    ['64K contiguous level 2', 16, 1, 2, D.CONT],
  ];
  it.each(blocks)('removes all fragments of a %s', (_name, granule, tg, level, bits) => {
    const f = new VcpuFixture({ tcr: tcr({ tg, ips: 5 }) }, { granule, inputBits: 48, wide64K: granule === 16 });
    // The mapping puts a fragment's offset in the block onto RAM; far fragments only matter as entries.
    const va = 0x40_0000_0000n;
    const contiguous = bits !== 0n ? (granule === 12 ? 4 : 5) : 0;
    const shift = f.low.shift(level);
    const whole = BigInt(shift + contiguous);
    const count = 1n << BigInt(contiguous);
    const pa = RAM & ~((1n << BigInt(shift)) - 1n);
    for (let i = 0n; i < count; i++) f.low.map(va + (i << BigInt(shift)), pa, level, USER | bits);
    const inside = [0n, 0x1000n, 0x3000n, 0x1ff_f000n].map((o) => va + (o & ((1n << whole) - 1n)));
    const neighbour = va + (1n << whole);
    f.low.map(neighbour, pa, level, USER);
    const reachable = inside.filter((address) => f.access(address) !== 0);
    expect(reachable.length).toBeGreaterThan(0);
    f.access(neighbour + 0x5000n);
    for (const address of reachable) f.fetch(address);
    const last = reachable[reachable.length - 1];
    f.tlbi('VAE1', vaOperand(va + (0x2000n & ((1n << whole) - 1n)), 1));
    for (const address of reachable) {
      expect(f.probe(address)).toBeUndefined();
      expect(f.probeCode(address)).toBeUndefined();
    }
    expect(last).toBeGreaterThanOrEqual(va);
  });

  it('leaves neighbours of a block alone', () => {
    const f = new VcpuFixture();
    f.low.map(0x4000_0000n, RAM, 2, USER);
    f.low.map(0x4020_0000n, RAM, 2, USER);
    f.low.map(0x4040_0000n, RAM, 3, USER);
    for (const va of [0x4000_1000n, 0x4020_2000n, 0x4040_0000n]) f.touch(va);
    f.tlbi('VAE1', vaOperand(0x401f_f000n, 1));
    expect(f.probe(0x4000_1000n)).toBeUndefined();
    expect(f.probe(0x4020_2000n)).toBeDefined();
    expect(f.probe(0x4040_0000n)).toBeDefined();
  });

  it('removes fragments that come back after an invalidation', () => {
    const f = new VcpuFixture();
    f.low.map(0x4000_0000n, RAM, 2, USER);
    for (let i = 0; i < 3; i++) {
      f.touch(0x4000_1000n);
      f.fetch(0x4000_3000n);
      f.tlbi('VAE1', vaOperand(0x401f_f000n, 1));
      expect(f.probe(0x4000_1000n)).toBeUndefined();
      expect(f.probeCode(0x4000_3000n)).toBeUndefined();
      f.tlbi('VAE1', vaOperand(0x4000_5000n, 1));
    }
  });

  it('removes tagged fragments of a block', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 1n << 37n }) });
    f.low.map(0x4000_0000n, RAM, 2, USER);
    f.setEl(0);
    f.touch(0xaa00_0000_4000_3000n);
    f.setEl(1);
    f.tlbi('VAE1', vaOperand(0x4010_0000n, 1));
    f.setEl(0);
    expect(f.probe(0xaa00_0000_4000_3000n)).toBeUndefined();
  });
});

describe('TLBI by range', () => {
  const range = (va: bigint, num: number, scale: number, tg = 1, shift = 12n): bigint =>
    ((va >> shift) & 0x1f_ffff_ffffn) |
    (BigInt(num) << 39n) |
    (BigInt(scale) << 44n) |
    (BigInt(tg) << 46n) |
    (1n << 48n);

  it('removes short ranges page by page and leaves the rest', () => {
    const f = new VcpuFixture();
    for (let i = 0n; i < 8n; i++) f.low.map(0x10_0000n + i * 0x1000n, RAM + i * 0x1000n, 3, USER);
    for (let i = 0n; i < 8n; i++) f.touch(0x10_0000n + i * 0x1000n);
    f.tlbi('RVAE1', range(0x10_2000n, 1, 0));
    const left = Array.from({ length: 8 }, (_, i) => f.probe(0x10_0000n + BigInt(i) * 0x1000n) !== undefined);
    expect(left).toEqual([true, true, false, false, false, false, true, true]);
  });

  it('removes long ranges and blocks that reach into them', () => {
    const f = new VcpuFixture();
    f.high.map(HIGH, RAM, 2, KERNEL);
    f.high.map(HIGH + 0x20_0000n, RAM, 3, KERNEL);
    f.high.map(HIGH + 0x100_0000n, RAM, 3, KERNEL);
    for (const va of [HIGH + 0x1000n, HIGH + 0x20_0000n, HIGH + 0x100_0000n]) f.touch(va);
    f.tlbi('RVAAE1IS', range(HIGH + 0x10_0000n, 15, 1));
    expect(f.probe(HIGH + 0x1000n)).toBeUndefined();
    expect(f.probe(HIGH + 0x20_0000n)).toBeUndefined();
    expect(f.probe(HIGH + 0x100_0000n)).toBeDefined();
    f.touch(HIGH + 0x1000n);
    f.tlbi('RVALE1', range(HIGH, 31, 3));
    expect(f.probe(HIGH + 0x1000n)).toBeUndefined();
    expect(f.probe(HIGH + 0x100_0000n)).toBeUndefined();
  });
});

describe('TLBI of regimes', () => {
  const wide = ['VMALLE1', 'VMALLE1IS', 'VMALLS12E1', 'ALLE1', 'ALLE1OS', 'IPAS2E1', 'PAALL'];
  it.each(wide)('%s empties EL1&0', (name) => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, USER);
    f.high.map(HIGH + 0x2000n, RAM, 3, KERNEL);
    f.touch(0x1000n);
    f.touch(HIGH + 0x2000n);
    f.fetch(HIGH + 0x2000n);
    f.tlbi(name);
    expect(f.probe(0x1000n)).toBeUndefined();
    expect(f.probe(HIGH + 0x2000n)).toBeUndefined();
    expect(f.probeCode(HIGH + 0x2000n)).toBeUndefined();
    f.touch(0x1000n);
    expect(f.touch(0x1000n)).toBe(true);
  });

  it('keeps EL2 and EL1&0 apart', () => {
    const f = new VcpuFixture({ registers: { SCTLR_EL2: 1n, TCR_EL2: 16n | (5n << 16n), MAIR_EL2: 0xffn } });
    f.cpu.setSysreg('TTBR0_EL2', f.low.root);
    f.mmu.controlsChanged();
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.low.map(0x2000n, RAM, 3, D.AF);
    f.touch(0x1000n);
    f.setEl(2);
    expect(f.probe(0x1000n)).toBeUndefined();
    f.touch(0x2000n);
    f.tlbi('VMALLE1');
    expect(f.touch(0x2000n)).toBe(true);
    f.tlbi('ALLE2');
    expect(f.probe(0x2000n)).toBeUndefined();
    f.touch(0x2000n);
    f.tlbi('VAE2IS', vaOperand(0x2000n));
    expect(f.probe(0x2000n)).toBeUndefined();
    f.setEl(3);
    f.tlbi('ALLE3');
    f.tlbi('VAE3', vaOperand(0x2000n));
  });

  it('keeps VMIDs apart and remembers them', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, USER);
    f.low.map(0x2000n, RAM, 3, USER);
    f.touch(0x1000n);
    f.cpu.setSysreg('VTTBR_EL2', 7n << 48n);
    f.mmu.controlsChanged();
    expect(f.probe(0x1000n)).toBeUndefined();
    f.touch(0x2000n);
    f.tlbi('VMALLE1');
    expect(f.probe(0x2000n)).toBeUndefined();
    f.cpu.setSysreg('VTTBR_EL2', 0n);
    f.mmu.controlsChanged();
    expect(f.touch(0x1000n)).toBe(true);
    f.cpu.setSysreg('VTTBR_EL2', 7n << 48n);
    f.mmu.controlsChanged();
    f.tlbi('ALLE1');
    f.cpu.setSysreg('VTTBR_EL2', 0n);
    f.mmu.controlsChanged();
    expect(f.probe(0x1000n)).toBeUndefined();
  });

  it('acts on the EL2&0 regime of a host', () => {
    const hcr = (1n << 27n) | (1n << 34n);
    const f = new VcpuFixture({
      registers: { SCTLR_EL2: 1n, TCR_EL2: tcr({}), MAIR_EL2: 0xffn, HCR_EL2: hcr },
    });
    f.cpu.setSysreg('TTBR0_EL2', f.low.root | (5n << 48n));
    f.cpu.setSysreg('TTBR1_EL2', f.high.root);
    f.mmu.controlsChanged();
    f.setEl(2);
    f.low.map(0x1000n, RAM, 3, USER);
    f.high.map(HIGH + 0x2000n, RAM, 3, KERNEL);
    f.touch(HIGH + 0x2000n);
    f.setEl(0);
    f.touch(0x1000n);
    f.setEl(2);
    f.tlbi('ALLE1');
    expect(f.touch(HIGH + 0x2000n)).toBe(true);
    f.tlbi('ASIDE1', 5n << 48n);
    expect(f.touch(HIGH + 0x2000n)).toBe(true);
    f.setEl(0);
    expect(f.probe(0x1000n)).toBeUndefined();
    f.setEl(2);
    f.tlbi('VMALLE1');
    expect(f.probe(HIGH + 0x2000n)).toBeUndefined();
  });

  it('separates states of the control registers without a flush', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.attr(0));
    f.touch(0x1000n);
    f.cpu.setSysreg('MAIR_EL1', 0x04n);
    f.mmu.controlsChanged();
    expect(f.probe(0x1000n)).toBeUndefined();
    f.cpu.setSysreg('MAIR_EL1', 0x44_04_ffn);
    f.mmu.controlsChanged();
    expect(f.touch(0x1000n)).toBe(true);
    for (let i = 0n; i < 600n; i++) {
      f.cpu.setSysreg('MAIR_EL1', 0xffn | (i << 32n));
      f.mmu.controlsChanged();
      expect(f.probe(0x1000n)).toBeUndefined();
      f.touch(0x1000n);
      expect(f.touch(0x1000n)).toBe(true);
    }
    f.tlbi('VMALLE1');
    expect(f.probe(0x1000n)).toBeUndefined();
  });
});

describe('broadcast', () => {
  it('posts IS and OS operations, and forced ones', () => {
    const posted: TlbInvalidation[] = [];
    let completed = 0;
    const broadcaster = { post: (i: TlbInvalidation) => posted.push(i), complete: () => completed++ };
    const f = new VcpuFixture({ options: { broadcaster } });
    f.tlbi('VAE1', vaOperand(0x1000n));
    expect(posted.length).toBe(0);
    f.tlbi('VAE1IS', vaOperand(HIGH + 0x1000n, 3));
    expect(posted[0]).toMatchObject({ kind: 3, pages: 1, vaLow: 0x1000 });
    f.cpu.setSysreg('HCR_EL2', 1n << 9n);
    f.mmu.controlsChanged();
    f.tlbi('VMALLE1');
    expect(posted[1]).toMatchObject({ kind: 1, vmid: 0 });
    f.mmu.maintenance.complete();
    expect(completed).toBe(1);
  });

  it('applies what another vCPU posted', () => {
    const posted: TlbInvalidation[] = [];
    const a = new VcpuFixture({ options: { broadcaster: { post: (i) => posted.push(i), complete: () => {} } } });
    const b = new VcpuFixture();
    for (const f of [a, b]) {
      f.low.map(0x1000n, RAM, 3, USER);
      f.low.map(0x2000n, RAM, 3, USER);
      f.touch(0x1000n);
      f.touch(0x2000n);
    }
    a.tlbi('VAE1IS', vaOperand(0x1000n, 1));
    b.mmu.maintenance.apply(posted[0]);
    expect(b.probe(0x1000n)).toBeUndefined();
    expect(b.probe(0x2000n)).toBeDefined();
    a.tlbi('ASIDE1IS', 1n << 48n);
    b.mmu.maintenance.apply(posted[1]);
    expect(b.probe(0x2000n, 1, R)).toBeUndefined();
  });
});

describe('register writes made from another regime', () => {
  it('takes effect when EL1&0 is entered, whatever the order of writes', () => {
    const f = new VcpuFixture({ registers: { SCTLR_EL2: 0n } });
    const other = new TableBuilder(f.store, { granule: 12, inputBits: 48 }, RAM + 0x140_0000n);
    f.low.map(0x1000n, RAM, 3, USER);
    other.map(0x1000n, RAM + 0x2000n, 3, USER);
    f.touch(0x1000n);
    const guest = (table: TableBuilder, asid: bigint, mair: bigint): void => {
      f.setEl(2);
      f.cpu.setSysreg('MAIR_EL1', mair);
      f.mmu.controlsChanged();
      f.cpu.setSysreg('TTBR0_EL1', table.root | (asid << 48n));
      f.mmu.tablesChanged();
      f.setEl(1);
    };
    guest(other, 3n, 0xffn);
    expect(f.access(0x1000n)).toBe(f.offsetOf(RAM + 0x2000n));
    guest(f.low, 1n, 0x44_04_ffn);
    expect(f.access(0x1000n)).toBe(f.offsetOf(RAM));
    f.switchTo(3, other);
    expect(f.access(0x1000n)).toBe(f.offsetOf(RAM + 0x2000n));
    f.setEl(2);
    f.mmu.controlsChanged();
    f.switchTo(1);
    f.setEl(1);
    expect(f.access(0x1000n)).toBe(f.offsetOf(RAM));
    expect(f.touch(0x1000n)).toBe(true);
  });
});
