/** AdvSIMD copies between elements and general-purpose registers (Arm ARM, C4.1.97: asimdins, asisdone). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, v, x, xd, type InstructionFields, type Operand } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  bitsOf, full, fullMask, lanes, readElement, select, sizeStatic, splatValue, vElement, type Size,
} from './simd-lanes.js';

/** imm5: the lowest set bit tells the element's size, the bits above it the index. */
const sizeOf = (f: InstructionFields): Size => 31 - Math.clz32(f.imm5 & -f.imm5);
const indexOf = (f: InstructionFields): number => f.imm5 >> (sizeOf(f) + 1);
const n = vElement((f) => f.Rn, sizeOf, indexOf);

/** Replaces the element whose number the operand holds. `value` is i32, or i64 for size 3. */
export function insertElement(e: Emitter, vector: Value, size: Size, index: Operand, value: Value): Value {
  const numbers = new Uint8Array(16);
  for (let i = 0; i < 16 >> size; i++) numbers[i << size] = i;
  const wanted = size === 3 ? e.imm64U(index) : e.imm(index);
  const mask = lanes(e, size, 'eq', e.v128(numbers), splatValue(e, size, wanted));
  return select(e, mask, splatValue(e, size, value), vector);
}

const general = (e: Emitter, o: Operand, size: Size): Value => (size === 3 ? e.x(o) : e.w(o));

function copy(
  encoding: string,
  hot: (size: Size) => boolean,
  operands: Parameters<typeof semantics>[1]['operands'],
  emit: (e: Emitter, size: Size, o: Readonly<Record<string, Operand>>) => void,
  sizes: readonly [Size, Size] = [0, 3],
): Semantics {
  const element = sizeStatic({ sizeOf, sizes, hot });
  return semantics(encoding, {
    computed: element.computed,
    operands,
    hot: element.hot,
    emit(e, f, o) {
      e.fpAccess();
      emit(e, element.sizeFrom(f), o);
    },
  });
}

const always = (): boolean => true;
const never = (): boolean => false;

export const simdCopySemantics: readonly Semantics[] = [
  copy('DUP_elem', never, { d: v('Rd'), n, q: full }, (e, size, o) => {
    e.setV(o.d, e.and(splatValue(e, size, readElement(e, o.n, size)), fullMask(e, o.q)));
  }),
  copy('DUP_gen', (size) => size !== 1, { d: v('Rd'), n: x('Rn'), q: full }, (e, size, o) => {
    e.setV(o.d, e.and(splatValue(e, size, general(e, o.n, size)), fullMask(e, o.q)));
  }),
  copy('DUP_asisdone', never, { d: v('Rd'), n }, (e, size, o) => {
    const value = readElement(e, o.n, size);
    if (size === 3) e.setD(o.d, value);
    else e.setS(o.d, value);
  }),
  copy('UMOV', always, { d: xd('Rd'), n }, (e, size, o) => e.setReg(o.d, readElement(e, o.n, size))),
  semantics('SMOV', {
    statics: ['Q'],
    computed: sizeStatic({ sizeOf, sizes: [0, 2] }).computed,
    operands: { d: xd('Rd'), n },
    emit(e, f, o) {
      e.fpAccess();
      const unused = e.i32(32 - bitsOf(f.element));
      const value = e.shrS(e.shl(readElement(e, o.n, f.element), unused), unused);
      e.setReg(o.d, f.Q ? e.extendS(value) : value);
    },
  }),
  copy('INS_gen', (size) => size === 3, { d: v('Rd'), n: x('Rn'), index: imm16(indexOf) }, (e, size, o) => {
    e.setV(o.d, insertElement(e, e.v(o.d), size, o.index, general(e, o.n, size)));
  }),
  copy('INS_elem', never, {
    d: v('Rd'),
    n: vElement((f) => f.Rn, sizeOf, (f) => f.imm4 >> sizeOf(f)),
    index: imm16(indexOf),
  }, (e, size, o) => {
    e.setV(o.d, insertElement(e, e.v(o.d), size, o.index, readElement(e, o.n, size)));
  }),
];
