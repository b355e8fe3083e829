/** Shared words by which the main thread and the thread of all vCPUs deal with each other while the machine is deterministic. */

/** What the thread is told. Plain data. */
export interface LockstepData {
  readonly control: SharedArrayBuffer;
  /** Random numbers of the guest depend on it; with `shuffled` the schedule too. */
  readonly seed: string;
  readonly shuffled: boolean;
  /** Instructions between digests; 0 for none. */
  readonly digestInterval: number;
  /** Inputs come from a recording: nobody is at the keyboard, so idle time need not pass. */
  readonly replaying: boolean;
}

/** What the thread says when it meets the main thread. */
export interface StopReport {
  /** Steps of the schedule so far: inputs are given between the same two when they are replayed. */
  readonly step: number;
  /** Of all state, if it is time for one. */
  readonly digest?: string;
  /** All vCPUs wait, and nothing is to come: no guest of a recording does that. */
  readonly stuck?: boolean;
}

const WAITING = 0;
const ATTENTION = 1;
const NEXT_STEP = 1;
const NEXT_TIME = 2;

export class LockstepControl {
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(64)) {
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
  }

  get buffer(): SharedArrayBuffer {
    return this.words.buffer as SharedArrayBuffer;
  }

  // The main thread's side.

  /** Has the thread meet the main thread soon. */
  callThread(): void {
    Atomics.store(this.words, ATTENTION, 1);
    Atomics.notify(this.words, ATTENTION);
  }

  /** The thread is to meet the main thread behind `step`; if all wait then, at `nanoseconds` of virtual time. */
  setNext(step: number, nanoseconds: number): void {
    this.numbers[NEXT_STEP] = step;
    this.numbers[NEXT_TIME] = nanoseconds;
  }

  /** Lets the thread go on that has reported. */
  letGo(): void {
    Atomics.store(this.words, WAITING, 0);
    Atomics.notify(this.words, WAITING);
  }

  // The thread's side.

  get called(): boolean {
    return Atomics.load(this.words, ATTENTION) !== 0;
  }
  get nextStep(): number {
    return this.numbers[NEXT_STEP];
  }
  get nextTime(): number {
    return this.numbers[NEXT_TIME];
  }

  /** Sleeps until the main thread calls, or for so many milliseconds. */
  sleep(milliseconds: number): void {
    Atomics.wait(this.words, ATTENTION, 0, milliseconds);
  }

  /** Has `report` tell the main thread, and waits until that has seen to everything. */
  meet(report: () => void): void {
    Atomics.store(this.words, WAITING, 1);
    Atomics.store(this.words, ATTENTION, 0);
    report();
    while (Atomics.load(this.words, WAITING) !== 0) Atomics.wait(this.words, WAITING, 1);
  }
}
