import type { CpuState } from '../cpu-state.js';
import { Daif, elIsInHost, has, packPstate, PstateWord, setExceptionLevelAndStack } from '../pstate.js';
import { ArchState } from '../state-layout.js';
import { sysregIndex, sysregWord } from '../sysreg/storage.js';
import { ExceptionClass, type Syndrome } from './syndrome.js';

/** Offsets into the vector table by kind of exception. */
export const ExceptionKind = { Synchronous: 0x000, Irq: 0x080, Fiq: 0x100, SError: 0x180 } as const;
export type ExceptionKind = (typeof ExceptionKind)[keyof typeof ExceptionKind];

export interface ExceptionRequest {
  readonly kind: ExceptionKind;
  /** 1..3; from routeSynchronous, pendingInterrupt or a trap. Never below the current EL. */
  readonly targetEl: number;
  /** For synchronous exceptions and SErrors; IRQ and FIQ leave ESR_ELx as it is. */
  readonly syndrome?: Syndrome;
  /** Written to FAR_ELx where given. */
  readonly far?: bigint;
  /** Written to HPFAR_EL2 where given and the exception goes to EL2: the faulting IPA >> 8, bits 43..4. */
  readonly hpfar?: bigint;
  /** Preferred return address; the PC as it stands where it is left out. */
  readonly returnAddress?: bigint;
}

/** Words of the PE's state, except `far`, which is an index into u64. */
interface Banked {
  readonly sctlr: number;
  readonly vbar: number;
  readonly elr: number;
  readonly spsr: number;
  readonly esr: number;
  readonly far: number;
}
const banked = (el: number): Banked => ({
  sctlr: sysregWord(`SCTLR_EL${el}`),
  vbar: sysregWord(`VBAR_EL${el}`),
  elr: sysregWord(`ELR_EL${el}`),
  spsr: sysregWord(`SPSR_EL${el}`),
  esr: sysregWord(`ESR_EL${el}`),
  far: sysregIndex(`FAR_EL${el}`),
});
const BANKS: readonly Banked[] = [banked(1), banked(1), banked(2), banked(3)];
const HPFAR = sysregIndex('HPFAR_EL2');
const PC = ArchState.offset.pc >> 2;

const SCTLR_SPAN = 1 << 23;
/** SCTLR_ELx.DSSBS (bit 44) and SPINTMASK (bit 62) in the high word. */
const SCTLR_DSSBS_HIGH = 1 << 12;
const SCTLR_SPINTMASK_HIGH = 1 << 30;

/** Classes that have a second value, one higher, for an exception taken without a change of EL. */
const PAIRED = new Set<number>([
  ExceptionClass.InstructionAbortLower,
  ExceptionClass.DataAbortLower,
  ExceptionClass.BreakpointLower,
  ExceptionClass.SoftwareStepLower,
  ExceptionClass.WatchpointLower,
]);

/** ESR_ELx bits 31..0. IL is 1: every AArch64 instruction has 32 bits. */
function esrLow(syndrome: Syndrome, fromEl: number, targetEl: number): number {
  const ec = fromEl === targetEl && PAIRED.has(syndrome.ec) ? syndrome.ec + 1 : syndrome.ec;
  return ((ec << 26) | (1 << 25) | syndrome.iss) >>> 0;
}

/** ESR_ELx for a syndrome, taken from `fromEl` to `targetEl`. */
export function encodeEsr(syndrome: Syndrome, fromEl: number, targetEl: number): bigint {
  return (BigInt(syndrome.iss2 ?? 0) << 32n) | BigInt(esrLow(syndrome, fromEl, targetEl));
}

/**
 * Takes an exception to AArch64 state (AArch64.TakeException): saves PSTATE and the return address, reports the
 * syndrome, enters the target EL and sets the PC to the vector. The caller clears the exclusive monitor, recomputes
 * access contexts and synchronizes performance counters.
 */
export function takeException(state: CpuState, request: ExceptionRequest): void {
  const { u32, u64 } = state;
  const { targetEl, kind, syndrome } = request;
  const bank = BANKS[targetEl];
  const fromEl = u32[PstateWord.el];

  let offset: number = kind;
  if (targetEl > fromEl) offset += 0x400;
  else if (u32[PstateWord.spsel] !== 0) offset += 0x200;

  u32[bank.spsr] = packPstate(state);
  u32[bank.spsr + 1] = 0;
  if (syndrome !== undefined) {
    u32[bank.esr] = esrLow(syndrome, fromEl, targetEl);
    u32[bank.esr + 1] = syndrome.iss2 ?? 0;
  }
  if (request.far !== undefined) u64[bank.far] = request.far;
  if (request.hpfar !== undefined && targetEl === 2) u64[HPFAR] = request.hpfar;
  if (request.returnAddress === undefined) {
    u32[bank.elr] = u32[PC];
    u32[bank.elr + 1] = u32[PC + 1];
  } else {
    u64[bank.elr >> 1] = request.returnAddress;
  }

  setExceptionLevelAndStack(state, targetEl, 1);
  enterHandler(state, bank.sctlr, targetEl);
  // VBAR_ELx is a multiple of 2048, so the offset never carries.
  u32[PC] = u32[bank.vbar] | offset;
  u32[PC + 1] = u32[bank.vbar + 1];
}

/** PSTATE on entry to an exception handler. DIT and NZCV keep their values. */
function enterHandler(state: CpuState, sctlr: number, targetEl: number): void {
  const { u32 } = state;
  u32[PstateWord.daif] = Daif.All;
  u32[PstateWord.il] = 0;
  u32[PstateWord.ss] = 0;
  u32[PstateWord.btype] = 0;
  u32[PstateWord.uao] = 0;
  if (has.pan(state) && (u32[sctlr] & SCTLR_SPAN) === 0) {
    if (targetEl === 1 || (targetEl === 2 && elIsInHost(state, 0))) u32[PstateWord.pan] = 1;
  }
  if (has.ssbs(state)) u32[PstateWord.ssbs] = (u32[sctlr + 1] & SCTLR_DSSBS_HIGH) !== 0 ? 1 : 0;
  if (has.mte(state)) u32[PstateWord.tco] = 1;
  if (has.nmi(state)) u32[PstateWord.allint] = (u32[sctlr + 1] & SCTLR_SPINTMASK_HIGH) === 0 ? 1 : 0;
}
