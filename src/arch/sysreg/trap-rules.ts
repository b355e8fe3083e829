import type { AccessKind, FineGrainedTrap, TrapRule } from './definition.js';

const el1 = (bit: number, access: AccessKind, when: 0 | 1 = 0): TrapRule =>
  ({ control: 'SCTLR_EL1', host: 'SCTLR_EL2', bit, when, access, to: 1 });
const hcr = (bit: number, access: AccessKind, when: 0 | 1 = 1): TrapRule =>
  ({ control: 'HCR_EL2', bit, when, access, to: 2, guestOnly: true });
const mdcr2 = (bit: number, access: AccessKind = 'rw'): TrapRule =>
  ({ control: 'MDCR_EL2', bit, when: 1, access, to: 2 });
const mdcr3 = (bit: number, access: AccessKind = 'rw'): TrapRule =>
  ({ control: 'MDCR_EL3', bit, when: 1, access, to: 3 });
const scr = (bit: number, access: AccessKind = 'rw', when: 0 | 1 = 1): TrapRule =>
  ({ control: 'SCR_EL3', bit, when, access, to: 3 });

/** Sets of rules by the name of the control bit that the Arm ARM gives them. */
export const Traps = {
  /** SCTLR_EL1.UCT: EL0 reads of CTR_EL0. */
  UCT: [el1(15, 'r')],
  /** SCTLR_EL1.TSCXT: EL0 accesses to SCXTNUM_EL0. */
  TSCXT: [el1(20, 'rw', 1)],
  /** HCR_EL2.TVM and TRVM: virtual memory controls. */
  VM: [hcr(26, 'w'), hcr(30, 'r')],
  TID1: [hcr(16, 'r')],
  TID2: [hcr(17, 'rw'), hcr(49, 'rw')],
  /** TID2 without TID4: CTR_EL0. */
  TID2_ONLY: [hcr(17, 'r')],
  TID3: [hcr(18, 'r')],
  TACR: [hcr(21, 'rw')],
  TLOR: [hcr(35, 'rw'), scr(14)],
  TERR: [hcr(36, 'rw'), scr(15)],
  FIEN: [hcr(36, 'rw'), hcr(47, 'rw', 0), scr(15), scr(21, 'rw', 0)],
  APK: [hcr(40, 'rw', 0), scr(16, 'rw', 0)],
  EnSCXT: [hcr(53, 'rw', 0), scr(25, 'rw', 0)],
  TCPAC: [
    { control: 'CPTR_EL2', bit: 31, when: 1, access: 'rw', to: 2 },
    { control: 'CPTR_EL3', bit: 31, when: 1, access: 'rw', to: 3 },
  ],
  TCPAC3: [{ control: 'CPTR_EL3', bit: 31, when: 1, access: 'rw', to: 3 }],
  TDA: [mdcr2(9), mdcr3(9)],
  TDOSA: [mdcr2(10), mdcr3(10)],
  TDRA: [mdcr2(11), mdcr3(9)],
  TPM: [mdcr2(6), mdcr3(6)],
  TPMCR: [mdcr2(5), mdcr2(6), mdcr3(6)],
  TPM3: [mdcr3(6)],
  FGTEn: [scr(27, 'rw', 0)],
  HXEn: [scr(38, 'rw', 0)],
} as const satisfies Record<string, readonly TrapRule[]>;

/** HFGRTR_EL2 and HFGWTR_EL2 bits by register (Arm ARM, D19.2.60). */
const HFG: Readonly<Record<string, number>> = {
  AFSR0_EL1: 0, AFSR1_EL1: 1, AIDR_EL1: 2, AMAIR_EL1: 3, APDAKeyLo_EL1: 4, APDAKeyHi_EL1: 4, APDBKeyLo_EL1: 5,
  APDBKeyHi_EL1: 5, APGAKeyLo_EL1: 6, APGAKeyHi_EL1: 6, APIAKeyLo_EL1: 7, APIAKeyHi_EL1: 7, APIBKeyLo_EL1: 8,
  APIBKeyHi_EL1: 8, CCSIDR_EL1: 9, CLIDR_EL1: 10, CONTEXTIDR_EL1: 11, CPACR_EL1: 12, CSSELR_EL1: 13, CTR_EL0: 14,
  DCZID_EL0: 15, ESR_EL1: 16, FAR_EL1: 17, ISR_EL1: 18, LORC_EL1: 19, LOREA_EL1: 20, LORID_EL1: 21, LORN_EL1: 22,
  LORSA_EL1: 23, MAIR_EL1: 24, MIDR_EL1: 25, MPIDR_EL1: 26, PAR_EL1: 27, REVIDR_EL1: 28, SCTLR_EL1: 29, SCXTNUM_EL1: 30,
  SCXTNUM_EL0: 31, TCR_EL1: 32, TPIDR_EL1: 33, TPIDRRO_EL0: 34, TPIDR_EL0: 35, TTBR0_EL1: 36, TTBR1_EL1: 37,
  VBAR_EL1: 38, ICC_IGRPEN0_EL1: 39, ICC_IGRPEN1_EL1: 39, ERRIDR_EL1: 40, ERRSELR_EL1: 41,
  ERXFR_EL1: 42, ERXCTLR_EL1: 43,
  ERXSTATUS_EL1: 44, ERXMISC0_EL1: 45, ERXMISC1_EL1: 45, ERXMISC2_EL1: 45, ERXMISC3_EL1: 45, ERXPFGF_EL1: 46,
  ERXPFGCTL_EL1: 47, ERXPFGCDN_EL1: 48, ERXADDR_EL1: 49,
};

/** HDFGRTR_EL2 and HDFGWTR_EL2 bits by register, digits of numbered registers removed (Arm ARM, D19.2.57). */
const HDFG: Readonly<Record<string, number>> = {
  DBGBCR_EL1: 0, DBGBVR_EL1: 1, DBGWCR_EL1: 2, DBGWVR_EL1: 3, MDSCR_EL1: 4, DBGCLAIMSET_EL1: 5, DBGCLAIMCLR_EL1: 5,
  DBGAUTHSTATUS_EL1: 6, DBGPRCR_EL1: 7, OSLAR_EL1: 8, OSLSR_EL1: 9, OSECCR_EL1: 10, OSDLR_EL1: 11, PMEVCNTR_EL0: 12,
  PMXEVCNTR_EL0: 12, PMEVTYPER_EL0: 13, PMXEVTYPER_EL0: 13, PMCCFILTR_EL0: 14, PMCCNTR_EL0: 15, PMCNTENSET_EL0: 16,
  PMCNTENCLR_EL0: 16, PMINTENSET_EL1: 17, PMINTENCLR_EL1: 17, PMOVSSET_EL0: 18, PMOVSCLR_EL0: 18, PMSELR_EL0: 19,
  PMSWINC_EL0: 20, PMCR_EL0: 21, PMMIR_EL1: 22, PMUSERENR_EL0: 57, PMCEID0_EL0: 58, PMCEID1_EL0: 58,
};

/** The fine-grained trap of a register, if it has one. */
export function fineGrainedTrap(name: string): FineGrainedTrap | undefined {
  const hfg = HFG[name];
  if (hfg !== undefined) return { group: 'HFG', bit: hfg };
  const hdfg = HDFG[name.replace(/^((?:DBG[BW][VC]R|PMEV(?:CNTR|TYPER)))\d+/, '$1')];
  return hdfg === undefined ? undefined : { group: 'HDFG', bit: hdfg };
}
