import { describe, expect, it } from 'vitest';
import { BOOT, type Group, type Program } from '../../../perf/suite/programs.js';
import { formatReport, formatTable, makeReport } from '../../../perf/suite/report.js';
import type { RunResult } from '../../../perf/suite/run.js';

const program = (name: string, group: Group): Program => ({ name, group, rounds: 1 });
const PROGRAMS = [BOOT, program('sort', 'integer'), program('lz', 'integer'), program('futex', 'system')];

function result(seconds: readonly number[], instructions?: number): RunResult {
  return {
    seconds: new Map(PROGRAMS.map(({ name }, i) => [name, seconds[i]])),
    total: 10,
    counters: instructions === undefined ? undefined : { instructions: 9e9, byProgram: { sort: instructions } },
    peakResident: { boot: undefined, all: undefined },
  };
}

const own = [result([4, 1, 2, 1], 5e8), result([8, 2, 4, 1], 5e8), result([4, 1, 2, 1], 5e8)];
const other = [result([2, 2, 1, 1]), result([4, 4, 2, 1]), result([2, 2, 1, 3])];

describe('the report', () => {
  it('pairs rounds, and takes means of groups and of groups together', () => {
    const { rows, summaries } = makeReport(PROGRAMS, [own, other]);
    expect(rows.map((row) => row.ratio?.ratio)).toEqual([0.5, 2, 0.5, 1]);
    expect(rows[3].ratio).toEqual({ ratio: 1, minimum: 1, maximum: 3 });
    expect(rows[1]).toMatchObject({
      name: 'sort', group: 'integer', seconds: [[1, 2, 1], [2, 4, 2]], instructions: 5e8,
    });
    expect(rows[2].instructions).toBeUndefined();
    const brief = summaries.map(({ name, programs, ratio, lowest }) => [
      name, programs, Number(ratio.toFixed(9)), lowest.name,
    ]);
    expect(brief).toEqual([
      ['boot', 1, 0.5, 'boot'], ['integer', 2, 1, 'lz'], ['system', 1, 1, 'futex'],
      ['all compute', 2, 1, 'lz'], ['all system', 1, 1, 'futex'],
    ]);
  });

  it('is a table', () => {
    expect(formatReport(makeReport(PROGRAMS, [own, other]), ['Ulna', 'QEMU'])).toBe(
      [
        'program  group    Ulna s  QEMU s  QEMU/Ulna      spread  MIPS',
        'boot     boot      4.000   2.000       0.50  0.50..0.50     -',
        'sort     integer   1.000   2.000       2.00  2.00..2.00   500',
        'lz       integer   2.000   1.000       0.50  0.50..0.50     -',
        'futex    system    1.000   1.000       1.00  1.00..3.00     -',
        '',
        'geometric mean              QEMU/Ulna',
        'boot            1 program        0.50   lowest 0.50 boot',
        'integer         2 programs       1.00     lowest 0.50 lz',
        'system          1 program        1.00  lowest 1.00 futex',
        'all compute     2 programs       1.00     lowest 0.50 lz',
        'all system      1 program        1.00  lowest 1.00 futex',
      ].join('\n'),
    );
  });

  it('without another engine has seconds and rates', () => {
    const report = makeReport(PROGRAMS, [own]);
    expect(report.summaries).toEqual([]);
    expect(formatReport(report, ['Ulna']).split('\n')[2]).toBe('sort     integer   1.000   500');
  });

  it('leaves out what was too short for the host to see', () => {
    const report = makeReport(PROGRAMS, [[result([4, 1, 2, 1])], [result([2, 0, 1, 1])]]);
    expect(report.summaries.find(({ name }) => name === 'integer')).toMatchObject({ programs: 1, ratio: 0.5 });
    expect(formatReport(report, ['Ulna', 'QEMU']).split('\n')[2]).toMatch(/^sort +integer +1\.000 +0\.000 +- +- +-$/);
  });

  it('puts text to the left and numbers to the right', () => {
    expect(formatTable([['a', 'b', 'c'], ['long', '', '1']])).toBe('a     b  c\nlong     1');
  });
});
