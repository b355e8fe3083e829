import type { AffinityState, PsciStatus } from './functions.js';

/** Why and how the whole machine is reset. */
export type ResetKind =
  /** SYSTEM_RESET: the platform's cold reset. */
  | { readonly kind: 'cold' }
  /** SYSTEM_RESET2: architectural warm reset, or a vendor's type (bit 31 set) with its cookie. */
  | { readonly kind: 'warm'; readonly type: number; readonly cookie: bigint };

/** What PSCI needs of the machine. Methods run on the calling PE's thread and must not wait for another PE. */
export interface PsciHost {
  /**
   * Turns on the PE whose MPIDR affinity fields are `mpidr` (0 in all other bits), at `entry` in the highest Non-secure
   * EL, with `contextId` in X0. INVALID_PARAMETERS when there is no such PE, ALREADY_ON or ON_PENDING when it is not
   * off.
   */
  cpuOn(mpidr: bigint, entry: bigint, contextId: bigint): PsciStatus;
  /** Turns the calling PE off; it executes nothing more until turned on. */
  cpuOff(): void;
  /** State of a PE, or undefined when there is none with these affinity fields. */
  affinityInfo(mpidr: bigint): AffinityState | undefined;
  /** Asks for power-off of the machine. */
  systemOff(): void;
  /** Asks for a reset of the machine. */
  systemReset(reset: ResetKind): void;
  /** Whether every PE but the caller is off. Without it SYSTEM_SUSPEND and CPU_DEFAULT_SUSPEND are not offered. */
  isLastCpu?(): boolean;
  /** Whether SYSTEM_RESET2 is offered; QEMU does not. */
  readonly systemReset2?: boolean;
  /** How SMCCC_ARCH_WORKAROUND_n answer: absent, as in QEMU, or "this PE is not affected". */
  readonly workarounds?: 'not-supported' | 'not-required';
  /** 1.0 hides SMCCC_VERSION and SMCCC_ARCH_FEATURES, as QEMU does; default 1.1. */
  readonly smcccVersion?: '1.0' | '1.1';
}

/** A call as the conduit delivers it: X0..X7 of the caller. Missing ones count as zero. */
export interface SmcccCall {
  readonly x: readonly bigint[];
}

export interface SmcccResult {
  /** Values for X0 and on, as many as the function returns; other registers keep theirs. */
  readonly x: readonly bigint[];
  /**
   * What the PE does next: goes on after the conduit instruction; waits for an interrupt and then goes on; is suspended
   * and enters `resume` with `x` when an interrupt comes; or executes nothing more, as the machine or the PE goes off.
   */
  readonly then: 'continue' | 'wait-for-interrupt' | 'suspend' | 'stop';
  /** With `suspend`: where the PE comes back, X0 being the context. */
  readonly resume?: { readonly entry: bigint; readonly contextId: bigint };
}
