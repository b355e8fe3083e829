import type { CpuState } from '../cpu-state.js';
import { routeDebug } from '../exceptions/routing.js';
import { Daif, haveEl, PstateWord, SpsrBit } from '../pstate.js';
import { sysregWord } from '../sysreg/storage.js';
import { debugExceptionsEnabled, debugExceptionsFrom } from './enables.js';

const MDSCR = sysregWord('MDSCR_EL1');
const MDSCR_SS = 1;

/**
 * State of the software step machine (Arm ARM, D2.12).
 * Inactive: instructions run freely. ActiveNotPending: one instruction runs, then PSTATE.SS becomes 0.
 * ActivePending: a Software Step exception is taken before the next instruction.
 */
export const StepState = { Inactive: 0, ActiveNotPending: 1, ActivePending: 2 } as const;
export type StepState = (typeof StepState)[keyof typeof StepState];

export function softwareStepState(state: CpuState): StepState {
  if ((state.u32[MDSCR] & MDSCR_SS) === 0) return StepState.Inactive;
  if (!haveEl(state, routeDebug(state)) || !debugExceptionsEnabled(state)) return StepState.Inactive;
  return state.u32[PstateWord.ss] !== 0 ? StepState.ActiveNotPending : StepState.ActivePending;
}

/** May software step become active at the current EL without leaving it? PSTATE.D is not looked at. */
export function softwareStepArmed(state: CpuState): boolean {
  return (state.u32[MDSCR] & MDSCR_SS) !== 0 && haveEl(state, routeDebug(state)) &&
    debugExceptionsFrom(state, state.u32[PstateWord.el], false);
}

/** SSAdvance: an instruction has completed in the active-not-pending state. */
export function softwareStepAdvance(state: CpuState): void {
  state.u32[PstateWord.ss] = 0;
}

/**
 * PSTATE.SS after an exception return (DebugExceptionReturnSS): SPSR.SS where stepping is enabled at the destination
 * and was not where the return executes.
 */
export function debugExceptionReturnStep(state: CpuState, spsr: number, illegal: boolean): boolean {
  const { u32 } = state;
  if ((u32[MDSCR] & MDSCR_SS) === 0) return false;
  if (debugExceptionsEnabled(state)) return false;
  const destination = illegal ? u32[PstateWord.el] : (spsr >> 2) & 3;
  const masked = ((spsr >>> SpsrBit.F) & Daif.D) !== 0;
  return debugExceptionsFrom(state, destination, masked) && ((spsr >>> SpsrBit.SS) & 1) !== 0;
}
