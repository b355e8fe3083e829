/** All vCPUs of a deterministic machine on one thread: the schedule, idle time, and where it meets the main thread. */
import { SeededEntropy } from '../../devices/backends/entropy-source.js';
import type { InstructionClock } from '../../runtime/clock.js';
import { Lockstep, type Draw } from '../../runtime/vcpu/lockstep.js';
import { hashText } from '../support/struct.js';
import { LockstepControl, type LockstepData, type StopReport } from './lockstep-control.js';
import type { MachineControl } from './machine-memory.js';
import { stateDigest } from './state-digest.js';
import type { VcpuUnit } from './vcpu-unit.js';

/** @returns what runs the machine until it is to stop */
export function runLockstep(
  units: readonly VcpuUnit[], data: LockstepData, machine: MachineControl, report: (report: StopReport) => void,
): () => void {
  const thread = new LockstepThread(units, data, machine, report);
  return () => thread.run();
}

/** Draws from a generator that depends on the seed alone. */
function seededDraw(seed: string): Draw {
  const source = new SeededEntropy(hashText(`schedule:${seed}`));
  const bytes = new Uint8Array(4);
  const word = new Uint32Array(bytes.buffer);
  return (bound) => {
    source.fill(bytes);
    return word[0] % bound;
  };
}

class LockstepThread {
  private readonly control: LockstepControl;
  private readonly lockstep: Lockstep;
  private readonly clock: InstructionClock;
  private step = 0;
  /** Instructions from which on the next digest is due. */
  private nextDigest: number;
  /** When the machine began to run: host's time, milliseconds. */
  private startedAt: number | undefined;

  constructor(
    private readonly units: readonly VcpuUnit[],
    private readonly data: LockstepData,
    private readonly machine: MachineControl,
    private readonly report: (report: StopReport) => void,
  ) {
    this.control = new LockstepControl(data.control);
    this.nextDigest = data.digestInterval || Infinity;
    const members = units.map(({ vcpu, board, group }) => ({ exact: vcpu.exact!, clock: board.clock as InstructionClock, group }));
    this.clock = members[0].clock;
    const { board } = units[0];
    this.lockstep = new Lockstep(
      members, [board.rtc, board.powerKey],
      { stepped: () => this.stepped(), idle: (deadline) => this.idle(deadline) },
      data.shuffled ? seededDraw(data.seed) : undefined,
    );
  }

  run(): void {
    this.startedAt ??= performance.now();
    this.lockstep.run();
    if (this.data.digestInterval > 0) this.meet(true);
  }

  private get instructions(): number {
    return this.units.reduce((sum, { vcpu }) => sum + vcpu.instructions, 0);
  }

  private meet(digest: boolean, stuck = false): void {
    const { units, step } = this;
    const { memory, layout } = units[0].board;
    const found = digest ? { digest: stateDigest(memory, layout, units.map(({ vcpu }) => vcpu)) } : {};
    this.control.meet(() => this.report({ step, ...found, ...(stuck ? { stuck } : {}) }));
  }

  private stepped(): boolean {
    const { control, units, data } = this;
    this.step++;
    let digest = false;
    if (this.nextDigest !== Infinity) {
      const { instructions } = this;
      if (instructions >= this.nextDigest) {
        digest = true;
        this.nextDigest = (Math.floor(instructions / data.digestInterval) + 1) * data.digestInterval;
      }
    }
    if (digest || control.called || control.nextStep === this.step || units[0].board.doorbell.pending) this.meet(digest);
    return this.machine.request === 0;
  }

  /** Lets idle time pass for somebody at the keyboard; whoever replays does not wait. */
  private idle(deadline: number): number {
    const { control, data, clock } = this;
    if (data.replaying) {
      if (control.nextStep === this.step + 1) return control.nextTime;
      if (deadline === Infinity) this.meet(false, true);
      return deadline === Infinity ? clock.now() : deadline;
    }
    for (;;) {
      const elapsed = this.elapsed();
      if (elapsed >= deadline) return deadline;
      if (control.called) return Math.max(clock.now(), elapsed);
      control.sleep((deadline - elapsed) / 1e6);
    }
  }

  /** Host's nanoseconds since the machine began to run, an integer. */
  private elapsed(): number {
    return Math.floor((performance.now() - this.startedAt!) * 1e6);
  }
}
