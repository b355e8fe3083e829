import type { CpuState } from '../cpu-state.js';
import { eretTrap, pacFailure, pauthTrap, svc, wfxTrap, WfxKind } from '../exceptions/syndrome.js';
import { routeSynchronous } from '../exceptions/routing.js';
import { el2Enabled, elIsInHost, haveEl, PstateWord, tge } from '../pstate.js';
import type { SystemTrap } from './access.js';
import { sysregWord } from './storage.js';

const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');
const SCTLR1 = sysregWord('SCTLR_EL1');
const SCTLR2 = sysregWord('SCTLR_EL2');
const HFGITR_HIGH = sysregWord('HFGITR_EL2') + 1;

const SCTLR_NTWI = 1 << 16;
const SCTLR_NTWE = 1 << 18;
const HCR_TWI = 1 << 13;
const HCR_TWE = 1 << 14;
const HCR_API_HIGH = 1 << 9;
const SCR_TWI = 1 << 12;
const SCR_TWE = 1 << 13;
const SCR_API = 1 << 17;
const SCR_FGTEN = 1 << 27;
const HFGITR_ERET_HIGH = 1 << 19;
const HFGITR_SVC_EL0_HIGH = 1 << 20;
const HFGITR_SVC_EL1_HIGH = 1 << 21;

/**
 * Trap of WFI, WFE, WFIT or WFET that would wait; undefined when it may. A WFE that finds its event set, or a WFI with
 * an interrupt pending, does not wait and is not trapped. @param rn timeout register of WFIT and WFET
 */
export function waitTrap(state: CpuState, kind: number, rn?: number): SystemTrap | undefined {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  const event = kind === WfxKind.WFE || kind === WfxKind.WFET;
  const trap = (targetEl: number): SystemTrap => ({ targetEl, ...wfxTrap(kind, rn) });
  const host = elIsInHost(state, 0);
  if (el === 0) {
    const allowed = u32[host ? SCTLR2 : SCTLR1] & (event ? SCTLR_NTWE : SCTLR_NTWI);
    if (allowed === 0) return trap(tge(state) ? 2 : 1);
  }
  const guest = el < 2 && el2Enabled(state) && !(el === 0 && host);
  if (guest && (u32[HCR] & (event ? HCR_TWE : HCR_TWI)) !== 0) return trap(2);
  if (el < 3 && haveEl(state, 3) && (u32[SCR] & (event ? SCR_TWE : SCR_TWI)) !== 0) return trap(3);
  return undefined;
}

/** Trap of a pointer authentication instruction that is enabled at its EL: HCR_EL2.API, then SCR_EL3.API. */
export function pauthInstructionTrap(state: CpuState): SystemTrap | undefined {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  const guest = el < 2 && el2Enabled(state) && !(el === 0 && elIsInHost(state, 0));
  if (guest && (u32[HCR + 1] & HCR_API_HIGH) === 0) return { targetEl: 2, ...pauthTrap() };
  if (el < 3 && haveEl(state, 3) && (u32[SCR] & SCR_API) === 0) return { targetEl: 3, ...pauthTrap() };
  return undefined;
}

/** FEAT_FPAC: the exception of a failed authentication by the instruction `word`. */
export function pacFailureTrap(state: CpuState, word: number): SystemTrap {
  // LDRAA, LDRAB; AUT* of a register, data keys in bit 11; branches, hints and ERETAA, ERETAB
  const load = (word & 0xff20_0400) >>> 0 === 0xf820_0400;
  const register = (word & 0xffff_c000) >>> 0 === 0xdac1_0000;
  const hint = (word & 0xffff_f01f) >>> 0 === 0xd503_201f;
  const keyB = (word >>> (load ? 23 : hint ? 6 : 10)) & 1;
  const data = load || (register && (word & (1 << 11)) !== 0);
  return { targetEl: routeSynchronous(state), ...pacFailure(data, keyB !== 0) };
}

/** Is a fine-grained instruction trap in the high word of HFGITR_EL2 set for a guest? */
function fineGrained(state: CpuState, bit: number): boolean {
  const { u32 } = state;
  if ((u32[HFGITR_HIGH] & bit) === 0 || !el2Enabled(state) || (u32[SCR] & SCR_FGTEN) === 0) return false;
  const el = u32[PstateWord.el];
  return el === 1 || (el === 0 && !elIsInHost(state, 0));
}

/** Trap of ERET (0), ERETAA (2) or ERETAB (3) at EL1 by HFGITR_EL2.ERET. */
export function eretInstructionTrap(state: CpuState, variant: 0 | 2 | 3): SystemTrap | undefined {
  if (state.u32[PstateWord.el] !== 1 || !fineGrained(state, HFGITR_ERET_HIGH)) return undefined;
  return { targetEl: 2, ...eretTrap(variant) };
}

/** SVC: to EL1, to EL2 by HCR_EL2.TGE or HFGITR_EL2, or to the current EL above. @param immediate 0..0xffff */
export function svcException(state: CpuState, immediate: number): SystemTrap {
  const bit = state.u32[PstateWord.el] === 0 ? HFGITR_SVC_EL0_HIGH : HFGITR_SVC_EL1_HIGH;
  const targetEl = fineGrained(state, bit) ? 2 : routeSynchronous(state);
  return { targetEl, ...svc(immediate) };
}

const HCRX = sysregWord('HCRX_EL2');
const SCR_HXEN_HIGH = 1 << 6;
const SCTLR_MSCEN_HIGH = 1 << 1;
const HCRX_MSCEN = 1 << 11;

/** HCRX_EL2 bits 31..0 as they take effect: zero while SCR_EL3.HXEn is. */
export function effectiveHcrx(state: CpuState): number {
  return (state.u32[SCR + 1] & SCR_HXEN_HIGH) === 0 ? 0 : state.u32[HCRX];
}

/** May CPY and SET instructions run at the current EL (FEAT_MOPS)? They are UNDEFINED otherwise. */
export function mopsEnabled(state: CpuState): boolean {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  if (el >= 2) return true;
  const host = el === 0 && elIsInHost(state, 0);
  if (el === 0 && (u32[(host ? SCTLR2 : SCTLR1) + 1] & SCTLR_MSCEN_HIGH) === 0) return false;
  return host || !el2Enabled(state) || (effectiveHcrx(state) & HCRX_MSCEN) !== 0;
}

/** SCTLR_ELx bits that enable the pointer authentication keys; APGA has none. */
const KEY_ENABLE = { IA: 1 << 31, IB: 1 << 30, DA: 1 << 27, DB: 1 << 13 } as const;
const SCTLR = [SCTLR1, SCTLR1, SCTLR2, sysregWord('SCTLR_EL3')];

/** Is a pointer authentication key enabled at the current EL? Its instructions do nothing otherwise. */
export function pauthKeyEnabled(state: CpuState, key: keyof typeof KEY_ENABLE): boolean {
  const el = state.u32[PstateWord.el];
  const control = el === 0 && elIsInHost(state, 0) ? SCTLR2 : SCTLR[el];
  return (state.u32[control] & KEY_ENABLE[key]) !== 0;
}
