/** Identification registers of the AArch64 feature set and their 4-bit fields (Arm ARM, D19.2). */

export const ID_REGISTER_NAMES = [
  'ID_AA64PFR0_EL1', 'ID_AA64PFR1_EL1', 'ID_AA64DFR0_EL1', 'ID_AA64DFR1_EL1', 'ID_AA64ISAR0_EL1', 'ID_AA64ISAR1_EL1',
  'ID_AA64ISAR2_EL1', 'ID_AA64ISAR3_EL1', 'ID_AA64MMFR0_EL1', 'ID_AA64MMFR1_EL1', 'ID_AA64MMFR2_EL1',
  'ID_AA64MMFR3_EL1',
] as const;
export type IdRegisterName = (typeof ID_REGISTER_NAMES)[number];

export interface IdField {
  readonly register: IdRegisterName;
  readonly name: string;
  /** Bit number of the least significant bit. */
  readonly shift: number;
  /** Value when nothing that the field describes is there. */
  readonly absent: number;
}

/** Field names from bit 0 upwards, four bits each; '-' is RES0, `Name=v` gives the value that means "absent". */
const LAYOUT: Readonly<Record<IdRegisterName, string>> = {
  ID_AA64PFR0_EL1: 'EL0=1 EL1=1 EL2 EL3 FP=15 AdvSIMD=15 GIC RAS SVE SEL2 MPAM AMU DIT RME CSV2 CSV3',
  ID_AA64PFR1_EL1: 'BT SSBS MTE RAS_frac MPAM_frac - SME RNDR_trap CSV2_frac NMI MTE_frac GCS THE MTEX DF2 PFAR',
  ID_AA64DFR0_EL1: 'DebugVer=6 TraceVer PMUVer BRPs PMSS WRPs SEBEP CTX_CMPs PMSVer DoubleLock TraceFilt TraceBuffer ' +
    'MTPMU BRBE ExtTrcBuff HPMN0',
  ID_AA64DFR1_EL1: '- - - - - - - - - - - - - - - -',
  ID_AA64ISAR0_EL1: '- AES SHA1 SHA2 CRC32 Atomic TME RDM SHA3 SM3 SM4 DP FHM TS TLB RNDR',
  ID_AA64ISAR1_EL1: 'DPB APA API JSCVT FCMA LRCPC GPA GPI FRINTTS SB SPECRES BF16 DGH I8MM XS LS64',
  ID_AA64ISAR2_EL1:
    'WFxT RPRES GPA3 APA3 MOPS BC PAC_frac CLRBHB SYSREG_128 SYSINSTR_128 PRFMSLC - RPRFM CSSC LUT ATS1A',
  ID_AA64ISAR3_EL1: 'CPA FAMINMAX TLBIW PACM LSFE OCCMO LSUI FPRCVT - - - - - - - -',
  ID_AA64MMFR0_EL1: 'PARange ASIDBits BigEnd SNSMem BigEndEL0 TGran16 TGran64=15 TGran4=15 TGran16_2 TGran64_2 ' +
    'TGran4_2 ExS - - FGT ECV',
  ID_AA64MMFR1_EL1: 'HAFDBS VMIDBits VH HPDS LO PAN SpecSEI XNX TWED ETS HCX AFP nTLBPA TIDCP1 CMOW ECBHB',
  ID_AA64MMFR2_EL1: 'CnP UAO LSM IESB VARange CCIDX NV ST AT IDS FWB - TTL BBM EVT E0PD',
  ID_AA64MMFR3_EL1: 'TCRX SCTLRX S1PIE S2PIE S1POE S2POE AIE MEC D128 D128_2 SNERR ANERR - SDERR ADERR Spec_FPACC',
};

function fieldsOf(register: IdRegisterName): IdField[] {
  return LAYOUT[register].split(' ').flatMap((text, index) => {
    const [name, absent] = text.split('=');
    return name === '-' ? [] : [{ register, name, shift: index * 4, absent: Number(absent ?? 0) }];
  });
}

export const ID_FIELDS: readonly IdField[] = ID_REGISTER_NAMES.flatMap(fieldsOf);

/** Finds a field by "ID_AA64ISAR0_EL1.AES" or, shorter, "ISAR0.AES". */
export function idField(path: string): IdField {
  const [register, name] = path.split('.');
  const full = register.startsWith('ID_') ? register : `ID_AA64${register}_EL1`;
  const field = ID_FIELDS.find((candidate) => candidate.register === full && candidate.name === name);
  if (field === undefined) throw new RangeError(`no identification field is called ${path}`);
  return field;
}
