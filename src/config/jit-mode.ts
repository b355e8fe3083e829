import { ConfigurationError } from '../support/errors.js';

/**
 * How code is executed. `on`: what is hot is translated, by a thread of its own. `off`: everything is interpreted. `strict`:
 * everything that is executed twice is translated, before it is executed again: slow, and for finding errors.
 */
export const JIT_MODES = ['on', 'off', 'strict'] as const;
export type JitMode = (typeof JIT_MODES)[number];

/** @throws ConfigurationError that names the modes */
export function parseJitMode(text: string): JitMode {
  const mode = JIT_MODES.find((m) => m === text);
  if (mode === undefined) throw new ConfigurationError(`--jit ${text}: ${JIT_MODES.join(', ')}`);
  return mode;
}
