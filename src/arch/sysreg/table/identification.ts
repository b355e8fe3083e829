import { ID_REGISTER_NAMES } from '../../features/id-registers.js';
import { register, type RegisterDefinition } from '../definition.js';
import { genericName, packEncoding } from '../encoding.js';
import { Traps } from '../trap-rules.js';

const AARCH64: Readonly<Record<string, string>> = {
  ID_AA64PFR0_EL1: '3 0 0 4 0', ID_AA64PFR1_EL1: '3 0 0 4 1', ID_AA64DFR0_EL1: '3 0 0 5 0',
  ID_AA64DFR1_EL1: '3 0 0 5 1',
  ID_AA64ISAR0_EL1: '3 0 0 6 0', ID_AA64ISAR1_EL1: '3 0 0 6 1', ID_AA64ISAR2_EL1: '3 0 0 6 2',
  ID_AA64ISAR3_EL1: '3 0 0 6 3',
  ID_AA64MMFR0_EL1: '3 0 0 7 0', ID_AA64MMFR1_EL1: '3 0 0 7 1', ID_AA64MMFR2_EL1: '3 0 0 7 2',
  ID_AA64MMFR3_EL1: '3 0 0 7 3',
};

/** Registers that read as zero: AArch32 has no presence at any EL, SVE and SME are absent. */
const ZERO: Readonly<Record<string, string>> = {
  ID_PFR0_EL1: '3 0 0 1 0', ID_PFR1_EL1: '3 0 0 1 1', ID_DFR0_EL1: '3 0 0 1 2', ID_AFR0_EL1: '3 0 0 1 3',
  ID_MMFR0_EL1: '3 0 0 1 4', ID_MMFR1_EL1: '3 0 0 1 5', ID_MMFR2_EL1: '3 0 0 1 6', ID_MMFR3_EL1: '3 0 0 1 7',
  ID_ISAR0_EL1: '3 0 0 2 0', ID_ISAR1_EL1: '3 0 0 2 1', ID_ISAR2_EL1: '3 0 0 2 2', ID_ISAR3_EL1: '3 0 0 2 3',
  ID_ISAR4_EL1: '3 0 0 2 4', ID_ISAR5_EL1: '3 0 0 2 5', ID_MMFR4_EL1: '3 0 0 2 6', ID_ISAR6_EL1: '3 0 0 2 7',
  MVFR0_EL1: '3 0 0 3 0', MVFR1_EL1: '3 0 0 3 1', MVFR2_EL1: '3 0 0 3 2', ID_PFR2_EL1: '3 0 0 3 4',
  ID_DFR1_EL1: '3 0 0 3 5', ID_MMFR5_EL1: '3 0 0 3 6', ID_AA64PFR2_EL1: '3 0 0 4 2', ID_AA64ZFR0_EL1: '3 0 0 4 4',
  ID_AA64SMFR0_EL1: '3 0 0 4 5', ID_AA64FPFR0_EL1: '3 0 0 4 7', ID_AA64AFR0_EL1: '3 0 0 5 4',
  ID_AA64AFR1_EL1: '3 0 0 5 5',
  ID_AA64DFR2_EL1: '3 0 0 5 2', ID_AA64MMFR4_EL1: '3 0 0 7 4',
};

const readsAsZero = { rules: Traps.TID3, stored: false } as const;
const named = new Set([...Object.values(AARCH64), ...Object.values(ZERO)]);

/** The rest of op0=3, op1=0, CRn=0, CRm=1..7 is reserved and reads as zero (Arm ARM, D19.1.1). */
function reserved(): RegisterDefinition[] {
  const rows: RegisterDefinition[] = [];
  for (let crm = 1; crm < 8; crm++) {
    for (let op2 = 0; op2 < 8; op2++) {
      const encoding = `3 0 0 ${crm} ${op2}`;
      if (named.has(encoding)) continue;
      rows.push(register(genericName(packEncoding(3, 0, 0, crm, op2)), encoding, 'r1', readsAsZero));
    }
  }
  return rows;
}

export const IDENTIFICATION: readonly RegisterDefinition[] = [
  ...ID_REGISTER_NAMES.map((name) =>
    register(name, AARCH64[name], 'r1', { rules: Traps.TID3, reset: (model) => model.idRegisters.get(name)! }),
  ),
  ...Object.entries(ZERO).map(([name, encoding]) => register(name, encoding, 'r1', readsAsZero)),
  ...reserved(),
  register('MIDR_EL1', '3 0 0 0 0', 'r1', { reset: (model) => BigInt(model.definition.midr) }),
  register('MPIDR_EL1', '3 0 0 0 5', 'r1'),
  register('REVIDR_EL1', '3 0 0 0 6', 'r1', { rules: Traps.TID1, reset: (model) => BigInt(model.definition.revidr) }),
  register('AIDR_EL1', '3 1 0 0 7', 'r1', { rules: Traps.TID1, stored: false }),
  register('VPIDR_EL2', '3 4 0 0 0', 'rw2', {
    present: 'EL2', reset: (model) => BigInt(model.definition.midr), writable: 0xffff_ffffn,
  }),
  register('VMPIDR_EL2', '3 4 0 0 5', 'rw2', { present: 'EL2' }),
  register('CTR_EL0', '3 3 0 0 1', 'r0', {
    rules: [...Traps.UCT, ...Traps.TID2_ONLY], reset: (model) => BigInt(model.definition.ctr),
  }),
  register('DCZID_EL0', '3 3 0 0 7', 'r0', { reset: (model) => BigInt(model.definition.dczid) }),
  register('CCSIDR_EL1', '3 1 0 0 0', 'r1', { rules: Traps.TID2, stored: false }),
  register('CLIDR_EL1', '3 1 0 0 1', 'r1', { rules: Traps.TID2, reset: (model) => BigInt(model.definition.clidr) }),
  register('CSSELR_EL1', '3 2 0 0 0', 'rw1', { rules: Traps.TID2, writable: 0xfn }),
  register('RNDR', '3 3 2 4 0', 'r0', { present: 'FEAT_RNG', stored: false }),
  register('RNDRRS', '3 3 2 4 1', 'r0', { present: 'FEAT_RNG', stored: false }),
  register('LORSA_EL1', '3 0 10 4 0', 'rw1', { present: 'FEAT_LOR', rules: Traps.TLOR, writable: 0n }),
  register('LOREA_EL1', '3 0 10 4 1', 'rw1', { present: 'FEAT_LOR', rules: Traps.TLOR, writable: 0n }),
  register('LORN_EL1', '3 0 10 4 2', 'rw1', { present: 'FEAT_LOR', rules: Traps.TLOR, writable: 0n }),
  register('LORC_EL1', '3 0 10 4 3', 'rw1', { present: 'FEAT_LOR', rules: Traps.TLOR, writable: 0n }),
  register('LORID_EL1', '3 0 10 4 7', 'r1', { present: 'FEAT_LOR', rules: Traps.TLOR }),
];
