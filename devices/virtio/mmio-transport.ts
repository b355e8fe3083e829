import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, InterruptLine, MmioDevice } from '../bus/device.js';
import type { VirtioDeviceType } from './device-type.js';
import {
  VIRTIO_MAGIC, VIRTIO_VENDOR, VirtioFeature, VirtioInterrupt, VirtioMmioRegister as R, VirtioStatus,
} from './registers.js';
import { CONFIG_BYTES, configView, MAX_QUEUES, Q, queueWord, TRANSPORT_BYTES, W } from './transport-state.js';

/** What a slot needs from the machine. */
export interface TransportWiring {
  readonly line: InterruptLine;
  /** Queue `queue` of slot `slot` has work; called without locks held, must not block. May service at once. */
  kick(slot: number, queue: number): void;
}

const WORKING = VirtioStatus.FEATURES_OK | VirtioStatus.DRIVER_OK;

/**
 * One virtio-mmio slot, transport version 2 without the legacy interface (virtio 1.2, 4.2). The registers live in
 * shared memory and may be accessed from any thread; queues are processed elsewhere (VirtioService). A slot without a
 * device reports DeviceID 0.
 */
export class VirtioMmioTransport implements MmioDevice {
  /** Size of the shared block. */
  static readonly BYTES = TRANSPORT_BYTES;
  readonly name: string;
  readonly size = 0x200;
  /** All features on offer. */
  readonly features: bigint;
  private readonly words: Int32Array;
  private readonly config: Uint8Array;

  constructor(
    readonly slot: number,
    private readonly memory: DeviceMemory,
    private readonly wiring: TransportWiring,
    readonly type?: VirtioDeviceType,
    options: { readonly packed?: boolean } = {},
  ) {
    if (type !== undefined && (type.queueSizes.length > MAX_QUEUES || type.config.length > CONFIG_BYTES)) {
      throw new RangeError(`${type.name}: too many queues or too large a configuration space`);
    }
    this.name = `virtio-mmio.${slot}${type === undefined ? '' : ` (${type.name})`}`;
    this.words = memory.words;
    this.config = configView(memory);
    this.features =
      type === undefined
        ? 0n
        : type.features | VirtioFeature.VERSION_1 | VirtioFeature.INDIRECT_DESC | VirtioFeature.EVENT_IDX |
          VirtioFeature.RING_RESET | (options.packed === true ? VirtioFeature.RING_PACKED : 0n);
  }

  reset(): void {
    this.memory.locked(() => {
      this.resetDevice();
      this.words[W.configGeneration] = 0;
      this.config.fill(0);
      if (this.type !== undefined) this.config.set(this.type.config);
    });
    this.quiesce();
  }

  read(offset: number, size: AccessSize): number {
    if (offset >= R.CONFIG) return this.readConfig(offset - R.CONFIG, size);
    if (size !== 4) return 0;
    if (offset === R.MAGIC_VALUE) return VIRTIO_MAGIC;
    if (offset === R.VERSION) return 2;
    if (offset === R.VENDOR_ID) return VIRTIO_VENDOR;
    if (this.type === undefined) return 0;
    return this.memory.locked(() => this.readRegister(offset)) >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    if (this.type === undefined) return;
    if (offset >= R.CONFIG) {
      this.writeConfig(offset - R.CONFIG, size, value);
      return;
    }
    if (size !== 4) return;
    switch (offset) {
      case R.STATUS: this.writeStatus(value & 0xff); break;
      case R.QUEUE_NOTIFY: this.notify(value); break;
      case R.QUEUE_READY:
        this.memory.locked(() => this.setReady((value & 1) !== 0));
        if ((value & 1) === 0) this.quiesce();
        break;
      case R.QUEUE_RESET:
        this.memory.locked(() => this.resetQueue(value));
        this.quiesce();
        break;
      default: this.memory.locked(() => this.writeRegister(offset, value | 0));
    }
  }

  // What the servicing side uses.

  /** True while the driver has the device running. */
  get running(): boolean {
    const status = Atomics.load(this.words, W.status);
    return (status & (WORKING | VirtioStatus.NEEDS_RESET)) === WORKING;
  }

  /** Features both sides agreed on; meaningful while running. */
  get negotiated(): bigint {
    const high = this.words[W.driverFeaturesHigh] >>> 0;
    return (BigInt(high) << 32n) | BigInt(this.words[W.driverFeaturesLow] >>> 0);
  }

  /** The shared words; queue state lies at queueWord(index). */
  get state(): Int32Array {
    return this.words;
  }

  /** Claims the device for servicing; false when it is being serviced already. */
  acquire(): boolean {
    return Atomics.compareExchange(this.words, W.busy, 0, 1) === 0;
  }
  release(): void {
    Atomics.store(this.words, W.busy, 0);
    Atomics.notify(this.words, W.busy);
  }

  /** Takes the bits of queues that have been notified. */
  takePending(): number {
    return Atomics.exchange(this.words, W.pending, 0);
  }
  /** Marks a queue as notified, from the host's side. */
  markPending(queue: number): void {
    Atomics.or(this.words, W.pending, 1 << queue);
  }

  /** Asserts the interrupt for used buffers. */
  signalUsed(): void {
    this.memory.locked(() => this.raise(VirtioInterrupt.USED_BUFFER));
  }

  /** Changes configuration space and tells the driver. */
  changeConfig(change: (config: Uint8Array) => void): void {
    this.memory.locked(() => {
      change(this.config);
      this.words[W.configGeneration]++;
      if ((this.words[W.status] & VirtioStatus.DRIVER_OK) !== 0) this.raise(VirtioInterrupt.CONFIG_CHANGE);
    });
  }
  /** One byte of configuration space. */
  configByte(offset: number): number {
    return this.config[offset];
  }

  /** The driver broke the rules: stops the device until it is reset (2.1.2). */
  needsReset(): void {
    this.memory.locked(() => {
      Atomics.or(this.words, W.status, VirtioStatus.NEEDS_RESET);
      if ((this.words[W.status] & VirtioStatus.DRIVER_OK) !== 0) this.raise(VirtioInterrupt.CONFIG_CHANGE);
    });
  }

  /** Runs `body` so that it excludes register accesses. */
  locked<T>(body: () => T): T {
    return this.memory.locked(body);
  }

  // Registers, under the lock.

  private readRegister(offset: number): number {
    const words = this.words;
    switch (offset) {
      case R.DEVICE_ID: return this.type?.deviceId ?? 0;
      case R.DEVICE_FEATURES: return this.featureWord(words[W.deviceFeaturesSel] >>> 0);
      case R.QUEUE_NUM_MAX: return this.type?.queueSizes[words[W.queueSel]] ?? 0;
      case R.QUEUE_READY: return this.selectedQueue((at) => words[at + Q.ready]);
      case R.INTERRUPT_STATUS: return words[W.interruptStatus];
      case R.STATUS: return words[W.status];
      // No shared memory regions: length and base of any read as all-ones.
      case R.SHM_LEN_LOW:
      case R.SHM_LEN_HIGH:
      case R.SHM_BASE_LOW:
      case R.SHM_BASE_HIGH: return 0xffffffff;
      case R.CONFIG_GENERATION: return words[W.configGeneration];
      // The rest is write-only, or, as QueueReset, always finished.
      default: return 0;
    }
  }

  private featureWord(select: number): number {
    return select > 1 ? 0 : Number((this.features >> BigInt(32 * select)) & 0xffffffffn);
  }

  private writeRegister(offset: number, value: number): void {
    const words = this.words;
    switch (offset) {
      case R.DEVICE_FEATURES_SEL: words[W.deviceFeaturesSel] = value; break;
      case R.DRIVER_FEATURES_SEL: words[W.driverFeaturesSel] = value; break;
      case R.DRIVER_FEATURES:
        // Features are settled once FEATURES_OK stands.
        if ((words[W.status] & VirtioStatus.FEATURES_OK) !== 0) break;
        if (words[W.driverFeaturesSel] === 0) words[W.driverFeaturesLow] = value;
        else if (words[W.driverFeaturesSel] === 1) words[W.driverFeaturesHigh] = value;
        break;
      case R.QUEUE_SEL: words[W.queueSel] = value; break;
      case R.INTERRUPT_ACK:
        words[W.interruptStatus] &= ~value;
        this.wiring.line.set(words[W.interruptStatus] !== 0);
        break;
      case R.SHM_SEL: words[W.shmSel] = value; break;
      case R.QUEUE_NUM: this.setQueueWord(Q.size, value); break;
      case R.QUEUE_DESC_LOW: this.setQueueWord(Q.descLow, value); break;
      case R.QUEUE_DESC_HIGH: this.setQueueWord(Q.descHigh, value); break;
      case R.QUEUE_DRIVER_LOW: this.setQueueWord(Q.driverLow, value); break;
      case R.QUEUE_DRIVER_HIGH: this.setQueueWord(Q.driverHigh, value); break;
      case R.QUEUE_DEVICE_LOW: this.setQueueWord(Q.deviceLow, value); break;
      case R.QUEUE_DEVICE_HIGH: this.setQueueWord(Q.deviceHigh, value); break;
    }
  }

  /** Runs `body` with the first word of the selected queue; 0 when there is no such queue. */
  private selectedQueue(body: (at: number) => number): number {
    const select = this.words[W.queueSel] >>> 0;
    return this.type !== undefined && select < this.type.queueSizes.length ? body(queueWord(select)) : 0;
  }

  /** Sets a parameter of the selected queue, which a queue in use does not take (4.2.2.2). */
  private setQueueWord(field: number, value: number): void {
    this.selectedQueue((at) => {
      if (this.words[at + Q.ready] === 0) this.words[at + field] = value;
      return 0;
    });
  }

  private setReady(ready: boolean): void {
    const words = this.words;
    this.selectedQueue((at) => {
      if (ready && words[at + Q.ready] === 0) {
        words[at + Q.nextAvail] = 0;
        words[at + Q.nextUsed] = 0;
        words[at + Q.signalled] = 0;
      }
      words[at + Q.ready] = ready ? 1 : 0;
      Atomics.add(words, at + Q.generation, 1);
      return 0;
    });
  }

  private resetQueue(value: number): void {
    if ((value & 1) === 0 || (this.negotiated & VirtioFeature.RING_RESET) === 0n) return;
    this.selectedQueue((at) => {
      this.clearQueue(at);
      return 0;
    });
  }

  private clearQueue(at: number): void {
    const generation = this.words[at + Q.generation];
    this.words.fill(0, at, at + Q.signalled + 1);
    Atomics.store(this.words, at + Q.generation, generation + 1);
  }

  private resetDevice(): void {
    const words = this.words;
    const { busy, configGeneration } = W;
    for (let word = 1; word <= W.pending; word++) {
      if (word !== busy && word !== configGeneration) Atomics.store(words, word, 0);
    }
    for (let queue = 0; queue < MAX_QUEUES; queue++) this.clearQueue(queueWord(queue));
    this.wiring.line.set(false);
  }

  private writeStatus(value: number): void {
    if (value === 0) {
      this.memory.locked(() => this.resetDevice());
      this.quiesce();
      return;
    }
    const started = this.memory.locked(() => {
      const words = this.words;
      const before = words[W.status];
      let status = value | (before & VirtioStatus.NEEDS_RESET);
      if ((before & VirtioStatus.FEATURES_OK) === 0 && !this.acceptsFeatures()) status &= ~VirtioStatus.FEATURES_OK;
      Atomics.store(words, W.status, status);
      return (status & ~before & VirtioStatus.DRIVER_OK) !== 0 && this.running;
    });
    // Buffers may have been made available before; their notification, if any, came too early.
    if (!started) return;
    for (let queue = 0; queue < MAX_QUEUES; queue++) {
      if (this.words[queueWord(queue) + Q.ready] !== 0) this.notify(queue);
    }
  }

  /** A subset of what was offered, and no legacy driver (2.2.2, 6.2). */
  private acceptsFeatures(): boolean {
    const wanted = this.negotiated;
    return (wanted & ~this.features) === 0n && (wanted & VirtioFeature.VERSION_1) !== 0n;
  }

  private notify(queue: number): void {
    if (queue >= (this.type?.queueSizes.length ?? 0)) return;
    this.markPending(queue);
    this.wiring.kick(this.slot, queue);
  }

  /** Waits until no work on guest memory that began before is still under way. */
  private quiesce(): void {
    for (let spins = 0; Atomics.load(this.words, W.busy) !== 0; spins++) {
      if (spins > 1000) Atomics.wait(this.words, W.busy, 1, 1);
    }
  }

  private raise(bit: number): void {
    this.words[W.interruptStatus] |= bit;
    this.wiring.line.set(true);
  }

  private readConfig(offset: number, size: AccessSize): number {
    if (this.type === undefined || offset + size > CONFIG_BYTES) return 0;
    return this.memory.locked(() => {
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.config[offset + i] << (8 * i);
      return value;
    }) >>> 0;
  }

  private writeConfig(offset: number, size: AccessSize, value: number): void {
    if (offset + size > CONFIG_BYTES || this.type?.writeConfig === undefined) return;
    this.memory.locked(() => this.type?.writeConfig?.(this.config, offset, value, this.negotiated));
  }
}
