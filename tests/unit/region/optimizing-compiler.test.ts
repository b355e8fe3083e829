/** V8's optimizing compiler, set up as Ulna does, makes right code of functions in the shape of large regions. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { assemble, evaluate, makeProgram, type ExitProgram } from './exit-program.js';

const RUNNER = fileURLToPath(new URL('../../harness/run-optimized.mjs', import.meta.url));
const HEX = 16;
/** V8 11.3 as it comes makes wrong code of 513 and 1113. */
const SEEDS = [...Array.from({ length: 10 }, (_, i) => i), 513, 1113];

/** Left in memory by each program for each of its inputs. */
function runOptimized(programs: readonly ExitProgram[]): BigUint64Array[][] {
  const input = programs.map((program) => ({
    wasm: Buffer.from(assemble(program)).toString('base64'), inputs: program.inputs.map((longs) => longs.map(String)),
  }));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-liftoff', RUNNER], {
    input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 1 << 30,
  });
  expect([status, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout) as string[][]).map((results) =>
    results.map((base64) => new BigUint64Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)));
}

it('64-bit values keep their upper half where ways with 32-bit ones join', () => {
  const programs = SEEDS.map(makeProgram);
  const results = runOptimized(programs);
  const wrong = programs.flatMap((program, n) => program.inputs.flatMap((input, k) => {
    const expected = evaluate(program, input);
    const got = results[n][k];
    const at = expected.findIndex((value, i) => value !== got[i]);
    return at < 0 ? [] : [`program ${SEEDS[n]}: ${got[at].toString(HEX)} for ${expected[at].toString(HEX)}`];
  }));
  expect(wrong).toEqual([]);
});
