import type { CpuState } from '../cpu-state.js';
import { debugExceptionReturnStep } from '../debug/software-step.js';
import { elIsInHost, el2Enabled, has, haveEl, PstateWord, setExceptionLevelAndStack, SpsrBit, tge } from '../pstate.js';
import { ArchState } from '../state-layout.js';
import { sysregWord } from '../sysreg/storage.js';

const ELR = [0, sysregWord('ELR_EL1'), sysregWord('ELR_EL2'), sysregWord('ELR_EL3')];
const SPSR = [0, sysregWord('SPSR_EL1'), sysregWord('SPSR_EL2'), sysregWord('SPSR_EL3')];
const TCR = [0, sysregWord('TCR_EL1'), sysregWord('TCR_EL2'), sysregWord('TCR_EL3')];

/** Is a return from `el` with this SPSR illegal (IllegalExceptionReturn)? AArch32 targets are: there is none. */
export function isIllegalReturn(state: CpuState, spsr: number): boolean {
  const el = state.u32[PstateWord.el];
  if ((spsr & 0x10) !== 0 || (spsr & 2) !== 0) return true;
  const target = (spsr >> 2) & 3;
  if (target === 0 && (spsr & 1) !== 0) return true;
  if (target > el || !haveEl(state, target)) return true;
  if (target === 2 && !el2Enabled(state)) return true;
  return target === 1 && tge(state);
}

/**
 * ERET (AArch64.ExceptionReturn). @param returnAddress ELR_ELx, or its authenticated value for ERETAA and ERETAB.
 * On an illegal return the EL stays and PSTATE.IL is set. The caller clears the exclusive monitor, sets the event
 * register, recomputes access contexts and looks for interrupts. Returns true for a legal return.
 */
export function exceptionReturn(state: CpuState, returnAddress?: bigint): boolean {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  const spsr = u32[SPSR[el]];
  const low = returnAddress === undefined ? u32[ELR[el]] : Number(returnAddress & 0xffff_ffffn);
  const high = returnAddress === undefined ? u32[ELR[el] + 1] : Number(returnAddress >> 32n);
  const illegal = isIllegalReturn(state, spsr);

  u32[PstateWord.ss] = debugExceptionReturnStep(state, spsr, illegal) ? 1 : 0;
  if (illegal) {
    u32[PstateWord.il] = 1;
    u32[PstateWord.btype] = 0;
  } else {
    u32[PstateWord.il] = (spsr >>> SpsrBit.IL) & 1;
    if (has.bti(state)) u32[PstateWord.btype] = (spsr >>> SpsrBit.BTYPE) & 3;
    if (has.ssbs(state)) u32[PstateWord.ssbs] = (spsr >>> SpsrBit.SSBS) & 1;
    if (has.uao(state)) u32[PstateWord.uao] = (spsr >>> SpsrBit.UAO) & 1;
    if (has.dit(state)) u32[PstateWord.dit] = (spsr >>> SpsrBit.DIT) & 1;
    if (has.mte(state)) u32[PstateWord.tco] = (spsr >>> SpsrBit.TCO) & 1;
  }
  u32[PstateWord.nzcv] = spsr >>> SpsrBit.NZCV;
  u32[PstateWord.daif] = (spsr >>> SpsrBit.F) & 15;
  if (has.pan(state)) u32[PstateWord.pan] = (spsr >>> SpsrBit.PAN) & 1;
  if (has.nmi(state)) u32[PstateWord.allint] = (spsr >>> SpsrBit.ALLINT) & 1;
  if (!illegal) setExceptionLevelAndStack(state, (spsr >> 2) & 3, spsr & 1);
  u32[PC] = low;
  u32[PC + 1] = branchHigh(state, high);
  return !illegal;
}

const PC = ArchState.offset.pc >> 2;
const TBI0_HIGH = 1 << 5;
const TBI1_HIGH = 1 << 6;
const TBID0_HIGH = 1 << 19;
const TBID1_HIGH = 1 << 20;
const EL2_TBI = 1 << 20;
const EL2_TBID = 1 << 29;

/** High word of a branch target (AArch64.BranchAddr): TBI replaces the tag where it covers fetches. */
function branchHigh(state: CpuState, high: number): number {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  const host = elIsInHost(state, el);
  if (el < 2 || host) {
    const control = u32[(host ? TCR[2] : TCR[1]) + 1];
    const upper = (high & (1 << 23)) !== 0;
    const ignored = (control & (upper ? TBI1_HIGH : TBI0_HIGH)) !== 0;
    const dataOnly = (control & (upper ? TBID1_HIGH : TBID0_HIGH)) !== 0;
    return ignored && !dataOnly ? (high << 8) >> 8 : high;
  }
  const control = u32[TCR[el]];
  return (control & EL2_TBI) !== 0 && (control & EL2_TBID) === 0 ? high & 0xff_ffff : high;
}

/** The PC for a branch target at the current EL. */
export function branchAddress(state: CpuState, address: bigint): bigint {
  const high = branchHigh(state, Number(address >> 32n)) >>> 0;
  return (BigInt(high) << 32n) | (address & 0xffff_ffffn);
}
