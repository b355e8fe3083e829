/** All witnesses, in the order in which they are heard. */
import type { Witness } from '../witness.js';
import { cpu } from './cpu.js';
import { hackbench } from './hackbench.js';
import { opensslCipher } from './openssl-cipher.js';
import { opensslDigest, shortDigest } from './openssl-digest.js';
import { opensslSign } from './openssl-sign.js';
import { opensslSpeed } from './openssl-speed.js';
import { python, shortPython } from './python.js';
import { sevenzip } from './sevenzip.js';
import { sqlite } from './sqlite.js';
import { stress } from './stress.js';

export const WITNESSES: readonly Witness[] = [
  cpu, opensslDigest, opensslCipher, opensslSign, opensslSpeed, sqlite, sevenzip, python, stress,
  hackbench,
];

/** Those of `npm test`. */
export const SHORT_WITNESSES: readonly Witness[] = [shortDigest, shortPython, sqlite];
