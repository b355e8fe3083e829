import type { CpuState } from '../cpu-state.js';
import { el2Enabled, haveEl, PstateWord, tge } from '../pstate.js';
import { sysregWord } from '../sysreg/storage.js';

const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');
const MDCR2 = sysregWord('MDCR_EL2');

const HCR_TEA_HIGH = 1 << 5;
const HCR_TSC = 1 << 19;
const HCR_HCD = 1 << 29;
const SCR_EA = 1 << 3;
const SCR_SMD = 1 << 7;
const SCR_HCE = 1 << 8;
const MDCR_TDE = 1 << 8;

/**
 * Where a synchronous exception goes that nothing routes specially: EL1, or EL2 from EL0 while HCR_EL2.TGE is set, or
 * the current EL if that is higher.
 */
export function routeSynchronous(state: CpuState): number {
  const el = state.u32[PstateWord.el];
  if (el === 0) return tge(state) ? 2 : 1;
  return el;
}

/** Where debug exceptions go (DebugTarget): EL2 when HCR_EL2.TGE or MDCR_EL2.TDE routes them there. */
export function routeDebug(state: CpuState): number {
  const toEl2 = el2Enabled(state) && (tge(state) || (state.u32[MDCR2] & MDCR_TDE) !== 0);
  return toEl2 ? 2 : 1;
}

/** BRK is taken even where debug exceptions are disabled, at least to the current EL. */
export function routeBrk(state: CpuState): number {
  const el = state.u32[PstateWord.el];
  return Math.max(el, el < 2 ? routeDebug(state) : el);
}

/** Where a synchronous external abort goes: EL3 for SCR_EL3.EA, EL2 for HCR_EL2.TEA. */
export function routeExternalAbort(state: CpuState): number {
  const el = state.u32[PstateWord.el];
  if (haveEl(state, 3) && (state.u32[SCR] & SCR_EA) !== 0) return 3;
  if (el < 2 && el2Enabled(state) && (state.u32[HCR + 1] & HCR_TEA_HIGH) !== 0) return 2;
  return routeSynchronous(state);
}

/** What HVC does at the current EL: an exception to EL2 or EL3, or UNDEFINED. */
export function routeHvc(state: CpuState): number | 'undefined' {
  const el = state.u32[PstateWord.el];
  if (el === 0 || !haveEl(state, 2) || (el === 1 && !el2Enabled(state))) return 'undefined';
  const enabled = haveEl(state, 3) ? (state.u32[SCR] & SCR_HCE) !== 0 : (state.u32[HCR] & HCR_HCD) === 0;
  if (!enabled) return 'undefined';
  return el === 3 ? 3 : 2;
}

/**
 * What SMC does at the current EL: the target, 2 meaning a trap by HCR_EL2.TSC, or UNDEFINED.
 * @param firmware is there something above that answers SMC: EL3, or the machine's own PSCI on the SMC conduit? With
 *   the latter a target of 3 means the call goes there.
 */
export function routeSmc(state: CpuState, firmware = haveEl(state, 3)): 2 | 3 | 'undefined' {
  const el = state.u32[PstateWord.el];
  if (el === 0 || !firmware) return 'undefined';
  if (el === 1 && el2Enabled(state) && (state.u32[HCR] & HCR_TSC) !== 0) return 2;
  return haveEl(state, 3) && (state.u32[SCR] & SCR_SMD) !== 0 ? 'undefined' : 3;
}
