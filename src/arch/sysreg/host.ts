/**
 * GICv3 CPU interface behind ICC_* and ICH_*. Accesses arrive already checked for Exception level and traps; that an
 * EL1 access with HCR_EL2.IMO or FMO set reaches the virtual interface is for the device to see.
 */
export interface GicCpuInterface {
  /** Value of the register called `name`, for the PE's current EL and Security state. */
  read(name: string): bigint;
  write(name: string, value: bigint): void;
}

/** Timers of one PE by the prefix of their registers. */
export const TIMER_NAMES = ['CNTP', 'CNTV', 'CNTHP', 'CNTHV', 'CNTPS', 'CNTHPS', 'CNTHVS'] as const;
export type TimerName = (typeof TIMER_NAMES)[number];

/** The system counter, and whoever turns timer conditions into interrupts. See timer.ts for the conditions. */
export interface GenericTimer {
  /** Physical count, 0..2^64-1, at CNTFRQ_EL0 Hz. */
  count(): bigint;
  /** Control, compare value or offset of these timers changed; levels and deadlines must be recomputed. */
  changed(): void;
}

/** Event sources of the performance monitors, and their interrupt. */
export interface PerformanceMonitor {
  /** Processor cycles and retired instructions since power-on, 0..2^64-1. */
  cycles(): bigint;
  instructions(): bigint;
  /** Level of the PMU overflow interrupt (PPI 23 on virt). */
  setInterrupt(level: boolean): void;
}

/** What registers need from outside the PE. */
export interface SysregHost {
  /** Absent when the machine's GIC has no system-register interface. */
  readonly gic?: GicCpuInterface;
  readonly timer: GenericTimer;
  readonly performance: PerformanceMonitor;
  /** Interrupt lines into the PE now (exceptions/interrupts.ts, InterruptLine). */
  interruptLines(): number;
  /** 64 random bits for RNDR and RNDRRS, undefined when entropy has run out. */
  random(): bigint | undefined;
}
