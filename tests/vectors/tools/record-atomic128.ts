/** Records tests/vectors/data/atomic128.jsonl.gz: node tests/vectors/tools/run.mjs record-atomic128 (QEMU 11.1). */
import { atomic128Cases } from '../../harness/atomic128-cases.js';
import { runCases } from '../../harness/qemu-user.js';
import { writeVectors } from '../../harness/vectors.js';
import { provenance } from './record.js';

const cases = atomic128Cases(40, 20261123);
const results = runCases(cases);
const vectors = cases.map((input, i) => ({ input, result: results[i] }));
const path = new URL('../data/atomic128.jsonl.gz', import.meta.url);
writeVectors(path, provenance('128-bit atomics of FEAT_LSE128, faults included'), vectors);
console.log(`atomic128: ${vectors.length} vectors`);
