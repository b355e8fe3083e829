// node --no-liftoff run-optimized.mjs: modules from standard input, run as V8's optimizing compiler makes them when it is
// set up as Ulna does, and what each leaves in its memory to standard output.
import { readFileSync, writeFileSync } from 'node:fs';
import { prepareCompiler } from '../../dist/jit/interpreter/compile.js';

prepareCompiler();
const programs = JSON.parse(readFileSync(0, 'utf8'));
const results = programs.map(({ wasm, inputs }) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64')));
  const longs = new BigUint64Array(exports.memory.buffer);
  return inputs.map((input) => {
    longs.fill(0n);
    input.forEach((value, i) => (longs[i] = BigInt(value)));
    exports.run(30);
    return Buffer.from(exports.memory.buffer, 0, 4096).toString('base64');
  });
});
writeFileSync(1, JSON.stringify(results));
