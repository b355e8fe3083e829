import type { GuestMemory } from '../bus/device.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { VirtioFeature } from './registers.js';
import { Q, queueWord } from './transport-state.js';

/** A buffer the driver has made available: what the device reads, then what it writes. */
export interface Chain {
  readonly readable: readonly Uint8Array[];
  readonly readableBytes: number;
  readonly writable: readonly Uint8Array[];
  readonly writableBytes: number;
  /** Guest addresses of the writable pieces. */
  readonly writableAddresses: readonly number[];
  /** Name by which it is returned, and how many ring entries it took. */
  readonly id: number;
  readonly entries: number;
}

/** Descriptor flags, the same in both ring formats (2.7.5, 2.8.1). */
export const Descriptor = { NEXT: 1, WRITE: 2, INDIRECT: 4, BYTES: 16 } as const;

/** Most pieces in one buffer, as in QEMU. */
const MAX_PIECES = 1024;
/** Buffers taken in one go before others get their turn. */
const BUDGET = 512;

/** Collects one chain's descriptors. */
export class ChainBuilder {
  readonly readable: Uint8Array[] = [];
  readonly writable: Uint8Array[] = [];
  readonly writableAddresses: number[] = [];
  private readableBytes = 0;
  private writableBytes = 0;

  constructor(private readonly memory: GuestMemory) {}

  /** Adds one piece; false when it is empty, outside RAM, one too many, or readable after writable. */
  add(address: number, length: number, flags: number): boolean {
    if (length === 0 || this.readable.length + this.writable.length === MAX_PIECES) return false;
    const bytes = this.memory.slice(address, length);
    if (bytes === undefined) return false;
    if ((flags & Descriptor.WRITE) !== 0) {
      this.writable.push(bytes);
      this.writableAddresses.push(address);
      this.writableBytes += length;
    } else {
      if (this.writable.length > 0) return false;
      this.readable.push(bytes);
      this.readableBytes += length;
    }
    return true;
  }

  finish(id: number, entries: number): Chain {
    const { readable, readableBytes, writable, writableBytes, writableAddresses } = this;
    return { readable, readableBytes, writable, writableBytes, writableAddresses, id, entries };
  }
}

/** A guest address from its two words; -1, which is never RAM, above 2^52. */
export function guestAddress(low: number, high: number): number {
  const top = high >>> 0;
  return top < 0x100000 ? top * 2 ** 32 + (low >>> 0) : -1;
}

/**
 * The device's end of a virtqueue, on the servicing thread. Nothing a driver puts into memory makes it throw or loop:
 * the device is marked as needing a reset instead. Once the driver has stopped the queue, `pop` gives nothing more and
 * `push` has no effect.
 */
export abstract class Virtqueue {
  protected readonly words: Int32Array;
  /** First word of the queue's shared state. */
  protected readonly at: number;
  protected readonly eventIndex: boolean;
  private readonly generation: number;
  private budget = BUDGET;
  private unsignalled = false;

  protected constructor(
    protected readonly transport: VirtioMmioTransport,
    readonly index: number,
    protected readonly memory: GuestMemory,
  ) {
    this.words = transport.state;
    this.at = queueWord(index);
    this.generation = Atomics.load(this.words, this.at + Q.generation);
    this.eventIndex = (transport.negotiated & VirtioFeature.EVENT_IDX) !== 0n;
  }

  /** True until the driver stops or resets the queue, or breaks it. */
  get current(): boolean {
    return this.transport.running && Atomics.load(this.words, this.at + Q.generation) === this.generation;
  }

  /** Starts a round of servicing. */
  beginRound(): void {
    this.budget = BUDGET;
  }
  /** True when the round ended because others must have their turn. */
  get exhausted(): boolean {
    return this.budget === 0;
  }

  /** Takes the next available buffer; undefined when there is none, or none in this round. */
  pop(): Chain | undefined {
    if (this.budget === 0 || !this.current) return undefined;
    const chain = this.next();
    if (chain !== undefined) this.budget--;
    return chain;
  }

  /** Returns a buffer, of which the first `written` writable bytes were written. */
  push(chain: Chain, written: number): void {
    for (let i = 0; i < chain.writable.length; i++) {
      this.memory.written(chain.writableAddresses[i], chain.writable[i].length);
    }
    if (!this.current) return;
    this.retire(chain, written);
    this.unsignalled = true;
  }

  /** Interrupts the driver if it wants to know about what was returned since the last time. */
  signal(): void {
    if (!this.unsignalled || !this.current) return;
    this.unsignalled = false;
    if (this.wantsInterrupt()) this.transport.signalUsed();
  }

  /** The driver broke the rules of the queue or of the device. */
  fail(): undefined {
    if (this.current) this.transport.needsReset();
    return undefined;
  }

  protected abstract next(): Chain | undefined;
  protected abstract retire(chain: Chain, written: number): void;
  protected abstract wantsInterrupt(): boolean;
}

/** True when moving an index from `old` to `now` passes `event` (2.7.7.2), modulo 2^16. */
export function passesEvent(event: number, now: number, old: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff);
}
