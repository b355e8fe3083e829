/** How a guest is run in the nightly tests: all translated from the start, and without each of the optimizations. */
import { OPTIMIZATIONS } from '../../src/support/optimizations.js';

export interface Variant {
  readonly name: string;
  readonly options: readonly string[];
}

/** Nothing is kept from one run to the next. */
const ALONE = ['--translation-cache', 'off'];

/**
 * Without the main loop a guest is fifty times slower: by the host's clock Linux reports tasks and CPUs that are stuck. Its time
 * follows its instructions then.
 */
const ITS_OWN_TIME = new Set<string>(['main-loop']);

export const VARIANTS: readonly Variant[] = [
  { name: '--jit=strict', options: ['--jit', 'strict', ...ALONE] },
  { name: '--jit=off', options: ['--jit', 'off'] },
  ...Object.keys(OPTIMIZATIONS).map((name) => ({
    name: `--without ${name}`, options: ['--without', name, ...ALONE, ...(ITS_OWN_TIME.has(name) ? ['--deterministic'] : [])],
  })),
];
