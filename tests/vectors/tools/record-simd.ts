/**
 * Records tests/vectors/data/simd-integer.jsonl.gz from random cases of every AdvSIMD integer and cryptographic
 * encoding: node tests/vectors/tools/run.mjs record-simd
 */
import { Random, simdCases, simdEncodings } from '../../harness/simd-instructions.js';
import { runCases } from '../../harness/qemu-user.js';
import { writeVectors } from '../../harness/vectors.js';
import { provenance } from './record.js';

const PER_ENCODING = 12;
const random = new Random(20240607);
const cases = simdEncodings.flatMap((encoding) => simdCases(encoding, PER_ENCODING, random));
const results = runCases(cases);
const vectors = cases.map((input, i) => ({ input, result: results[i] }));
const description = 'AdvSIMD integer and cryptographic forms, structure loads and stores, random and extreme operands';
writeVectors(new URL('../data/simd-integer.jsonl.gz', import.meta.url), provenance(description), vectors);
console.log(`simd-integer: ${vectors.length} vectors`);
