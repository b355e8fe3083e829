import type { CpuState } from '../cpu-state.js';
import { routeSynchronous } from '../exceptions/routing.js';
import { has, PstateWord, selectStackPointer } from '../pstate.js';
import { systemTrap, undefinedTrap, Verdict, type SystemTrap } from './access.js';
import { daifVerdict } from './behaviour/pstate.js';
import { Effect } from './definition.js';
import { packEncoding, systemTrapIss } from './encoding.js';

/** PSTATE fields of MSR (immediate) by op1 << 3 | op2 (Arm ARM, C5.1.3). */
export const PstateField = {
  UAO: 0b000_011, PAN: 0b000_100, SPSel: 0b000_101, ALLINT: 0b001_000, SSBS: 0b011_001, DIT: 0b011_010, TCO: 0b011_100,
  DAIFSet: 0b011_110, DAIFClr: 0b011_111,
} as const;

/**
 * MSR (immediate): writes `crm`, 0..15, to the PSTATE field that op1 and op2 name. Returns Effect bits, or the trap.
 * CFINV, XAFLAG and AXFLAG, which share the encoding, are instructions of their own.
 */
export function msrImmediate(state: CpuState, op1: number, crm: number, op2: number): number | SystemTrap {
  const { u32 } = state;
  const privileged = u32[PstateWord.el] !== 0;
  const bit = crm & 1;
  switch ((op1 << 3) | op2) {
    case PstateField.UAO:
      if (!privileged || !has.uao(state)) break;
      u32[PstateWord.uao] = bit;
      return Effect.AccessContext;
    case PstateField.PAN:
      if (!privileged || !has.pan(state)) break;
      u32[PstateWord.pan] = bit;
      return Effect.AccessContext;
    case PstateField.SPSel:
      if (!privileged) break;
      selectStackPointer(state, bit);
      return Effect.None;
    case PstateField.ALLINT:
      if (!privileged || !has.nmi(state) || crm > 1) break;
      u32[PstateWord.allint] = bit;
      return Effect.Interrupts;
    case PstateField.SSBS:
      if (!has.ssbs2(state)) break;
      u32[PstateWord.ssbs] = bit;
      return Effect.None;
    case PstateField.DIT:
      if (!has.dit(state)) break;
      u32[PstateWord.dit] = bit;
      return Effect.None;
    case PstateField.TCO:
      if (!has.mteInstructions(state)) break;
      if (has.mte(state)) u32[PstateWord.tco] = bit;
      return Effect.None;
    case PstateField.DAIFSet:
    case PstateField.DAIFClr: {
      const verdict = daifVerdict(state);
      if (verdict !== Verdict.Allowed) {
        return systemTrap(verdict, systemTrapIss(0, packEncoding(0, op1, 4, crm, op2), 31, false));
      }
      if (op2 === 6) u32[PstateWord.daif] |= crm;
      else u32[PstateWord.daif] &= ~crm;
      return Effect.Interrupts | Effect.Debug;
    }
  }
  return undefinedTrap(routeSynchronous(state));
}
