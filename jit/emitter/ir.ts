/** The intermediate form of one instruction's semantics: typed value nodes and an ordered list of statements. */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/**
 * A value node. Pure nodes may be used any number of times; a node with `ordered` set is evaluated where it was created
 * (it reads state that later statements may change).
 */
export interface Value {
  readonly op: string;
  readonly type: ValueType;
  readonly args: readonly Value[];
  /** Constant, lane number, offset, operand: whatever `op` wants beside its arguments. */
  readonly imm: unknown;
  readonly ordered: boolean;
  uses: number;
  /** What it comes to with constant operands, once that has been looked for (jit/region/constant-values.ts). */
  simplest: Value | undefined;
}

export interface Statement {
  readonly kind: 'value' | 'effect' | 'if' | 'loop';
  /** For 'value': the node created here. */
  readonly value?: Value;
  /** For 'effect' and 'if'. */
  readonly op?: string;
  readonly args?: readonly Value[];
  readonly imm?: unknown;
  /** For 'if'; for 'loop' the body in `then`, repeated while args[0], computed in it, is non-zero. */
  readonly then?: readonly Statement[];
  readonly otherwise?: readonly Statement[];
}

/** A mutable local variable of the semantics. */
export interface Variable {
  readonly type: ValueType;
  readonly id: number;
}
