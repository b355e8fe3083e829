import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, InterruptLine, MmioDevice } from '../bus/device.js';
import { primeCellId } from '../bus/primecell.js';

/** Register offsets (PL061 TRM r1p0, table 3-1). DATA spans 0x000..0x3FC, address bits 9..2 being a mask. */
const R = {
  DIR: 0x400, IS: 0x404, IBE: 0x408, IEV: 0x40c, IE: 0x410, RIS: 0x414, MIS: 0x418, IC: 0x41c, AFSEL: 0x420,
} as const;
const W = {
  data: 1, dir: 2, sense: 3, both: 4, event: 5, enable: 6, edges: 7, alternate: 8, inputs: 9, line: 10, outputs: 11,
} as const;
const WORDS = 12;

/** Arm PrimeCell general purpose I/O (PL061): eight pins, pulled down while nothing drives them. */
export class Pl061 implements MmioDevice {
  /** Size of the shared block. */
  static readonly BYTES = WORDS * 4;
  readonly size = 0x1000;
  private readonly words: Int32Array;

  /** @param output called, outside the lock, for every output pin that has changed. */
  constructor(
    private readonly memory: DeviceMemory,
    private readonly line: InterruptLine,
    private readonly output: (pin: number, level: boolean) => void = () => {},
    readonly name = 'pl061',
  ) {
    this.words = memory.words;
  }

  /** Levels driven from outside stay. */
  reset(): void {
    const words = this.words;
    this.memory.locked(() => {
      const inputs = words[W.inputs];
      words.fill(0, 1, WORDS);
      words[W.inputs] = inputs;
      this.line.set(false);
    });
  }

  read(offset: number, _size: AccessSize): number {
    if (offset >= 0xfe0) return primeCellId(offset, 0x061, 0);
    const words = this.words;
    return this.memory.locked(() => {
      if (offset < R.DIR) return this.pins() & (offset >> 2);
      switch (offset & ~3) {
        case R.DIR: return words[W.dir];
        case R.IS: return words[W.sense];
        case R.IBE: return words[W.both];
        case R.IEV: return words[W.event];
        case R.IE: return words[W.enable];
        case R.RIS: return this.raw();
        case R.MIS: return this.raw() & words[W.enable];
        case R.AFSEL: return words[W.alternate];
        default: return 0;
      }
    });
  }

  write(offset: number, _size: AccessSize, value: number): void {
    this.change(() => {
      const words = this.words;
      const byte = value & 0xff;
      if (offset < R.DIR) {
        const mask = (offset >> 2) & words[W.dir];
        words[W.data] = (words[W.data] & ~mask) | (byte & mask);
        return;
      }
      switch (offset & ~3) {
        case R.DIR: words[W.dir] = byte; break;
        case R.IS: words[W.sense] = byte; break;
        case R.IBE: words[W.both] = byte; break;
        case R.IEV: words[W.event] = byte; break;
        case R.IE: words[W.enable] = byte; break;
        case R.IC: words[W.edges] &= ~byte; break;
        case R.AFSEL: words[W.alternate] = byte; break;
      }
    });
  }

  /** Drives pin 0..7 from outside; any thread. */
  setInput(pin: number, level: boolean): void {
    this.change(() => {
      const bit = 1 << pin;
      this.words[W.inputs] = level ? this.words[W.inputs] | bit : this.words[W.inputs] & ~bit;
    });
  }

  /** Levels at the pins: what the device drives, else what comes from outside. */
  private pins(): number {
    const words = this.words;
    return (words[W.data] & words[W.dir]) | (words[W.inputs] & ~words[W.dir]);
  }

  /** Edges seen since they were cleared, and levels as they are. */
  private raw(): number {
    const words = this.words;
    return (words[W.edges] & ~words[W.sense]) | (~(this.pins() ^ words[W.event]) & words[W.sense] & 0xff);
  }

  /** Runs `body` under the lock, then notes edges and drives the interrupt and the output pins. */
  private change(body: () => void): void {
    const words = this.words;
    const changed = this.memory.locked(() => {
      const before = this.pins();
      const directions = words[W.dir];
      body();
      const pins = this.pins();
      const moved = (before ^ pins) & ~words[W.dir] & ~directions;
      words[W.edges] |= moved & ~words[W.sense] & (words[W.both] | ~(pins ^ words[W.event]));
      const level = (this.raw() & words[W.enable]) !== 0 ? 1 : 0;
      if (level !== words[W.line]) {
        words[W.line] = level;
        this.line.set(level === 1);
      }
      const outputs = words[W.data] & words[W.dir];
      const difference = outputs ^ words[W.outputs];
      words[W.outputs] = outputs;
      return difference;
    });
    for (let pin = 0; pin < 8; pin++) {
      if ((changed & (1 << pin)) !== 0) this.output(pin, (this.words[W.outputs] & (1 << pin)) !== 0);
    }
  }
}
