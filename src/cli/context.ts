/** What the commands use of the process, so that tests can give them something else. */
import type { ProgressStream } from '../../guest/index.js';
import type { CpuModel } from '../arch/features/cpu-model.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { MachineModule } from '../machine/machine-api.js';
import { machineThreads, type Threads } from '../machine/threads.js';
import type { ProcessEvents, TerminalInput } from './terminal.js';

/** Signals that end a run in order, with their numbers (signal(7), Linux). */
export const END_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type EndSignal = keyof typeof END_SIGNALS;

export interface SignalEvents extends ProcessEvents {
  on(event: 'exit' | 'SIGCONT' | EndSignal, callback: () => void): unknown;
  off(event: 'exit' | 'SIGCONT' | EndSignal, callback: () => void): unknown;
}

export interface OutputStream extends ProgressStream {
  write(data: Uint8Array | string): unknown;
  on(event: 'error', callback: (error: Error) => void): unknown;
  off(event: 'error', callback: (error: Error) => void): unknown;
}

export interface CliContext {
  readonly input: TerminalInput;
  readonly output: OutputStream;
  readonly errors: OutputStream;
  readonly events: SignalEvents;
  readonly environment: NodeJS.ProcessEnv;
  /** Seconds since the process began. */
  readonly clock: () => number;
  readonly loadMachine: () => Promise<MachineModule>;
  /** Starts the threads of a machine that is going to boot, for startMachine: they take longest to get ready. */
  readonly startThreads: (config: MachineConfig) => Threads | undefined;
  /** What is known of one A64 instruction word, as text; `cpu` is the CPU that executes it. */
  readonly loadExplain: () => Promise<(word: number, cpu?: CpuModel) => string>;
}

/** The context of the real process. */
export function processContext(): CliContext {
  return {
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    events: process,
    environment: process.env,
    clock: () => performance.now() / 1000,
    // Big, and starts threads: only when a command needs it.
    loadMachine: () => import('../machine/start.js'),
    startThreads: machineThreads,
    loadExplain: async () => {
      const { explain } = await import('../../jit/explain/explain.js');
      return (word, cpu) => explain(word, cpu === undefined ? {} : { cpu });
    },
  };
}
