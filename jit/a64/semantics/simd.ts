/** All AdvSIMD integer and cryptographic semantics. */
import type { Semantics } from './define.js';
import { simdAcrossSemantics } from './simd-across.js';
import { simdCopySemantics } from './simd-copy.js';
import { simdCryptoSemantics } from './simd-crypto.js';
import { simdDotProductSemantics } from './simd-dot-product.js';
import { simdElementSemantics } from './simd-element.js';
import { simdImmediateSemantics } from './simd-immediate.js';
import { simdPermuteSemantics } from './simd-permute.js';
import { simdShiftSemantics } from './simd-shift.js';
import { simdStructureSemantics } from './simd-structure.js';
import { simdThreeDifferentSemantics } from './simd-three-diff.js';
import { simdThreeSameSemantics } from './simd-three-same.js';
import { simdTwoRegisterSemantics } from './simd-two-reg.js';

export const simdSemantics: readonly Semantics[] = [
  ...simdStructureSemantics,
  ...simdCopySemantics,
  ...simdImmediateSemantics,
  ...simdPermuteSemantics,
  ...simdShiftSemantics,
  ...simdThreeSameSemantics,
  ...simdTwoRegisterSemantics,
  ...simdAcrossSemantics,
  ...simdThreeDifferentSemantics,
  ...simdElementSemantics,
  ...simdDotProductSemantics,
  ...simdCryptoSemantics,
];
