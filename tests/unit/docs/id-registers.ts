/** Identification registers of the CPU models beside those of QEMU, and why they differ. */
import { readFileSync } from 'node:fs';
import { createCpuModel } from '../../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../../src/arch/features/cpu-models.js';
import { ID_FIELDS, ID_REGISTER_NAMES } from '../../../src/arch/features/id-registers.js';
import { SYSREG_BY_NAME } from '../../../src/arch/sysreg/table/index.js';

/** Recorded by record-id-registers.ts. */
export interface RecordedRegisters {
  /** Versions of QEMU, in the order of the values. */
  readonly sources: readonly string[];
  /** Hexadecimal values by model and register. */
  readonly models: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const RECORDED_URL = new URL('data/qemu-id-registers.json', import.meta.url);

/** Registers that are compared: those with fields of features, and those that identify a core and its caches. */
export const COMPARED = [
  ...ID_REGISTER_NAMES, 'ID_AA64PFR2_EL1', 'ID_AA64ZFR0_EL1', 'ID_AA64SMFR0_EL1', 'ID_AA64FPFR0_EL1', 'ID_AA64AFR0_EL1',
  'ID_AA64AFR1_EL1', 'ID_AA64DFR2_EL1', 'ID_AA64MMFR4_EL1', 'MIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1',
  'CTR_EL0', 'DCZID_EL0', 'CLIDR_EL1', 'CCSIDR_EL1',
] as const;

let file: RecordedRegisters | undefined;
/** The recorded values; read when first asked for, so that they can be recorded before. */
function recorded(): RecordedRegisters {
  file ??= JSON.parse(readFileSync(RECORDED_URL, 'utf8')) as RecordedRegisters;
  return file;
}

/** "QEMU 7.2.22". */
export const qemuSources = (): readonly string[] => recorded().sources;

/** A register, or one of its fields, of a model. */
export interface Place {
  readonly model: CpuModelName;
  readonly register: string;
  readonly field: string | undefined;
}

export interface Difference extends Place {
  /** Hexadecimal. */
  readonly ours: string;
  readonly theirs: readonly string[];
}

export interface Comparison {
  readonly values: readonly { readonly register: string; readonly ours: string; readonly theirs: readonly string[] }[];
  readonly differences: readonly Difference[];
}

function ourValue(name: CpuModelName, register: string): bigint {
  const model = createCpuModel(name, { el2: true, el3: true });
  // CSSELR_EL1 is 0: the first level's data cache
  if (register === 'CCSIDR_EL1') return BigInt(model.definition.ccsidr[0]);
  const { stored, reset } = SYSREG_BY_NAME.get(register)!;
  if (!stored) return 0n;
  return typeof reset === 'bigint' ? reset : reset(model);
}

/** Both sides of a model, whole and by field where they differ. */
export function compareIdentification(model: CpuModelName): Comparison {
  const values: Comparison['values'][number][] = [];
  const differences: Difference[] = [];
  for (const register of COMPARED) {
    const ours = ourValue(model, register);
    const theirs = recorded().models[model][register].map((text) => BigInt(`0x${text}`));
    values.push({ register, ours: ours.toString(16), theirs: theirs.map((value) => value.toString(16)) });
    if (theirs.every((value) => value === ours)) continue;
    const fields = ID_FIELDS.filter((field) => field.register === register);
    let rest = ~0n;
    for (const { name, shift } of fields) {
      rest &= ~(15n << BigInt(shift));
      const at = (value: bigint): string => ((value >> BigInt(shift)) & 15n).toString(16);
      if (theirs.every((value) => at(value) === at(ours))) continue;
      differences.push({ model, register, field: name, ours: at(ours), theirs: theirs.map(at) });
    }
    if (theirs.some((value) => ((value ^ ours) & rest) !== 0n)) {
      const hex = (value: bigint): string => value.toString(16);
      differences.push({ model, register, field: undefined, ours: hex(ours), theirs: theirs.map(hex) });
    }
  }
  return { values, differences };
}

const AARCH64_ONLY = 'this Exception level is AArch64 only here';
const LATER = 'not in Ulna';
const OLDER = 'QEMU 7.2 does not have it yet';

/** By "model register.field"; the model is a pattern. */
export const EXPLANATIONS: readonly (readonly [models: RegExp, place: string, why: string])[] = [
  [/./, 'ID_AA64PFR0_EL1.EL0', AARCH64_ONLY],
  [/^(cortex-a57|max)$/, 'ID_AA64PFR0_EL1.EL1', AARCH64_ONLY],
  [/^(cortex-a57|max)$/, 'ID_AA64PFR0_EL1.EL2', AARCH64_ONLY],
  [/^(cortex-a57|max)$/, 'ID_AA64PFR0_EL1.EL3', AARCH64_ONLY],
  [/./, 'ID_AA64MMFR0_EL1.BigEnd', 'FEAT_MixedEnd is withheld: data accesses are little-endian'],
  [/^cortex-a57$/, 'CCSIDR_EL1', 'the level 1 data cache of the core has 32 KiB in 2 ways; QEMU 11.1 says 4'],
  [/^max$/, 'ID_AA64PFR0_EL1.SVE', 'SVE is not implemented'],
  [/^max$/, 'ID_AA64PFR0_EL1.CSV2', `FEAT_CSV2_3: ${LATER}`],
  [/^max$/, 'ID_AA64PFR1_EL1.MTE', 'QEMU 7.2 has the instructions only together with tag storage'],
  [/^max$/, 'ID_AA64PFR1_EL1.SME', 'SME is not implemented'],
  [/^max$/, 'ID_AA64PFR1_EL1.RNDR_trap', `FEAT_RNG_TRAP: ${LATER}`],
  [/^max$/, 'ID_AA64PFR1_EL1.NMI', `FEAT_NMI: ${LATER}`],
  [/^max$/, 'ID_AA64PFR1_EL1.GCS', `FEAT_GCS: ${LATER}`],
  [/^max$/, 'ID_AA64PFR1_EL1.MTEX', 'memory tagging is not implemented'],
  [/^max$/, 'ID_AA64DFR0_EL1.DebugVer', `FEAT_Debugv8p8: ${LATER}`],
  [/^max$/, 'ID_AA64DFR0_EL1.HPMN0', `FEAT_HPMN0: ${LATER}`],
  [/^max$/, 'ID_AA64ISAR0_EL1.Atomic', 'FEAT_LSE128 is withheld'],
  [/^max$/, 'ID_AA64ISAR1_EL1.APA', 'QEMU 7.2 authenticates by QARMA5, 11.1 and Ulna by an implementation defined hash'],
  [/^max$/, 'ID_AA64ISAR1_EL1.GPA', 'as APA'],
  [/^max$/, 'ID_AA64ISAR1_EL1.API', 'as APA'],
  [/^max$/, 'ID_AA64ISAR1_EL1.GPI', 'as APA'],
  [/^max$/, 'ID_AA64ISAR1_EL1.BF16', `FEAT_EBF16: ${LATER}`],
  [/^max$/, 'ID_AA64ISAR1_EL1.XS', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.WFxT', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.RPRES', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.MOPS', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.BC', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.CLRBHB', 'CLRBHB is a NOP that QEMU does not advertise'],
  [/^max$/, 'ID_AA64ISAR2_EL1.CSSC', OLDER],
  [/^max$/, 'ID_AA64ISAR2_EL1.LUT', `FEAT_LUT: ${LATER}`],
  [/^max$/, 'ID_AA64ISAR2_EL1.ATS1A', `FEAT_ATS1A: ${LATER}`],
  [/^max$/, 'ID_AA64ISAR3_EL1.FAMINMAX', `FEAT_FAMINMAX: ${LATER}`],
  [/^max$/, 'ID_AA64ISAR3_EL1.FPRCVT', OLDER],
  [/^max$/, 'ID_AA64MMFR0_EL1.FGT', OLDER],
  [/^max$/, 'ID_AA64MMFR0_EL1.ECV', `${OLDER}; FEAT_ECV_POFF of 11.1 is not in Ulna`],
  [/^max$/, 'ID_AA64MMFR1_EL1.HPDS', OLDER],
  [/^max$/, 'ID_AA64MMFR1_EL1.PAN', OLDER],
  [/^max$/, 'ID_AA64MMFR1_EL1.TWED', 'QEMU has no FEAT_TWED; a delay of any length, none included, is right'],
  [/^max$/, 'ID_AA64MMFR1_EL1.ETS', `FEAT_ETS3: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR1_EL1.AFP', OLDER],
  [/^max$/, 'ID_AA64MMFR1_EL1.TIDCP1', OLDER],
  [/^max$/, 'ID_AA64MMFR1_EL1.CMOW', 'FEAT_CMOW is withheld'],
  [/^max$/, 'ID_AA64MMFR2_EL1.NV', `FEAT_NV and FEAT_NV2: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR2_EL1.AT', OLDER],
  [/^max$/, 'ID_AA64MMFR2_EL1.EVT', OLDER],
  [/^max$/, 'ID_AA64MMFR3_EL1.TCRX', `FEAT_TCR2: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.SCTLRX', `FEAT_SCTLR2: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.S1PIE', `FEAT_S1PIE: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.S2PIE', `FEAT_S2PIE: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.AIE', `FEAT_AIE: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.MEC', `FEAT_MEC: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR3_EL1.Spec_FPACC', 'goes with FEAT_FPACCOMBINE, which is withheld'],
  [/^max$/, 'ID_AA64PFR2_EL1', `FEAT_FPMR and parts of memory tagging: ${LATER}`],
  [/^max$/, 'ID_AA64ZFR0_EL1', 'SVE is not implemented'],
  [/^max$/, 'ID_AA64SMFR0_EL1', 'SME is not implemented'],
  [/^max$/, 'ID_AA64FPFR0_EL1', `FP8: ${LATER}`],
  [/^max$/, 'ID_AA64MMFR4_EL1', `features of Armv9.5 and later: ${LATER}`],
  [/^max$/, 'CTR_EL0', 'QEMU 11.1 says that code needs no cache maintenance (DIC and IDC)'],
  [/^max$/, 'CLIDR_EL1', 'QEMU 11.1 has another description of the caches of its own CPU'],
  [/^max$/, 'CCSIDR_EL1', 'QEMU 11.1 has another description of the caches of its own CPU'],
];

const placeName = ({ register, field }: Place): string => (field === undefined ? register : `${register}.${field}`);

/** Why the models differ there; undefined if nobody knows. */
export function explanationOf(place: Place): string | undefined {
  return EXPLANATIONS.find(([models, name]) => name === placeName(place) && models.test(place.model))?.[2];
}

/** Explanations that nothing needs any more. */
export function unusedExplanations(differences: readonly Difference[]): string[] {
  return EXPLANATIONS.filter(
    ([models, name]) => !differences.some((place) => placeName(place) === name && models.test(place.model)),
  ).map(([, name]) => name);
}
