import type { GuestMemory } from '../bus/device.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { VirtioFeature } from './registers.js';
import { Q, queueWord } from './transport-state.js';
import { ChainBuilder, Descriptor, guestAddress, passesEvent, Virtqueue, type Chain } from './virtqueue.js';

/** avail.flags: the driver wants no interrupts (without event index). */
const NO_INTERRUPT = 1;
/** Indices into the available and used rings as 16-bit words. */
const FLAGS = 0;
const IDX = 1;
const RING = 2;

/** The split ring format (virtio 1.2, 2.7). Queue words nextAvail, nextUsed and signalled count modulo 2^16. */
export class SplitQueue extends Virtqueue {
  private constructor(
    transport: VirtioMmioTransport,
    index: number,
    memory: GuestMemory,
    private readonly ringSize: number,
    private readonly descriptors: DataView,
    private readonly available: Uint16Array,
    private readonly used: Uint16Array,
    private readonly usedElements: DataView,
    private readonly usedAddress: number,
  ) {
    super(transport, index, memory);
  }

  /** Undefined when size or addresses are not what the specification allows. */
  static open(transport: VirtioMmioTransport, index: number, memory: GuestMemory): SplitQueue | undefined {
    const words = transport.state;
    const at = queueWord(index);
    const size = words[at + Q.size];
    const limit = transport.type?.queueSizes[index] ?? 0;
    if (size <= 0 || size > limit || (size & (size - 1)) !== 0) return undefined;
    const desc = guestAddress(words[at + Q.descLow], words[at + Q.descHigh]);
    const avail = guestAddress(words[at + Q.driverLow], words[at + Q.driverHigh]);
    const used = guestAddress(words[at + Q.deviceLow], words[at + Q.deviceHigh]);
    if (desc % 16 !== 0 || avail % 2 !== 0 || used % 4 !== 0) return undefined;
    const descBytes = memory.slice(desc, size * Descriptor.BYTES);
    const availBytes = memory.slice(avail, 6 + 2 * size);
    const usedBytes = memory.slice(used, 6 + 8 * size);
    if (descBytes === undefined || availBytes === undefined || usedBytes === undefined) return undefined;
    return new SplitQueue(
      transport, index, memory, size, dataView(descBytes),
      new Uint16Array(availBytes.buffer, availBytes.byteOffset, 3 + size),
      new Uint16Array(usedBytes.buffer, usedBytes.byteOffset, 3 + 4 * size), dataView(usedBytes), used,
    );
  }

  protected next(): Chain | undefined {
    const words = this.words;
    const last = words[this.at + Q.nextAvail];
    let waiting = (Atomics.load(this.available, IDX) - last) & 0xffff;
    if (waiting === 0) {
      if (!this.eventIndex) return undefined;
      // Ask for a notification of the next one, then look again: it may have come meanwhile.
      Atomics.store(this.used, RING + 4 * this.ringSize, last);
      this.memory.written(this.usedAddress + 2 * (RING + 4 * this.ringSize), 2);
      waiting = (Atomics.load(this.available, IDX) - last) & 0xffff;
      if (waiting === 0) return undefined;
    }
    if (waiting > this.ringSize) return this.fail();
    const head = Atomics.load(this.available, RING + (last & (this.ringSize - 1)));
    const chain = head < this.ringSize ? this.collect(head) : undefined;
    if (chain === undefined) return this.fail();
    words[this.at + Q.nextAvail] = (last + 1) & 0xffff;
    return chain;
  }

  private collect(head: number): Chain | undefined {
    const builder = new ChainBuilder(this.memory);
    const first = head * Descriptor.BYTES;
    if ((this.descriptors.getUint16(first + 12, true) & Descriptor.INDIRECT) !== 0) {
      if ((this.transport.negotiated & VirtioFeature.INDIRECT_DESC) === 0n) return undefined;
      const table = this.indirectTable(first);
      return table !== undefined && this.walk(builder, table, 0, table.byteLength / Descriptor.BYTES)
        ? builder.finish(head, 1)
        : undefined;
    }
    return this.walk(builder, this.descriptors, head, this.ringSize) ? builder.finish(head, 1) : undefined;
  }

  private indirectTable(at: number): DataView | undefined {
    const length = this.descriptors.getUint32(at + 8, true);
    const address = guestAddress(this.descriptors.getUint32(at, true), this.descriptors.getUint32(at + 4, true));
    if (length === 0 || length % Descriptor.BYTES !== 0) return undefined;
    const bytes = this.memory.slice(address, length);
    return bytes && dataView(bytes);
  }

  /** Follows a chain through a table of `size` descriptors; false when it is malformed. */
  private walk(builder: ChainBuilder, table: DataView, start: number, size: number): boolean {
    let index = start;
    for (let count = 0; count < size; count++) {
      const at = index * Descriptor.BYTES;
      const address = guestAddress(table.getUint32(at, true), table.getUint32(at + 4, true));
      const length = table.getUint32(at + 8, true);
      const flags = table.getUint16(at + 12, true);
      if ((flags & Descriptor.INDIRECT) !== 0 || !builder.add(address, length, flags)) return false;
      if ((flags & Descriptor.NEXT) === 0) return true;
      index = table.getUint16(at + 14, true);
      if (index >= size) return false;
    }
    return false;
  }

  protected retire(chain: Chain, written: number): void {
    const words = this.words;
    const next = words[this.at + Q.nextUsed];
    const at = 4 + 8 * (next & (this.ringSize - 1));
    this.usedElements.setUint32(at, chain.id, true);
    this.usedElements.setUint32(at + 4, written, true);
    words[this.at + Q.nextUsed] = (next + 1) & 0xffff;
    Atomics.store(this.used, IDX, (next + 1) & 0xffff);
    this.memory.written(this.usedAddress + at, 8);
    this.memory.written(this.usedAddress + 2 * IDX, 2);
  }

  protected wantsInterrupt(): boolean {
    const words = this.words;
    const now = words[this.at + Q.nextUsed];
    const old = words[this.at + Q.signalled];
    words[this.at + Q.signalled] = now;
    if (!this.eventIndex) return (Atomics.load(this.available, FLAGS) & NO_INTERRUPT) === 0;
    return passesEvent(Atomics.load(this.available, RING + this.ringSize), now, old);
  }
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
