import { describe, expect, it } from 'vitest';
import { SYS_INSTRUCTIONS } from '../../../src/arch/sysreg/table/sys-instructions.js';
import { decodeTlbiRange, TlbiForm, tlbiOperation } from '../../../runtime/mmu/tlb-invalidation.js';

describe('TLBI operation names', () => {
  it('covers every TLBI of the system instruction table, with its form', () => {
    let count = 0;
    for (const instruction of SYS_INSTRUCTIONS) {
      const { tlbi } = instruction;
      if (tlbi === undefined) continue;
      const operation = tlbiOperation(instruction.operation);
      if (operation === undefined) throw new Error(`${instruction.operation} is not known`);
      expect(operation.el).toBe(tlbi.level);
      expect(operation.broadcast).toBe(tlbi.shareability !== 'local');
      const byAddress = tlbi.range ? TlbiForm.Range : TlbiForm.Address;
      const expected = {
        all: TlbiForm.All, vmall: TlbiForm.Vmid, vmalls12: TlbiForm.Vmid, ipas2: TlbiForm.Vmid, asid: TlbiForm.Asid,
        va: byAddress, vaa: byAddress,
      }[tlbi.scope];
      expect([instruction.operation, operation.form]).toEqual([instruction.operation, expected]);
      count++;
    }
    expect(count).toBeGreaterThan(100);
  });

  it('knows the physical forms of FEAT_RME and refuses nonsense', () => {
    expect(tlbiOperation('PAALL')).toMatchObject({ form: TlbiForm.Physical, broadcast: false });
    expect(tlbiOperation('PAALLOS')).toMatchObject({ form: TlbiForm.Physical, broadcast: true });
    expect(tlbiOperation('RPALOS')).toMatchObject({ form: TlbiForm.Physical, broadcast: true });
    for (const name of ['VAE0', 'VAE4', 'FOO', '']) expect(tlbiOperation(name)).toBeUndefined();
  });
});

describe('TLBI range operands', () => {
  const operand = (base: bigint, num: number, scale: number, tg: number): [number, number] => {
    const value =
      (base & 0x1f_ffff_ffffn) | (BigInt(num) << 39n) | (BigInt(scale) << 44n) | (BigInt(tg) << 46n) | (0x55n << 48n);
    return [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))];
  };
  const va = (r: { vaHigh: number; vaLow: number }): bigint =>
    (BigInt(r.vaHigh >>> 0) << 32n) | BigInt(r.vaLow >>> 0);

  it.each([
    [0x1234_5678_9000n, 0, 0, 1, 12, 2],
    [0x1234_5678_9000n, 31, 1, 1, 12, 32 * 64],
    [0x1234_5678_8000n, 3, 2, 2, 14, 4 * 2048 * 4],
    [0xf_4567_0000_0000n, 31, 3, 3, 16, 32 * 65536 * 16],
  ])('base %x num %i scale %i tg %i', (address, num, scale, tg, shift, pages) => {
    const [high, low] = operand(address >> BigInt(shift), num, scale, tg);
    const range = decodeTlbiRange(high, low, false, false);
    expect(range?.pages).toBe(pages);
    expect(va(range!)).toBe(address);
  });

  it('extends upper-range addresses and counts in 64 KiB under DS', () => {
    const upper = 0xffff_8000_1234_5000n;
    const [high, low] = operand(upper >> 12n, 0, 0, 1);
    expect(va(decodeTlbiRange(high, low, false, true)!)).toBe(upper);
    const [wideHigh, wideLow] = operand(0xf_8000_1234_0000n >> 16n, 0, 0, 1);
    const wide = decodeTlbiRange(wideHigh, wideLow, true, false);
    expect(va(wide!)).toBe(0xf_8000_1234_0000n);
    expect(wide?.pages).toBe(2);
  });

  it('ignores the reserved granule', () => {
    const [high, low] = operand(1n, 0, 0, 0);
    expect(decodeTlbiRange(high, low, false, true)).toBeUndefined();
  });
});
