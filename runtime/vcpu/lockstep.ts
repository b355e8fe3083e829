/**
 * Several vCPUs on one thread, in rounds: each that does not wait executes a quantum of instructions, one after the other. In a round
 * of n vCPUs an instruction takes 1/n nanoseconds, so time goes on in the order in which things happen, and a round of
 * quanta takes as long as one of them. When all wait, time goes to the next event. runtime/README.md has the rules.
 */
import type { TimedDevice } from '../../devices/bus/timed-device.js';
import type { InstructionClock } from '../clock.js';
import type { ExactRun } from './exact-run.js';
import type { VcpuGroup } from './vcpu-group.js';

/** Instructions of a quantum: alone, a vCPU has to stop for nobody but the devices. */
export const QUANTUM = 20_000;
export const QUANTUM_ALONE = 50_000;

export interface LockstepMember {
  readonly exact: ExactRun;
  readonly clock: InstructionClock;
  readonly group: VcpuGroup | undefined;
}

/** What happens between rounds. */
export interface LockstepHost {
  /** A step (a round, or the end of a time in which all waited) is over. @returns false: to stop */
  stepped(): boolean;
  /**
   * All wait. @param deadline virtual time of the next event, nanoseconds; Infinity when there is none
   * @returns the time to go on at, at most the deadline
   */
  idle(deadline: number): number;
}

/** Numbers 0..bound-1; the schedule of a run with a seed. */
export type Draw = (bound: number) => number;

export class Lockstep {
  /** @param draw without it quanta are all alike, and vCPUs have their turn in order */
  constructor(
    private readonly members: readonly LockstepMember[],
    private readonly devices: readonly TimedDevice[],
    private readonly host: LockstepHost,
    private readonly draw?: Draw | undefined,
  ) {}

  /** Runs until the host says that it is to stop. */
  run(): void {
    const { members, host } = this;
    do {
      const awake = members.filter((member) => this.isAwake(member));
      if (awake.length > 0) this.round(awake);
      else this.advance(host.idle(this.deadline()));
      this.expire();
    } while (host.stepped());
  }

  private get now(): number {
    return this.members[0].clock.now();
  }

  private advance(nanoseconds: number): void {
    this.members[0].clock.advanceTo(nanoseconds);
  }

  /** What other vCPUs broadcast matters to who looks at guest memory or runs. */
  private isAwake({ exact, group }: LockstepMember): boolean {
    group?.enter();
    try {
      return exact.awake();
    } finally {
      group?.leave();
    }
  }

  private round(awake: LockstepMember[]): void {
    const { draw } = this;
    const rate = awake.length;
    // Fisher and Yates
    for (let i = rate - 1; draw !== undefined && i > 0; i--) {
      const j = draw(i + 1);
      [awake[i], awake[j]] = [awake[j], awake[i]];
    }
    const quantum = this.members.length === 1 ? QUANTUM_ALONE : QUANTUM;
    for (const { exact, clock, group } of awake) {
      const start = this.now;
      clock.progress = () => Math.floor(exact.executed / rate);
      group?.enter();
      const executed = exact.run(draw === undefined ? quantum : 1 + draw(2 * quantum), rate);
      group?.leave();
      clock.progress = () => 0;
      this.advance(start + Math.floor(executed / rate));
    }
  }

  private deadline(): number {
    return Math.min(...this.members.map(({ exact }) => exact.deadline), ...this.devices.map((device) => device.nextDeadline()));
  }

  private expire(): void {
    for (const device of this.devices) if (device.nextDeadline() <= this.now) device.expire();
  }
}
