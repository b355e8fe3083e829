/** Stops all vCPUs between two instructions, for looks at a machine and for snapshots, and lets them go on. */
import { ConfigurationError } from '../support/errors.js';
import { type MachineControl, MachineRequest } from './machine-memory.js';
import type { GoOnMessage } from './vcpu-messages.js';

/** Between two attempts while the machine is being reset, milliseconds. */
const RETRY = 10;

export interface StandStillOwner {
  readonly control: MachineControl;
  /** Whether the machine has come to its end. */
  hasEnded(): boolean;
  /** Makes all vCPUs look at the control words. */
  kickAll(): void;
  /** Lets all vCPUs, which have stopped, go on. */
  goOn(message: GoOnMessage): void;
}

export class StandStill {
  private resolve: (stopped: boolean) => void = () => {};
  /** One after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly owner: StandStillOwner) {}

  /** Call it when all vCPUs have stopped. @param suspended for this, not because the machine ends or is reset */
  stopped(suspended: boolean): void {
    this.resolve(suspended);
  }

  /** Runs `body` while all vCPUs stand between two instructions with all of their state in memory. */
  look<T>(body: () => T): Promise<T> {
    return this.alone(async () => {
      // When the machine is about to stop or to be reset, its state is as good as it gets.
      const suspended = await this.suspend();
      try {
        return body();
      } finally {
        if (suspended) this.goOn({ kind: 'resume' });
      }
    });
  }

  /**
   * The same for what needs a machine that goes on afterwards.
   * @param body gives what the vCPUs go on with
   * @throws ConfigurationError when the machine has ended
   */
  freeze(body: () => Promise<GoOnMessage>): Promise<void> {
    return this.alone(async () => {
      while (!(await this.suspend())) {
        if (this.owner.hasEnded()) throw new ConfigurationError('snapshot: the machine has ended');
        // a reset is soon over
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
      let message: GoOnMessage = { kind: 'resume' };
      try {
        message = await body();
      } finally {
        this.goOn(message);
      }
    });
  }

  private alone<T>(body: () => Promise<T>): Promise<T> {
    const done = this.last.then(body);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** @returns false when the machine is about to end or to be reset instead */
  private suspend(): Promise<boolean> {
    const { owner } = this;
    const stopped = new Promise<boolean>((resolve) => (this.resolve = resolve));
    if (owner.hasEnded() || !owner.control.ask(MachineRequest.Suspend)) return Promise.resolve(false);
    owner.kickAll();
    return stopped;
  }

  private goOn(message: GoOnMessage): void {
    this.owner.control.resume();
    if (!this.owner.hasEnded()) this.owner.goOn(message);
  }
}
