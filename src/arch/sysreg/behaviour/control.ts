import { interruptStatus } from '../../exceptions/interrupts.js';
import { belowEl3Secure, el2Enabled, elIsInHost, PstateWord, updateSecurity } from '../../pstate.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { sysregIndex, sysregWord } from '../storage.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const HCR = sysregWord('HCR_EL2');
const SCTLR1 = sysregWord('SCTLR_EL1');
const SCTLR2 = sysregWord('SCTLR_EL2');
const MIDR = sysregIndex('MIDR_EL1');
const MPIDR = sysregIndex('MPIDR_EL1');
const VPIDR = sysregIndex('VPIDR_EL2');
const VMPIDR = sysregIndex('VMPIDR_EL2');
const DCZID = sysregWord('DCZID_EL0');
const CSSELR = sysregWord('CSSELR_EL1');
const DISR = sysregIndex('DISR_EL1');
const VDISR = sysregIndex('VDISR_EL2');

const HCR_AMO = 1 << 5;
const HCR_TDZ = 1 << 28;
const SCTLR_DZE = 1 << 14;
const DZP = 0x10;

const guest = (state: Parameters<typeof el2Enabled>[0]): boolean => state.u32[PstateWord.el] === 1 && el2Enabled(state);

/** Registers of Secure EL2 are UNDEFINED at Non-secure EL2. */
const secureEl2: Behaviour = {
  check: ({ state }) =>
    state.u32[PstateWord.el] === 2 && !belowEl3Secure(state) ? Verdict.Undefined : Verdict.Allowed,
};

export const CONTROL_BEHAVIOURS: Behaviours = {
  MIDR_EL1: { read: (cpu) => cpu.state.u64[guest(cpu.state) ? VPIDR : MIDR] },
  MPIDR_EL1: { read: (cpu) => cpu.state.u64[guest(cpu.state) ? VMPIDR : MPIDR] },
  VSTTBR_EL2: secureEl2,
  VSTCR_EL2: secureEl2,
  SCR_EL3: { written: (cpu) => updateSecurity(cpu.state) },
  ISR_EL1: { read: (cpu) => interruptStatus(cpu.state, cpu.host.interruptLines()) },
  CCSIDR_EL1: { read: (cpu) => BigInt(cpu.model.definition.ccsidr[cpu.state.u32[CSSELR]] ?? 0) },
  DCZID_EL0: {
    read: ({ state }) => {
      const { u32 } = state;
      const el = u32[PstateWord.el];
      const host = elIsInHost(state, 0);
      let prohibited = el === 0 && (u32[host ? SCTLR2 : SCTLR1] & SCTLR_DZE) === 0;
      if (el < 2 && !(el === 0 && host) && el2Enabled(state) && (u32[HCR] & HCR_TDZ) !== 0) prohibited = true;
      return BigInt(u32[DCZID] | (prohibited ? DZP : 0));
    },
  },
  DISR_EL1: {
    // ESB defers virtual SErrors of a guest into VDISR_EL2.
    read: ({ state }) => state.u64[guest(state) && (state.u32[HCR] & HCR_AMO) !== 0 ? VDISR : DISR],
    write: ({ state }, value) => {
      state.u64[guest(state) && (state.u32[HCR] & HCR_AMO) !== 0 ? VDISR : DISR] = value & 0x81ff_ffffn;
      return Effect.None;
    },
  },
  RNDR: { read: (cpu) => randomNumber(cpu) },
  RNDRRS: { read: (cpu) => randomNumber(cpu) },
};

/** RNDR sets PSTATE.NZCV: 0000 with a number, 0100 and zero without one. */
function randomNumber(cpu: Parameters<NonNullable<Behaviours[string]['read']>>[0]): bigint {
  const value = cpu.host.random();
  cpu.state.u32[PstateWord.nzcv] = value === undefined ? 4 : 0;
  return BigInt.asUintN(64, value ?? 0n);
}
