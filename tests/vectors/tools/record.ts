/**
 * Records vectors for a list of cases: node tests/vectors/tools/run.mjs record CASES.jsonl OUT.jsonl.gz "description".
 * A case is a line such as {"w":"8b020020","x":[[1,"5"],[2,"7"]]}; tests/harness/vectors.ts gives the fields.
 * QEMU_AARCH64 names another qemu-aarch64 (see tests/vectors/README.md).
 */
import { readFileSync } from 'node:fs';
import { qemuVersion, runCases } from '../../harness/qemu-user.js';
import { parseCase, type VectorHeader, writeVectors } from '../../harness/vectors.js';

/** Where vectors recorded now come from. */
export function provenance(description: string): VectorHeader {
  return {
    description,
    tool: 'qemu-aarch64, tests/vectors/tools',
    version: qemuVersion() ?? 'unknown',
    cpu: 'max',
    date: new Date().toISOString().slice(0, 10),
  };
}

const [list, out, description] = process.argv.slice(3);
if (process.argv[2] === 'record') {
  if (list === undefined || out === undefined) throw new Error('usage: record CASES.jsonl OUT.jsonl.gz [description]');
  const cases = readFileSync(list, 'utf8').trimEnd().split('\n').map(parseCase);
  const results = runCases(cases);
  const vectors = cases.map((input, i) => ({ input, result: results[i] }));
  writeVectors(out, provenance(description ?? list), vectors);
  console.log(`${vectors.length} vectors in ${out}`);
}
