/**
 * Types of WebAssembly by binaryen's numbers. Regions are built without binaryen itself, which takes 0.4 s to load in each thread.
 */
import type binaryen from 'binaryen';

export const none: binaryen.Type = 0;
export const i32: binaryen.Type = 2;
export const i64: binaryen.Type = 3;
export const f32: binaryen.Type = 4;
export const f64: binaryen.Type = 5;
export const v128: binaryen.Type = 6;
