/** src/arch/FEATURES.md: every architecture feature, and how the CPU models differ from QEMU's. */
import { encodings } from '../../../jit/a64/encodings/index.js';
import { operationsOfEncoding } from '../../../jit/interpreter/operation-table.js';
import { featureCatalogue, type FeatureRow } from '../../../src/arch/catalogue.js';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import type { CpuModelName } from '../../../src/arch/features/cpu-models.js';
import { compareIdentification, explanationOf, qemuSources, type Comparison, type Difference } from './id-registers.js';
import { code, GENERATED, groupBy, page, table } from './markdown.js';

const INTRODUCTION = `A CPU model advertises a feature in its identification registers when the core has it and Ulna
carries it out. "yes" is advertised; "withheld" means that the core (or, for \`max\`, Ulna's list of what it may have)
has the feature, but the guest is not told; an empty cell means that the core does not have it. The models are shown
with EL2 and EL3 present. Encodings are the A64 encodings that need the feature, implemented and in all.`;

function status(row: FeatureRow, model: CpuModelName): string {
  if (row.models.includes(model)) return 'yes';
  return row.withheld.includes(model) ? 'withheld' : '';
}

/** Implemented and all encodings that a feature adds: "8 of 8". */
function encodingCount(feature: string): string {
  const all = encodings.filter((encoding) => encoding.feature === feature);
  if (all.length === 0) return '';
  return `${all.filter((encoding) => operationsOfEncoding(encoding).length > 0).length} of ${all.length}`;
}

function featureTable(rows: readonly FeatureRow[]): string {
  const head = ['Feature', 'Armv', 'What', 'Fields', 'Implemented', 'Encodings', ...CPU_MODEL_NAMES];
  return table(
    head,
    rows.map((row) => [
      row.name,
      row.version,
      row.title,
      row.fields.join(' '),
      row.implemented ? 'yes' : 'no',
      encodingCount(row.name),
      ...CPU_MODEL_NAMES.map((model) => status(row, model)),
    ]),
  );
}

/** Features that only the decode table knows. */
function otherFeatures(rows: readonly FeatureRow[]): string {
  const known = new Set<string>(rows.map(({ name }) => name));
  const others = encodings.filter(({ feature }) => feature !== undefined && !known.has(feature));
  return table(
    ['Feature', 'Encodings', 'Names'],
    [...groupBy(others, ({ feature }) => feature!)].map(([feature, list]) => [
      feature,
      encodingCount(feature),
      list.map(({ name }) => name).join(', '),
    ]),
  );
}

function differenceRows(differences: readonly Difference[]): string[][] {
  return differences.map(({ model, register, field, ours, theirs }) => [
    field === undefined ? code(register) : `${code(register)}.${field}`,
    ours,
    ...theirs,
    explanationOf({ model, register, field }) ?? 'not explained',
  ]);
}

const isNotZero = ({ ours, theirs }: Comparison['values'][number]): boolean =>
  [ours, ...theirs].some((value) => value !== '0');

function comparison(): string[] {
  const head = ['Field', 'Ulna', ...qemuSources(), 'Why'];
  return CPU_MODEL_NAMES.flatMap((model) => {
    const { values, differences } = compareIdentification(model);
    const registers = table(
      ['Register', 'Ulna', ...qemuSources()],
      values.filter(isNotZero).map(({ register, ours, theirs }) => [code(register), ours, ...theirs]),
    );
    return [`### ${model}`, registers, table(head, differenceRows(differences))];
  });
}

/** Text of the page. */
export function featuresPage(): string {
  const rows = featureCatalogue();
  const counts = table(
    ['Features', 'Number'],
    [
      ['known', String(rows.length)],
      ['implemented', String(rows.filter(({ implemented }) => implemented).length)],
      ...CPU_MODEL_NAMES.map((model) => [
        `advertised by ${model}`,
        String(rows.filter(({ models }) => models.includes(model)).length),
      ]),
    ],
  );
  const withheld = rows.filter(({ withheld }) => withheld.length > 0);
  return page(
    '# Architecture features',
    GENERATED,
    INTRODUCTION,
    counts,
    featureTable(rows),
    '## Withheld, and why',
    table(
      ['Feature', 'Models', 'Why'],
      withheld.map(({ name, withheld, reason }) => [name, withheld.join(', '), reason ?? 'not explained']),
    ),
    '## Features of encodings that no model advertises',
    'The decode table knows these; no identification field is modelled for them, so their encodings are UNDEFINED, or ' +
      'NOPs in the hint space.',
    otherFeatures(rows),
    '## Identification registers beside QEMU',
    `Read at EL1 of \`-M virt,gic-version=3,virtualization=on,secure=on\`. Values are hexadecimal; registers that are
zero everywhere are left out. The values of the Arm cores in QEMU are those of their technical reference manuals, less
what QEMU does not implement: ID_AA64DFR0_EL1.PMSVer of neoverse-n1, for example, is 1 in the manual (Statistical
Profiling), and 0 in QEMU as here. The identification registers of AArch32 (ID_PFR0_EL1 to MVFR2_EL1) read as zero
here, for no Exception level has AArch32.`,
    ...comparison(),
  );
}
