/** Memory copy and memory set (FEAT_MOPS), and the tag accesses of FEAT_MTE (Arm ARM, C4.1.94). */
import { enc, type FeatureName, type Fields } from '../encoding.js';

/**
 * sz other than 00 is UNDEFINED. Registers that coincide, and the zero register as an address or a size, are
 * CONSTRAINED UNPREDICTABLE between UNDEFINED and NOP: UNDEFINED here.
 */
const copyOperands = (f: Fields): boolean =>
  f.sz === 0 && f.Rs !== f.Rn && f.Rs !== f.Rd && f.Rn !== f.Rd && f.Rd !== 31 && f.Rs !== 31 && f.Rn !== 31;
const setOperands = (f: Fields): boolean =>
  f.sz === 0 && f.Rs !== f.Rn && f.Rs !== f.Rd && f.Rn !== f.Rd && f.Rd !== 31 && f.Rn !== 31;
const setTagOperands = (f: Fields): boolean => f.sz === 0 && f.Rn !== f.Rd && f.Rd !== 31 && f.Rn !== 31;
const copy = { feature: 'FEAT_MOPS', where: copyOperands } as const;
const set = { feature: 'FEAT_MOPS', where: setOperands } as const;
const setTagged = { feature: 'FEAT_MOPS', needs: (): FeatureName => 'FEAT_MTE', where: setOperands } as const;
const setTagsOnly = { feature: 'FEAT_MOPS_GO', where: setTagOperands, notImplemented: true } as const;
const mte = { feature: 'FEAT_MTE' } as const;
const mte2 = { feature: 'FEAT_MTE2', notImplemented: true } as const;

/**
 * options of CPY*: bit 0 write unprivileged, 1 read unprivileged, 2 write non-temporal, 3 read non-temporal.
 * options of SET*: bit 0 unprivileged, bit 1 non-temporal.
 */
export const memoryCopyTag = [
  // Memory copy, forward only: prologue, main, epilogue
  enc('CPYFP', 'sz:2 011 0 01 00 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpyfp{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),
  enc('CPYFM', 'sz:2 011 0 01 01 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpyfm{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),
  enc('CPYFE', 'sz:2 011 0 01 10 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpyfe{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),
  // Memory copy, either direction: prologue, main, epilogue
  enc('CPYP', 'sz:2 011 1 01 00 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpyp{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),
  enc('CPYM', 'sz:2 011 1 01 01 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpym{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),
  enc('CPYE', 'sz:2 011 1 01 10 0 Rs:5 options:4 01 Rn:5 Rd:5', 'ldst/memcms',
    'cpye{cpyopt} [{x:Rd}]!, [{x:Rs}]!, {x:Rn}!', copy),

  // Memory set; G forms set tags too
  enc('SETP', 'sz:2 011 0 01 11 0 Rs:5 00 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'setp{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', set),
  enc('SETM', 'sz:2 011 0 01 11 0 Rs:5 01 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'setm{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', set),
  enc('SETE', 'sz:2 011 0 01 11 0 Rs:5 10 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'sete{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', set),
  enc('SETGP', 'sz:2 011 1 01 11 0 Rs:5 00 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'setgp{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', setTagged),
  enc('SETGM', 'sz:2 011 1 01 11 0 Rs:5 01 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'setgm{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', setTagged),
  enc('SETGE', 'sz:2 011 1 01 11 0 Rs:5 10 options:2 01 Rn:5 Rd:5', 'ldst/memcms',
    'setge{setopt} [{x:Rd}]!, {x:Rn}!, {x:Rs}', setTagged),
  enc('SETGOP', 'sz:2 011 1 01 11 0 (1)(1)(1)(1)(1) 00 options:2 00 Rn:5 Rd:5', 'ldst/memset_go',
    'setgop{setopt} [{x:Rd}]!, {x:Rn}!', setTagsOnly),
  enc('SETGOM', 'sz:2 011 1 01 11 0 (1)(1)(1)(1)(1) 01 options:2 00 Rn:5 Rd:5', 'ldst/memset_go',
    'setgom{setopt} [{x:Rd}]!, {x:Rn}!', setTagsOnly),
  enc('SETGOE', 'sz:2 011 1 01 11 0 (1)(1)(1)(1)(1) 10 options:2 00 Rn:5 Rd:5', 'ldst/memset_go',
    'setgoe{setopt} [{x:Rd}]!, {x:Rn}!', setTagsOnly),

  // Memory tags
  enc('STG_post', '11011001 00 1 imm9:9 01 Rn:5 Rt:5', 'ldst/ldsttags', 'stg {xsp:Rt}, {tagpost}', mte),
  enc('STG_off', '11011001 00 1 imm9:9 10 Rn:5 Rt:5', 'ldst/ldsttags', 'stg {xsp:Rt}, {tagoff}', mte),
  enc('STG_pre', '11011001 00 1 imm9:9 11 Rn:5 Rt:5', 'ldst/ldsttags', 'stg {xsp:Rt}, {tagpre}', mte),
  enc('STZG_post', '11011001 01 1 imm9:9 01 Rn:5 Rt:5', 'ldst/ldsttags', 'stzg {xsp:Rt}, {tagpost}', mte),
  enc('STZG_off', '11011001 01 1 imm9:9 10 Rn:5 Rt:5', 'ldst/ldsttags', 'stzg {xsp:Rt}, {tagoff}', mte),
  enc('STZG_pre', '11011001 01 1 imm9:9 11 Rn:5 Rt:5', 'ldst/ldsttags', 'stzg {xsp:Rt}, {tagpre}', mte),
  enc('ST2G_post', '11011001 10 1 imm9:9 01 Rn:5 Rt:5', 'ldst/ldsttags', 'st2g {xsp:Rt}, {tagpost}', mte),
  enc('ST2G_off', '11011001 10 1 imm9:9 10 Rn:5 Rt:5', 'ldst/ldsttags', 'st2g {xsp:Rt}, {tagoff}', mte),
  enc('ST2G_pre', '11011001 10 1 imm9:9 11 Rn:5 Rt:5', 'ldst/ldsttags', 'st2g {xsp:Rt}, {tagpre}', mte),
  enc('STZ2G_post', '11011001 11 1 imm9:9 01 Rn:5 Rt:5', 'ldst/ldsttags', 'stz2g {xsp:Rt}, {tagpost}', mte),
  enc('STZ2G_off', '11011001 11 1 imm9:9 10 Rn:5 Rt:5', 'ldst/ldsttags', 'stz2g {xsp:Rt}, {tagoff}', mte),
  enc('STZ2G_pre', '11011001 11 1 imm9:9 11 Rn:5 Rt:5', 'ldst/ldsttags', 'stz2g {xsp:Rt}, {tagpre}', mte),
  enc('LDG', '11011001 01 1 imm9:9 00 Rn:5 Rt:5', 'ldst/ldsttags', 'ldg {x:Rt}, {tagoff}', mte),
  enc('STZGM', '11011001 00 1 000000000 00 Rn:5 Rt:5', 'ldst/ldsttags', 'stzgm {x:Rt}, [{xsp:Rn}]', mte2),
  enc('STGM', '11011001 10 1 000000000 00 Rn:5 Rt:5', 'ldst/ldsttags', 'stgm {x:Rt}, [{xsp:Rn}]', mte2),
  enc('LDGM', '11011001 11 1 000000000 00 Rn:5 Rt:5', 'ldst/ldsttags', 'ldgm {x:Rt}, [{xsp:Rn}]', mte2),
  enc('STGP_off', '01 101 0 010 L=0 simm7:7 Rt2:5 Rn:5 Rt:5', 'ldst/ldstpair_off',
    'stgp {x:Rt}, {x:Rt2}, {pairoff_tag}', mte),
  enc('STGP_post', '01 101 0 001 L=0 simm7:7 Rt2:5 Rn:5 Rt:5', 'ldst/ldstpair_post',
    'stgp {x:Rt}, {x:Rt2}, {pairpost_tag}', mte),
  enc('STGP_pre', '01 101 0 011 L=0 simm7:7 Rt2:5 Rn:5 Rt:5', 'ldst/ldstpair_pre',
    'stgp {x:Rt}, {x:Rt2}, {pairpre_tag}', mte),
];
