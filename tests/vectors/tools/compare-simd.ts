/** Compares core.wasm with QEMU on random AdvSIMD cases: run.mjs compare-simd [cases an encoding] [seed] [name pattern]. */
import { InterpreterEngine, buildCore, difference } from '../../harness/interpreter-engine.js';
import { runCases } from '../../harness/qemu-user.js';
import { Random, simdCases, simdEncodings } from '../../harness/simd-instructions.js';

const [count = '200', seed = '1', pattern = '.'] = process.argv.slice(3);
const engine = new InterpreterEngine({ wasm: buildCore() });
const random = new Random(Number(seed));
let total = 0;
let wrong = 0;
for (const encoding of simdEncodings.filter((e) => new RegExp(pattern).test(e.name))) {
  const cases = simdCases(encoding, Number(count), random);
  const expected = runCases(cases);
  const found: string[] = [];
  cases.forEach((input, i) => {
    for (const mode of ['run', 'step'] as const) {
      const text = difference(expected[i], engine.runCase(input, mode));
      if (text !== undefined) found.push(`${input.word.toString(16)} (${mode}): ${text}`);
    }
  });
  total += cases.length;
  wrong += found.length;
  if (found.length > 0) console.log(`${encoding.name}: ${found.length} of ${2 * cases.length} differ, first ${found[0]}`);
}
console.log(`${total} cases, ${wrong} differences`);
