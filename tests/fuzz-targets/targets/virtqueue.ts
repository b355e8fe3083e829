/**
 * Virtio devices with a hostile driver: registers, rings and buffers are the input's. The device may stop and ask for a
 * reset; it may not throw, loop, leave RAM, or change RAM without saying so.
 */
import { CharacterChannel } from '../../../devices/backends/character-channel.js';
import { SeededEntropy } from '../../../devices/backends/entropy-source.js';
import { MemoryImage } from '../../../devices/backends/memory-image.js';
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';
import { BlockDevice, blockDeviceType } from '../../../devices/virtio/block.js';
import { ConsoleDevice, consoleDeviceType } from '../../../devices/virtio/console.js';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { EntropyDevice, entropyDeviceType } from '../../../devices/virtio/entropy.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { VirtioFeature, VirtioMmioRegister as R, VirtioStatus } from '../../../devices/virtio/registers.js';
import { type VirtioHandler, VirtioService } from '../../../devices/virtio/service.js';
import { queueWord, Q, W } from '../../../devices/virtio/transport-state.js';
import { GuardedRam } from '../guest-ram.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';

const RAM = 0x4000_0000;
const RAM_BYTES = 0x8000;
const DEVICE = 0x0a00_0000;
const DISK_BYTES = 16 * 512;
/** What all bytes of the disk are at first. */
const CONTENTS = 0x33;
const OPERATIONS = 48;
/** Rounds of service after one operation; a ring that feeds itself goes on for ever, in rounds. */
const ROUNDS = 3;
/** Where the driver puts the three parts of a queue, and the buffers; offsets in RAM. */
const Place = { descriptors: 0x0000, driver: 0x1000, device: 0x2000, indirect: 0x3000, buffers: 0x4000, queue: 0x200 };
const QUEUES = 2;
const REGISTERS = Object.values(R);
/** Feature bits that belong to the kind of device. */
const DEVICE_FEATURES = 0xff_ffffn;

function deviceMemory(bytes: number): DeviceMemory {
  const size = (bytes + 63) & ~63;
  return new DeviceMemory(new SharedArrayBuffer(size), 0, size);
}

/** A device with its driver's memory, for one kind of device and one ring format. */
class Rig {
  readonly ram = new GuardedRam(RAM, RAM_BYTES);
  readonly bus = new MmioBus();
  readonly transport: VirtioMmioTransport;
  readonly service: VirtioService;
  readonly channel: CharacterChannel;
  readonly disk: MemoryImage | undefined;
  private readonly console: ConsoleDevice | undefined;
  private readonly state = deviceMemory(VirtioMmioTransport.BYTES);
  private readonly channelState = deviceMemory(CharacterChannel.BYTES);

  constructor(kind: 'block' | 'read-only' | 'console' | 'entropy', readonly packed: boolean) {
    this.channel = new CharacterChannel(this.channelState, { kick: () => undefined });
    this.disk = kind === 'block' || kind === 'read-only'
      ? new MemoryImage(new Uint8Array(DISK_BYTES), kind === 'read-only') : undefined;
    const type: VirtioDeviceType = this.disk !== undefined ? blockDeviceType(this.disk)
      : kind === 'console' ? consoleDeviceType(this.channel) : entropyDeviceType;
    const wiring = { line: { set: () => undefined }, kick: () => undefined };
    this.transport = new VirtioMmioTransport(0, this.state, wiring, type, { packed });
    let handler: VirtioHandler;
    if (this.disk !== undefined) handler = new BlockDevice(this.transport, this.disk, 'serial');
    else if (kind === 'entropy') handler = new EntropyDevice(new SeededEntropy(1));
    else handler = this.console = new ConsoleDevice(this.transport, this.channel);
    this.service = new VirtioService(this.transport, this.ram, handler);
    this.console?.connect((queue) => this.service.poke(queue));
    this.bus.map(DEVICE, this.transport);
  }

  /** Power-on, whatever was before. */
  start(): void {
    this.bus.reset();
    this.channelState.words.fill(0);
    this.disk?.contents.fill(CONTENTS);
    this.ram.clear();
  }

  write(register: number, value: number): void {
    this.bus.write(DEVICE + register, 4, value);
  }

  /** What a driver does up to DRIVER_OK, with rings where `Place` says. */
  bringUp(input: Input): void {
    const shape = input.u8();
    const size = 1 << (shape & 7);
    const features = VirtioFeature.VERSION_1 | (this.packed ? VirtioFeature.RING_PACKED : 0n) |
      ((shape & 8) !== 0 ? VirtioFeature.INDIRECT_DESC : 0n) | ((shape & 16) !== 0 ? VirtioFeature.EVENT_IDX : 0n) |
      ((shape & 32) !== 0 ? VirtioFeature.RING_RESET : 0n) |
      ((shape & 64) !== 0 ? this.transport.features & DEVICE_FEATURES : 0n);
    for (const value of [0, 1, 3]) this.write(R.STATUS, value);
    for (const word of [0, 1]) {
      this.write(R.DRIVER_FEATURES_SEL, word);
      this.write(R.DRIVER_FEATURES, Number((features >> BigInt(32 * word)) & 0xffff_ffffn));
    }
    this.write(R.STATUS, 0xb);
    for (let queue = 0; queue < QUEUES; queue++) this.placeQueue(queue, size);
    this.write(R.STATUS, 0xf);
  }

  private placeQueue(queue: number, size: number): void {
    const at = RAM + queue * Place.queue;
    for (const [register, value] of [
      [R.QUEUE_SEL, queue], [R.QUEUE_NUM, size], [R.QUEUE_DESC_LOW, at + Place.descriptors], [R.QUEUE_DESC_HIGH, 0],
      [R.QUEUE_DRIVER_LOW, at + Place.driver], [R.QUEUE_DRIVER_HIGH, 0], [R.QUEUE_DEVICE_LOW, at + Place.device],
      [R.QUEUE_DEVICE_HIGH, 0], [R.QUEUE_READY, 1],
    ]) this.write(register, value);
  }

  /** Writes a descriptor of the queue or of an indirect table, in the ring's format, mostly about sensible memory. */
  describe(input: Input): void {
    const { view } = this.ram;
    const where = input.u8();
    const table = (where & 0x80) !== 0 ? Place.indirect : Place.descriptors + (where & 1) * Place.queue;
    const at = table + 16 * ((where >> 1) & 31);
    const kind = input.u8();
    const address = kind < 200 ? BigInt(RAM + Place.buffers + 16 * kind)
      : kind < 232 ? BigInt(RAM + input.u16()) : input.u64();
    const length = kind < 200 ? [16, 1, 17, 512, 513, 1040, 64, 8][kind & 7] : input.u32();
    view.setBigUint64(at, kind < 16 ? BigInt(RAM + Place.indirect) : address, true);
    view.setUint32(at + 8, kind < 16 ? 16 * (1 + (kind & 7)) : length, true);
    const flags = input.u8();
    const bits = (flags & 7) | ((flags & 0x40) !== 0 ? 0x80 : 0) | ((flags & 0x80) !== 0 ? 0x8000 : 0);
    const other = input.u8();
    view.setUint16(at + 12, this.packed ? other : bits, true);
    view.setUint16(at + 14, this.packed ? bits : other & 31, true);
  }

  /** Adds an entry to a split queue's available ring. */
  offer(input: Input): void {
    const { view } = this.ram;
    const which = input.u8();
    const queue = which & 1;
    const size = this.transport.state[queueWord(queue) + Q.size] || 1;
    const at = Place.driver + queue * Place.queue;
    const index = view.getUint16(at + 2, true);
    view.setUint16(at + 4 + 2 * (index & (size - 1) & 0xff), which >> 1, true);
    view.setUint16(at + 2, index + 1, true);
  }

  /** Writes a block request's header into a buffer. */
  header(input: Input): void {
    const at = Place.buffers + 16 * input.u8();
    this.ram.view.setUint32(at, input.pick([0, 1, 4, 8, 11, 13, 2]), true);
    this.ram.view.setBigUint64(at + 8, BigInt(input.u8()), true);
  }

  serve(): void {
    this.ram.snapshot();
    for (let round = 0; round < ROUNDS && this.service.service(); round++);
    this.settle();
  }

  /** Host side of a console: takes output, gives input, changes size. */
  host(input: Input): void {
    this.ram.snapshot();
    this.channel.takeOutput(input.u8() << 4);
    this.channel.putInput(input.bytes(input.u8() & 31));
    this.console?.channelChanged();
    if (input.u8() > 250) this.console?.resize(input.u16(), input.u16());
    this.settle();
  }

  private settle(): void {
    this.ram.settle();
    const words = this.transport.state;
    check(Atomics.load(words, 0) === 0, () => 'the lock is still held');
    check(Atomics.load(words, W.busy) === 0, () => 'the device is still claimed');
  }

  finish(): void {
    const changed = this.disk?.readOnly === true && this.disk.contents.some((byte) => byte !== CONTENTS);
    check(!changed, () => 'a read-only disk changed');
    this.write(R.STATUS, 0);
    const status = this.bus.read(DEVICE + R.STATUS, 4);
    check((status & VirtioStatus.NEEDS_RESET) === 0, () => 'a reset is still needed after one');
  }
}

const KINDS = ['block', 'read-only', 'console', 'entropy'] as const;
const rigs = KINDS.flatMap((kind) => [new Rig(kind, false), new Rig(kind, true)]);

function operation(input: Input, rig: Rig): void {
  const kind = input.u8();
  switch (kind & 15) {
    case 0: rig.bringUp(input); break;
    case 1:
    case 2:
    case 3:
    case 4: rig.describe(input); break;
    case 5:
    case 6: rig.offer(input); break;
    case 7: rig.header(input); break;
    case 8: rig.ram.bytes[input.below(RAM_BYTES)] = input.u8(); break;
    case 9: rig.write(input.pick(REGISTERS), input.u32()); break;
    case 10: rig.bus.write(DEVICE + input.below(0x200), ([1, 2, 4] as const)[kind % 3], input.u32()); break;
    case 11: {
      const size = ([1, 2, 4] as const)[kind % 3];
      const value = rig.bus.read(DEVICE + input.below(0x200), size);
      check(value >= -1 && value < 2 ** (8 * size), () => `a register reads as ${value}`);
      break;
    }
    case 12: rig.host(input); break;
    default:
      rig.write(R.QUEUE_NOTIFY, kind >> 7);
      rig.serve();
  }
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const rig = rigs[input.lastU8() % rigs.length];
  rig.start();
  for (let n = 0; n < OPERATIONS && input.left > 0; n++) operation(input, rig);
  rig.serve();
  rig.finish();
}
