import { elIsInHost, PstateWord, tge } from '../../pstate.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { sysregIndex, sysregWord } from '../storage.js';
import type { SystemRegisters } from '../system-registers.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const MDSCR = sysregWord('MDSCR_EL1');
const OSLSR = sysregIndex('OSLSR_EL1');
const CLAIM = sysregIndex('DBGCLAIMCLR_EL1');
const MDCR2 = sysregWord('MDCR_EL2');

const MDSCR_TDCC = 1 << 12;
const OSLSR_OSLK = 2n;
const MDCR_TDA = 1 << 9;
const MDCR_TDE = 1 << 8;

/** Debug communications channel from EL0: MDSCR_EL1.TDCC, then MDCR_EL2.TDA. */
const channel: Behaviour = {
  check: ({ state }: SystemRegisters) => {
    const el = state.u32[PstateWord.el];
    if (el === 0 && (state.u32[MDSCR] & MDSCR_TDCC) !== 0) return tge(state) ? Verdict.El2 : Verdict.El1;
    if (el < 2 && !elIsInHost(state, 0) && (state.u32[MDCR2] & (MDCR_TDA | MDCR_TDE)) !== 0) return Verdict.El2;
    return Verdict.Allowed;
  },
  // No external debugger is attached: nothing is ever received, and what is sent is dropped.
  read: () => 0n,
  write: () => Effect.None,
};

export const DEBUG_BEHAVIOURS: Behaviours = {
  MDCCSR_EL0: channel,
  DBGDTR_EL0: channel,
  DBGDTRRX_EL0: channel,
  MDRAR_EL1: { read: () => 0n },
  OSLAR_EL1: {
    write: ({ state }, value) => {
      state.u64[OSLSR] = (state.u64[OSLSR] & ~OSLSR_OSLK) | ((value & 1n) << 1n);
      return Effect.Debug;
    },
  },
  DBGCLAIMSET_EL1: {
    read: () => 0xffn,
    write: ({ state }, value) => {
      state.u64[CLAIM] |= value & 0xffn;
      return Effect.None;
    },
  },
  DBGCLAIMCLR_EL1: {
    write: ({ state }, value) => {
      state.u64[CLAIM] &= ~(value & 0xffn);
      return Effect.None;
    },
  },
};
