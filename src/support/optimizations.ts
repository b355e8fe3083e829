/**
 * What the engines do for speed alone. Each can be left out of a run, to find the one behind a wrong answer: results
 * and instruction counts stay the same.
 */
import { ConfigurationError } from './errors.js';

/** What is switched off, by the name that --without takes. */
export const OPTIMIZATIONS = {
  'access-groups': 'memory accesses of translated code at constant distances looked up together',
  'callees': 'small callees of the same page translated as part of their callers',
  'direct-encoding': 'modules of translated code put together without binaryen',
  'fused-operations': 'frequent sequences of instructions carried out by one dispatch',
  'host-fused': 'fused multiply-add by that of the host, in translated code',
  'inline-maintenance': 'maintenance of caches and TLBs by address carried out without TypeScript',
  'inline-zero': 'DC ZVA carried out inside the main loop',
  'kept-records': 'decoded instructions looked up where they occur again, without TypeScript, and kept for the next run',
  'kept-translations': 'pages that translated code accesses by one register looked up once while it stays in them',
  'loop-registers': 'translated code keeps registers in variables for long in loops only',
  'loop-starts': 'loops translated from their start, other places of them only where that does not do',
  'loose-budget': 'a slice of translated code ends at the next turn of a loop, call or jump; with --deterministic at a block',
  'machine-code': 'what V8 has optimized of translated code kept for the next run',
  'main-loop': 'the main loop itself: each instruction runs in its function form, about fifty times slower',
  'near-calls': 'calls and jumps of translated code within a page without a look-up of the address',
  'page-release': 'pages of code that the guest turned into data given up, so that stores to them are fast again',
  'reached-code': 'regions of the code that has been executed, not of all that can be reached',
  'remembered-registers': 'reads of CTR_EL0, DCZID_EL0 and TCR_EL1 answered from the last one',
  'unasked-loops': 'loops in translated code ask for requests of other threads once in a slice; with several CPUs at each turn',
  'waiting-callers': 'translated code that calls what is not translated goes on behind the call',
} as const;
export type Optimization = keyof typeof OPTIMIZATIONS;

/** @throws ConfigurationError that names those there are */
export function parseOptimization(text: string): Optimization {
  if (Object.hasOwn(OPTIMIZATIONS, text)) return text as Optimization;
  throw new ConfigurationError(`--without ${text}: there are ${Object.keys(OPTIMIZATIONS).join(', ')}`);
}
