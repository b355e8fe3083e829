/**
 * Nothing is advertised that does not work, and nothing works that is not advertised: features against the encodings
 * that carry them, and each model's words against QEMU. `ULNA_RECORD=1 npx vitest run tests/unit/a64/advertised.test.ts`
 * records QEMU's side again, with the program that QEMU_AARCH64 names.
 */
import { describe, expect, it } from 'vitest';
import { decode, extractFields } from '../../../jit/a64/decoder.js';
import { featuresOf, type Encoding } from '../../../jit/a64/encoding.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { effectsOf } from '../../../jit/explain/effects.js';
import { instructionFields, libraryStatements, operationOf, statementsOf } from '../../../jit/explain/operation.js';
import type { Operation } from '../../../jit/interpreter/operation.js';
import { encodingOperations, operationNumbered } from '../../../jit/interpreter/operation-table.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { createCpuModel, CPU_MODEL_NAMES, type CpuModel } from '../../../src/arch/features/cpu-model.js';
import { FEATURES, type FeatureName } from '../../../src/arch/features/feature-list.js';
import { IMPLEMENTED_FEATURES } from '../../../src/arch/features/implemented.js';
import { executedWords, record } from './executed-words.js';
import { hex } from './words.js';

if (process.env['ULNA_RECORD'] !== undefined) record();

const models = CPU_MODEL_NAMES.map((name) => createCpuModel(name, { el2: true, el3: true }));
const isImplemented = (encoding: Encoding): boolean => encodingOperations(encoding) !== undefined;
const isHint = (encoding: Encoding): boolean => encoding.group === 'control/hints';
const names = (list: readonly Encoding[]): string[] => list.map(({ name }) => name);

describe.each(models)('$name', (model) => {
  it('has semantics for every encoding of the features that it advertises', () => {
    const advertised = encodings.filter(({ feature }) => feature === undefined || model.has(feature as FeatureName));
    expect(names(advertised.filter((encoding) => !isImplemented(encoding)))).toEqual([]);
  });
});

/** Encodings that have semantics although no model may advertise their feature, by feature. */
const NOT_ADVERTISED: Readonly<Record<string, string>> = {
  FEAT_LRCPC3: 'some of its encodings are missing',
  FEAT_LSE128: 'withheld, see withheld.ts',
};

describe('features', () => {
  it('whose encodings all have semantics are implemented, but for those listed', () => {
    const known = new Set<string>(FEATURES.map(({ name }) => name));
    const wrong = new Set<string>();
    for (const encoding of encodings) {
      const { feature } = encoding;
      if (feature === undefined || isHint(encoding) || !isImplemented(encoding)) continue;
      if (!known.has(feature) || !IMPLEMENTED_FEATURES.has(feature as FeatureName)) wrong.add(feature);
    }
    expect([...wrong].sort()).toEqual(Object.keys(NOT_ADVERTISED));
  });

  it('that are implemented are advertised by max, or by an option of it', () => {
    const max = models.find(({ name }) => name === 'max')!;
    const qarma5 = createCpuModel('max', { pauth: 'qarma5' });
    const qarma3 = createCpuModel('max', { pauth: 'qarma3' });
    const all = [max, qarma5, qarma3];
    const hidden = [...IMPLEMENTED_FEATURES].filter((feature) => !all.some((model) => model.has(feature)));
    expect(hidden).toEqual([]);
  });
});

interface Excuse {
  readonly why: string;
  readonly holds: (encoding: Encoding, model: string) => boolean;
}

const alwaysUndefined = new Map<Operation, boolean>();
function isAlwaysUndefined(operation: Operation, word: number, encoding: Encoding): boolean {
  let known = alwaysUndefined.get(operation);
  if (known === undefined) {
    const fields = instructionFields(encoding, word, 0n);
    const { operands } = operation.semantics;
    const effects = effectsOf(statementsOf(operation), libraryStatements, (o) => operands[o.name].encode(fields));
    known = effects.some(
      ({ effect, always }) => always && effect.kind === 'exception' && effect.detail === 'undefined',
    );
    alwaysUndefined.set(operation, known);
  }
  return known;
}

/** Executes words as the interpreter's decoder does for one model. */
function executes(model: CpuModel): (word: number) => boolean {
  const writer = new RecordWriter({ hasFeature: (feature) => model.has(feature as FeatureName) });
  const out = new Int32Array(4);
  return (word) => {
    const encoding = decode(word)!;
    writer.write(word | 0, 0, out, 0);
    const number = out[0] & 0xffff;
    const operation = operationOf(encoding, instructionFields(encoding, word, 0n)) ?? operationNumbered(number);
    return operationNumbered(number) !== undefined && operation !== undefined && !isAlwaysUndefined(operation, word, encoding);
  };
}

/** Words that are UNDEFINED for QEMU but not here. */
const EXECUTED_HERE: readonly Excuse[] = [
  {
    why: 'a failed authentication faults (FEAT_FPAC), which QEMU\'s user mode reports as SIGILL',
    holds: ({ name, feature }, model) => model === 'max' && feature === 'FEAT_PAuth' && !name.startsWith('PAC'),
  },
  {
    why: 'mains and epilogues of memory copies without a prologue take an exception that user mode reports as SIGILL',
    holds: ({ name, feature }, model) => model === 'max' && feature === 'FEAT_MOPS' && !name.endsWith('P'),
  },
];

describe('instruction words', () => {
  const { source, words } = executedWords();

  it(`are those of the table (${source})`, () => {
    expect(words.length).toBeGreaterThan(4000);
    expect(words.filter(({ word }) => decode(word) === undefined)).toEqual([]);
  });

  const used = new Set<Excuse>();
  describe.each(models)('on $name', (model) => {
    it('are UNDEFINED where QEMU says so, and executed where it executes them', () => {
      const runs = executes(model);
      const wrong: string[] = [];
      for (const { word, models: theirs } of words) {
        const encoding = decode(word)!;
        const here = runs(word);
        if (here === theirs.has(model.name)) continue;
        const excuse = here ? EXECUTED_HERE.find(({ holds }) => holds(encoding, model.name)) : undefined;
        if (excuse !== undefined) {
          used.add(excuse);
          continue;
        }
        const features = featuresOf(encoding, extractFields(encoding, word));
        // QEMU's max has more than this one
        if (!here && model.name === 'max' && features.some((f) => !model.has(f as FeatureName))) continue;
        wrong.push(`${hex(word)} ${encoding.name} ${features.join(', ')}: ${here ? 'executed' : 'UNDEFINED'} here`);
      }
      expect(wrong).toEqual([]);
    });
  });

  it('have no excuse that nothing needs', () => {
    expect(EXECUTED_HERE.filter((excuse) => !used.has(excuse)).map(({ why }) => why)).toEqual([]);
  });
});
