/** Maps the emitter's operation names onto binaryen's builders. */
import type binaryen from 'binaryen';
import type { Value } from '../emitter/ir.js';

export type Expression = binaryen.ExpressionRef;

type Builder = (...args: unknown[]) => Expression;

const cache = new Map<string, Builder>();
let cachedFor: object | undefined;

function builder(module: binaryen.Module & { readonly operations?: object }, op: string): Builder {
  // those of an Encoder are functions of no module
  const owner = module.operations ?? module;
  if (cachedFor !== owner) {
    cache.clear();
    cachedFor = owner;
  }
  let found = cache.get(op);
  if (!found) {
    let at: unknown = module;
    for (const part of op.split('.')) at = (at as Record<string, unknown>)[part];
    if (typeof at !== 'function') throw new Error(`no wasm operation ${op}`);
    found = at as Builder;
    cache.set(op, found);
  }
  return found;
}

/** A pure operation of `args`. */
export function pureOperation(module: binaryen.Module, value: Value, args: Expression[]): Expression {
  const { op, imm } = value;
  if (op === 'select') return module.select(args[0], args[1], args[2]);
  const build = builder(module, op);
  if (imm === undefined) return build(...args);
  if (op === 'i8x16.shuffle') return build(args[0], args[1], imm);
  if (op.endsWith('replace_lane')) return build(args[0], imm, args[1]);
  return build(args[0], imm);
}

/** A constant node. */
export function constant(module: binaryen.Module, value: Value): Expression {
  switch (value.type) {
    case 'i32':
      return module.i32.const(value.imm as number);
    case 'i64':
      return (module.i64.const as unknown as (n: bigint) => Expression)(value.imm as bigint);
    case 'f32':
      return module.f32.const(value.imm as number);
    case 'f64':
      return module.f64.const(value.imm as number);
    default:
      return module.v128.const(value.imm as number[]);
  }
}

const MEMORY_OPERATIONS = new Map<string, boolean>();

/** Whether an operation accesses memory. */
export function isMemoryOperation(op: string): boolean {
  let known = MEMORY_OPERATIONS.get(op);
  if (known === undefined) MEMORY_OPERATIONS.set(op, (known = /\.(load|store|atomic)/.test(op)));
  return known;
}

/** A load, store or atomic operation on the one memory, named '0'. */
export function memoryOperation(module: binaryen.Module, op: string, offset: number, args: Expression[]): Expression {
  const build = builder(module, op);
  if (op.includes('.atomic.')) return build(offset, ...args, '0');
  return build(offset, 1, ...args, '0');
}
