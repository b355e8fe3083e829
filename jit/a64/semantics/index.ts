/** All instruction semantics, in no particular order. */
import type { Semantics } from './define.js';
import { branchSemantics } from './branch.js';
import { fpConvertSemantics } from './fp-convert.js';
import { fpScalarSemantics } from './fp-scalar.js';
import { fpVectorMixedSemantics } from './fp-vector-mixed.js';
import { fpVectorSemantics } from './fp-vector.js';
import { addSubSemantics } from './integer-add-sub.js';
import { integerImmediateSemantics } from './integer-immediate.js';
import { integerRegisterSemantics } from './integer-register.js';
import { loadStoreOrderedSemantics } from './load-store-ordered.js';
import { loadStoreSemantics } from './load-store.js';
import { memoryCopySemantics } from './memory-copy.js';
import { memoryTagSemantics } from './memory-tags.js';
import { pauthSemantics } from './pauth.js';
import { simdSemantics } from './simd.js';
import { systemSemantics } from './system.js';

export const allSemantics: readonly Semantics[] = [
  ...addSubSemantics,
  ...integerImmediateSemantics,
  ...integerRegisterSemantics,
  ...branchSemantics,
  ...loadStoreSemantics,
  ...loadStoreOrderedSemantics,
  ...memoryCopySemantics,
  ...memoryTagSemantics,
  ...pauthSemantics,
  ...simdSemantics,
  ...systemSemantics,
  ...fpScalarSemantics,
  ...fpConvertSemantics,
  ...fpVectorSemantics,
  ...fpVectorMixedSemantics,
];
