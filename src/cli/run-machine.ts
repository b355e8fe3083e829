/** Runs a machine to its end: console, escape keys, marks, panic, timeout, signals, and the exit status of it all. */
import type { MachineConfig } from '../config/machine-config.js';
import { END_SIGNALS, type CliContext, type EndSignal } from './context.js';
import { ConsoleSession } from './console-session.js';
import { ConsoleWatch, type MarkResult } from './console-watch.js';
import { ExitStatus, SIGPIPE, signalStatus } from './exit-status.js';
import {
  type ExitInfo, FIRST_CONSOLE_LINE, type GuestProfile, type MachineModule, type MachineStatistics,
} from '../machine/machine-api.js';
import type { Threads } from '../machine/threads.js';
import { FastStart } from './fast-start.js';
import { Terminal } from './terminal.js';

/** Why a run ended; `guest` is the machine's own end, the rest came from outside it. */
export type RunEnd = 'guest' | 'quit' | 'panic' | 'timeout' | 'output-closed' | EndSignal;

export interface RunResult {
  readonly status: number;
  readonly end: RunEnd;
  readonly exit: ExitInfo;
  readonly statistics: MachineStatistics;
  readonly marks: readonly MarkResult[];
  /** Empty without MachineConfig.profile. */
  readonly profile: readonly GuestProfile[];
}

/** A machine that does not stop when told is given up after so long, milliseconds. */
const STOP_GRACE = 5000;

function statusOf(end: RunEnd, exit: ExitInfo, panicked: boolean): number {
  if (exit.kind === 'different') return ExitStatus.different;
  if (exit.kind === 'unwritable') return ExitStatus.configuration;
  switch (end) {
    case 'quit':
      return ExitStatus.success;
    case 'panic':
      return ExitStatus.panic;
    case 'timeout':
      return ExitStatus.timeout;
    case 'output-closed':
      return signalStatus(SIGPIPE);
    case 'guest':
      if (exit.kind === 'error') return ExitStatus.internal;
      return exit.kind === 'reset' && panicked ? ExitStatus.panic : ExitStatus.success;
    default:
      return signalStatus(END_SIGNALS[end]);
  }
}

/**
 * Starts the machine of `config` and runs it to its end; the terminal is as before when this returns or throws.
 * @param how.snapshot where --fast keeps a snapshot of it
 * @param how.threads of the machine, if they have been started
 */
export async function runMachine(
  config: MachineConfig,
  machineModule: MachineModule,
  context: CliContext,
  how: { readonly snapshot?: string | undefined; readonly threads?: Threads | undefined } = {},
): Promise<RunResult> {
  const { snapshot, threads } = how;
  const { output, events } = context;
  const log = (line: string) => void context.errors.write(`ulna: ${line}\n`);
  let terminal: Terminal | undefined;
  let timer: NodeJS.Timeout | undefined;
  const cleanUp: (() => void)[] = [];
  const fast = snapshot === undefined ? undefined : new FastStart(snapshot, context.clock, { log });
  try {
    const machine = await (fast?.start(config, machineModule) ?? machineModule.startMachine(config, { log, threads }));
    const startedAt = context.clock();

    let end: RunEnd = 'guest';
    let giveUp: (exit: ExitInfo) => void = () => undefined;
    const givenUp = new Promise<ExitInfo>((resolve) => (giveUp = resolve));
    const finish = (reason: RunEnd) => {
      if (end !== 'guest') return;
      end = reason;
      machine.stop();
      setTimeout(() => giveUp({ kind: 'stopped' }), STOP_GRACE).unref();
    };

    // before anything is printed: who reads it may answer with a signal
    for (const signal of Object.keys(END_SIGNALS) as EndSignal[]) {
      const onSignal = () => finish(signal);
      events.on(signal, onSignal);
      cleanUp.push(() => events.off(signal, onSignal));
    }
    const onOutputError = () => finish('output-closed');
    output.on('error', onOutputError);
    cleanUp.push(() => output.off('error', onOutputError));

    const now = () => ({ ...machine.counters(), seconds: context.clock() - startedAt });
    const watch = new ConsoleWatch(config.marks, now, () => finish('panic'));
    const lines = [
      ...config.serial.map((spec, i) => ({ spec, line: i })),
      ...config.consoles.map((spec, i) => ({ spec, line: FIRST_CONSOLE_LINE + i })),
    ];
    const terminalLine = lines.find(({ spec }) => spec.kind === 'stdio')?.line;
    for (const { line } of lines) {
      // The Secure world's line is no console.
      const watched = line === 0 || line >= FIRST_CONSOLE_LINE;
      machine.onOutput((bytes) => {
        if (line === terminalLine) output.write(bytes);
        if (watched) watch.push(bytes, line);
        fast?.printed(bytes);
      }, line);
    }
    if (terminalLine !== undefined) {
      const show = (text: string) => void output.write(text);
      const session = new ConsoleSession(machine, terminalLine, show, () => finish('quit'));
      terminal = new Terminal(context.input, events, (bytes) => {
        fast?.stop();
        session.input(bytes);
      });
    }

    if (config.timeoutSeconds !== undefined) timer = setTimeout(() => finish('timeout'), config.timeoutSeconds * 1000);
    terminal?.start();

    const exit = await Promise.race([machine.done, givenUp]);
    if (exit.kind === 'different' || exit.kind === 'unwritable') log(exit.message);
    const status = statusOf(end, exit, watch.hasPanicked);
    return {
      status, end, exit, statistics: machine.statistics(), marks: watch.results, profile: machine.profile(),
    };
  } finally {
    clearTimeout(timer);
    fast?.stop();
    for (const undo of cleanUp) undo();
    terminal?.stop();
  }
}
