/** The main thread's side of a deterministic machine: it gives inputs and serves devices while the vCPUs' thread waits for it. */
import { vcpuInstructions } from './statistics.js';
import type { Board } from './board.js';
import type { HostedDevices } from './hosted-devices.js';
import { LockstepControl, type StopReport } from './lockstep-control.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import type { Journal, MachineInput, Moment } from './recording/journal.js';

export class LockstepHost {
  readonly control = new LockstepControl();
  /** Inputs since the last meeting. */
  private inputs: MachineInput[] = [];
  /** Who wants to look at the machine's state. */
  private looks: (() => void)[] = [];
  private readonly machine: MachineControl;
  /** Somebody has ended a replay before its recording does. */
  cutShort = false;

  /**
   * @param journal records inputs, or gives them
   * @param differs a replay is not as the recording was; one line
   */
  constructor(
    private readonly board: Board,
    private readonly hosted: HostedDevices,
    private readonly journal: Journal | undefined,
    private readonly differs: (message: string) => void,
  ) {
    this.machine = new MachineControl(board.memory);
    this.announce();
  }

  /** Inputs are those of a recording. */
  get replaying(): boolean {
    return this.journal?.replaying ?? false;
  }

  /** Something from outside that changes what the guest sees; it is given as soon as can be. */
  give(input: MachineInput): void {
    // A replay ends all the same.
    if (this.replaying && input.kind !== 'stop') return;
    this.cutShort ||= this.replaying;
    this.inputs.push(input);
    this.control.callThread();
  }

  /** Runs `body` while no vCPU runs. */
  look(body: () => void): void {
    this.looks.push(body);
    this.control.callThread();
  }

  /** The machine runs no more: who wants to look sees it as it is. */
  ended(): void {
    const { looks } = this;
    this.looks = [];
    for (const body of looks) body();
  }

  /** Where the machine is, while its thread waits. */
  moment(step: number): Moment {
    const { board } = this;
    let instructions = 0;
    for (let cpu = 0; cpu < board.parameters.cpus; cpu++) instructions += vcpuInstructions(board.memory, board.vcpuBase(cpu));
    return { step, instructions, nanoseconds: board.clock.now() };
  }

  /** The thread waits for the main thread. */
  meet(report: StopReport): void {
    const { journal, hosted } = this;
    const now = this.moment(report.step);
    try {
      hosted.serveAll();
      const wrong = report.stuck === true
        ? `the guest waits for ever at instruction ${now.instructions}, where it did not when it was recorded`
        // what is taken at the end has nothing to be compared with then
        : report.digest === undefined || this.cutShort ? undefined : journal?.digest(now, report.digest);
      if (wrong !== undefined) {
        this.differs(wrong);
        this.machine.ask(MachineRequest.Stop);
      }
      for (const input of journal?.due(now) ?? []) this.apply(input);
      const { inputs } = this;
      this.inputs = [];
      for (const input of inputs) {
        if (!this.replaying) journal?.input(now, input);
        this.apply(input);
      }
      hosted.serveAll();
      this.ended();
    } finally {
      this.announce();
      this.control.letGo();
    }
  }

  private announce(): void {
    const next = this.journal?.next;
    this.control.setNext(next?.step ?? -1, next?.nanoseconds ?? 0);
  }

  private apply(input: MachineInput): void {
    switch (input.kind) {
      case 'bytes':
        this.hosted.input(input.bytes, input.line);
        return;
      case 'powerdown':
        this.board.powerKey.press();
        return;
      case 'reset':
        this.machine.ask(MachineRequest.Reset);
        return;
      case 'stop':
        this.machine.ask(MachineRequest.Stop);
    }
  }
}
