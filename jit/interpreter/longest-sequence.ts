import { FREQUENCIES } from './frequencies.js';

/** Operations in the longest fused sequence. */
export const LONGEST_SEQUENCE: number = Math.max(...FREQUENCIES.map((line) => line.split(' = ')[0].split(' ').length));
