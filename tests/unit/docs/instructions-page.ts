/** jit/INSTRUCTIONS.md: every encoding of the decode table. */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decode } from '../../../jit/a64/decoder.js';
import type { Encoding } from '../../../jit/a64/encoding.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { effectsOf } from '../../../jit/explain/effects.js';
import { instructionFields, libraryStatements, statementsOf } from '../../../jit/explain/operation.js';
import type { Operation } from '../../../jit/interpreter/operation.js';
import { operationsOfEncoding } from '../../../jit/interpreter/operation-table.js';
import { code, GENERATED, groupBy, page, table } from './markdown.js';

const VECTORS = new URL('../../vectors/data/', import.meta.url);
const SUFFIX = '.jsonl.gz';

/** Recorded cases by file name (without suffix) and encoding. */
export type VectorCounts = ReadonlyMap<string, ReadonlyMap<Encoding, number>>;

/** Counts what the recorded files have; each line behind the first begins with the instruction words. */
export function countVectors(): VectorCounts {
  const counts = new Map<string, Map<Encoding, number>>();
  for (const file of readdirSync(VECTORS).filter((name) => name.endsWith(SUFFIX)).sort()) {
    const byEncoding = new Map<Encoding, number>();
    const lines = gunzipSync(readFileSync(new URL(file, VECTORS))).toString('utf8').trimEnd().split('\n').slice(1);
    for (const line of lines) {
      const words = /"w":(\[[^\]]*\]|"[0-9a-f]+")/.exec(line)?.[1].match(/[0-9a-f]+/g) ?? [];
      for (const encoding of new Set(words.map((word) => decode(Number.parseInt(word, 16))))) {
        if (encoding !== undefined) byEncoding.set(encoding, (byEncoding.get(encoding) ?? 0) + 1);
      }
    }
    counts.set(file.slice(0, -SUFFIX.length), byEncoding);
  }
  return counts;
}

/** Where the interpreter executes an operation. */
function tierOf(operation: Operation, encoding: Encoding): string {
  if (operation.hot) return 'main loop';
  const fields = instructionFields(encoding, encoding.value, 0n);
  const { operands } = operation.semantics;
  const effects = effectsOf(statementsOf(operation), libraryStatements, (o) => operands[o.name].encode(fields));
  const service = effects.find(({ effect, always }) => effect.kind === 'service' && always);
  return service === undefined ? 'function' : 'TypeScript';
}

const TIERS = ['main loop', 'function', 'TypeScript'];

/** The tiers of an encoding's operations, the fastest first. */
function tiersOf(encoding: Encoding): string[] {
  const found = new Set(operationsOfEncoding(encoding).map((operation) => tierOf(operation, encoding)));
  return TIERS.filter((tier) => found.has(tier));
}

/** Encodings that a process under QEMU cannot show: the program of guest/bare-metal that executes them. */
const programOf = ({ name, feature }: Encoding): string | undefined =>
  feature === 'FEAT_PAuth' ? 'codes' : /^(SVC|HVC|SMC)$/.test(name) ? 'exceptions' : undefined;

function coverage(encoding: Encoding, vectors: VectorCounts): string {
  const parts: string[] = [];
  const program = programOf(encoding);
  if (program !== undefined) parts.push(`bare-metal ${program}`);
  for (const [file, counts] of vectors) {
    const count = counts.get(encoding);
    if (count !== undefined) parts.push(`${file} ${count}`);
  }
  return parts.join(', ');
}

interface Row {
  readonly encoding: Encoding;
  readonly tiers: readonly string[];
  readonly vectors: string;
}

const INTRODUCTION = `Tier says where the interpreter executes an encoding: in the main loop, in a function of
\`core.wasm\`, or in TypeScript (system instructions). An encoding may have operations in several tiers. An encoding
that is not implemented is UNDEFINED for the guest, or a NOP in the hint space. Vectors are the files of
\`tests/vectors/data\` that hold recorded cases of it, with the number of cases; bare-metal is a program of
\`guest/bare-metal\`, whose output on QEMU is recorded. \`bin/ulna explain WORD\` shows one
instruction.`;

/** Text of the page. */
export function instructionsPage(vectors: VectorCounts): string {
  const rows: Row[] = encodings.map((encoding) => ({
    encoding,
    tiers: tiersOf(encoding),
    vectors: coverage(encoding, vectors),
  }));
  const implemented = rows.filter(({ tiers }) => tiers.length > 0);
  const inTier = (tier: string): string => String(implemented.filter(({ tiers }) => tiers.includes(tier)).length);
  const covered = implemented.filter((row) => row.vectors !== '');
  const counts = table(
    ['Encodings', 'Number'],
    [
      ['all', String(rows.length)],
      ['implemented', String(implemented.length)],
      ...TIERS.map((tier) => [`in tier ${tier}`, inTier(tier)]),
      ['implemented, with recorded vectors', String(covered.length)],
      ['not implemented', String(rows.length - implemented.length)],
    ],
  );
  const missing = [...groupBy(rows.filter(({ tiers }) => tiers.length === 0), featureOf)].map(([feature, list]) => [
    feature,
    String(list.length),
    list.map(({ encoding }) => encoding.name).join(', '),
  ]);
  const sections = [...groupBy(rows, ({ encoding }) => encoding.group)].map(([group, list]) =>
    page(`## ${group}`, table(['Encoding', 'Feature', 'Status', 'Tier', 'Vectors'], list.map(rowCells))).trimEnd(),
  );
  return page(
    '# A64 encodings',
    GENERATED,
    INTRODUCTION,
    counts,
    '## Not implemented, by feature',
    table(['Feature', 'Encodings', 'Names'], missing),
    ...sections,
  );
}

const featureOf = ({ encoding }: Row): string => encoding.feature ?? 'Armv8.0';

function rowCells(row: Row): string[] {
  const status = row.tiers.length > 0 ? 'implemented' : 'not implemented';
  return [code(row.encoding.name), featureOf(row), status, row.tiers.join(', '), row.vectors];
}
