/**
 * Runs a vCPU for an exact number of instructions, in a way that does not depend on the engine's tiers, on when translations
 * arrive, or on the host. What the guest can see beside its instructions (timers, interrupts, the end of a wait) is looked at where the
 * count says so, and behind instructions that leave the engine whichever tier executes them.
 */
import { ExitReason } from '../../jit/emitter/services.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import { interruptEndsWait, MONITOR_POLL } from './waiting.js';
import type { Vcpu } from './vcpu.js';

/**
 * `core.run` looks at its budget at branches and where a page of code ends: so many instructions before the end it has to stop,
 * for one to be left to `core.runExactly`.
 */
const MARGIN = 1024 + 1;
/** Exits of instructions behind which timers, interrupts and requests are looked at. */
const LOOK: ReadonlySet<number> = new Set([
  ExitReason.WaitForInterrupt, ExitReason.WaitForEvent, ExitReason.HypervisorCall, ExitReason.SecureMonitorCall,
  ExitReason.Interrupts,
]);

interface Wait {
  readonly forEvent: boolean;
  /** Virtual time at which it ends, nanoseconds. */
  readonly deadline: number;
}

export class ExactRun {
  /** Instructions executed in this call of `run`, those of the engine's current run not counted. */
  private done = 0;
  /** Budget of the engine's current run; 0 while it does not run. */
  private budget = 0;
  /** What exits took off it: it is counted already, or is no instruction. */
  private charged = 0;
  private look = true;
  /** A translation was asked for, and may be there at once. */
  private hot = false;
  private waits: Wait | undefined;
  private readonly record: number;
  private readonly limit: number;
  private readonly left: number;
  private readonly exitRequest: number;
  private readonly monitorArmed: number;

  /** @param words the shared memory; @param block of the vCPU */
  constructor(private readonly vcpu: Vcpu, private readonly words: Int32Array, private readonly block: number) {
    const word = (name: keyof typeof controlFieldOffset): number => (block + controlFieldOffset[name]) >> 2;
    this.record = word('record');
    this.limit = word('limit');
    this.left = word('exitInfo') + 3;
    this.exitRequest = word('exitRequest');
    this.monitorArmed = word('monitorArmed');
  }

  /** Reset or turned on. */
  reset(): void {
    this.waits = undefined;
  }

  /** Instructions executed in the current call of `run`, at any moment of it; 0 outside. */
  get executed(): number {
    if (this.budget === 0) return this.done;
    return this.done + this.budget - ((this.words[this.limit] - this.words[this.record]) >> 4);
  }

  /**
   * Executes `count` instructions, or fewer when the vCPU waits, turns itself off, or the machine is to stop. Exceptions taken
   * count as well; the last may be one too many.
   * @param rate instructions that take a nanosecond
   * @returns how many
   */
  run(count: number, rate: number): number {
    const { vcpu } = this;
    this.done = 0;
    this.look = true;
    let stop = 0;
    vcpu.engine.vcpu = vcpu;
    vcpu.engine.installFinished();
    while (this.done < count) {
      if (this.look) {
        this.look = false;
        if (this.waits !== undefined || !vcpu.powered || vcpu.host.stopRequested()) break;
        const until = vcpu.timers.update();
        vcpu.takeInterrupt();
        stop = Math.min(count, (Math.floor(this.done / rate) + until) * rate);
      }
      this.words[this.exitRequest] = 0;
      if (vcpu.needsSlowPath() && !this.single()) continue;
      this.engine(stop - this.done);
      if (this.done >= stop) this.look = true;
      if (this.hot) vcpu.engine.installFinished();
      this.hot = false;
    }
    const executed = this.done;
    this.done = 0;
    return executed;
  }

  /** One instruction. @returns whether it is left to the engine */
  private single(): boolean {
    const { vcpu } = this;
    const before = this.counted;
    if (vcpu.beforeInstruction()) return true;
    this.done += this.counted - before;
    return false;
  }

  /** An exception takes as long as an instruction, so that a guest that takes nothing else comes to its end too. */
  private get counted(): number {
    return this.vcpu.instructions + this.vcpu.exceptionsTaken;
  }

  private engine(count: number): void {
    const { vcpu, words } = this;
    this.charged = 0;
    if (count > MARGIN) {
      this.budget = count - MARGIN;
      vcpu.core.run(this.block, this.budget);
    } else {
      this.budget = count;
      vcpu.core.runExactly(this.block, this.budget);
    }
    const executed = this.budget - words[this.left];
    this.budget = 0;
    this.done += executed;
    vcpu.retire(executed - this.charged);
    vcpu.passed();
  }

  /** An exit of the engine. @returns whether it goes on at the PC at once, not 0 */
  exit(reason: number): number {
    const { vcpu, words } = this;
    if (vcpu.refetches(reason)) return 1;
    const before = this.counted;
    vcpu.handleExit(reason);
    const counted = this.counted - before;
    words[this.left] -= counted;
    this.charged += counted;
    return this.look || this.hot || vcpu.needsSlowPath() ? 0 : 1;
  }

  /**
   * An instruction has been left for a reason. Interrupts are masked behind most exits, or have to wait for one that is the same
   * whichever tier executes.
   */
  leftFor(reason: number): void {
    if (LOOK.has(reason) || (reason === ExitReason.Resume && this.vcpu.lines !== 0)) this.look = true;
    if (reason === ExitReason.Hot) this.hot = true;
  }

  /** WFI and WFE. @param until value of CNTVCT_EL0 that ends it */
  wait(forEvent: boolean, until: bigint | undefined): void {
    const { timers } = this.vcpu;
    let least = until === undefined ? Infinity : Math.max(0, timers.untilVirtualCount(until));
    if (forEvent) {
      least = Math.min(least, timers.untilStreamEvent());
      if (this.words[this.monitorArmed] !== 0) least = Math.min(least, MONITOR_POLL);
    }
    this.waits = { forEvent, deadline: timers.now + least };
  }

  /** Between calls of `run`: whether there is something to execute now. */
  awake(): boolean {
    const { vcpu, waits } = this;
    if (!vcpu.powered && vcpu.host.turnedOn?.(vcpu) !== true) return false;
    if (waits === undefined) return true;
    vcpu.timers.update();
    const { state, lines } = vcpu;
    const ends = vcpu.timers.now >= waits.deadline || interruptEndsWait(state, lines, waits.forEvent) ||
      (waits.forEvent && (vcpu.events.take() || (this.words[this.monitorArmed] !== 0 && vcpu.events.monitorMoved())));
    if (ends) this.waits = undefined;
    return ends;
  }

  /** Virtual time, nanoseconds, at which it wakes by itself; Infinity when it does not. It is not awake. */
  get deadline(): number {
    const { vcpu, waits } = this;
    if (!vcpu.powered || waits === undefined) return Infinity;
    return Math.min(waits.deadline, vcpu.timers.now + vcpu.timers.update());
  }
}
