/** Cryptographic extension (Arm ARM, C4.1.97, the groups named crypto*). */
import { enc } from '../encoding.js';

const aes = { feature: 'FEAT_AES' } as const;
const sha1 = { feature: 'FEAT_SHA1' } as const;
const sha256 = { feature: 'FEAT_SHA256' } as const;
const sha512 = { feature: 'FEAT_SHA512' } as const;
const sha3 = { feature: 'FEAT_SHA3' } as const;
const sm3 = { feature: 'FEAT_SM3' } as const;
const sm4 = { feature: 'FEAT_SM4' } as const;

export const crypto = [
  enc('AESE', '01001110 00 10100 00100 10 Rn:5 Rd:5', 'simd_dp/cryptoaes', 'aese {v.16b:Rd}, {v.16b:Rn}', aes),
  enc('AESD', '01001110 00 10100 00101 10 Rn:5 Rd:5', 'simd_dp/cryptoaes', 'aesd {v.16b:Rd}, {v.16b:Rn}', aes),
  enc('AESMC', '01001110 00 10100 00110 10 Rn:5 Rd:5', 'simd_dp/cryptoaes', 'aesmc {v.16b:Rd}, {v.16b:Rn}', aes),
  enc('AESIMC', '01001110 00 10100 00111 10 Rn:5 Rd:5', 'simd_dp/cryptoaes', 'aesimc {v.16b:Rd}, {v.16b:Rn}', aes),
  enc('SHA1C', '01011110 00 0 Rm:5 0 000 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha1c {q:Rd}, {s:Rn}, {v.4s:Rm}', sha1),
  enc('SHA1P', '01011110 00 0 Rm:5 0 001 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha1p {q:Rd}, {s:Rn}, {v.4s:Rm}', sha1),
  enc('SHA1M', '01011110 00 0 Rm:5 0 010 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha1m {q:Rd}, {s:Rn}, {v.4s:Rm}', sha1),
  enc('SHA1SU0', '01011110 00 0 Rm:5 0 011 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha1su0 {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}', sha1),
  enc('SHA256H', '01011110 00 0 Rm:5 0 100 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha256h {q:Rd}, {q:Rn}, {v.4s:Rm}', sha256),
  enc('SHA256H2', '01011110 00 0 Rm:5 0 101 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha256h2 {q:Rd}, {q:Rn}, {v.4s:Rm}', sha256),
  enc('SHA256SU1', '01011110 00 0 Rm:5 0 110 00 Rn:5 Rd:5', 'simd_dp/cryptosha3',
    'sha256su1 {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}', sha256),
  enc('SHA1H', '01011110 00 10100 00000 10 Rn:5 Rd:5', 'simd_dp/cryptosha2', 'sha1h {s:Rd}, {s:Rn}', sha1),
  enc('SHA1SU1', '01011110 00 10100 00001 10 Rn:5 Rd:5', 'simd_dp/cryptosha2', 'sha1su1 {v.4s:Rd}, {v.4s:Rn}', sha1),
  enc('SHA256SU0', '01011110 00 10100 00010 10 Rn:5 Rd:5', 'simd_dp/cryptosha2',
    'sha256su0 {v.4s:Rd}, {v.4s:Rn}', sha256),
  enc('SHA512H', '11001110011 Rm:5 1 0 00 00 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sha512h {q:Rd}, {q:Rn}, {v.2d:Rm}', sha512),
  enc('SHA512H2', '11001110011 Rm:5 1 0 00 01 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sha512h2 {q:Rd}, {q:Rn}, {v.2d:Rm}', sha512),
  enc('SHA512SU1', '11001110011 Rm:5 1 0 00 10 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sha512su1 {v.2d:Rd}, {v.2d:Rn}, {v.2d:Rm}', sha512),
  enc('RAX1', '11001110011 Rm:5 1 0 00 11 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'rax1 {v.2d:Rd}, {v.2d:Rn}, {v.2d:Rm}', sha3),
  enc('SM3PARTW1', '11001110011 Rm:5 1 1 00 00 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sm3partw1 {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}', sm3),
  enc('SM3PARTW2', '11001110011 Rm:5 1 1 00 01 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sm3partw2 {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}', sm3),
  enc('SM4EKEY', '11001110011 Rm:5 1 1 00 10 Rn:5 Rd:5', 'simd_dp/cryptosha512_3',
    'sm4ekey {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}', sm4),
  enc('SHA512SU0', '11001110110000001000 00 Rn:5 Rd:5', 'simd_dp/cryptosha512_2',
    'sha512su0 {v.2d:Rd}, {v.2d:Rn}', sha512),
  enc('SM4E', '11001110110000001000 01 Rn:5 Rd:5', 'simd_dp/cryptosha512_2', 'sm4e {v.4s:Rd}, {v.4s:Rn}', sm4),
  enc('EOR3', '110011100 00 Rm:5 0 Ra:5 Rn:5 Rd:5', 'simd_dp/crypto4',
    'eor3 {v.16b:Rd}, {v.16b:Rn}, {v.16b:Rm}, {v.16b:Ra}', sha3),
  enc('BCAX', '110011100 01 Rm:5 0 Ra:5 Rn:5 Rd:5', 'simd_dp/crypto4',
    'bcax {v.16b:Rd}, {v.16b:Rn}, {v.16b:Rm}, {v.16b:Ra}', sha3),
  enc('SM3SS1', '110011100 10 Rm:5 0 Ra:5 Rn:5 Rd:5', 'simd_dp/crypto4',
    'sm3ss1 {v.4s:Rd}, {v.4s:Rn}, {v.4s:Rm}, {v.4s:Ra}', sm3),
  enc('XAR', '11001110100 Rm:5 imm6:6 Rn:5 Rd:5', 'simd_dp/crypto3_imm6',
    'xar {v.2d:Rd}, {v.2d:Rn}, {v.2d:Rm}, {#:imm6}', sha3),
  enc('SM3TT1A', '11001110010 Rm:5 10 imm2:2 00 Rn:5 Rd:5', 'simd_dp/crypto3_imm2',
    'sm3tt1a {v.4s:Rd}, {v.4s:Rn}, {v.4s_lane:Rm}', sm3),
  enc('SM3TT1B', '11001110010 Rm:5 10 imm2:2 01 Rn:5 Rd:5', 'simd_dp/crypto3_imm2',
    'sm3tt1b {v.4s:Rd}, {v.4s:Rn}, {v.4s_lane:Rm}', sm3),
  enc('SM3TT2A', '11001110010 Rm:5 10 imm2:2 10 Rn:5 Rd:5', 'simd_dp/crypto3_imm2',
    'sm3tt2a {v.4s:Rd}, {v.4s:Rn}, {v.4s_lane:Rm}', sm3),
  enc('SM3TT2B', '11001110010 Rm:5 10 imm2:2 11 Rn:5 Rd:5', 'simd_dp/crypto3_imm2',
    'sm3tt2b {v.4s:Rd}, {v.4s:Rn}, {v.4s_lane:Rm}', sm3),
];
