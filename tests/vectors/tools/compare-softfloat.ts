/**
 * Compares jit/softfloat with qemu-aarch64 on random and special operands under random FPCR values:
 * node tests/vectors/tools/run.mjs compare-softfloat
 * Environment: CASES per form (default 2000), SEED, FORMS (a regular expression), ALTERNATE=1 for FPCR.AH, FIZ and EBF
 * (needs a QEMU with FEAT_AFP and FEAT_EBF16), QEMU_AARCH64.
 */
import {
  FP_INSTRUCTIONS,
  type FpOutcome,
  Random,
  randomCase,
  randomFpcr,
  recordedOutcome,
  softfloatOutcome,
} from '../../harness/fp-instructions.js';
import { qemuVersion, runCases } from '../../harness/qemu-user.js';

const CASES = Number(process.env['CASES'] ?? 2000);
const SEED = Number(process.env['SEED'] ?? 1);
const FORMS = new RegExp(process.env['FORMS'] ?? '');
const ALTERNATE = process.env['ALTERNATE'] === '1';
const SHOWN = 3;

function describe(outcome: FpOutcome): string {
  return `${outcome.value.toString(16)} nzcv=${outcome.nzcv} fpsr=${outcome.fpsr.toString(16)}`;
}

console.log(qemuVersion());
let total = 0;
let wrong = 0;
for (const form of FP_INSTRUCTIONS) {
  if (!FORMS.test(form.name)) continue;
  const random = new Random(SEED * 0x9e3779b9 + form.word);
  const cases = Array.from({ length: CASES }, () => randomCase(random, form, randomFpcr(random, ALTERNATE)));
  const results = runCases(cases);
  let bad = 0;
  cases.forEach((input, i) => {
    const result = results[i];
    const actual = softfloatOutcome(form, input);
    const expected = recordedOutcome(form, input, result);
    if (
      result.kind === 'completed' &&
      actual.value === expected.value &&
      actual.fpsr === expected.fpsr &&
      actual.nzcv === expected.nzcv
    ) {
      return;
    }
    if (bad++ < SHOWN) {
      const registers = [...(input.v ?? []), ...(input.x ?? [])].map(([r, value]) => `${r}:${value.toString(16)}`);
      console.log(`${form.name} ${form.word.toString(16)} fpcr=${input.fpcr?.toString(16)} ${registers.join(' ')}`);
      console.log(`   softfloat ${describe(actual)}\n   qemu      ${describe(expected)} ${result.kind}`);
    }
  });
  if (bad > 0) console.log(`${form.name}: ${bad} of ${CASES} differ`);
  total += CASES;
  wrong += bad;
}
console.log(`${total} cases of ${FP_INSTRUCTIONS.length} forms, ${wrong} differ`);
