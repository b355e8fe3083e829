import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import type { Clock, GuestMemory, InterruptLine } from '../../../devices/bus/device.js';
import { CharacterChannel } from '../../../devices/backends/character-channel.js';

/** A device block in shared memory of its own. */
export function deviceMemory(bytes: number): DeviceMemory {
  const size = (bytes + 63) & ~63;
  return new DeviceMemory(new SharedArrayBuffer(size), 0, size);
}

/** An interrupt line that remembers its level. */
export class TestLine implements InterruptLine {
  level = false;
  rises = 0;
  set(level: boolean): void {
    if (level && !this.level) this.rises++;
    this.level = level;
  }
}

/** A clock that stands until it is moved. */
export class TestClock implements Clock {
  time = 0;
  now(): number {
    return this.time;
  }
}

/** Guest RAM at `base`; remembers which ranges devices said they wrote. */
export class TestRam implements GuestMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  writes: { address: number; length: number }[] = [];

  constructor(
    readonly base: number,
    size: number,
  ) {
    this.bytes = new Uint8Array(new SharedArrayBuffer(size));
    this.view = new DataView(this.bytes.buffer);
  }
  slice(address: number, length: number): Uint8Array | undefined {
    const at = address - this.base;
    return at >= 0 && at + length <= this.bytes.length ? this.bytes.subarray(at, at + length) : undefined;
  }
  written(address: number, length: number): void {
    this.writes.push({ address, length });
  }
}

/** A channel whose kicks are counted. */
export function testChannel(relieve?: () => void): { channel: CharacterChannel; kicks: () => number } {
  let kicks = 0;
  const wiring = { kick: () => void kicks++, ...(relieve && { relieve }) };
  return { channel: new CharacterChannel(deviceMemory(CharacterChannel.BYTES), wiring), kicks: () => kicks };
}

/** Numbers in [0, 2^32), the same every time (mulberry32). */
export function testRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}
