import { VirtioFeature, VirtioMmioRegister as R } from '../../../devices/virtio/registers.js';
import type { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import type { TestRam } from './fixtures.js';

/** One piece of a buffer as the driver sees it. */
export interface Piece {
  readonly address: number;
  readonly length: number;
  readonly write?: boolean;
}

/** Brings a device up to DRIVER_OK with the given features; queues are set up in between by `queues`. */
export function startDevice(transport: VirtioMmioTransport, features: bigint, queues: () => void = () => {}): number {
  transport.write(R.STATUS, 4, 0);
  transport.write(R.STATUS, 4, 1);
  transport.write(R.STATUS, 4, 3);
  for (const word of [0, 1]) {
    transport.write(R.DRIVER_FEATURES_SEL, 4, word);
    transport.write(R.DRIVER_FEATURES, 4, Number((features >> BigInt(32 * word)) & 0xffffffffn));
  }
  transport.write(R.STATUS, 4, 0xb);
  queues();
  transport.write(R.STATUS, 4, 0xf);
  return transport.read(R.STATUS, 4);
}

/** All features the device offers. */
export function offeredFeatures(transport: VirtioMmioTransport): bigint {
  let features = 0n;
  for (const word of [0, 1]) {
    transport.write(R.DEVICE_FEATURES_SEL, 4, word);
    features |= BigInt(transport.read(R.DEVICE_FEATURES, 4)) << BigInt(32 * word);
  }
  return features;
}

/** The three areas of a ring as the driver places them. */
abstract class DriverQueue {
  constructor(
    protected readonly transport: VirtioMmioTransport,
    protected readonly ram: TestRam,
    readonly index: number,
    readonly size: number,
    protected readonly base: number,
    protected readonly driverArea: number,
    protected readonly deviceArea: number,
  ) {}

  /** Tells the device about the ring and enables it. */
  enable(): void {
    const registers: [number, number][] = [
      [R.QUEUE_SEL, this.index], [R.QUEUE_NUM, this.size], [R.QUEUE_DESC_LOW, this.base], [R.QUEUE_DESC_HIGH, 0],
      [R.QUEUE_DRIVER_LOW, this.driverArea], [R.QUEUE_DRIVER_HIGH, 0], [R.QUEUE_DEVICE_LOW, this.deviceArea],
      [R.QUEUE_DEVICE_HIGH, 0], [R.QUEUE_READY, 1],
    ];
    for (const [register, value] of registers) this.transport.write(register, 4, value);
  }
  kick(): void {
    this.transport.write(R.QUEUE_NOTIFY, 4, this.index);
  }
  protected u16(address: number): number {
    return this.ram.view.getUint16(address - this.ram.base, true);
  }
  protected put16(address: number, value: number): void {
    this.ram.view.setUint16(address - this.ram.base, value, true);
  }
  protected u32(address: number): number {
    return this.ram.view.getUint32(address - this.ram.base, true);
  }
  /** Writes address, length and two 16-bit words of a descriptor. */
  protected putDescriptor(at: number, piece: Piece, first: number, second: number): void {
    const view = this.ram.view;
    view.setBigUint64(at - this.ram.base, BigInt(piece.address), true);
    view.setUint32(at - this.ram.base + 8, piece.length, true);
    this.put16(at + 12, first);
    this.put16(at + 14, second);
  }
  /** Makes a buffer available; returns the id under which it comes back. `table` makes it indirect, placed there. */
  abstract add(pieces: readonly Piece[], table?: number): number;
  /** Next returned buffer. */
  abstract take(): { id: number; length: number } | undefined;
}

export class SplitDriver extends DriverQueue {
  private nextDescriptor = 0;
  private lastUsed = 0;

  constructor(transport: VirtioMmioTransport, ram: TestRam, index: number, size: number, base: number) {
    super(transport, ram, index, size, base, base + 16 * size, base + 16 * size + ((6 + 2 * size + 3) & ~3));
  }
  get availIndex(): number {
    return this.u16(this.driverArea + 2);
  }
  set availIndex(value: number) {
    this.put16(this.driverArea + 2, value);
  }
  get availEvent(): number {
    return this.u16(this.deviceArea + 4 + 8 * this.size);
  }
  set usedEvent(value: number) {
    this.put16(this.driverArea + 4 + 2 * this.size, value);
  }
  set availFlags(value: number) {
    this.put16(this.driverArea, value);
  }
  /** Writes descriptor `index` as it is. */
  descriptor(index: number, piece: Piece, flags: number, next: number): void {
    this.putDescriptor(this.base + 16 * index, piece, flags, next);
  }
  /** Makes descriptor `head` available. */
  offer(head: number): void {
    const index = this.availIndex;
    this.put16(this.driverArea + 4 + 2 * (index % this.size), head);
    this.availIndex = index + 1;
  }
  add(pieces: readonly Piece[], table?: number): number {
    const head = this.nextDescriptor;
    if (table !== undefined) {
      pieces.forEach((piece, i) => {
        const last = i === pieces.length - 1;
        this.putDescriptor(table + 16 * i, piece, (piece.write === true ? 2 : 0) | (last ? 0 : 1), last ? 0 : i + 1);
      });
      this.descriptor(head, { address: table, length: 16 * pieces.length }, 4, 0);
      this.nextDescriptor = (head + 1) % this.size;
    } else {
      pieces.forEach((piece, i) => {
        const at = (head + i) % this.size;
        const last = i === pieces.length - 1;
        this.descriptor(at, piece, (piece.write === true ? 2 : 0) | (last ? 0 : 1), (at + 1) % this.size);
      });
      this.nextDescriptor = (head + pieces.length) % this.size;
    }
    this.offer(head);
    return head;
  }
  take(): { id: number; length: number } | undefined {
    if (this.u16(this.deviceArea + 2) === (this.lastUsed & 0xffff)) return undefined;
    const at = this.deviceArea + 4 + 8 * (this.lastUsed++ % this.size);
    return { id: this.u32(at), length: this.u32(at + 4) };
  }
}

export class PackedDriver extends DriverQueue {
  private next = 0;
  private wrap = true;
  private used = 0;
  private usedWrap = true;
  private id = 0;
  private readonly lengths = new Map<number, number>();

  constructor(transport: VirtioMmioTransport, ram: TestRam, index: number, size: number, base: number) {
    super(transport, ram, index, size, base, base + 16 * size, base + 16 * size + 4);
  }
  /** When the device should interrupt: 0 always, 1 never, 2 at ring position `where` (wrap counter in bit 15). */
  interruptWhen(flags: number, where = 0): void {
    this.put16(this.driverArea, where);
    this.put16(this.driverArea + 2, flags);
  }
  /** Where the device asks for the next notification, and how. */
  get deviceEvent(): { where: number; flags: number } {
    return { where: this.u16(this.deviceArea), flags: this.u16(this.deviceArea + 2) };
  }
  add(pieces: readonly Piece[], table?: number): number {
    const id = this.id++ & 0xff;
    const entries: { piece: Piece; flags: number }[] = [];
    if (table !== undefined) {
      pieces.forEach((piece, i) => this.putDescriptor(table + 16 * i, piece, 0, piece.write === true ? 2 : 0));
      entries.push({ piece: { address: table, length: 16 * pieces.length }, flags: 4 });
    } else {
      pieces.forEach((piece, i) =>
        entries.push({ piece, flags: (piece.write === true ? 2 : 0) | (i < pieces.length - 1 ? 1 : 0) }),
      );
    }
    this.lengths.set(id, entries.length);
    const writes: (() => void)[] = [];
    for (const { piece, flags } of entries) {
      const at = this.base + 16 * this.next;
      const state = this.wrap ? 0x80 : 0x8000;
      writes.push(() => this.putDescriptor(at, piece, id, flags | state));
      if (++this.next === this.size) {
        this.next = 0;
        this.wrap = !this.wrap;
      }
    }
    // The first descriptor last, so that the device never sees half a chain.
    for (const write of writes.reverse()) write();
    return id;
  }
  take(): { id: number; length: number } | undefined {
    const at = this.base + 16 * this.used;
    const flags = this.u16(at + 14);
    const avail = (flags & 0x80) !== 0;
    if (avail !== ((flags & 0x8000) !== 0) || avail !== this.usedWrap) return undefined;
    const result = { id: this.u16(at + 12), length: this.u32(at + 8) };
    this.used += this.lengths.get(result.id) ?? 1;
    if (this.used >= this.size) {
      this.used -= this.size;
      this.usedWrap = !this.usedWrap;
    }
    return result;
  }
}

/** Features a modern driver needs at least. */
export const MINIMUM = VirtioFeature.VERSION_1;
