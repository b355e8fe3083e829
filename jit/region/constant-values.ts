/** What an instruction's constant operands make of its values: constants, and operations that change nothing. */
import type { Value } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import { XSlot } from '../../src/arch/state-layout.js';

type Fold = (a: bigint, b: bigint) => bigint;

const FOLDS: Readonly<Record<string, Fold>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
/** Without effect when the second operand is 0, and those of which that is true of the first one too. */
const RIGHT_ZERO = new Set(['add', 'sub', 'or', 'xor', 'shl', 'shr_u', 'shr_s', 'rotr', 'rotl']);
const EITHER_ZERO = new Set(['add', 'or', 'xor']);

interface Operation {
  readonly type: 'i32' | 'i64';
  readonly fold: Fold | undefined;
  readonly rightZero: boolean;
  readonly eitherZero: boolean;
}

const operations = new Map<string, Operation | null>();

function operationOf(op: string): Operation | null {
  let operation = operations.get(op);
  if (operation === undefined) {
    const found = /^(i32|i64)\.(\w+)$/.exec(op);
    operation = found === null ? null : {
      type: found[1] as 'i32' | 'i64', fold: FOLDS[found[2]],
      rightZero: RIGHT_ZERO.has(found[2]), eitherZero: EITHER_ZERO.has(found[2]),
    };
    operations.set(op, operation);
  }
  return operation;
}

const constant = (type: 'i32' | 'i64', n: bigint): Value => ({
  op: 'const', type, args: [], imm: type === 'i32' ? Number(BigInt.asIntN(32, n)) : BigInt.asIntN(64, n),
  ordered: false, uses: 0, simplest: undefined,
});

const numberOf = (value: Value): bigint | undefined =>
  value.op !== 'const' ? undefined : value.type === 'i64' ? (value.imm as bigint) : value.type === 'i32' ? BigInt(value.imm as number) : undefined;

/** The number that an integer value is, whatever registers hold, as a signed one of its width. */
export const constantOf = (value: Value): bigint | undefined => numberOf(simplified(value));

/** A value that is the same and takes less to compute: a constant, an operand of the operation, or the value itself. */
export function simplified(value: Value): Value {
  return (value.simplest ??= simplify(value));
}

function simplify(value: Value): Value {
  const { op, imm, args } = value;
  switch (op) {
    case 'imm': {
      const o = imm as Operand;
      return constant(o.kind === 'imm64' ? 'i64' : 'i32', BigInt(o.value!));
    }
    case 'x.get':
    case 'w.get':
      return Number((imm as Operand).value) >> 3 === XSlot.ZR ? constant(op === 'x.get' ? 'i64' : 'i32', 0n) : value;
    case 'i64.extend_u':
    case 'i64.extend_s':
    case 'i32.wrap': {
      const of = constantOf(args[0]);
      if (of === undefined) return value;
      return op === 'i32.wrap' ? constant('i32', of) : constant('i64', op === 'i64.extend_u' ? BigInt.asUintN(32, of) : of);
    }
  }
  const operation = args.length === 2 ? operationOf(op) : null;
  if (operation === null) return value;
  const a = constantOf(args[0]);
  const b = constantOf(args[1]);
  if (operation.rightZero && b === 0n) return simplified(args[0]);
  if (operation.eitherZero && a === 0n) return simplified(args[1]);
  if (a === undefined || b === undefined || operation.fold === undefined) return value;
  return constant(operation.type, operation.fold(a, b));
}
