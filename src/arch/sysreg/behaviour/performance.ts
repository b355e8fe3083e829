import { elIsInHost, PstateWord, tge } from '../../pstate.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { PmuEvent } from '../performance-counters.js';
import { sysregIndex, sysregWord } from '../storage.js';
import type { SystemRegisters } from '../system-registers.js';
import { MAX_EVENT_COUNTERS } from '../table/performance.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const USERENR = sysregWord('PMUSERENR_EL0');
const SELR = sysregWord('PMSELR_EL0');
const PMCR = sysregIndex('PMCR_EL0');
const ENABLED = sysregIndex('PMCNTENSET_EL0');
const OVERFLOW = sysregIndex('PMOVSSET_EL0');
const INTERRUPT = sysregIndex('PMINTENSET_EL1');
const CYCLES = sysregIndex('PMCCNTR_EL0');
const CYCLE_FILTER = sysregIndex('PMCCFILTR_EL0');
const COUNTERS = Array.from({ length: MAX_EVENT_COUNTERS }, (_, n) => sysregIndex(`PMEVCNTR${n}_EL0`));
const TYPES = Array.from({ length: MAX_EVENT_COUNTERS }, (_, n) => sysregIndex(`PMEVTYPER${n}_EL0`));

const EN = 1;
const SW = 2;
const CR = 4;
const ER = 8;
const CYCLE_BIT = 1n << 31n;
const PMU_EFFECTS = Effect.Pmu | Effect.Interrupts;

/** PMUSERENR_EL0 bits of which any lets EL0 in. */
const user = (readBits: number, writeBits = readBits) => ({ state }: SystemRegisters, write: boolean): number => {
  if (state.u32[PstateWord.el] !== 0) return Verdict.Allowed;
  if ((state.u32[USERENR] & (write ? writeBits : readBits)) !== 0) return Verdict.Allowed;
  return elIsInHost(state, 0) || tge(state) ? Verdict.El2 : Verdict.El1;
};

/** Counters that the current EL may touch: EL2 and above all, below only those under MDCR_EL2.HPMN. */
function accessible(cpu: SystemRegisters): bigint {
  const all = cpu.state.u32[PstateWord.el] >= 2;
  const count = all ? cpu.model.eventCounters : cpu.counters.guestCounters;
  return CYCLE_BIT | ((1n << BigInt(count)) - 1n);
}

/** A pair of registers that set and clear bits of one mask. */
const mask = (index: number, set: boolean, check: Behaviour['check']): Behaviour => ({
  ...(check === undefined ? {} : { check }),
  read: (cpu) => {
    cpu.counters.synchronize();
    return cpu.state.u64[index] & accessible(cpu);
  },
  write: (cpu, value) => {
    cpu.counters.synchronize();
    const bits = value & accessible(cpu);
    if (set) cpu.state.u64[index] |= bits;
    else cpu.state.u64[index] &= ~bits;
    cpu.counters.updateInterrupt();
    return PMU_EFFECTS;
  },
});

/** Is event counter n out of reach at this EL because MDCR_EL2.HPMN gives it to EL2? */
function counterCheck(n: (cpu: SystemRegisters) => number, readBits: number): NonNullable<Behaviour['check']> {
  const enables = user(readBits, EN);
  return (cpu, write) => {
    const verdict = enables(cpu, write);
    if (verdict !== Verdict.Allowed) return verdict;
    const el = cpu.state.u32[PstateWord.el];
    const number = n(cpu);
    return el < 2 && number < cpu.model.eventCounters && number >= cpu.counters.guestCounters
      ? Verdict.El2
      : Verdict.Allowed;
  };
}

const selected = (cpu: SystemRegisters): number => cpu.state.u32[SELR] & 31;

/** Event counters are 32 bits wide before FEAT_PMUv3p5. */
const counterMask = (cpu: SystemRegisters): bigint =>
  cpu.model.has('FEAT_PMUv3p5') ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
const typeMask = (cpu: SystemRegisters): bigint => (cpu.model.has('FEAT_PMUv3p1') ? 0xfe00_ffffn : 0xfe00_03ffn);

function counterAt(n: (cpu: SystemRegisters) => number): Behaviour {
  return {
    check: counterCheck(n, EN | ER),
    read: (cpu) => {
      cpu.counters.synchronize();
      return n(cpu) < cpu.model.eventCounters ? cpu.state.u64[COUNTERS[n(cpu)]] : 0n;
    },
    write: (cpu, value) => {
      cpu.counters.synchronize();
      if (n(cpu) < cpu.model.eventCounters) cpu.state.u64[COUNTERS[n(cpu)]] = value & counterMask(cpu);
      return PMU_EFFECTS;
    },
  };
}

function typeAt(n: (cpu: SystemRegisters) => number, cycleFilter: boolean): Behaviour {
  const slot = (cpu: SystemRegisters): number | undefined => {
    if (cycleFilter && n(cpu) === 31) return CYCLE_FILTER;
    return n(cpu) < cpu.model.eventCounters ? TYPES[n(cpu)] : undefined;
  };
  return {
    check: counterCheck(n, EN),
    read: (cpu) => {
      const index = slot(cpu);
      return index === undefined ? 0n : cpu.state.u64[index];
    },
    write: (cpu, value) => {
      cpu.counters.synchronize();
      const index = slot(cpu);
      if (index !== undefined) cpu.state.u64[index] = value & (index === CYCLE_FILTER ? 0xfc00_0000n : typeMask(cpu));
      return PMU_EFFECTS;
    },
  };
}

/** Common event identification, events 0..31 and 32..63. */
function events(cpu: SystemRegisters, first: number): bigint {
  let bits = 0n;
  for (const event of Object.values(PmuEvent)) {
    const stall = event === PmuEvent.StallFrontend || event === PmuEvent.StallBackend;
    if (stall && !cpu.model.has('FEAT_PMUv3p1')) continue;
    if (event === PmuEvent.Stall && !cpu.model.has('FEAT_PMUv3p4')) continue;
    if (event >= first && event < first + 32) bits |= 1n << BigInt(event - first);
  }
  return bits;
}

const PMCR_WRITABLE = (cpu: SystemRegisters): bigint => (cpu.model.has('FEAT_PMUv3p5') ? 0xf9n : 0x79n);

export const PERFORMANCE_BEHAVIOURS: Behaviours = {
  PMCR_EL0: {
    check: user(EN),
    read: (cpu) => {
      const value = cpu.state.u64[PMCR];
      // PMCR_EL0.N shows a guest what MDCR_EL2.HPMN leaves it.
      if (cpu.state.u32[PstateWord.el] >= 2) return value;
      return (value & ~0xf800n) | (BigInt(cpu.counters.guestCounters) << 11n);
    },
    write: (cpu, value) => {
      cpu.counters.synchronize();
      const writable = PMCR_WRITABLE(cpu);
      const all = cpu.state.u32[PstateWord.el] >= 2;
      cpu.counters.reset(value, all ? cpu.model.eventCounters : cpu.counters.guestCounters);
      cpu.state.u64[PMCR] = (cpu.state.u64[PMCR] & ~writable) | (value & writable);
      cpu.counters.updateInterrupt();
      return PMU_EFFECTS;
    },
  },
  PMCNTENSET_EL0: mask(ENABLED, true, user(EN)),
  PMCNTENCLR_EL0: mask(ENABLED, false, user(EN)),
  PMOVSSET_EL0: mask(OVERFLOW, true, user(EN)),
  PMOVSCLR_EL0: mask(OVERFLOW, false, user(EN)),
  PMINTENSET_EL1: mask(INTERRUPT, true, undefined),
  PMINTENCLR_EL1: mask(INTERRUPT, false, undefined),
  PMSELR_EL0: { check: user(EN | ER) },
  PMSWINC_EL0: {
    check: user(EN | SW),
    write: (cpu, value) => {
      cpu.counters.synchronize();
      cpu.counters.softwareIncrement(Number(value & accessible(cpu) & 0x7fff_ffffn));
      return PMU_EFFECTS;
    },
  },
  PMCEID0_EL0: { check: user(EN), read: (cpu) => events(cpu, 0) },
  PMCEID1_EL0: { check: user(EN), read: (cpu) => events(cpu, 32) },
  PMCCNTR_EL0: {
    check: user(EN | CR, EN),
    read: (cpu) => {
      cpu.counters.synchronize();
      return cpu.state.u64[CYCLES];
    },
    write: (cpu, value) => {
      cpu.counters.synchronize();
      cpu.state.u64[CYCLES] = value;
      return PMU_EFFECTS;
    },
  },
  PMCCFILTR_EL0: { ...typeAt(() => 31, true), check: user(EN) },
  PMXEVTYPER_EL0: typeAt(selected, true),
  PMXEVCNTR_EL0: counterAt(selected),
  ...Object.fromEntries(
    COUNTERS.flatMap((_, n) => [
      [`PMEVCNTR${n}_EL0`, counterAt(() => n)],
      [`PMEVTYPER${n}_EL0`, typeAt(() => n, false)],
    ]),
  ),
};
