import type { Clock } from '../devices/bus/device.js';
import { DeviceMemory } from '../devices/bus/device-memory.js';

const BYTES = 64;
const EPOCH = 1;
const PAUSED = 2;
const ORIGIN_SECONDS = 3;
const ORIGIN_NANOSECONDS = 4;
const STOPPED_HIGH = 5;
const STOPPED_LOW = 6;

/**
 * Virtual time that runs with the host's monotonic clock, and stands still while paused. Every thread makes its own
 * object on one shared block; all of them agree to the nanosecond, as process.hrtime is one clock for the process.
 */
export class HostClock implements Clock {
  /** Bytes of device memory to allocate. */
  static readonly bytes = BYTES;
  private readonly memory: DeviceMemory;
  private readonly words: Int32Array;
  // What the shared words said at epoch `seen`; the epoch changes whenever they do.
  private seen = -1;
  private seconds = 0;
  private nanoseconds = 0;
  private stopped = -1;

  /**
   * @param memory shared with the other threads' clocks; whoever makes the machine calls `restart` once. Without it the
   * clock is alone and starts at once.
   */
  constructor(memory?: DeviceMemory) {
    this.memory = memory ?? new DeviceMemory(new SharedArrayBuffer(BYTES), 0, BYTES);
    this.words = this.memory.words;
    if (memory === undefined) this.restart();
  }

  /** Nanoseconds since power-on, an integer, pauses not counted. */
  now(): number {
    if (Atomics.load(this.words, EPOCH) !== this.seen) this.refresh();
    if (this.stopped >= 0) return this.stopped;
    const time = process.hrtime();
    return (time[0] - this.seconds) * 1e9 + (time[1] - this.nanoseconds);
  }

  /** This moment is power-on; runs. */
  restart(): void {
    this.memory.locked(() => this.setNow(0));
  }

  /** This moment is `now` nanoseconds after power-on, an integer of at most 2^53; runs, or stands still as before. */
  set(now: number): void {
    this.memory.locked(() => {
      const paused = this.words[PAUSED] !== 0;
      this.setNow(now);
      if (paused) this.stopAt(now);
    });
  }

  get paused(): boolean {
    return Atomics.load(this.words, PAUSED) !== 0;
  }

  /** Stops time until `resume`; does nothing while paused. */
  pause(): void {
    const now = this.now();
    this.memory.locked(() => {
      if (this.words[PAUSED] === 0) this.stopAt(now);
    });
  }

  /** The lock is held. */
  private stopAt(now: number): void {
    this.words[STOPPED_HIGH] = Math.floor(now / 2 ** 32);
    this.words[STOPPED_LOW] = now % 2 ** 32 | 0;
    this.words[PAUSED] = 1;
    Atomics.add(this.words, EPOCH, 1);
  }

  /** Goes on from where `pause` stopped. */
  resume(): void {
    this.memory.locked(() => {
      if (this.words[PAUSED] !== 0) this.setNow(this.stoppedAt());
    });
  }

  /** Makes this moment `now` nanoseconds after power-on, running. The lock is held. */
  private setNow(now: number): void {
    const time = process.hrtime();
    const nanoseconds = time[1] - (now % 1e9);
    this.words[ORIGIN_SECONDS] = time[0] - Math.floor(now / 1e9) - (nanoseconds < 0 ? 1 : 0);
    this.words[ORIGIN_NANOSECONDS] = nanoseconds < 0 ? nanoseconds + 1e9 : nanoseconds;
    this.words[PAUSED] = 0;
    Atomics.add(this.words, EPOCH, 1);
  }

  private stoppedAt(): number {
    return this.words[STOPPED_HIGH] * 2 ** 32 + (this.words[STOPPED_LOW] >>> 0);
  }

  private refresh(): void {
    this.memory.locked(() => {
      this.seen = this.words[EPOCH];
      this.seconds = this.words[ORIGIN_SECONDS];
      this.nanoseconds = this.words[ORIGIN_NANOSECONDS];
      this.stopped = this.words[PAUSED] !== 0 ? this.stoppedAt() : -1;
    });
  }
}

/**
 * Virtual time that follows the instructions executed and stands still otherwise, so that a run with the same inputs sees the
 * same times. The shared block has the time up to which all vCPUs have come; each vCPU's own object adds how far that one is ahead.
 */
export class InstructionClock implements Clock {
  /** Bytes of device memory to allocate. */
  static readonly bytes = BYTES;
  private readonly time: Float64Array;
  /** Nanoseconds, an integer, by which who asks is ahead of what the block says. */
  progress: () => number = () => 0;

  /** @param memory shared with the other objects; initially zero, which is power-on */
  constructor(memory: DeviceMemory) {
    this.time = new Float64Array(memory.buffer, memory.offset + 8, 1);
  }

  /** Nanoseconds since power-on, an integer. */
  now(): number {
    return this.time[0] + this.progress();
  }

  /** This moment is power-on. */
  restart(): void {
    this.time[0] = 0;
  }

  /** All have come to `nanoseconds` after power-on, an integer not below the time so far. */
  advanceTo(nanoseconds: number): void {
    this.time[0] = nanoseconds;
  }
}
