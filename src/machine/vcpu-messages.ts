/** What the main thread and the threads of vCPUs tell each other. */
import type { MessagePort } from 'node:worker_threads';
import type { CodeCounters, RegionCounters } from '../../runtime/code/code-counters.js';
import type { TranslationCounters } from '../../runtime/code/translations.js';
import type { TlbCounters } from '../../runtime/mmu/interfaces.js';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import type { CpuOptions } from '../arch/features/cpu-model.js';
import type { JitMode } from '../config/jit-mode.js';
import type { Optimization } from '../support/optimizations.js';
import type { BoardParameters } from './board-parameters.js';
import type { LockstepData, StopReport } from './lockstep-control.js';
import type { PsciConduit } from './virt-board.js';

/** What the main thread gives a thread. */
export interface VcpuWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly core: WebAssembly.Module;
  readonly board: BoardParameters;
  /** Number of the thread, and how many there may be. */
  readonly thread: number;
  readonly threads: number;
  readonly lockstep: LockstepData | undefined;
  /** With several vCPUs and a translator: the module of runtime/code/region-stubs.ts. */
  readonly stubs: WebAssembly.Module | undefined;
  readonly cpu: string;
  readonly cpuOptions: CpuOptions;
  readonly without: readonly Optimization[];
  readonly jit: JitMode;
  /** To the translator's thread, if there is one. */
  readonly translator: MessagePort | undefined;
  /** File for a sample of the executed instructions. */
  readonly sample: string | undefined;
  /** A profile of the guest is gathered. */
  readonly profile: boolean;
  /** Files that what the guest programs into a bank of flash is written to, by bank. */
  readonly flashFiles: readonly (string | undefined)[];
}

/** How a vCPU starts, or that it is off until another one turns it on. */
export interface VcpuStart {
  readonly on: boolean;
  readonly pc: bigint;
  readonly x0: bigint;
  readonly startEl: 1 | 2 | 3;
  readonly secure: boolean;
  readonly conduit: PsciConduit;
}

/** What the built-in firmware is to know. */
export type Firmware = Pick<VcpuStart, 'startEl' | 'conduit'>;
/** While the machine stood still its state was replaced by a saved one: goes on from there. */
export type RestoreMessage = { readonly kind: 'restore' } & Firmware;
/** How vCPUs go on after a stop for MachineRequest.Suspend. */
export type GoOnMessage = RestoreMessage | { readonly kind: 'resume' };
/** `run` resets the thread's vCPUs, and has all vCPUs' starts; `join`: the thread is new, and takes what others give it. */
export type WorkerMessage =
  { readonly kind: 'run'; readonly starts: readonly VcpuStart[] } | ({ readonly kind: 'join' } & Firmware) | GoOnMessage;

/** What a thread counts of a vCPU. */
export interface VcpuCounters {
  /** By ExitReason's names. */
  readonly exits: Record<string, number>;
  readonly tlb: TlbCounters;
  readonly code: CodeCounters;
}

/** What a thread counts of its engine. */
export interface EngineCounters {
  readonly regions: RegionCounters;
  readonly translations: TranslationCounters;
}

export interface StoppedVcpu {
  readonly index: number;
  readonly counters: VcpuCounters;
  /** What was gathered since it stopped last. */
  readonly profile: GuestProfile | undefined;
}

/** What the thread answers. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly line: string }
  | {
    readonly kind: 'stopped'; readonly request: number;
    /** All that the thread has had. */
    readonly vcpus: readonly StoppedVcpu[]; readonly engine: EngineCounters;
  }
  /** One more thread than these would have something to do. */
  | { readonly kind: 'more'; readonly threads: number }
  /** With lockstep: it waits until it is let go. */
  | ({ readonly kind: 'meet' } & StopReport)
  | { readonly kind: 'error'; readonly message: string; readonly stack?: string | undefined };
