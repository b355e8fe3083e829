/** AdvSIMD integer operations on one register, vector and scalar (Arm ARM, C4.1.97: asimdmisc, asisdmisc). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { v } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  bitsOf, bytesOf, extend, greater, lanes, maxSigned, minSigned, narrow, ones, range, saturatingAdd, scalarMask, select,
  shiftLeft, shiftRight, shuffle, signMask, sizeStatic, splat, twoSame, zero,
  type Form, type LaneInstruction, type Narrowing, type Saturated, type Size,
} from './simd-lanes.js';
import { writeNarrow } from './simd-shift.js';

type Body = (e: Emitter, size: Size, n: Value, d: () => Value) => Value | Saturated;

const upTo32 = { sizes: [0, 2] } as const;
const doubleOnly = { sizes: [3, 3], form: 'scalar' } as const;

/** Reverses elements of `size` within containers of 1 << container bytes. */
const reverse = (container: Size): Body => (e, size, n) => {
  const flip = (1 << (container - size)) - 1;
  return shuffle(e, n, n, bytesOf(size, range(16 >> size).map((i) => i ^ flip)));
};

/** Sums of adjacent elements, at twice the size. */
export function addPairs(e: Emitter, size: Size, n: Value, signed: boolean): Value {
  if (size < 2) return lanes(e, size + 1, `extadd_pairwise_${size ? 'i16x8' : 'i8x16'}_${signed ? 's' : 'u'}`, n);
  const even = shiftRight(e, 3, shiftLeft(e, 3, n, 32), 32, signed);
  return lanes(e, 3, 'add', even, shiftRight(e, 3, n, 32, signed));
}

/** Leading zeros: ones are smeared to the right, and what is left is counted. */
const countLeadingZeros: Body = (e, size, n) => {
  let smeared = n;
  for (let by = 1; by < bitsOf(size); by *= 2) smeared = e.or(smeared, shiftRight(e, size, smeared, by, false));
  let count = lanes(e, 0, 'popcnt', e.xor(smeared, ones(e)));
  for (let s = 0; s < size; s++) count = addPairs(e, s, count, false);
  return count;
};
const countLeadingSigns: Body = (e, size, n) => {
  const zeros = countLeadingZeros(e, size, e.xor(n, signMask(e, size, n)), () => n) as Value;
  return lanes(e, size, 'sub', zeros, splat(e, size, 1n));
};

const reverseBits: Body = (e, _size, n) => {
  let value = n;
  for (const [by, mask] of [[1, 0x55n], [2, 0x33n], [4, 0x0fn]] as const) {
    const m = splat(e, 0, mask);
    value = e.or(e.and(shiftRight(e, 0, value, by, false), m), shiftLeft(e, 0, e.and(value, m), by));
  }
  return value;
};

/** SQABS and SQNEG: only the smallest number saturates. */
const saturatingSign = (name: 'abs' | 'neg'): Body => (e, size, n) => {
  const overflow = lanes(e, size, 'eq', n, minSigned(e, size));
  return { value: select(e, overflow, maxSigned(e, size), lanes(e, size, name, n)), overflow };
};

/** Signed accumulator plus unsigned number: unsigned addition on a biased scale. */
const addUnsignedToSigned: Body = (e, size, n, d) => {
  const bias = minSigned(e, size);
  const { value, overflow } = saturatingAdd(e, size, e.xor(d(), bias), n, false);
  return { value: e.xor(value, bias), overflow };
};
/** Unsigned accumulator plus signed number. */
const addSignedToUnsigned: Body = (e, size, n, d) => {
  const before = d();
  const sum = lanes(e, size, 'add', before, n);
  const negative = signMask(e, size, n);
  const wrapped = select(
    e, negative, greater(e, size, sum, before, false), greater(e, size, before, sum, false),
  );
  return { value: select(e, wrapped, e.not(negative), sum), overflow: wrapped };
};

const compareZero = (name: string): Body => (e, size, n) => lanes(e, size, name, n, zero(e));

function narrowing(encoding: string, form: Form, kind: Narrowing): Semantics {
  const { computed, sizeFrom } = sizeStatic(upTo32);
  return semantics(encoding, {
    statics: form === 'vector' ? ['Q'] : [],
    computed,
    operands: { d: v('Rd'), n: v('Rn') },
    hot: (f) => kind === 'truncate' && f.Q === 0 && f.element === 0,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      const n = form === 'scalar' ? e.and(e.v(o.n), scalarMask(e, size + 1)) : e.v(o.n);
      writeNarrow(e, o.d, narrow(e, size, n, kind), form, size, f.Q);
    },
  });
}

const pairSums = (encoding: string, signed: boolean, accumulate: boolean): Semantics =>
  twoSame(encoding, (e, size, n, d) => {
    const sums = addPairs(e, size, n, signed);
    return accumulate ? lanes(e, size + 1, 'add', d(), sums) : sums;
  }, upTo32);

type Options = LaneInstruction & { saturates?: boolean };
const vectorAndScalar = (name: string, body: Body, options: Options = {}): Semantics[] => [
  twoSame(`${name}_asimdmisc`, body, options),
  twoSame(`${name}_asisdmisc`, body, options.saturates ? { form: 'scalar', saturates: true } : doubleOnly),
];

const shiftLeftLong = (): Semantics => {
  const { computed, sizeFrom } = sizeStatic(upTo32);
  return semantics('SHLL_asimdmisc', {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      e.setV(o.d, shiftLeft(e, size + 1, extend(e, size, e.v(o.n), f.Q, false), bitsOf(size)));
    },
  });
};

const saturates = { saturates: true } as const;

export const simdTwoRegisterSemantics: readonly Semantics[] = [
  twoSame('REV64_asimdmisc', reverse(3), { ...upTo32, hot: (size) => size === 0 }),
  twoSame('REV32_asimdmisc', reverse(2), { sizes: [0, 1], hot: (size) => size === 0 }),
  twoSame('REV16_asimdmisc', reverse(1), { sizes: [0, 0] }),
  pairSums('SADDLP_asimdmisc', true, false),
  pairSums('UADDLP_asimdmisc', false, false),
  pairSums('SADALP_asimdmisc', true, true),
  pairSums('UADALP_asimdmisc', false, true),
  ...vectorAndScalar('SUQADD', addUnsignedToSigned, saturates),
  ...vectorAndScalar('USQADD', addSignedToUnsigned, saturates),
  twoSame('CLS_asimdmisc', countLeadingSigns, upTo32),
  twoSame('CLZ_asimdmisc', countLeadingZeros, upTo32),
  twoSame('CNT_asimdmisc', (e, _size, n) => lanes(e, 0, 'popcnt', n), { sizes: [0, 0] }),
  ...vectorAndScalar('SQABS', saturatingSign('abs'), saturates),
  ...vectorAndScalar('SQNEG', saturatingSign('neg'), saturates),
  ...vectorAndScalar('CMGT', compareZero('gt_s')),
  ...vectorAndScalar('CMGE', compareZero('ge_s')),
  ...vectorAndScalar('CMEQ', compareZero('eq'), { hot: (size) => size === 0 }),
  ...vectorAndScalar('CMLE', compareZero('le_s')),
  ...vectorAndScalar('CMLT', compareZero('lt_s')),
  ...vectorAndScalar('ABS', (e, size, n) => lanes(e, size, 'abs', n)),
  ...vectorAndScalar('NEG', (e, size, n) => lanes(e, size, 'neg', n)),
  twoSame('NOT_asimdmisc', (e, _size, n) => e.xor(n, ones(e)), { sizes: [0, 0], sizeOf: () => 0 }),
  twoSame('RBIT_asimdmisc', reverseBits, { sizes: [0, 0], sizeOf: () => 0 }),
  narrowing('XTN_asimdmisc', 'vector', 'truncate'),
  narrowing('SQXTN_asimdmisc', 'vector', 'signed'),
  narrowing('UQXTN_asimdmisc', 'vector', 'unsigned'),
  narrowing('SQXTUN_asimdmisc', 'vector', 'signedToUnsigned'),
  narrowing('SQXTN_asisdmisc', 'scalar', 'signed'),
  narrowing('UQXTN_asisdmisc', 'scalar', 'unsigned'),
  narrowing('SQXTUN_asisdmisc', 'scalar', 'signedToUnsigned'),
  shiftLeftLong(),
];
