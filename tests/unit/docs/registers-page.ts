/** src/arch/REGISTERS.md: every system register and SYS instruction. */
import { registerCatalogue, sysCatalogue, type RegisterRow } from '../../../src/arch/catalogue.js';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import { code, GENERATED, page, table } from './markdown.js';

const INTRODUCTION = `Access is the lowest Exception level that may read (R) and write (W). Needs lists the features
and Exception levels without which the register does not exist; "model" is a condition on the CPU model. Reset is the
value after reset; "computed" registers have no storage. Hooks are the functions of \`sysreg/behaviour\` that stand
behind a register: \`check\` and \`checkLast\` decide about an access, \`read\` and \`write\` take the place of the
stored value, \`written\` runs after it changed. Traps are the control bits that send an access to a higher Exception
level. Instead is the register that an access reaches by HCR_EL2.E2H. Models are the CPU models that have the register
when EL2 and EL3 are there.`;

function access(row: RegisterRow): string {
  const parts: string[] = [];
  if (row.readFrom !== undefined) parts.push(`R EL${row.readFrom}`);
  if (row.writeFrom !== undefined) parts.push(`W EL${row.writeFrom}`);
  return parts.join(', ');
}

const some = (models: readonly string[]): string =>
  models.length === CPU_MODEL_NAMES.length ? 'all' : models.join(', ');

function cells(row: RegisterRow): string[] {
  return [
    code(row.name),
    row.encoding,
    access(row),
    row.needs.join(', '),
    row.reset,
    row.hooks.join(', '),
    row.traps.join(', '),
    row.redirected ?? '',
    some(row.models),
  ];
}

/** Text of the page. */
export function registersPage(): string {
  const rows = registerCatalogue();
  const reserved = rows.filter(({ name }) => /^S3_0_C0_/.test(name));
  const named = rows.filter((row) => !reserved.includes(row));
  const instructions = sysCatalogue();
  const counts = table(
    ['What', 'Number'],
    [
      ['system registers', String(named.length)],
      ['with hooks', String(named.filter(({ hooks }) => hooks.length > 0).length)],
      ['reserved encodings of the identification space, read as zero', String(reserved.length)],
      ['SYS instructions', String(instructions.length)],
      ...CPU_MODEL_NAMES.map((model) => {
        const there = named.filter(({ models }) => models.includes(model));
        return [`registers of ${model}`, String(there.length)];
      }),
    ],
  );
  const head = ['Register', 'op0,op1,CRn,CRm,op2', 'Access', 'Needs', 'Reset', 'Hooks', 'Traps', 'Instead', 'Models'];
  return page(
    '# System registers',
    GENERATED,
    INTRODUCTION,
    counts,
    table(head, named.map(cells)),
    '## SYS instructions',
    table(
      ['Instruction', 'op1,CRn,CRm,op2', 'Lowest EL', 'Needs', 'Traps'],
      instructions.map(({ name, encoding, from, needs, traps }) => [
        code(name), encoding, `EL${from}`, needs.join(', '), traps.join(', '),
      ]),
    ),
  );
}
