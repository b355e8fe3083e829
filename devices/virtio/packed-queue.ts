import type { GuestMemory } from '../bus/device.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { VirtioFeature } from './registers.js';
import { Q, queueWord } from './transport-state.js';
import { ChainBuilder, Descriptor, guestAddress, passesEvent, Virtqueue, type Chain } from './virtqueue.js';

/** Descriptor flags of this format (2.8.1), and the flags of an event suppression structure (2.8.14). */
const AVAIL = 1 << 7;
const USED = 1 << 15;
const Event = { ENABLE: 0, DISABLE: 1, DESC: 2 } as const;
/** Words nextAvail and nextUsed: ring position, and in this bit the inverted wrap counter. */
const WRAPPED = 1 << 16;
/** Word signalled: set when the used position has wrapped since the last interrupt. */
const SIGNAL_ALWAYS = 1 << 16;

/** The packed ring format (virtio 1.2, 2.8). */
export class PackedQueue extends Virtqueue {
  private constructor(
    transport: VirtioMmioTransport,
    index: number,
    memory: GuestMemory,
    private readonly ringSize: number,
    private readonly ring: DataView,
    private readonly ring16: Uint16Array,
    private readonly driverEvent: Uint16Array,
    private readonly deviceEvent: Uint16Array,
    private readonly ringAddress: number,
    private readonly deviceAddress: number,
  ) {
    super(transport, index, memory);
  }

  /** Undefined when size or addresses are not what the specification allows. */
  static open(transport: VirtioMmioTransport, index: number, memory: GuestMemory): PackedQueue | undefined {
    const words = transport.state;
    const at = queueWord(index);
    const size = words[at + Q.size];
    if (size <= 0 || size > (transport.type?.queueSizes[index] ?? 0)) return undefined;
    const desc = guestAddress(words[at + Q.descLow], words[at + Q.descHigh]);
    const driver = guestAddress(words[at + Q.driverLow], words[at + Q.driverHigh]);
    const device = guestAddress(words[at + Q.deviceLow], words[at + Q.deviceHigh]);
    if (desc % 16 !== 0 || driver % 4 !== 0 || device % 4 !== 0) return undefined;
    const bytes = memory.slice(desc, size * Descriptor.BYTES);
    const driverBytes = memory.slice(driver, 4);
    const deviceBytes = memory.slice(device, 4);
    if (bytes === undefined || driverBytes === undefined || deviceBytes === undefined) return undefined;
    return new PackedQueue(
      transport, index, memory, size, new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
      new Uint16Array(driverBytes.buffer, driverBytes.byteOffset, 2),
      new Uint16Array(deviceBytes.buffer, deviceBytes.byteOffset, 2), desc, device,
    );
  }

  protected next(): Chain | undefined {
    const state = this.words[this.at + Q.nextAvail];
    if (!this.isAvailable(state)) {
      this.askForNotification(state);
      if (!this.isAvailable(state)) return undefined;
    }
    const chain = this.collect(state & 0xffff);
    if (chain === undefined) return this.fail();
    this.words[this.at + Q.nextAvail] = this.advance(state, chain.entries);
    return chain;
  }

  private isAvailable(state: number): boolean {
    const flags = Atomics.load(this.ring16, (state & 0xffff) * 8 + 7);
    const wrap = (state & WRAPPED) === 0;
    return ((flags & AVAIL) !== 0) === wrap && ((flags & USED) !== 0) !== wrap;
  }

  private askForNotification(state: number): void {
    if (this.eventIndex) {
      Atomics.store(this.deviceEvent, 0, (state & 0x7fff) | ((state & WRAPPED) === 0 ? 0x8000 : 0));
      Atomics.store(this.deviceEvent, 1, Event.DESC);
    } else {
      Atomics.store(this.deviceEvent, 1, Event.ENABLE);
    }
    this.memory.written(this.deviceAddress, 4);
  }

  private advance(state: number, entries: number): number {
    const position = (state & 0xffff) + entries;
    const wrap = state & WRAPPED;
    return position >= this.ringSize ? (position - this.ringSize) | (wrap ^ WRAPPED) : position | wrap;
  }

  /** Takes consecutive descriptors from `start`; the last one names the buffer. */
  private collect(start: number): Chain | undefined {
    const builder = new ChainBuilder(this.memory);
    let index = start;
    for (let count = 1; count <= this.ringSize; count++) {
      const at = index * Descriptor.BYTES;
      const address = guestAddress(this.ring.getUint32(at, true), this.ring.getUint32(at + 4, true));
      const length = this.ring.getUint32(at + 8, true);
      const id = this.ring.getUint16(at + 12, true);
      const flags = this.ring.getUint16(at + 14, true);
      if ((flags & Descriptor.INDIRECT) !== 0) {
        // An indirect descriptor stands alone (2.8.7).
        return count === 1 && this.collectTable(builder, address, length) ? builder.finish(id, 1) : undefined;
      }
      if (!builder.add(address, length, flags)) return undefined;
      if ((flags & Descriptor.NEXT) === 0) return builder.finish(id, count);
      index = index + 1 === this.ringSize ? 0 : index + 1;
    }
    return undefined;
  }

  private collectTable(builder: ChainBuilder, address: number, length: number): boolean {
    if ((this.transport.negotiated & VirtioFeature.INDIRECT_DESC) === 0n) return false;
    if (length === 0 || length % Descriptor.BYTES !== 0) return false;
    const bytes = this.memory.slice(address, length);
    if (bytes === undefined) return false;
    const table = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < length; at += Descriptor.BYTES) {
      const piece = guestAddress(table.getUint32(at, true), table.getUint32(at + 4, true));
      const flags = table.getUint16(at + 14, true);
      if ((flags & Descriptor.INDIRECT) !== 0) return false;
      if (!builder.add(piece, table.getUint32(at + 8, true), flags)) return false;
    }
    return true;
  }

  protected retire(chain: Chain, written: number): void {
    const state = this.words[this.at + Q.nextUsed];
    const at = (state & 0xffff) * Descriptor.BYTES;
    this.ring.setUint32(at + 8, written, true);
    this.ring.setUint16(at + 12, chain.id, true);
    const wrap = (state & WRAPPED) === 0 ? AVAIL | USED : 0;
    Atomics.store(this.ring16, (state & 0xffff) * 8 + 7, wrap | (written > 0 ? Descriptor.WRITE : 0));
    this.memory.written(this.ringAddress + at, Descriptor.BYTES);
    const next = this.advance(state, chain.entries);
    this.words[this.at + Q.nextUsed] = next;
    if (((next ^ state) & WRAPPED) !== 0) this.words[this.at + Q.signalled] |= SIGNAL_ALWAYS;
  }

  protected wantsInterrupt(): boolean {
    const state = this.words[this.at + Q.nextUsed];
    const signalled = this.words[this.at + Q.signalled];
    const now = state & 0xffff;
    this.words[this.at + Q.signalled] = now;
    const flags = Atomics.load(this.driverEvent, 1) & 3;
    if (flags !== Event.DESC || !this.eventIndex) return flags !== Event.DISABLE;
    if ((signalled & SIGNAL_ALWAYS) !== 0) return true;
    const where = Atomics.load(this.driverEvent, 0);
    const sameWrap = (where & 0x8000) !== 0 === ((state & WRAPPED) === 0);
    const event = (where & 0x7fff) - (sameWrap ? 0 : this.ringSize);
    return passesEvent(event, now, signalled & 0xffff);
  }
}
