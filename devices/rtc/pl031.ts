import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, Clock, InterruptLine, MmioDevice } from '../bus/device.js';
import { primeCellId } from '../bus/primecell.js';
import type { TimedDevice } from '../bus/timed-device.js';

/** Register offsets (PL031 TRM r1p3, table 3-1). */
const R = { DR: 0x00, MR: 0x04, LR: 0x08, CR: 0x0c, IMSC: 0x10, RIS: 0x14, MIS: 0x18, ICR: 0x1c } as const;
const W = { offset: 1, match: 2, load: 3, mask: 4, raw: 5, armed: 6, deadline: 7 } as const;
const SECOND = 1e9;

/**
 * Arm PrimeCell real-time clock (PL031): seconds of virtual time since power-on, plus an offset that starts as the
 * epoch given at power-on.
 */
export class Pl031 implements MmioDevice, TimedDevice {
  /** Size of the shared block. */
  static readonly BYTES = 32;
  readonly name = 'pl031';
  readonly size = 0x1000;
  private readonly words: Int32Array;

  /**
   * @param epoch seconds since 1970 at virtual time 0.
   * @param rearmed called, on the accessing thread and outside the lock, when the next deadline has changed.
   */
  constructor(
    private readonly memory: DeviceMemory,
    private readonly clock: Clock,
    private readonly line: InterruptLine,
    private epoch: number,
    private readonly rearmed: () => void = () => {},
  ) {
    this.words = memory.words;
  }

  reset(): void {
    this.memory.locked(() => {
      this.words.fill(0, 1, 8);
      this.words[W.offset] = Math.floor(this.epoch) | 0;
      this.line.set(false);
    });
  }

  /**
   * The registers were replaced by saved ones: the clock goes on with the host's, as QEMU's does (tick_offset counts from the host's
   * clock there). An alarm that fell due meanwhile does not ring.
   * @param elapsed seconds of the host since they were saved.
   * @param epoch seconds since 1970 at virtual time 0, for a reset.
   */
  restored(elapsed: number, epoch: number): void {
    this.epoch = epoch;
    this.memory.locked(() => {
      this.words[W.offset] += elapsed;
      if (this.words[W.armed] !== 0) this.arm();
    });
  }

  read(offset: number, _size: AccessSize): number {
    if (offset >= 0xfe0) return primeCellId(offset, 0x031, 1);
    return this.memory.locked(() => {
      this.settle();
      return this.readRegister(offset & ~3);
    }) >>> 0;
  }

  write(offset: number, _size: AccessSize, value: number): void {
    const before = this.nextDeadline();
    this.memory.locked(() => {
      this.settle();
      this.writeRegister(offset & ~3, value | 0);
      this.settle();
    });
    if (this.nextDeadline() !== before) this.rearmed();
  }

  nextDeadline(): number {
    return Atomics.load(this.words, W.armed) === 0 ? Infinity : (this.words[W.deadline] >>> 0) * SECOND;
  }

  expire(): void {
    this.memory.locked(() => this.settle());
  }

  private readRegister(offset: number): number {
    const words = this.words;
    switch (offset) {
      case R.DR: return this.seconds() + words[W.offset];
      case R.MR: return words[W.match];
      case R.LR: return words[W.load];
      case R.CR: return 1;
      case R.IMSC: return words[W.mask];
      case R.RIS: return words[W.raw];
      case R.MIS: return words[W.raw] & words[W.mask];
      default: return 0;
    }
  }

  private writeRegister(offset: number, value: number): void {
    const words = this.words;
    switch (offset) {
      case R.MR:
        words[W.match] = value;
        this.arm();
        break;
      case R.LR:
        words[W.load] = value;
        words[W.offset] = value - this.seconds();
        this.arm();
        break;
      case R.IMSC: words[W.mask] = value & 1; break;
      case R.ICR: words[W.raw] &= ~value; break;
    }
  }

  /** Whole seconds of virtual time since power-on, modulo 2^32. */
  private seconds(): number {
    return Math.floor(this.clock.now() / SECOND) | 0;
  }

  /** Expects the next moment at which the counter equals MR; now, if it does. */
  private arm(): void {
    const words = this.words;
    const wait = (words[W.match] - words[W.offset] - this.seconds()) >>> 0;
    const deadline = (this.seconds() >>> 0) + wait;
    words[W.deadline] = deadline | 0;
    // A match further away than the 32-bit second count can say (136 years of virtual time) does not come.
    Atomics.store(words, W.armed, deadline < 2 ** 32 ? 1 : 0);
  }

  private settle(): void {
    const words = this.words;
    if (words[W.armed] !== 0 && this.seconds() >>> 0 >= words[W.deadline] >>> 0) {
      Atomics.store(words, W.armed, 0);
      words[W.raw] = 1;
    }
    this.line.set((words[W.raw] & words[W.mask]) !== 0);
  }
}
