/** AdvSIMD shifts by a register: every element by its own signed amount, negative to the right (Arm ARM, C7.2 SSHL). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import {
  andNot, bitsOf, greater, lanes, maxSigned, select, shiftLeft, shiftRight, signMask, splat, zero,
  type Saturated, type Size,
} from './simd-lanes.js';

/** Shifts by the amounts' low bits, one power of two at a time. */
function variableShift(e: Emitter, size: Size, a: Value, amounts: Value, op: 'shl' | 'shr_s' | 'shr_u'): Value {
  const width = bitsOf(size);
  let value = a;
  for (let bit = 0; 1 << bit < width; bit++) {
    const chosen = signMask(e, size, shiftLeft(e, size, amounts, width - 1 - bit));
    value = select(e, chosen, lanes(e, size, op, value, e.i32(1 << bit)), value);
  }
  return value;
}

/** The amount is the low byte of each element of `m`, signed. Without `saturates` the overflow is not computed. */
export function shiftByRegister(
  e: Emitter,
  size: Size,
  n: Value,
  m: Value,
  kind: { readonly signed: boolean; readonly round: boolean; readonly saturates: boolean },
): Value | Saturated {
  const { signed, round, saturates } = kind;
  const width = bitsOf(size);
  const amount = size === 0 ? m : shiftRight(e, size, shiftLeft(e, size, m, width - 8), width - 8, true);
  const right = signMask(e, size, amount);
  const shr = signed ? 'shr_s' : 'shr_u';
  const top = splat(e, size, BigInt(width - 1));

  // to the right, by 1..128: one less first, so that the last step can round
  const less = e.xor(amount, right); // -amount - 1 where negative, 0..127
  const far = greater(e, size, less, top, false);
  const kept = variableShift(e, size, n, less, shr);
  const before = select(e, far, signed ? signMask(e, size, n) : zero(e), kept);
  const halved = lanes(e, size, shr, before, e.i32(1));
  const shiftedRight = round ? lanes(e, size, 'add', halved, e.and(before, splat(e, size, 1n))) : halved;

  // to the left, by 0..127
  const beyond = greater(e, size, amount, top, true);
  const moved = variableShift(e, size, n, amount, 'shl');
  const shiftedLeft = andNot(e, moved, beyond);
  if (!saturates) return select(e, right, shiftedRight, shiftedLeft);
  const back = variableShift(e, size, moved, amount, shr);
  const lost = e.or(
    e.not(lanes(e, size, 'eq', back, n)),
    e.and(beyond, e.not(lanes(e, size, 'eq', n, zero(e)))),
  );
  const overflow = andNot(e, lost, right);
  const extreme = signed ? e.xor(signMask(e, size, n), maxSigned(e, size)) : overflow;
  const left = select(e, overflow, extreme, shiftedLeft);
  return { value: select(e, right, shiftedRight, left), overflow };
}
