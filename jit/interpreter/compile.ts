/** How generated code is given to V8. */
import { setFlagsFromString } from 'node:v8';

/**
 * `--no-wasm-stack-checks`: the check for stack overflow at each turn of a loop is 5 % of a boot in the interpreter's loop.
 * Generated code calls nothing recursively beyond a bounded depth, and returns after a bounded number of instructions.
 *
 * `--no-turbo-move-optimization`: where control flow merges, V8's optimizing compiler takes two loads of one stack slot for
 * the same load though one is of 32 bits and the other of 64, and keeps the first; a 64-bit value then loses its upper half.
 * Seen with V8 11.3 (tests/unit/region/optimizing-compiler.test.ts), and not with 13.6. It needs a variable that is the
 * zero-extension of a 32-bit value on one way and a 64-bit value on another, and more variables than registers: the exits of a
 * large region. Without the optimization no difference in speed was measured (jit/README.md).
 *
 * `--wasm-tiering-budget`: a function is optimized after so many bytes executed, about. V8's own is 1.8 million; most regions of
 * a boot are then optimized, for longer than they run, by threads that the translator needs.
 */
const FLAGS = ['--no-wasm-stack-checks', '--no-turbo-move-optimization', '--wasm-tiering-budget=60000000'];

let prepared = false;

/** Sets V8 up, for the whole process. What was compiled before is not changed. */
export function prepareCompiler(): void {
  if (!prepared) for (const flag of FLAGS) setFlagsFromString(flag);
  prepared = true;
}

/**
 * Modules are compiled when they are made from now on, not function by function at the first call: by the translator's thread
 * then, not by that of the vCPU. Not meant for core.wasm, most of whose functions are never called.
 */
export function compileAtOnce(): void {
  setFlagsFromString('--no-wasm-lazy-compilation');
}

/** @throws WebAssembly.CompileError when the bytes are no module */
export function compileModule(bytes: Uint8Array): WebAssembly.Module {
  prepareCompiler();
  return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
}
