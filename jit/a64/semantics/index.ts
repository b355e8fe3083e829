/** All instruction semantics, in no particular order. */
import type { Semantics } from './define.js';
import { branchSemantics } from './branch.js';
import { addSubSemantics } from './integer-add-sub.js';
import { integerImmediateSemantics } from './integer-immediate.js';
import { integerRegisterSemantics } from './integer-register.js';
import { loadStoreOrderedSemantics } from './load-store-ordered.js';
import { loadStoreSemantics } from './load-store.js';
import { systemSemantics } from './system.js';

export const allSemantics: readonly Semantics[] = [
  ...addSubSemantics,
  ...integerImmediateSemantics,
  ...integerRegisterSemantics,
  ...branchSemantics,
  ...loadStoreSemantics,
  ...loadStoreOrderedSemantics,
  ...systemSemantics,
];
