/** All library functions of core.wasm. */
import type { LibraryFunction } from '../../../emitter/library-function.js';
import { fpLibrary } from './fp.js';
import { carrylessMultiply64 } from './carryless-multiply.js';
import { flags } from './flags.js';
import { pauthLibrary } from './pauth.js';
import { substitutionLibrary } from './substitution.js';

export const libraryFunctions: readonly LibraryFunction[] = [
  ...pauthLibrary,
  ...fpLibrary,
  carrylessMultiply64,
  ...substitutionLibrary,
  flags,
];
