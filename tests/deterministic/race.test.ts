/** A race in the guest: its outcome depends on the seed, and on nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBareMetal } from '../../guest/bare-metal.js';
import { entries, MATCHED, recordingFolder, run } from './recording.js';

const folder = recordingFolder();
afterAll(() => folder.remove());
const SEEDS = ['a', 'b', 'c', 'd'];
const outcome = (output: string): string => /\{ sum=.* \}/.exec(output)![0];
let options: string[];
const recorded = new Map<string, string>();

beforeAll(async () => {
  options = ['--kernel', await buildBareMetal('race'), '--smp', '4', '--digest-interval', '500K'];
  for (const seed of SEEDS) {
    const { output, status } = await run(...options, '--seed', seed, '--record', folder.path(seed));
    expect(status).toBe(0);
    recorded.set(seed, outcome(output));
  }
});

describe('a guest that races', () => {
  it('loses additions, differently with each seed', () => {
    const all = [...recorded.values()];
    expect(new Set(all).size).toBe(SEEDS.length);
    for (const text of all) expect(Number.parseInt(/sum=(\w+)/.exec(text)![1], 16)).toBeLessThan(400_000);
  });

  it('has the recorded outcome when it is replayed', async () => {
    for (const seed of SEEDS) {
      const { output, errors, status } = await run(...options, '--seed', seed, '--replay', folder.path(seed));
      expect([outcome(output), status]).toEqual([recorded.get(seed), 0]);
      expect(errors).toMatch(MATCHED);
    }
  });

  it('has the same outcome in each deterministic run with the seed, and another one without', async () => {
    const again = await run(...options, '--seed', 'b', '--deterministic');
    expect(outcome(again.output)).toBe(recorded.get('b'));
    const [one, two] = [await run(...options, '--deterministic'), await run(...options, '--deterministic')];
    expect(outcome(one.output)).toBe(outcome(two.output));
    expect([...recorded.values()]).not.toContain(outcome(one.output));
  });

  it('is found to be different when the recording says otherwise', async () => {
    const lines = entries(folder.path('a'));
    expect(lines.filter((line, i) => entries(folder.path('c'))[i] === line).length).toBeLessThan(lines.length / 2);
  });
});
