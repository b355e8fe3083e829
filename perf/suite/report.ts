/** What comes out of a benchmark: rows of programs, means of groups, as a table and as JSON. */
import { type Group, GROUPS, type Program, SUMMARIES } from './programs.js';
import type { RunResult } from './run.js';
import { geometricMean, median, pairedRatio, type PairedRatio } from './statistics.js';

export interface Row {
  readonly name: string;
  readonly group: Group;
  /** Host seconds of every round, by engine in the engines' order. */
  readonly seconds: readonly (readonly number[])[];
  /** Guest instructions that this checkout's Ulna executed in it, median of the rounds. */
  readonly instructions: number | undefined;
  /** The other engine's seconds by Ulna's; undefined without another engine, and where no round could be timed. */
  readonly ratio: PairedRatio | undefined;
}

export interface Summary {
  readonly name: string;
  readonly programs: number;
  /** Geometric mean of the programs' ratios. */
  readonly ratio: number;
  /** The lowest ratio, and whose it is. */
  readonly lowest: { readonly name: string; readonly ratio: number };
}

export interface Report {
  readonly rows: readonly Row[];
  readonly summaries: readonly Summary[];
}

/** @param results by engine, then by round */
export function makeReport(programs: readonly Program[], results: readonly (readonly RunResult[])[]): Report {
  const rows = programs.map((program): Row => {
    const seconds = results.map((rounds) => rounds.map((round) => round.seconds.get(program.name) ?? NaN));
    const counts = results[0].flatMap((round) => round.counters?.byProgram[program.name] ?? []);
    return {
      name: program.name,
      group: program.group,
      seconds,
      instructions: counts.length === 0 ? undefined : median(counts),
      ratio: seconds.length > 1 ? pairedRatio(seconds[0], seconds[1]) : undefined,
    };
  });
  const sets: [string, readonly Group[]][] = [
    ...GROUPS.map((group): [string, readonly Group[]] => [group, [group]]),
    ...Object.entries(SUMMARIES),
  ];
  const summaries = sets.flatMap(([name, groups]): Summary[] => {
    const rated = rows.flatMap((row) =>
      groups.includes(row.group) && row.ratio ? [{ name: row.name, ratio: row.ratio.ratio }] : [],
    );
    if (rated.length === 0 || (name in SUMMARIES && new Set(rows.map((row) => row.group)).size === 1)) return [];
    const lowest = rated.reduce((low, row) => (row.ratio < low.ratio ? row : low));
    return [{ name, programs: rated.length, ratio: geometricMean(rated.map((row) => row.ratio)), lowest }];
  });
  return { rows, summaries };
}

/** Columns side by side: the first two to the left, numbers to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((text, i) => (i < 2 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  ').trimEnd(),
    )
    .join('\n');
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

/** The report as text. */
export function formatReport(report: Report, engines: readonly string[]): string {
  const [own, other] = engines;
  const spread = (ratio: PairedRatio): string => `${number(ratio.minimum, 2)}..${number(ratio.maximum, 2)}`;
  const header = ['program', 'group', ...engines.map((name) => `${name} s`)];
  const lines = report.rows.map((row) => {
    const medians = row.seconds.map((seconds) => median(seconds));
    const rate = row.instructions === undefined ? '-' : number(row.instructions / medians[0] / 1e6, 0);
    const none = other === undefined ? [] : ['-', '-'];
    const ratio = row.ratio === undefined ? none : [number(row.ratio.ratio, 2), spread(row.ratio)];
    return [row.name, row.group, ...medians.map((seconds) => number(seconds, 3)), ...ratio, rate];
  });
  const ratioHeader = other === undefined ? [] : [`${other}/${own}`, 'spread'];
  const text = formatTable([[...header, ...ratioHeader, 'MIPS'], ...lines]);
  if (report.summaries.length === 0) return text;
  const means = report.summaries.map(({ name, programs, ratio, lowest }) => [
    name,
    `${programs} program${programs === 1 ? '' : 's'}`,
    number(ratio, 2),
    `lowest ${number(lowest.ratio, 2)} ${lowest.name}`,
  ]);
  return `${text}\n\n${formatTable([['geometric mean', '', `${other}/${own}`, ''], ...means])}`;
}
