import { describe, expect, it } from 'vitest';
import { AccessType, encodePar, RegimeKind, type TranslationFeatures } from '../../../src/arch/translation/index.js';
import { D, TableBuilder, type TableFormat } from './table-builder.js';
import { fullFeatures, MAIR, tcr, WalkFixture } from './walk-fixture.js';

const OK = -1;
const HCR_VM = 1n;
const FULL = D.AF | D.S2_READ | D.S2_WRITE | D.s2attr(15);

interface Stage2Setup {
  name: string;
  format: TableFormat;
  /** VTCR_EL2 without PS. */
  vtcr: bigint;
  ps: number;
  leaves: number[];
}

const t0sz = (n: number): bigint => BigInt(n);
const sl0 = (n: number): bigint => BigInt(n) << 6n;
const tg0 = (n: number): bigint => BigInt(n) << 14n;
const DS = 1n << 32n;
const SL2 = 1n << 33n;

const setups: Stage2Setup[] = [
  {
    name: '4K 48-bit level 0', format: { granule: 12, inputBits: 48, startLevel: 0 },
    vtcr: t0sz(16) | sl0(2), ps: 5, leaves: [1, 2, 3],
  },
  {
    name: '4K 40-bit level 1, 2 tables', format: { granule: 12, inputBits: 40, startLevel: 1 },
    vtcr: t0sz(24) | sl0(1), ps: 5, leaves: [1, 2, 3],
  },
  {
    name: '4K 43-bit level 1, 16 tables', format: { granule: 12, inputBits: 43, startLevel: 1 },
    vtcr: t0sz(21) | sl0(1), ps: 5, leaves: [1, 2, 3],
  },
  {
    name: '4K 32-bit level 2, 4 tables', format: { granule: 12, inputBits: 32, startLevel: 2 },
    vtcr: t0sz(32) | sl0(0), ps: 5, leaves: [2, 3],
  },
  {
    name: '4K 20-bit level 3', format: { granule: 12, inputBits: 20, startLevel: 3 },
    vtcr: t0sz(44) | sl0(3), ps: 5, leaves: [3],
  },
  {
    name: '4K 52-bit level -1', format: { granule: 12, inputBits: 52, startLevel: -1, ds: true },
    vtcr: t0sz(12) | sl0(0) | SL2 | DS, ps: 6, leaves: [0, 1, 2, 3],
  },
  {
    name: '16K 40-bit level 2, 16 tables', format: { granule: 14, inputBits: 40, startLevel: 2 },
    vtcr: t0sz(24) | sl0(1) | tg0(2), ps: 5, leaves: [2, 3],
  },
  {
    name: '16K 48-bit level 1', format: { granule: 14, inputBits: 48, startLevel: 1 },
    vtcr: t0sz(16) | sl0(2) | tg0(2), ps: 5, leaves: [2, 3],
  },
  {
    name: '16K 52-bit level 0', format: { granule: 14, inputBits: 52, startLevel: 0, ds: true },
    vtcr: t0sz(12) | sl0(3) | tg0(2) | DS, ps: 6, leaves: [1, 2, 3],
  },
  {
    name: '64K 42-bit level 2', format: { granule: 16, inputBits: 42, startLevel: 2, wide64K: true },
    vtcr: t0sz(22) | sl0(1) | tg0(1), ps: 6, leaves: [2, 3],
  },
  {
    name: '64K 52-bit level 1', format: { granule: 16, inputBits: 52, startLevel: 1, wide64K: true },
    vtcr: t0sz(12) | sl0(2) | tg0(1), ps: 6, leaves: [1, 2, 3],
  },
];

/** EL1&0 with stage 1 off: IPA = VA. */
function flat(
  setup: Stage2Setup,
  extra: bigint | Record<string, bigint> = 0n,
  features?: TranslationFeatures,
): [WalkFixture, TableBuilder] {
  const vtcr = setup.vtcr | (BigInt(setup.ps) << 16n) | (typeof extra === 'bigint' ? extra : 0n);
  const registers = { HCR_EL2: HCR_VM, VTCR_EL2: vtcr, ...(typeof extra === 'bigint' ? {} : extra) };
  const f = new WalkFixture(registers, RegimeKind.El10, features);
  const tables = new TableBuilder(f.memory, setup.format, 0x8000_0000n);
  f.registers.VTTBR_EL2 = tables.root | (0x12n << 48n);
  f.decode();
  return [f, tables];
}

describe.each(setups)('stage 2 walk, $name', (setup) => {
  const ipa = 0x9_a9c7_3b5d_e765n & ((1n << BigInt(setup.format.inputBits)) - 1n);

  it.each(setup.leaves)('maps a leaf at level %i', (level) => {
    const [f, tables] = flat(setup);
    const size = 1n << BigInt(tables.shift(level));
    const pa = (setup.ps === 6 ? 0xe_4321_8765_4000n : 0x4321_8765_4000n) & ~(size - 1n);
    tables.map(ipa, pa, level, FULL);
    expect(f.walk(ipa)).toBe(OK);
    expect(f.pa).toBe(pa | (ipa & (size - 1n)));
    expect(f.result.blockShift).toBe(tables.shift(level));
    expect(f.regime.vmid).toBe(0x12);
  });

  it('reports translation, Access flag, permission and external faults by level as stage 2', () => {
    for (let level = setup.format.startLevel as number; level <= 3; level++) {
      const [f, tables] = flat(setup);
      tables.set(ipa, level, 0n);
      expect(f.walk(ipa)).toBe(level < 0 ? 0x2b : 4 + level);
      expect(f.result).toMatchObject({ stage2: true, stage1Walk: false, level });
      expect(BigInt(f.result.ipa)).toBe(ipa);
      f.memory.absent.add(`0:${tables.at.toString(16)}`);
      expect(f.walk(ipa)).toBe(level < 0 ? 0x13 : 0x14 + level);
      if (!setup.leaves.includes(level)) continue;
      f.memory.absent.clear();
      tables.map(ipa, 0n, level, D.S2_READ);
      expect(f.walk(ipa)).toBe(8 + level);
      tables.map(ipa, 0n, level, D.AF | D.S2_READ);
      expect(f.walk(ipa, AccessType.Write)).toBe(0xc + level);
      expect(f.walk(ipa, AccessType.ReadWrite)).toBe(0xc + level);
      expect(f.result.writeOnly).toBe(true);
    }
  });

  it('faults beyond the IPA size', () => {
    const [f] = flat(setup);
    if (setup.format.inputBits < 52) expect(f.walk(1n << BigInt(setup.format.inputBits))).toBe(0x04);
  });
});

describe('stage 2 configuration', () => {
  it.each([
    ['SL0 inconsistent with T0SZ', t0sz(16) | sl0(0)],
    ['too many concatenated tables', t0sz(20) | sl0(1)],
    ['reserved SL2', t0sz(12) | sl0(1) | SL2 | DS],
    ['T0SZ below the PA size', t0sz(11) | sl0(2)],
    ['64K reserved SL0', t0sz(12) | sl0(3) | tg0(1)],
    ['16K level 0 without DS', t0sz(16) | sl0(3) | tg0(2)],
  ])('faults at level 0: %s', (_name, vtcr) => {
    const [f] = flat({ ...setups[0], vtcr });
    expect(f.walk(0x1000n)).toBe(0x04);
    expect(f.result.stage2).toBe(true);
    expect(f.memory.reads).toBe(0);
  });

  it('limits level 0 starts by the PA size', () => {
    const features = { ...fullFeatures, paBits: 40 };
    const [f] = flat({ ...setups[0], vtcr: t0sz(24) | sl0(2) }, 0n, features);
    expect(f.walk(0x1000n)).toBe(0x04);
  });

  it('faults on an output beyond PS and a base beyond PS', () => {
    const [f, tables] = flat({ ...setups[0], ps: 0 });
    tables.map(0x1000n, 1n << 33n, 3, FULL);
    expect(f.walk(0x1000n)).toBe(0x03);
    f.registers.VTTBR_EL2 = 1n << 40n;
    f.decode();
    expect(f.walk(0x1000n)).toBe(0x00);
  });

  it('honours XN[1:0] with FEAT_XNX and only XN[1] without', () => {
    const expected = [[true, true], [false, true], [false, false], [true, false]];
    for (let xn = 0; xn < 4; xn++) {
      const [f, tables] = flat(setups[0]);
      tables.map(0x1000n, 0n, 3, FULL | D.s2xn(xn));
      expect(f.walk(0x1000n, AccessType.Fetch, { privileged: true }) === OK).toBe(expected[xn][0]);
      expect(f.walk(0x1000n, AccessType.Fetch, { privileged: false }) === OK).toBe(expected[xn][1]);
      const [g, plain] = flat(setups[0], 0n, { ...fullFeatures, xnx: false });
      plain.map(0x1000n, 0n, 3, FULL | D.s2xn(xn));
      expect(g.walk(0x1000n, AccessType.Fetch) === OK).toBe(xn < 2);
    }
  });

  it('manages AF and dirty state', () => {
    const HA = 1n << 21n;
    const HD = 1n << 22n;
    const [f, tables] = flat(setups[0], HA | HD);
    tables.map(0x1000n, 0n, 3, D.S2_READ | D.DBM);
    expect(f.walk(0x1000n)).toBe(OK);
    expect(f.result.dirty).toBe(false);
    expect(f.memory.get(0, tables.at) & D.AF).toBe(D.AF);
    expect(f.walk(0x1000n, AccessType.Write)).toBe(OK);
    expect(f.result.dirty).toBe(true);
    expect(f.memory.get(0, tables.at) & D.S2_WRITE).toBe(D.S2_WRITE);
  });

  it('combines memory attributes', () => {
    const normalStage1 = { HCR_EL2: HCR_VM | (1n << 12n) };
    for (const [memAttr, expected] of [[0, 0x00], [1, 0x04], [3, 0x0c], [5, 0x44], [10, 0xbb], [15, 0xff]]) {
      const [f, tables] = flat(setups[0], { ...normalStage1, VTCR_EL2: setups[0].vtcr | (5n << 16n) });
      tables.map(0x1000n, 0n, 3, D.AF | D.S2_READ | D.s2attr(memAttr));
      expect(f.walk(0x1000n)).toBe(OK);
      expect(f.result.attributes).toBe(expected);
    }
    // Stage 1 off is Device-nGnRnE, which no Normal stage 2 weakens; FWB can.
    for (const [hcr, memAttr, expected] of [
      [HCR_VM, 15, 0x00],
      [HCR_VM | (1n << 46n), 6, 0xff],
      [HCR_VM | (1n << 46n), 7, 0x00],
      [HCR_VM | (1n << 46n), 5, 0x00],
      [HCR_VM | (1n << 46n), 2, 0x00],
    ] as const) {
      const [f, tables] = flat(setups[0], { HCR_EL2: hcr, VTCR_EL2: setups[0].vtcr | (5n << 16n) });
      tables.map(0x1000n, 0n, 3, D.AF | D.S2_READ | D.s2attr(memAttr));
      expect(f.walk(0x1000n)).toBe(OK);
      expect(f.result.attributes).toBe(expected);
    }
  });
});

describe('two stages', () => {
  /** Stage 1 tables at IPA 0x1000_0000, moved to PA +0x4000_0000 by stage 2 page mappings. */
  function both(
    hcrExtra = 0n,
    tcrExtra = 0n,
  ): { f: WalkFixture; stage2: TableBuilder; va: bigint; leaf: bigint } {
    const f = new WalkFixture({
      SCTLR_EL1: 1n, MAIR_EL1: MAIR, TCR_EL1: tcr({ extra: tcrExtra }), HCR_EL2: HCR_VM | hcrExtra,
      VTCR_EL2: setups[0].vtcr | (5n << 16n),
    });
    const stage2 = new TableBuilder(f.memory, setups[0].format, 0x8000_0000n);
    const offset = 0x4000_0000n;
    const shifted = {
      get: (space: number, at: bigint): bigint => f.memory.get(space, at + offset),
      set: (space: number, at: bigint, value: bigint): void => f.memory.set(space, at + offset, value),
    };
    const stage1 = new TableBuilder(shifted, { granule: 12, inputBits: 48 }, 0x1000_0000n);
    const va = 0x1234_5678_9000n;
    stage1.map(va, 0x2000_0000n, 3, D.AF | D.NG | D.GP | D.CONT);
    for (let page = 0n; page < 64n; page++) {
      stage2.map(0x1000_0000n + page * 4096n, 0x5000_0000n + page * 4096n, 3, FULL);
    }
    stage2.map(0x2000_0000n, 0x7000_0000n, 2, FULL);
    f.registers.TTBR0_EL1 = stage1.root;
    f.registers.VTTBR_EL2 = stage2.root;
    f.decode();
    return { f, stage2, va, leaf: stage1.at };
  }

  it('composes them', () => {
    const { f, va } = both();
    expect(f.walk(va + 0x123n)).toBe(OK);
    expect(f.pa).toBe(0x7000_0123n);
    expect(f.result).toMatchObject({ global: false, guarded: true, blockShift: 16, extentShift: 16 });
  });

  it('reports stage 2 faults of stage 1 descriptors as S1PTW', () => {
    const { f, stage2, va, leaf } = both();
    stage2.set(leaf, 3, 0n);
    expect(f.walk(va)).toBe(0x07);
    expect(f.result).toMatchObject({ stage2: true, stage1Walk: true });
    expect(BigInt(f.result.ipa)).toBe(leaf);
    expect(encodePar(false, f.result, false)).toBe(1n | (7n << 1n) | (3n << 8n) | (1n << 11n));
  });

  it('faults the final IPA as stage 2 alone', () => {
    const { f, stage2, va } = both();
    stage2.set(0x2000_0000n, 2, 0n);
    expect(f.walk(va + 0x321n)).toBe(0x06);
    expect(f.result).toMatchObject({ stage2: true, stage1Walk: false });
    expect(f.result.ipa).toBe(0x2000_0321);
    expect(f.walk(va, AccessType.Read, { stage1Only: true })).toBe(OK);
    expect(f.pa).toBe(0x2000_0000n);
  });

  it('intersects permissions', () => {
    const { f, stage2, va } = both();
    stage2.map(0x2000_0000n, 0x7000_0000n, 2, D.AF | D.S2_READ | D.s2attr(15) | D.s2xn(2));
    expect(f.walk(va)).toBe(OK);
    expect(f.result.permissions).toBe(1);
    expect(f.walk(va, AccessType.Write)).toBe(0x0e);
    expect(f.walk(va, AccessType.Fetch)).toBe(0x0e);
    expect(f.result.stage2).toBe(true);
  });

  it('protects walks into Device memory with HCR_EL2.PTW', () => {
    const device = D.AF | D.S2_READ | D.S2_WRITE | D.s2attr(1);
    const plain = both();
    plain.stage2.map(plain.leaf, 0x5000_0000n + (plain.leaf & ~0xfffn) - 0x1000_0000n, 3, device);
    expect(plain.f.walk(plain.va)).toBe(OK);
    const ptw = both(1n << 2n);
    ptw.stage2.map(ptw.leaf, 0x5000_0000n + (ptw.leaf & ~0xfffn) - 0x1000_0000n, 3, device);
    expect(ptw.f.walk(ptw.va)).toBe(0x0f);
    expect(ptw.f.result).toMatchObject({ stage2: true, stage1Walk: true });
  });

  it('updates stage 1 descriptors only where stage 2 lets them be written', () => {
    const { f, stage2, va, leaf } = both(0n, 1n << 39n);
    const pa = leaf + 0x4000_0000n;
    f.memory.set(0, pa, f.memory.get(0, pa) & ~D.AF);
    const page = 0x5000_0000n + (leaf & ~0xfffn) - 0x1000_0000n;
    stage2.map(leaf, page, 3, D.AF | D.S2_READ | D.s2attr(15));
    expect(f.walk(va)).toBe(0x0f);
    expect(f.result).toMatchObject({ stage2: true, stage1Walk: true });
    stage2.map(leaf, page, 3, FULL);
    expect(f.walk(va)).toBe(OK);
    expect(f.memory.get(0, pa) & D.AF).toBe(D.AF);
  });

  it('encodes PAR_EL1 of a success', () => {
    const { f, va } = both();
    f.walk(va + 0x123n);
    expect(encodePar(true, f.result, false)).toBe((0xffn << 56n) | 0x7000_0000n | (1n << 11n) | (1n << 9n));
  });

  it('routes Secure IPAs through VSTCR_EL2 and its output controls', () => {
    for (const [vstcr, vtcr, space] of [
      [0n, 0n, 1],
      [1n << 30n, 0n, 0],
      [1n << 29n, 0n, 0],
    ] as const) {
      const f = new WalkFixture({
        HCR_EL2: HCR_VM,
        SCR_EL3: 1n << 18n,
        VTCR_EL2: setups[0].vtcr | (5n << 16n) | vtcr,
        VSTCR_EL2: setups[0].vtcr | vstcr,
      }, RegimeKind.El10, fullFeatures, 1);
      const walkSpace = (vstcr & (1n << 29n)) !== 0n ? 0 : 1;
      const tables = new TableBuilder(f.memory, { ...setups[0].format, space: walkSpace }, 0x8000_0000n);
      f.registers.VSTTBR_EL2 = tables.root;
      f.decode();
      tables.map(0x1000n, 0x9000n, 3, FULL);
      expect(f.walk(0x1000n)).toBe(OK);
      expect(f.result.space).toBe(space);
      expect(f.pa).toBe(0x9000n);
    }
  });
});
