import type { Clock, InterruptLine } from '../../devices/bus/device.js';
import type { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { sysregSlot } from '../../src/arch/sysreg/storage.js';
import { ConfigurationError } from '../../src/support/errors.js';

/** Frequency of the system counter in Hz, CNTFRQ_EL0's reset value: QEMU's for every CPU before Armv8.6. */
export const COUNTER_FREQUENCY = 62_500_000;

/** A PE's timers (Arm ARM, D12.2) and the PPI each has on QEMU's virt, as its GIC INTID. */
export const TIMER_INTIDS = {
  physical: 30, virtual: 27, hypPhysical: 26, hypVirtual: 28, securePhysical: 29,
  secureHypPhysical: 20, secureHypVirtual: 19,
} as const;
export type TimerName = keyof typeof TIMER_INTIDS;
export type TimerLines = Readonly<Record<TimerName, InterruptLine>>;

const ENABLE = 1;
const IMASK = 2;
const ISTATUS = 4;
const TWO32 = 2 ** 32;
/** Times farther off than this many counts (about 200 days) are not worth arming for. */
const FOREVER = 2 ** 50;

/** A 64-bit value as two words, high first, to compute without bigint. */
interface Words64 {
  high: number;
  low: number;
}

class Timer {
  readonly ctl: number;
  readonly cval: number;
  /** Output level as last driven. */
  level = false;
  /** Virtual time at which the output may change, ns. */
  deadline = Infinity;

  constructor(
    ctl: string,
    cval: string,
    /** The count compared is the virtual one. */
    readonly usesOffset: boolean,
    readonly line: InterruptLine,
  ) {
    this.ctl = wordOf(ctl);
    this.cval = wordOf(cval);
  }
}

/** Index of a system register's low word in `CpuState.u32`. */
function wordOf(name: string): number {
  return (ArchState.offset.sysreg >> 2) + 2 * sysregSlot(name);
}

const CNTVOFF = wordOf('CNTVOFF_EL2');
const CNTKCTL = wordOf('CNTKCTL_EL1');
const CNTHCTL = wordOf('CNTHCTL_EL2');
const HCR = wordOf('HCR_EL2');
const EL = ArchState.offset.el >> 2;
/** HCR_EL2.E2H in the high word, TGE in the low word. */
const HCR_E2H_HIGH = 1 << 2;
const HCR_TGE = 1 << 27;

/** Bits of the control registers that are writable; the event stream's scale (FEAT_ECV) is not there. */
const WRITABLE: Readonly<Record<string, bigint>> = {
  CNTKCTL_EL1: 0x3ffn, CNTHCTL_EL2: 0xfffn, CNTFRQ_EL0: 0xffff_ffffn, CNTVOFF_EL2: 0xffff_ffff_ffff_ffffn,
};

/**
 * The generic timers of one PE (Arm ARM, chapter D12). Registers lie in the PE's system register storage; the object
 * belongs to the thread that runs the PE. Counts are exact, one for every 16 ns of the clock at the default frequency.
 */
export class GenericTimers {
  private readonly u32: Uint32Array;
  private readonly nanosecondsPerCount: number;
  private readonly timers: Readonly<Record<TimerName, Timer>>;
  private readonly all: readonly Timer[];
  private readonly registers = new Map<string, { timer: Timer; kind: 'CTL' | 'CVAL' | 'TVAL' }>();
  private readonly difference: Words64 = { high: 0, low: 0 };
  /** Earliest deadline of any timer, ns. */
  private next = 0;

  constructor(
    private readonly state: CpuState,
    private readonly clock: Clock,
    lines: TimerLines,
    /** Counts in a second; divides 10^9. */
    readonly frequency: number = COUNTER_FREQUENCY,
  ) {
    if (1e9 % frequency !== 0) {
      throw new ConfigurationError(`a counter frequency of ${frequency} Hz does not divide 1 GHz`);
    }
    this.nanosecondsPerCount = 1e9 / frequency;
    this.u32 = state.u32;
    this.timers = {
      physical: this.define('CNTP', 'EL0', false, lines.physical),
      virtual: this.define('CNTV', 'EL0', true, lines.virtual),
      hypPhysical: this.define('CNTHP', 'EL2', false, lines.hypPhysical),
      hypVirtual: this.define('CNTHV', 'EL2', false, lines.hypVirtual),
      securePhysical: this.define('CNTPS', 'EL1', false, lines.securePhysical),
      secureHypPhysical: this.define('CNTHPS', 'EL2', false, lines.secureHypPhysical),
      secureHypVirtual: this.define('CNTHVS', 'EL2', false, lines.secureHypVirtual),
    };
    this.all = Object.values(this.timers);
    for (const kind of ['CTL', 'CVAL', 'TVAL'] as const) {
      this.registers.set(`CNTP_${kind}_EL02`, { timer: this.timers.physical, kind });
      this.registers.set(`CNTV_${kind}_EL02`, { timer: this.timers.virtual, kind });
    }
  }

  private define(prefix: string, suffix: string, usesOffset: boolean, line: InterruptLine): Timer {
    const timer = new Timer(`${prefix}_CTL_${suffix}`, `${prefix}_CVAL_${suffix}`, usesOffset, line);
    for (const kind of ['CTL', 'CVAL', 'TVAL'] as const) {
      this.registers.set(`${prefix}_${kind}_${suffix}`, { timer, kind });
    }
    return timer;
  }

  /** Power-on values: timers off, frequency set, EL1 allowed to use the physical timer. */
  reset(): void {
    for (const timer of this.all) {
      this.u32.fill(0, timer.ctl, timer.ctl + 2);
      this.u32.fill(0, timer.cval, timer.cval + 2);
    }
    this.state.setSysreg('CNTFRQ_EL0', BigInt(this.frequency));
    this.state.setSysreg('CNTVOFF_EL2', 0n);
    this.state.setSysreg('CNTKCTL_EL1', 0n);
    this.state.setSysreg('CNTHCTL_EL2', 3n);
    this.invalidate();
    this.update();
  }

  /** Call after the registers were changed behind this object's back: the next `update` looks at all of them. */
  invalidate(): void {
    this.next = 0;
  }

  /** Call when the registers, the clock and the interrupt controller were replaced: every output is driven anew. */
  restored(): void {
    this.invalidate();
    this.update();
    for (const timer of this.all) timer.line.set(timer.level);
  }

  /** Nanoseconds of the clock. */
  get now(): number {
    return this.clock.now();
  }

  /** The physical count, exact in a double. */
  counts(): number {
    return Math.floor(this.clock.now() / this.nanosecondsPerCount);
  }

  /** CNTPCT_EL0, or CNTVCT_EL0 as the current Exception level sees it. */
  readCounter(virtual: boolean): bigint {
    const count = BigInt(this.counts());
    if (!virtual || !this.offsetApplies()) return count;
    return BigInt.asUintN(64, count - this.state.u64[CNTVOFF >> 1]);
  }

  /** The same without bigint: low word to `target[index]`, high word after it. */
  readCounterInto(target: Uint32Array, index: number, virtual: boolean): void {
    const count = this.counts();
    let low = count >>> 0;
    let high = Math.floor(count / TWO32);
    if (virtual && this.offsetApplies()) {
      const offsetLow = this.u32[CNTVOFF];
      high = high - this.u32[CNTVOFF + 1] - (low < offsetLow ? 1 : 0);
      low = low - offsetLow;
    }
    target[index] = low;
    target[index + 1] = high;
  }

  /** Whether `name` is a register that `read` and `write` serve. */
  has(name: string): boolean {
    return this.registers.has(name) || name in WRITABLE || /^CNT[PV]CT(SS)?_EL0$/.test(name);
  }

  /** Reads a CNT* register by Arm's name, *_EL02 included; redirections by HCR_EL2.E2H are the caller's. */
  read(name: string): bigint {
    const register = this.registers.get(name);
    if (register === undefined) {
      if (/^CNT[PV]CT(SS)?_EL0$/.test(name)) return this.readCounter(name.startsWith('CNTV'));
      return this.state.sysreg(name);
    }
    const { timer, kind } = register;
    if (kind === 'CVAL') return this.state.u64[timer.cval >> 1];
    const count = this.counts();
    if (kind === 'TVAL') {
      this.subtractOffset(timer, count);
      return BigInt((this.u32[timer.cval] - this.difference.low) >>> 0);
    }
    const ctl = this.u32[timer.ctl] & (ENABLE | IMASK);
    return BigInt((ctl & ENABLE) !== 0 && this.conditionMet(timer, count) ? ctl | ISTATUS : ctl);
  }

  /** Writes a CNT* register by Arm's name, and drives the outputs that depend on it. */
  write(name: string, value: bigint): void {
    const register = this.registers.get(name);
    if (register === undefined) {
      const mask = WRITABLE[name];
      if (mask === undefined) return;
      this.state.setSysreg(name, value & mask);
      if (name === 'CNTVOFF_EL2') this.evaluateNow(this.timers.virtual);
      return;
    }
    const { timer, kind } = register;
    if (kind === 'CTL') {
      this.u32[timer.ctl] = Number(value & 3n);
    } else if (kind === 'CVAL') {
      this.state.u64[timer.cval >> 1] = BigInt.asUintN(64, value);
    } else {
      const offset = timer.usesOffset ? this.state.u64[CNTVOFF >> 1] : 0n;
      const count = BigInt(this.counts()) - offset + BigInt.asIntN(32, value);
      this.state.u64[timer.cval >> 1] = BigInt.asUintN(64, count);
    }
    this.evaluateNow(timer);
  }

  /** Drives outputs whose time has come. Returns ns until one may change next, Infinity when none will. Cheap. */
  update(): number {
    const now = this.clock.now();
    if (now < this.next) return this.next - now;
    const count = Math.floor(now / this.nanosecondsPerCount);
    for (const timer of this.all) this.evaluate(timer, count);
    this.findNext();
    return this.next - now;
  }

  /**
   * Nanoseconds until the next event of the event streams that CNTKCTL_EL1 and CNTHCTL_EL2 configure (D12.2.4),
   * Infinity with both off: the longest a WFE may wait for one.
   */
  untilStreamEvent(): number {
    const now = this.clock.now();
    const count = Math.floor(now / this.nanosecondsPerCount);
    const virtualLow = ((count >>> 0) - this.u32[CNTVOFF]) >>> 0;
    const wait = Math.min(
      streamWait(this.u32[CNTKCTL], virtualLow),
      streamWait(this.u32[CNTHCTL], count >>> 0),
    );
    return wait === Infinity ? Infinity : (count + wait) * this.nanosecondsPerCount - now;
  }

  /** Nanoseconds until CNTVCT_EL0, as the current Exception level sees it, reaches `count`; not above 0 when it has. */
  untilVirtualCount(count: bigint): number {
    return Number(count - this.readCounter(true)) * this.nanosecondsPerCount;
  }

  private offsetApplies(): boolean {
    const e2h = (this.u32[HCR + 1] & HCR_E2H_HIGH) !== 0;
    if (!e2h) return true;
    const el = this.u32[EL];
    return el !== 2 && !(el === 0 && (this.u32[HCR] & HCR_TGE) !== 0);
  }

  private evaluateNow(timer: Timer): void {
    this.evaluate(timer, this.counts());
    this.findNext();
  }

  private findNext(): void {
    let next = Infinity;
    for (const timer of this.all) if (timer.deadline < next) next = timer.deadline;
    this.next = next;
  }

  /** Brings one timer's output and deadline up to date. */
  private evaluate(timer: Timer, count: number): void {
    let level = false;
    timer.deadline = Infinity;
    if ((this.u32[timer.ctl] & (ENABLE | IMASK)) === ENABLE) {
      level = this.conditionMet(timer, count);
      // Not met: until the count reaches CVAL. Met: until the count wraps round to zero.
      const d = this.difference;
      const cvalHigh = this.u32[timer.cval + 1];
      const cvalLow = this.u32[timer.cval];
      const wait = level
        ? (TWO32 - 1 - d.high) * TWO32 + (TWO32 - d.low)
        : (cvalHigh - d.high) * TWO32 + (cvalLow - d.low);
      if (wait < FOREVER) timer.deadline = (count + wait) * this.nanosecondsPerCount;
    }
    if (level !== timer.level) {
      timer.level = level;
      timer.line.set(level);
    }
  }

  /** Whether count - offset >= CVAL, unsigned, 64 bits; leaves count - offset in `difference`. */
  private conditionMet(timer: Timer, count: number): boolean {
    this.subtractOffset(timer, count);
    const { high, low } = this.difference;
    const cvalHigh = this.u32[timer.cval + 1];
    return high !== cvalHigh ? high > cvalHigh : low >= this.u32[timer.cval];
  }

  private subtractOffset(timer: Timer, count: number): void {
    const low = count >>> 0;
    const high = Math.floor(count / TWO32);
    const d = this.difference;
    if (!timer.usesOffset) {
      d.low = low;
      d.high = high;
      return;
    }
    const offsetLow = this.u32[CNTVOFF];
    d.low = (low - offsetLow) >>> 0;
    d.high = (high - this.u32[CNTVOFF + 1] - (low < offsetLow ? 1 : 0)) >>> 0;
  }
}

/** Counts until bit EVNTI of the count makes the transition that the control register selects. */
function streamWait(control: number, countLow: number): number {
  if ((control & 4) === 0) return Infinity;
  const bit = (control >>> 4) & 15;
  const period = 2 ** (bit + 1);
  // The bit rises half a period after the count is a multiple of the period, and falls at the multiple.
  const edge = (control & 8) === 0 ? period / 2 : 0;
  const phase = countLow % period;
  return phase < edge ? edge - phase : period + edge - phase;
}
