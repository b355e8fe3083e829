import { describe, expect, it } from 'vitest';
import { AccessType, RegimeKind } from '../../../src/arch/translation/index.js';
import { addressField, D, TableBuilder, type TableFormat } from './table-builder.js';
import { fullFeatures, MAIR, tcr, WalkFixture } from './walk-fixture.js';

const OK = -1;
const TABLES = 0x8000_0000n;

interface Setup {
  name: string;
  format: TableFormat;
  tg: number;
  txsz: number;
  ips: number;
  /** Levels at which a leaf is valid. */
  leaves: number[];
  pa: bigint;
}

const setups: Setup[] = [
  {
    name: '4K 48-bit', format: { granule: 12, inputBits: 48 },
    tg: 0, txsz: 16, ips: 5, leaves: [1, 2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '4K 39-bit', format: { granule: 12, inputBits: 39 },
    tg: 0, txsz: 25, ips: 5, leaves: [1, 2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '4K 16-bit', format: { granule: 12, inputBits: 16 },
    tg: 0, txsz: 48, ips: 5, leaves: [3], pa: 0x8123_4567_8000n,
  },
  {
    name: '4K 31-bit', format: { granule: 12, inputBits: 31 },
    tg: 0, txsz: 33, ips: 5, leaves: [1, 2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '4K 52-bit LPA2', format: { granule: 12, inputBits: 52, ds: true },
    tg: 0, txsz: 12, ips: 6, leaves: [0, 1, 2, 3], pa: 0xd_8123_4567_8000n,
  },
  {
    name: '16K 48-bit', format: { granule: 14, inputBits: 48 },
    tg: 2, txsz: 16, ips: 5, leaves: [2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '16K 47-bit', format: { granule: 14, inputBits: 47 },
    tg: 2, txsz: 17, ips: 5, leaves: [2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '16K 36-bit', format: { granule: 14, inputBits: 36 },
    tg: 2, txsz: 28, ips: 5, leaves: [2, 3], pa: 0x8123_4567_8000n,
  },
  {
    name: '16K 52-bit LPA2', format: { granule: 14, inputBits: 52, ds: true },
    tg: 2, txsz: 12, ips: 6, leaves: [1, 2, 3], pa: 0x9_8123_4567_8000n,
  },
  {
    name: '64K 48-bit', format: { granule: 16, inputBits: 48, wide64K: true },
    tg: 1, txsz: 16, ips: 6, leaves: [1, 2, 3], pa: 0xf_8123_4567_0000n,
  },
  {
    name: '64K 52-bit LVA', format: { granule: 16, inputBits: 52, wide64K: true },
    tg: 1, txsz: 12, ips: 6, leaves: [1, 2, 3], pa: 0xf_8123_4567_0000n,
  },
  {
    name: '64K 42-bit', format: { granule: 16, inputBits: 42, wide64K: true },
    tg: 1, txsz: 22, ips: 6, leaves: [2, 3], pa: 0xf_8123_4567_0000n,
  },
];

function fixture(setup: Setup, extraTcr = 0n): { f: WalkFixture; low: TableBuilder; high: TableBuilder } {
  const f = new WalkFixture({
    SCTLR_EL1: 1n,
    MAIR_EL1: MAIR,
    TCR_EL1: tcr({
      t0sz: setup.txsz, t1sz: setup.txsz, tg: setup.tg, ips: setup.ips, ds: setup.format.ds ?? false, extra: extraTcr,
    }),
  });
  const low = new TableBuilder(f.memory, setup.format, TABLES);
  const high = new TableBuilder(f.memory, setup.format, TABLES + 0x1000_0000n);
  f.registers.TTBR0_EL1 = low.root | 1n;
  f.registers.TTBR1_EL1 = high.root | 1n;
  f.decode();
  return { f, low, high };
}

/** A VA in the middle of the range, with all index fields different. */
function sampleVa(inputBits: number): bigint {
  return 0x5_a9c7_3b5d_e765n & ((1n << BigInt(inputBits)) - 1n);
}

describe.each(setups)('stage 1 walk, $name', (setup) => {
  const va = sampleVa(setup.format.inputBits);
  const upper = BigInt.asUintN(64, va | (-1n << BigInt(setup.format.inputBits)));
  const canonical = (v: bigint): bigint => v;

  it.each(setup.leaves)('maps a leaf at level %i in both ranges', (level) => {
    const { f, low, high } = fixture(setup);
    const size = 1n << BigInt(low.shift(level));
    const pa = setup.pa & ~(size - 1n);
    low.map(va, pa, level, D.AF | D.NG);
    expect(f.walk(canonical(va))).toBe(OK);
    expect(f.pa).toBe(pa | (va & (size - 1n)));
    expect(f.result.blockShift).toBe(low.shift(level));
    expect(f.result.global).toBe(false);
    expect(f.memory.reads).toBe(level - low.startLevel + 1);
    high.map(va, pa, level, D.AF);
    expect(f.walk(upper)).toBe(OK);
    expect(f.pa).toBe(pa | (va & (size - 1n)));
    expect(f.result.global).toBe(true);
  });

  it('faults at the level of an invalid descriptor', () => {
    const { f, low } = fixture(setup);
    for (let level = low.startLevel; level <= 3; level++) {
      low.set(va, level, 0n);
      expect(f.walk(va)).toBe(level < 0 ? 0x2b : 0x04 + level);
      expect(f.result.level).toBe(level);
    }
  });

  it('refuses blocks at other levels and reserved leaves at level 3', () => {
    const { f, low } = fixture(setup);
    for (let level = low.startLevel; level < 3; level++) {
      if (setup.leaves.includes(level)) continue;
      low.set(va, level, D.AF | 1n);
      expect(f.walk(va)).toBe(level < 0 ? 0x2b : 0x04 + level);
    }
    low.set(va, 3, D.AF | 1n);
    expect(f.walk(va)).toBe(0x07);
  });

  it('reports the Access flag by level', () => {
    for (const level of setup.leaves) {
      const { f, low } = fixture(setup);
      low.map(va, 0n, level, 0n);
      expect(f.walk(va)).toBe(0x08 + level);
    }
  });

  it('reports permission faults by level', () => {
    for (const level of setup.leaves) {
      const { f, low } = fixture(setup);
      low.map(va, 0n, level, D.AF | D.RO);
      expect(f.walk(va, AccessType.Write)).toBe(0x0c + level);
    }
  });

  it('reports external aborts on the walk by level', () => {
    for (let level = -1; level <= 3; level++) {
      const { f, low } = fixture(setup);
      if (level < low.startLevel) continue;
      low.set(va, level, 3n);
      f.memory.absent.add(`0:${low.at.toString(16)}`);
      expect(f.walk(va)).toBe(level < 0 ? 0x13 : 0x14 + level);
    }
  });

  it('reports output addresses beyond IPS by level', () => {
    const { f, low } = fixture({ ...setup, ips: 2 });
    for (let level = low.startLevel; level <= 3; level++) {
      const leaf = setup.leaves.includes(level);
      const field = addressField(setup.format, 1n << (setup.format.inputBits > 39 && level < 2 ? 47n : 40n));
      if (level < 3) {
        low.set(va, level, addressField(setup.format, 1n << 40n) | 3n);
        expect(f.walk(va)).toBe(level < 0 ? 0x29 : level);
      }
      if (leaf) {
        low.set(va, level, field | D.AF | (level === 3 ? 3n : 1n));
        if (low.shift(level) <= 40) expect(f.walk(va)).toBe(level);
      }
      low.set(va, level, 0n);
    }
  });

  it('faults outside the ranges', () => {
    const { f } = fixture(setup);
    expect(f.walk(1n << BigInt(setup.format.inputBits))).toBe(0x04);
    expect(f.walk(BigInt.asUintN(64, (-1n << BigInt(setup.format.inputBits)) - 1n))).toBe(0x04);
    expect(f.walk(0xff00_0000_0000_0000n)).toBe(0x04);
    expect(f.memory.reads).toBe(0);
  });
});

const basic = setups[0];

describe('stage 1 ranges', () => {
  it('takes the whole TTBR base, with bits 5..2 as 51..48 in 52-bit formats', () => {
    const wide = setups.find((s) => s.name === '64K 52-bit LVA') as Setup;
    const { f } = fixture(wide);
    f.registers.TTBR0_EL1 = 0x1234_5678_0000n | (0xan << 2n) | 1n;
    f.decode();
    f.memory.set(0, 0xa_1234_5678_0000n, (3n << 42n) | (5n << 12n) | D.AF | 1n);
    expect(f.regime.low.tableHigh).toBe(0xa1234);
    expect(f.walk(0x1234_5678n)).toBe(OK);
    expect(f.pa).toBe((5n << 48n) | (3n << 42n) | 0x1234_5678n);
  });

  it('aligns the base of a short first table to its size', () => {
    const short = setups.find((s) => s.name === '4K 31-bit') as Setup;
    const { f } = fixture(short);
    f.registers.TTBR0_EL1 = 0x9000_0010n;
    f.decode();
    f.memory.set(0, 0x9000_0018n, 0x4000_0000n | D.AF | 1n);
    expect(f.walk(0x4000_0000n)).toBe(OK);
    expect(f.pa).toBe(0x4000_0000n);
  });

  it('gives a level 0 address size fault for a base beyond IPS', () => {
    const { f } = fixture({ ...basic, ips: 0 });
    f.registers.TTBR0_EL1 = 1n << 32n;
    f.decode();
    expect(f.walk(0n)).toBe(0x00);
    expect(f.walk(1n << 50n)).toBe(0x04);
  });

  it('faults on TxSZ out of range', () => {
    for (const [txsz, tg] of [[15, 0], [49, 0], [11, 1], [48, 1], [15, 2]]) {
      const { f } = fixture({ ...basic, txsz, tg });
      expect(f.walk(0n)).toBe(0x04);
    }
  });

  it('honours EPD and E0PD', () => {
    const { f, low, high } = fixture(basic, 1n << 7n);
    low.map(0n, 0n, 3, D.AF);
    high.map(0xffff_ffff_ffff_f000n, 0n, 3, D.AF | D.EL0);
    expect(f.walk(0n)).toBe(0x04);
    expect(f.walk(0xffff_ffff_ffff_f000n)).toBe(OK);
    f.registers.TCR_EL1 = tcr({ extra: 1n << 56n });
    f.decode();
    expect(f.walk(0n)).toBe(OK);
    expect(f.walk(0xffff_ffff_ffff_f000n)).toBe(OK);
    expect(f.walk(0xffff_ffff_ffff_f000n, AccessType.Read, { privileged: false })).toBe(0x04);
    f.registers.TCR_EL1 = tcr({ extra: 1n << 23n });
    f.decode();
    expect(f.walk(0xffff_ffff_ffff_f000n)).toBe(0x04);
  });

  it('ignores the top byte as TBI and TBID say', () => {
    const tbi0 = 1n << 37n;
    const { f, low, high } = fixture(basic, tbi0);
    low.map(0x1000n, 0x5000n, 3, D.AF | D.UXN);
    high.map(0xffff_ffff_ffff_f000n, 0x6000n, 3, D.AF);
    expect(f.walk(0xab00_0000_0000_1234n)).toBe(OK);
    expect(f.pa).toBe(0x5234n);
    expect(f.walk(0xab00_0000_0000_1234n, AccessType.Fetch)).toBe(OK);
    expect(f.walk(0xab80_0000_0000_1234n)).toBe(0x04);
    expect(f.walk(0xabff_ffff_ffff_f000n)).toBe(0x04);
    f.registers.TCR_EL1 = tcr({ extra: tbi0 | (1n << 51n) | (1n << 38n) });
    f.decode();
    expect(f.walk(0xab00_0000_0000_1234n)).toBe(OK);
    expect(f.walk(0xab00_0000_0000_1234n, AccessType.Fetch)).toBe(0x04);
    expect(f.walk(0x12ff_ffff_ffff_f000n)).toBe(OK);
    expect(f.pa).toBe(0x6000n);
  });

  it('falls back to an implemented granule', () => {
    const features = { ...fullFeatures, granule16K: false };
    const f = new WalkFixture({ SCTLR_EL1: 1n, TCR_EL1: tcr({ tg: 2 }) }, RegimeKind.El10, features);
    expect(f.regime.low.granuleShift).toBe(12);
  });

  it('needs FEAT_LPA2 and FEAT_LVA for 52 bits', () => {
    const features = { ...fullFeatures, lpa2With4K: false, largeVa: false };
    const four = new WalkFixture({ SCTLR_EL1: 1n, TCR_EL1: tcr({ t0sz: 12, ds: true }) }, RegimeKind.El10, features);
    expect(four.walk(0n)).toBe(0x04);
    const sixtyFour = new WalkFixture({ SCTLR_EL1: 1n, TCR_EL1: tcr({ t0sz: 12, tg: 1 }) }, RegimeKind.El10, features);
    expect(sixtyFour.walk(0n)).toBe(0x04);
  });

  it('selects the ASID by A1 and AS', () => {
    const registers = { TTBR0_EL1: 0x1234n << 48n, TTBR1_EL1: 0x5678n << 48n, TCR_EL1: 0n };
    const f = new WalkFixture(registers);
    expect(f.regime.asid).toBe(0x34);
    registers.TCR_EL1 = 1n << 36n;
    f.decode();
    expect(f.regime.asid).toBe(0x1234);
    registers.TCR_EL1 = (1n << 36n) | (1n << 22n);
    f.decode();
    expect(f.regime.asid).toBe(0x5678);
  });
});

describe('stage 1 leaves', () => {
  it('widens blocks by the Contiguous hint', () => {
    const expected: [number, number, number, number][] = [
      [12, 0, 3, 16], [12, 0, 2, 25], [12, 0, 1, 34],
      [14, 2, 3, 21], [14, 2, 2, 30],
      [16, 1, 3, 21], [16, 1, 2, 34],
    ];
    for (const [granule, tg, level, shift] of expected) {
      const setup = { ...basic, format: { granule, inputBits: 48 }, tg };
      const { f, low } = fixture(setup);
      low.map(0n, 0n, level, D.AF | D.CONT);
      expect(f.walk(0x40n)).toBe(OK);
      expect(f.result.blockShift).toBe(shift);
    }
  });

  it('reads attributes, shareability and the guarded bit', () => {
    const { f, low } = fixture(basic);
    low.map(0x1000n, 0x1000n, 3, D.AF | D.attr(1) | D.GP);
    low.map(0x2000n, 0x1000n, 3, D.AF | D.attr(2) | D.sh(2));
    low.map(0x3000n, 0x1000n, 3, D.AF | D.sh(3));
    f.walk(0x1000n);
    expect(f.result).toMatchObject({ attributes: 0x04, isDevice: true, guarded: true });
    f.walk(0x2000n);
    expect(f.result).toMatchObject({ attributes: 0x44, isDevice: false, guarded: false, shareability: 2 });
    f.walk(0x3000n);
    expect(f.result).toMatchObject({ attributes: 0xff, shareability: 3 });
  });

  it('takes shareability from TCR in the DS format', () => {
    const { f, low } = fixture(setups[4], 3n << 12n);
    low.map(0n, 0x5_0000_0000_0000n, 3, D.AF);
    expect(f.walk(0n)).toBe(OK);
    expect(f.result.shareability).toBe(3);
    expect(f.pa).toBe(0x5_0000_0000_0000n);
  });

  it('walks big-endian tables with SCTLR.EE', () => {
    const { f, low } = fixture(basic);
    low.map(0x5000n, 0x1_2345_6000n, 3, D.AF | D.EL0);
    const swap = (v: bigint): bigint => {
      const bytes = v.toString(16).padStart(16, '0').match(/../g) ?? [];
      return BigInt(`0x${bytes.reverse().join('')}`);
    };
    let table = low.root;
    for (const shift of [39n, 30n, 21n, 12n]) {
      const at = table + ((0x5000n >> shift) & 511n) * 8n;
      const descriptor = f.memory.get(0, at);
      f.memory.set(0, at, swap(descriptor));
      table = descriptor & 0xffff_ffff_f000n;
    }
    f.registers.SCTLR_EL1 = 1n | (1n << 25n);
    f.decode();
    expect(f.walk(0x5123n)).toBe(OK);
    expect(f.pa).toBe(0x1_2345_6123n);
  });
});

describe('hardware management of AF and dirty state', () => {
  const HA = 1n << 39n;
  const HD = 1n << 40n;

  it('sets AF on success only, and not for AT', () => {
    const { f, low } = fixture(basic, HA);
    low.map(0x1000n, 0x1000n, 3, D.RO);
    const before = f.memory.get(0, low.at);
    expect(f.walk(0x1000n, AccessType.Read, { update: false })).toBe(OK);
    expect(f.walk(0x1000n, AccessType.Write)).toBe(0x0f);
    expect(f.memory.get(0, low.at)).toBe(before);
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.memory.get(0, low.at)).toBe(before | D.AF);
  });

  it('clears AP[2] on the first write to a DBM page', () => {
    const { f, low } = fixture(basic, HA | HD);
    low.map(0x1000n, 0x1000n, 3, D.RO | D.DBM);
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.result.dirty).toBe(false);
    expect(f.memory.get(0, low.at) & (D.RO | D.AF)).toBe(D.RO | D.AF);
    expect(f.walk(0x1000n, AccessType.Write, { update: false })).toBe(OK);
    expect(f.memory.get(0, low.at) & D.RO).toBe(D.RO);
    expect(f.walk(0x1000n, AccessType.ReadWrite)).toBe(OK);
    expect(f.result.dirty).toBe(true);
    expect(f.memory.get(0, low.at) & D.RO).toBe(0n);
  });

  it('does not make pages dirty that APTable or EL0 permissions protect', () => {
    const { f, low } = fixture(basic, HA | HD);
    low.map(0x1000n, 0x1000n, 3, D.AF | D.RO | D.DBM, D.AP_TABLE_RO);
    expect(f.walk(0x1000n, AccessType.Write)).toBe(0x0f);
    expect(f.walk(0x1000n, AccessType.Write, { privileged: false })).toBe(0x0f);
    expect(f.memory.get(0, low.at) & D.RO).toBe(D.RO);
  });

  it('ignores DBM without HD', () => {
    const { f, low } = fixture(basic, HA);
    low.map(0x1000n, 0x1000n, 3, D.AF | D.RO | D.DBM);
    expect(f.walk(0x1000n, AccessType.Write)).toBe(0x0f);
  });

  it('starts again when the descriptor changes under the update', () => {
    const { f, low } = fixture(basic, HA);
    low.map(0x1000n, 0x1000n, 3, 0n);
    const { at } = low;
    let once = true;
    f.memory.beforeExchange = () => {
      if (once) f.memory.set(0, at, 0x7000n | 3n);
      once = false;
    };
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.pa).toBe(0x7000n);
    expect(f.memory.get(0, at)).toBe(0x7000n | D.AF | 3n);
  });

  it('faults when the table cannot be updated', () => {
    const { f, low } = fixture(basic, HA);
    low.map(0x1000n, 0x1000n, 3, 0n);
    f.memory.readOnly.add(`0:${low.at.toString(16)}`);
    expect(f.walk(0x1000n)).toBe(0x31);
  });
});

describe('stage 1 off', () => {
  it('maps flat, Device for data, within the PA size', () => {
    const f = new WalkFixture({}, RegimeKind.El10, { ...fullFeatures, paBits: 40 });
    expect(f.walk(0xff_ffff_f123n)).toBe(OK);
    expect(f.pa).toBe(0xff_ffff_f123n);
    expect(f.result).toMatchObject({ isDevice: true, attributes: 0, global: true, permissions: 7 });
    expect(f.walk(0x100_0000_0000n)).toBe(0x00);
    expect(f.walk(0xff_ffff_f123n, AccessType.Fetch)).toBe(OK);
    expect(f.result.isDevice).toBe(false);
  });

  it('is Normal Write-Back with HCR_EL2.DC, whatever SCTLR.M says', () => {
    const f = new WalkFixture({ SCTLR_EL1: 1n, HCR_EL2: 1n << 12n });
    expect(f.walk(0x1234n, AccessType.Read, { stage1Only: true })).toBe(OK);
    expect(f.result).toMatchObject({ attributes: 0xff, isDevice: false });
  });

  it('is off under HCR_EL2.TGE', () => {
    const f = new WalkFixture({ SCTLR_EL1: 1n, HCR_EL2: 1n << 27n });
    expect(f.walk(0x1234n)).toBe(OK);
    expect(f.pa).toBe(0x1234n);
  });
});

describe('other regimes', () => {
  it('EL2 has one range, XN in bit 54 and no ASID', () => {
    const f = new WalkFixture(
      { SCTLR_EL2: 1n, MAIR_EL2: MAIR, TCR_EL2: 16n | (5n << 16n) | (1n << 20n) }, RegimeKind.El2,
    );
    const tables = new TableBuilder(f.memory, basic.format, TABLES);
    f.registers.TTBR0_EL2 = tables.root;
    f.decode();
    tables.map(0x1000n, 0x1000n, 3, D.AF | D.UXN | D.NG | D.EL0);
    tables.map(0x2000n, 0x2000n, 3, D.AF | D.PXN | D.RO);
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.result.global).toBe(true);
    expect(f.walk(0x5a00_0000_0000_1000n)).toBe(OK);
    expect(f.walk(0x1000n, AccessType.Fetch)).toBe(0x0f);
    expect(f.walk(0x2000n, AccessType.Fetch)).toBe(OK);
    expect(f.walk(0x2000n, AccessType.Write)).toBe(0x0f);
    expect(f.walk(0xffff_ffff_ffff_f000n)).toBe(0x04);
  });

  it('EL2&0 has two ranges under TCR_EL2 in the EL1 layout', () => {
    const f = new WalkFixture({ SCTLR_EL2: 1n, MAIR_EL2: MAIR, TCR_EL2: tcr({}) }, RegimeKind.El20);
    const tables = new TableBuilder(f.memory, basic.format, TABLES);
    f.registers.TTBR1_EL2 = tables.root;
    f.decode();
    tables.map(0xffff_ffff_ffff_f000n, 0x1000n, 3, D.AF | D.NG);
    expect(f.walk(0xffff_ffff_ffff_f123n)).toBe(OK);
    expect(f.result.global).toBe(false);
  });

  it('Secure state follows NS and NSTable', () => {
    const f = new WalkFixture(
      { SCTLR_EL1: 1n, MAIR_EL1: MAIR, TCR_EL1: tcr({}), SCR_EL3: 1n << 9n }, RegimeKind.El10, fullFeatures, 1,
    );
    const tables = new TableBuilder(f.memory, { ...basic.format, space: 1 }, TABLES);
    f.registers.TTBR0_EL1 = tables.root;
    f.decode();
    tables.map(0x1000n, 0x1000n, 3, D.AF);
    tables.map(0x2000n, 0x2000n, 3, D.AF | D.NS);
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.result.space).toBe(1);
    expect(f.walk(0x2000n)).toBe(OK);
    expect(f.result.space).toBe(0);
    // SCR_EL3.SIF: no fetches from Non-secure memory.
    expect(f.walk(0x1000n, AccessType.Fetch)).toBe(OK);
    expect(f.walk(0x2000n, AccessType.Fetch)).toBe(0x0f);
    // Below NSTable the tables themselves are Non-secure.
    const at = tables.root + 1n * 8n;
    f.memory.set(1, at, 0x5_0000n | 3n | D.NS_TABLE);
    f.memory.set(0, 0x5_0000n, 0x4000_0000n | D.AF | 1n);
    expect(f.walk(1n << 39n)).toBe(OK);
    expect(f.result.space).toBe(0);
    expect(f.pa).toBe(0x4000_0000n);
  });

  it('Root output spaces come from NSE and NS', () => {
    const f = new WalkFixture(
      { SCTLR_EL3: 1n, TCR_EL3: 16n | (5n << 16n) }, RegimeKind.El3, { ...fullFeatures, rme: true }, 3,
    );
    const tables = new TableBuilder(f.memory, { ...basic.format, space: 3 }, TABLES);
    f.registers.TTBR0_EL3 = tables.root;
    f.decode();
    const NSE = D.NG;
    for (const [bits, space] of [[0n, 1], [D.NS, 0], [NSE, 3], [NSE | D.NS, 2]] as [bigint, number][]) {
      tables.map(0x1000n, 0x1000n, 3, D.AF | bits);
      expect(f.walk(0x1000n)).toBe(OK);
      expect(f.result.space).toBe(space);
      expect(f.result.global).toBe(true);
    }
  });
});
