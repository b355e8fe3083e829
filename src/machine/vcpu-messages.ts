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
  /** vCPUs that run on the thread: with `lockstep` all. */
  readonly indexes: readonly number[];
  /** How many threads there are: vCPU n runs on thread n modulo this number. */
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

/** While the machine stood still its state was replaced by a saved one: goes on from there. */
export type RestoreMessage = { readonly kind: 'restore' } & Pick<VcpuStart, 'startEl' | 'conduit'>;
/** How vCPUs go on after a stop for MachineRequest.Suspend. */
export type GoOnMessage = RestoreMessage | { readonly kind: 'resume' };
/** `run` resets the thread's vCPUs, in the order of `indexes`. */
export type WorkerMessage = { readonly kind: 'run'; readonly starts: readonly VcpuStart[] } | GoOnMessage;

/** What the vCPU's thread alone counts. */
export interface VcpuCounters {
  /** By ExitReason's names. */
  readonly exits: Record<string, number>;
  readonly regions: RegionCounters;
  readonly tlb: TlbCounters;
  readonly code: CodeCounters;
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
  | { readonly kind: 'stopped'; readonly request: number; readonly vcpus: readonly StoppedVcpu[] }
  /** With lockstep: it waits until it is let go. */
  | ({ readonly kind: 'meet' } & StopReport)
  | { readonly kind: 'error'; readonly message: string; readonly stack?: string | undefined };
