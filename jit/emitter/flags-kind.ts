import type { FlagsRecipe } from './emitter.js';

/** How NZCV is described: by itself, or by an operation of the given width and its operands. */
export type FlagsKind = 'raw' | `${FlagsRecipe}.${'i32' | 'i64'}`;

/** By their numbers in ControlState.flagsKind. */
export const FLAGS_KINDS: readonly FlagsKind[] = [
  'raw', 'add.i32', 'add.i64', 'sub.i32', 'sub.i64', 'logic.i32', 'logic.i64',
];
