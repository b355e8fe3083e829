import { describe, expect, it } from 'vitest';
import { qarma64 } from '../../src/arch/qarma.js';
import { GuestRandom } from './guest-random.js';
import { countLines, mergeJobs, mergeStatistics, type RunRecord, shortLines, type Statistics } from './statistics.js';

const run = (seed: number, cases: number, seconds: number): RunRecord => ({
  mode: 'singles', cpu: 'max, qarma5', engines: ['a', 'b'], seed, cases, differ: 1, timedOut: 0, seconds, excluded: {},
});
const one: Statistics = { runs: [run(1, 1500, 2)], singles: { ADD_imm: 900, SUB_imm: 600 }, blocks: {} };
const other: Statistics = { runs: [run(1, 700, 3)], singles: { ADD_imm: 600, CLZ: 100 }, blocks: { CLZ: 5 } };

describe('statistics of the fuzzer', () => {
  it('of several runs are added up', () => {
    const sum = mergeStatistics([one, other]);
    expect(sum.runs).toHaveLength(2);
    expect([sum.singles, sum.blocks]).toEqual([{ ADD_imm: 1500, SUB_imm: 600, CLZ: 100 }, { CLZ: 5 }]);
  });

  it('of the processes of one run are one run', () => {
    const { runs } = mergeJobs([one, other]);
    expect(runs.map((r) => [r.cases, r.differ, r.seconds])).toEqual([[2200, 2, 3]]);
  });

  it('are counted by class, and what is below the least is named', () => {
    const { singles } = mergeStatistics([one, other]);
    expect(countLines(singles, 'cases').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'class encodings cases least of',
      'dpimm/addsub_imm 2 2100 600 SUB_imm',
      'dpreg/dp_1src 1 100 100 CLZ',
      '2 classes 3 2200 100 CLZ',
      ...shortLines(singles, 'cases'),
    ]);
    expect(shortLines(singles, 'cases')).toEqual([
      'classes below 1000 cases: dpreg/dp_1src 100', 'encodings below 1000 cases: SUB_imm 600, CLZ 100',
    ]);
  });
});

describe('the random numbers of a QEMU process', () => {
  it('are those of its seed', () => {
    // qemu-aarch64 11.1.3 -seed 5 -cpu max,pauth-qarma5=on: PACGA of 1 with modifier 2
    const random = new GuestRandom(5);
    const words = Array.from({ length: 24 }, () => BigInt(random.u32()));
    const [low, high] = [words[20] | (words[21] << 32n), words[22] | (words[23] << 32n)];
    expect(qarma64(5, 1n, 2n, high, low) >> 32n).toBe(0xce72b6d3n);
  });
});
