import { FEATURES, type FeatureName } from './features/feature-list.js';
import { IMPLEMENTED_FEATURES } from './features/implemented.js';
import { createCpuModel, CPU_MODEL_NAMES } from './features/cpu-model.js';
import type { CpuModelName } from './features/cpu-models.js';
import { NEVER } from './sysreg/definition.js';
import { unpackEncoding } from './sysreg/encoding.js';
import { isPresent } from './sysreg/system-registers.js';
import { SYSREG_TABLE } from './sysreg/table/index.js';
import { SYS_INSTRUCTIONS } from './sysreg/table/sys-instructions.js';

/** Plain rows for generated documentation. */
export interface FeatureRow {
  readonly name: FeatureName;
  readonly version: string;
  readonly title: string;
  readonly implemented: boolean;
  /** CPU models that advertise it, with EL2 and EL3 present. */
  readonly models: readonly CpuModelName[];
}

export interface RegisterRow {
  readonly name: string;
  /** "S3_0_C1_C0_0" style parts. */
  readonly encoding: string;
  /** Lowest EL that may read or write, undefined for none. */
  readonly readFrom: number | undefined;
  readonly writeFrom: number | undefined;
  /** Names of the control bits that trap it: "HCR_EL2[26]". */
  readonly traps: readonly string[];
  readonly models: readonly CpuModelName[];
}

export interface SysRow {
  readonly name: string;
  readonly encoding: string;
  readonly from: number;
  readonly needs: readonly string[];
}

const models = CPU_MODEL_NAMES.map((name) => createCpuModel(name, { el2: true, el3: true }));

export function featureCatalogue(): FeatureRow[] {
  return FEATURES.map(({ name, version, title }) => ({
    name,
    version,
    title,
    implemented: IMPLEMENTED_FEATURES.has(name),
    models: models.filter((model) => model.has(name)).map((model) => model.name),
  }));
}

export function registerCatalogue(): RegisterRow[] {
  const level = (el: number): number | undefined => (el === NEVER ? undefined : el);
  return SYSREG_TABLE.filter((row) => row.encoding >= 0).map((row) => {
    const { op0, op1, crn, crm, op2 } = unpackEncoding(row.encoding);
    return {
      name: row.name,
      encoding: `op0=${op0} op1=${op1} CRn=${crn} CRm=${crm} op2=${op2}`,
      readFrom: level(row.readFrom),
      writeFrom: level(row.writeFrom),
      traps: row.rules.map((rule) => `${rule.control}[${rule.bit}]`),
      models: models.filter((model) => isPresent(model, row.present)).map((model) => model.name),
    };
  });
}

export function sysCatalogue(): SysRow[] {
  return SYS_INSTRUCTIONS.map(({ name, encoding, from, needs }) => {
    const { op1, crn, crm, op2 } = unpackEncoding(encoding);
    return { name, encoding: `op1=${op1} CRn=${crn} CRm=${crm} op2=${op2}`, from, needs };
  });
}
