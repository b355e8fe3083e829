/** What the translation system of a PE implements, as its ID registers say (Arm ARM, D8.1 and D24.2). */
export interface TranslationFeatures {
  /** Implemented physical address size in bits: 32, 36, 40, 42, 44, 48 or 52. */
  readonly paBits: number;
  /** Stage 1 granules. */
  readonly granule4K: boolean;
  readonly granule16K: boolean;
  readonly granule64K: boolean;
  /** Stage 2 granules. */
  readonly stage2Granule4K: boolean;
  readonly stage2Granule16K: boolean;
  readonly stage2Granule64K: boolean;
  /** FEAT_LPA2: 52-bit addresses with the 4 KiB and the 16 KiB granule, at stage 1 and stage 2. */
  readonly lpa2With4K: boolean;
  readonly lpa2With16K: boolean;
  readonly stage2Lpa2With4K: boolean;
  readonly stage2Lpa2With16K: boolean;
  /** FEAT_LVA: 52-bit virtual addresses with the 64 KiB granule. */
  readonly largeVa: boolean;
  /** FEAT_TTST: TxSZ up to 48 (47 with 64 KiB granules). */
  readonly smallTables: boolean;
  /** FEAT_HAFDBS: 0 none, 1 Access flag, 2 and up dirty state too. */
  readonly hardwareUpdates: number;
  /** FEAT_HPDS. */
  readonly hierarchicalPermissionDisable: boolean;
  /** FEAT_PAN: 0 none, 1 PAN, 2 with AT S1E1RP/WP, 3 with EPAN. */
  readonly pan: number;
  /** FEAT_XNX: execute-never at stage 2 by Exception level. */
  readonly xnx: boolean;
  /** FEAT_E0PD. */
  readonly e0pd: boolean;
  readonly asid16: boolean;
  readonly vmid16: boolean;
  /** FEAT_VHE. */
  readonly vhe: boolean;
  /** FEAT_S2FWB. */
  readonly forcedWriteBack: boolean;
  /** FEAT_NV. */
  readonly nestedVirtualization: boolean;
  readonly el2: boolean;
  readonly el3: boolean;
  /** FEAT_SEL2. */
  readonly secureEl2: boolean;
  /** FEAT_RME. */
  readonly rme: boolean;
}

/** Values of the ID registers that TranslationFeatures derives from. */
export interface TranslationIdRegisters {
  readonly ID_AA64PFR0_EL1: bigint;
  readonly ID_AA64MMFR0_EL1: bigint;
  readonly ID_AA64MMFR1_EL1: bigint;
  readonly ID_AA64MMFR2_EL1: bigint;
}

const PA_BITS = [32, 36, 40, 42, 44, 48, 52];

/** Bits of a physical address size field (PARange, IPS, PS); reserved values mean the largest. */
export function physicalAddressBits(field: number): number {
  return PA_BITS[field] ?? 52;
}

/** Reads the features off the ID registers. */
export function translationFeatures(id: TranslationIdRegisters): TranslationFeatures {
  const field = (value: bigint, low: number): number => Number((value >> BigInt(low)) & 15n);
  const pfr0 = id.ID_AA64PFR0_EL1;
  const mmfr0 = id.ID_AA64MMFR0_EL1;
  const mmfr1 = id.ID_AA64MMFR1_EL1;
  const mmfr2 = id.ID_AA64MMFR2_EL1;
  const tgran4 = field(mmfr0, 28);
  const tgran16 = field(mmfr0, 20);
  const tgran64 = field(mmfr0, 24);
  const tgran4Stage2 = field(mmfr0, 40);
  const tgran16Stage2 = field(mmfr0, 32);
  const tgran64Stage2 = field(mmfr0, 36);
  const granule4K = tgran4 !== 15;
  const granule16K = tgran16 !== 0;
  const granule64K = tgran64 !== 15;
  return {
    paBits: physicalAddressBits(field(mmfr0, 0)),
    granule4K,
    granule16K,
    granule64K,
    stage2Granule4K: tgran4Stage2 === 0 ? granule4K : tgran4Stage2 >= 2,
    stage2Granule16K: tgran16Stage2 === 0 ? granule16K : tgran16Stage2 >= 2,
    stage2Granule64K: tgran64Stage2 === 0 ? granule64K : tgran64Stage2 >= 2,
    lpa2With4K: tgran4 === 1,
    lpa2With16K: tgran16 === 2,
    stage2Lpa2With4K: tgran4Stage2 === 0 ? tgran4 === 1 : tgran4Stage2 === 3,
    stage2Lpa2With16K: tgran16Stage2 === 0 ? tgran16 === 2 : tgran16Stage2 === 3,
    largeVa: field(mmfr2, 16) >= 1,
    smallTables: field(mmfr2, 28) >= 1,
    hardwareUpdates: field(mmfr1, 0),
    hierarchicalPermissionDisable: field(mmfr1, 12) >= 1,
    pan: field(mmfr1, 20),
    xnx: field(mmfr1, 28) >= 1,
    e0pd: field(mmfr2, 60) >= 1,
    asid16: field(mmfr0, 4) === 2,
    vmid16: field(mmfr1, 4) === 2,
    vhe: field(mmfr1, 8) >= 1,
    forcedWriteBack: field(mmfr2, 40) >= 1,
    nestedVirtualization: field(mmfr2, 24) >= 1,
    el2: field(pfr0, 8) !== 0,
    el3: field(pfr0, 12) !== 0,
    secureEl2: field(pfr0, 36) >= 1,
    rme: field(pfr0, 52) >= 1,
  };
}
