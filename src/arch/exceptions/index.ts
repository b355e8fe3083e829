import type { CpuState } from '../cpu-state.js';
import type { SystemTrap } from '../sysreg/access.js';
import { sysregWord } from '../sysreg/storage.js';
import type { PendingInterrupt } from './interrupts.js';
import { routeSynchronous } from './routing.js';
import { serror, unknownReason, type Syndrome } from './syndrome.js';
import { ExceptionKind, takeException } from './take.js';

export { exceptionReturn, branchAddress, isIllegalReturn } from './return.js';
export { InterruptLine, interruptStatus, pendingInterrupt, wakesFromWfi, type PendingInterrupt } from './interrupts.js';
export {
  routeBrk, routeDebug, routeExternalAbort, routeHvc, routeSmc, routeSynchronous,
} from './routing.js';
export { instructionSyndrome } from './instruction-syndrome.js';
export { isLandingPad } from './branch-target.js';
export { encodeEsr, ExceptionKind, takeException, type ExceptionRequest } from './take.js';
export * as syndrome from './syndrome.js';

const HCR = sysregWord('HCR_EL2');
const VSESR = sysregWord('VSESR_EL2');
const HCR_VSE = 1 << 8;

/** Takes a trap of a system instruction; the PC is the instruction's. */
export function takeTrap(state: CpuState, trap: SystemTrap): void {
  takeException(state, { kind: ExceptionKind.Synchronous, targetEl: trap.targetEl, syndrome: trap });
}

/** Takes a synchronous exception that nothing routes specially, with the PC as return address. */
export function takeSynchronous(state: CpuState, value: Syndrome, far?: bigint): void {
  takeException(state, {
    kind: ExceptionKind.Synchronous,
    targetEl: routeSynchronous(state),
    syndrome: value,
    ...(far === undefined ? {} : { far }),
  });
}

/** The instruction at the PC is UNDEFINED. */
export function takeUndefined(state: CpuState): void {
  takeSynchronous(state, unknownReason());
}

/**
 * Takes what pendingInterrupt found; the PC is that of the next instruction. A virtual SError clears HCR_EL2.VSE and
 * reports VSESR_EL2. @param serrorIss ISS of a physical SError
 */
export function takeInterrupt(state: CpuState, pending: PendingInterrupt, serrorIss = 0): void {
  const { kind, targetEl, virtual } = pending;
  if (kind !== ExceptionKind.SError) {
    takeException(state, { kind, targetEl });
    return;
  }
  const iss = virtual ? state.u32[VSESR] : serrorIss;
  if (virtual) state.u32[HCR] &= ~HCR_VSE;
  takeException(state, { kind, targetEl, syndrome: serror(iss) });
}
