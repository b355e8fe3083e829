import type { DeviceMemory } from '../bus/device-memory.js';
import type { Clock } from '../bus/device.js';
import type { TimedDevice } from '../bus/timed-device.js';
import type { Pl061 } from './pl061.js';

/** Pin of the PL061 that the power key drives on the virt board. */
export const POWER_KEY_PIN = 3;
/** How long a press lasts, nanoseconds of virtual time. */
const PRESS = 100e6;
const W = { pressed: 1, low: 2, high: 3 } as const;

/** A key on a GPIO pin that can be pressed from outside: high for 100 ms of virtual time. */
export class PowerKey implements TimedDevice {
  /** Size of the shared block. */
  static readonly BYTES = 16;
  private readonly words: Int32Array;

  constructor(
    private readonly memory: DeviceMemory,
    private readonly gpio: Pl061,
    private readonly clock: Clock,
    private readonly pin = POWER_KEY_PIN,
  ) {
    this.words = memory.words;
  }

  /** Presses the key; it is released by `expire` once the time has come. Any thread. */
  press(): void {
    const release = this.clock.now() + PRESS;
    this.memory.locked(() => {
      this.words[W.low] = release | 0;
      this.words[W.high] = Math.floor(release / 2 ** 32);
      this.words[W.pressed] = 1;
    });
    this.gpio.setInput(this.pin, true);
  }

  /** Releases the key at once. */
  reset(): void {
    this.memory.locked(() => this.words.fill(0, 1, 4));
    this.gpio.setInput(this.pin, false);
  }

  nextDeadline(): number {
    return this.memory.locked(() =>
      this.words[W.pressed] === 0 ? Infinity : this.words[W.high] * 2 ** 32 + (this.words[W.low] >>> 0),
    );
  }

  expire(): void {
    if (this.clock.now() < this.nextDeadline()) return;
    this.memory.locked(() => (this.words[W.pressed] = 0));
    this.gpio.setInput(this.pin, false);
  }
}
