/** The same run on every tier of the engine, with one, two and four PEs: equal digests of all state. */
import { afterAll, describe, expect, it } from 'vitest';
import { buildBareMetal } from '../../guest/bare-metal.js';
import { MACHINES, type MachineName } from '../guest/programs.js';
import { entries, MATCHED, recordingFolder, run } from './recording.js';

const folder = recordingFolder();
afterAll(() => folder.remove());

/** Programs that power the machine off, by what they are about: timers, interrupts between PEs, resets, code that changes. */
const RUNS: readonly [program: string, machine: MachineName, pes: number, modes: readonly string[]][] = [
  ['timers', 'el2', 1, ['off', 'strict']],
  ['exceptions', 'el1', 1, ['off', 'strict']],
  ['debug', 'el1', 1, ['off']],
  ['code', 'el1', 1, ['off', 'strict']],
  ['wait', 'el1', 1, ['off', 'strict']],
  ['race', 'el1', 2, ['off', 'strict']],
  ['race', 'el1', 4, ['off', 'strict']],
  ['ipi', 'el2', 4, ['off']],
  ['reset', 'el1', 4, ['off']],
];

describe('a recording made with the translator', () => {
  it.each(RUNS)('of %s on %s with %i PEs is replayed by every tier', async (program, machine, pes, modes) => {
    const file = folder.path(`${program}-${pes}`);
    const options = [
      '--kernel', await buildBareMetal(program), '--machine', MACHINES[machine], '--smp', String(pes), '--memory', '512M', '--digest-interval', '5M',
    ];
    const recorded = await run(...options, '--record', file);
    expect(recorded.errors).toMatch(/^ulna: recording: recorded \d+ digests and 0 inputs up to instruction \d+$/m);
    expect(recorded.status).toBe(0);
    for (const mode of modes) {
      const replayed = await run(...options, '--replay', file, '--jit', mode);
      expect(replayed.errors).toMatch(MATCHED);
      expect(replayed.output).toBe(recorded.output);
      expect(replayed.status).toBe(0);
    }
    expect(entries(file).filter((line) => line.includes('"digest"')).length).toBeGreaterThan(0);
  });

  it('is the same again, and without any optimization', async () => {
    const options = ['--kernel', await buildBareMetal('race'), '--smp', '3', '--digest-interval', '300K'];
    const files = await Promise.all([[], ['--without', 'main-loop'], ['--without', 'kept-translations']].map(async (more, i) => {
      const file = folder.path(`again-${i}`);
      expect((await run(...options, ...more, '--record', file)).status).toBe(0);
      return entries(file);
    }));
    expect(files[0].length).toBeGreaterThan(5);
    expect(files[1]).toEqual(files[0]);
    expect(files[2]).toEqual(files[0]);
  });
});
