import type { Operand } from './operand.js';
import type { ExitAfter } from './services.js';
import type { Statement, Value, ValueType, Variable } from './ir.js';

export interface AccessOptions {
  /** The bytes are written (after all checks; the store itself is emitted by `store`). */
  readonly write?: boolean;
  /** The bytes are also read (atomic read-modify-write); implies write permission is checked too. */
  readonly readWrite?: boolean;
  /** LDTR/STTR: checked as if executed at EL0 where the architecture says so. */
  readonly unprivileged?: boolean;
  /**
   * Required alignment in bytes whatever SCTLR_ELx.A says, but for what FEAT_LSE2 allows, which the runtime carries
   * out in the bounce buffer; 1 = none.
   */
  readonly align?: number;
  /** Acquire or release, neither exclusive nor atomic: SCTLR_ELx.nAA applies (FEAT_LSE2). */
  readonly ordered?: boolean;
  /** Size of one element, bytes, when the access is several (pairs, structures): MMIO is done element by element. */
  readonly element?: number;
  /** When the inline check fails, the service performs the whole instruction instead. */
  readonly orService?: { readonly name: string; readonly word: Operand };
}

/** Where an operand of `fpSoft` lies: a register, or `offset` bytes behind a register's start or the scratch field's. */
export type FpPlace = Operand | { readonly base: Operand | 'scratch'; readonly offset: number };

/** Flag-setting recipes; operands are both i32 or both i64. */
export type FlagsRecipe = 'add' | 'sub' | 'logic';

const COMPARE = /^(eqz|(eq|ne|lt|gt|le|ge)(_[su])?)$/;

const RESULT_TYPES = new Map<string, ValueType>();

/** Result type of a wasm operation named as binaryen names it, without memory operations. */
export function resultType(op: string): ValueType {
  let type = RESULT_TYPES.get(op);
  if (type === undefined) RESULT_TYPES.set(op, (type = findResultType(op)));
  return type;
}

function findResultType(op: string): ValueType {
  const [shape, name] = op.split('.');
  if (shape === 'v128') return name === 'any_true' ? 'i32' : 'v128';
  if (/x/.test(shape)) {
    if (/all_true|bitmask/.test(name)) return 'i32';
    if (/extract_lane/.test(name))
      return shape === 'i64x2' ? 'i64' : shape === 'f32x4' ? 'f32' : shape === 'f64x2' ? 'f64' : 'i32';
    return 'v128';
  }
  return COMPARE.test(name) ? 'i32' : (shape as ValueType);
}

/**
 * What instruction semantics are written against. One emit function serves the interpreter (operands read from the
 * decoded record) and the translator (operands constant); it describes values and ordered effects and never looks at
 * an operand's value. Values may be used any number of times.
 *
 * Order: reads of registers and memory happen where they are written down; so do writes. Every memory access is
 * announced by `access` before the first effect of the instruction, so that an instruction can be abandoned and
 * repeated.
 */
export class Emitter {
  private statements: Statement[] = [];
  private variables = 0;

  /**
   * @param lazyFlags flags are described by what sets them ('flags.set', 'condition'), not computed at once
   * @param hostFused relaxed_madd may be used, and rounds once
   */
  constructor(private readonly lazyFlags = false, readonly hostFused = false) {}

  /** Ends the description and hands over the statements. */
  finish(): Statement[] {
    return this.statements;
  }

  // Plumbing

  private node(op: string, type: ValueType, args: readonly Value[], imm: unknown, ordered: boolean): Value {
    for (const a of args) a.uses++;
    const value: Value = { op, type, args, imm, ordered, uses: 0, simplest: undefined };
    this.statements.push({ kind: 'value', value });
    return value;
  }
  private effect(op: string, args: readonly Value[], imm?: unknown): void {
    for (const a of args) a.uses++;
    this.statements.push({ kind: 'effect', op, args, imm });
  }
  private nested(body: () => void): Statement[] {
    const outer = this.statements;
    this.statements = [];
    body();
    const inner = this.statements;
    this.statements = outer;
    return inner;
  }

  // Constants and pure operations

  i32(n: number): Value {
    return { op: 'const', type: 'i32', args: [], imm: n | 0, ordered: false, uses: 0, simplest: undefined };
  }
  i64(n: number | bigint): Value {
    return { op: 'const', type: 'i64', args: [], imm: BigInt.asIntN(64, BigInt(n)), ordered: false, uses: 0, simplest: undefined };
  }
  f32(n: number): Value {
    return { op: 'const', type: 'f32', args: [], imm: n, ordered: false, uses: 0, simplest: undefined };
  }
  f64(n: number): Value {
    return { op: 'const', type: 'f64', args: [], imm: n, ordered: false, uses: 0, simplest: undefined };
  }
  /** A vector constant from 16 bytes, lowest lane first. */
  v128(bytes: ArrayLike<number>): Value {
    return { op: 'const', type: 'v128', args: [], imm: Array.from(bytes), ordered: false, uses: 0, simplest: undefined };
  }
  /** A vector constant with the same 64 bits in both halves. */
  v128Splat64(bits: bigint): Value {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt.asUintN(64, bits), true);
    view.setBigUint64(8, BigInt.asUintN(64, bits), true);
    return this.v128(bytes);
  }

  /**
   * Any wasm operation without memory access, by binaryen's name: 'i64.add', 'i32.wrap', 'i64.extend_u',
   * 'i64.extend8_s', 'f64.convert_s.i64', 'i64.trunc_s_sat.f64', 'i64.reinterpret', 'i8x16.add', 'v128.bitselect'.
   * Lane operations take the lane in `imm`; 'i8x16.shuffle' takes its 16 indices.
   */
  op(op: string, ...args: Value[]): Value {
    return this.node(op, resultType(op), args, undefined, false);
  }
  /** A pure operation with an immediate (lane number, shuffle indices). */
  lane(op: string, imm: number | readonly number[], ...args: Value[]): Value {
    return this.node(op, resultType(op), args, imm, false);
  }
  private same(name: string, a: Value, b: Value): Value {
    if (a.type !== b.type) throw new Error(`${name}: operand types ${a.type} and ${b.type} differ`);
    return this.op(`${a.type}.${name}`, a, b);
  }
  add(a: Value, b: Value): Value {
    return this.same('add', a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.same('sub', a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.same('mul', a, b);
  }
  and(a: Value, b: Value): Value {
    return this.same('and', a, b);
  }
  or(a: Value, b: Value): Value {
    return this.same('or', a, b);
  }
  xor(a: Value, b: Value): Value {
    return this.same('xor', a, b);
  }
  /** Bitwise complement of an i32, i64 or v128. */
  not(a: Value): Value {
    if (a.type === 'v128') return this.op('v128.not', a);
    return this.xor(a, a.type === 'i32' ? this.i32(-1) : this.i64(-1));
  }
  neg(a: Value): Value {
    return this.sub(a.type === 'i32' ? this.i32(0) : this.i64(0), a);
  }
  /** Shifts and rotates take the amount modulo the width; both operands have the same type. */
  shl(a: Value, b: Value): Value {
    return this.same('shl', a, b);
  }
  shrU(a: Value, b: Value): Value {
    return this.same('shr_u', a, b);
  }
  shrS(a: Value, b: Value): Value {
    return this.same('shr_s', a, b);
  }
  rotr(a: Value, b: Value): Value {
    return this.same('rotr', a, b);
  }
  eq(a: Value, b: Value): Value {
    return this.same('eq', a, b);
  }
  ne(a: Value, b: Value): Value {
    return this.same('ne', a, b);
  }
  ltS(a: Value, b: Value): Value {
    return this.same('lt_s', a, b);
  }
  ltU(a: Value, b: Value): Value {
    return this.same('lt_u', a, b);
  }
  geU(a: Value, b: Value): Value {
    return this.same('ge_u', a, b);
  }
  eqz(a: Value): Value {
    return this.op(`${a.type}.eqz`, a);
  }
  /** i64 to i32, dropping the high word. */
  wrap(a: Value): Value {
    return this.op('i32.wrap', a);
  }
  extendU(a: Value): Value {
    return this.op('i64.extend_u', a);
  }
  extendS(a: Value): Value {
    return this.op('i64.extend_s', a);
  }
  /** `a` when the i32 condition is non-zero, else `b`; both are evaluated. */
  select(condition: Value, a: Value, b: Value): Value {
    return this.node('select', a.type, [condition, a, b], undefined, false);
  }
  /** A constant of the type of `like`. */
  constant(like: ValueType, n: number | bigint): Value {
    return like === 'i32' ? this.i32(Number(n)) : this.i64(n);
  }

  // Operands and registers

  /** Value of an immediate operand: i64 for imm64, i32 for the others. */
  imm(o: Operand): Value {
    return this.node('imm', o.kind === 'imm64' ? 'i64' : 'i32', [], o, false);
  }
  /** An imm32 operand zero- or sign-extended to i64. */
  imm64U(o: Operand): Value {
    return this.extendU(this.imm(o));
  }
  imm64S(o: Operand): Value {
    return this.extendS(this.imm(o));
  }
  /** 64-bit read of a general-purpose register. */
  x(o: Operand): Value {
    return this.node('x.get', 'i64', [], o, true);
  }
  /** Low 32 bits of a general-purpose register, as i32. */
  w(o: Operand): Value {
    return this.node('w.get', 'i32', [], o, true);
  }
  setX(o: Operand, value: Value): void {
    this.effect('x.set', [value], o);
  }
  /** Writes an i32 result and zeroes the upper half, as every W write does. */
  setW(o: Operand, value: Value): void {
    this.effect('x.set', [this.extendU(value)], o);
  }
  /** `x` or `w` by width. */
  reg(o: Operand, sf: number): Value {
    return sf ? this.x(o) : this.w(o);
  }
  /** Writes an i64 (or an i32, zero-extended). */
  setReg(o: Operand, value: Value): void {
    if (value.type === 'i32') this.setW(o, value);
    else this.setX(o, value);
  }
  /** All 128 bits of a SIMD&FP register. */
  v(o: Operand): Value {
    return this.node('v.get', 'v128', [], o, true);
  }
  /** Low 64 / 32 / 16 / 8 bits of a SIMD&FP register as an integer. */
  d(o: Operand): Value {
    return this.node('v.get64', 'i64', [], o, true);
  }
  s(o: Operand): Value {
    return this.node('v.get32', 'i32', [], o, true);
  }
  h(o: Operand): Value {
    return this.node('v.get16', 'i32', [], o, true);
  }
  b(o: Operand): Value {
    return this.node('v.get8', 'i32', [], o, true);
  }
  setV(o: Operand, value: Value): void {
    this.effect('v.set', [value], o);
  }
  /** Writes the low 64 bits and zeroes the rest of the register. */
  setD(o: Operand, value: Value): void {
    this.effect('v.set', [this.lane('i64x2.replace_lane', 0, this.v128(new Uint8Array(16)), value)], o);
  }
  /** Writes an i32 (already zero-extended from 8 or 16 bits where narrower) and zeroes the rest. */
  setS(o: Operand, value: Value): void {
    this.setD(o, this.extendU(value));
  }

  // Flags

  /** NZCV as an i32, N in bit 3. */
  nzcv(): Value {
    return this.node('nzcv.get', 'i32', [], undefined, true);
  }
  setNzcv(value: Value): void {
    this.effect('nzcv.set', [value]);
  }
  /** Flags of result = a + b, result = a - b, or of a logical result (C = V = 0). */
  setFlags(recipe: FlagsRecipe, a: Value, b: Value, result: Value): void {
    if (this.lazyFlags) return this.effect('flags.set', recipe === 'logic' ? [result] : [a, b], recipe);
    this.effect('nzcv.set', [this.flags(recipe, a, b, result)]);
  }
  /** NZCV value as in setFlags. */
  flags(recipe: FlagsRecipe, a: Value, b: Value, result: Value): Value {
    const t = result.type;
    const top = this.constant(t, t === 'i32' ? 31 : 63);
    const low = (v: Value): Value => (t === 'i32' ? v : this.wrap(v));
    const n = this.and(low(this.shrU(result, this.constant(t, t === 'i32' ? 28 : 60))), this.i32(8));
    const nz = this.or(n, this.shl(this.eqz(result), this.i32(2)));
    if (recipe === 'logic') return nz;
    const carry = recipe === 'add' ? this.ltU(result, a) : this.geU(a, b);
    const overflow =
      recipe === 'add'
        ? this.and(this.xor(a, result), this.xor(b, result))
        : this.and(this.xor(a, b), this.xor(a, result));
    return this.or(this.or(nz, this.shl(carry, this.i32(1))), low(this.shrU(overflow, top)));
  }
  /** Whether a condition operand (imm32 holding conditionMask(cond)) holds now: i32 0 or 1. */
  condition(mask: Operand): Value {
    if (this.lazyFlags) return this.node('condition', 'i32', [], mask, true);
    return this.and(this.shrU(this.imm(mask), this.nzcv()), this.i32(1));
  }

  // Control

  /** Runs `then` when the i32 is non-zero, else `otherwise`. Values made inside are not visible outside. */
  if(condition: Value, then: () => void, otherwise: () => void = () => undefined): void {
    condition.uses++;
    this.statements.push({
      kind: 'if',
      args: [condition],
      then: this.nested(then),
      otherwise: this.nested(otherwise),
    });
  }
  /** Repeats `body` while the condition it returns (i32) is non-zero; carry state in variables. */
  doWhile(body: () => Value): void {
    let condition: Value | undefined;
    const then = this.nested(() => {
      condition = body();
      condition.uses++;
    });
    this.statements.push({ kind: 'loop', args: [condition!], then });
  }
  /** A mutable local; `get` reads what it holds at that point. */
  variable(initial: Value): Variable {
    const variable: Variable = { type: initial.type, id: this.variables++ };
    this.effect('variable.set', [initial], variable);
    return variable;
  }
  set(variable: Variable, value: Value): void {
    this.effect('variable.set', [value], variable);
  }
  get(variable: Variable): Value {
    return this.node('variable.get', variable.type, [], variable, true);
  }
  /** Address of this instruction. */
  pc(): Value {
    return this.node('pc', 'i64', [], undefined, false);
  }
  /** Branches by a byte displacement held in an imm64 operand; `near`: the target lies in this 4 KiB page. */
  branch(displacement: Operand, near: boolean): void {
    this.effect(near ? 'branch.near' : 'branch.far', [], displacement);
  }
  /** Branches to a computed address. `btype` is what PSTATE.BTYPE becomes if the target page is guarded. */
  branchTo(target: Value, btype: 0 | 1 | 2 | 3): void {
    this.effect('branch.to', [target], btype);
  }

  // Memory

  /**
   * Announces an access of `bytes` bytes at a virtual address, does all checks, and gives the WasmOffset (i32) that
   * `load` and `store` use. Must precede every effect of the instruction. A fault abandons the instruction.
   */
  access(address: Value, bytes: number, options: AccessOptions = {}): Value {
    return this.node('access', 'i32', [address], { bytes, ...options }, true);
  }
  /** 'i64.load32_u' and the like; offset in bytes, 0..127. */
  load(op: string, host: Value, offset = 0): Value {
    return this.node(op, resultType(op), [host], offset, true);
  }
  store(op: string, host: Value, value: Value, offset = 0): void {
    this.effect(op, [host, value], offset);
  }
  /** Sequentially consistent access to naturally aligned memory, 'i64.atomic.load16_u'. */
  atomicLoad(op: string, host: Value): Value {
    return this.node(op, op.slice(0, 3) as ValueType, [host], 0, true);
  }
  atomicStore(op: string, host: Value, value: Value): void {
    this.effect(op, [host, value], 0);
  }
  /** 'i64.atomic.rmw8_u.add' and the like: gives the old value. */
  atomicRmw(op: string, host: Value, value: Value): Value {
    return this.orderedAlways(op, op.slice(0, 3) as ValueType, [host, value]);
  }
  /** 'i64.atomic.rmw.cmpxchg': gives the old value. */
  atomicCompareExchange(op: string, host: Value, expected: Value, replacement: Value): Value {
    return this.orderedAlways(op, op.slice(0, 3) as ValueType, [host, expected, replacement]);
  }
  private orderedAlways(op: string, type: ValueType, args: Value[]): Value {
    const value = this.node(op, type, args, 0, true);
    value.uses++; // has an effect: kept even when nobody reads the result
    return value;
  }
  /** The lock that 128-bit atomics share; held for a few instructions, with no access in between but loads and stores. */
  lock128(): void {
    this.effect('lock128', []);
  }
  unlock128(): void {
    this.effect('unlock128', []);
  }
  /** Full barrier, when there is more than one vCPU. */
  fence(): void {
    this.effect('fence', []);
  }

  // Machine state by field (see runtime/layout) and calls

  /** A 32-bit field of the architectural or control state. */
  field32(name: string): Value {
    return this.node('field32.get', 'i32', [], name, true);
  }
  setField32(name: string, value: Value): void {
    this.effect('field32.set', [value], name);
  }
  /** A 64-bit field; `index` for arrays. */
  field64(name: string, index = 0): Value {
    return this.node('field64.get', 'i64', [], { name, index }, true);
  }
  setField64(name: string, value: Value, index = 0): void {
    this.effect('field64.set', [value], { name, index });
  }
  /** A stored system register by Arm's name. */
  sysreg(name: string): Value {
    return this.node('sysreg.get', 'i64', [], name, true);
  }
  setSysreg(name: string, value: Value): void {
    this.effect('sysreg.set', [value], name);
  }
  /** A function of the wasm library (jit/interpreter/library.ts) that only computes; no side effects but FPSR. */
  call(name: string, type: ValueType, ...args: Value[]): Value {
    return this.orderedAlways(`call:${name}`, type, args);
  }
  /**
   * Executes one softfloat operation (a code from fpCode) on registers: reads FPCR, ORs into FPSR, writes `d`, or NZCV for
   * comparisons. Operands that the operation does not use may be left out. In the main loop this goes to the function
   * form, which starts anew: no effect may precede it there.
   */
  fpSoft(code: Value, d: FpPlace, n: FpPlace, m: FpPlace = n, a: FpPlace = d): void {
    const places = [d, n, m, a].map((p) => ('at' in p ? { base: p, offset: 0 } : p));
    this.effect('fpSoft', [code], places);
  }
  /** Calls TypeScript to compute: operands and results go through the `scratch` field; `id` see runtime/vcpu/compute. */
  compute(id: number): void {
    this.effect('compute', [], id);
  }
  /**
   * Hands the instruction to TypeScript: `service` (see ServiceName) is called with the word operand. It may change any
   * state and decides whether execution goes on behind this instruction. Must be the last effect.
   */
  service(service: string, word: Operand): void {
    this.effect('service', [this.imm(word)], service);
  }
  /** Takes a synchronous exception of this instruction; ends it. `kind` see ExitReason; `info` goes to exitInfo[0]. */
  exception(kind: string, info: Value): void {
    this.effect('exception', [info], kind);
  }
  /** Must begin every FP and AdvSIMD instruction: traps when CPACR_EL1, CPTR_EL2 or CPTR_EL3 say so. */
  fpAccess(): void {
    this.if(this.field32('fpTrapped'), () => this.exception('fpTrap', this.i32(0)));
  }
  /** The instruction is UNDEFINED in this form. */
  undefined(): void {
    this.effect('exception', [this.i32(0)], 'undefined');
  }
  /** Ends the instruction, then returns to the run loop for `kind`. */
  exitAfter(kind: ExitAfter): void {
    this.effect('exitAfter', [], kind);
  }
}

/** 16-bit truth table of a condition code over NZCV (Arm ARM, C1.2.4): bit n is set when it holds with NZCV = n. */
export function conditionMask(cond: number): number {
  let mask = 0;
  for (let nzcv = 0; nzcv < 16; nzcv++) {
    const n = (nzcv >> 3) & 1;
    const z = (nzcv >> 2) & 1;
    const c = (nzcv >> 1) & 1;
    const v = nzcv & 1;
    const base = [z, c, n, v, c & ~z & 1, n === v ? 1 : 0, n === v && !z ? 1 : 0, 1][cond >> 1];
    const holds = cond & 1 && cond !== 15 ? base ^ 1 : base;
    if (holds) mask |= 1 << nzcv;
  }
  return mask;
}
