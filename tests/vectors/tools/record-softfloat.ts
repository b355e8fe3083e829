/**
 * Records tests/vectors/data/softfloat.jsonl.gz (FPCR without FEAT_AFP) and softfloat-alternate.jsonl.gz (with AH, FIZ
 * and EBF) from random cases of every floating-point form: node tests/vectors/tools/run.mjs record-softfloat
 */
import { FP_INSTRUCTIONS, Random, randomCase, randomFpcr } from '../../harness/fp-instructions.js';
import { runCases } from '../../harness/qemu-user.js';
import { writeVectors } from '../../harness/vectors.js';
import { provenance } from './record.js';

const SEED = 20240601;

function record(name: string, description: string, perForm: number, alternate: boolean): void {
  const cases = FP_INSTRUCTIONS.flatMap((form) => {
    const random = new Random(SEED ^ form.word ^ Number(alternate));
    return Array.from({ length: perForm }, () => randomCase(random, form, randomFpcr(random, alternate)));
  });
  const results = runCases(cases);
  const vectors = cases.map((input, i) => ({ input, result: results[i] }));
  writeVectors(new URL(`../data/${name}.jsonl.gz`, import.meta.url), provenance(description), vectors);
  console.log(`${name}: ${vectors.length} vectors`);
}

record('softfloat', 'floating-point forms, random operands, FPCR: RMode, FZ, FZ16, DN, AHP', 60, false);
record('softfloat-alternate', 'the same with FPCR.AH, FIZ and EBF', 40, true);
