/** What was executed, by encoding and by class of the Arm encoding index; sums of several runs; tables of both. */
import { readFileSync, writeFileSync } from 'node:fs';
import { encodings } from '../../jit/a64/encodings/index.js';
import { ConfigurationError } from '../../src/support/errors.js';

/** Class of words that no encoding has. */
export const UNALLOCATED = 'unallocated';
/** What every encoding shall have been executed in, in all runs together. */
export const LEAST_CASES = 1000;

export type Mode = 'singles' | 'blocks';

/** One run: one pair of engines, one CPU, one seed. */
export interface RunRecord {
  readonly mode: Mode;
  readonly cpu: string;
  /** Names and versions of the engines. */
  readonly engines: readonly [string, string];
  readonly seed: number;
  readonly cases: number;
  readonly differ: number;
  readonly timedOut: number;
  readonly seconds: number;
  /** Encodings that were not generated, by the reason. */
  readonly excluded: Readonly<Record<string, readonly string[]>>;
}

/** Cases of each encoding for singles, instructions of each in blocks; encodings that were covered only. */
export type Counts = Readonly<Record<string, number>>;

export interface Statistics {
  readonly runs: readonly RunRecord[];
  readonly singles: Counts;
  readonly blocks: Counts;
}

const CLASS = new Map(encodings.map((e) => [e.name, e.group]));

/** Class of an encoding by its name. */
export function classOf(name: string): string {
  return CLASS.get(name) ?? UNALLOCATED;
}

function sum(all: readonly Counts[]): Counts {
  const total: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
}

export function mergeStatistics(all: readonly Statistics[]): Statistics {
  return {
    runs: all.flatMap((s) => s.runs),
    singles: sum(all.map((s) => s.singles)),
    blocks: sum(all.map((s) => s.blocks)),
  };
}

/** The parts of one run that several processes carried out. */
export function mergeJobs(parts: readonly Statistics[]): Statistics {
  const merged = mergeStatistics(parts);
  const runs = new Map<string, RunRecord>();
  for (const run of merged.runs) {
    const key = `${run.mode} ${run.cpu} ${run.seed}`;
    const before = runs.get(key);
    runs.set(key, before === undefined ? run : {
      ...run, cases: before.cases + run.cases, differ: before.differ + run.differ,
      timedOut: before.timedOut + run.timedOut, seconds: Math.max(before.seconds, run.seconds),
    });
  }
  return { ...merged, runs: [...runs.values()] };
}

export function readStatistics(path: string): Statistics {
  try {
    const { runs, singles, blocks } = JSON.parse(readFileSync(path, 'utf8')) as Statistics;
    const objects = typeof singles === 'object' && typeof blocks === 'object';
    if (!Array.isArray(runs) || !objects) throw new Error('it has another form');
    return { runs, singles, blocks };
  } catch (error) {
    throw new ConfigurationError(`${path} is no statistics file: ${(error as Error).message}`);
  }
}

/** Writes a statistics file: runs, counts by encoding, and what follows from them, by class. */
export function writeStatistics(path: string, statistics: Statistics): void {
  const classes = (counts: Counts): Record<string, ClassCount> =>
    Object.fromEntries(classCounts(counts).map((row) => [row.class, row]));
  const file = {
    ...statistics, singlesByClass: classes(statistics.singles), blocksByClass: classes(statistics.blocks),
  };
  writeFileSync(path, `${JSON.stringify(file, undefined, 1)}\n`);
}

export interface ClassCount {
  readonly class: string;
  readonly encodings: number;
  readonly cases: number;
  /** Cases of the encoding that has the fewest, and its name. */
  readonly least: number;
  readonly leastOf: string;
}

/** Counts by class, in alphabetical order. */
export function classCounts(counts: Counts): ClassCount[] {
  const classes = new Map<string, ClassCount>();
  for (const [name, count] of Object.entries(counts)) {
    const group = classOf(name);
    const row = classes.get(group) ?? { class: group, encodings: 0, cases: 0, least: Infinity, leastOf: name };
    classes.set(group, {
      ...row, encodings: row.encodings + 1, cases: row.cases + count,
      ...(count < row.least ? { least: count, leastOf: name } : {}),
    });
  }
  return [...classes.values()].sort((a, b) => (a.class < b.class ? -1 : 1));
}

/** A table of classes, then the encodings below LEAST_CASES. */
export function countLines(counts: Counts, unit: string): string[] {
  const rows = classCounts(counts);
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map((r) => r.class.length)) + 2;
  const line = (a: string, b: string, c: string, d: string, e: string): string =>
    `${a.padEnd(width)}${b.padStart(9)}${c.padStart(13)}${d.padStart(11)}  ${e}`.trimEnd();
  const lines = [line('class', 'encodings', unit, 'least', 'of')];
  for (const r of rows) lines.push(line(r.class, String(r.encodings), String(r.cases), String(r.least), r.leastOf));
  const all = rows.reduce((total, r) => total + r.cases, 0);
  const encodingCount = rows.reduce((total, r) => total + r.encodings, 0);
  const least = rows.reduce((a, b) => (b.least < a.least ? b : a));
  lines.push(line(`${rows.length} classes`, String(encodingCount), String(all), String(least.least), least.leastOf));
  return [...lines, ...shortLines(counts, unit)];
}

/** Names the classes, and the encodings, that were executed less than LEAST_CASES times. */
export function shortLines(counts: Counts, unit: string): string[] {
  const classes = classCounts(counts).filter((r) => r.cases < LEAST_CASES);
  const few = Object.entries(counts).filter(([, count]) => count < LEAST_CASES);
  const told = (list: readonly string[]): string =>
    list.length <= 40 ? list.join(', ') : `${list.slice(0, 40).join(', ')} and ${list.length - 40} more`;
  const lines = [
    classes.length === 0
      ? `every class has at least ${LEAST_CASES} ${unit}`
      : `classes below ${LEAST_CASES} ${unit}: ${told(classes.map((r) => `${r.class} ${r.cases}`))}`,
  ];
  lines.push(few.length === 0
    ? `every encoding has at least ${LEAST_CASES} ${unit}`
    : `encodings below ${LEAST_CASES} ${unit}: ${told(few.map(([name, count]) => `${name} ${count}`))}`);
  return lines;
}

const count = (n: number): string => n.toLocaleString('en');

/** One line for each run, and the sums. */
export function runLines(statistics: Statistics): string[] {
  const lines = statistics.runs.map((r) =>
    `${r.cpu.padEnd(18)} ${r.mode.padEnd(8)} seed ${String(r.seed).padEnd(10)} ${count(r.cases).padStart(12)} in ` +
    `${r.seconds.toFixed(0).padStart(6)} s, ${count(Math.round(r.cases / Math.max(r.seconds, 1e-3))).padStart(7)}/s, ` +
    `${r.differ} differ, ${r.timedOut} timed out`);
  for (const mode of ['singles', 'blocks'] as const) {
    const runs = statistics.runs.filter((r) => r.mode === mode);
    if (runs.length === 0) continue;
    const total = (of: (r: RunRecord) => number): number => runs.reduce((n, r) => n + of(r), 0);
    const name = mode === 'singles' ? 'single-instruction cases' : 'blocks';
    lines.push(`${count(total((r) => r.cases))} ${name}, ${total((r) => r.differ)} differ`);
  }
  return lines;
}

/** Cases, or instructions, of each encoding while a run goes on. */
export class Counter {
  private readonly counts = new Float64Array(encodings.length + 1);
  /** @param id of the encoding; undefined for words that are unallocated */
  add(id: number | undefined): void {
    this.counts[id ?? encodings.length]++;
  }
  /** @param covered encodings that are named even if they were never met */
  read(covered: readonly { readonly name: string }[], unallocated: boolean): Counts {
    const out: Record<string, number> = {};
    for (const { name } of covered) out[name] = 0;
    encodings.forEach((e, id) => {
      if (this.counts[id] !== 0) out[e.name] = this.counts[id];
    });
    const others = this.counts[encodings.length];
    if (others !== 0 || unallocated) out[UNALLOCATED] = others;
    return out;
  }
}
