import { describe, expect, it } from 'vitest';
import { bootLinux, MARKER } from '../boot/linux.js';
import { VARIANTS } from './variants.js';

/** Seconds: an instruction at a time takes 50 times as long as the main loop. */
const LIMIT = 3000;

describe.each(VARIANTS)('$name', ({ options }) => {
  for (const [suite, release] of [['bookworm', '6.1.'], ['trixie', '6.12.']]) {
    it.each(['cortex-a57', 'cortex-a76', 'neoverse-n1', 'max'])(`${suite} on %s`, async (cpu) => {
      const run = await bootLinux({ suite, cpu, options, timeout: LIMIT });
      expect(run.output).toContain(`${MARKER} ${release}`);
      expect(run.trouble).toEqual([]);
      expect(run.status).toBe(0);
    }, (LIMIT + 60) * 1000);
  }
});
