/**
 * Preferred disassembly of aliases (Arm ARM, C6.2: "Alias conditions"). Each entry of the decode table that has aliases
 * maps its fields to the template of the alias that applies, or undefined for the instruction's own template.
 */
import { bitmaskImmediate } from '../bitmask.js';
import type { Fields } from '../encoding.js';
import { CONDITIONS, gp, hex } from './operands.js';

type Alias = (f: Fields) => string | undefined;

/** Flag-setting instructions whose result goes to the zero register. */
function compare(mnemonic: string, operands: string): Alias {
  return (f) => (f.Rd === 31 ? `${mnemonic} ${operands}` : undefined);
}

const registerBits = (f: Fields): number => (f.sf === 1 ? 64 : 32);

function bitmask(f: Fields): bigint {
  return BigInt.asUintN(registerBits(f), bitmaskImmediate(f.N, f.immr, f.imms));
}

/** Whether at most one halfword of the register-sized `value` is not zero: MOVZ makes it. */
function isWide(value: bigint): boolean {
  return [0n, 16n, 32n, 48n].some((shift) => (value & ~(0xffffn << shift)) === 0n);
}

/** Whether MOVZ or MOVN makes the bitmask immediate, so that ORR is not what MOV stands for. */
function moveWidePreferred(f: Fields): boolean {
  const value = bitmask(f);
  return isWide(value) || isWide(BigInt.asUintN(registerBits(f), ~value));
}

const invert = (cond: number): string => CONDITIONS[cond ^ 1];

function moveImmediate(f: Fields, value: bigint): string {
  return `mov {r:Rd}, ${hex(BigInt.asUintN(registerBits(f), value))}`;
}

/** SBFM and UBFM: bits imms..immr of the source, or its low bits moved up. */
function bitfield(f: Fields, insert: string, extract: string): string {
  const width = registerBits(f);
  if (f.imms < f.immr) return `${insert} {r:Rd}, {r:Rn}, #${width - f.immr}, #${f.imms + 1}`;
  return `${extract} {r:Rd}, {r:Rn}, #${f.immr}, #${f.imms - f.immr + 1}`;
}

/** ST<op>: an atomic without acquire semantics whose result is not wanted. */
function storeForm(mnemonic: string, suffix: string): Alias {
  const register = suffix === '' ? '{rz:Rs}' : '{w:Rs}';
  return (f) => (f.A === 0 && f.Rt === 31 ? `${mnemonic}{acq}${suffix} ${register}, [{xsp:Rn}]` : undefined);
}

const atomics = Object.fromEntries(
  ['ADD', 'CLR', 'EOR', 'SET', 'SMAX', 'SMIN', 'UMAX', 'UMIN'].flatMap((operation) =>
    ['', 'B', 'H'].map((suffix): [string, Alias] => [
      `LD${operation}${suffix}`,
      storeForm(`st${operation.toLowerCase()}`, suffix.toLowerCase()),
    ]),
  ),
);
const unprivilegedAtomics = Object.fromEntries(
  ['ADD', 'CLR', 'SET'].map((operation): [string, Alias] => [
    `LDT${operation}`,
    (f) =>
      f.A === 0 && f.Rt === 31 ? `stt${operation.toLowerCase()}{acq} {r_sz:Rs}, [{xsp:Rn}]` : undefined,
  ]),
);

export const aliases: Readonly<Record<string, Alias>> = {
  // Add/subtract
  ADD_imm: (f) =>
    (f.Rd === 31 || f.Rn === 31) && f.imm12 === 0 && f.sh === 0 ? 'mov {rsp:Rd}, {rsp:Rn}' : undefined,
  ADDS_imm: compare('cmn', '{rsp:Rn}, {imm12}'),
  SUBS_imm: compare('cmp', '{rsp:Rn}, {imm12}'),
  ADDS_shift: compare('cmn', '{r:Rn}, {r:Rm}{shift}'),
  SUB_shift: (f) => (f.Rn === 31 ? 'neg {r:Rd}, {r:Rm}{shift}' : undefined),
  SUBS_shift: (f) => {
    if (f.Rd === 31) return 'cmp {r:Rn}, {r:Rm}{shift}';
    return f.Rn === 31 ? 'negs {r:Rd}, {r:Rm}{shift}' : undefined;
  },
  ADDS_ext: compare('cmn', '{rsp:Rn}, {ext}'),
  SUBS_ext: compare('cmp', '{rsp:Rn}, {ext}'),
  SBC: (f) => (f.Rn === 31 ? 'ngc {r:Rd}, {r:Rm}' : undefined),
  SBCS: (f) => (f.Rn === 31 ? 'ngcs {r:Rd}, {r:Rm}' : undefined),
  SUBPS: (f) => (f.Rd === 31 ? 'cmpp {xsp:Rn}, {xsp:Rm}' : undefined),

  // Logical and moves
  ORR_log_imm: (f) =>
    f.Rn === 31 && (f.Rd === 31 || !moveWidePreferred(f))
      ? 'mov {rsp:Rd}, {bitmask}'
      : undefined,
  ANDS_log_imm: compare('tst', '{r:Rn}, {bitmask}'),
  ORR_log_shift: (f) => (f.Rn === 31 && f.shift === 0 && f.imm6 === 0 ? 'mov {r:Rd}, {r:Rm}' : undefined),
  ORN_log_shift: (f) => (f.Rn === 31 ? 'mvn {r:Rd}, {r:Rm}{shift}' : undefined),
  ANDS_log_shift: compare('tst', '{r:Rn}, {r:Rm}{shift}'),
  MOVZ: (f) =>
    f.imm16 === 0 && f.hw !== 0 ? undefined : moveImmediate(f, BigInt(f.imm16) << BigInt(16 * f.hw)),
  MOVN: (f) =>
    (f.imm16 === 0 && f.hw !== 0) || (f.sf === 0 && f.imm16 === 0xffff)
      ? undefined
      : moveImmediate(f, ~(BigInt(f.imm16) << BigInt(16 * f.hw))),

  // Bitfield and extract
  SBFM: (f) => {
    if (f.imms === registerBits(f) - 1) return 'asr {r:Rd}, {r:Rn}, {#:immr}';
    if (f.immr === 0 && f.imms === 7) return 'sxtb {r:Rd}, {w:Rn}';
    if (f.immr === 0 && f.imms === 15) return 'sxth {r:Rd}, {w:Rn}';
    if (f.immr === 0 && f.imms === 31) return 'sxtw {r:Rd}, {w:Rn}';
    return bitfield(f, 'sbfiz', 'sbfx');
  },
  UBFM: (f) => {
    const top = registerBits(f) - 1;
    if (f.imms === top) return 'lsr {r:Rd}, {r:Rn}, {#:immr}';
    if (f.imms + 1 === f.immr) return `lsl {r:Rd}, {r:Rn}, #${top - f.imms}`;
    if (f.sf === 0 && f.immr === 0 && f.imms === 7) return 'uxtb {w:Rd}, {w:Rn}';
    if (f.sf === 0 && f.immr === 0 && f.imms === 15) return 'uxth {w:Rd}, {w:Rn}';
    return bitfield(f, 'ubfiz', 'ubfx');
  },
  BFM: (f) => {
    const width = registerBits(f);
    if (f.Rn === 31 && f.imms < f.immr) return `bfc {r:Rd}, #${width - f.immr}, #${f.imms + 1}`;
    return bitfield(f, 'bfi', 'bfxil');
  },
  EXTR: (f) => (f.Rn === f.Rm ? 'ror {r:Rd}, {r:Rn}, {#:imms}' : undefined),

  // Conditional select
  CSINC: (f) => {
    if (f.Rn !== f.Rm || f.cond >= 14) return undefined;
    return f.Rn === 31 ? `cset {r:Rd}, ${invert(f.cond)}` : `cinc {r:Rd}, {r:Rn}, ${invert(f.cond)}`;
  },
  CSINV: (f) => {
    if (f.Rn !== f.Rm || f.cond >= 14) return undefined;
    return f.Rn === 31 ? `csetm {r:Rd}, ${invert(f.cond)}` : `cinv {r:Rd}, {r:Rn}, ${invert(f.cond)}`;
  },
  CSNEG: (f) => (f.Rn === f.Rm && f.cond < 14 ? `cneg {r:Rd}, {r:Rn}, ${invert(f.cond)}` : undefined),

  // Multiply
  MADD: (f) => (f.Ra === 31 ? 'mul {r:Rd}, {r:Rn}, {r:Rm}' : undefined),
  MSUB: (f) => (f.Ra === 31 ? 'mneg {r:Rd}, {r:Rn}, {r:Rm}' : undefined),
  SMADDL: (f) => (f.Ra === 31 ? 'smull {x:Rd}, {w:Rn}, {w:Rm}' : undefined),
  SMSUBL: (f) => (f.Ra === 31 ? 'smnegl {x:Rd}, {w:Rn}, {w:Rm}' : undefined),
  UMADDL: (f) => (f.Ra === 31 ? 'umull {x:Rd}, {w:Rn}, {w:Rm}' : undefined),
  UMSUBL: (f) => (f.Ra === 31 ? 'umnegl {x:Rd}, {w:Rn}, {w:Rm}' : undefined),

  // System
  DSB: (f) => (f.CRm === 0 ? 'ssbb' : f.CRm === 4 ? 'pssbb' : undefined),
  MSR_imm: (f) => {
    if (f.op1 !== 3 || f.op2 !== 3) return undefined;
    return `${f.CRm & 1 ? 'smstart' : 'smstop'}${['', ' sm', ' za', ''][f.CRm >> 1]}`;
  },

  // Atomics
  ...atomics,
  ...unprivilegedAtomics,

  // AdvSIMD
  ORR_asimdsame: (f) => (f.Rn === f.Rm ? 'mov {vB:Rd}, {vB:Rn}' : undefined),
  UMOV: (f) => ((f.imm5 & 3) === 0 ? `mov ${gp(f.Q, f.Rd)}, {lane5:Rn}` : undefined),
  SSHLL_asimdshf: (f) => (f.immb === 0 && (f.immh & (f.immh - 1)) === 0 ? 'sxtl{2} {vsha:Rd}, {vsh:Rn}' : undefined),
  USHLL_asimdshf: (f) => (f.immb === 0 && (f.immh & (f.immh - 1)) === 0 ? 'uxtl{2} {vsha:Rd}, {vsh:Rn}' : undefined),
};
