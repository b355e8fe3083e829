/** One operation's function form as WebAssembly text, as binaryen prints it. */
import binaryen from 'binaryen';
import type { Statement } from '../emitter/ir.js';
import { LocalPool, OperationLowering } from './lower.js';
import { MAINTENANCE_FUNCTIONS } from './region-functions.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128, none };
type TypeName = keyof typeof types;

/** A function that the operation may call. */
export interface CalledFunction {
  readonly name: string;
  readonly parameters: readonly TypeName[];
  readonly result: TypeName;
}

/** What every operation may call beside the library: imports of core.wasm, and the lock of 128-bit atomics. */
const CORE_FUNCTIONS: readonly CalledFunction[] = [
  { name: 'access', parameters: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
  { name: 'commit', parameters: [], result: 'i32' },
  { name: 'service', parameters: ['i32', 'i32'], result: 'i32' },
  { name: 'compute', parameters: ['i32'], result: 'none' },
  { name: 'fp', parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], result: 'none' },
  { name: 'lock128', parameters: [], result: 'none' },
  { name: 'unlock128', parameters: [], result: 'none' },
];

/** The passes of the whole interpreter, without the one that lets several values share a local. */
const PASSES = ['vacuum', 'optimize-instructions', 'simplify-locals', 'reorder-locals', 'vacuum'];

/**
 * Text of a module whose one function with a body is the operation `(vcpu, record, pc) -> Status`, called `op`.
 * @param library functions that the operation may call, with the vCPU as first parameter
 */
export function operationText(statements: readonly Statement[], library: readonly CalledFunction[]): string {
  const m = new binaryen.Module();
  const F = binaryen.Features;
  m.setFeatures(F.Atomics | F.MutableGlobals | F.NontrappingFPToInt | F.SIMD128 | F.BulkMemory | F.SignExt);
  m.setMemory(1, 65536, null as unknown as string, [], true, false, '0');
  const declare = (f: CalledFunction, first: binaryen.Type[]): void => {
    const parameters = binaryen.createType([...first, ...f.parameters.map((p) => types[p])]);
    m.addFunctionImport(f.name, 'env', f.name, parameters, types[f.result]);
  };
  for (const f of CORE_FUNCTIONS) declare(f, []);
  for (const f of library) declare(f, [i32]);
  for (const [name, { params, result }] of Object.entries(MAINTENANCE_FUNCTIONS)) {
    m.addFunctionImport(name, 'env', name, binaryen.createType([...params]), result);
  }
  const pool = new LocalPool(3);
  const body = new OperationLowering({ module: m, types, pool, vcpu: 0, record: 1, pcLocal: 2 }).lower(statements);
  m.addFunction('op', binaryen.createType([i32, i32, i64]), i32, pool.types, body);
  m.addFunctionExport('op', 'op');
  if (!m.validate()) throw new Error('the operation does not validate');
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(0);
  m.runPasses(PASSES);
  const text = m.emitText();
  m.dispose();
  return text;
}
