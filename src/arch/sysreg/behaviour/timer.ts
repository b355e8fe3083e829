import { belowEl3Secure, e2h, el2Enabled, elIsInHost, PstateWord, tge } from '../../pstate.js';
import { timerCondition, timerOffset } from '../../timer.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { TIMER_NAMES, type TimerName } from '../host.js';
import { sysregIndex, sysregWord } from '../storage.js';
import type { SystemRegisters } from '../system-registers.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const CNTKCTL = sysregWord('CNTKCTL_EL1');
const CNTHCTL = sysregWord('CNTHCTL_EL2');
const SCR = sysregWord('SCR_EL3');
const SCR_ST = 1 << 11;
const TIMER_EFFECTS = Effect.Timer | Effect.Interrupts;

/** Access to a counter (bit 0 physical, 1 virtual) or a timer (bit 9 physical, 8 virtual) from EL0 and EL1. */
function verdict(cpu: SystemRegisters, el0Bit: number, virtual: boolean, counter: boolean): number {
  const { state } = cpu;
  const { u32 } = state;
  const el = u32[PstateWord.el];
  if (el >= 2) return Verdict.Allowed;
  const host = elIsInHost(state, 0);
  if (el === 0 && (u32[host ? CNTHCTL : CNTKCTL] & (1 << el0Bit)) === 0) {
    return host || tge(state) ? Verdict.El2 : Verdict.El1;
  }
  if (host || !el2Enabled(state)) return Verdict.Allowed;
  const control = u32[CNTHCTL];
  if (virtual) {
    // FEAT_ECV: EL1TVCT traps the virtual counter, EL1TVT the virtual timer.
    const trap = cpu.model.has('FEAT_ECV') && (control & (counter ? 1 << 14 : 1 << 13)) !== 0;
    return trap ? Verdict.El2 : Verdict.Allowed;
  }
  const bit = e2h(state) ? (counter ? 10 : 11) : counter ? 0 : 1;
  return (control & (1 << bit)) === 0 ? Verdict.El2 : Verdict.Allowed;
}

/** Secure timers of EL1: EL3, and Secure EL1 while SCR_EL3.ST lets it. */
function secureVerdict(cpu: SystemRegisters): number {
  const el = cpu.state.u32[PstateWord.el];
  if (el === 3) return Verdict.Allowed;
  if (el !== 1 || !belowEl3Secure(cpu.state)) return Verdict.Undefined;
  return (cpu.state.u32[SCR] & SCR_ST) === 0 ? Verdict.El3 : Verdict.Allowed;
}

/** Timers of Secure EL2: EL3 with SCR_EL3.EEL2, and Secure EL2. */
function secureEl2Verdict(cpu: SystemRegisters): number {
  const el = cpu.state.u32[PstateWord.el];
  if (el === 2) return belowEl3Secure(cpu.state) ? Verdict.Allowed : Verdict.Undefined;
  return Verdict.Allowed;
}

const checks: Readonly<Record<TimerName, ((cpu: SystemRegisters) => number) | undefined>> = {
  CNTP: (cpu) => verdict(cpu, 9, false, false),
  CNTV: (cpu) => verdict(cpu, 8, true, false),
  CNTHP: undefined,
  CNTHV: undefined,
  CNTPS: secureVerdict,
  CNTHPS: secureEl2Verdict,
  CNTHVS: secureEl2Verdict,
};
const suffix = (name: TimerName): string =>
  ({ CNTP: 'EL0', CNTV: 'EL0', CNTHP: 'EL2', CNTHV: 'EL2', CNTPS: 'EL1', CNTHPS: 'EL2', CNTHVS: 'EL2' })[name];

function timer(name: TimerName): [string, Behaviour][] {
  const el = suffix(name);
  const ctl = sysregIndex(`${name}_CTL_${el}`);
  const cval = sysregIndex(`${name}_CVAL_${el}`);
  const check = checks[name];
  const guard: Behaviour = check === undefined ? {} : { check };
  const changed = (cpu: SystemRegisters): void => cpu.host.timer.changed();
  const view = (cpu: SystemRegisters): bigint => cpu.host.timer.count() - timerOffset(cpu.state, name);
  return [
    [`${name}_CTL_${el}`, {
      ...guard,
      read: (cpu) => {
        const control = cpu.state.u64[ctl] & 3n;
        return timerCondition(cpu.state, name, cpu.host.timer.count()) ? control | 4n : control;
      },
      written: changed,
    }],
    [`${name}_CVAL_${el}`, { ...guard, written: changed }],
    [`${name}_TVAL_${el}`, {
      ...guard,
      read: (cpu) => BigInt.asUintN(32, cpu.state.u64[cval] - view(cpu)),
      write: (cpu, value) => {
        cpu.state.u64[cval] = BigInt.asUintN(64, view(cpu) + BigInt.asIntN(32, value));
        changed(cpu);
        return TIMER_EFFECTS;
      },
    }],
  ];
}

const physicalCounter: Behaviour = {
  check: (cpu) => verdict(cpu, 0, false, true),
  read: (cpu) => cpu.host.timer.count(),
};
const virtualCounter: Behaviour = {
  check: (cpu) => verdict(cpu, 1, true, true),
  read: (cpu) => BigInt.asUintN(64, cpu.host.timer.count() - virtualOffset(cpu)),
};
const CNTVOFF = sysregIndex('CNTVOFF_EL2');

/** CNTVCT_EL0 is not offset at EL2 with HCR_EL2.E2H, nor at EL0 of a host. */
function virtualOffset(cpu: SystemRegisters): bigint {
  const { state } = cpu;
  return elIsInHost(state, state.u32[PstateWord.el]) ? 0n : state.u64[CNTVOFF];
}

const notify: Behaviour = { written: (cpu) => cpu.host.timer.changed() };

export const TIMER_BEHAVIOURS: Behaviours = {
  ...Object.fromEntries(TIMER_NAMES.flatMap(timer)),
  CNTPCT_EL0: physicalCounter,
  CNTPCTSS_EL0: physicalCounter,
  CNTVCT_EL0: virtualCounter,
  CNTVCTSS_EL0: virtualCounter,
  CNTFRQ_EL0: {
    check: (cpu, write) => {
      const { state, model } = cpu;
      const el = state.u32[PstateWord.el];
      if (write) return el === (model.el3 ? 3 : model.el2 ? 2 : 1) ? Verdict.Allowed : Verdict.Undefined;
      if (el !== 0) return Verdict.Allowed;
      const host = elIsInHost(state, 0);
      if ((state.u32[host ? CNTHCTL : CNTKCTL] & 3) !== 0) return Verdict.Allowed;
      return host || tge(state) ? Verdict.El2 : Verdict.El1;
    },
  },
  CNTKCTL_EL1: notify,
  CNTHCTL_EL2: notify,
  CNTVOFF_EL2: notify,
};
