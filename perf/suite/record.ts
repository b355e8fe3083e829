/** Puts the markers of one run together: when each program began and ended, and what went wrong. */
import type { Marker } from './markers.js';
import type { Program } from './programs.js';

/** The guest, or the engine under it, did not do what it should. */
export class GuestFailure extends Error {
  override readonly name = 'GuestFailure';
}

export class RunRecord {
  /** Host seconds of each program, by name; of the boot from the start of the process. */
  readonly seconds = new Map<string, number>();
  private readonly waiting: string[];
  private current: { readonly name: string; readonly begin: number } | undefined;
  private hasUserspace = false;
  private isDone = false;

  /** @param programs in the order in which the guest runs them; the boot may be among them */
  constructor(programs: readonly Program[]) {
    this.waiting = programs.filter((program) => program.group !== 'boot').map((program) => program.name);
  }

  /** What the guest is doing, for a message. */
  get place(): string {
    if (this.current !== undefined) return `in ${this.current.name}`;
    if (this.isDone) return 'while it switched off';
    if (!this.hasUserspace) return 'before userspace';
    return this.waiting.length === 0 ? 'after the last program' : `before ${this.waiting[0]}`;
  }

  /** Takes a marker that arrived `time` host seconds after the start of the process. */
  take(marker: Marker, time: number): void {
    switch (marker.kind) {
      case 'userspace':
        this.hasUserspace = true;
        this.seconds.set('boot', time);
        break;
      case 'begin':
        if (this.current !== undefined || marker.name !== this.waiting[0]) {
          throw new GuestFailure(`${marker.name} began ${this.place}`);
        }
        this.current = { name: marker.name, begin: time };
        break;
      case 'end': {
        if (marker.reason !== undefined) throw new GuestFailure(`${marker.name}: wrong answer: ${marker.reason}`);
        if (this.current?.name !== marker.name) throw new GuestFailure(`${marker.name} ended ${this.place}`);
        this.seconds.set(marker.name, time - this.current.begin);
        this.waiting.shift();
        this.current = undefined;
        break;
      }
      case 'exit':
        throw new GuestFailure(`${marker.name}: ended with status ${marker.status}`);
      case 'panic':
        throw new GuestFailure(`${marker.text} (${this.place})`);
      case 'done':
        if (this.waiting.length > 0) throw new GuestFailure(`${this.waiting[0]} was not run`);
        this.isDone = true;
    }
  }

  /** Checks, when the engine has ended, that everything was run. */
  finish(): void {
    if (!this.isDone) throw new GuestFailure(`the machine ended ${this.place}`);
  }
}
