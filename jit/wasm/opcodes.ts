/** Binary opcodes of WebAssembly (Core Specification 2.0, 5.4; threads, tail-call and relaxed SIMD proposals) by binaryen's names. */

/** Operations that take operands and nothing else: one byte. */
export const SIMPLE: Readonly<Record<string, number>> = {};
/** Operations behind a prefix byte: 0xfc, 0xfd or 0xfe, and a LEB128 number. */
export const PREFIXED: Readonly<Record<string, readonly [prefix: number, number: number]>> = {};
/** Memory operations: opcode bytes and log2 of the natural alignment. */
export const MEMORY: Readonly<Record<string, readonly [opcode: readonly number[], align: number]>> = {};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const simple = SIMPLE as Mutable<typeof SIMPLE>;
const prefixed = PREFIXED as Mutable<typeof PREFIXED>;
const memory = MEMORY as Mutable<typeof MEMORY>;

/** Consecutive opcodes; '' leaves one out. */
function run(first: number, prefix: string, names: string): void {
  names.split(' ').forEach((name, i) => {
    if (name !== '_') simple[`${prefix}.${name}`] = first + i;
  });
}
const INTEGER_COMPARE = 'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const INTEGER = 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const FLOAT_COMPARE = 'eq ne lt gt le ge';
const FLOAT = 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign';
run(0x45, 'i32', INTEGER_COMPARE);
run(0x50, 'i64', INTEGER_COMPARE);
run(0x5b, 'f32', FLOAT_COMPARE);
run(0x61, 'f64', FLOAT_COMPARE);
run(0x67, 'i32', INTEGER);
run(0x79, 'i64', INTEGER);
run(0x8b, 'f32', FLOAT);
run(0x99, 'f64', FLOAT);
run(0xa7, 'i32', 'wrap');
run(0xac, 'i64', 'extend_s extend_u');
run(0xb2, 'f32', 'convert_s.i32 convert_u.i32 convert_s.i64 convert_u.i64 demote');
run(0xb7, 'f64', 'convert_s.i32 convert_u.i32 convert_s.i64 convert_u.i64 promote');
run(0xbc, 'i32', 'reinterpret');
run(0xbd, 'i64', 'reinterpret');
run(0xbe, 'f32', 'reinterpret');
run(0xbf, 'f64', 'reinterpret');
run(0xc0, 'i32', 'extend8_s extend16_s');
run(0xc2, 'i64', 'extend8_s extend16_s extend32_s');
simple.select = 0x1b;

['i32.trunc_s_sat.f32', 'i32.trunc_u_sat.f32', 'i32.trunc_s_sat.f64', 'i32.trunc_u_sat.f64', 'i64.trunc_s_sat.f32',
  'i64.trunc_u_sat.f32', 'i64.trunc_s_sat.f64', 'i64.trunc_u_sat.f64',
].forEach((name, i) => (prefixed[name] = [0xfc, i]));

function simd(first: number, prefix: string, names: string): void {
  names.split(' ').forEach((name, i) => {
    if (name !== '_') prefixed[`${prefix}.${name}`] = [0xfd, first + i];
  });
}
const VECTOR_COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
simd(14, 'i8x16', 'swizzle splat');
simd(16, 'i16x8', 'splat');
simd(17, 'i32x4', 'splat');
simd(18, 'i64x2', 'splat');
simd(19, 'f32x4', 'splat');
simd(20, 'f64x2', 'splat');
simd(35, 'i8x16', VECTOR_COMPARE);
simd(45, 'i16x8', VECTOR_COMPARE);
simd(55, 'i32x4', VECTOR_COMPARE);
simd(65, 'f32x4', FLOAT_COMPARE);
simd(71, 'f64x2', FLOAT_COMPARE);
simd(77, 'v128', 'not and andnot or xor bitselect any_true');
simd(96, 'i8x16', 'abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u');
simd(107, 'i8x16', 'shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u');
simd(118, 'i8x16', 'min_s min_u max_s max_u _ avgr_u');
simd(124, 'i16x8', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u');
simd(126, 'i32x4', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u');
simd(128, 'i16x8', 'abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u');
const extend = (of: string): string =>
  `extend_low_${of}_s extend_high_${of}_s extend_low_${of}_u extend_high_${of}_u`;
const extmul = (of: string): string =>
  `extmul_low_${of}_s extmul_high_${of}_s extmul_low_${of}_u extmul_high_${of}_u`;
simd(135, 'i16x8', `${extend('i8x16')} shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u`);
simd(149, 'i16x8', `mul min_s min_u max_s max_u _ avgr_u ${extmul('i8x16')}`);
simd(160, 'i32x4', `abs neg _ all_true bitmask _ _ ${extend('i16x8')} shl shr_s shr_u add _ _ sub`);
simd(181, 'i32x4', `mul min_s min_u max_s max_u dot_i16x8_s _ ${extmul('i16x8')}`);
simd(192, 'i64x2', `abs neg _ all_true bitmask _ _ ${extend('i32x4')} shl shr_s shr_u add _ _ sub`);
simd(213, 'i64x2', `mul eq ne lt_s gt_s le_s ge_s ${extmul('i32x4')}`);
simd(224, 'f32x4', 'abs neg _ sqrt add sub mul div min max pmin pmax');
simd(236, 'f64x2', 'abs neg _ sqrt add sub mul div min max pmin pmax');
simd(248, 'i32x4', 'trunc_sat_f32x4_s trunc_sat_f32x4_u');
simd(250, 'f32x4', 'convert_i32x4_s convert_i32x4_u');
// relaxed SIMD proposal
simd(0x105, 'f32x4', 'relaxed_madd');
simd(0x107, 'f64x2', 'relaxed_madd');

/** Lane operations: a lane number follows the opcode. */
export const LANE: Readonly<Record<string, number>> = Object.fromEntries([
  'i8x16.extract_lane_s', 'i8x16.extract_lane_u', 'i8x16.replace_lane', 'i16x8.extract_lane_s', 'i16x8.extract_lane_u',
  'i16x8.replace_lane', 'i32x4.extract_lane', 'i32x4.replace_lane', 'i64x2.extract_lane', 'i64x2.replace_lane',
  'f32x4.extract_lane', 'f32x4.replace_lane', 'f64x2.extract_lane', 'f64x2.replace_lane',
].map((name, i) => [name, 21 + i]));

const loadsAndStores: readonly (readonly [name: string, align: number])[] = [
  ['i32.load', 2], ['i64.load', 3], ['f32.load', 2], ['f64.load', 3], ['i32.load8_s', 0], ['i32.load8_u', 0],
  ['i32.load16_s', 1], ['i32.load16_u', 1], ['i64.load8_s', 0], ['i64.load8_u', 0], ['i64.load16_s', 1],
  ['i64.load16_u', 1], ['i64.load32_s', 2], ['i64.load32_u', 2], ['i32.store', 2], ['i64.store', 3], ['f32.store', 2],
  ['f64.store', 3], ['i32.store8', 0], ['i32.store16', 1], ['i64.store8', 0], ['i64.store16', 1], ['i64.store32', 2],
];
loadsAndStores.forEach(([name, align], i) => (memory[name] = [[0x28 + i], align]));
memory['v128.load'] = [[0xfd, 0], 4];
memory['v128.store'] = [[0xfd, 11], 4];
memory['v128.load64_zero'] = [[0xfd, 93], 3];
/** Widths of atomic operations, in the order of their opcodes. */
const WIDTHS = [['i32', '', 2], ['i64', '', 3], ['i32', '8_u', 0], ['i32', '16_u', 1], ['i64', '8_u', 0],
  ['i64', '16_u', 1], ['i64', '32_u', 2]] as const;
WIDTHS.forEach(([type, width, align], i) => {
  memory[`${type}.atomic.load${width}`] = [[0xfe, 0x10 + i], align];
  memory[`${type}.atomic.store${width.replace('_u', '')}`] = [[0xfe, 0x17 + i], align];
  ['add', 'sub', 'and', 'or', 'xor', 'xchg', 'cmpxchg'].forEach((op, k) => {
    memory[`${type}.atomic.rmw${width}.${op}`] = [[0xfe, 0x1e + 7 * k + i], align];
  });
});
