/** WFI, WFE, WFIT and WFET: what a PE sleeps on, and for how long. */
import { pendingInterrupt, wakesFromWfi } from '../../src/arch/exceptions/index.js';
import type { CpuState } from '../../src/arch/cpu-state.js';
import type { GenericTimers } from '../timer/generic-timers.js';

/** A wait shorter than this is spun, nanoseconds. */
export const SPIN = 50_000;
/** Longest single wait, milliseconds: control words are looked at in between. */
export const LONGEST_WAIT = 1000;
/**
 * Longest WFE with an exclusive monitor set, nanoseconds. Clearing a monitor is an event, and stores by other vCPUs do
 * not clear monitors here: what was loaded is compared, and the guest looks at its lock itself.
 */
export const MONITOR_POLL = 100_000;

export interface WaitContext {
  readonly state: CpuState;
  readonly timers: GenericTimers;
  /** The whole shared memory, and word indexes in it. */
  readonly words: Int32Array;
  readonly wakeWord: number;
  readonly monitorWord: number;
  /** What the monitor was set for has changed; how often that is looked at before a wait. */
  monitorMoved(): boolean;
  readonly monitorLooks: number;
  lines(): number;
  stopRequested(): boolean;
  /** Takes the event register: true when it was set. */
  takeEvent(): boolean;
}

/**
 * Whether an interrupt ends a wait. One that is masked ends a WFI only (Arm ARM, D1.6): a WFE for a lock with interrupts masked would
 * go round without a rest.
 */
export function interruptEndsWait(state: CpuState, lines: number, forEvent: boolean): boolean {
  return pendingInterrupt(state, lines) !== undefined || (!forEvent && wakesFromWfi(state, lines));
}

/**
 * A look at what a wait is for: an interrupt, an event, or that CNTVCT_EL0 reaches `until` (WFIT, WFET).
 * @returns nanoseconds until the next look at the latest; 0: the wait is over
 */
export function waitLeft(context: WaitContext, forEvent: boolean, until: bigint | undefined): number {
  const { state, timers, words } = context;
  let limit = timers.update();
  const lines = context.lines();
  if (context.stopRequested() || interruptEndsWait(state, lines, forEvent)) return 0;
  if (forEvent) {
    if (context.takeEvent()) return 0;
    limit = Math.min(limit, timers.untilStreamEvent());
    if (words[context.monitorWord] !== 0) {
      for (let i = 0; i < context.monitorLooks; i++) if (context.monitorMoved()) return 0;
      limit = Math.min(limit, MONITOR_POLL);
    }
  }
  if (until !== undefined) {
    const left = timers.untilVirtualCount(until);
    if (left <= 0) return 0;
    limit = Math.min(limit, left);
  }
  return Math.max(limit, 1);
}

/** Waits as `waitLeft` says. May end early, as the architecture allows: the guest looks again. */
export function waitFor(context: WaitContext, forEvent: boolean, until: bigint | undefined): void {
  const { words, wakeWord } = context;
  for (;;) {
    const seen = Atomics.load(words, wakeWord);
    const limit = waitLeft(context, forEvent, until);
    if (limit === 0) return;
    if (limit >= SPIN) Atomics.wait(words, wakeWord, seen, Math.min(limit / 1e6, LONGEST_WAIT));
    // The next look at the clock tells an interrupt or a timeout; an event of the stream or the poll ends a WFE now.
    if (forEvent && limit < LONGEST_WAIT * 1e6) return;
  }
}
