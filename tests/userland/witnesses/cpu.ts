/** What the kernel says of the CPU: its hardware capabilities decide which code the other witnesses run. */
import type { Witness } from '../witness.js';

/** Printed with the capabilities behind it. */
export const FEATURES = '~Features';

export const cpu: Witness = {
  name: 'cpu',
  packages: [],
  script: 'grep -E "^(Features|CPU)" /proc/cpuinfo | tr -d "\\t" | sed "s/^/~/"\n',
  expected: [],
  check: (lines) => (lines.some((line) => line.startsWith(FEATURES)) ? [] : ['the kernel tells no features']),
};

/** The capabilities in this witness's output. */
export function capabilities(lines: readonly string[]): string[] {
  const line = lines.find((text) => text.startsWith(FEATURES)) ?? '';
  return line.slice(line.indexOf(':') + 1).trim().split(' ').filter((word) => word !== '');
}
