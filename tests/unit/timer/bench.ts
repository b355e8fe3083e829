import type { Clock } from '../../../devices/bus/device.js';
import { GenericTimers, TIMER_INTIDS, type TimerLines, type TimerName } from '../../../runtime/timer/generic-timers.js';
import { CpuState } from '../../../src/arch/cpu-state.js';
import { ArchState } from '../../../src/arch/state-layout.js';

/** A clock that stands where a test puts it. */
export class ManualClock implements Clock {
  time = 0;
  now(): number {
    return this.time;
  }
}

/** Timers on a manual clock, with the levels that they drive. */
export class TimerBench {
  readonly clock = new ManualClock();
  readonly state = new CpuState(new SharedArrayBuffer(ArchState.size), 0);
  readonly levels: Record<TimerName, boolean>;
  /** Calls of any line's `set`. */
  changes = 0;
  readonly timers: GenericTimers;

  constructor() {
    const names = Object.keys(TIMER_INTIDS) as TimerName[];
    this.levels = Object.fromEntries(names.map((name) => [name, false])) as Record<TimerName, boolean>;
    const lines = Object.fromEntries(names.map((name) => [name, {
      set: (level: boolean): void => {
        this.changes++;
        this.levels[name] = level;
      },
    }])) as unknown as TimerLines;
    this.timers = new GenericTimers(this.state, this.clock, lines);
    this.timers.reset();
  }

  /** Moves the clock to a count, `nanoseconds` into it, and updates; gives ns to the next deadline. */
  at(count: number, nanoseconds = 0): number {
    this.clock.time = count * 16 + nanoseconds;
    return this.timers.update();
  }
  read(name: string): bigint {
    return this.timers.read(name);
  }
  write(name: string, value: bigint | number): void {
    this.timers.write(name, BigInt(value));
  }
}
