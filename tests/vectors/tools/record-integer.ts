/**
 * Records tests/vectors/data/integer.jsonl.gz: node tests/vectors/tools/run.mjs record-integer (QEMU 11.1 for FEAT_MOPS
 * and FEAT_CSSC).
 */
import { qemuVersion } from '../../harness/qemu-user.js';
import { type CaseVector, writeCaseVectors } from '../../harness/case-vectors.js';
import { integerCases, isIntegerEncoding } from '../../harness/integer-cases.js';
import type { Encoding } from '../../../jit/a64/encoding.js';
import { authenticates } from '../../fuzz/exclusions.js';
import { currentCore } from '../../fuzz/core-wasm.js';
import { makeEngines } from '../../fuzz/engines.js';
import { generatedEncodings } from '../../fuzz/session.js';
import { Batch, BatchResult } from '../../fuzz/batch.js';
import { RESULT_BYTES } from '../../fuzz/layout.js';

const PER_ENCODING = 12;
const SEEDS = [20240701, 20240702];

const engines = await makeEngines('qemu', await currentCore());
const recorded = (e: Encoding): boolean => isIntegerEncoding(e) && !authenticates(e);
const encodings = generatedEncodings(engines).filter(recorded);
const vectors: CaseVector[] = [];
for (const seed of SEEDS) {
  const cases = integerCases(encodings, PER_ENCODING, seed);
  const batch = new Batch(cases.length);
  for (const c of cases) batch.add(c);
  const results = await engines.expected.run(batch);
  cases.forEach((input, i) => {
    const result = new BatchResult(1);
    result.bytes.set(results.bytes.subarray(results.at(i), results.at(i) + RESULT_BYTES));
    result.setPieces(0, results.pieces[i]);
    vectors.push({ input, result });
  });
}
engines.expected.close();
const header = {
  description: 'integer instructions, loads and stores of every addressing form, branches, system instructions',
  tool: 'qemu-aarch64, tests/vectors/tools/record-integer.ts',
  version: qemuVersion() ?? 'unknown',
  cpu: 'max',
  date: new Date().toISOString().slice(0, 10),
};
writeCaseVectors(new URL('../data/integer.jsonl.gz', import.meta.url), header, vectors);
console.log(`integer: ${vectors.length} vectors of ${encodings.length} encodings`);
