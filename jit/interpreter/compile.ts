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
 *
 * `--max-inlined-bytecode-size-cumulative`: V8's own is 920. Optimizing the translator's functions, on the processor that the translator
 * needs, takes half the time without most of what would be inlined; it then translates a tenth more in a first boot.
 *
 * `--interrupt-budget`: as the budget above for JavaScript, twice V8's own: a start takes 3 % less, and what several vCPUs leave the engine for
 * is optimized soon enough. V8 from 12 on has no such flag, and says so on stderr.
 *
 * `--initial-old-space-size`, `--min-semi-space-size` (MB, for threads that are started later): a thread's program and tables are
 * loaded without the garbage collections that V8's small first heap would take, marking by other threads among them.
 *
 * `--allow-natives-syntax`: for machine-code.ts. `--experimental-wasm-relaxed-simd`: for hostFuses. All are set together, since V8
 * compares them with those that machine code and bytecode were made under.
 */
const FLAGS = [
  '--allow-natives-syntax', '--initial-old-space-size=128', '--min-semi-space-size=8', '--no-wasm-stack-checks',
  '--max-inlined-bytecode-size-cumulative=250', '--no-turbo-move-optimization', '--wasm-tiering-budget=60000000',
  ...(process.versions.v8.startsWith('11.') ? ['--interrupt-budget=270000'] : []),
  ...(process.versions.v8.startsWith('11.3.') ? ['--experimental-wasm-relaxed-simd'] : []),
];

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
  prepareCompiler();
  setFlagsFromString('--no-wasm-lazy-compilation');
}

/** The opposite for one module: its functions are compiled when they are called first, or when they are optimized. */
export function compileLazily(bytes: Uint8Array): WebAssembly.Module {
  setFlagsFromString('--wasm-lazy-compilation');
  try {
    return compileModule(bytes);
  } finally {
    compileAtOnce();
  }
}

/** (module (func (export "f") (param f64 f64 f64) (result f64) ...)): the first lane of f64x2.relaxed_madd of the three. */
const RELAXED_MADD = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7c, 0x7c, 0x7c, 1, 0x7c, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 22, 1, 20, 0,
  0x20, 0, 0xfd, 20, 0x20, 1, 0xfd, 20, 0x20, 2, 0xfd, 20, 0xfd, 0x87, 2, 0xfd, 33, 0, 0x0b,
);
let fused: boolean | undefined;

/**
 * Whether `relaxed_madd` can be used and rounds once, as processors' fused multiply-add does; the relaxed SIMD proposal also
 * allows two roundings. V8 before 11.4 has it behind a flag.
 */
export function hostFuses(): boolean {
  if (fused !== undefined) return fused;
  prepareCompiler();
  if (!WebAssembly.validate(RELAXED_MADD)) return (fused = false);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(RELAXED_MADD)).exports as { f: (...n: number[]) => number };
  // the product needs 105 bits
  const factor = 1 + 2 ** -52;
  return (fused = f(factor, factor, -1 - 2 ** -51) === 2 ** -104);
}

/** @throws WebAssembly.CompileError when the bytes are no module */
export function compileModule(bytes: Uint8Array): WebAssembly.Module {
  prepareCompiler();
  return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
}
