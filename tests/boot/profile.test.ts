/** --profile with several CPUs: each one's samples are there, under its own functions. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CpuProfile } from '../../src/cli/profile/cpu-profile.js';
import { runUlna } from '../harness/ulna-process.js';
import { bareProgram } from './bare.js';

/** Turns of the loops, two instructions each. */
const FIRST = 6_000_000;
const SECOND = 3_000_000;

/** One function a PE; the first PE starts the second one and waits until its work is done. */
const PROGRAM = `
  ldr x20, =0x44000000
  ldr x0, =0xc4000003
  mov x1, #1
  adr x2, second_entry
  mov x3, #0
  hvc #0
  bl first_work
  // the other PE sleeps, so that this one adds little of its own
1:ldar x0, [x20]
  cbnz x0, 2f
  wfe
  b 1b
2:bl off
second_entry:
  bl second_work
  ldr x20, =0x44000000
  mov x0, #1
  stlr x0, [x20]
  dsb ish
  sev
3:wfi
  b 3b
  .global first_work, second_work
  .type first_work, %function
first_work:
  ldr x1, =${FIRST}
4:subs x1, x1, #1
  b.ne 4b
  ret
  .size first_work, . - first_work
  .type second_work, %function
second_work:
  ldr x1, =${SECOND}
5:subs x1, x1, #1
  b.ne 5b
  ret
  .size second_work, . - second_work
  .ltorg
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-profile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['on', 'off'])('two PEs, translator %s', async (jit) => {
  const { elf } = await bareProgram(PROGRAM, 0x4100_0000);
  const [file, statsFile] = [join(folder, `${jit}.cpuprofile`), join(folder, `${jit}.json`)];
  const run = await runUlna([
    'boot', '--cpu', 'cortex-a57', '--smp', '2', '--jit', jit, '--translation-cache', 'off', '--kernel', elf, '--symbols', elf,
    '--profile', file, '--stats', statsFile, '--timeout', '100',
  ]);
  expect([run.status, run.errors]).toEqual([0, '']);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const stats = JSON.parse(readFileSync(statsFile, 'utf8')) as { instructions: number; perVcpu: { instructions: number }[] };
  // thousands of instructions, by function
  const spent = new Map<string, number>();
  const names = new Map(profile.nodes.map((node) => [node.id, node.callFrame.functionName]));
  profile.samples.slice(0, -1).forEach((id, i) => {
    const name = names.get(id)!;
    spent.set(name, (spent.get(name) ?? 0) + profile.timeDeltas[i + 1]);
  });
  // what was executed is there, no more and no less; a sample may stand for an interval that began elsewhere
  expect(profile.endTime).toBe(Math.round(stats.instructions / 1000));
  expect(stats.perVcpu[0].instructions).toBeGreaterThan(2 * FIRST);
  expect(stats.perVcpu[1].instructions).toBeGreaterThan(2 * SECOND);
  expect(stats.perVcpu[1].instructions).toBeLessThan(2 * SECOND + 1000);
  expect(Math.abs(spent.get('first_work')! - (2 * FIRST) / 1000)).toBeLessThan(400);
  expect(Math.abs(spent.get('second_work')! - (2 * SECOND) / 1000)).toBeLessThan(400);
});
