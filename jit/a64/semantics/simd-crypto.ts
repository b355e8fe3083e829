/** Cryptographic instructions: AES, SHA-1, SHA-256, SHA-512, SHA-3, SM3 and SM4 (Arm ARM, C7.2 and J1.1). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm64, v, type OperandSpec } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';
import { andNot, lanes, range, shiftLeft, shiftRight, shuffle, signMask, splat, vElement, zero } from './simd-lanes.js';

type Sources = Readonly<Record<'d' | 'n' | 'm' | 'a', () => Value>>;

/** Vd = body of whole registers. */
function whole(encoding: string, sources: 'n' | 'nm' | 'nma', body: (e: Emitter, s: Sources) => Value): Semantics {
  const operands: Record<string, OperandSpec> = { d: v('Rd'), n: v('Rn') };
  if (sources !== 'n') operands.m = v('Rm');
  if (sources === 'nma') operands.a = v('Ra');
  return semantics(encoding, {
    operands,
    emit(e, _f, o) {
      e.fpAccess();
      const read = (name: string) => (): Value => e.v(o[name]);
      e.setV(o.d, body(e, { d: read('d'), n: read('n'), m: read('m'), a: read('a') }));
    },
  });
}

const words = (e: Emitter, a: Value): Value[] => range(4).map((i) => e.lane('i32x4.extract_lane', i, a));
const fromWords = (e: Emitter, list: readonly Value[]): Value =>
  list.reduce((vector, word, i) => e.lane('i32x4.replace_lane', i, vector, word), zero(e));
const doubles = (e: Emitter, a: Value): Value[] => [0, 1].map((i) => e.lane('i64x2.extract_lane', i, a));
const fromDoubles = (e: Emitter, low: Value, high: Value): Value =>
  e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', low), high);

const sum = (e: Emitter, ...list: Value[]): Value => list.reduce((a, b) => e.add(a, b));
const xor = (e: Emitter, ...list: Value[]): Value => list.reduce((a, b) => e.xor(a, b));
const ror = (e: Emitter, a: Value, n: number): Value => e.rotr(a, e.constant(a.type, n));
const rol = (e: Emitter, a: Value, n: number): Value => ror(e, a, 32 - n);
/** Rotates every element left. */
const rolLanes = (e: Emitter, size: 2 | 3, a: Value, n: number): Value =>
  e.or(shiftLeft(e, size, a, n), shiftRight(e, size, a, (8 << size) - n, false));
const rorLanes = (e: Emitter, size: 2 | 3, a: Value, n: number): Value => rolLanes(e, size, a, (8 << size) - n);

const choose = (e: Emitter, x: Value, y: Value, z: Value): Value => e.xor(e.and(e.xor(y, z), x), z);
const parity = (e: Emitter, x: Value, y: Value, z: Value): Value => xor(e, x, y, z);
const majority = (e: Emitter, x: Value, y: Value, z: Value): Value => e.or(e.and(x, y), e.and(e.or(x, y), z));

// AES: byte i of the register is row i mod 4 of column i div 4

const shiftRows = (e: Emitter, a: Value, direction: 1 | -1): Value =>
  shuffle(e, a, a, range(16).map((i) => (i + 4 * direction * (i & 3)) & 15));
/** Every byte replaced by the one `by` rows below in its column. */
const rows = (e: Emitter, a: Value, by: number): Value =>
  shuffle(e, a, a, range(16).map((i) => (i & ~3) | ((i + by) & 3)));
const timesTwo = (e: Emitter, a: Value): Value =>
  e.xor(shiftLeft(e, 0, a, 1), e.and(signMask(e, 0, a), splat(e, 0, 0x1bn)));
function mixColumns(e: Emitter, a: Value): Value {
  const next = rows(e, a, 1);
  return xor(e, timesTwo(e, e.xor(a, next)), next, rows(e, a, 2), rows(e, a, 3));
}
const inverseMixColumns = (e: Emitter, a: Value): Value =>
  mixColumns(e, e.xor(a, timesTwo(e, timesTwo(e, e.xor(a, rows(e, a, 2))))));

const aes: Semantics[] = [
  whole('AESE', 'n', (e, s) => e.call('aesSubBytes', 'v128', shiftRows(e, e.xor(s.d(), s.n()), 1))),
  whole('AESD', 'n', (e, s) => e.call('aesInverseSubBytes', 'v128', shiftRows(e, e.xor(s.d(), s.n()), -1))),
  whole('AESMC', 'n', (e, s) => mixColumns(e, s.n())),
  whole('AESIMC', 'n', (e, s) => inverseMixColumns(e, s.n())),
];

// SHA-1

type Mix = (e: Emitter, x: Value, y: Value, z: Value) => Value;

const sha1Rounds = (encoding: string, mix: Mix): Semantics =>
  whole(encoding, 'nm', (e, s) => {
    let x = words(e, s.d());
    let y = e.lane('i32x4.extract_lane', 0, s.n());
    for (const w of words(e, s.m())) {
      const next = sum(e, y, rol(e, x[0], 5), mix(e, x[1], x[2], x[3]), w);
      y = x[3];
      x = [next, x[0], rol(e, x[1], 30), x[2]];
    }
    return fromWords(e, x);
  });

const sha1: Semantics[] = [
  sha1Rounds('SHA1C', choose),
  sha1Rounds('SHA1P', parity),
  sha1Rounds('SHA1M', majority),
  semantics('SHA1H', {
    operands: { d: v('Rd'), n: v('Rn') },
    emit(e, _f, o) {
      e.fpAccess();
      e.setS(o.d, rol(e, e.s(o.n), 30));
    },
  }),
  whole('SHA1SU0', 'nm', (e, s) => {
    const d = s.d();
    return xor(e, shuffle(e, d, s.n(), range(16).map((i) => i + 8)), d, s.m());
  }),
  whole('SHA1SU1', 'n', (e, s) => {
    const t = e.xor(s.d(), shuffle(e, s.n(), zero(e), range(16).map((i) => i + 4)));
    const lowest = shuffle(e, zero(e), rolLanes(e, 2, t, 2), range(16).map((i) => (i < 12 ? 0 : i + 4)));
    return e.xor(rolLanes(e, 2, t, 1), lowest);
  }),
];

// SHA-256

function sha256Rounds(e: Emitter, first: Value, second: Value, w: Value, part: 'x' | 'y'): Value {
  let x = words(e, first);
  let y = words(e, second);
  for (const word of words(e, w)) {
    const sigma1 = xor(e, ror(e, y[0], 6), ror(e, y[0], 11), ror(e, y[0], 25));
    const sigma0 = xor(e, ror(e, x[0], 2), ror(e, x[0], 13), ror(e, x[0], 22));
    const t = sum(e, y[3], sigma1, choose(e, y[0], y[1], y[2]), word);
    const newX = sum(e, t, sigma0, majority(e, x[0], x[1], x[2]));
    const newY = e.add(t, x[3]);
    x = [newX, x[0], x[1], x[2]];
    y = [newY, y[0], y[1], y[2]];
  }
  return fromWords(e, part === 'x' ? x : y);
}
/** The last three words of `a`, then the first of `b`. */
const nextWords = (e: Emitter, a: Value, b: Value): Value => shuffle(e, a, b, range(16).map((i) => i + 4));

const sha256: Semantics[] = [
  whole('SHA256H', 'nm', (e, s) => sha256Rounds(e, s.d(), s.n(), s.m(), 'x')),
  whole('SHA256H2', 'nm', (e, s) => sha256Rounds(e, s.n(), s.d(), s.m(), 'y')),
  whole('SHA256SU0', 'n', (e, s) => {
    const d = s.d();
    const t = nextWords(e, d, s.n());
    const sigma = xor(e, rorLanes(e, 2, t, 7), rorLanes(e, 2, t, 18), shiftRight(e, 2, t, 3, false));
    return lanes(e, 2, 'add', sigma, d);
  }),
  whole('SHA256SU1', 'nm', (e, s) => {
    const m = s.m();
    const base = words(e, lanes(e, 2, 'add', s.d(), nextWords(e, s.n(), m)));
    const sigma = (a: Value): Value => xor(e, ror(e, a, 17), ror(e, a, 19), e.shrU(a, e.i32(10)));
    const [, , m2, m3] = words(e, m);
    const r0 = e.add(base[0], sigma(m2));
    const r1 = e.add(base[1], sigma(m3));
    return fromWords(e, [r0, r1, e.add(base[2], sigma(r0)), e.add(base[3], sigma(r1))]);
  }),
];

// SHA-512

const rotations = (e: Emitter, a: Value, by: readonly [number, number, number]): Value =>
  xor(e, ror(e, a, by[0]), ror(e, a, by[1]), ror(e, a, by[2]));

const sha512: Semantics[] = [
  whole('SHA512H', 'nm', (e, s) => {
    const [w0, w1] = doubles(e, s.d());
    const [x0, x1] = doubles(e, s.n());
    const [y0, y1] = doubles(e, s.m());
    const high = sum(e, choose(e, y1, x0, x1), rotations(e, y1, [14, 18, 41]), w1);
    const t = e.add(high, y0);
    return fromDoubles(e, sum(e, choose(e, t, y1, x0), rotations(e, t, [14, 18, 41]), w0), high);
  }),
  whole('SHA512H2', 'nm', (e, s) => {
    const [w0, w1] = doubles(e, s.d());
    const [x0] = doubles(e, s.n());
    const [y0, y1] = doubles(e, s.m());
    const high = sum(e, majority(e, x0, y1, y0), rotations(e, y0, [28, 34, 39]), w1);
    return fromDoubles(e, sum(e, majority(e, high, y0, y1), rotations(e, high, [28, 34, 39]), w0), high);
  }),
  whole('SHA512SU0', 'n', (e, s) => {
    const d = s.d();
    const t = shuffle(e, d, s.n(), range(16).map((i) => i + 8));
    const sigma = xor(e, rorLanes(e, 3, t, 1), rorLanes(e, 3, t, 8), shiftRight(e, 3, t, 7, false));
    return lanes(e, 3, 'add', d, sigma);
  }),
  whole('SHA512SU1', 'nm', (e, s) => {
    const n = s.n();
    const sigma = xor(e, rorLanes(e, 3, n, 19), rorLanes(e, 3, n, 61), shiftRight(e, 3, n, 6, false));
    return lanes(e, 3, 'add', lanes(e, 3, 'add', s.d(), sigma), s.m());
  }),
];

// SHA-3

const sha3: Semantics[] = [
  whole('EOR3', 'nma', (e, s) => xor(e, s.n(), s.m(), s.a())),
  whole('BCAX', 'nma', (e, s) => e.xor(s.n(), andNot(e, s.m(), s.a()))),
  whole('RAX1', 'nm', (e, s) => e.xor(s.n(), rolLanes(e, 3, s.m(), 1))),
  semantics('XAR', {
    operands: { d: v('Rd'), n: v('Rn'), m: v('Rm'), amount: imm64((f) => f.imm6) },
    emit(e, _f, o) {
      e.fpAccess();
      const a = e.xor(e.v(o.n), e.v(o.m));
      const amount = e.wrap(e.imm(o.amount));
      e.setV(o.d, e.or(lanes(e, 3, 'shr_u', a, amount), lanes(e, 3, 'shl', a, e.neg(amount))));
    },
  }),
];

// SM3

const permuteSm3 = (e: Emitter, a: Value): Value => xor(e, a, rol(e, a, 15), rol(e, a, 23));

/** SM3TT1A and the like: `mix` of the state's words 3, 2 and 1, and the word of Vm that imm2 names. */
function sm3Round(encoding: string, half: 1 | 2, mix: Mix): Semantics {
  return semantics(encoding, {
    operands: { d: v('Rd'), n: v('Rn'), m: vElement((f) => f.Rm, () => 2, (f) => f.imm2) },
    emit(e, _f, o) {
      e.fpAccess();
      const [d0, d1, d2, d3] = words(e, e.v(o.d));
      const n3 = e.lane('i32x4.extract_lane', 3, e.v(o.n));
      const key = half === 1 ? e.xor(n3, rol(e, d3, 12)) : n3;
      const t = sum(e, mix(e, d3, d2, d1), d0, key, e.s(o.m));
      const last = half === 1 ? t : xor(e, t, rol(e, t, 9), rol(e, t, 17));
      e.setV(o.d, fromWords(e, [d1, rol(e, d2, half === 1 ? 9 : 19), d3, last]));
    },
  });
}

const sm3: Semantics[] = [
  whole('SM3PARTW1', 'nm', (e, s) => {
    const [x0, x1, x2, x3] = words(e, e.xor(s.d(), s.n()));
    const [, m1, m2, m3] = words(e, s.m());
    const first = [e.xor(x0, rol(e, m1, 15)), e.xor(x1, rol(e, m2, 15)), e.xor(x2, rol(e, m3, 15))];
    const done = first.map((a) => permuteSm3(e, a));
    return fromWords(e, [...done, permuteSm3(e, e.xor(x3, rol(e, done[0], 15)))]);
  }),
  whole('SM3PARTW2', 'nm', (e, s) => {
    const t = e.xor(s.n(), rolLanes(e, 2, s.m(), 7));
    const last = permuteSm3(e, rol(e, e.lane('i32x4.extract_lane', 0, t), 15));
    return xor(e, s.d(), t, e.lane('i32x4.replace_lane', 3, zero(e), last));
  }),
  whole('SM3SS1', 'nma', (e, s) => {
    const [n, m, a] = [s.n(), s.m(), s.a()].map((x) => e.lane('i32x4.extract_lane', 3, x));
    return e.lane('i32x4.replace_lane', 3, zero(e), rol(e, sum(e, rol(e, n, 12), m, a), 7));
  }),
  sm3Round('SM3TT1A', 1, parity),
  sm3Round('SM3TT1B', 1, majority),
  sm3Round('SM3TT2A', 2, parity),
  sm3Round('SM3TT2B', 2, choose),
];

// SM4

/** Four rounds; `linear` gives the rotations that follow the S-box. */
function sm4Rounds(e: Emitter, start: Value, keys: Value, linear: readonly number[]): Value {
  let r = words(e, start);
  for (const key of words(e, keys)) {
    const mixed = xor(e, r[1], r[2], r[3], key);
    const substituted = e.call('sm4SubBytes', 'v128', e.op('i32x4.splat', mixed));
    const word = e.lane('i32x4.extract_lane', 0, substituted);
    r = [r[1], r[2], r[3], xor(e, r[0], word, ...linear.map((n) => rol(e, word, n)))];
  }
  return fromWords(e, r);
}

const sm4: Semantics[] = [
  whole('SM4E', 'n', (e, s) => sm4Rounds(e, s.d(), s.n(), [2, 10, 18, 24])),
  whole('SM4EKEY', 'nm', (e, s) => sm4Rounds(e, s.n(), s.m(), [13, 23])),
];

export const simdCryptoSemantics: readonly Semantics[] = [
  ...aes, ...sha1, ...sha256, ...sha512, ...sha3, ...sm3, ...sm4,
];
