/**
 * The virt board over one shared memory. Every thread makes its own Board with the same parameters: devices find the
 * same state blocks, since all of them allocate in the same order.
 */
import { CharacterChannel } from '../../devices/backends/character-channel.js';
import type { GuestMemory, InterruptLine, MessageTarget } from '../../devices/bus/device.js';
import { DeviceMemory, DeviceMemoryAllocator } from '../../devices/bus/device-memory.js';
import { Doorbell } from '../../devices/bus/doorbell.js';
import { MmioBus } from '../../devices/bus/mmio-bus.js';
import { CfiFlash } from '../../devices/flash/cfi-flash.js';
import { FwCfg } from '../../devices/fw-cfg/fw-cfg.js';
import { FwCfgItems } from '../../devices/fw-cfg/items.js';
import { Gic } from '../../devices/gic/gic.js';
import { GITS_TRANSLATER } from '../../devices/gic/its.js';
import type { GicConfig } from '../../devices/gic/config.js';
import { Pl061 } from '../../devices/gpio/pl061.js';
import { PowerKey } from '../../devices/gpio/power-key.js';
import { Pl031 } from '../../devices/rtc/pl031.js';
import { Pl011 } from '../../devices/serial/pl011.js';
import { blockDeviceType } from '../../devices/virtio/block.js';
import { consoleDeviceType } from '../../devices/virtio/console.js';
import type { VirtioDeviceType } from '../../devices/virtio/device-type.js';
import { entropyDeviceType } from '../../devices/virtio/entropy.js';
import { VirtioMmioTransport } from '../../devices/virtio/mmio-transport.js';
import { PowerStates } from '../../hv/psci/power.js';
import { HostClock, InstructionClock } from '../../runtime/clock.js';
import { VcpuPlaces } from '../../runtime/vcpu/vcpu-places.js';
import { DEVICE_STATE_BYTES, type MemoryLayout } from '../../runtime/layout/memory-layout.js';
import { controlFieldOffset, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import type { MmioBus as MmuBus } from '../../runtime/mmu/interfaces.js';
import { ALL_SPACES, PhysicalMap, type PhysicalRegion } from '../../runtime/mmu/physical-map.js';
import { PhysicalAddressSpace } from '../arch/address.js';
import { boardLayout, type BoardParameters } from './board-parameters.js';
import {
  FLASH_BANK_BYTES, GIC_REDISTRIBUTOR_BYTES, GIC_SPI_COUNT, spiIntid, VIRTIO_MMIO_COUNT, virtioMmioSlot,
  VirtMemoryMap, VirtSpi,
} from './virt-board.js';

/**
 * Doorbell numbers. Those of virtio slots come first and ask for a look at the slot's queues; `console` is the channel
 * of the virtio console in slot 0, the other slots' follow.
 */
export const DoorbellIndex = {
  serial: VIRTIO_MMIO_COUNT, secureSerial: VIRTIO_MMIO_COUNT + 1, console: VIRTIO_MMIO_COUNT + 2,
} as const;
const DOORBELLS = DoorbellIndex.console + VIRTIO_MMIO_COUNT;

export interface BoardWiring {
  /** A bank of flash went to (`direct`) or from array mode on this thread. */
  flashModeChanged?(bank: number, direct: boolean): void;
  /** A device wrote guest memory. */
  memoryWritten?(ramOffset: number, length: number): void;
  /** The guest changed a bank of flash on this thread. */
  flashProgrammed?(bank: number, offset: number, length: number): void;
}

export class Board {
  readonly layout: MemoryLayout;
  /** Bytes of each block of device state, in their order; the first is the clock's. */
  readonly stateBlocks: readonly number[];
  readonly clock: HostClock | InstructionClock;
  readonly gic: Gic;
  readonly bus = new MmioBus();
  readonly map: PhysicalMap;
  readonly doorbell: Doorbell;
  readonly uart: Pl011;
  readonly uartChannel: CharacterChannel;
  readonly secureUart: Pl011 | undefined;
  readonly secureUartChannel: CharacterChannel | undefined;
  readonly rtc: Pl031;
  readonly gpio: Pl061;
  readonly powerKey: PowerKey;
  readonly flash: readonly CfiFlash[];
  readonly transports: readonly VirtioMmioTransport[];
  /** Channels of virtio consoles, by slot. */
  readonly consoleChannels = new Map<number, CharacterChannel>();
  readonly guestMemory: GuestMemory;
  /** Takes the message-signalled interrupts of devices, written to `MESSAGE_ADDRESS`; undefined without an ITS. */
  readonly messages: MessageTarget | undefined;
  /** Where vCPUs run. */
  readonly places: VcpuPlaces;
  /** Which PEs are on, as PSCI sees it. */
  readonly power: PowerStates;
  readonly mmuBus: MmuBus;
  private readonly secureBus = new MmioBus();
  private readonly words: Int32Array;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly parameters: BoardParameters,
    private readonly wiring: BoardWiring = {},
  ) {
    const { buffer } = memory;
    const p = parameters;
    const layout = boardLayout(p);
    this.layout = layout;
    this.words = new Int32Array(buffer);
    const allocator = new DeviceMemoryAllocator(buffer, layout.deviceState, layout.deviceState + DEVICE_STATE_BYTES);
    this.stateBlocks = allocator.sizes;
    const block = (bytes: number): DeviceMemory => allocator.allocate(bytes);
    const clockState = block(HostClock.bytes);
    this.clock = p.deterministic ? new InstructionClock(clockState) : new HostClock(clockState);
    this.doorbell = new Doorbell(block(Doorbell.bytes(DOORBELLS) + 8).words.subarray(2));
    this.guestMemory = this.makeGuestMemory();
    const gicConfig: GicConfig = { cpus: p.cpus, spis: GIC_SPI_COUNT, el3: p.el3, el2: p.el2, its: p.its };
    this.gic = new Gic(block(Gic.bytes(gicConfig)), gicConfig, {
      update: (cpu: number, lines: number) => this.linesChanged(cpu, lines),
    }, this.guestMemory);
    this.messages = this.gic.its;
    const spi = (n: number): InterruptLine => this.gic.line(spiIntid(n));
    this.map = new PhysicalMap(this.regions(), layout.ram);
    this.places = new VcpuPlaces(memory, layout, parameters.cpus, parameters.cpus);
    this.power = this.makePower();

    const kick = (index: number) => ({ kick: () => this.doorbell.ring(index) });
    this.uartChannel = new CharacterChannel(block(CharacterChannel.BYTES), kick(DoorbellIndex.serial));
    this.uart = new Pl011(block(Pl011.BYTES), this.uartChannel, spi(VirtSpi.uart));
    if (p.el3) {
      this.secureUartChannel = new CharacterChannel(block(CharacterChannel.BYTES), kick(DoorbellIndex.secureSerial));
      this.secureUart = new Pl011(
        block(Pl011.BYTES), this.secureUartChannel, spi(VirtSpi.secureUart), 'secure pl011');
    }
    this.rtc = new Pl031(block(Pl031.BYTES), this.clock, spi(VirtSpi.rtc), p.epoch);
    this.gpio = new Pl061(block(Pl061.BYTES), spi(VirtSpi.gpio));
    this.powerKey = new PowerKey(block(PowerKey.BYTES), this.gpio, this.clock);
    this.flash = [0, 1].map((bank) => this.makeFlash(bank, block(CfiFlash.BYTES)));
    this.transports = Array.from({ length: VIRTIO_MMIO_COUNT }, (_, slot) => {
      const state = block(VirtioMmioTransport.BYTES);
      const type = this.virtioType(slot, () => block(CharacterChannel.BYTES));
      const wiring = { line: spi(VirtSpi.virtioMmio + slot), kick: (n: number) => this.doorbell.ring(n) };
      return new VirtioMmioTransport(slot, state, wiring, type);
    });
    const items = new FwCfgItems();
    items.addInt16(FW_CFG_NB_CPUS, p.cpus);
    for (const item of p.fwCfgItems) items.addBytes(item.key, item.bytes);
    const fwCfg = new FwCfg(block(FwCfg.BYTES), items, this.guestMemory);

    const { bus, secureBus } = this;
    const redistributors = p.cpus * GIC_REDISTRIBUTOR_BYTES;
    if (this.gic.redistributor.size < redistributors) throw new RangeError('redistributor region too small');
    for (const b of p.el3 ? [bus, secureBus] : [bus]) {
      const secure = b === secureBus;
      b.map(VirtMemoryMap.gicDistributor.base, secure ? this.gic.secureDistributor : this.gic.distributor);
      b.map(VirtMemoryMap.gicRedistributors.base, secure ? this.gic.secureRedistributor : this.gic.redistributor);
      if (this.gic.its) b.map(VirtMemoryMap.gicIts.base, this.gic.its);
      b.map(VirtMemoryMap.uart.base, this.uart);
      b.map(VirtMemoryMap.rtc.base, this.rtc);
      b.map(VirtMemoryMap.fwCfg.base, fwCfg);
      b.map(VirtMemoryMap.gpio.base, this.gpio);
      this.transports.forEach((t, i) => b.map(virtioMmioSlot(i).base, t));
      this.flash.forEach((f, i) => {
        if (!p.el3 || secure || i === 1) b.map(i * FLASH_BANK_BYTES, f);
      });
      if (secure && this.secureUart) b.map(VirtMemoryMap.secureUart.base, this.secureUart);
    }
    const select = (space: number): MmioBus =>
      p.el3 && space !== PhysicalAddressSpace.NonSecure ? secureBus : bus;
    this.mmuBus = {
      read: (address, size, space) => select(space).read(address, size) >>> 0,
      write: (address, size, value, space) => void select(space).write(address, size, value),
    };
  }

  /** Power-on state of every device. */
  reset(): void {
    this.gic.reset();
    this.bus.reset();
    if (this.parameters.el3) this.secureBus.reset();
    this.powerKey.reset();
  }

  /** Takes over which banks of flash are in array mode: another thread may have changed that. */
  refreshFlash(): void {
    this.flash.forEach((flash, bank) => this.map.setDirect(`flash${bank}`, flash.arrayMode));
  }

  /** Base of a vCPU's block. */
  vcpuBase(index: number): number {
    return this.layout.vcpus + index * VcpuLayout.size;
  }

  /** Makes a vCPU look at its control words: ends its slice and wakes it. Any thread. */
  kickVcpu(index: number): void {
    Atomics.store(this.words, (this.vcpuBase(index) + controlFieldOffset.exitRequest) >> 2, 1);
    this.places.wake(index);
  }

  private makePower(): PowerStates {
    const { buffer } = this.memory;
    return new PowerStates(buffer, Array.from({ length: this.parameters.cpus }, (_, cpu) => {
      const at = (name: 'powerState' | 'powerEntry' | 'powerContext'): number => this.vcpuBase(cpu) + controlFieldOffset[name];
      return { state: at('powerState') >> 2, entry: at('powerEntry') >> 3, context: at('powerContext') >> 3 };
    }));
  }

  /** Copies `bytes` to a physical address of RAM, flash or secure memory. */
  write(address: number, bytes: Uint8Array): void {
    const region = this.map.regions.find(
      (r) => r.kind !== 'mmio' && address >= r.base && address + bytes.length <= r.base + r.size);
    if (region === undefined) throw new RangeError(`nothing at 0x${address.toString(16)} to load into`);
    new Uint8Array(this.memory.buffer).set(bytes, region.wasmOffset + address - region.base);
  }

  /** State of all devices but the clock. With the machine stopped it is all that devices know of the guest. */
  deviceState(): Uint8Array {
    const [clock, ...others] = this.stateBlocks;
    return new Uint8Array(this.memory.buffer, this.layout.deviceState + clock, others.reduce((a, b) => a + b));
  }

  /** What backs RAM, flash and secure memory, one behind the other. */
  backing(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.layout.ram, this.layout.ramBytes);
  }

  /** Backing bytes of a bank of flash. */
  flashBytes(bank: number): Uint8Array {
    const offset = this.layout.ram + this.parameters.ramBytes + bank * FLASH_BANK_BYTES;
    return new Uint8Array(this.memory.buffer, offset, FLASH_BANK_BYTES);
  }

  private linesChanged(cpu: number, lines: number): void {
    const at = (this.vcpuBase(cpu) + controlFieldOffset.interruptLines) >> 2;
    // The vCPU's own bits stay (see InterruptLine).
    Atomics.and(this.words, at, lines | ~GIC_LINES);
    Atomics.or(this.words, at, lines);
    if (lines !== 0) this.kickVcpu(cpu);
  }

  private regions(): PhysicalRegion[] {
    const { parameters: p, layout } = this;
    const nonSecure = 1 << PhysicalAddressSpace.NonSecure;
    const all = ALL_SPACES;
    const flashOffset = layout.ram + p.ramBytes;
    const regions: PhysicalRegion[] = [
      { name: 'ram', base: VirtMemoryMap.ram.base, size: p.ramBytes, spaces: all, kind: 'ram', wasmOffset: layout.ram },
    ];
    for (const bank of [0, 1]) {
      regions.push({
        name: `flash${bank}`, base: bank * FLASH_BANK_BYTES, size: FLASH_BANK_BYTES,
        spaces: p.el3 && bank === 0 ? all & ~nonSecure : all, kind: 'rom',
        wasmOffset: flashOffset + bank * FLASH_BANK_BYTES,
      });
    }
    const mmio = (name: string, range: { base: number; size: number }, spaces: number = all): void => {
      regions.push({ name, base: range.base, size: range.size, spaces, kind: 'mmio', wasmOffset: 0 });
    };
    mmio('gic-distributor', VirtMemoryMap.gicDistributor);
    if (p.its) mmio('gic-its', VirtMemoryMap.gicIts);
    mmio('gic-redistributors', {
      base: VirtMemoryMap.gicRedistributors.base, size: p.cpus * GIC_REDISTRIBUTOR_BYTES });
    mmio('uart', VirtMemoryMap.uart);
    mmio('rtc', VirtMemoryMap.rtc);
    mmio('fw-cfg', VirtMemoryMap.fwCfg);
    mmio('gpio', VirtMemoryMap.gpio);
    mmio('virtio-mmio', VirtMemoryMap.virtioMmio);
    if (p.el3) {
      mmio('secure-uart', VirtMemoryMap.secureUart, all & ~nonSecure);
      regions.push({
        name: 'secure-memory', base: VirtMemoryMap.secureMemory.base, size: VirtMemoryMap.secureMemory.size,
        spaces: all & ~nonSecure, kind: 'ram', wasmOffset: flashOffset + 2 * FLASH_BANK_BYTES,
      });
    }
    return regions;
  }

  /** @param channelState allocates a console's channel */
  private virtioType(slot: number, channelState: () => DeviceMemory): VirtioDeviceType | undefined {
    const parameters = this.parameters.virtio[slot];
    switch (parameters?.kind) {
      case 'block': return blockDeviceType(parameters.disk);
      case 'entropy': return entropyDeviceType;
      case 'console': {
        const kick = (): void => this.doorbell.ring(DoorbellIndex.console + slot);
        const channel = new CharacterChannel(channelState(), { kick });
        this.consoleChannels.set(slot, channel);
        return consoleDeviceType(channel);
      }
      default: return undefined;
    }
  }

  private makeGuestMemory(): GuestMemory {
    const { layout, parameters: p, wiring } = this;
    const { base } = VirtMemoryMap.ram;
    const { buffer } = this.memory;
    const inside = (address: number, length: number): boolean =>
      address >= base && length >= 0 && address + length <= base + p.ramBytes;
    return {
      slice: (address, length) =>
        inside(address, length) ? new Uint8Array(buffer, layout.ram + address - base, length) : undefined,
      written: (address, length) => {
        if (length > 0 && inside(address, length)) wiring.memoryWritten?.(address - base, length);
      },
    };
  }

  private makeFlash(bank: number, block: DeviceMemory): CfiFlash {
    const { wiring, parameters: p } = this;
    return new CfiFlash(
      block, this.flashBytes(bank),
      {
        arrayModeChanged: (direct) => {
          this.map.setDirect(`flash${bank}`, direct);
          wiring.flashModeChanged?.(bank, direct);
        },
        programmed: (offset, length) => {
          wiring.memoryWritten?.(p.ramBytes + bank * FLASH_BANK_BYTES + offset, length);
          wiring.flashProgrammed?.(bank, offset, length);
        },
      },
      p.flash[bank]?.readOnly ?? false, `flash${bank}`,
    );
  }
}

/** Physical address that a device's message is written to: GITS_TRANSLATER. */
export const MESSAGE_ADDRESS = VirtMemoryMap.gicIts.base + GITS_TRANSLATER;

/** Bits of ControlState.interruptLines that the interrupt controller drives. */
const GIC_LINES = 0x3f;

/** fw_cfg key of the number of CPUs (FW_CFG_NB_CPUS). */
const FW_CFG_NB_CPUS = 5;
