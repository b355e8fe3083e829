/** Formatting of SIMD&FP operands: scalars, vectors, elements, lists, immediates. One function per template token. */
import type { Fields } from '../encoding.js';
import { gp, hex, offsetAddress, simdScale, x, type Formatter } from './operands.js';

const SCALARS = ['b', 'h', 's', 'd', 'q'];
const BY_FTYPE = ['s', 'd', '', 'h'];

/** Arrangement of elements of `8 << size` bits in a register of 64 (Q 0) or 128 bits. */
function arrangement(size: number, Q: number): string {
  return `${(8 << Q) >> size}${SCALARS[size]}`;
}
const vector = (n: number, size: number, Q: number): string => `v${n}.${arrangement(size, Q)}`;

/** immh: log2 of the element's bytes. */
const shiftSize = (f: Fields): number => 31 - Math.clz32(f.immh);
/** imm5: log2 of the element's bytes. */
const copySize = (f: Fields): number => 31 - Math.clz32(f.imm5 & -f.imm5);

/** `{v1.4s, v2.4s}`; more than two registers as a range, unless it wraps past v31. */
function list(first: number, count: number, suffix: string): string {
  const name = (i: number): string => `v${(first + i) & 31}.${suffix}`;
  if (count > 2 && first + count <= 32) return `{${name(0)}-${name(count - 1)}}`;
  return `{${Array.from({ length: count }, (_, i) => name(i)).join(', ')}}`;
}

/** Registers of LD1/ST1 by opcode; the other multiple-structure forms have as many as their mnemonic says. */
const LIST_LENGTH: Readonly<Record<number, number>> = { 0: 4, 2: 4, 4: 3, 6: 3, 7: 1, 8: 2, 10: 2 };
/** Registers of the single-structure forms: opcode<0> and R. */
const structures = (f: Fields): number => ((f.opcode & 1) << 1) + f.R + 1;

function lane(f: Fields): { size: number; index: number } {
  const bits = (f.Q << 3) | (f.S << 2) | f.size;
  const scale = f.opcode >> 1;
  if (scale === 2 && (f.size & 1) === 1) return { size: 3, index: f.Q };
  return { size: scale, index: bits >> scale };
}

/** Post-index by the bytes transferred or by a register, or no index: by whether the form has Rm. */
function structureAddress(f: Fields, bytes: number): string {
  const base = offsetAddress(f.Rn, 0);
  if (f.Rm === undefined) return base;
  return f.Rm === 31 ? `${base}, #${bytes}` : `${base}, ${x(f.Rm)}`;
}

const element = (n: number, suffix: string, index: number): string => `v${n}.${suffix}[${index}]`;
const indexHLM = (f: Fields): number => (f.H << 2) | (f.L << 1) | f.M;
const indexHL = (f: Fields): number => (f.H << 1) | f.L;
const registerM = (f: Fields): number => (f.M << 4) | f.Rm;

/** imm8 of FMOV (immediate) as a number: VFPExpandImm(). */
export function floatImmediate(imm8: number): number {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const magnitude = ((16 + (imm8 & 15)) / 16) * 2 ** (exponent - 3);
  return imm8 & 0x80 ? -magnitude : magnitude;
}

/** As printf's `%.18e`: the exponent has two digits at least. */
function exponential(value: number): string {
  return `#${value.toExponential(18).replace(/e([+-])(\d)$/, 'e$10$2')}`;
}

const byte = (f: Fields): number => (f.abc << 5) | f.defgh;

/** MOVI of a 64-bit mask: each bit of the byte becomes eight. */
function byteMask(imm8: number): bigint {
  let mask = 0n;
  for (let i = 0n; i < 8n; i++) if ((imm8 >> Number(i)) & 1) mask |= 0xffn << (8n * i);
  return mask;
}

function modifiedImmediate(f: Fields): string {
  const imm = byte(f);
  const shifted = (size: number, amount: number): string =>
    `${vector(f.Rd, size, f.Q)}, ${hex(imm)}${amount === 0 ? '' : `, lsl #${amount}`}`;
  if (f.cmode < 8) return shifted(2, (f.cmode >> 1) * 8);
  if (f.cmode < 12) return shifted(1, ((f.cmode >> 1) & 1) * 8);
  if (f.cmode < 14) return `${vector(f.Rd, 2, f.Q)}, ${hex(imm)}, msl #${8 << (f.cmode & 1)}`;
  if (f.op === 0) return `${vector(f.Rd, 0, f.Q)}, ${hex(imm)}`;
  return `${f.Q === 1 ? `v${f.Rd}.2d` : `d${f.Rd}`}, ${hex(byteMask(imm))}`;
}

function complexElement(f: Fields): string {
  return f.size === 1 ? element(registerM(f), 'h', indexHL(f)) : element(registerM(f), 's', f.H);
}

export const simdFormatters: Readonly<Record<string, Formatter>> = {
  // Scalars
  ...Object.fromEntries(SCALARS.map((name): [string, Formatter] => [name, (f, a) => `${name}${f[a]}`])),
  f: (f, a) => `${BY_FTYPE[f.ftype]}${f[a]}`,
  f_cvt: (f, a) => `${BY_FTYPE[f.opc]}${f[a]}`,
  f_sf: (f, a) => `${f.sf === 1 ? 'd' : 's'}${f[a]}`,
  fz: (f, a) => `${SCALARS[simdScale(f)]}${f[a]}`,
  fsz: (f, a) => `${SCALARS[f.size]}${f[a]}`,
  f_opc: (f, a) => `${SCALARS[2 + f.opc]}${f[a]}`,
  sT: (f, a) => `${SCALARS[f.size]}${f[a]}`,
  sT2: (f, a) => `${SCALARS[f.size + 1]}${f[a]}`,
  sF: (f, a) => `${SCALARS[2 + f.sz]}${f[a]}`,
  s5: (f, a) => `${SCALARS[copySize(f)]}${f[a]}`,
  r5: (f, a) => gp(copySize(f) === 3, f[a]),
  ssh: (f, a) => `${SCALARS[shiftSize(f)]}${f[a]}`,
  ssha: (f, a) => `${SCALARS[shiftSize(f) + 1]}${f[a]}`,

  // Vectors: T from size:Q, Ta twice as wide in a full register, Tp twice as wide in the same register
  ...Object.fromEntries(
    ['2h', '4s', '2d', '8h', '16b'].map((T): [string, Formatter] => [`v.${T}`, (f, a) => `v${f[a]}.${T}`]),
  ),
  vT: (f, a) => vector(f[a], f.size, f.Q),
  vTa: (f, a) => vector(f[a], f.size + 1, 1),
  vTp: (f, a) => vector(f[a], f.size + 1, f.Q),
  vTpmull: (f, a) => (f.size === 3 ? `v${f[a]}.1q` : `v${f[a]}.8h`),
  vB: (f, a) => vector(f[a], 0, f.Q),
  vH: (f, a) => vector(f[a], 1, f.Q),
  vHhalf: (f, a) => `v${f[a]}.${2 << f.Q}h`,
  vSQ: (f, a) => vector(f[a], 2, f.Q),
  vF: (f, a) => vector(f[a], 2 + f.sz, f.Q),
  vFw: (f, a) => vector(f[a], 2 + f.sz, 1),
  vFn: (f, a) => vector(f[a], 1 + f.sz, f.Q),
  vFpair: (f, a) => `v${f[a]}.2${SCALARS[2 + f.sz]}`,
  v5: (f, a) => vector(f[a], copySize(f), f.Q),
  vsh: (f, a) => vector(f[a], shiftSize(f), f.Q),
  vsha: (f, a) => vector(f[a], shiftSize(f) + 1, 1),
  '2': (f) => (f.Q === 1 ? '2' : ''),
  bt: (f) => (f.Q === 1 ? 't' : 'b'),

  // Elements
  lane5: (f, a) => element(f[a], SCALARS[copySize(f)], f.imm5 >> (copySize(f) + 1)),
  lane4: (f, a) => element(f[a], SCALARS[copySize(f)], f.imm4 >> copySize(f)),
  elem: (f) => (f.size === 1 ? element(f.Rm, 'h', indexHLM(f)) : element(registerM(f), 's', indexHL(f))),
  elem_h: (f) => element(f.Rm, 'h', indexHLM(f)),
  elem_b: (f) => element(f.Rm & 7, 'b', (indexHLM(f) << 1) | (f.Rm >> 3)),
  elem_fp: (f) => (f.sz === 1 ? element(registerM(f), 'd', f.H) : element(registerM(f), 's', indexHL(f))),
  elem_cmla: complexElement,
  elem4b: (f) => element(registerM(f), '4b', indexHL(f)),
  elem2b: (f) => element(f.Rm, '2b', indexHLM(f)),
  elem2h: (f) => element(registerM(f), '2h', indexHL(f)),
  'v.4s_lane': (f, a) => element(f[a], 's', f.imm2),
  vidx: (f, a) => {
    // The index is the field above the fixed bits of the LUTI forms.
    const index = f.op === undefined ? f.len : (f.len << 1) | f.op;
    return `v${f[a]}[${index}]`;
  },

  // Lists
  vlist: (f) => list(f.Rt, LIST_LENGTH[f.opcode], f.size === 3 && f.Q === 0 ? '1d' : arrangement(f.size, f.Q)),
  vlist_lane: (f) => `${list(f.Rt, structures(f), SCALARS[lane(f).size])}[${lane(f).index}]`,
  vlist_rep: (f) => list(f.Rt, structures(f), arrangement(f.size, f.Q)),
  vlist_tbl: (f) => list(f.Rn, f.len + 1, '16b'),
  'one.16b': (f, a) => list(f[a], 1, '16b'),
  'one.8h': (f, a) => list(f[a], 1, '8h'),
  vlist_luti: (f) => list(f.Rn, 2, '8h'),
  ls_mult: (f) => structureAddress(f, LIST_LENGTH[f.opcode] * (8 << f.Q)),
  ls_sngl: (f) => structureAddress(f, structures(f) << lane(f).size),
  ls_rep: (f) => structureAddress(f, structures(f) << f.size),

  // Immediates
  fpimm: (f, a) => exponential(floatImmediate(f[a])),
  fbits_scale: (f) => `#${64 - f.scale}`,
  shift_right: (f) => `#${(16 << shiftSize(f)) - ((f.immh << 3) | f.immb)}`,
  shift_left: (f) => `#${((f.immh << 3) | f.immb) - (8 << shiftSize(f))}`,
  shll: (f) => `#${8 << f.size}`,
  rot_cmla: (f) => `#${f.rot * 90}`,
  rot_cadd: (f) => `#${f.rot * 180 + 90}`,
  movi: modifiedImmediate,
  fmovi: (f) => `${vector(f.Rd, f.o2 === 1 ? 1 : 2 + f.op, f.Q)}, ${exponential(floatImmediate(byte(f)))}`,
  fmov_gen: (f) => {
    const top = f.rmode === 1;
    const toVector = (f.opcode & 1) === 1;
    const number = toVector ? f.Rd : f.Rn;
    const simd = top ? `v${number}.d[1]` : `${BY_FTYPE[f.ftype]}${number}`;
    return toVector ? `${simd}, ${gp(f.sf, f.Rn)}` : `${gp(f.sf, f.Rd)}, ${simd}`;
  },
};
