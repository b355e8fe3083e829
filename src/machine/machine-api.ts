/**
 * What the CLI needs of a running machine. src/machine/start.ts provides it; everything here runs on the main thread,
 * while the vCPUs run on threads of their own.
 */
import type { CodeCounters, RegionCounters } from '../../runtime/code/code-counters.js';
import type { TranslationCounters } from '../../runtime/code/translations.js';
import type { TlbCounters } from '../../runtime/mmu/interfaces.js';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { SavedConfig } from './snapshot/machine-description.js';
import type { Threads } from './threads.js';

export type { GuestProfile, SavedConfig };

/** Number of the first virtio console among a machine's lines; serial lines come before it. */
export const FIRST_CONSOLE_LINE = 2;

/** Counters at one moment; whole numbers up to 2^53. */
export interface MachineCounters {
  /** Guest instructions executed by all vCPUs. */
  readonly instructions: number;
  /** Guest time since power-on, seconds: the virtual counter divided by its frequency. */
  readonly virtualSeconds: number;
}

/** What was translated, and how it is used. */
export interface RegionStatistics extends RegionCounters {
  /** How often the run loop entered translated code. */
  readonly entries: number;
  /** How often translated code left one instruction to the interpreter. */
  readonly interprets: number;
  /** How often control came back from translated code, by REGION_LEFT's reasons (runtime/layout/engine-counters.ts). */
  readonly left: Readonly<Record<string, number>>;
}

/** One vCPU's part of the statistics. */
export interface VcpuStatistics {
  readonly instructions: number;
  readonly instructionsInterpreted: number;
  readonly instructionsTranslated: number;
  /** How often each reason took it out of the engine. */
  readonly exits: Readonly<Record<string, number>>;
  readonly regions: RegionStatistics;
  readonly tlb: Readonly<TlbCounters>;
  /**
   * Instructions of the main loop by INTERPRETED_BECAUSE's reasons, and `functionForms`: those that their function forms
   * executed. Instructions run one at a time (debugging) are in none.
   */
  readonly interpreted: Readonly<Record<string, number>>;
  readonly code: Readonly<CodeCounters>;
  readonly translations: Readonly<TranslationCounters>;
}

/** What a machine counted from start to now. */
export interface MachineStatistics extends VcpuStatistics, MachineCounters {
  readonly perVcpu: readonly VcpuStatistics[];
  /** Host seconds: preparing threads and engines, loading images, and running the guest. */
  readonly seconds: { readonly start: number; readonly load: number; readonly run: number };
}

/** Why a machine came to its end. */
export type ExitInfo =
  /** PSCI SYSTEM_OFF, or the board's own means. */
  | { readonly kind: 'poweroff' }
  /** PSCI SYSTEM_RESET while the machine was told not to reboot. */
  | { readonly kind: 'reset' }
  /** stop() was called. */
  | { readonly kind: 'stopped' }
  /** A replay is not what was recorded; `message` is one line. */
  | { readonly kind: 'different'; readonly message: string }
  /** A recording could not be written to its end; `message` is one line. */
  | { readonly kind: 'unwritable'; readonly message: string }
  /** The emulator cannot go on; `message` is one line, `stack` for debugging. */
  | { readonly kind: 'error'; readonly message: string; readonly stack?: string | undefined };

/** A machine that runs. */
export interface MachineHandle {
  /** Input for a line that is on stdio (serial line 0 without a number); kept until the guest takes it. */
  write(bytes: Uint8Array, line?: number): void;
  /**
   * Calls back with what a line sends, in order, whatever the line is connected to; nothing is lost if this is
   * set in the turn in which startMachine's promise is fulfilled. The machine connects lines that are not on stdio.
   */
  onOutput(callback: (bytes: Uint8Array) => void, line?: number): void;
  /** Fulfilled once, after the last output was delivered. It is never rejected. */
  readonly done: Promise<ExitInfo>;
  /** Ends the machine; `done` follows. */
  stop(): void;
  /**
   * Saves the whole machine, which goes on; a file that was there before is replaced at the end. Rejects with ConfigurationError
   * when it cannot be done.
   */
  saveSnapshot(path: string): Promise<void>;
  /** Runs a monitor command such as `info registers`; the answer may have several lines. */
  monitor(command: string): Promise<string>;
  counters(): MachineCounters;
  statistics(): MachineStatistics;
  /** With MachineConfig.profile what was gathered until the vCPU stopped last, in order; else nothing. */
  profile(): readonly GuestProfile[];
}

/** What a machine gets from who starts it. */
export interface MachineIo {
  /** A remark for the user, one line: something the guest did that is not implemented, logged once by name. */
  log(line: string): void;
  /** Threads that were started ahead; no other machine may get them. */
  readonly threads?: Threads | undefined;
}

/** What src/machine/start.ts exports. A ConfigurationError says what about `config` is impossible. */
export interface MachineModule {
  /** Reads the files, prepares a machine and starts its vCPUs. */
  startMachine(config: MachineConfig, io: MachineIo): Promise<MachineHandle>;
  /** Configuration of the machine that a snapshot is of. @throws ConfigurationError */
  snapshotConfig(path: string): SavedConfig;
  /** The device tree that the machine would be started with, flattened. */
  deviceTreeOf(config: MachineConfig): Promise<Uint8Array>;
}
