import { describe, expect, it } from 'vitest';
import { litmusTests } from '../../guest/litmus.js';
import type { CpuName } from '../guest/programs.js';
import { litmusOnUlna, wrong } from './litmus.js';
import { LIMITATIONS } from './limitations.js';

/** Ten minutes: every test may take its 0.3 seconds of guest time, and a loaded host may take turns with the PEs. */
const TIMEOUT = 600_000;

/** What the CPU has of what tests need. */
const PRESENT: Readonly<Partial<Record<CpuName, readonly string[]>>> = { 'cortex-a57': [], max: ['lse', 'rcpc', 'lse2'] };

describe('litmus tests on four PEs', () => {
  const tests = litmusTests().filter((test) => !(test.name in LIMITATIONS));
  // each thread's loop is interpreted at first and translated later
  for (const [cpu, options] of [['cortex-a57', []], ['max', []], ['max', ['--jit', 'off']]] as const) {
    it(`on ${cpu} ${options.join(' ')}: what is forbidden is never seen`, async () => {
      const results = await litmusOnUlna(tests, cpu, options, { milliseconds: 300 });
      expect(tests.map((test) => wrong(test, results.get(test.name))).filter((why) => why !== undefined)).toEqual([]);
      const ran = tests.filter((test) => test.needs.every((feature) => PRESENT[cpu]!.includes(feature)));
      const short = ran.filter((test) => results.get(test.name)!.instances < 2048);
      expect(short.map((test) => test.name)).toEqual([]);
    }, TIMEOUT);
  }

  it('limitations are those of tests that are there', () => {
    const names = litmusTests().map((test) => test.name);
    expect(Object.keys(LIMITATIONS).filter((name) => !names.includes(name))).toEqual([]);
  });
});
