/** Ways to describe floating-point instructions that softfloat executes as a whole (jit/softfloat/operation.ts). */
import { imm32, v, x, xd, type InstructionFields, type OperandSpec } from '../../emitter/operand.js';
import { fpCode, type FpCodeOptions, type FpFormatName } from '../../softfloat/index.js';
import { semantics, type Semantics, type Statics } from './define.js';

/** Format by the ftype field: single, double, (none), half. */
export const formatOfType = (f: Statics): FpFormatName =>
  f.ftype === 0 ? 'single' : f.ftype === 1 ? 'double' : 'half';
/** Format by the sz field, or half where the encoding has none. */
export const formatOfSize = (f: Statics): FpFormatName =>
  f.sz === undefined ? 'half' : f.sz === 0 ? 'single' : 'double';
export const formatBytes = (format: FpFormatName): number => (format === 'double' ? 8 : format === 'single' ? 4 : 2);
/** Elements of a format in a vector of 8 << Q bytes. */
export const lanesOf = (format: FpFormatName, q: number): number => (8 << q) / formatBytes(format);

/** Scalar instructions, which FPCR.NEP makes merge; not the pairwise ones. */
const SCALAR = /_(asisd(?!pair)\w+|float(_\w+)?|sisd)$/;

/** An operand from the fields, or a field's name. */
const register = (field: string | ((f: InstructionFields) => number)): OperandSpec =>
  typeof field === 'string' ? v(field) : { kind: 'V', encode: field };

export interface SoftInput {
  readonly code: (f: InstructionFields) => FpCodeOptions;
  /** Registers by field name, or by byte offset in the V file. Default: Rd, Rn. The addend is the destination. */
  readonly d?: string | ((f: InstructionFields) => number);
  readonly n?: string | ((f: InstructionFields) => number);
  readonly m?: string | ((f: InstructionFields) => number);
}

/** One softfloat operation from vector registers to a vector register; the code is an operand of the record. */
export function soft(encoding: string, input: SoftInput): Semantics {
  const operands = {
    d: register(input.d ?? 'Rd'),
    n: register(input.n ?? 'Rn'),
    code: imm32((f) => fpCode({ merge: SCALAR.test(encoding), ...input.code(f) })),
    m: register(input.m ?? input.n ?? 'Rn'),
  };
  return semantics(encoding, {
    operands,
    emit(e, _f, o) {
      e.fpAccess();
      e.fpSoft(e.imm(o.code), o.d, o.n, o.m);
    },
  });
}

/** From a vector register to a general-purpose one; results of 32 bits are zero-extended. */
export function softToGeneral(encoding: string, code: (f: InstructionFields) => FpCodeOptions): Semantics {
  return semantics(encoding, {
    operands: { d: xd('Rd'), n: v('Rn'), code: imm32((f) => fpCode({ ...code(f), zeroUpper: false })) },
    emit(e, _f, o) {
      e.fpAccess();
      e.setField64('scratch', e.i64(0));
      e.fpSoft(e.imm(o.code), { base: 'scratch', offset: 0 }, o.n);
      e.setX(o.d, e.field64('scratch'));
    },
  });
}

/** From a general-purpose register to a vector register. */
export function softFromGeneral(encoding: string, code: (f: InstructionFields) => FpCodeOptions): Semantics {
  return semantics(encoding, {
    operands: { d: v('Rd'), n: x('Rn'), code: imm32((f) => fpCode({ merge: true, ...code(f) })) },
    emit(e, _f, o) {
      e.fpAccess();
      e.fpSoft(e.imm(o.code), o.d, o.n);
    },
  });
}

