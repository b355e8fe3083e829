/**
 * FEAT_MTE without FEAT_MTE2 (Arm ARM, C6.2): no Allocation Tags exist, so instructions that choose or load a tag give
 * 0, and those that store one check the access only.
 */
import { imm16, imm32, imm64, x, xd, xsp, type InstructionFields } from '../../emitter/operand.js';
import type { AccessOptions, Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { semantics, type Semantics } from './define.js';

/** Bytes that share a tag: LOG2_TAG_GRANULE is 4. */
const GRANULE = 16;
const TAG_SHIFT = 56;

const word = imm32((f) => f.word);
const granules = (f: InstructionFields): number => ((f.imm9 << 23) >> 23) * GRANULE;

/** AddressWithAllocationTag(address, '0000'). */
const untagged = (e: Emitter, address: Value): Value => e.and(address, e.i64(~(15n << BigInt(TAG_SHIFT))));

function tagArithmetic(encoding: string, subtract: boolean): Semantics {
  return semantics(encoding, {
    operands: { d: xsp('Rd'), n: xsp('Rn'), offset: imm64((f) => f.imm6 * GRANULE) },
    emit: (e, _f, o) => e.setX(o.d, untagged(e, e[subtract ? 'sub' : 'add'](e.x(o.n), e.imm(o.offset)))),
  });
}

function subtractPointers(encoding: string, setFlags: boolean): Semantics {
  return semantics(encoding, {
    operands: { d: xd('Rd'), n: xsp('Rn'), m: xsp('Rm') },
    emit(e, _f, o) {
      const address = (pointer: Value): Value => e.shrS(e.shl(pointer, e.i64(8)), e.i64(8));
      const a = address(e.x(o.n));
      const b = address(e.x(o.m));
      const result = e.sub(a, b);
      if (setFlags) e.setFlags('sub', a, b, result);
      e.setX(o.d, result);
    },
  });
}

type Mode = 'post' | 'off' | 'pre';

/** STG, ST2G and, zeroing the data too, STZG and STZ2G. */
function storeTag(encoding: string, count: 1 | 2, zero: boolean, mode: Mode): Semantics {
  return semantics(encoding, {
    operands: { n: xsp('Rn'), offset: imm64(granules), word },
    emit(e, _f, o) {
      const base = e.x(o.n);
      const moved = e.add(base, e.imm(o.offset));
      const address = mode === 'post' ? base : moved;
      const options: AccessOptions = { write: true, align: GRANULE, element: GRANULE };
      if (zero) {
        const host = e.access(address, count * GRANULE, options);
        for (let i = 0; i < count; i++) e.store('v128.store', host, e.v128(new Uint8Array(16)), i * GRANULE);
      } else {
        e.access(address, count * GRANULE, { ...options, orService: { name: 'memoryTag', word: o.word } });
      }
      if (mode !== 'off') e.setX(o.n, moved);
    },
  });
}

/** STGP: a pair whose tag goes nowhere. */
function storeTagPair(encoding: string, mode: Mode): Semantics {
  return semantics(encoding, {
    operands: {
      t: x('Rt'), t2: x('Rt2'), n: xsp('Rn'),
      offset: imm64((f) => ((f.simm7 << 25) >> 25) * GRANULE),
    },
    emit(e, _f, o) {
      const base = e.x(o.n);
      const moved = e.add(base, e.imm(o.offset));
      const options: AccessOptions = { write: true, align: GRANULE, element: 8 };
      const host = e.access(mode === 'post' ? base : moved, GRANULE, options);
      e.store('i64.store', host, e.x(o.t));
      e.store('i64.store', host, e.x(o.t2), 8);
      if (mode !== 'off') e.setX(o.n, moved);
    },
  });
}

export const memoryTagSemantics: readonly Semantics[] = [
  tagArithmetic('ADDG', false),
  tagArithmetic('SUBG', true),
  semantics('IRG', {
    operands: { d: xsp('Rd'), n: xsp('Rn') },
    emit: (e, _f, o) => e.setX(o.d, untagged(e, e.x(o.n))),
  }),
  semantics('GMI', {
    operands: { d: xd('Rd'), n: xsp('Rn'), m: x('Rm') },
    emit(e, _f, o) {
      const tag = e.and(e.shrU(e.x(o.n), e.i64(TAG_SHIFT)), e.i64(15));
      e.setX(o.d, e.or(e.x(o.m), e.shl(e.i64(1), tag)));
    },
  }),
  subtractPointers('SUBP', false),
  subtractPointers('SUBPS', true),
  semantics('LDG', {
    operands: { t: x('Rt'), d: xd('Rt'), n: xsp('Rn'), offset: imm16((f) => granules(f) & 0xffff), word },
    emit(e, _f, o) {
      const offset = e.op('i64.extend16_s', e.imm64U(o.offset));
      const address = e.and(e.add(e.x(o.n), offset), e.i64(-GRANULE));
      e.access(address, GRANULE, { orService: { name: 'memoryTag', word: o.word } });
      e.setX(o.d, untagged(e, e.x(o.t)));
    },
  }),
  ...(['post', 'off', 'pre'] as const).flatMap((mode) => [
    storeTag(`STG_${mode}`, 1, false, mode),
    storeTag(`ST2G_${mode}`, 2, false, mode),
    storeTag(`STZG_${mode}`, 1, true, mode),
    storeTag(`STZ2G_${mode}`, 2, true, mode),
    storeTagPair(`STGP_${mode}`, mode),
  ]),
];
