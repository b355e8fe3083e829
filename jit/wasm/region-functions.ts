/** Functions of core.wasm that regions may call. */
import type binaryen from 'binaryen';
import { libraryFunctions } from '../a64/semantics/library/index.js';
import { f32, f64, i32, i64, none, v128 } from './types.js';

export interface Signature {
  readonly params: readonly binaryen.Type[];
  readonly result: binaryen.Type;
}

const types = { i32, i64, f32, f64, v128 };

/** Functions of jit/wasm/tlb-maintenance.ts. */
export const MAINTENANCE_FUNCTIONS = {
  invalidatePage: { params: [i32, i64, i32], result: i32 },
  completeMaintenance: { params: [i32], result: i32 },
} as const satisfies Readonly<Record<string, Signature>>;

/** By name. */
export const CORE_FUNCTIONS: Readonly<Record<string, Signature>> = {
  hop: { params: [i32, i64, i32, i32], result: i64 },
  enter: { params: [i32, i32, i32, i64, i32], result: i64 },
  finishCall: { params: [i32, i64, i64, i32, i32], result: i64 },
  stepRegion: { params: [i32, i32], result: i32 },
  ...MAINTENANCE_FUNCTIONS,
  fp: { params: [i32, i32, i32, i32, i32], result: none },
  ...Object.fromEntries(libraryFunctions.map((f) => [
    f.name, { params: [i32, ...f.parameters.map((p) => types[p])], result: types[f.result] },
  ])),
};
