import type { LibraryFunction } from '../../../emitter/library-function.js';

/** 128-bit carry-less product of two 64-bit numbers (PMULL, Arm ARM J1.1 PolynomialMult). */
export const carrylessMultiply64: LibraryFunction = {
  name: 'carrylessMultiply64',
  parameters: ['i64', 'i64'],
  result: 'v128',
  emit(e, a, b) {
    const rest = e.variable(b);
    const lowShifted = e.variable(a);
    const highShifted = e.variable(e.i64(0));
    const low = e.variable(e.i64(0));
    const high = e.variable(e.i64(0));
    const left = e.variable(e.i32(64));
    e.doWhile(() => {
      const r = e.get(rest);
      const chosen = e.neg(e.and(r, e.i64(1)));
      const l = e.get(lowShifted);
      const h = e.get(highShifted);
      e.set(low, e.xor(e.get(low), e.and(l, chosen)));
      e.set(high, e.xor(e.get(high), e.and(h, chosen)));
      e.set(highShifted, e.or(e.shl(h, e.i64(1)), e.shrU(l, e.i64(63))));
      e.set(lowShifted, e.shl(l, e.i64(1)));
      e.set(rest, e.shrU(r, e.i64(1)));
      const count = e.sub(e.get(left), e.i32(1));
      e.set(left, count);
      return count;
    });
    return e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', e.get(low)), e.get(high));
  },
};
