/** Branches, exception generating and system instructions (Arm ARM, C4.1.93). */
import { enc, type EncodingOptions, type Fields } from '../encoding.js';

const pairOrNone = (f: Fields): boolean => (f.Rt & 1) === 0 || f.Rt === 31;
const pauth = { feature: 'FEAT_PAuth' } as const;
const pauthLr = { feature: 'FEAT_PAuth_LR' } as const;
const cmpbr = { feature: 'FEAT_CMPBR' } as const;
const tme = { feature: 'FEAT_TME' } as const;
const tev = { feature: 'FEAT_TEV', notImplemented: true } as const;

/** op1:op2 of the PSTATE fields, in octal; 10 is ALLINT and PM, 33 is SVCRSM, SVCRZA and SVCRSMZA, by CRm<3:1>. */
const PSTATE_FIELDS = [0o03, 0o04, 0o05, 0o10, 0o31, 0o32, 0o33, 0o34, 0o36, 0o37];
const pstateField = (f: Fields): boolean =>
  PSTATE_FIELDS.includes(f.op1 * 8 + f.op2) &&
  (f.op1 !== 1 || f.CRm < 4) &&
  (f.op1 !== 3 || f.op2 !== 3 || (f.CRm > 1 && f.CRm < 8));

/** An entry of the hint space; unassigned hints are NOPs, so every entry overrides HINT. */
function hint(
  name: string, crm: string, op2: string, asm: string, feature?: EncodingOptions['feature'],
): ReturnType<typeof enc> {
  return enc(name, `1101010100 0 00 011 0010 ${crm} ${op2} 11111`, 'control/hints', asm,
    { overrides: ['HINT'], ...(feature && { feature }) });
}

export const branchExceptionSystem = [
  // Conditional branch, immediate
  enc('B_cond', '01010100 imm19:19 0 cond:4', 'control/condbranch', 'b.{cond} {label19}'),
  enc('BC_cond', '01010100 imm19:19 1 cond:4', 'control/condbranch', 'bc.{cond} {label19}', { feature: 'FEAT_HBC' }),

  // Miscellaneous branch, immediate
  enc('RETAASPPC', '01010101 000 imm16:16 11111', 'control/miscbranch', 'retaasppc {back16}', pauthLr),
  enc('RETABSPPC', '01010101 001 imm16:16 11111', 'control/miscbranch', 'retabsppc {back16}', pauthLr),

  // Compare and branch: cc of register form is 000 GT, 001 GE, 010 HI, 011 HS, 110 EQ, 111 NE
  enc('CB_cc_reg', 'sf:1 1110100 cc:3 Rm:5 00 imm9:9 Rt:5', 'control/compbranch_regs',
    'cb{cb_cc_reg} {r:Rt}, {r:Rm}, {label9}', { ...cmpbr, where: (f) => (f.cc & 6) !== 4 }),
  enc('CBB_cc', '0 1110100 cc:3 Rm:5 10 imm9:9 Rt:5', 'control/compbranch_regs2',
    'cbb{cb_cc_reg} {w:Rt}, {w:Rm}, {label9}', { ...cmpbr, where: (f) => (f.cc & 6) !== 4 }),
  enc('CBH_cc', '0 1110100 cc:3 Rm:5 11 imm9:9 Rt:5', 'control/compbranch_regs2',
    'cbh{cb_cc_reg} {w:Rt}, {w:Rm}, {label9}', { ...cmpbr, where: (f) => (f.cc & 6) !== 4 }),
  // cc of the immediate form is 000 GT, 001 LT, 010 HI, 011 LO, 110 EQ, 111 NE
  enc('CB_cc_imm', 'sf:1 1110101 cc:3 imm6:6 0 imm9:9 Rt:5', 'control/compbranch_imm',
    'cb{cb_cc_imm} {r:Rt}, {#:imm6}, {label9}', { ...cmpbr, where: (f) => (f.cc & 6) !== 4 }),

  // Exception generation
  enc('SVC', '11010100 000 imm16:16 000 01', 'control/exception', 'svc {x#:imm16}'),
  enc('HVC', '11010100 000 imm16:16 000 10', 'control/exception', 'hvc {x#:imm16}'),
  enc('SMC', '11010100 000 imm16:16 000 11', 'control/exception', 'smc {x#:imm16}'),
  enc('BRK', '11010100 001 imm16:16 000 00', 'control/exception', 'brk {x#:imm16}'),
  enc('HLT', '11010100 010 imm16:16 000 00', 'control/exception', 'hlt {x#:imm16}'),
  enc('TCANCEL', '11010100 011 imm16:16 000 00', 'control/exception', 'tcancel {#:imm16}', tme),
  enc('DCPS1', '11010100 101 imm16:16 000 01', 'control/exception', 'dcps1{opt_imm16}'),
  enc('DCPS2', '11010100 101 imm16:16 000 10', 'control/exception', 'dcps2{opt_imm16}'),
  enc('DCPS3', '11010100 101 imm16:16 000 11', 'control/exception', 'dcps3{opt_imm16}'),
  enc('TENTER', '11010100 111000 op1:1 (0)(0)(0)(0)(0) imm7:7 00000', 'control/exception', 'tenter {x#:imm7}{nb}', tev),
  enc('TCHANGEF_imm', '1101010110 0100 op1:1 (0)(0)(0)(0)(0) imm7:7 Rd:5', 'control/tchange_imm',
    'tchangef {x:Rd}, {x#:imm7}{nb}', tev),
  enc('TCHANGEB_imm', '1101010110 0101 op1:1 (0)(0)(0)(0)(0) imm7:7 Rd:5', 'control/tchange_imm',
    'tchangeb {x:Rd}, {x#:imm7}{nb}', tev),
  enc('TCHANGEF_reg', '1101010110 0000 op1:1 0000000 Rn:5 Rd:5', 'control/tchange_reg',
    'tchangef {x:Rd}, {x:Rn}{nb}', tev),
  enc('TCHANGEB_reg', '1101010110 0001 op1:1 0000000 Rn:5 Rd:5', 'control/tchange_reg',
    'tchangeb {x:Rd}, {x:Rn}{nb}', tev),

  // System instructions with register argument
  enc('WFET', '1101010100 0 00 011 0001 0000 000 Rd:5', 'control/systeminstrswithreg', 'wfet {x:Rd}',
    { feature: 'FEAT_WFxT' }),
  enc('WFIT', '1101010100 0 00 011 0001 0000 001 Rd:5', 'control/systeminstrswithreg', 'wfit {x:Rd}',
    { feature: 'FEAT_WFxT' }),

  // Hints
  hint('NOP', '0000', '000', 'nop'),
  hint('YIELD', '0000', '001', 'yield'),
  hint('WFE', '0000', '010', 'wfe'),
  hint('WFI', '0000', '011', 'wfi'),
  hint('SEV', '0000', '100', 'sev'),
  hint('SEVL', '0000', '101', 'sevl'),
  hint('DGH', '0000', '110', 'dgh', 'FEAT_DGH'),
  hint('XPACLRI', '0000', '111', 'xpaclri', 'FEAT_PAuth'),
  hint('PACIA1716', '0001', '000', 'pacia1716', 'FEAT_PAuth'),
  hint('PACIB1716', '0001', '010', 'pacib1716', 'FEAT_PAuth'),
  hint('AUTIA1716', '0001', '100', 'autia1716', 'FEAT_PAuth'),
  hint('AUTIB1716', '0001', '110', 'autib1716', 'FEAT_PAuth'),
  hint('ESB', '0010', '000', 'esb', 'FEAT_RAS'),
  hint('PSB_CSYNC', '0010', '001', 'psb csync', 'FEAT_SPE'),
  hint('TSB_CSYNC', '0010', '010', 'tsb csync', 'FEAT_TRF'),
  hint('GCSB_DSYNC', '0010', '011', 'gcsb dsync', 'FEAT_GCS'),
  hint('CSDB', '0010', '100', 'csdb'),
  hint('CLRBHB', '0010', '110', 'clrbhb', 'FEAT_CLRBHB'),
  hint('PACIAZ', '0011', '000', 'paciaz', 'FEAT_PAuth'),
  hint('PACIASP', '0011', '001', 'paciasp', 'FEAT_PAuth'),
  hint('PACIBZ', '0011', '010', 'pacibz', 'FEAT_PAuth'),
  hint('PACIBSP', '0011', '011', 'pacibsp', 'FEAT_PAuth'),
  hint('AUTIAZ', '0011', '100', 'autiaz', 'FEAT_PAuth'),
  hint('AUTIASP', '0011', '101', 'autiasp', 'FEAT_PAuth'),
  hint('AUTIBZ', '0011', '110', 'autibz', 'FEAT_PAuth'),
  hint('AUTIBSP', '0011', '111', 'autibsp', 'FEAT_PAuth'),
  hint('BTI', '0100', 'op2=xx0', 'bti{bti}', 'FEAT_BTI'),
  hint('PACM', '0100', '111', 'pacm', 'FEAT_PAuth_LR'),
  hint('CHKFEAT', '0101', '000', 'chkfeat x16', 'FEAT_CHK'),
  hint('STSHH', '0110', 'op2=00x', 'stshh{stshh}', 'FEAT_PCDPHINT'),
  hint('SHUH', '0110', 'op2=01x', 'shuh{shuh}', 'FEAT_CMH'),
  hint('STCPH', '0110', '100', 'stcph', 'FEAT_CMH'),
  enc('HINT', '1101010100 0 00 011 0010 CRm:4 op2:3 11111', 'control/hints', 'hint {hint}'),

  // Barriers
  enc('CLREX', '1101010100 0 00 011 0011 CRm:4 010 11111', 'control/barriers', 'clrex{opt_crm}'),
  enc('DSB', '1101010100 0 00 011 0011 CRm:4 100 11111', 'control/barriers', 'dsb {barrier}'),
  enc('DMB', '1101010100 0 00 011 0011 CRm:4 101 11111', 'control/barriers', 'dmb {barrier}'),
  enc('ISB', '1101010100 0 00 011 0011 CRm:4 110 11111', 'control/barriers', 'isb{opt_isb}'),
  enc('SB', '1101010100 0 00 011 0011 (0)(0)(0)(0) 111 11111', 'control/barriers', 'sb', { feature: 'FEAT_SB' }),
  enc('DSB_nXS', '1101010100 0 00 011 0011 imm2:2 10 001 11111', 'control/barriers', 'dsb {barrier_nxs}',
    { feature: 'FEAT_XS' }),
  enc('TCOMMIT', '1101010100 0 00 011 0011 0000 011 11111', 'control/barriers', 'tcommit', tme),

  // PSTATE
  enc('MSR_imm', '1101010100 0 00 op1:3 0100 CRm:4 op2:3 11111', 'control/pstate', 'msr {pstatefield}, {x#:CRm}',
    { where: pstateField }),
  enc('CFINV', '1101010100 0 00 000 0100 (0)(0)(0)(0) 000 11111', 'control/pstate', 'cfinv',
    { feature: 'FEAT_FlagM' }),
  enc('XAFLAG', '1101010100 0 00 000 0100 (0)(0)(0)(0) 001 11111', 'control/pstate', 'xaflag',
    { feature: 'FEAT_FlagM2' }),
  enc('AXFLAG', '1101010100 0 00 000 0100 (0)(0)(0)(0) 010 11111', 'control/pstate', 'axflag',
    { feature: 'FEAT_FlagM2' }),

  // System with result
  enc('TSTART', '1101010100 1 00 011 0011 0000 011 Rt:5', 'control/systemresult', 'tstart {x:Rt}', tme),
  enc('TTEST', '1101010100 1 00 011 0011 0001 011 Rt:5', 'control/systemresult', 'ttest {x:Rt}', tme),

  // System instructions, register moves
  enc('SYS', '1101010100 0 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systeminstrs', '{sys}'),
  enc('SYSL', '1101010100 1 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systeminstrs',
    'sysl {x:Rt}, {#:op1}, {C:CRn}, {C:CRm}, {#:op2}'),
  enc('MSR_reg', '1101010100 0 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systemmove', 'msr {sysreg}, {x:Rt}'),
  enc('MRS', '1101010100 1 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systemmove', 'mrs {x:Rt}, {sysreg}'),
  enc('SYSP', '1101010101 0 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/syspairinstrs',
    'sysp {#:op1}, {C:CRn}, {C:CRm}, {#:op2}{sysp_regs}', { feature: 'FEAT_SYSINSTR128', where: pairOrNone }),
  enc('MSRR', '1101010101 0 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systemmovepr',
    'msrr {sysreg}, {x:Rt}, {x+1:Rt}', { feature: 'FEAT_SYSREG128', where: (f) => (f.Rt & 1) === 0 }),
  enc('MRRS', '1101010101 1 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'control/systemmovepr',
    'mrrs {x:Rt}, {x+1:Rt}, {sysreg}', { feature: 'FEAT_SYSREG128', where: (f) => (f.Rt & 1) === 0 }),

  // Unconditional branch, register
  enc('BR', '1101011 0000 11111 000000 Rn:5 00000', 'control/branch_reg', 'br {x:Rn}'),
  enc('BRAAZ', '1101011 0000 11111 000010 Rn:5 11111', 'control/branch_reg', 'braaz {x:Rn}', pauth),
  enc('BRABZ', '1101011 0000 11111 000011 Rn:5 11111', 'control/branch_reg', 'brabz {x:Rn}', pauth),
  enc('BRAA', '1101011 1000 11111 000010 Rn:5 Rm:5', 'control/branch_reg', 'braa {x:Rn}, {xsp:Rm}', pauth),
  enc('BRAB', '1101011 1000 11111 000011 Rn:5 Rm:5', 'control/branch_reg', 'brab {x:Rn}, {xsp:Rm}', pauth),
  enc('BLR', '1101011 0001 11111 000000 Rn:5 00000', 'control/branch_reg', 'blr {x:Rn}'),
  enc('BLRAAZ', '1101011 0001 11111 000010 Rn:5 11111', 'control/branch_reg', 'blraaz {x:Rn}', pauth),
  enc('BLRABZ', '1101011 0001 11111 000011 Rn:5 11111', 'control/branch_reg', 'blrabz {x:Rn}', pauth),
  enc('BLRAA', '1101011 1001 11111 000010 Rn:5 Rm:5', 'control/branch_reg', 'blraa {x:Rn}, {xsp:Rm}', pauth),
  enc('BLRAB', '1101011 1001 11111 000011 Rn:5 Rm:5', 'control/branch_reg', 'blrab {x:Rn}, {xsp:Rm}', pauth),
  enc('RET', '1101011 0010 11111 000000 Rn:5 00000', 'control/branch_reg', 'ret{ret}'),
  enc('RETAA', '1101011 0010 11111 000010 11111 11111', 'control/branch_reg', 'retaa',
    { ...pauth, overrides: ['RETAASPPCR'] }),
  enc('RETAB', '1101011 0010 11111 000011 11111 11111', 'control/branch_reg', 'retab',
    { ...pauth, overrides: ['RETABSPPCR'] }),
  enc('RETAASPPCR', '1101011 0010 11111 000010 11111 Rm:5', 'control/branch_reg', 'retaasppcr {x:Rm}', pauthLr),
  enc('RETABSPPCR', '1101011 0010 11111 000011 11111 Rm:5', 'control/branch_reg', 'retabsppcr {x:Rm}', pauthLr),
  enc('ERET', '1101011 0100 11111 000000 11111 00000', 'control/branch_reg', 'eret'),
  enc('ERETAA', '1101011 0100 11111 000010 11111 11111', 'control/branch_reg', 'eretaa', pauth),
  enc('ERETAB', '1101011 0100 11111 000011 11111 11111', 'control/branch_reg', 'eretab', pauth),
  enc('DRPS', '1101011 0101 11111 000000 11111 00000', 'control/branch_reg', 'drps'),
  enc('TEXIT', '1101011 0111 11111 00000 op1:1 11111 00000', 'control/branch_reg', 'texit{texit}', tev),

  // Unconditional branch, immediate; compare and branch; test and branch
  enc('B', '0 00101 imm26:26', 'control/branch_imm', 'b {label26}'),
  enc('BL', '1 00101 imm26:26', 'control/branch_imm', 'bl {label26}'),
  enc('CBZ', 'sf:1 011010 0 imm19:19 Rt:5', 'control/compbranch', 'cbz {r:Rt}, {label19}'),
  enc('CBNZ', 'sf:1 011010 1 imm19:19 Rt:5', 'control/compbranch', 'cbnz {r:Rt}, {label19}'),
  enc('TBZ', 'b5:1 011011 0 b40:5 imm14:14 Rt:5', 'control/testbranch', 'tbz {tb:Rt}, {tbit}, {label14}'),
  enc('TBNZ', 'b5:1 011011 1 b40:5 imm14:14 Rt:5', 'control/testbranch', 'tbnz {tb:Rt}, {tbit}, {label14}'),

  // Reserved
  enc('UDF', '0000 0000 0000 0000 imm16:16', 'reserved/perm_undef', 'udf {#:imm16}'),
];
