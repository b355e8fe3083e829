import { DeviceMemory } from '../bus/device-memory.js';
import { ByteRing } from './byte-ring.js';

/** Words of the channel's block. */
const W = { outHead: 1, outTail: 2, hostArmed: 3, inHead: 4, inTail: 5, hostHasInput: 6, breakPending: 7 } as const;
const RINGS = 64;
const OUT_BYTES = 65536;
const IN_BYTES = 4096;

/** How the guest's side reaches the host's side; each thread passes what suits it. */
export interface ChannelWiring {
  /** Notes that the servicing thread must pump. Runs under the device's lock: it must neither block nor pump itself. */
  kick(): void;
  /**
   * Where guest and host share a thread: pumps at once (no lock is held). Without it a guest that outruns the host
   * waits for the servicing thread.
   */
  relieve?(): void;
}

/**
 * A serial line between a device and its host backend: two byte rings in shared memory, guest to host (64 KiB) and
 * host to guest (4 KiB). One thread at a time acts for the guest (under its device's lock), one for the host.
 */
export class CharacterChannel {
  /** Size of the shared block. */
  static readonly BYTES = RINGS + OUT_BYTES + IN_BYTES;
  private readonly words: Int32Array;
  private readonly out: ByteRing;
  private readonly input: ByteRing;

  /** @param memory a block of CharacterChannel.BYTES, initially zero. */
  constructor(
    memory: DeviceMemory,
    private readonly wiring: ChannelWiring,
  ) {
    this.words = memory.words;
    this.out = new ByteRing(memory.words, W.outHead, W.outTail, memory.byteView(RINGS, OUT_BYTES));
    this.input = new ByteRing(memory.words, W.inHead, W.inTail, memory.byteView(RINGS + OUT_BYTES, IN_BYTES));
  }

  // Guest side.

  /** Sends one byte; false when the ring is full. */
  send(byte: number): boolean {
    if (!this.out.push(byte)) return false;
    this.wakeHost();
    return true;
  }
  /** Sends as much as fits; returns how much. */
  sendBytes(bytes: Uint8Array): number {
    const count = this.out.write(bytes);
    if (count > 0) this.wakeHost();
    return count;
  }
  /** Room for guest output, in bytes. */
  get outputFree(): number {
    return this.out.free;
  }
  /** Lets the host take output: pumps at once, or waits up to `milliseconds` for the servicing thread. */
  waitForRoom(milliseconds: number): void {
    if (this.wiring.relieve) this.wiring.relieve();
    else this.out.waitForRoom(milliseconds);
  }
  /** Takes one byte of host input; -1 when there is none. */
  receive(): number {
    const byte = this.input.shift();
    if (byte >= 0) this.inputTaken();
    return byte;
  }
  /** Fills as much of `target` as there is host input; returns how much. */
  receiveInto(target: Uint8Array): number {
    const count = this.input.readInto(target);
    if (count > 0) this.inputTaken();
    return count;
  }
  /** Bytes of host input waiting. */
  get inputAvailable(): number {
    return this.input.used;
  }
  /** Takes a break condition sent by the host. */
  takeBreak(): boolean {
    return Atomics.exchange(this.words, W.breakPending, 0) !== 0;
  }

  // Host side.

  /** Takes guest output, at most `max` bytes. */
  takeOutput(max: number): Uint8Array {
    return this.out.read(max);
  }
  get outputAvailable(): number {
    return this.out.used;
  }
  /** Asks for a kick at the guest's next output; false when there is output already, which must be pumped first. */
  arm(): boolean {
    Atomics.store(this.words, W.hostArmed, 1);
    if (this.out.used === 0) return true;
    Atomics.store(this.words, W.hostArmed, 0);
    return false;
  }
  /** Queues input for the guest; returns how much fitted. When it did not all fit, a kick comes once there is room. */
  putInput(bytes: Uint8Array): number {
    let count = this.input.write(bytes);
    if (count < bytes.length) {
      Atomics.store(this.words, W.hostHasInput, 1);
      count += this.input.write(bytes.subarray(count));
    }
    return count;
  }
  /** Sends a break condition, ahead of input still queued. */
  sendBreak(): void {
    Atomics.store(this.words, W.breakPending, 1);
  }

  private wakeHost(): void {
    if (Atomics.load(this.words, W.hostArmed) === 0) return;
    if (Atomics.exchange(this.words, W.hostArmed, 0) !== 0) this.wiring.kick();
  }
  private inputTaken(): void {
    if (Atomics.load(this.words, W.hostHasInput) === 0) return;
    if (Atomics.exchange(this.words, W.hostHasInput, 0) !== 0) this.wiring.kick();
  }
}
