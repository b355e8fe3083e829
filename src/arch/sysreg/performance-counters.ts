import type { CpuState } from '../cpu-state.js';
import { belowEl3Secure, has, haveEl, PstateWord } from '../pstate.js';
import type { PerformanceMonitor } from './host.js';
import { sysregIndex, sysregWord } from './storage.js';
import { MAX_EVENT_COUNTERS } from './table/performance.js';

const DFR0 = sysregWord('ID_AA64DFR0_EL1');
const PMCR = sysregWord('PMCR_EL0');
const ENABLED = sysregWord('PMCNTENSET_EL0');
const OVERFLOW = sysregWord('PMOVSSET_EL0');
const INTERRUPT = sysregWord('PMINTENSET_EL1');
const CYCLES = sysregIndex('PMCCNTR_EL0');
const CYCLE_FILTER = sysregWord('PMCCFILTR_EL0');
const CYCLES_SEEN = sysregIndex('PMU_CYCLES_SEEN');
const INSTRUCTIONS_SEEN = sysregIndex('PMU_INSTRUCTIONS_SEEN');
const MDCR2 = sysregWord('MDCR_EL2');
const MDCR3 = sysregWord('MDCR_EL3');
const COUNTERS = Array.from({ length: MAX_EVENT_COUNTERS }, (_, n) => sysregIndex(`PMEVCNTR${n}_EL0`));
const TYPES = Array.from({ length: MAX_EVENT_COUNTERS }, (_, n) => sysregWord(`PMEVTYPER${n}_EL0`));

const CYCLE_BIT = 1 << 31;
const PMCR_E = 1;
const PMCR_P = 2n;
const PMCR_C = 4n;
const PMCR_D = 1 << 3;
const PMCR_DP = 1 << 5;
const PMCR_LC = 1 << 6;
const PMCR_LP = 1 << 7;
const MDCR_HPME = 1 << 7;
const MDCR_HPMD = 1 << 17;
const MDCR_HCCD = 1 << 23;
const MDCR_HLP = 1 << 26;
const MDCR3_SPME = 1 << 17;
const MDCR3_SCCD = 1 << 23;

/** Events that are counted; PMCEID0_EL0 and PMCEID1_EL0 derive from this. Stalls never happen, so they stay at zero. */
export const PmuEvent = {
  SoftwareIncrement: 0x00, InstructionsRetired: 0x08, Cycles: 0x11,
  StallFrontend: 0x23, StallBackend: 0x24, Stall: 0x3c,
} as const;

/**
 * Performance monitor counters (Arm ARM, D13). Values in the registers are exact after `synchronize`, which runs before
 * every access and must run before PSTATE.EL changes while `active` is true, because filters depend on the EL.
 */
export class PerformanceCounters {
  constructor(
    private readonly state: CpuState,
    private readonly source: PerformanceMonitor,
    /** Number of event counters. */
    private readonly count: number,
  ) {}

  /** Is any counter running? While it is not, an EL change needs no synchronization. */
  get active(): boolean {
    const { u32 } = this.state;
    return u32[ENABLED] !== 0 && ((u32[PMCR] & PMCR_E) !== 0 || (u32[MDCR2] & MDCR_HPME) !== 0);
  }

  /** Adds what happened since the last call to every running counter, and updates the overflow interrupt. */
  synchronize(): void {
    const { u32, u64 } = this.state;
    const cycles = this.source.cycles();
    const instructions = this.source.instructions();
    const newCycles = BigInt.asUintN(64, cycles - u64[CYCLES_SEEN]);
    const newInstructions = BigInt.asUintN(64, instructions - u64[INSTRUCTIONS_SEEN]);
    u64[CYCLES_SEEN] = cycles;
    u64[INSTRUCTIONS_SEEN] = instructions;
    if (u32[ENABLED] === 0) return;
    if (this.counts(31)) {
      const step = (u32[PMCR] & PMCR_D) !== 0 && (u32[PMCR] & PMCR_LC) === 0 ? newCycles / 64n : newCycles;
      this.add(CYCLES, step, 31, (u32[PMCR] & PMCR_LC) !== 0);
    }
    for (let n = 0; n < this.count; n++) {
      if (!this.counts(n)) continue;
      const event = u32[TYPES[n]] & 0x3ff;
      if (event === PmuEvent.Cycles) this.add(COUNTERS[n], newCycles, n, this.longEvents(n));
      else if (event === PmuEvent.InstructionsRetired) this.add(COUNTERS[n], newInstructions, n, this.longEvents(n));
    }
    this.updateInterrupt();
  }

  /** PMSWINC_EL0: increments the chosen counters that count SW_INCR. */
  softwareIncrement(mask: number): void {
    for (let n = 0; n < this.count; n++) {
      const chosen = (mask & (1 << n)) !== 0 && (this.state.u32[TYPES[n]] & 0x3ff) === PmuEvent.SoftwareIncrement;
      if (chosen && this.counts(n)) this.add(COUNTERS[n], 1n, n, this.longEvents(n));
    }
    this.updateInterrupt();
  }

  /** PMCR_EL0.P and .C: resets event counters, and the cycle counter. */
  reset(pmcr: bigint, eventCounters: number): void {
    if ((pmcr & PMCR_P) !== 0n) for (let n = 0; n < eventCounters; n++) this.state.u64[COUNTERS[n]] = 0n;
    if ((pmcr & PMCR_C) !== 0n) this.state.u64[CYCLES] = 0n;
  }

  /** Counters below this belong to EL1 and EL0, the rest to EL2 (MDCR_EL2.HPMN). */
  get guestCounters(): number {
    return haveEl(this.state, 2) ? Math.min(this.state.u32[MDCR2] & 31, this.count) : this.count;
  }

  /** Cycles to the next overflow that raises an interrupt, should every cycle count; undefined for none. */
  cyclesToOverflow(): bigint | undefined {
    const { u32, u64 } = this.state;
    let nearest: bigint | undefined;
    const consider = (value: bigint, long: boolean): void => {
      const left = (long ? 1n << 64n : 1n << 32n) - (long ? value : value & 0xffff_ffffn);
      if (nearest === undefined || left < nearest) nearest = left;
    };
    const watched = u32[ENABLED] & u32[INTERRUPT];
    if ((watched & CYCLE_BIT) !== 0 && this.counts(31)) consider(u64[CYCLES], (u32[PMCR] & PMCR_LC) !== 0);
    for (let n = 0; n < this.count; n++) {
      const event = u32[TYPES[n]] & 0x3ff;
      const moves = event === PmuEvent.Cycles || event === PmuEvent.InstructionsRetired;
      if ((watched & (1 << n)) !== 0 && moves && this.counts(n)) consider(u64[COUNTERS[n]], this.longEvents(n));
    }
    return nearest;
  }

  updateInterrupt(): void {
    const { u32 } = this.state;
    const pending = u32[OVERFLOW] & u32[INTERRUPT];
    const guest = (1 << this.guestCounters) - 1;
    const own = (u32[PMCR] & PMCR_E) !== 0 ? pending & (guest | CYCLE_BIT) : 0;
    const hypervisor = (u32[MDCR2] & MDCR_HPME) !== 0 ? pending & ~(guest | CYCLE_BIT) : 0;
    this.source.setInterrupt((own | hypervisor) !== 0);
  }

  private add(index: number, amount: bigint, bit: number, long: boolean): void {
    const { u32, u64 } = this.state;
    const old = u64[index];
    const wide = this.wideCounters || bit === 31;
    const sum = old + amount;
    const overflow = long ? sum >> 64n !== 0n : (old & 0xffff_ffffn) + amount >> 32n !== 0n;
    u64[index] = BigInt.asUintN(wide ? 64 : 32, sum);
    if (overflow) u32[OVERFLOW] |= 1 << bit;
  }

  /** FEAT_PMUv3p5 makes event counters 64 bits wide. */
  private get wideCounters(): boolean {
    return ((this.state.u32[DFR0] >>> 8) & 15) >= 6;
  }

  /** Does overflow of event counter n mean 64 bits? */
  private longEvents(n: number): boolean {
    if (!this.wideCounters) return false;
    const { u32 } = this.state;
    return n < this.guestCounters ? (u32[PMCR] & PMCR_LP) !== 0 : (u32[MDCR2] & MDCR_HLP) !== 0;
  }

  /** CountEvents(): is counter n (31 for cycles) running in the current state? */
  private counts(n: number): boolean {
    const { state } = this;
    const { u32 } = state;
    if ((u32[ENABLED] & (1 << n)) === 0) return false;
    const guest = n === 31 || n < this.guestCounters;
    if ((guest ? u32[PMCR] & PMCR_E : u32[MDCR2] & MDCR_HPME) === 0) return false;
    return !this.prohibited(n, guest) && !this.filtered(n);
  }

  private prohibited(n: number, guest: boolean): boolean {
    const { state } = this;
    const { u32 } = state;
    const el = u32[PstateWord.el];
    const secure = el === 3 || belowEl3Secure(state);
    let prohibited = secure && haveEl(state, 3) && (u32[MDCR3] & MDCR3_SPME) === 0;
    if (el === 2 && guest && (u32[MDCR2] & MDCR_HPMD) !== 0) prohibited = true;
    if (n !== 31) return prohibited;
    if (secure && haveEl(state, 3) && (u32[MDCR3] & MDCR3_SCCD) !== 0) return true;
    if (el === 2 && (u32[MDCR2] & MDCR_HCCD) !== 0) return true;
    return prohibited && (u32[PMCR] & PMCR_DP) !== 0;
  }

  /** PMEVTYPER.P, U, NSK, NSU, NSH and M: filters by EL and Security state. */
  private filtered(n: number): boolean {
    const { state } = this;
    const filter = state.u32[n === 31 ? CYCLE_FILTER : TYPES[n]];
    const bit = (position: number): boolean => ((filter >>> position) & 1) !== 0;
    const el = state.u32[PstateWord.el];
    const secure = el === 3 || belowEl3Secure(state);
    const p = bit(31);
    const u = bit(30);
    const el3 = haveEl(state, 3);
    switch (el) {
      case 0:
        return secure || !el3 ? u : u !== bit(28);
      case 1:
        return secure || !el3 ? p : p !== bit(29);
      case 2:
        return secure && has.sel2(state) ? bit(27) === bit(24) : !bit(27);
      default:
        return p !== bit(26);
    }
  }
}
