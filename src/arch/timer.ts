import type { CpuState } from './cpu-state.js';
import { TIMER_NAMES, type TimerName } from './sysreg/host.js';
import { sysregIndex } from './sysreg/storage.js';

const EL: Readonly<Record<TimerName, string>> = {
  CNTP: 'EL0', CNTV: 'EL0', CNTHP: 'EL2', CNTHV: 'EL2', CNTPS: 'EL1', CNTHPS: 'EL2', CNTHVS: 'EL2',
};
function index(register: string): Readonly<Record<TimerName, number>> {
  const entries = TIMER_NAMES.map((name) => [name, sysregIndex(`${name}_${register}_${EL[name]}`)]);
  return Object.fromEntries(entries) as Record<TimerName, number>;
}
const CTL = index('CTL');
const CVAL = index('CVAL');
const CNTVOFF = sysregIndex('CNTVOFF_EL2');

const ENABLE = 1n;
const IMASK = 2n;

/** What the counter is reduced by for this timer: CNTVOFF_EL2 for the EL1 virtual timer, which is zero without EL2. */
export function timerOffset(state: CpuState, name: TimerName): bigint {
  return name === 'CNTV' ? state.u64[CNTVOFF] : 0n;
}

/** ISTATUS: the timer is enabled and its condition is met (Arm ARM, D11.2.4). @param count physical count */
export function timerCondition(state: CpuState, name: TimerName, count: bigint): boolean {
  if ((state.u64[CTL[name]] & ENABLE) === 0n) return false;
  return BigInt.asUintN(64, count - timerOffset(state, name)) >= state.u64[CVAL[name]];
}

/** Level of the timer's interrupt. */
export function timerInterrupt(state: CpuState, name: TimerName, count: bigint): boolean {
  return (state.u64[CTL[name]] & IMASK) === 0n && timerCondition(state, name, count);
}

/** Physical count at which the timer's interrupt will be asserted; undefined when it is now, or never will be. */
export function timerDeadline(state: CpuState, name: TimerName, count: bigint): bigint | undefined {
  if ((state.u64[CTL[name]] & (ENABLE | IMASK)) !== ENABLE || timerCondition(state, name, count)) return undefined;
  const deadline = state.u64[CVAL[name]] + timerOffset(state, name);
  return deadline > 0xffff_ffff_ffff_ffffn ? undefined : deadline;
}
