import { D, TableBuilder, type DescriptorStore, type TableFormat } from '../table-builder.js';

/** Registers of a scenario, in the order the guest program loads them. */
export const REGISTERS = [
  'SCTLR_EL1', 'TCR_EL1', 'MAIR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'HCR_EL2', 'VTCR_EL2', 'VTTBR_EL2',
] as const;

/** AT operations by number, as the guest program knows them. Bit 0: write, bit 1: EL0, bit 2: both stages. */
export const OPERATIONS = ['S1E1R', 'S1E1W', 'S1E0R', 'S1E0W', 'S12E1R', 'S12E1W', 'S12E0R', 'S12E0W'] as const;

/** One address translation: registers, descriptors in memory, an operation and an address. */
export interface Scenario {
  readonly registers: Record<string, bigint>;
  readonly operation: number;
  readonly va: bigint;
  readonly writes: readonly (readonly [bigint, bigint])[];
}

const TABLES_STAGE1 = 0x7000_0000n;
const TABLES_STAGE2 = 0x6000_0000n;
const IPA_OFFSET = 0x1000_0000n;

interface Stage2Format extends TableFormat {
  readonly startLevel: number;
  /** VTCR_EL2 without PS. */
  readonly vtcr: bigint;
}

const t0sz = (bits: number): bigint => BigInt(64 - bits);
const SL0 = (n: number): bigint => BigInt(n) << 6n;
const TG_16K = 2n << 14n;
const TG_64K = 1n << 14n;
const STAGE2: readonly Stage2Format[] = [
  { granule: 12, inputBits: 48, startLevel: 0, vtcr: t0sz(48) | SL0(2) },
  { granule: 12, inputBits: 40, startLevel: 1, vtcr: t0sz(40) | SL0(1) },
  { granule: 12, inputBits: 34, startLevel: 2, vtcr: t0sz(34) | SL0(0) },
  { granule: 14, inputBits: 40, startLevel: 2, vtcr: t0sz(40) | SL0(1) | TG_16K },
  { granule: 14, inputBits: 48, startLevel: 1, vtcr: t0sz(48) | SL0(2) | TG_16K },
  { granule: 16, inputBits: 42, startLevel: 2, wide64K: true, vtcr: t0sz(42) | SL0(1) | TG_64K },
  { granule: 16, inputBits: 52, startLevel: 1, wide64K: true, vtcr: t0sz(52) | SL0(2) | TG_64K },
  { granule: 12, inputBits: 52, startLevel: -1, ds: true, vtcr: t0sz(52) | (1n << 33n) | (1n << 32n) },
];

interface Stage2 {
  readonly tables: TableBuilder;
  readonly format: Stage2Format;
}

/** MAIR attribute bytes: the Device types, and Normal ones with different policies and hints. */
const ATTRIBUTES = [0x00, 0x04, 0x08, 0x0c, 0x44, 0xff, 0xbb, 0xaa, 0x77, 0x4f, 0xf4, 0x33];

const bit = (n: number): bigint => 1n << BigInt(n);
const mask = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** Draws scenarios from a seed, always the same ones. */
export class ScenarioSource {
  private state: bigint;

  constructor(seed: number) {
    this.state = BigInt(seed);
  }

  next(): Scenario {
    const writes = new Map<bigint, bigint>();
    const memory: DescriptorStore = {
      get: (_space, at) => writes.get(at) ?? 0n,
      set: (_space, at, value) => void writes.set(at, BigInt.asUintN(64, value)),
    };
    const registers: Record<string, bigint> = {};
    const granule = this.pick([12, 14, 16]);
    const ds = granule !== 16 && this.chance(0.35);
    const txsz = this.controls(registers, granule, ds);
    const two = this.chance(0.35);
    const offset = two && this.chance(0.8) ? IPA_OFFSET : 0n;
    const stage2 = two ? this.stage2(registers, memory) : undefined;
    if (!two) registers.HCR_EL2 = bit(31);

    const inputBits = Math.min(Math.max(64 - txsz, granule + 1), 52);
    const upper = this.chance(0.4);
    const tables = new Set<bigint>();
    const shifted: DescriptorStore = {
      get: (_space, at) => memory.get(0, at + offset),
      set: (_space, at, value) => {
        tables.add(at);
        memory.set(0, at + offset, value);
      },
    };
    const stage1 = new TableBuilder(shifted, { granule, inputBits, ds, wide64K: granule === 16 }, TABLES_STAGE1);
    const [used, other] = upper ? ['TTBR1_EL1', 'TTBR0_EL1'] : ['TTBR0_EL1', 'TTBR1_EL1'];
    registers[used] = stage1.root | BigInt(this.below(2));
    registers[other] = this.chance(0.2) ? this.word() & mask(48) : 0n;
    if (this.chance(0.04)) registers[used] |= bit(32 + this.below(16));

    const index = this.word() & mask(inputBits);
    let va = upper ? index | (-1n << BigInt(inputBits)) : index;
    if (this.chance(0.12)) va ^= bit(this.below(64));
    else if (this.chance(0.15)) va ^= BigInt(this.below(256)) << 56n;
    const level = this.leaf(registers, stage1, index, granule, ds, stage2?.format);
    if (this.chance(0.04)) {
      const at = this.pick([...tables]);
      shifted.set(0, at, shifted.get(0, at) ^ bit(this.pick([0, 1, 47, 46, 40, 36, 15, 13, 9])));
    }
    if (stage2 !== undefined) {
      const forced = (registers.HCR_EL2 & bit(46)) !== 0n;
      this.mapTables(stage2, [...tables], offset, forced);
      this.mapOutput(stage2, stage1, shifted.get(0, stage1.at), level, index, [...tables], forced);
    }
    return {
      registers,
      operation: two ? this.below(8) : this.below(4),
      va: BigInt.asUintN(64, va),
      writes: [...writes].filter(([at]) => at >= TABLES_STAGE2 && at < 0x9000_0000n),
    };
  }

  /** SCTLR, TCR and MAIR. Returns TxSZ. */
  private controls(registers: Record<string, bigint>, granule: number, ds: boolean): number {
    const least = ds || granule === 16 ? 12 : 16;
    let txsz = least + this.below((granule === 16 ? 47 : 48) - least + 1);
    if (this.chance(0.05)) txsz = this.below(64);
    const ips = this.chance(0.6) ? (ds || granule === 16 ? 6 : 5) : this.below(7);
    const tg0 = granule === 12 ? 0 : granule === 14 ? 2 : 1;
    let tcr = BigInt(txsz) | (BigInt(txsz) << 16n) | (BigInt(tg0) << 14n) | (BigInt([2, 3, 1][tg0]) << 30n);
    tcr |= (BigInt(ips) << 32n) | (ds ? bit(59) : 0n) | (BigInt(this.below(4)) << 12n) | (BigInt(this.below(4)) << 28n);
    const flags = [
      [37, 0.3], [38, 0.3], [41, 0.2], [42, 0.2], [7, 0.03], [23, 0.03], [39, 0.2], [40, 0.3], [55, 0.1], [56, 0.1],
      [51, 0.3], [52, 0.3],
    ] as const;
    for (const [position, probability] of flags) if (this.chance(probability)) tcr |= bit(position);
    registers.TCR_EL1 = tcr;
    let mair = 0n;
    for (let i = 0; i < 8; i++) {
      mair |= BigInt(this.pick(ATTRIBUTES)) << BigInt(8 * i);
    }
    registers.MAIR_EL1 = mair;
    registers.SCTLR_EL1 = 0x30d0_0800n | (this.chance(0.97) ? 1n : 0n) | (this.chance(0.3) ? bit(19) : 0n);
    return txsz;
  }

  private stage2(registers: Record<string, bigint>, memory: DescriptorStore): Stage2 {
    let hcr = bit(31) | 1n;
    if (this.chance(0.15)) hcr |= bit(2);
    if (this.chance(0.05)) hcr |= bit(12);
    if (this.chance(0.3)) hcr |= bit(46);
    registers.HCR_EL2 = hcr;
    const format = this.pick(STAGE2);
    const least = [32, 36, 40, 42, 44, 48, 52].findIndex((size) => size >= format.inputBits);
    let vtcr = format.vtcr | (BigInt(this.chance(0.6) ? 6 : least) << 16n) | bit(31);
    if (this.chance(0.05)) vtcr ^= BigInt(1 + this.below(3)) << 6n;
    if (this.chance(0.3)) vtcr |= bit(21);
    if (this.chance(0.3)) vtcr |= bit(22);
    registers.VTCR_EL2 = vtcr;
    const tables = new TableBuilder(memory, format, TABLES_STAGE2);
    registers.VTTBR_EL2 = tables.root;
    return { tables, format };
  }

  /** Maps the address with random attributes, or puts noise there. Returns the level. */
  private leaf(
    registers: Record<string, bigint>,
    tables: TableBuilder,
    index: bigint,
    granule: number,
    ds: boolean,
    stage2: Stage2Format | undefined,
  ): number {
    const level = Math.max(tables.startLevel, 3 - this.pick([0, 0, 0, 1, 1, 2, 3]));
    let limits = 0n;
    for (const position of [59, 60, 61, 62, 63]) if (this.chance(0.1)) limits |= bit(position);
    const ips = Number((registers.TCR_EL1 >> 32n) & 7n);
    let pa = this.word() & mask(52);
    if (this.chance(0.6)) pa &= mask([32, 36, 40, 42, 44, 48, 52, 52][ips]);
    if (granule !== 16 && !ds) pa &= mask(48);
    if (stage2 !== undefined) pa &= mask(Math.min(stage2.inputBits, 48));
    pa &= ~mask(tables.shift(level));
    let attributes = this.word() & (D.NG | D.NS | D.EL0 | D.RO | D.GP | D.DBM | D.PXN | D.UXN | D.attr(7));
    if (!ds) attributes |= D.sh(this.below(4));
    if (this.chance(0.2)) attributes |= D.CONT;
    if (this.chance(0.9)) attributes |= D.AF;
    tables.map(index, pa, level, attributes, limits);
    if (this.chance(0.05)) tables.set(index, level, this.word());
    return level;
  }

  /** Stage 2 mappings of the stage 1 tables. */
  private mapTables(stage2: Stage2, tables: bigint[], offset: bigint, forced: boolean): void {
    const { format } = stage2;
    const plain = D.s2attr(forced ? 7 : 15) | D.S2_READ | D.S2_WRITE | D.AF;
    for (const page of new Set(tables.map((at) => at & ~mask(format.granule)))) {
      const bits = this.chance(0.9) ? plain : this.stage2Bits(format, forced);
      if (this.chance(0.97)) stage2.tables.map(page & mask(format.inputBits), page + offset, 3, bits);
    }
  }

  /** Stage 2 mapping of what stage 1 puts out: by pages, so that no block takes the place of a table. */
  private mapOutput(
    stage2: Stage2,
    stage1: TableBuilder,
    descriptor: bigint,
    leafLevel: number,
    index: bigint,
    tables: bigint[],
    forced: boolean,
  ): void {
    const { format } = stage2;
    if ((descriptor & 1n) === 0n || this.chance(0.05)) return;
    const below = mask(stage1.shift(leafLevel));
    const ipa = ((descriptor & mask(48) & ~below) | (index & below)) & mask(format.inputBits);
    const page = ipa & ~mask(format.granule);
    if (tables.some((at) => (at & ~mask(format.granule)) === page)) return;
    const pa = this.word() & mask(this.pick([40, 44, 48])) & ~mask(format.granule);
    stage2.tables.map(ipa, pa, 3, this.stage2Bits(format, forced));
  }

  private stage2Bits(format: Stage2Format, forced: boolean): bigint {
    const attribute = forced ? this.pick([7, 7, 6, 5, 6, 5, 0, 1]) : this.pick([15, 15, 15, 5, 10, 0, 1, 7, 6, 13, 9]);
    let bits = D.s2attr(attribute);
    if (format.ds !== true) bits |= D.sh(this.below(4));
    if (this.chance(0.95)) bits |= D.S2_READ;
    if (this.chance(0.8)) bits |= D.S2_WRITE;
    if (this.chance(0.93)) bits |= D.AF;
    if (this.chance(0.3)) bits |= D.DBM;
    return bits | D.s2xn(this.below(4));
  }

  private below(n: number): number {
    this.state = (this.state * 6364136223846793005n + 1442695040888963407n) & mask(64);
    return Number((this.state >> 33n) % BigInt(n));
  }
  private word(): bigint {
    return (BigInt(this.below(1 << 22)) << 42n) | (BigInt(this.below(1 << 21)) << 21n) | BigInt(this.below(1 << 21));
  }
  private chance(probability: number): boolean {
    return this.below(1000) < probability * 1000;
  }
  private pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** The guest program's input: a count, then per scenario registers, operation, address, writes. */
export function encodeScenarios(scenarios: readonly Scenario[]): Uint8Array {
  const words: bigint[] = [BigInt(scenarios.length)];
  for (const { registers, operation, va, writes } of scenarios) {
    for (const name of REGISTERS) words.push(BigInt.asUintN(64, registers[name] ?? 0n));
    words.push(BigInt(operation), va, BigInt(writes.length), ...writes.flat());
  }
  return new Uint8Array(BigUint64Array.from(words).buffer);
}
