import type { CpuState } from '../cpu-state.js';
import { routeDebug } from '../exceptions/routing.js';
import { belowEl3Secure, Daif, has, haveEl, PstateWord } from '../pstate.js';
import { sysregWord } from '../sysreg/storage.js';

const MDSCR = sysregWord('MDSCR_EL1');
const OSLSR = sysregWord('OSLSR_EL1');
const OSDLR = sysregWord('OSDLR_EL1');
const DBGPRCR = sysregWord('DBGPRCR_EL1');
const MDCR3 = sysregWord('MDCR_EL3');

const MDSCR_KDE = 1 << 13;
const OSLSR_OSLK = 2;
const MDCR3_SDD = 1 << 16;

/** DoubleLockStatus(): the OS Double Lock is set and not overridden by DBGPRCR_EL1.CORENPDRQ. */
function doubleLocked(state: CpuState): boolean {
  return has.doubleLock(state) && (state.u32[OSDLR] & 1) !== 0 && (state.u32[DBGPRCR] & 1) === 0;
}

/**
 * Are debug exceptions generated at `el`, with this PSTATE.D (AArch64.GenerateDebugExceptionsFrom)?
 * BRK does not ask.
 */
export function debugExceptionsFrom(state: CpuState, el: number, masked: boolean): boolean {
  if ((state.u32[OSLSR] & OSLSR_OSLK) !== 0 || doubleLocked(state)) return false;
  const secure = el === 3 || belowEl3Secure(state);
  if (secure && haveEl(state, 3) && (state.u32[MDCR3] & MDCR3_SDD) !== 0) return false;
  const target = routeDebug(state);
  if (el === target) return (state.u32[MDSCR] & MDSCR_KDE) !== 0 && !masked;
  return target > el;
}

/** The same for the current EL and PSTATE.D. */
export function debugExceptionsEnabled(state: CpuState): boolean {
  const { u32 } = state;
  return debugExceptionsFrom(state, u32[PstateWord.el], (u32[PstateWord.daif] & Daif.D) !== 0);
}

/**
 * Does a comparator with these controls apply at `el` (AArch64.StateMatch without linking)? Reserved combinations match
 * nothing.
 * @param access PMC or PAC: bit 1 is EL0, bit 0 is EL1
 * @param el the EL of the access; EL0 for unprivileged loads and stores
 */
export function stateMatches(state: CpuState, ssc: number, hmc: number, access: number, el: number): boolean {
  if (isReserved(state, (hmc << 4) | (ssc << 2) | access)) return false;
  const secure = el === 3 || belowEl3Secure(state);
  if (ssc === 1 && secure) return false;
  if (ssc === 2 && !secure) return false;
  if (ssc === 3 && hmc === 0 && !secure) return false;
  switch (el) {
    case 3:
      return hmc === 1 && (ssc & 1) === 0;
    case 2:
      return (hmc === 1 && (ssc !== 2 || access !== 0)) || ssc === 3;
    case 1:
      return (access & 1) !== 0;
    default:
      return (access & 2) !== 0;
  }
}

/** CheckValidStateMatch: `controls` is HMC, SSC and PMC or PAC in bits 4, 3..2 and 1..0. */
function isReserved(state: CpuState, controls: number): boolean {
  const hmc = controls >> 4;
  const ssc = (controls >> 2) & 3;
  const el2 = haveEl(state, 2);
  const el3 = haveEl(state, 3);
  if (hmc === 0 && (controls & 3) === 0 && ssc !== 3) return true;
  if (!el2 && !el3 && (hmc !== 0 || ssc !== 0)) return true;
  if (!el3 && (ssc === 1 || ssc === 2) && controls !== 0b10100) return true;
  if (!el3 && controls === 0b11000) return true;
  if (!el2 && controls === 0b11100) return true;
  const secureEl2 = controls === 0b01100 || controls === 0b10100 || (controls & 0b01101) === 0b01101;
  return (secureEl2 && !has.sel2(state)) || UNALLOCATED.has(controls);
}
/** Not allocated in any version: 01110, 100x0, 10110, 11x10. */
const UNALLOCATED = new Set([0b01110, 0b10000, 0b10010, 0b10110, 0b11010, 0b11110]);
