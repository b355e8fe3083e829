/** What a target accepts as the end of a run, and what is a finding. */
import { ConfigurationError } from '../../src/support/errors.js';

/** A rule that a target checks was broken. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export function check(holds: boolean, rule: () => string): asserts holds {
  if (!holds) throw new Finding(rule());
}

/**
 * Runs `body`, which may refuse its input by a ConfigurationError of one line; then the result is undefined. Anything
 * else that is thrown is a finding.
 */
export function refusable<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { message } = error;
    check(message !== '' && !/[\n\r]/.test(message), () => `not one line: ${JSON.stringify(message)}`);
    return undefined;
  }
}

/** V8's own limits are RangeErrors too. */
const ENGINE_LIMIT = /call stack|array length|string length|Invalid/i;

/** The same for functions whose documented refusal is a RangeError, which their callers turn into one line. */
export function rangeRefusable<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof RangeError) || ENGINE_LIMIT.test(error.message)) throw error;
    return undefined;
  }
}
