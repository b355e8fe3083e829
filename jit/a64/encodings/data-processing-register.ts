/** Data processing, register (Arm ARM, C4.1.95). */
import { enc, type Fields } from '../encoding.js';

const shiftAmount = (f: Fields): boolean => f.sf === 1 || f.imm6 < 32;
const addSubShift = (f: Fields): boolean => f.shift !== 3 && shiftAmount(f);
const extendAmount = (f: Fields): boolean => f.imm3 <= 4;
const cssc = { feature: 'FEAT_CSSC' } as const;
const crc = { feature: 'FEAT_CRC32' } as const;
const pauth = { feature: 'FEAT_PAuth' } as const;
const pauthLr = { feature: 'FEAT_PAuth_LR' } as const;
const cpa = { feature: 'FEAT_CPA' } as const;
const mte = { feature: 'FEAT_MTE' } as const;

export const dataProcessingRegister = [
  // Two-source
  enc('UDIV', 'sf:1 0 0 11010110 Rm:5 000010 Rn:5 Rd:5', 'dpreg/dp_2src', 'udiv {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('SDIV', 'sf:1 0 0 11010110 Rm:5 000011 Rn:5 Rd:5', 'dpreg/dp_2src', 'sdiv {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('LSLV', 'sf:1 0 0 11010110 Rm:5 001000 Rn:5 Rd:5', 'dpreg/dp_2src', 'lsl {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('LSRV', 'sf:1 0 0 11010110 Rm:5 001001 Rn:5 Rd:5', 'dpreg/dp_2src', 'lsr {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('ASRV', 'sf:1 0 0 11010110 Rm:5 001010 Rn:5 Rd:5', 'dpreg/dp_2src', 'asr {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('RORV', 'sf:1 0 0 11010110 Rm:5 001011 Rn:5 Rd:5', 'dpreg/dp_2src', 'ror {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('CRC32B', 'sf=0 0 0 11010110 Rm:5 010 C=0 sz=00 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32b {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32H', 'sf=0 0 0 11010110 Rm:5 010 C=0 sz=01 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32h {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32W', 'sf=0 0 0 11010110 Rm:5 010 C=0 sz=10 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32w {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32X', 'sf=1 0 0 11010110 Rm:5 010 C=0 sz=11 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32x {w:Rd}, {w:Rn}, {x:Rm}', crc),
  enc('CRC32CB', 'sf=0 0 0 11010110 Rm:5 010 C=1 sz=00 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32cb {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32CH', 'sf=0 0 0 11010110 Rm:5 010 C=1 sz=01 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32ch {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32CW', 'sf=0 0 0 11010110 Rm:5 010 C=1 sz=10 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32cw {w:Rd}, {w:Rn}, {w:Rm}', crc),
  enc('CRC32CX', 'sf=1 0 0 11010110 Rm:5 010 C=1 sz=11 Rn:5 Rd:5', 'dpreg/dp_2src',
    'crc32cx {w:Rd}, {w:Rn}, {x:Rm}', crc),
  enc('SMAX_reg', 'sf:1 0 0 11010110 Rm:5 011000 Rn:5 Rd:5', 'dpreg/dp_2src', 'smax {r:Rd}, {r:Rn}, {r:Rm}', cssc),
  enc('UMAX_reg', 'sf:1 0 0 11010110 Rm:5 011001 Rn:5 Rd:5', 'dpreg/dp_2src', 'umax {r:Rd}, {r:Rn}, {r:Rm}', cssc),
  enc('SMIN_reg', 'sf:1 0 0 11010110 Rm:5 011010 Rn:5 Rd:5', 'dpreg/dp_2src', 'smin {r:Rd}, {r:Rn}, {r:Rm}', cssc),
  enc('UMIN_reg', 'sf:1 0 0 11010110 Rm:5 011011 Rn:5 Rd:5', 'dpreg/dp_2src', 'umin {r:Rd}, {r:Rn}, {r:Rm}', cssc),
  enc('PACGA', '1 0 0 11010110 Rm:5 001100 Rn:5 Rd:5', 'dpreg/dp_2src', 'pacga {x:Rd}, {x:Rn}, {xsp:Rm}', pauth),
  enc('SUBP', '1 0 0 11010110 Rm:5 000000 Rn:5 Rd:5', 'dpreg/dp_2src', 'subp {x:Rd}, {xsp:Rn}, {xsp:Rm}', mte),
  enc('SUBPS', '1 0 1 11010110 Rm:5 000000 Rn:5 Rd:5', 'dpreg/dp_2src', 'subps {x:Rd}, {xsp:Rn}, {xsp:Rm}', mte),
  enc('IRG', '1 0 0 11010110 Rm:5 000100 Rn:5 Rd:5', 'dpreg/dp_2src', 'irg {xsp:Rd}, {xsp:Rn}{opt_xm}', mte),
  enc('GMI', '1 0 0 11010110 Rm:5 000101 Rn:5 Rd:5', 'dpreg/dp_2src', 'gmi {x:Rd}, {xsp:Rn}, {x:Rm}', mte),

  // One-source
  enc('RBIT', 'sf:1 1 0 11010110 00000 000000 Rn:5 Rd:5', 'dpreg/dp_1src', 'rbit {r:Rd}, {r:Rn}'),
  enc('REV16', 'sf:1 1 0 11010110 00000 000001 Rn:5 Rd:5', 'dpreg/dp_1src', 'rev16 {r:Rd}, {r:Rn}'),
  enc('REV32', 'sf=1 1 0 11010110 00000 0000 opc=10 Rn:5 Rd:5', 'dpreg/dp_1src', 'rev32 {x:Rd}, {x:Rn}'),
  enc('REV', 'sf:1 1 0 11010110 00000 0000 opc=1x Rn:5 Rd:5', 'dpreg/dp_1src', 'rev {r:Rd}, {r:Rn}',
    { where: (f) => (f.opc & 1) === f.sf }),
  enc('CLZ', 'sf:1 1 0 11010110 00000 000100 Rn:5 Rd:5', 'dpreg/dp_1src', 'clz {r:Rd}, {r:Rn}'),
  enc('CLS', 'sf:1 1 0 11010110 00000 000101 Rn:5 Rd:5', 'dpreg/dp_1src', 'cls {r:Rd}, {r:Rn}'),
  enc('CTZ', 'sf:1 1 0 11010110 00000 000110 Rn:5 Rd:5', 'dpreg/dp_1src', 'ctz {r:Rd}, {r:Rn}', cssc),
  enc('CNT', 'sf:1 1 0 11010110 00000 000111 Rn:5 Rd:5', 'dpreg/dp_1src', 'cnt {r:Rd}, {r:Rn}', cssc),
  enc('ABS', 'sf:1 1 0 11010110 00000 001000 Rn:5 Rd:5', 'dpreg/dp_1src', 'abs {r:Rd}, {r:Rn}', cssc),

  // Pointer authentication: the Z forms (zero modifier) have their own entries, Rn 11111
  enc('PACIA', '1 1 0 11010110 00001 000000 Rn:5 Rd:5', 'dpreg/dp_1src', 'pacia {x:Rd}, {xsp:Rn}', pauth),
  enc('PACIB', '1 1 0 11010110 00001 000001 Rn:5 Rd:5', 'dpreg/dp_1src', 'pacib {x:Rd}, {xsp:Rn}', pauth),
  enc('PACDA', '1 1 0 11010110 00001 000010 Rn:5 Rd:5', 'dpreg/dp_1src', 'pacda {x:Rd}, {xsp:Rn}', pauth),
  enc('PACDB', '1 1 0 11010110 00001 000011 Rn:5 Rd:5', 'dpreg/dp_1src', 'pacdb {x:Rd}, {xsp:Rn}', pauth),
  enc('AUTIA', '1 1 0 11010110 00001 000100 Rn:5 Rd:5', 'dpreg/dp_1src', 'autia {x:Rd}, {xsp:Rn}', pauth),
  enc('AUTIB', '1 1 0 11010110 00001 000101 Rn:5 Rd:5', 'dpreg/dp_1src', 'autib {x:Rd}, {xsp:Rn}', pauth),
  enc('AUTDA', '1 1 0 11010110 00001 000110 Rn:5 Rd:5', 'dpreg/dp_1src', 'autda {x:Rd}, {xsp:Rn}', pauth),
  enc('AUTDB', '1 1 0 11010110 00001 000111 Rn:5 Rd:5', 'dpreg/dp_1src', 'autdb {x:Rd}, {xsp:Rn}', pauth),
  enc('PACIZA', '1 1 0 11010110 00001 001000 11111 Rd:5', 'dpreg/dp_1src', 'paciza {x:Rd}', pauth),
  enc('PACIZB', '1 1 0 11010110 00001 001001 11111 Rd:5', 'dpreg/dp_1src', 'pacizb {x:Rd}', pauth),
  enc('PACDZA', '1 1 0 11010110 00001 001010 11111 Rd:5', 'dpreg/dp_1src', 'pacdza {x:Rd}', pauth),
  enc('PACDZB', '1 1 0 11010110 00001 001011 11111 Rd:5', 'dpreg/dp_1src', 'pacdzb {x:Rd}', pauth),
  enc('AUTIZA', '1 1 0 11010110 00001 001100 11111 Rd:5', 'dpreg/dp_1src', 'autiza {x:Rd}', pauth),
  enc('AUTIZB', '1 1 0 11010110 00001 001101 11111 Rd:5', 'dpreg/dp_1src', 'autizb {x:Rd}', pauth),
  enc('AUTDZA', '1 1 0 11010110 00001 001110 11111 Rd:5', 'dpreg/dp_1src', 'autdza {x:Rd}', pauth),
  enc('AUTDZB', '1 1 0 11010110 00001 001111 11111 Rd:5', 'dpreg/dp_1src', 'autdzb {x:Rd}', pauth),
  enc('XPACI', '1 1 0 11010110 00001 010000 11111 Rd:5', 'dpreg/dp_1src', 'xpaci {x:Rd}', pauth),
  enc('XPACD', '1 1 0 11010110 00001 010001 11111 Rd:5', 'dpreg/dp_1src', 'xpacd {x:Rd}', pauth),
  enc('PACNBIASPPC', '1 1 0 11010110 00001 100000 11111 11110', 'dpreg/dp_1src', 'pacnbiasppc', pauthLr),
  enc('PACNBIBSPPC', '1 1 0 11010110 00001 100001 11111 11110', 'dpreg/dp_1src', 'pacnbibsppc', pauthLr),
  enc('PACIA171615', '1 1 0 11010110 00001 100010 11111 11110', 'dpreg/dp_1src', 'pacia171615', pauthLr),
  enc('PACIB171615', '1 1 0 11010110 00001 100011 11111 11110', 'dpreg/dp_1src', 'pacib171615', pauthLr),
  enc('AUTIASPPCR', '1 1 0 11010110 00001 100100 Rn:5 11110', 'dpreg/dp_1src', 'autiasppcr {x:Rn}', pauthLr),
  enc('AUTIBSPPCR', '1 1 0 11010110 00001 100101 Rn:5 11110', 'dpreg/dp_1src', 'autibsppcr {x:Rn}', pauthLr),
  enc('PACIASPPC', '1 1 0 11010110 00001 101000 11111 11110', 'dpreg/dp_1src', 'paciasppc', pauthLr),
  enc('PACIBSPPC', '1 1 0 11010110 00001 101001 11111 11110', 'dpreg/dp_1src', 'pacibsppc', pauthLr),
  enc('AUTIA171615', '1 1 0 11010110 00001 101110 11111 11110', 'dpreg/dp_1src', 'autia171615', pauthLr),
  enc('AUTIB171615', '1 1 0 11010110 00001 101111 11111 11110', 'dpreg/dp_1src', 'autib171615', pauthLr),

  // Logical, shifted register
  enc('AND_log_shift', 'sf:1 00 01010 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'and {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('BIC_log_shift', 'sf:1 00 01010 shift:2 1 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'bic {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('ORR_log_shift', 'sf:1 01 01010 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'orr {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('ORN_log_shift', 'sf:1 01 01010 shift:2 1 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'orn {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('EOR_log_shift', 'sf:1 10 01010 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'eor {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('EON_log_shift', 'sf:1 10 01010 shift:2 1 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'eon {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('ANDS_log_shift', 'sf:1 11 01010 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'ands {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),
  enc('BICS_log_shift', 'sf:1 11 01010 shift:2 1 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/log_shift',
    'bics {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: shiftAmount }),

  // Add/subtract, shifted register
  enc('ADD_shift', 'sf:1 0 0 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/addsub_shift',
    'add {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: addSubShift }),
  enc('ADDS_shift', 'sf:1 0 1 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/addsub_shift',
    'adds {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: addSubShift }),
  enc('SUB_shift', 'sf:1 1 0 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/addsub_shift',
    'sub {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: addSubShift }),
  enc('SUBS_shift', 'sf:1 1 1 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5', 'dpreg/addsub_shift',
    'subs {r:Rd}, {r:Rn}, {r:Rm}{shift}', { where: addSubShift }),

  // Add/subtract, extended register
  enc('ADD_ext', 'sf:1 0 0 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_ext',
    'add {rsp:Rd}, {rsp:Rn}, {ext:Rd}', { where: extendAmount }),
  enc('ADDS_ext', 'sf:1 0 1 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_ext',
    'adds {r:Rd}, {rsp:Rn}, {ext}', { where: extendAmount }),
  enc('SUB_ext', 'sf:1 1 0 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_ext',
    'sub {rsp:Rd}, {rsp:Rn}, {ext:Rd}', { where: extendAmount }),
  enc('SUBS_ext', 'sf:1 1 1 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_ext',
    'subs {r:Rd}, {rsp:Rn}, {ext}', { where: extendAmount }),

  // Add/subtract with carry; checked pointer; rotate and set flags
  enc('ADC', 'sf:1 0 0 11010000 Rm:5 000000 Rn:5 Rd:5', 'dpreg/addsub_carry', 'adc {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('ADCS', 'sf:1 0 1 11010000 Rm:5 000000 Rn:5 Rd:5', 'dpreg/addsub_carry', 'adcs {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('SBC', 'sf:1 1 0 11010000 Rm:5 000000 Rn:5 Rd:5', 'dpreg/addsub_carry', 'sbc {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('SBCS', 'sf:1 1 1 11010000 Rm:5 000000 Rn:5 Rd:5', 'dpreg/addsub_carry', 'sbcs {r:Rd}, {r:Rn}, {r:Rm}'),
  enc('ADDPT', '1 0 0 11010000 Rm:5 001 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_pt',
    'addpt {xsp:Rd}, {xsp:Rn}, {x:Rm}{opt_lsl:imm3}', cpa),
  enc('SUBPT', '1 1 0 11010000 Rm:5 001 imm3:3 Rn:5 Rd:5', 'dpreg/addsub_pt',
    'subpt {xsp:Rd}, {xsp:Rn}, {x:Rm}{opt_lsl:imm3}', cpa),
  enc('RMIF', '1 0 1 11010000 imm6:6 00001 Rn:5 0 mask:4', 'dpreg/rmif', 'rmif {x:Rn}, {#:imm6}, {#:mask}',
    { feature: 'FEAT_FlagM' }),
  enc('SETF8', '0 0 1 11010000 000000 sz=0 0010 Rn:5 0 1101', 'dpreg/setf', 'setf8 {w:Rn}',
    { feature: 'FEAT_FlagM' }),
  enc('SETF16', '0 0 1 11010000 000000 sz=1 0010 Rn:5 0 1101', 'dpreg/setf', 'setf16 {w:Rn}',
    { feature: 'FEAT_FlagM' }),

  // Conditional compare
  enc('CCMN_reg', 'sf:1 0 1 11010010 Rm:5 cond:4 00 Rn:5 0 nzcv:4', 'dpreg/condcmp_reg',
    'ccmn {r:Rn}, {r:Rm}, {x#:nzcv}, {cond}'),
  enc('CCMP_reg', 'sf:1 1 1 11010010 Rm:5 cond:4 00 Rn:5 0 nzcv:4', 'dpreg/condcmp_reg',
    'ccmp {r:Rn}, {r:Rm}, {x#:nzcv}, {cond}'),
  enc('CCMN_imm', 'sf:1 0 1 11010010 imm5:5 cond:4 10 Rn:5 0 nzcv:4', 'dpreg/condcmp_imm',
    'ccmn {r:Rn}, {x#:imm5}, {x#:nzcv}, {cond}'),
  enc('CCMP_imm', 'sf:1 1 1 11010010 imm5:5 cond:4 10 Rn:5 0 nzcv:4', 'dpreg/condcmp_imm',
    'ccmp {r:Rn}, {x#:imm5}, {x#:nzcv}, {cond}'),

  // Conditional select
  enc('CSEL', 'sf:1 0 0 11010100 Rm:5 cond:4 00 Rn:5 Rd:5', 'dpreg/condsel', 'csel {r:Rd}, {r:Rn}, {r:Rm}, {cond}'),
  enc('CSINC', 'sf:1 0 0 11010100 Rm:5 cond:4 01 Rn:5 Rd:5', 'dpreg/condsel', 'csinc {r:Rd}, {r:Rn}, {r:Rm}, {cond}'),
  enc('CSINV', 'sf:1 1 0 11010100 Rm:5 cond:4 00 Rn:5 Rd:5', 'dpreg/condsel', 'csinv {r:Rd}, {r:Rn}, {r:Rm}, {cond}'),
  enc('CSNEG', 'sf:1 1 0 11010100 Rm:5 cond:4 01 Rn:5 Rd:5', 'dpreg/condsel', 'csneg {r:Rd}, {r:Rn}, {r:Rm}, {cond}'),

  // Three-source
  enc('MADD', 'sf:1 00 11011 000 Rm:5 0 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'madd {r:Rd}, {r:Rn}, {r:Rm}, {r:Ra}'),
  enc('MSUB', 'sf:1 00 11011 000 Rm:5 1 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'msub {r:Rd}, {r:Rn}, {r:Rm}, {r:Ra}'),
  enc('SMADDL', '1 00 11011 001 Rm:5 0 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'smaddl {x:Rd}, {w:Rn}, {w:Rm}, {x:Ra}'),
  enc('SMSUBL', '1 00 11011 001 Rm:5 1 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'smsubl {x:Rd}, {w:Rn}, {w:Rm}, {x:Ra}'),
  enc('UMADDL', '1 00 11011 101 Rm:5 0 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'umaddl {x:Rd}, {w:Rn}, {w:Rm}, {x:Ra}'),
  enc('UMSUBL', '1 00 11011 101 Rm:5 1 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src', 'umsubl {x:Rd}, {w:Rn}, {w:Rm}, {x:Ra}'),
  enc('SMULH', '1 00 11011 010 Rm:5 0 (1)(1)(1)(1)(1) Rn:5 Rd:5', 'dpreg/dp_3src', 'smulh {x:Rd}, {x:Rn}, {x:Rm}'),
  enc('UMULH', '1 00 11011 110 Rm:5 0 (1)(1)(1)(1)(1) Rn:5 Rd:5', 'dpreg/dp_3src', 'umulh {x:Rd}, {x:Rn}, {x:Rm}'),
  enc('MADDPT', '1 00 11011 011 Rm:5 0 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src',
    'maddpt {x:Rd}, {x:Rn}, {x:Rm}, {x:Ra}', cpa),
  enc('MSUBPT', '1 00 11011 011 Rm:5 1 Ra:5 Rn:5 Rd:5', 'dpreg/dp_3src',
    'msubpt {x:Rd}, {x:Rn}, {x:Rm}, {x:Ra}', cpa),
];
