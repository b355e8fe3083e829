/** Formatting of general-purpose operands: registers, immediates, labels, addresses. One function per token. */
import { bitmaskImmediate } from '../bitmask.js';
import type { Fields } from '../encoding.js';
import {
  barrier, prefetchOperation, pstateField, rangePrefetchOperation, systemOperation,
} from './system-operations.js';
import { systemRegisterName } from './system-registers.js';

/** What a token's function gets: the fields, the text after the token's colon, the word and its address. */
export type Formatter = (f: Fields, arg: string, word: number, pc: bigint) => string;

export const CONDITIONS = [
  'eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al', 'nv',
] as const;
const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'];
const EXTENDS = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'];

export const w = (n: number): string => (n === 31 ? 'wzr' : `w${n}`);
export const x = (n: number): string => (n === 31 ? 'xzr' : `x${n}`);
const wsp = (n: number): string => (n === 31 ? 'wsp' : `w${n}`);
const xsp = (n: number): string => (n === 31 ? 'sp' : `x${n}`);
export const gp = (wide: boolean | number, n: number): string => (wide ? x(n) : w(n));
export const gpsp = (wide: boolean | number, n: number): string => (wide ? xsp(n) : wsp(n));

/** `value` as a signed number of `bits` bits. */
export function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

export const hex = (value: number | bigint): string => `#0x${value.toString(16)}`;

function target(pc: bigint, offset: bigint): string {
  return `0x${BigInt.asUintN(64, pc + offset).toString(16)}`;
}

/** `[base]` or `[base, #offset]`. */
export function offsetAddress(base: number, offset: number): string {
  return offset === 0 ? `[${xsp(base)}]` : `[${xsp(base)}, #${offset}]`;
}
export const preIndexed = (base: number, offset: number): string => `[${xsp(base)}, #${offset}]!`;
export const postIndexed = (base: number, offset: number): string => `[${xsp(base)}], #${offset}`;

/** Access size of the SIMD&FP single-register forms: log2 of the bytes. */
export const simdScale = (f: Fields): number => ((f.opc & 2) << 1) | f.size;

function registerOffset(f: Fields, scale: number): string {
  const index = gp(f.option & 1, f.Rm);
  let extend = f.option === 3 ? '' : EXTENDS[f.option];
  let amount = '';
  if (f.S === 1) {
    amount = ` #${scale}`;
    if (extend === '') extend = 'lsl';
  }
  return `[${xsp(f.Rn)}, ${index}${extend && `, ${extend}`}${amount}]`;
}

const pairScale = (f: Fields): number => 2 + (f.opc >> 1);
/** opc 11 is the unprivileged forms, whose registers are Q. */
const simdPairScale = (f: Fields): number => (f.opc === 3 ? 4 : 2 + f.opc);
const pairOffset = (f: Fields, scale: number): number => signed(f.imm7, 7) << scale;
const tagOffset = (f: Fields): number => signed(f.imm9, 9) * 16;
const stgpOffset = (f: Fields): number => signed(f.simm7, 7) * 16;

/** `destination` names the destination where that may be SP. */
function extendedRegister(f: Fields, destination: string): string {
  const wide = f.sf === 1;
  const register = gp(wide && (f.option & 3) === 3, f.Rm);
  const plain = wide ? 3 : 2;
  // With SP, the extend that changes nothing is written LSL and left out when the amount is 0.
  if (f.option === plain && (f.Rn === 31 || f[destination] === 31)) {
    return f.imm3 === 0 ? register : `${register}, lsl #${f.imm3}`;
  }
  return `${register}, ${EXTENDS[f.option]}${f.imm3 === 0 ? '' : ` #${f.imm3}`}`;
}

const optional = (value: number, omitted: number): string => (value === omitted ? '' : ` ${hex(value)}`);

/** CPY*: suffix by options; see encodings/memory-copy-tag.ts. */
const COPY_SUFFIXES = [
  '', 'wt', 'rt', 't', 'wn', 'wtwn', 'rtwn', 'twn', 'rn', 'wtrn', 'rtrn', 'trn', 'n', 'wtn', 'rtn', 'tn',
];
const SET_SUFFIXES = ['', 't', 'n', 'tn'];
const COMPARE_REGISTER = ['gt', 'ge', 'hi', 'hs', '', '', 'eq', 'ne'];
const COMPARE_IMMEDIATE = ['gt', 'lt', 'hi', 'lo', '', '', 'eq', 'ne'];

export const generalFormatters: Readonly<Record<string, Formatter>> = {
  // Registers
  w: (f, a) => w(f[a]),
  x: (f, a) => x(f[a]),
  'x+1': (f, a) => x(f[a] === 31 ? 31 : f[a] + 1),
  xsp: (f, a) => xsp(f[a]),
  r: (f, a) => gp(f.sf, f[a]),
  rsp: (f, a) => gpsp(f.sf, f[a]),
  rz: (f, a) => gp(f.size === 3, f[a]),
  ro: (f, a) => gp(f.opc === 2, f[a]),
  r_opc: (f, a) => gp(f.opc, f[a]),
  r_pair: (f, a) => gp(f.opc, f[a]),
  r_sz: (f, a) => gp(f.sz, f[a]),
  'r_sz+1': (f, a) => gp(f.sz, f[a] === 31 ? 31 : f[a] + 1),
  rQ: (f, a) => gp(f.Q, f[a]),
  tb: (f, a) => gp(f.b5, f[a]),
  opt_xm: (f) => (f.Rm === 31 ? '' : `, ${x(f.Rm)}`),

  // Immediates
  '#': (f, a) => `#${f[a]}`,
  'x#': (f, a) => hex(f[a]),
  simm: (f, a) => `#${signed(f[a], 8)}`,
  C: (f, a) => `C${f[a]}`,
  imm12: (f) => (f.sh === 1 ? `${hex(f.imm12)}, lsl #12` : hex(f.imm12)),
  imm16_hw: (f) => (f.hw === 0 ? hex(f.imm16) : `${hex(f.imm16)}, lsl #${f.hw * 16}`),
  bitmask: (f) => hex(BigInt.asUintN(f.sf === 1 ? 64 : 32, bitmaskImmediate(f.N, f.immr, f.imms))),
  tag_offset: (f) => hex(f.imm6 * 16),
  tbit: (f) => `#${f.b5 * 32 + f.b40}`,
  shift: (f) => (f.shift === 0 && f.imm6 === 0 ? '' : `, ${SHIFTS[f.shift]} #${f.imm6}`),
  ext: extendedRegister,
  opt_lsl: (f, a) => (f[a] === 0 ? '' : `, lsl #${f[a]}`),
  opt_imm16: (f) => optional(f.imm16, 0),
  opt_crm: (f) => optional(f.CRm, 15),
  opt_isb: (f) => optional(f.CRm, 15),
  cond: (f) => CONDITIONS[f.cond],
  cb_cc_reg: (f) => COMPARE_REGISTER[f.cc],
  cb_cc_imm: (f) => COMPARE_IMMEDIATE[f.cc],
  word: (_f, _a, word) => `0x${(word >>> 0).toString(16).padStart(8, '0')}`,

  // Labels
  adr: (f, _a, _w, pc) => target(pc, BigInt(signed(f.immhi, 19) * 4 + f.immlo)),
  adrp: (f, _a, _w, pc) => target(pc & ~0xfffn, BigInt(signed(f.immhi, 19) * 4 + f.immlo) << 12n),
  label9: (f, _a, _w, pc) => target(pc, BigInt(signed(f.imm9, 9) * 4)),
  label14: (f, _a, _w, pc) => target(pc, BigInt(signed(f.imm14, 14) * 4)),
  label19: (f, _a, _w, pc) => target(pc, BigInt(signed(f.imm19, 19) * 4)),
  label26: (f, _a, _w, pc) => target(pc, BigInt(signed(f.imm26, 26) * 4)),
  back16: (f, _a, _w, pc) => target(pc, BigInt(-4 * f.imm16)),

  // Addresses
  pos: (f) => offsetAddress(f.Rn, f.imm12 << f.size),
  pos_simd: (f) => offsetAddress(f.Rn, f.imm12 << simdScale(f)),
  off9: (f) => offsetAddress(f.Rn, signed(f.imm9, 9)),
  pre9: (f) => preIndexed(f.Rn, signed(f.imm9, 9)),
  post9: (f) => postIndexed(f.Rn, signed(f.imm9, 9)),
  regoff: (f) => registerOffset(f, f.size),
  regoff_simd: (f) => registerOffset(f, simdScale(f)),
  ldra: (f) => {
    const offset = (f.imm9 - 512 * f.S) * 8;
    return offsetAddress(f.Rn, offset) + (f.W === 1 ? '!' : '');
  },
  stlr_pre: (f) => preIndexed(f.Rn, -(1 << f.size)),
  ldapr_post: (f) => postIndexed(f.Rn, 1 << f.size),
  stilp: (f) => (f.W === 0 ? preIndexed(f.Rn, -(8 << f.sz)) : offsetAddress(f.Rn, 0)),
  ldiapp: (f) => (f.W === 0 ? postIndexed(f.Rn, 8 << f.sz) : offsetAddress(f.Rn, 0)),
  pairoff: (f) => offsetAddress(f.Rn, pairOffset(f, pairScale(f))),
  pairpre: (f) => preIndexed(f.Rn, pairOffset(f, pairScale(f))),
  pairpost: (f) => postIndexed(f.Rn, pairOffset(f, pairScale(f))),
  pairoff_simd: (f) => offsetAddress(f.Rn, pairOffset(f, simdPairScale(f))),
  pairpre_simd: (f) => preIndexed(f.Rn, pairOffset(f, simdPairScale(f))),
  pairpost_simd: (f) => postIndexed(f.Rn, pairOffset(f, simdPairScale(f))),
  tagoff: (f) => offsetAddress(f.Rn, tagOffset(f)),
  tagpre: (f) => preIndexed(f.Rn, tagOffset(f)),
  tagpost: (f) => postIndexed(f.Rn, tagOffset(f)),
  pairoff_tag: (f) => offsetAddress(f.Rn, stgpOffset(f)),
  pairpre_tag: (f) => preIndexed(f.Rn, stgpOffset(f)),
  pairpost_tag: (f) => postIndexed(f.Rn, stgpOffset(f)),

  // Mnemonic suffixes
  acq: (f) => (f.A === 1 ? 'a' : '') + (f.R === 1 ? 'l' : ''),
  acq_L: (f) => (f.L === 1 ? 'a' : '') + (f.o0 === 1 ? 'l' : ''),
  rcws: (f) => (f.S === 1 ? 's' : ''),
  cpyopt: (f) => COPY_SUFFIXES[f.options],
  setopt: (f) => SET_SUFFIXES[f.options],

  // System
  sysreg: (f) => systemRegisterName(f.o0, f.op1, f.CRn, f.CRm, f.op2),
  pstatefield: (f) => pstateField(f.op1, f.op2, f.CRm),
  barrier: (f) => barrier(f.CRm),
  barrier_nxs: (f) => `${['osh', 'nsh', 'ish', 'sy'][f.imm2]}nxs`,
  prfop: (f) => prefetchOperation(f.Rt),
  prfop_imm: (f) => (f.Rt === 24 ? 'ir' : prefetchOperation(f.Rt)),
  rprfop: (f) => rangePrefetchOperation(((f.option & 4) << 3) | ((f.option & 1) << 4) | (f.S << 3) | f.Rt),
  hint: (f) => hex(f.CRm * 8 + f.op2),
  bti: (f) => ['', ' c', ' j', ' jc'][f.op2 >> 1],
  stshh: (f) => (f.op2 & 1 ? ' strm' : ' keep'),
  shuh: (f) => (f.op2 & 1 ? ' ph' : ''),
  nb: (f) => (f.op1 === 1 ? ', nb' : ''),
  texit: (f) => (f.op1 === 1 ? ' nb' : ''),
  ret: (f) => (f.Rn === 30 ? '' : ` ${x(f.Rn)}`),
  sysp_regs: (f) => (f.Rt === 31 ? '' : `, ${x(f.Rt)}, ${x(f.Rt + 1)}`),
  sys: (f) => {
    const operation = systemOperation(f.op1, f.CRn, f.CRm, f.op2);
    if (operation && !operation.takesRegister && f.Rt === 31) return operation.text;
    if (operation?.takesRegister) return `${operation.text}${operation.text.includes(' ') ? ', ' : ' '}${x(f.Rt)}`;
    return `sys #${f.op1}, C${f.CRn}, C${f.CRm}, #${f.op2}${f.Rt === 31 ? '' : `, ${x(f.Rt)}`}`;
  },
};
