/** AdvSIMD integer arithmetic on three registers of the same type, vector and scalar (Arm ARM, C4.1.97). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { v } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import {
  absoluteDifference, andNot, bytesOf, full, fullMask, greater, lanes, multiply, multiplyLong, ones, range,
  saturatingAdd, saturatingSub, select, shiftLeft, shiftRight, shuffle, signMask, sizeStatic, splat, threeSame,
  type LaneInstruction, type Saturated, type Size, evenElements, minSigned, maxSigned, limit,
} from './simd-lanes.js';
import { shiftByRegister } from './simd-shift-register.js';

type Body = (e: Emitter, size: Size, n: Value, m: Value, d: () => Value) => Value | Saturated;

const upTo32 = { sizes: [0, 2] } as const;
const halfOrWord = { sizes: [1, 2] } as const;
const doubleOnly = { sizes: [3, 3], form: 'scalar' } as const;

const op = (name: string): Body => (e, size, n, m) => lanes(e, size, name, n, m);

/** (a + b) >> 1 without losing the carry: common bits plus half of the different ones. */
const halvingAdd = (signed: boolean): Body => (e, size, n, m) =>
  lanes(e, size, 'add', e.and(n, m), shiftRight(e, size, e.xor(n, m), 1, signed));
const roundingHalvingAdd = (signed: boolean): Body => (e, size, n, m) =>
  lanes(e, size, 'sub', e.or(n, m), shiftRight(e, size, e.xor(n, m), 1, signed));
const halvingSub = (signed: boolean): Body => (e, size, n, m) =>
  lanes(e, size, 'sub', shiftRight(e, size, e.xor(n, m), 1, signed), andNot(e, m, n));

const compareTest: Body = (e, size, n, m) => e.not(lanes(e, size, 'eq', e.and(n, m), splat(e, size, 0n)));
const atLeast = (signed: boolean): Body => (e, size, n, m) => e.not(greater(e, size, m, n, signed));
const moreThan = (signed: boolean): Body => (e, size, n, m) => greater(e, size, n, m, signed);

/** Doubled product, high half, optionally rounded; only MIN * MIN saturates. Sizes 1 and 2. */
export function doublingMultiplyHigh(e: Emitter, size: Size, n: Value, m: Value, round: boolean): Saturated {
  const shift = 8 * (1 << size) - 1;
  const half = (high: number): Value => {
    const product = multiplyLong(e, size, n, m, high, true);
    const rounded = round ? lanes(e, size + 1, 'add', product, splat(e, size + 1, 1n << BigInt(shift - 1))) : product;
    return shiftRight(e, size + 1, rounded, shift, true);
  };
  const value = evenElements(e, size, half(0), half(1));
  const min = minSigned(e, size);
  const overflow = e.and(lanes(e, size, 'eq', n, min), lanes(e, size, 'eq', m, min));
  return { value: select(e, overflow, maxSigned(e, size), value), overflow };
}

/** SQRDMLAH, SQRDMLSH: the accumulator joins at full width before rounding (Arm ARM, C7.2 SQRDMLAH). */
export function roundingDoublingAccumulate(
  e: Emitter, size: Size, n: Value, m: Value, d: Value, subtract: boolean,
): Saturated {
  const wide = size + 1;
  const shift = 8 * (1 << size) - 1;
  const half = (high: number): Saturated => {
    const extended = e.op(
      `${wide === 2 ? 'i32x4.extend' : 'i64x2.extend'}_${high ? 'high' : 'low'}_${wide === 2 ? 'i16x8' : 'i32x4'}_s`, d,
    );
    const accumulator = shiftLeft(e, wide, extended, shift);
    const sum = lanes(e, wide, subtract ? 'sub' : 'add', accumulator, multiplyLong(e, size, n, m, high, true));
    const rounded = lanes(e, wide, 'add', sum, splat(e, wide, 1n << BigInt(shift - 1)));
    return limit(e, size, shiftRight(e, wide, rounded, shift, true), 'signed');
  };
  const low = half(0);
  const high = half(1);
  return {
    value: evenElements(e, size, low.value, high.value),
    overflow: evenElements(e, size, low.overflow, high.overflow),
  };
}

/** Carry-less product of bytes, low 8 bits. */
const polynomialMultiply: Body = (e, _size, n, m) => {
  let result = splat(e, 0, 0n);
  for (let bit = 0; bit < 8; bit++) {
    const chosen = signMask(e, 0, shiftLeft(e, 0, m, 7 - bit));
    result = e.xor(result, e.and(shiftLeft(e, 0, n, bit), chosen));
  }
  return result;
};

/** Adjacent elements of Vn:Vm combined; the even ones and the odd ones are gathered first. */
function pairwise(encoding: string, body: Body, options: LaneInstruction): Semantics {
  const { computed, sizeFrom, hot } = sizeStatic(options);
  return semantics(encoding, {
    statics: ['Q'],
    computed,
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm') },
    hot,
    emit(e, f, o) {
      e.fpAccess();
      const size = sizeFrom(f);
      if (size === 3 && !f.Q) return e.undefined();
      const n = e.v(o.n);
      const m = e.v(o.m);
      const count = (f.Q ? 16 : 8) >> size;
      const gather = (odd: number): Value => {
        const half = range(count / 2).map((i) => 2 * i + odd);
        const chosen = [...half, ...half.map((i) => i + (16 >> size))];
        return shuffle(e, n, m, bytesOf(size, f.Q ? chosen : [...chosen, ...chosen]));
      };
      const result = body(e, size, gather(0), gather(1), () => n) as Value;
      if (f.Q) e.setV(o.d, result);
      else e.setD(o.d, e.lane('i64x2.extract_lane', 0, result));
    },
  });
}

/** Bitwise operations, by the vector's bits. */
function bitwise(
  encoding: string, hot: boolean, body: (e: Emitter, n: Value, m: Value, d: () => Value) => Value,
): Semantics {
  return semantics(encoding, {
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), q: full },
    hot,
    emit(e, _f, o) {
      e.fpAccess();
      e.setV(o.d, e.and(body(e, e.v(o.n), e.v(o.m), () => e.v(o.d)), fullMask(e, o.q)));
    },
  });
}

const signs = [['S', true], ['U', false]] as const;
const saturating: Semantics[] = [];
const bySign: Semantics[] = [];
for (const [s, signed] of signs) {
  const letter = signed ? 's' : 'u';
  for (const [suffix, form] of [['asimdsame', 'vector'], ['asisdsame', 'scalar']] as const) {
    const any = { form, saturates: true } as const;
    saturating.push(
      threeSame(`${s}QADD_${suffix}`, (e, size, n, m) => saturatingAdd(e, size, n, m, signed), any),
      threeSame(`${s}QSUB_${suffix}`, (e, size, n, m) => saturatingSub(e, size, n, m, signed), any),
    );
    const wide = form === 'scalar' ? doubleOnly : {};
    for (const saturates of [false, true]) {
      for (const round of [false, true]) {
        const name = `${s}${saturates ? 'Q' : ''}${round ? 'R' : ''}SHL_${suffix}`;
        saturating.push(
          threeSame(name, (e, size, n, m) => shiftByRegister(e, size, n, m, { signed, round, saturates }),
            saturates ? any : wide),
        );
      }
    }
  }
  bySign.push(
    threeSame(`${s}HADD_asimdsame`, halvingAdd(signed), upTo32),
    threeSame(`${s}RHADD_asimdsame`, roundingHalvingAdd(signed), upTo32),
    threeSame(`${s}HSUB_asimdsame`, halvingSub(signed), upTo32),
    threeSame(`${s}MAX_asimdsame`, op(`max_${letter}`), upTo32),
    threeSame(`${s}MIN_asimdsame`, op(`min_${letter}`), { ...upTo32, hot: (size) => !signed && size === 0 }),
    threeSame(`${s}ABD_asimdsame`, (e, size, n, m) => absoluteDifference(e, size, n, m, signed), upTo32),
    threeSame(`${s}ABA_asimdsame`,
      (e, size, n, m, d) => lanes(e, size, 'add', d(), absoluteDifference(e, size, n, m, signed)), upTo32),
    pairwise(`${s}MAXP_asimdsame`, op(`max_${letter}`), { ...upTo32, hot: (size) => !signed && size === 0 }),
    pairwise(`${s}MINP_asimdsame`, op(`min_${letter}`), { ...upTo32, hot: (size) => !signed && size === 0 }),
  );
}

const both = (name: string, body: Body, hot: LaneInstruction['hot'] = false): Semantics[] => [
  threeSame(`${name}_asimdsame`, body, { hot }),
  threeSame(`${name}_asisdsame`, body, doubleOnly),
];

const multiplyHigh: Semantics[] = [];
for (const form of ['vector', 'scalar'] as const) {
  const options = { ...halfOrWord, form, saturates: true } as const;
  const s = form === 'vector' ? 'asimd' : 'asisd';
  multiplyHigh.push(
    threeSame(`SQDMULH_${s}same`, (e, size, n, m) => doublingMultiplyHigh(e, size, n, m, false), options),
    threeSame(`SQRDMULH_${s}same`, (e, size, n, m) => doublingMultiplyHigh(e, size, n, m, true), options),
    threeSame(`SQRDMLAH_${s}same2`,
      (e, size, n, m, d) => roundingDoublingAccumulate(e, size, n, m, d(), false), options),
    threeSame(`SQRDMLSH_${s}same2`,
      (e, size, n, m, d) => roundingDoublingAccumulate(e, size, n, m, d(), true), options),
  );
}

export const simdThreeSameSemantics: readonly Semantics[] = [
  ...saturating,
  ...bySign,
  ...multiplyHigh,
  ...both('ADD', op('add'), (size) => size >= 2),
  ...both('SUB', op('sub')),
  ...both('CMEQ', op('eq'), (size) => size === 0 || size === 2),
  ...both('CMTST', compareTest),
  ...both('CMGT', moreThan(true)),
  ...both('CMGE', atLeast(true)),
  ...both('CMHI', moreThan(false)),
  ...both('CMHS', atLeast(false), (size) => size === 0),
  threeSame('MUL_asimdsame', multiply, upTo32),
  threeSame('MLA_asimdsame', (e, size, n, m, d) => lanes(e, size, 'add', d(), multiply(e, size, n, m)), upTo32),
  threeSame('MLS_asimdsame', (e, size, n, m, d) => lanes(e, size, 'sub', d(), multiply(e, size, n, m)), upTo32),
  threeSame('PMUL_asimdsame', polynomialMultiply, { sizes: [0, 0] }),
  pairwise('ADDP_asimdsame', op('add'), { hot: (size) => size === 0 || size === 3 }),
  semantics('ADDP_asisdpair', {
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, _f, o) {
      e.fpAccess();
      const n = e.v(o.n);
      e.setD(o.d, e.add(e.lane('i64x2.extract_lane', 0, n), e.lane('i64x2.extract_lane', 1, n)));
    },
  }),
  bitwise('AND_asimdsame', true, (e, n, m) => e.and(n, m)),
  bitwise('BIC_asimdsame', true, (e, n, m) => andNot(e, n, m)),
  bitwise('ORR_asimdsame', true, (e, n, m) => e.or(n, m)),
  bitwise('ORN_asimdsame', false, (e, n, m) => e.or(n, e.xor(m, ones(e)))),
  bitwise('EOR_asimdsame', true, (e, n, m) => e.xor(n, m)),
  bitwise('BSL_asimdsame', false, (e, n, m, d) => select(e, d(), n, m)),
  bitwise('BIT_asimdsame', true, (e, n, m, d) => select(e, m, n, d())),
  bitwise('BIF_asimdsame', true, (e, n, m, d) => select(e, m, d(), n)),
];
