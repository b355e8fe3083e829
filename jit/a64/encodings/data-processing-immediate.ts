/** Data processing, immediate (Arm ARM, C4.1.92). */
import { enc, type Fields } from '../encoding.js';
import { isBitmaskImmediate } from '../bitmask.js';

const bitmask = (f: Fields): boolean => isBitmaskImmediate(f.sf, f.N, f.imms);
const narrowImmediates = (f: Fields): boolean =>
  f.N === f.sf && (f.sf === 1 || (f.immr < 32 && f.imms < 32));
const narrowShift = (f: Fields): boolean => f.sf === 1 || f.hw < 2;
const cssc = { feature: 'FEAT_CSSC' } as const;
const mte = { feature: 'FEAT_MTE' } as const;
const pauthLr = { feature: 'FEAT_PAuth_LR' } as const;

export const dataProcessingImmediate = [
  // PC-relative addressing
  enc('ADR', '0 immlo:2 10000 immhi:19 Rd:5', 'dpimm/pcreladdr', 'adr {x:Rd}, {adr}'),
  enc('ADRP', '1 immlo:2 10000 immhi:19 Rd:5', 'dpimm/pcreladdr', 'adrp {x:Rd}, {adrp}'),

  // Add/subtract
  enc('ADD_imm', 'sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:5', 'dpimm/addsub_imm', 'add {rsp:Rd}, {rsp:Rn}, {imm12}'),
  enc('ADDS_imm', 'sf:1 0 1 100010 sh:1 imm12:12 Rn:5 Rd:5', 'dpimm/addsub_imm', 'adds {r:Rd}, {rsp:Rn}, {imm12}'),
  enc('SUB_imm', 'sf:1 1 0 100010 sh:1 imm12:12 Rn:5 Rd:5', 'dpimm/addsub_imm', 'sub {rsp:Rd}, {rsp:Rn}, {imm12}'),
  enc('SUBS_imm', 'sf:1 1 1 100010 sh:1 imm12:12 Rn:5 Rd:5', 'dpimm/addsub_imm', 'subs {r:Rd}, {rsp:Rn}, {imm12}'),

  // Add/subtract with tags
  enc('ADDG', '1 0 0 100011 0 imm6:6 (0)(0) imm4:4 Rn:5 Rd:5', 'dpimm/addsub_immtags',
    'addg {xsp:Rd}, {xsp:Rn}, {tag_offset}, {x#:imm4}', mte),
  enc('SUBG', '1 1 0 100011 0 imm6:6 (0)(0) imm4:4 Rn:5 Rd:5', 'dpimm/addsub_immtags',
    'subg {xsp:Rd}, {xsp:Rn}, {tag_offset}, {x#:imm4}', mte),

  // Minimum/maximum
  enc('SMAX_imm', 'sf:1 0 0 1000111 0000 imm8:8 Rn:5 Rd:5', 'dpimm/minmax_imm',
    'smax {r:Rd}, {r:Rn}, {simm:imm8}', cssc),
  enc('UMAX_imm', 'sf:1 0 0 1000111 0001 imm8:8 Rn:5 Rd:5', 'dpimm/minmax_imm',
    'umax {r:Rd}, {r:Rn}, {#:imm8}', cssc),
  enc('SMIN_imm', 'sf:1 0 0 1000111 0010 imm8:8 Rn:5 Rd:5', 'dpimm/minmax_imm',
    'smin {r:Rd}, {r:Rn}, {simm:imm8}', cssc),
  enc('UMIN_imm', 'sf:1 0 0 1000111 0011 imm8:8 Rn:5 Rd:5', 'dpimm/minmax_imm',
    'umin {r:Rd}, {r:Rn}, {#:imm8}', cssc),

  // Logical
  enc('AND_log_imm', 'sf:1 00 100100 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/log_imm',
    'and {rsp:Rd}, {r:Rn}, {bitmask}', { where: bitmask }),
  enc('ORR_log_imm', 'sf:1 01 100100 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/log_imm',
    'orr {rsp:Rd}, {r:Rn}, {bitmask}', { where: bitmask }),
  enc('EOR_log_imm', 'sf:1 10 100100 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/log_imm',
    'eor {rsp:Rd}, {r:Rn}, {bitmask}', { where: bitmask }),
  enc('ANDS_log_imm', 'sf:1 11 100100 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/log_imm',
    'ands {r:Rd}, {r:Rn}, {bitmask}', { where: bitmask }),

  // Move wide
  enc('MOVN', 'sf:1 00 100101 hw:2 imm16:16 Rd:5', 'dpimm/movewide', 'movn {r:Rd}, {imm16_hw}', { where: narrowShift }),
  enc('MOVZ', 'sf:1 10 100101 hw:2 imm16:16 Rd:5', 'dpimm/movewide', 'movz {r:Rd}, {imm16_hw}', { where: narrowShift }),
  enc('MOVK', 'sf:1 11 100101 hw:2 imm16:16 Rd:5', 'dpimm/movewide', 'movk {r:Rd}, {imm16_hw}', { where: narrowShift }),

  // Bitfield
  enc('SBFM', 'sf:1 00 100110 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/bitfield',
    'sbfm {r:Rd}, {r:Rn}, {#:immr}, {#:imms}', { where: narrowImmediates }),
  enc('BFM', 'sf:1 01 100110 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/bitfield',
    'bfm {r:Rd}, {r:Rn}, {#:immr}, {#:imms}', { where: narrowImmediates }),
  enc('UBFM', 'sf:1 10 100110 N:1 immr:6 imms:6 Rn:5 Rd:5', 'dpimm/bitfield',
    'ubfm {r:Rd}, {r:Rn}, {#:immr}, {#:imms}', { where: narrowImmediates }),

  // Extract
  enc('EXTR', 'sf:1 00 100111 N:1 0 Rm:5 imms:6 Rn:5 Rd:5', 'dpimm/extract',
    'extr {r:Rd}, {r:Rn}, {r:Rm}, {#:imms}', { where: (f) => f.N === f.sf && (f.sf === 1 || f.imms < 32) }),

  // One-source, immediate
  enc('AUTIASPPC', '1 11 100111 00 imm16:16 11111', 'dpimm/dp_1src_imm', 'autiasppc {back16}', pauthLr),
  enc('AUTIBSPPC', '1 11 100111 01 imm16:16 11111', 'dpimm/dp_1src_imm', 'autibsppc {back16}', pauthLr),
];
