/** The JSON that --stats writes. */
import type { MarkResult } from './console-watch.js';
import type { RunResult } from './run-machine.js';

/** Marks have `seconds` since the guest began to run; all times are host seconds unless called virtual. */
export interface StatisticsFile {
  readonly instructions: number;
  readonly instructionsInterpreted: number;
  readonly instructionsTranslated: number;
  /** Guest time since reset. */
  readonly virtualSeconds: number;
  readonly perVcpu: RunResult['statistics']['perVcpu'];
  /** How often each reason took a vCPU out of its engine. */
  readonly exits: Readonly<Record<string, number>>;
  readonly seconds: { readonly start: number; readonly load: number; readonly run: number; readonly total: number };
  readonly marks: readonly MarkResult[];
  /** What ended the run, and the exit status it stands for. */
  readonly end: { readonly reason: string; readonly status: number };
}

/** Statistics of a finished run; `total` is the time since the process began. */
export function statisticsFile(result: RunResult, total: number): StatisticsFile {
  const { instructions, instructionsInterpreted, instructionsTranslated, virtualSeconds, perVcpu, exits, seconds } =
    result.statistics;
  return {
    instructions,
    instructionsInterpreted,
    instructionsTranslated,
    virtualSeconds,
    perVcpu,
    exits,
    seconds: { ...seconds, total },
    marks: result.marks,
    end: { reason: result.end === 'guest' ? result.exit.kind : result.end, status: result.status },
  };
}
