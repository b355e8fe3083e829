/** Loads and stores of SIMD structures (Arm ARM, C4.1.94: asisdlse, asisdlsep, asisdlso, asisdlsop). */
import { enc, type Fields } from '../encoding.js';

const lrcpc3 = { feature: 'FEAT_LRCPC3' } as const;
/** LD1/ST1 by opcode: 0111 one register, 1010 two, 0110 three, 0010 four. */
const oneToFour = (f: Fields): boolean => f.opcode === 7 || f.opcode === 10 || f.opcode === 6 || f.opcode === 2;
/** LD2..LD4: elements of 64 bits need the full register. */
const fullDoubles = (f: Fields): boolean => f.size !== 3 || f.Q === 1;
/**
 * Element size and index of the single-structure forms: opcode<2:1> 00 is bytes, 01 halfwords (size<0> = 0), 10 words
 * (size 00) or doublewords (size 01, S = 0).
 */
const element = (f: Fields): boolean => {
  const scale = f.opcode >> 1;
  if (scale === 0) return true;
  if (scale === 1) return (f.size & 1) === 0;
  return scale === 2 && (f.size === 0 || (f.size === 1 && f.S === 0));
};

export const loadStoreStructure = [
  // Multiple structures
  enc('ST1_mult', '0 Q:1 00110 0 0 L=0 0 00000 opcode=xx1x size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'st1 {vlist}, {ls_mult}', { where: oneToFour }),
  enc('ST2_mult', '0 Q:1 00110 0 0 L=0 0 00000 opcode=1000 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'st2 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('ST3_mult', '0 Q:1 00110 0 0 L=0 0 00000 opcode=0100 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'st3 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('ST4_mult', '0 Q:1 00110 0 0 L=0 0 00000 opcode=0000 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'st4 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD1_mult', '0 Q:1 00110 0 0 L=1 0 00000 opcode=xx1x size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'ld1 {vlist}, {ls_mult}', { where: oneToFour }),
  enc('LD2_mult', '0 Q:1 00110 0 0 L=1 0 00000 opcode=1000 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'ld2 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD3_mult', '0 Q:1 00110 0 0 L=1 0 00000 opcode=0100 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'ld3 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD4_mult', '0 Q:1 00110 0 0 L=1 0 00000 opcode=0000 size:2 Rn:5 Rt:5', 'ldst/asisdlse',
    'ld4 {vlist}, {ls_mult}', { where: fullDoubles }),

  // Multiple structures, post-indexed; Rm 11111 is the immediate form
  enc('ST1_mult_post', '0 Q:1 00110 0 1 L=0 0 Rm:5 opcode=xx1x size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'st1 {vlist}, {ls_mult}', { where: oneToFour }),
  enc('ST2_mult_post', '0 Q:1 00110 0 1 L=0 0 Rm:5 opcode=1000 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'st2 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('ST3_mult_post', '0 Q:1 00110 0 1 L=0 0 Rm:5 opcode=0100 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'st3 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('ST4_mult_post', '0 Q:1 00110 0 1 L=0 0 Rm:5 opcode=0000 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'st4 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD1_mult_post', '0 Q:1 00110 0 1 L=1 0 Rm:5 opcode=xx1x size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'ld1 {vlist}, {ls_mult}', { where: oneToFour }),
  enc('LD2_mult_post', '0 Q:1 00110 0 1 L=1 0 Rm:5 opcode=1000 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'ld2 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD3_mult_post', '0 Q:1 00110 0 1 L=1 0 Rm:5 opcode=0100 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'ld3 {vlist}, {ls_mult}', { where: fullDoubles }),
  enc('LD4_mult_post', '0 Q:1 00110 0 1 L=1 0 Rm:5 opcode=0000 size:2 Rn:5 Rt:5', 'ldst/asisdlsep',
    'ld4 {vlist}, {ls_mult}', { where: fullDoubles }),

  // Single structure
  enc('ST1_sngl', '0 Q:1 00110 1 0 L=0 R=0 00000 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'st1 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST2_sngl', '0 Q:1 00110 1 0 L=0 R=1 00000 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'st2 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST3_sngl', '0 Q:1 00110 1 0 L=0 R=0 00000 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'st3 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST4_sngl', '0 Q:1 00110 1 0 L=0 R=1 00000 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'st4 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD1_sngl', '0 Q:1 00110 1 0 L=1 R=0 00000 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld1 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD2_sngl', '0 Q:1 00110 1 0 L=1 R=1 00000 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld2 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD3_sngl', '0 Q:1 00110 1 0 L=1 R=0 00000 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld3 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD4_sngl', '0 Q:1 00110 1 0 L=1 R=1 00000 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld4 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD1R', '0 Q:1 00110 1 0 L=1 R=0 00000 opcode=110 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld1r {vlist_rep}, {ls_rep}'),
  enc('LD2R', '0 Q:1 00110 1 0 L=1 R=1 00000 opcode=110 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld2r {vlist_rep}, {ls_rep}'),
  enc('LD3R', '0 Q:1 00110 1 0 L=1 R=0 00000 opcode=111 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld3r {vlist_rep}, {ls_rep}'),
  enc('LD4R', '0 Q:1 00110 1 0 L=1 R=1 00000 opcode=111 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlso',
    'ld4r {vlist_rep}, {ls_rep}'),
  enc('STL1', '0 Q:1 00110 1 0 L=0 R=0 00001 opcode=100 S=0 size=01 Rn:5 Rt:5', 'ldst/asisdlso',
    'stl1 {vlist_lane}, [{xsp:Rn}]', lrcpc3),
  enc('LDAP1', '0 Q:1 00110 1 0 L=1 R=0 00001 opcode=100 S=0 size=01 Rn:5 Rt:5', 'ldst/asisdlso',
    'ldap1 {vlist_lane}, [{xsp:Rn}]', lrcpc3),

  // Single structure, post-indexed; Rm 11111 is the immediate form
  enc('ST1_sngl_post', '0 Q:1 00110 1 1 L=0 R=0 Rm:5 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'st1 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST2_sngl_post', '0 Q:1 00110 1 1 L=0 R=1 Rm:5 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'st2 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST3_sngl_post', '0 Q:1 00110 1 1 L=0 R=0 Rm:5 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'st3 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('ST4_sngl_post', '0 Q:1 00110 1 1 L=0 R=1 Rm:5 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'st4 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD1_sngl_post', '0 Q:1 00110 1 1 L=1 R=0 Rm:5 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld1 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD2_sngl_post', '0 Q:1 00110 1 1 L=1 R=1 Rm:5 opcode=xx0 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld2 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD3_sngl_post', '0 Q:1 00110 1 1 L=1 R=0 Rm:5 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld3 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD4_sngl_post', '0 Q:1 00110 1 1 L=1 R=1 Rm:5 opcode=xx1 S:1 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld4 {vlist_lane}, {ls_sngl}', { where: element }),
  enc('LD1R_post', '0 Q:1 00110 1 1 L=1 R=0 Rm:5 opcode=110 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld1r {vlist_rep}, {ls_rep}'),
  enc('LD2R_post', '0 Q:1 00110 1 1 L=1 R=1 Rm:5 opcode=110 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld2r {vlist_rep}, {ls_rep}'),
  enc('LD3R_post', '0 Q:1 00110 1 1 L=1 R=0 Rm:5 opcode=111 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld3r {vlist_rep}, {ls_rep}'),
  enc('LD4R_post', '0 Q:1 00110 1 1 L=1 R=1 Rm:5 opcode=111 S=0 size:2 Rn:5 Rt:5', 'ldst/asisdlsop',
    'ld4r {vlist_rep}, {ls_rep}'),
];
