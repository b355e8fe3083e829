import type { FeatureName } from './feature-list.js';

export type CpuModelName = 'cortex-a57' | 'cortex-a76' | 'neoverse-n1' | 'max';
/** Sets of implementation defined registers. */
export type ImplementationDefinedRegisters = 'cortex-a57' | 'neoverse-n1' | 'none';

/** What a CPU is, before the machine's options and IMPLEMENTED_FEATURES are applied. */
export interface CpuDefinition {
  readonly name: CpuModelName;
  /** Device tree "compatible" of the CPU node. */
  readonly compatible: string;
  readonly features: readonly FeatureName[];
  /** Identification fields that count or size something. */
  readonly constants: Readonly<Record<string, number>>;
  readonly midr: number;
  readonly revidr: number;
  readonly ctr: number;
  readonly clidr: number;
  /** CCSIDR_EL1 by CSSELR_EL1: (level - 1) << 1 | instruction. */
  readonly ccsidr: Readonly<Record<number, number>>;
  readonly dczid: number;
  /** PMCR_EL0 identification bits: implementer, identity code and number of event counters. */
  readonly pmcr: number;
  readonly sctlr: number;
  readonly implementationDefined: ImplementationDefinedRegisters;
}

/** Feature names without FEAT_, which the translation granules do not have. */
const featNames = (text: string): FeatureName[] =>
  text.split(/\s+/).map((name) => (name.startsWith('TGran') ? name : `FEAT_${name}`) as FeatureName);

/** Debug resources that all four models share: 6 breakpoints, 4 watchpoints, 2 context-aware breakpoints. */
const DEBUG = { 'DFR0.BRPs': 5, 'DFR0.WRPs': 3, 'DFR0.CTX_CMPs': 1 };

const V8_0 = 'FP AdvSIMD AES PMULL SHA1 SHA256 CRC32 PMUv3 TGran4K TGran64K MixedEnd';
const V8_2 = `${V8_0} TGran16K LSE RDM LOR HPDS HAF HAFDBS PAN PAN2 VMID16 VHE Debugv8p1 Debugv8p2 PMUv3p1 FP16
  DotProd DPB UAO TTCNP IESB RAS XNX HPDS2 LRCPC CSV2 CSV3 SSBS`;

/** Identification values: QEMU's for the same names, which are those of the cores' reference manuals. */
export const CPU_DEFINITIONS: Readonly<Record<CpuModelName, CpuDefinition>> = {
  'cortex-a57': {
    name: 'cortex-a57',
    compatible: 'arm,cortex-a57',
    features: featNames(V8_0),
    constants: { ...DEBUG, 'MMFR0.PARange': 4, 'MMFR0.ASIDBits': 2, 'MMFR0.SNSMem': 1 },
    midr: 0x411fd070,
    revidr: 0,
    ctr: 0x8444c004,
    clidr: 0x0a200023,
    ccsidr: { 0: 0x701fe00a, 1: 0x201fe012, 2: 0x70ffe07a },
    dczid: 4,
    pmcr: 0x41013000,
    sctlr: 0x00c50838,
    implementationDefined: 'cortex-a57',
  },
  'cortex-a76': {
    name: 'cortex-a76',
    compatible: 'arm,cortex-a76',
    features: featNames(V8_2),
    constants: { ...DEBUG, 'MMFR0.PARange': 2, 'MMFR0.ASIDBits': 2, 'MMFR0.SNSMem': 1 },
    midr: 0x414fd0b1,
    revidr: 0,
    ctr: 0x8444c004,
    clidr: 0x82000023,
    ccsidr: { 0: 0x701fe01a, 1: 0x201fe01a, 2: 0x707fe03a },
    dczid: 4,
    pmcr: 0x410b3000,
    sctlr: 0x30c50838,
    implementationDefined: 'neoverse-n1',
  },
  'neoverse-n1': {
    name: 'neoverse-n1',
    compatible: 'arm,neoverse-n1',
    features: featNames(`${V8_2} SSBS2`),
    constants: { ...DEBUG, 'MMFR0.PARange': 5, 'MMFR0.ASIDBits': 2, 'MMFR0.SNSMem': 1 },
    midr: 0x414fd0c1,
    revidr: 0,
    ctr: 0x8444c004,
    clidr: 0x82000023,
    ccsidr: { 0: 0x701fe01a, 1: 0x201fe01a, 2: 0x70ffe03a },
    dczid: 4,
    pmcr: 0x410c3000,
    sctlr: 0x30c50838,
    implementationDefined: 'neoverse-n1',
  },
  max: {
    name: 'max',
    compatible: 'arm,armv8',
    features: featNames(`${V8_2} CSV2_2 SB SPECRES SSBS2 DGH ETS FHM SHA512 SHA3 SM3 SM4 BF16 I8MM DPB2 LPA LVA RASv1p1
      PAuth PACIMP JSCVT FCMA LRCPC2 LRCPC3 FlagM FlagM2 DIT LSE2 LSE128 IDST TTL TTST S2FWB SEL2 TLBIOS TLBIRANGE BBM1
      BBM2 Debugv8p4 PMUv3p4 PMUv3p5 PMUv3p7 BTI FRINTTS RNG E0PD ExS GTG FGT ECV EVT TWED LPA2 PAN3 WFxT XS HCX AFP
      RPRES EPAC PAuth2 FPAC FPACCOMBINE MOPS HBC TIDCP1 CMOW CSSC CMPBR FPRCVT CLRBHB SVE SME MTE MTE2`),
    constants: { ...DEBUG, 'MMFR0.PARange': 5, 'MMFR0.ASIDBits': 2, 'MMFR0.SNSMem': 1 },
    midr: 0x000f0510,
    revidr: 0,
    ctr: 0x8444c004,
    clidr: 0x02000023,
    ccsidr: { 0: 0x701fe00a, 1: 0x201fe012, 2: 0x70ffe07a },
    dczid: 4,
    pmcr: 0x41013000,
    sctlr: 0x00c50838,
    implementationDefined: 'cortex-a57',
  },
};
