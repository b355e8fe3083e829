/** Records tests/vectors/data/fp.jsonl.gz: node tests/vectors/tools/run.mjs record-fp (QEMU 11.1 for FPCR.AH). */
import { fpCases } from '../../harness/fp-cases.js';
import { runCases } from '../../harness/qemu-user.js';
import { writeVectors } from '../../harness/vectors.js';
import { provenance } from './record.js';

const inputs = [...fpCases(20261121, 32, false), ...fpCases(20261122, 8, true)].map((c) => c.input);
const results = runCases(inputs);
const vectors = inputs.map((input, i) => ({ input, result: results[i] }));
const path = new URL('../data/fp.jsonl.gz', import.meta.url);
writeVectors(path, provenance('every floating-point encoding, random registers and operands, FPCR and FPSR'), vectors);
console.log(`fp: ${vectors.length} vectors`);
