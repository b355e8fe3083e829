/** What a word means, for people: `ulna explain`. */
import { decode, extractFields } from '../a64/decoder.js';
import { disassembleAs } from '../a64/disassembler/disassembler.js';
import { featuresOf, type Encoding, type Fields } from '../a64/encoding.js';
import type { Operation } from '../interpreter/operation.js';
import { createCpuModel, CPU_MODEL_NAMES, type CpuModel } from '../../src/arch/features/cpu-model.js';
import type { FeatureName } from '../../src/arch/features/feature-list.js';
import { effectLines, wordEffects } from './effects-text.js';
import { effectsOf } from './effects.js';
import { bitLines, fieldLines, shouldBeNote } from './fields.js';
import { generatedCode } from './generated-code.js';
import { instructionFields, libraryStatements, operationOf, statementsOf } from './operation.js';

const LABEL = 10;
const line = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`.trimEnd();
const hex = (word: number): string => `0x${(word >>> 0).toString(16).padStart(8, '0')}`;

/** Is the encoding there on the CPU? Hints of absent features are NOPs (Arm ARM, C6.2 HINT). */
function onCpu(encoding: Encoding, fields: Fields, model: CpuModel): string {
  const missing = featuresOf(encoding, fields).filter((feature) => !model.has(feature as FeatureName));
  if (missing.length === 0) return 'executed';
  return `${encoding.group === 'control/hints' ? 'NOP' : 'UNDEFINED'}, there is no ${missing.join(', no ')}`;
}

/** How the interpreter carries the encoding out. */
export function implementationStatus(encoding: Encoding, operation: Operation | undefined): string {
  if (operation === undefined) return `not implemented: UNDEFINED${encoding.notImplemented ? '' : ', logged once'}`;
  return operation.hot ? 'implemented in the main loop' : 'implemented as a function';
}

/** Where each operand lies in the 16-byte record, and what it holds. */
function recordText(operation: Operation, fields: ReturnType<typeof instructionFields>): string {
  const parts = Object.values(operation.operands).map((operand) => {
    const value = operation.semantics.operands[operand.name].encode(fields);
    return `${operand.name}@${operand.at}: ${operand.kind} ${value}`;
  });
  return [`operation ${operation.number} ${operation.name}`, ...parts].join(', ');
}

export interface ExplainOptions {
  /** Address of the instruction, for branch targets; default 0. */
  readonly pc?: bigint;
  /** CPU that executes it; without it, which models execute it is told. */
  readonly cpu?: CpuModel;
}

/**
 * Several lines about the A64 word: text, encoding, feature, status, effects, fields, and the interpreter's code for
 * it. An unallocated word gets one line that says so.
 */
export function explain(word: number, options: ExplainOptions = {}): string {
  const encoding = decode(word);
  if (encoding === undefined) return `${hex(word)}: unallocated, UNDEFINED`;
  const { pc = 0n, cpu } = options;
  const fields = instructionFields(encoding, word, pc);
  const features = featuresOf(encoding, fields);
  const operation = operationOf(encoding, fields);
  const lines = [
    line('word', hex(word)),
    line('text', disassembleAs(encoding, word, pc)),
    line('encoding', `${encoding.name}, group ${encoding.group}`),
    line('feature', features.join(', ') || 'Armv8.0'),
    line('status', implementationStatus(encoding, operation)),
  ];
  const state = cpu === undefined ? undefined : onCpu(encoding, fields, cpu);
  if (cpu !== undefined) {
    lines.push(line('cpu', `${cpu.name}: ${operation === undefined ? 'UNDEFINED' : state}`));
  } else if (operation !== undefined && features.length > 0) {
    const models = CPU_MODEL_NAMES.filter((name) => onCpu(encoding, fields, everything(name)) === 'executed');
    lines.push(line('cpu', models.length > 0 ? `executed on ${models.join(', ')}` : 'executed on no CPU model'));
  }
  lines.push(...bitLines(encoding, word).map((text, i) => line(i === 0 ? 'bits' : '', text)));
  const note = shouldBeNote(encoding, word);
  if (note !== undefined) lines.push(line('note', note));
  lines.push(...fieldLines(encoding, extractFields(encoding, word)).map((text) => line('field', text)));
  if (operation === undefined || (state !== undefined && state !== 'executed')) return lines.join('\n');
  const statements = statementsOf(operation);
  const { operands } = operation.semantics;
  const effects = effectsOf(statements, libraryStatements, (operand) => operands[operand.name].encode(fields));
  const described = wordEffects(effects, { encoding, semantics: operation.semantics, fields, pc });
  lines.push(...effectLines(described).map(([label, text]) => line(label, text)));
  lines.push(line('record', recordText(operation, fields)));
  const code = generatedCode(statements, Object.values(operation.operands), operation.name);
  return [...lines, 'code', ...code.map((text) => `  ${text}`)].join('\n');
}

/** A model with every Exception level. */
function everything(name: (typeof CPU_MODEL_NAMES)[number]): CpuModel {
  return createCpuModel(name, { el2: true, el3: true });
}
