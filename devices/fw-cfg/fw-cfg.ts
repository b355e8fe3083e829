import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, GuestMemory, MmioDevice } from '../bus/device.js';
import type { FwCfgItem, FwCfgItems } from './items.js';

/** Registers of the memory-mapped form; all big-endian. */
const DATA_END = 8;
const SELECTOR = 8;
const DMA = 16;
/** Bits of the DMA control word. */
const CONTROL = { ERROR: 1, READ: 2, SKIP: 4, SELECT: 8, WRITE: 16 } as const;
/** "QEMU" and " CFG" as a little-endian guest reads the DMA register. */
const DMA_SIGNATURE_LOW = 0x554d4551;
const DMA_SIGNATURE_HIGH = 0x47464320;
const W = { key: 1, offset: 2, addressHigh: 3 } as const;
const NO_KEY = -1;
const WRITE_CHANNEL = 0x4000;

/**
 * QEMU's firmware configuration device, memory-mapped (QEMU, docs/specs/fw_cfg): data register at 0, selector at 8, DMA
 * address register at 16.
 */
export class FwCfg implements MmioDevice {
  /** Size of the shared block. */
  static readonly BYTES = 16;
  readonly name = 'fw-cfg';
  readonly size = 0x18;
  private readonly words: Int32Array;

  constructor(
    private readonly memory: DeviceMemory,
    private readonly items: FwCfgItems,
    private readonly guest: GuestMemory,
  ) {
    this.words = memory.words;
  }

  reset(): void {
    this.memory.locked(() => this.words.fill(0, 1, 4));
  }

  read(offset: number, size: AccessSize): number {
    if (offset < DATA_END) return this.memory.locked(() => this.readData(size));
    if (offset < DMA) return 0;
    const signature = (offset & 4) === 0 ? DMA_SIGNATURE_LOW : DMA_SIGNATURE_HIGH;
    const shifted = signature >>> (8 * (offset & 3));
    return size === 4 ? shifted : shifted & (size === 2 ? 0xffff : 0xff);
  }

  write(offset: number, size: AccessSize, value: number): void {
    if (offset === SELECTOR && size === 2) {
      this.memory.locked(() => this.select(swap16(value)));
    } else if (offset === DMA && size === 4) {
      this.memory.locked(() => (this.words[W.addressHigh] = swap32(value)));
    } else if (offset === DMA + 4 && size === 4) {
      this.memory.locked(() => {
        const address = (this.words[W.addressHigh] >>> 0) * 2 ** 32 + swap32(value);
        this.words[W.addressHigh] = 0;
        this.transfer(address);
      });
    }
  }

  private select(key: number): void {
    this.words[W.offset] = 0;
    this.words[W.key] = this.items.isKey(key) ? key & ~WRITE_CHANNEL : NO_KEY;
  }

  private selected(): FwCfgItem | undefined {
    const key = this.words[W.key];
    return key === NO_KEY ? undefined : this.items.get(key);
  }

  /** Bytes of the item in the order of addresses; zero after its end. */
  private readData(size: AccessSize): number {
    const bytes = this.selected()?.bytes;
    let value = 0;
    for (let i = 0; i < size && bytes !== undefined && this.words[W.offset] < bytes.length; i++) {
      value |= bytes[this.words[W.offset]++] << (8 * i);
    }
    return value >>> 0;
  }

  /** Carries out the request at `address`: control, length, address, all big-endian, 16 bytes. */
  private transfer(address: number): void {
    const request = this.guest.slice(address, 16);
    if (request === undefined) return;
    const view = new DataView(request.buffer, request.byteOffset, 16);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const target = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
    if ((control & CONTROL.SELECT) !== 0) this.select(control >>> 16);
    const done = this.carryOut(control, length, target);
    view.setUint32(0, done ? 0 : CONTROL.ERROR);
    this.guest.written(address, 4);
  }

  private carryOut(control: number, length: number, target: number): boolean {
    if ((control & (CONTROL.READ | CONTROL.WRITE | CONTROL.SKIP)) === 0 || length === 0) return true;
    const item = this.selected();
    const offset = this.words[W.offset] >>> 0;
    const available = item === undefined ? 0 : Math.max(0, item.bytes.length - offset);
    const count = Math.min(length, available);
    if ((control & CONTROL.READ) !== 0) {
      const memory = this.guest.slice(target, length);
      if (memory === undefined) return false;
      if (item !== undefined) memory.set(item.bytes.subarray(offset, offset + count));
      memory.fill(0, count);
      this.guest.written(target, length);
    } else if ((control & CONTROL.WRITE) !== 0) {
      if (item?.written === undefined || count !== length) return false;
      const memory = this.guest.slice(target, length);
      if (memory === undefined) return false;
      item.bytes.set(memory, offset);
      item.written(offset, length);
    }
    this.words[W.offset] = offset + count;
    return true;
  }
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >> 8) & 0xff);
}
function swap32(value: number): number {
  return ((swap16(value & 0xffff) << 16) | swap16(value >>> 16)) >>> 0;
}
