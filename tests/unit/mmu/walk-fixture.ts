import {
  AccessType,
  RegimeKind,
  translationFeatures,
  TranslationRegime,
  TranslationResult,
  TranslationWalker,
  type TranslationFeatures,
} from '../../../src/arch/translation/index.js';
import { SparseMemory } from './table-builder.js';

/** ID register values of a PE with everything translation knows: 52-bit PA and VA, LPA2, HAFDBS, E0PD, EPAN, ... */
export const FULL_ID = {
  // EL3..EL0 AArch64, SEL2.
  ID_AA64PFR0_EL1: 0x0000_0010_0000_1111n,
  // TGran4_2..16_2 = as stage 1; TGran4 = 1 (LPA2), TGran64 = 0, TGran16 = 2 (LPA2); ASID 16; PARange 52.
  ID_AA64MMFR0_EL1: 0x0000_0000_1020_0026n,
  // XNX, PAN3, HPDS, VH, VMID16, HAFDBS 2.
  ID_AA64MMFR1_EL1: 0x0000_0000_1030_1122n,
  // E0PD, FWB, TTST, NV, VARange.
  ID_AA64MMFR2_EL1: 0x1000_0100_1101_0000n,
} as const;

export const fullFeatures: TranslationFeatures = translationFeatures(FULL_ID);

/** MAIR: 0 Normal WB, 1 Device-nGnRE, 2 Normal NC. */
export const MAIR = 0x44_04_ffn;

export type Registers = Record<string, bigint>;

/** A walker over sparse memory with register values given by name (absent ones are zero). */
export class WalkFixture {
  readonly memory = new SparseMemory();
  readonly walker = new TranslationWalker(this.memory);
  readonly result = new TranslationResult();
  regime!: TranslationRegime;

  constructor(
    readonly registers: Registers,
    readonly kind: RegimeKind = RegimeKind.El10,
    readonly features: TranslationFeatures = fullFeatures,
    readonly security = 0,
  ) {
    this.decode();
  }

  decode(): void {
    this.regime = new TranslationRegime(this.kind, this.security);
    this.regime.decode((name) => this.registers[name] ?? 0n, this.features);
  }

  /** Walks; returns the status code, or -1 for success. */
  walk(
    va: bigint,
    access: AccessType = AccessType.Read,
    options: { privileged?: boolean; pan?: boolean; update?: boolean; stage1Only?: boolean } = {},
  ): number {
    this.walker.translate(
      this.regime,
      Number(BigInt.asIntN(32, va >> 32n)),
      Number(BigInt.asIntN(32, va)),
      {
        access,
        privileged: options.privileged ?? true,
        pan: options.pan ?? false,
        update: options.update ?? true,
        stage1Only: options.stage1Only ?? false,
      },
      this.result,
    );
    return this.result.fault;
  }

  get pa(): bigint {
    return BigInt(this.result.pa);
  }
}

/** TCR_ELx of a regime with two ranges. TG1 is given as TG0 encodes it. */
export function tcr(fields: {
  t0sz?: number; t1sz?: number; tg?: number; ips?: number; ds?: boolean; extra?: bigint;
}): bigint {
  const tg = fields.tg ?? 0;
  const tg1 = [2, 3, 1][tg];
  return (
    BigInt(fields.t0sz ?? 16) |
    (BigInt(fields.t1sz ?? 16) << 16n) |
    (BigInt(tg) << 14n) |
    (BigInt(tg1) << 30n) |
    (BigInt(fields.ips ?? 5) << 32n) |
    (fields.ds ? 1n << 59n : 0n) |
    (fields.extra ?? 0n)
  );
}
