/**
 * Architectural features: Arm's name, the architecture version that introduced it, what it is, and the identification
 * fields that advertise it with the value that means "present" (Arm ARM, A2 and D19.2). Names without FEAT_ are
 * properties that have a field but no feature name.
 */
interface FeatureRow {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** "ISAR0.AES:1" lists a field and its value. */
  readonly fields: string;
  /** Features without which this one is not there, beside the lower values of the same field. */
  readonly requires?: string;
}

const row = <N extends string>(name: N, version: string, title: string, fields: string, requires?: string) =>
  ({ name, version, title, fields, ...(requires === undefined ? {} : { requires }) }) as const satisfies FeatureRow;

const ROWS = [
  row('FEAT_FP', '8.0', 'Floating point', 'PFR0.FP:0'),
  row('FEAT_AdvSIMD', '8.0', 'Advanced SIMD', 'PFR0.AdvSIMD:0'),
  row('FEAT_AES', '8.0', 'AES instructions', 'ISAR0.AES:1'),
  row('FEAT_PMULL', '8.0', '64-bit polynomial multiply', 'ISAR0.AES:2'),
  row('FEAT_SHA1', '8.0', 'SHA1 instructions', 'ISAR0.SHA1:1'),
  row('FEAT_SHA256', '8.0', 'SHA256 instructions', 'ISAR0.SHA2:1'),
  row('FEAT_CRC32', '8.0', 'CRC32 instructions', 'ISAR0.CRC32:1'),
  row('FEAT_CSV2', '8.0', 'Branch targets are separated by context', 'PFR0.CSV2:1'),
  row('FEAT_CSV2_2', '8.0', 'SCXTNUM_ELx', 'PFR0.CSV2:2'),
  row('FEAT_CSV3', '8.0', 'Faulting loads do not feed speculation', 'PFR0.CSV3:1'),
  row('FEAT_SB', '8.0', 'Speculation barrier instruction', 'ISAR1.SB:1'),
  row('FEAT_SPECRES', '8.0', 'Speculation restriction instructions', 'ISAR1.SPECRES:1'),
  row('FEAT_SSBS', '8.0', 'PSTATE.SSBS', 'PFR1.SSBS:1'),
  row('FEAT_SSBS2', '8.0', 'MRS and MSR of SSBS', 'PFR1.SSBS:2'),
  row('FEAT_DGH', '8.0', 'Data gathering hint', 'ISAR1.DGH:1'),
  row('FEAT_PMUv3', '8.0', 'Performance monitors', 'DFR0.PMUVer:1'),
  row('FEAT_MixedEnd', '8.0', 'SCTLR_ELx.EE selects the byte order', 'MMFR0.BigEnd:1'),
  row('TGran4K', '8.0', '4 KiB translation granule', 'MMFR0.TGran4:0'),
  row('TGran16K', '8.0', '16 KiB translation granule', 'MMFR0.TGran16:1'),
  row('TGran64K', '8.0', '64 KiB translation granule', 'MMFR0.TGran64:0'),
  row('FEAT_LSE', '8.1', 'Atomic memory operations', 'ISAR0.Atomic:2'),
  row('FEAT_RDM', '8.1', 'Rounding doubling multiply accumulate', 'ISAR0.RDM:1', 'FEAT_AdvSIMD'),
  row('FEAT_LOR', '8.1', 'Limited ordering regions', 'MMFR1.LO:1'),
  row('FEAT_HPDS', '8.1', 'Hierarchical permission disables', 'MMFR1.HPDS:1'),
  row('FEAT_HAF', '8.1', 'Hardware update of the Access flag', 'MMFR1.HAFDBS:1'),
  row('FEAT_HAFDBS', '8.1', 'Hardware update of dirty state', 'MMFR1.HAFDBS:2'),
  row('FEAT_PAN', '8.1', 'Privileged access never', 'MMFR1.PAN:1'),
  row('FEAT_VMID16', '8.1', '16-bit VMID', 'MMFR1.VMIDBits:2'),
  row('FEAT_VHE', '8.1', 'Virtualization host extensions', 'MMFR1.VH:1'),
  row('FEAT_Debugv8p1', '8.1', 'Debug with VHE', 'DFR0.DebugVer:7'),
  row('FEAT_PMUv3p1', '8.1', 'PMU extensions of Armv8.1', 'DFR0.PMUVer:4'),
  row('FEAT_ETS', '8.0', 'Enhanced translation synchronization', 'MMFR1.ETS:1'),
  row('FEAT_FP16', '8.2', 'Half-precision data processing', 'PFR0.FP:1 PFR0.AdvSIMD:1', 'FEAT_FP FEAT_AdvSIMD'),
  row('FEAT_DotProd', '8.2', 'Integer dot product', 'ISAR0.DP:1', 'FEAT_AdvSIMD'),
  row('FEAT_FHM', '8.2', 'FP16 multiply to FP32', 'ISAR0.FHM:1', 'FEAT_FP16'),
  row('FEAT_SHA512', '8.2', 'SHA512 instructions', 'ISAR0.SHA2:2'),
  row('FEAT_SHA3', '8.2', 'SHA3 instructions', 'ISAR0.SHA3:1'),
  row('FEAT_SM3', '8.2', 'SM3 instructions', 'ISAR0.SM3:1'),
  row('FEAT_SM4', '8.2', 'SM4 instructions', 'ISAR0.SM4:1'),
  row('FEAT_BF16', '8.2', 'BFloat16 instructions', 'ISAR1.BF16:1', 'FEAT_AdvSIMD'),
  row('FEAT_I8MM', '8.2', 'Int8 matrix multiply', 'ISAR1.I8MM:1', 'FEAT_AdvSIMD'),
  row('FEAT_DPB', '8.2', 'DC CVAP', 'ISAR1.DPB:1'),
  row('FEAT_DPB2', '8.2', 'DC CVADP', 'ISAR1.DPB:2'),
  row('FEAT_PAN2', '8.2', 'AT S1E1RP and AT S1E1WP', 'MMFR1.PAN:2'),
  row('FEAT_UAO', '8.2', 'Unprivileged access override', 'MMFR2.UAO:1'),
  row('FEAT_XNX', '8.2', 'Stage 2 execute-never by Exception level', 'MMFR1.XNX:1'),
  row('FEAT_HPDS2', '8.2', 'Page-based hardware attributes', 'MMFR1.HPDS:2'),
  row('FEAT_TTCNP', '8.2', 'Common not private translations', 'MMFR2.CnP:1'),
  row('FEAT_LPA', '8.2', '52-bit physical addresses with 64 KiB granule', 'MMFR0.PARange:6', 'TGran64K'),
  row('FEAT_LVA', '8.2', '52-bit virtual addresses with 64 KiB granule', 'MMFR2.VARange:1', 'TGran64K'),
  row('FEAT_LSMAOC', '8.2', 'Load and store multiple atomicity controls', 'MMFR2.LSM:1'),
  row('FEAT_IESB', '8.2', 'Implicit error synchronization', 'MMFR2.IESB:1', 'FEAT_RAS'),
  row('FEAT_RAS', '8.2', 'Reliability extension', 'PFR0.RAS:1'),
  row('FEAT_Debugv8p2', '8.2', 'Debug extensions of Armv8.2', 'DFR0.DebugVer:8'),
  row('FEAT_EVT', '8.2', 'Enhanced virtualization traps', 'MMFR2.EVT:2'),
  row('FEAT_PAuth', '8.3', 'Pointer authentication', ''),
  row('FEAT_EPAC', '8.3', 'Enhanced PAC (superseded by FEAT_PAuth2)', '', 'FEAT_PAuth'),
  row('FEAT_PAuth2', '8.6', 'PAC exclusive-or', '', 'FEAT_PAuth'),
  row('FEAT_FPAC', '8.6', 'Fault on a failed authentication', '', 'FEAT_PAuth2'),
  row('FEAT_FPACCOMBINE', '8.6', 'Fault in combined instructions', '', 'FEAT_FPAC'),
  row('FEAT_PACIMP', '8.3', 'PAC by an implementation defined hash', 'ISAR1.GPI:1', 'FEAT_PAuth'),
  row('FEAT_PACQARMA5', '8.3', 'PAC by QARMA5', 'ISAR1.GPA:1', 'FEAT_PAuth'),
  row('FEAT_PACQARMA3', '8.3', 'PAC by QARMA3', 'ISAR2.GPA3:1', 'FEAT_PAuth'),
  row('FEAT_CONSTPACFIELD', '8.3', 'PAC field size is constant', 'ISAR2.PAC_frac:1', 'FEAT_PAuth'),
  row('FEAT_JSCVT', '8.3', 'FJCVTZS', 'ISAR1.JSCVT:1'),
  row('FEAT_FCMA', '8.3', 'Complex number instructions', 'ISAR1.FCMA:1', 'FEAT_AdvSIMD'),
  row('FEAT_LRCPC', '8.3', 'LDAPR', 'ISAR1.LRCPC:1'),
  row('FEAT_CCIDX', '8.3', '64-bit CCSIDR_EL1', 'MMFR2.CCIDX:1'),
  row('FEAT_LRCPC2', '8.4', 'LDAPUR and STLUR', 'ISAR1.LRCPC:2'),
  row('FEAT_LRCPC3', '8.9', 'LDIAPP, STILP and SIMD forms', 'ISAR1.LRCPC:3'),
  row('FEAT_FlagM', '8.4', 'CFINV, RMIF, SETF', 'ISAR0.TS:1'),
  row('FEAT_FlagM2', '8.5', 'AXFLAG and XAFLAG', 'ISAR0.TS:2'),
  row('FEAT_DIT', '8.4', 'Data independent timing', 'PFR0.DIT:1'),
  row('FEAT_LSE2', '8.4', 'Larger single-copy atomic accesses', 'MMFR2.AT:1'),
  row('FEAT_IDST', '8.4', 'ID space accesses report EC 0x18', 'MMFR2.IDS:1'),
  row('FEAT_TTL', '8.4', 'Translation table level in TLBI', 'MMFR2.TTL:1'),
  row('FEAT_TTST', '8.4', 'Small translation tables', 'MMFR2.ST:1'),
  row('FEAT_S2FWB', '8.4', 'Stage 2 forced write-back', 'MMFR2.FWB:1'),
  row('FEAT_SEL2', '8.4', 'Secure EL2', 'PFR0.SEL2:1'),
  row('FEAT_TLBIOS', '8.4', 'TLBI outer shareable', 'ISAR0.TLB:1'),
  row('FEAT_TLBIRANGE', '8.4', 'TLBI by range', 'ISAR0.TLB:2'),
  row('FEAT_BBM1', '8.4', 'Changing block size, level 1', 'MMFR2.BBM:1'),
  row('FEAT_BBM2', '8.4', 'Changing block size, level 2', 'MMFR2.BBM:2'),
  row('FEAT_RASv1p1', '8.4', 'Reliability extension 1.1', 'PFR0.RAS:2'),
  row('FEAT_Debugv8p4', '8.4', 'Debug extensions of Armv8.4', 'DFR0.DebugVer:9'),
  row('FEAT_PMUv3p4', '8.4', 'PMU extensions of Armv8.4', 'DFR0.PMUVer:5'),
  row('FEAT_PMUv3p5', '8.5', 'PMU extensions of Armv8.5', 'DFR0.PMUVer:6'),
  row('FEAT_BTI', '8.5', 'Branch target identification', 'PFR1.BT:1'),
  row('FEAT_FRINTTS', '8.5', 'FRINT32 and FRINT64', 'ISAR1.FRINTTS:1'),
  row('FEAT_RNG', '8.5', 'RNDR and RNDRRS', 'ISAR0.RNDR:1'),
  row('FEAT_E0PD', '8.5', 'EL0 access to half of the map faults', 'MMFR2.E0PD:1'),
  row('FEAT_ExS', '8.5', 'Context synchronization controls', 'MMFR0.ExS:1'),
  row('FEAT_GTG', '8.5', 'Guest translation granule size', 'MMFR0.TGran4_2:2 MMFR0.TGran16_2:2 MMFR0.TGran64_2:2'),
  row('FEAT_FGT', '8.6', 'Fine-grained traps', 'MMFR0.FGT:1'),
  row('FEAT_ECV', '8.6', 'Enhanced counter virtualization', 'MMFR0.ECV:1'),
  row('FEAT_TWED', '8.6', 'Delayed trapping of WFE', 'MMFR1.TWED:1'),
  row('FEAT_LPA2', '8.7', '52-bit addresses with 4 KiB and 16 KiB granules',
    'MMFR0.TGran4:1 MMFR0.TGran16:2 MMFR0.TGran4_2:3 MMFR0.TGran16_2:3', 'TGran4K TGran16K FEAT_GTG'),
  row('FEAT_PAN3', '8.7', 'PAN honours execute-only (SCTLR_ELx.EPAN)', 'MMFR1.PAN:3'),
  row('FEAT_WFxT', '8.7', 'WFET and WFIT', 'ISAR2.WFxT:2'),
  row('FEAT_XS', '8.7', 'XS attribute and nXS forms', 'ISAR1.XS:1'),
  row('FEAT_HCX', '8.7', 'HCRX_EL2', 'MMFR1.HCX:1'),
  row('FEAT_AFP', '8.7', 'Alternate floating-point behaviour', 'MMFR1.AFP:1'),
  row('FEAT_RPRES', '8.7', '12-bit reciprocal estimates', 'ISAR2.RPRES:1', 'FEAT_AFP'),
  row('FEAT_PMUv3p7', '8.7', 'PMU extensions of Armv8.7', 'DFR0.PMUVer:7'),
  row('FEAT_MOPS', '8.8', 'Memory copy and set instructions', 'ISAR2.MOPS:1'),
  row('FEAT_HBC', '8.8', 'Hinted conditional branches', 'ISAR2.BC:1'),
  row('FEAT_TIDCP1', '8.8', 'EL0 use of implementation defined registers', 'MMFR1.TIDCP1:1'),
  row('FEAT_CMOW', '8.8', 'Permission checks of cache maintenance', 'MMFR1.CMOW:1'),
  row('FEAT_NMI', '8.8', 'Non-maskable interrupts', 'PFR1.NMI:1'),
  row('FEAT_CSSC', '8.9', 'Common short sequence instructions', 'ISAR2.CSSC:1'),
  row('FEAT_CMPBR', '9.6', 'Compare and branch instructions', 'ISAR2.CSSC:2'),
  row('FEAT_FPRCVT', '9.6', 'Conversions within the SIMD&FP registers', 'ISAR3.FPRCVT:1', 'FEAT_FP'),
  row('FEAT_CLRBHB', '8.9', 'Clear branch history', 'ISAR2.CLRBHB:1'),
  row('FEAT_LSE128', '9.3', '128-bit atomics', 'ISAR0.Atomic:3'),
  row('FEAT_SVE', '8.2', 'Scalable Vector Extension', 'PFR0.SVE:1'),
  row('FEAT_SME', '9.2', 'Scalable Matrix Extension', 'PFR1.SME:1'),
  row('FEAT_MTE', '8.5', 'Memory tagging instructions', 'PFR1.MTE:1'),
  row('FEAT_MTE2', '8.5', 'Memory tagging', 'PFR1.MTE:2'),
  row('FEAT_RME', '9.2', 'Realm Management Extension', 'PFR0.RME:1'),
] as const;

export type FeatureName = (typeof ROWS)[number]['name'];

export interface Feature {
  readonly name: FeatureName;
  /** Architecture version, "8.0" onwards. */
  readonly version: string;
  readonly title: string;
  readonly fields: readonly { readonly path: string; readonly value: number }[];
  readonly requires: readonly FeatureName[];
}

const parse = (text: string): Feature['fields'] =>
  text.split(' ').filter(Boolean).map((part) => {
    const [path, value] = part.split(':');
    return { path, value: Number(value) };
  });

/** Levels of pointer authentication; which field carries the level depends on the algorithm. */
export const PAUTH_LEVELS: readonly (readonly [FeatureName, number])[] = [
  ['FEAT_PAuth', 1], ['FEAT_EPAC', 2], ['FEAT_PAuth2', 3], ['FEAT_FPAC', 4], ['FEAT_FPACCOMBINE', 5],
];
export const PAUTH_FIELDS: readonly (readonly [FeatureName, string])[] = [
  ['FEAT_PACIMP', 'ISAR1.API'], ['FEAT_PACQARMA5', 'ISAR1.APA'], ['FEAT_PACQARMA3', 'ISAR2.APA3'],
];

/** Every feature Ulna knows the name of, implemented or not. */
export const FEATURES: readonly Feature[] = ROWS.map((entry) => ({
  name: entry.name,
  version: entry.version,
  title: entry.title,
  fields: parse(entry.fields),
  requires: ('requires' in entry ? (entry.requires as string).split(' ') : []) as FeatureName[],
}));
