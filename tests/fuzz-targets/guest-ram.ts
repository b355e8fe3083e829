/** Guest memory that notices what must not happen to it. */
import type { GuestMemory } from '../../devices/bus/device.js';
import { check } from './outcome.js';

/** Bytes before and behind the RAM that nobody may touch. */
const GUARD = 4096;
const CANARY = new Uint8Array(GUARD).fill(0xa5);

/**
 * RAM with guards around it. `settle` checks that the guards stand and that every byte that changed since the last
 * `snapshot` lies in a range that a device reported as written: what is not reported would stay translated.
 */
export class GuardedRam implements GuestMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  private readonly guards: readonly Uint8Array[];
  private readonly before: Uint8Array;
  private readonly reported: Uint8Array;
  private any = false;

  /** @param base physical address of the first byte; @param size bytes */
  constructor(
    readonly base: number,
    readonly size: number,
  ) {
    const buffer = new SharedArrayBuffer(size + 2 * GUARD);
    this.guards = [new Uint8Array(buffer, 0, GUARD), new Uint8Array(buffer, GUARD + size, GUARD)];
    for (const guard of this.guards) guard.set(CANARY);
    this.bytes = new Uint8Array(buffer, GUARD, size);
    this.view = new DataView(buffer, GUARD, size);
    this.before = new Uint8Array(size);
    this.reported = new Uint8Array(size);
  }

  slice(address: number, length: number): Uint8Array | undefined {
    const at = address - this.base;
    return at >= 0 && length >= 0 && at + length <= this.size
      ? new Uint8Array(this.bytes.buffer, GUARD + at, length)
      : undefined;
  }

  written(address: number, length: number): void {
    const at = address - this.base;
    this.reported.fill(1, Math.max(0, at), Math.max(0, at + length));
    this.any = true;
  }

  clear(): void {
    this.bytes.fill(0);
  }

  /** Remembers what RAM holds: changes from here on are a device's. */
  snapshot(): void {
    this.before.set(this.bytes);
    if (this.any) this.reported.fill(0);
    this.any = false;
  }

  settle(): void {
    check(this.guards.every((guard) => Buffer.compare(guard, CANARY) === 0), () => 'a device left guest RAM');
    const { bytes, before, reported } = this;
    if (Buffer.compare(bytes, before) === 0) return;
    for (let i = 0; i < bytes.length; i++) {
      check(bytes[i] === before[i] || reported[i] !== 0, () => `unreported write at offset 0x${i.toString(16)} of RAM`);
    }
  }
}
