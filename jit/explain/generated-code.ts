/** The interpreter's code of one operation, as WebAssembly text in which state and operands have names. */
import { libraryFunctions } from '../a64/semantics/library/index.js';
import type { Statement } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import { operationText } from '../wasm/operation-text.js';
import { HeaderLayout } from '../../runtime/layout/memory-layout.js';
import { archOffset, controlFieldOffset, DataTlbEntry, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { sysregSlot } from '../../src/arch/sysreg/storage.js';
import { SYSREG_TABLE } from '../../src/arch/sysreg/table/index.js';
import { formatSexpr, parseSexpr, type Sexpr } from './wat.js';

const PARAMETERS: Readonly<Record<string, string>> = { $0: '$vcpu', $1: '$record', $2: '$pc' };

const fields = [...Object.entries(archOffset), ...Object.entries(controlFieldOffset)]
  .map(([name, at]) => ({ name, at }))
  .sort((a, b) => a.at - b.at);
const sysregNames = new Map(SYSREG_TABLE.filter((row) => row.stored).map((row) => [sysregSlot(row.name), row.name]));
const entryFields = new Map(Object.entries(DataTlbEntry.offset).map(([name, at]) => [at, name]));

/** Name of a byte offset in the vCPU block: "nzcv", "monitorValue+8", "TPIDR_EL0". */
function stateName(offset: number): string {
  if (offset >= archOffset.sysreg && offset < VcpuLayout.control) {
    const name = sysregNames.get((offset - archOffset.sysreg) >> 3);
    if (name !== undefined) return name;
  }
  const field = fields.filter(({ at }) => at <= offset).at(-1)!;
  return field.at === offset ? field.name : `${field.name}+${offset - field.at}`;
}

const head = (expression: Sexpr): string => (typeof expression === 'string' ? expression : String(expression[0]));
const get = (name: string): string => `local.get ${name}`;
/** On one line, without the outer parentheses. */
function text(expression: Sexpr): string {
  if (typeof expression === 'string') return expression;
  return expression.map((item) => (typeof item === 'string' ? item : `(${text(item)})`)).join(' ');
}

/** What a load or store touches; undefined for guest memory. */
function annotation(operands: readonly Operand[], offset: number, address: Sexpr): string | undefined {
  const base = text(address);
  if (base === get('$record')) {
    return offset === 0 ? 'operation' : operands.find((o) => o.at === offset)?.name;
  }
  if (base === get('$vcpu')) return stateName(offset);
  const register = /\(i32\.load16_u offset=(\d+) (?:\(; \w+ ;\) )?\(local\.get \$record\)\)/.exec(base);
  if (register !== null && base.startsWith('i32.add') && base.includes(`(${get('$vcpu')})`)) {
    const operand = operands.find((o) => o.at === Number(register[1]));
    if (operand?.kind === 'X' && offset >= archOffset.x) return `X file: ${operand.name}`;
    if (operand?.kind === 'V') return `V file: ${operand.name}`;
  }
  const inEntry = offset - VcpuLayout.dataTlb;
  if (entryFields.has(inEntry)) return `TLB entry: ${entryFields.get(inEntry)}`;
  if (base === `i32.const ${HeaderLayout.offset.vcpuCount}`) return 'number of vCPUs';
  return undefined;
}

function annotate(expression: Sexpr, operands: readonly Operand[]): Sexpr {
  if (typeof expression === 'string') return PARAMETERS[expression] ?? expression;
  const items = expression.map((item) => annotate(item, operands));
  if (!/\.(load|store)/.test(head(items))) return items;
  const first = items.findIndex((item, i) => i > 0 && typeof item !== 'string');
  const offsetText = items.slice(1, first).find((item) => String(item).startsWith('offset='));
  const offset = offsetText === undefined ? 0 : Number(String(offsetText).slice('offset='.length));
  const note = annotation(operands, offset, items[first]);
  return note === undefined ? items : [...items.slice(0, first), `(; ${note} ;)`, ...items.slice(first)];
}

/**
 * The function form `(vcpu, record, pc) -> Status` of an operation, in lines.
 * @param operands where the operands lie in the decoded record
 */
export function generatedCode(
  statements: readonly Statement[],
  operands: readonly Operand[],
  name: string,
  width = 110,
): string[] {
  const module = operationText(statements, libraryFunctions);
  const body = parseSexpr(module.slice(module.indexOf('\n (func $op ')));
  const named = annotate(body, operands) as Sexpr[];
  return formatSexpr([named[0], `$op:${name}`, ...named.slice(2)], width);
}
