/** AdvSIMD modified immediate, integer (Arm ARM, C4.1.97: asimdimm; AdvSIMDExpandImm in J1.1). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, imm64, v, type InstructionFields } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import { fullMask } from './simd-lanes.js';

const repeat = (element: bigint, width: number): bigint => {
  let bits = 0n;
  for (let at = 0n; at < 64n; at += BigInt(width)) bits |= element << at;
  return bits;
};

/** The 64 bits an immediate stands for; cmode is not 1111. */
export function expandImmediate(f: InstructionFields): bigint {
  const byte = (f.abc << 5) | f.defgh;
  const { cmode, op } = f;
  const value = BigInt(byte);
  if (cmode < 8) return repeat(value << BigInt(8 * (cmode >> 1)), 32);
  if (cmode < 12) return repeat(value << BigInt(8 * ((cmode >> 1) & 1)), 16);
  if (cmode < 14) return repeat(cmode & 1 ? (value << 16n) | 0xffffn : (value << 8n) | 0xffn, 32);
  if (!op) return repeat(value, 8);
  let bits = 0n;
  for (let i = 0; i < 8; i++) if ((byte >> i) & 1) bits |= 0xffn << BigInt(8 * i);
  return bits;
}

const mask64 = (1n << 64n) - 1n;

function immediate(
  encoding: string, invert: boolean, hot: boolean, body: (e: Emitter, bits: Value, d: () => Value) => Value,
): Semantics {
  return semantics(encoding, {
    operands: {
      d: v('Rd'), q: imm16((f) => f.Q), bits: imm64((f) => expandImmediate(f) ^ (invert ? mask64 : 0n)),
    },
    hot,
    emit(e, _f, o) {
      e.fpAccess();
      const bits = e.op('i64x2.splat', e.imm(o.bits));
      e.setV(o.d, e.and(body(e, bits, () => e.v(o.d)), fullMask(e, o.q)));
    },
  });
}

const move = (_e: Emitter, bits: Value): Value => bits;

export const simdImmediateSemantics: readonly Semantics[] = [
  immediate('MOVI_asimdimm', false, true, move),
  immediate('MVNI_asimdimm', true, false, move),
  immediate('ORR_asimdimm', false, false, (e, bits, d) => e.or(d(), bits)),
  immediate('BIC_asimdimm', true, true, (e, bits, d) => e.and(d(), bits)),
];
