/**
 * Compares core.wasm with QEMU on random cases of every floating-point encoding:
 * node tests/vectors/tools/run.mjs compare-fp [SEED] [COUNT] [alternate]. `alternate` adds FPCR.AH, FIZ and EBF.
 */
import { disassemble } from '../../../jit/a64/disassembler/disassembler.js';
import { fpCases } from '../../harness/fp-cases.js';
import { difference, InterpreterEngine } from '../../harness/interpreter-engine.js';
import { runCases } from '../../harness/qemu-user.js';

const [seed = '1', count = '200', alternate] = process.argv.slice(3);
const engine = new InterpreterEngine();
const cases = fpCases(Number(seed), Number(count), alternate !== undefined);
const results = runCases(cases.map((c) => c.input));
const wrong = new Map<string, number>();
cases.forEach(({ encoding, input }, i) => {
  for (const mode of ['run', 'step'] as const) {
    const text = difference(results[i], engine.runCase(input, mode));
    if (text === undefined) continue;
    const seen = wrong.get(encoding.name) ?? 0;
    wrong.set(encoding.name, seen + 1);
    const state = JSON.stringify(input, (_key, v: unknown) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v));
    if (seen < 2) console.log(`${disassemble(input.word, 0n)} (${mode}): ${text}\n  ${state}`);
  }
});
console.log(`${cases.length} cases, wrong: ${[...wrong].map(([name, n]) => `${name} ${n}`).join(', ') || 'none'}`);
