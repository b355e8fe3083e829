import type { CpuState } from './cpu-state.js';
import { PhysicalAddressSpace } from './address.js';
import { ArchState, XSlot } from './state-layout.js';
import { sysregWord } from './sysreg/storage.js';

/** Index into CpuState.u32 of each PSTATE field. */
export const PstateWord = {
  nzcv: ArchState.offset.nzcv >> 2,
  daif: ArchState.offset.daif >> 2,
  el: ArchState.offset.el >> 2,
  spsel: ArchState.offset.spsel >> 2,
  pan: ArchState.offset.pan >> 2,
  uao: ArchState.offset.uao >> 2,
  dit: ArchState.offset.dit >> 2,
  tco: ArchState.offset.tco >> 2,
  ssbs: ArchState.offset.ssbs >> 2,
  btype: ArchState.offset.btype >> 2,
  ss: ArchState.offset.ss >> 2,
  il: ArchState.offset.il >> 2,
  allint: ArchState.offset.allint >> 2,
  security: ArchState.offset.security >> 2,
} as const;

/** PSTATE.DAIF bits as the `daif` word holds them. */
export const Daif = { D: 8, A: 4, I: 2, F: 1, All: 15 } as const;

/** Bit numbers in SPSR_ELx for an exception from AArch64 state (Arm ARM, C5.2.18). */
export const SpsrBit = {
  F: 6, I: 7, A: 8, D: 9, BTYPE: 10, SSBS: 12, ALLINT: 13, IL: 20, SS: 21, PAN: 22, UAO: 23, DIT: 24, TCO: 25, NZCV: 28,
} as const;

const PFR0 = sysregWord('ID_AA64PFR0_EL1');
const PFR1 = sysregWord('ID_AA64PFR1_EL1');
const MMFR1 = sysregWord('ID_AA64MMFR1_EL1');
const MMFR2 = sysregWord('ID_AA64MMFR2_EL1');
const DFR0 = sysregWord('ID_AA64DFR0_EL1');
const SCR = sysregWord('SCR_EL3');
const HCR = sysregWord('HCR_EL2');

const SCR_NS = 1;
const SCR_EEL2 = 1 << 18;
const HCR_TGE = 1 << 27;
/** HCR_EL2.E2H in the high word. */
const HCR_E2H_HIGH = 1 << 2;

/** Is EL2 (2) or EL3 (3) implemented? EL0 and EL1 always are. */
export function haveEl(state: CpuState, el: number): boolean {
  return el < 2 || ((state.u32[PFR0] >>> (el * 4)) & 15) !== 0;
}

/** The architecture's feature tests that state transitions need, from the identification registers. */
export const has = {
  pan: (state: CpuState): boolean => ((state.u32[MMFR1] >>> 20) & 15) !== 0,
  vhe: (state: CpuState): boolean => ((state.u32[MMFR1] >>> 8) & 15) !== 0,
  uao: (state: CpuState): boolean => ((state.u32[MMFR2] >>> 4) & 15) !== 0,
  dit: (state: CpuState): boolean => ((state.u32[PFR0 + 1] >>> 16) & 15) !== 0,
  sel2: (state: CpuState): boolean => ((state.u32[PFR0 + 1] >>> 4) & 15) !== 0,
  ras: (state: CpuState): boolean => (state.u32[PFR0] >>> 28) !== 0,
  bti: (state: CpuState): boolean => (state.u32[PFR1] & 15) !== 0,
  ssbs: (state: CpuState): boolean => ((state.u32[PFR1] >>> 4) & 15) !== 0,
  ssbs2: (state: CpuState): boolean => ((state.u32[PFR1] >>> 4) & 15) >= 2,
  /** FEAT_MTE. */
  mteInstructions: (state: CpuState): boolean => ((state.u32[PFR1] >>> 8) & 15) !== 0,
  /** FEAT_MTE2. */
  mte: (state: CpuState): boolean => ((state.u32[PFR1] >>> 8) & 15) >= 2,
  nmi: (state: CpuState): boolean => ((state.u32[PFR1 + 1] >>> 4) & 15) !== 0,
  /** FEAT_DoubleLock: the field is signed, 0 means implemented. */
  doubleLock: (state: CpuState): boolean => ((state.u32[DFR0 + 1] >>> 4) & 15) === 0,
} as const;

/** Is the Security state below EL3 Secure? */
export function belowEl3Secure(state: CpuState): boolean {
  return (state.u32[SCR] & SCR_NS) === 0;
}

/** Is the PE in Secure state, EL3 included? */
export function isSecure(state: CpuState): boolean {
  return state.u32[PstateWord.el] === 3 || belowEl3Secure(state);
}

/** EL2Enabled(): is EL2 there and enabled in the Security state below EL3? */
export function el2Enabled(state: CpuState): boolean {
  if (!haveEl(state, 2)) return false;
  return !belowEl3Secure(state) || (has.sel2(state) && (state.u32[SCR] & SCR_EEL2) !== 0);
}

/** HCR_EL2.TGE as it takes effect. */
export function tge(state: CpuState): boolean {
  return (state.u32[HCR] & HCR_TGE) !== 0 && el2Enabled(state);
}

/** Is EL2 a host: HCR_EL2.E2H set, and EL2 enabled? */
export function e2h(state: CpuState): boolean {
  return (state.u32[HCR + 1] & HCR_E2H_HIGH) !== 0 && el2Enabled(state);
}

/** ELIsInHost(): EL2 with E2H, or EL0 with {E2H,TGE} = {1,1}. */
export function elIsInHost(state: CpuState, el: number): boolean {
  if ((state.u32[HCR + 1] & HCR_E2H_HIGH) === 0) return false;
  if (el !== 2 && (el !== 0 || (state.u32[HCR] & HCR_TGE) === 0)) return false;
  return el2Enabled(state);
}

/** Physical address space of the Security state at `el`. */
export function addressSpaceAt(state: CpuState, el: number): PhysicalAddressSpace {
  if (el === 3) return PhysicalAddressSpace.Secure;
  return belowEl3Secure(state) ? PhysicalAddressSpace.Secure : PhysicalAddressSpace.NonSecure;
}

/** Recomputes the `security` word after a write to SCR_EL3. */
export function updateSecurity(state: CpuState): void {
  state.u32[PstateWord.security] = addressSpaceAt(state, state.u32[PstateWord.el]);
}

const SP_BANK = ArchState.offset.sp >> 2;
const SP_CURRENT = (ArchState.offset.x >> 2) + XSlot.SP * 2;

function bankOf(el: number, spsel: number): number {
  return SP_BANK + (spsel !== 0 ? el : 0) * 2;
}

/** Changes PSTATE.EL and PSTATE.SP together, moving the stack pointers and the Security state with them. */
export function setExceptionLevelAndStack(state: CpuState, el: number, spsel: number): void {
  const { u32 } = state;
  const from = bankOf(u32[PstateWord.el], u32[PstateWord.spsel]);
  const to = bankOf(el, spsel);
  if (from !== to) {
    u32[from] = u32[SP_CURRENT];
    u32[from + 1] = u32[SP_CURRENT + 1];
    u32[SP_CURRENT] = u32[to];
    u32[SP_CURRENT + 1] = u32[to + 1];
  }
  u32[PstateWord.el] = el;
  u32[PstateWord.spsel] = spsel;
  u32[PstateWord.security] = addressSpaceAt(state, el);
}

/** Changes PSTATE.EL, keeping PSTATE.SP. */
export function setExceptionLevel(state: CpuState, el: number): void {
  setExceptionLevelAndStack(state, el, state.u32[PstateWord.spsel]);
}

/** Changes PSTATE.SP (0 or 1), as MSR SPSel does. */
export function selectStackPointer(state: CpuState, spsel: number): void {
  setExceptionLevelAndStack(state, state.u32[PstateWord.el], spsel);
}

/** Value of SP_EL0..SP_EL3, whether selected now or banked. */
export function stackPointer(state: CpuState, el: number): bigint {
  const current = bankOf(state.u32[PstateWord.el], state.u32[PstateWord.spsel]) === SP_BANK + el * 2;
  return state.u64[(current ? SP_CURRENT : SP_BANK + el * 2) >> 1];
}

export function setStackPointer(state: CpuState, el: number, value: bigint): void {
  const current = bankOf(state.u32[PstateWord.el], state.u32[PstateWord.spsel]) === SP_BANK + el * 2;
  state.u64[(current ? SP_CURRENT : SP_BANK + el * 2) >> 1] = value;
}

/** PSTATE in the layout of SPSR_ELx, 32 bits (GetPSRFromPSTATE). Fields of absent features are zero in PSTATE too. */
export function packPstate(state: CpuState): number {
  const { u32 } = state;
  return (
    ((u32[PstateWord.nzcv] << SpsrBit.NZCV) |
      (u32[PstateWord.tco] << SpsrBit.TCO) |
      (u32[PstateWord.dit] << SpsrBit.DIT) |
      (u32[PstateWord.uao] << SpsrBit.UAO) |
      (u32[PstateWord.pan] << SpsrBit.PAN) |
      (u32[PstateWord.ss] << SpsrBit.SS) |
      (u32[PstateWord.il] << SpsrBit.IL) |
      (u32[PstateWord.allint] << SpsrBit.ALLINT) |
      (u32[PstateWord.ssbs] << SpsrBit.SSBS) |
      (u32[PstateWord.btype] << SpsrBit.BTYPE) |
      (u32[PstateWord.daif] << SpsrBit.F) |
      (u32[PstateWord.el] << 2) |
      u32[PstateWord.spsel]) >>>
    0
  );
}
