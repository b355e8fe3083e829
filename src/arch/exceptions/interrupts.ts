import type { CpuState } from '../cpu-state.js';
import { Daif, el2Enabled, haveEl, PstateWord } from '../pstate.js';
import { sysregWord } from '../sysreg/storage.js';
import { ExceptionKind } from './take.js';

/**
 * Interrupt lines into a PE, as ControlState.interruptLines holds them. Hypervisor is no line: it says that HCR_EL2 has
 * a virtual interrupt pending, and belongs to the PE's own thread.
 */
export const InterruptLine = {
  Irq: 1, Fiq: 2, VirtualIrq: 4, VirtualFiq: 8, VirtualSError: 16, SError: 32, Hypervisor: 64,
} as const;

export interface PendingInterrupt {
  readonly kind: ExceptionKind;
  readonly targetEl: 1 | 2 | 3;
  /** Virtual SError: the syndrome is VSESR_EL2's, and HCR_EL2.VSE is cleared on taking it. */
  readonly virtual: boolean;
}

const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');

const HCR_FMO = 1 << 3;
const HCR_IMO = 1 << 4;
const HCR_AMO = 1 << 5;
const HCR_VF = 1 << 6;
const HCR_VI = 1 << 7;
const HCR_VSE = 1 << 8;
const HCR_VIRTUAL = HCR_VF | HCR_VI | HCR_VSE;
const HCR_TGE = 1 << 27;
const HCR_E2H_HIGH = 1 << 2;
const SCR_IRQ = 1 << 1;
const SCR_FIQ = 1 << 2;
const SCR_EA = 1 << 3;

const result = (kind: ExceptionKind, targetEl: 1 | 2 | 3, virtual = false): PendingInterrupt =>
  Object.freeze({ kind, targetEl, virtual });
const physical = (kind: ExceptionKind) => [undefined, result(kind, 1), result(kind, 2), result(kind, 3)] as const;
const FIQ = physical(ExceptionKind.Fiq);
const IRQ = physical(ExceptionKind.Irq);
const SERROR = physical(ExceptionKind.SError);
const VIRTUAL_IRQ = result(ExceptionKind.Irq, 1, true);
const VIRTUAL_FIQ = result(ExceptionKind.Fiq, 1, true);
const VIRTUAL_SERROR = result(ExceptionKind.SError, 1, true);

/** Target EL of a physical interrupt, 0 while it stays pending (Arm ARM, D1.3.6). */
function takeable(state: CpuState, mask: number, scrBit: number, hcrBit: number): 0 | 1 | 2 | 3 {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  const unmasked = (u32[PstateWord.daif] & mask) === 0;
  if (haveEl(state, 3) && (u32[SCR] & scrBit) !== 0) return el < 3 || unmasked ? 3 : 0;
  if (el < 3 && (u32[HCR] & (hcrBit | HCR_TGE)) !== 0 && el2Enabled(state)) {
    if (el === 2) return unmasked ? 2 : 0;
    // A host's EL0 masks interrupts to its EL2; a guest cannot mask what EL2 receives.
    const host = (u32[HCR] & HCR_TGE) !== 0 && (u32[HCR + 1] & HCR_E2H_HIGH) !== 0;
    return !host || unmasked ? 2 : 0;
  }
  return el < 2 && unmasked ? 1 : 0;
}

/**
 * The interrupt that the PE takes now, or undefined.
 * @param lines InterruptLine bits; HCR_EL2.VI, VF and VSE are added here.
 */
export function pendingInterrupt(state: CpuState, lines: number): PendingInterrupt | undefined {
  const { u32 } = state;
  const virtual = u32[HCR] & HCR_VIRTUAL;
  if (lines === 0 && virtual === 0) return undefined;
  if ((lines & InterruptLine.SError) !== 0) {
    const target = takeable(state, Daif.A, SCR_EA, HCR_AMO);
    if (target !== 0) return SERROR[target];
  }
  if ((lines & InterruptLine.Fiq) !== 0) {
    const target = takeable(state, Daif.F, SCR_FIQ, HCR_FMO);
    if (target !== 0) return FIQ[target];
  }
  if ((lines & InterruptLine.Irq) !== 0) {
    const target = takeable(state, Daif.I, SCR_IRQ, HCR_IMO);
    if (target !== 0) return IRQ[target];
  }
  return pendingVirtual(state, lines, virtual);
}

function pendingVirtual(state: CpuState, lines: number, hcrPending: number): PendingInterrupt | undefined {
  const { u32 } = state;
  const hcr = u32[HCR];
  if (u32[PstateWord.el] > 1 || (hcr & HCR_TGE) !== 0 || !el2Enabled(state)) return undefined;
  const takes = (line: number, bit: number, route: number, mask: number): boolean =>
    ((lines & line) !== 0 || (hcrPending & bit) !== 0) && (hcr & route) !== 0 && (u32[PstateWord.daif] & mask) === 0;
  if (takes(InterruptLine.VirtualSError, HCR_VSE, HCR_AMO, Daif.A)) return VIRTUAL_SERROR;
  if (takes(InterruptLine.VirtualFiq, HCR_VF, HCR_FMO, Daif.F)) return VIRTUAL_FIQ;
  if (takes(InterruptLine.VirtualIrq, HCR_VI, HCR_IMO, Daif.I)) return VIRTUAL_IRQ;
  return undefined;
}

/** Does a pending interrupt wake the PE from WFI? PSTATE masks do not count, HCR_EL2 routing does (Arm ARM, D1.7.2). */
export function wakesFromWfi(state: CpuState, lines: number): boolean {
  const { u32 } = state;
  if ((lines & (InterruptLine.Irq | InterruptLine.Fiq | InterruptLine.SError)) !== 0) return true;
  const hcr = u32[HCR];
  if (u32[PstateWord.el] > 1 || (hcr & HCR_TGE) !== 0 || !el2Enabled(state)) return false;
  const asserted = (line: number, bit: number, route: number): boolean =>
    (hcr & route) !== 0 && ((lines & line) !== 0 || (hcr & bit) !== 0);
  return (
    asserted(InterruptLine.VirtualIrq, HCR_VI, HCR_IMO) ||
    asserted(InterruptLine.VirtualFiq, HCR_VF, HCR_FMO) ||
    asserted(InterruptLine.VirtualSError, HCR_VSE, HCR_AMO)
  );
}

/** ISR_EL1: SError, IRQ, FIQ pending in bits 8..6; virtual ones for EL1 where HCR_EL2 routes the physical ones away. */
export function interruptStatus(state: CpuState, lines: number): bigint {
  const { u32 } = state;
  const guest = u32[PstateWord.el] === 1 && el2Enabled(state);
  const hcr = u32[HCR];
  const status = (route: number, line: number, virtualLine: number, bit: number, isr: number): number => {
    const pending =
      guest && (hcr & route) !== 0 ? (lines & virtualLine) !== 0 || (hcr & bit) !== 0 : (lines & line) !== 0;
    return pending ? isr : 0;
  };
  return BigInt(
    status(HCR_AMO, InterruptLine.SError, InterruptLine.VirtualSError, HCR_VSE, 1 << 8) |
      status(HCR_IMO, InterruptLine.Irq, InterruptLine.VirtualIrq, HCR_VI, 1 << 7) |
      status(HCR_FMO, InterruptLine.Fiq, InterruptLine.VirtualFiq, HCR_VF, 1 << 6),
  );
}
