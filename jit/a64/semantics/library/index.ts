/** All library functions of core.wasm. */
import type { LibraryFunction } from '../../../emitter/library-function.js';

export const libraryFunctions: readonly LibraryFunction[] = [];
