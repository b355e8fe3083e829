/**
 * The machine code that V8's optimizing compiler has made of a module, for another process to go on with. Browsers keep it between
 * visits; Node gives no other way to it than V8's intrinsics. V8 itself tells whether it fits its version, the processor and its
 * flags; it does not tell whether it was damaged.
 */
import { prepareCompiler } from './compile.js';

interface Intrinsics {
  isOptimized(exported: unknown): boolean;
  optimize(exported: unknown): void;
  /** Ends the process when no function of the module is optimized. */
  serialize(module: WebAssembly.Module): ArrayBuffer;
  deserialize(machineCode: ArrayBuffer, bytes: Uint8Array): WebAssembly.Module | undefined;
}

/** (module (func (export "f") (result i32) i32.const 7)) */
const SMALL = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 6, 1, 4, 0, 0x41, 7, 0x0b,
);

let intrinsics: Intrinsics | undefined;
let looked = false;

function find(): Intrinsics | undefined {
  if (looked) return intrinsics;
  looked = true;
  prepareCompiler();
  try {
    const found = {
      isOptimized: new Function('f', 'return %IsTurboFanFunction(f)'),
      optimize: new Function('f', '%WasmTierUpFunction(f)'),
      serialize: new Function('m', 'return %SerializeWasmModule(m)'),
      deserialize: new Function('c', 'b', 'return %DeserializeWasmModule(c, b)'),
    } as unknown as Intrinsics;
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(SMALL)).exports;
    found.optimize(f);
    if (found.isOptimized(f)) intrinsics = found;
  } catch {
    // a V8 without them
  }
  return intrinsics;
}

/** Whether this V8 gives machine code and takes it. */
export const hasMachineCode = (): boolean => find() !== undefined;

/** Has V8's optimizing compiler compile an exported function now, for all threads that use the module. */
export const optimize = (exported: unknown): void => find()!.optimize(exported);

/** Whether V8's optimizing compiler has compiled an exported function. */
export const isOptimized = (exported: unknown): boolean => find()!.isOptimized(exported);

/** The machine code of a module, of those functions that have been optimized: one at least. */
export const machineCodeOf = (module: WebAssembly.Module): Uint8Array => new Uint8Array(find()!.serialize(module));

/** A module that goes on with machine code that an equal module had; undefined when V8 does not take it. */
export function moduleWith(machineCode: Uint8Array, bytes: Uint8Array): WebAssembly.Module | undefined {
  const { buffer, byteLength } = machineCode;
  return find()?.deserialize((buffer.byteLength === byteLength ? buffer : Uint8Array.from(machineCode).buffer) as ArrayBuffer, bytes);
}
