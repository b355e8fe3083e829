import { CPU_DEFINITIONS, type CpuModelName } from './features/cpu-models.js';
import { createCpuModel, CPU_MODEL_NAMES } from './features/cpu-model.js';
import { FEATURES, type FeatureName } from './features/feature-list.js';
import { IMPLEMENTED_FEATURES } from './features/implemented.js';
import { WITHHELD } from './features/withheld.js';
import { BEHAVIOURS } from './sysreg/behaviour/index.js';
import { NEVER, type RegisterDefinition, type TrapRule } from './sysreg/definition.js';
import { unpackEncoding } from './sysreg/encoding.js';
import { isPresent } from './sysreg/system-registers.js';
import { SYSREG_TABLE } from './sysreg/table/index.js';
import { SYS_INSTRUCTIONS } from './sysreg/table/sys-instructions.js';
import { fineGrainedTrap } from './sysreg/trap-rules.js';

/** Plain rows for generated documentation. */
export interface FeatureRow {
  readonly name: FeatureName;
  readonly version: string;
  readonly title: string;
  /** "ISAR0.AES=1". */
  readonly fields: readonly string[];
  readonly implemented: boolean;
  /** CPU models that advertise it, with EL2 and EL3 present. */
  readonly models: readonly CpuModelName[];
  /** CPU models that would have it, but do not advertise it, and why. */
  readonly withheld: readonly CpuModelName[];
  readonly reason: string | undefined;
}

export interface RegisterRow {
  readonly name: string;
  /** "3,0,1,0,0": op0, op1, CRn, CRm, op2. */
  readonly encoding: string;
  /** Lowest EL that may read or write, undefined for none. */
  readonly readFrom: number | undefined;
  readonly writeFrom: number | undefined;
  /** Features and Exception levels it needs; "model" for a condition in code. */
  readonly needs: readonly string[];
  /** Value after reset in hexadecimal, 'by model' where the models differ, 'computed' without storage. */
  readonly reset: string;
  /** Functions of its behaviour: check, checkLast, read, write, written. */
  readonly hooks: readonly string[];
  /** Names of the control bits that trap it: "HCR_EL2[26]". */
  readonly traps: readonly string[];
  /** What an access reaches instead: "SCTLR_EL2 at EL2 with E2H", "SCTLR_EL1". */
  readonly redirected: string | undefined;
  readonly models: readonly CpuModelName[];
}

export interface SysRow {
  readonly name: string;
  /** "0,7,5,0": op1, CRn, CRm, op2. */
  readonly encoding: string;
  readonly from: number;
  readonly needs: readonly string[];
  readonly traps: readonly string[];
}

const models = CPU_MODEL_NAMES.map((name) => createCpuModel(name, { el2: true, el3: true }));

export function featureCatalogue(): FeatureRow[] {
  return FEATURES.map(({ name, version, title, fields }) => {
    const advertising = models.filter((model) => model.has(name)).map((model) => model.name);
    const named = CPU_MODEL_NAMES.filter((model) => CPU_DEFINITIONS[model].features.includes(name));
    return {
      name,
      version,
      title,
      fields: fields.map(({ path, value }) => `${path}=${value}`),
      implemented: IMPLEMENTED_FEATURES.has(name),
      models: advertising,
      withheld: named.filter((model) => !advertising.includes(model)),
      reason: WITHHELD[name],
    };
  });
}

const trapNames = (rules: readonly TrapRule[]): string[] => [
  ...new Set(rules.map(({ control, bit }) => `${control}[${bit}]`)),
];

function resetText(row: RegisterDefinition): string {
  if (!row.stored) return row.aliasOf === undefined ? 'computed' : '';
  const { reset } = row;
  if (typeof reset === 'bigint') return `0x${reset.toString(16)}`;
  const values = new Set(models.filter((model) => isPresent(model, row.present)).map((model) => reset(model)));
  return values.size === 1 ? `0x${[...values][0].toString(16)}` : 'by model';
}

function redirection(row: RegisterDefinition): string | undefined {
  if (row.aliasOf !== undefined) return row.aliasOf;
  if (row.host === undefined) return undefined;
  return `${row.host} at EL2 with E2H${row.hostAtEl0 ? ', and at EL0 with TGE' : ''}`;
}

/** Registers that an instruction can name. */
export function registerCatalogue(): RegisterRow[] {
  const level = (el: number): number | undefined => (el === NEVER ? undefined : el);
  return SYSREG_TABLE.filter((row) => row.encoding >= 0).map((row) => {
    const { op0, op1, crn, crm, op2 } = unpackEncoding(row.encoding);
    const fine = fineGrainedTrap(row.name);
    return {
      name: row.name,
      encoding: [op0, op1, crn, crm, op2].join(','),
      readFrom: level(row.readFrom),
      writeFrom: level(row.writeFrom),
      needs: row.present.map((need) => (typeof need === 'function' ? 'model' : need)),
      reset: resetText(row),
      hooks: Object.keys(BEHAVIOURS[row.name] ?? {}),
      traps: [...trapNames(row.rules), ...(fine === undefined ? [] : [`${fine.group}xTR_EL2[${fine.bit}]`])],
      redirected: redirection(row),
      models: models.filter((model) => isPresent(model, row.present)).map((model) => model.name),
    };
  });
}

export function sysCatalogue(): SysRow[] {
  return SYS_INSTRUCTIONS.map(({ name, encoding, from, needs, rules, fineGrained }) => {
    const { op1, crn, crm, op2 } = unpackEncoding(encoding);
    const fine = fineGrained === undefined ? [] : [`HFGITR_EL2[${fineGrained}]`];
    return { name, encoding: [op1, crn, crm, op2].join(','), from, needs, traps: [...trapNames(rules), ...fine] };
  });
}
