/**
 * Operands: the parts of an instruction that are constants in translated code and read from the decoded record in the
 * interpreter. Fields an emit function may branch on are `statics`; operands it may not.
 */
import { XSlot } from '../../src/arch/state-layout.js';

/** Field values of a decoded word by Arm's names, and the word itself. */
export interface InstructionFields {
  readonly word: number;
  /** Offset of the instruction in its 4 KiB page, bytes; target-in-page tests need it. */
  readonly pageOffset: number;
  readonly [field: string]: number;
}

export type OperandKind = 'X' | 'V' | 'imm16' | 'imm32' | 'imm64';

export interface OperandSpec {
  readonly kind: OperandKind;
  /** X: byte offset in the X file; V: byte offset in the V file; otherwise the immediate. */
  readonly encode: (f: InstructionFields) => number | bigint;
  /** The five-bit field that `encode` looks at, when it is the only one. */
  readonly field?: string;
}

/** A general-purpose register read as a source: number 31 is XZR. */
export const x = (field: string): OperandSpec => ({ kind: 'X', field, encode: (f) => f[field] * 8 });
/** A general-purpose register that is only written: number 31 discards. */
export const xd = (field: string): OperandSpec => ({
  kind: 'X',
  field,
  encode: (f) => (f[field] === 31 ? XSlot.DISCARD : f[field]) * 8,
});
/** A general-purpose register where number 31 is SP; source or destination. */
export const xsp = (field: string): OperandSpec => ({
  kind: 'X',
  field,
  encode: (f) => (f[field] === 31 ? XSlot.SP : f[field]) * 8,
});
/** As x/xd/xsp with a computed register number (for example Rs+1 of a pair); 31 as in `as`. */
export const xOf = (number: (f: InstructionFields) => number, as: 'source' | 'destination' | 'sp'): OperandSpec => ({
  kind: 'X',
  encode: (f) => {
    const n = number(f);
    return (n !== 31 ? n : as === 'source' ? XSlot.ZR : as === 'sp' ? XSlot.SP : XSlot.DISCARD) * 8;
  },
});
/** A SIMD&FP register, source or destination. */
export const v = (field: string): OperandSpec => ({ kind: 'V', field, encode: (f) => f[field] * 16 });
export const vOf = (number: (f: InstructionFields) => number): OperandSpec => ({
  kind: 'V',
  encode: (f) => (number(f) & 31) * 16,
});
/** An unsigned 16-bit immediate, for amounts and small numbers. */
export const imm16 = (encode: (f: InstructionFields) => number): OperandSpec => ({ kind: 'imm16', encode });
/** A 32-bit immediate, computed from the fields when the word is decoded. */
export const imm32 = (encode: (f: InstructionFields) => number): OperandSpec => ({ kind: 'imm32', encode });
/** A 64-bit immediate. */
export const imm64 = (encode: (f: InstructionFields) => number | bigint): OperandSpec => ({ kind: 'imm64', encode });

/** An operand as emit functions see it: where it lies in the record, and (when translating) its value. */
export interface Operand {
  readonly name: string;
  readonly kind: OperandKind;
  /** Byte offset in the 16-byte record. */
  readonly at: number;
  /** Encoded value, present only when translating. */
  readonly value?: number | bigint;
}

/** Where each operand lies in a record: registers from byte 2 on, immediates at the end, all naturally aligned. */
export function placeOperands(specs: Readonly<Record<string, OperandSpec>>): Operand[] {
  const placed: Operand[] = [];
  const used = new Uint8Array(16);
  used.fill(1, 0, 2);
  const place = (name: string, kind: OperandKind, width: number, fromEnd: boolean): void => {
    const candidates: number[] = [];
    for (let at = 0; at + width <= 16; at += width) candidates.push(at);
    if (fromEnd) candidates.reverse();
    const at = candidates.find((c) => used.subarray(c, c + width).every((u) => u === 0));
    if (at === undefined) throw new Error(`operands do not fit a record: ${Object.keys(specs).join(', ')}`);
    used.fill(1, at, at + width);
    placed.push({ name, kind, at });
  };
  const entries = Object.entries(specs);
  for (const [n, s] of entries) if (s.kind === 'imm64') place(n, s.kind, 8, true);
  for (const [n, s] of entries) if (s.kind === 'imm32') place(n, s.kind, 4, true);
  for (const [n, s] of entries) if (s.kind === 'X' || s.kind === 'V' || s.kind === 'imm16') place(n, s.kind, 2, false);
  return placed;
}
