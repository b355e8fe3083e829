import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, MmioDevice } from '../bus/device.js';
import {
  cfiTable, FLASH_BUFFER_BYTES, FLASH_DEVICE, FLASH_MANUFACTURER, FLASH_SECTOR_BYTES,
} from './cfi-table.js';

/** Command codes of Intel's basic and extended command sets. */
const C = {
  READ_ARRAY: 0xff, READ_ID: 0x90, CFI_QUERY: 0x98, READ_STATUS: 0x70, CLEAR_STATUS: 0x50, PROGRAM: 0x40,
  PROGRAM_ALTERNATE: 0x10, BUFFERED_PROGRAM: 0xe8, BLOCK_ERASE: 0x20, LOCK_SETUP: 0x60, CONFIRM: 0xd0, LOCK: 0x01,
  LOCK_DOWN: 0x2f,
} as const;
/** Status register bits. */
const S = { READY: 0x80, ERASE_ERROR: 0x20, PROGRAM_ERROR: 0x10, LOCKED: 0x02 } as const;
/** What reads return. */
const Mode = { ARRAY: 0, STATUS: 1, ID: 2, QUERY: 3 } as const;
/** What the next write means; 0 is "a command". */
const Step = {
  COMMAND: 0, PROGRAM_DATA: 1, ERASE_CONFIRM: 2, LOCK_COMMAND: 3, BUFFER_COUNT: 4, BUFFER_DATA: 5, BUFFER_CONFIRM: 6,
} as const;
const W = { mode: 1, step: 2, status: 3, count: 4, window: 5, locks: 6, lockedDown: 14, bufferUsed: 22 } as const;
const MAX_SECTORS = 256;
/** The program buffer follows the words: data bytes, then one byte per data byte saying whether it was written. */
const BUFFER = 96;

/** What a bank needs from its surroundings. */
export interface FlashWiring {
  /**
   * Reads of the bank change between going straight to the backing bytes (true) and coming to the device. Called on
   * the accessing thread, under the bank's lock.
   */
  arrayModeChanged(arrayMode: boolean): void;
  /** The backing bytes have changed, for persistence and for code translated from them. Same conditions. */
  programmed(offset: number, length: number): void;
}

/**
 * One bank of CFI parallel NOR flash, Intel command set 0001, two 16-bit chips side by side that get the same commands.
 * In array mode the bank is ordinary read-only memory: the board maps `bytes` directly and only writes come here.
 * Programming can only clear bits; all blocks are unlocked at power-on, and what is locked can be neither programmed
 * nor erased. Operations complete at once.
 */
export class CfiFlash implements MmioDevice {
  /** Size of the shared block. */
  static readonly BYTES = BUFFER + 2 * FLASH_BUFFER_BYTES;
  readonly size: number;
  private readonly words: Int32Array;
  private readonly table: Uint8Array;
  private readonly buffer: Uint8Array;
  private readonly written: Uint8Array;

  /**
   * @param bytes the bank's contents in shared memory; at most 256 blocks of 256 KiB.
   * @param readOnly programming and erasing report errors.
   */
  constructor(
    private readonly memory: DeviceMemory,
    private readonly bytes: Uint8Array,
    private readonly wiring: FlashWiring,
    private readonly readOnly = false,
    readonly name = 'cfi-flash',
  ) {
    this.size = bytes.length;
    if (this.size / FLASH_SECTOR_BYTES > MAX_SECTORS) throw new RangeError('flash bank too large');
    this.words = memory.words;
    this.table = cfiTable(this.size, FLASH_SECTOR_BYTES);
    this.buffer = memory.byteView(BUFFER, FLASH_BUFFER_BYTES);
    this.written = memory.byteView(BUFFER + FLASH_BUFFER_BYTES, FLASH_BUFFER_BYTES);
  }

  /** True while reads may go straight to the backing bytes. */
  get arrayMode(): boolean {
    return Atomics.load(this.words, W.mode) === Mode.ARRAY;
  }

  /** Contents stay. */
  reset(): void {
    this.memory.locked(() => {
      const wasArray = this.words[W.mode] === Mode.ARRAY;
      this.words.fill(0, 1, BUFFER / 4);
      this.words[W.status] = S.READY;
      this.written.fill(0);
      if (!wasArray) this.wiring.arrayModeChanged(true);
    });
  }

  read(offset: number, size: AccessSize): number {
    return this.memory.locked(() => {
      switch (this.words[W.mode]) {
        case Mode.STATUS: return this.replicate(this.words[W.status], size);
        case Mode.ID: return this.replicate(this.identifier(offset), size);
        case Mode.QUERY: return this.replicate(this.table[offset >> 2] ?? 0, size);
        default: return this.readArray(offset, size);
      }
    });
  }

  write(offset: number, size: AccessSize, value: number): void {
    this.memory.locked(() => this.accept(offset, size, value));
  }

  /** Every chip answers alike; chips are 16 bits wide. */
  private replicate(answer: number, size: AccessSize): number {
    if (size === 1) return answer & 0xff;
    return size === 2 ? answer : ((answer << 16) | answer) >>> 0;
  }

  private readArray(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.bytes[offset + i] << (8 * i);
    return value >>> 0;
  }

  /** Word 0 manufacturer, 1 device; word 2 of a block its lock state: bit 0 locked, bit 1 locked down. */
  private identifier(offset: number): number {
    switch ((offset >> 2) & 0xff) {
      case 0: return FLASH_MANUFACTURER;
      case 1: return FLASH_DEVICE;
      case 2: {
        const sector = this.sectorOf(offset);
        return (this.testBit(W.locks, sector) ? 1 : 0) | (this.testBit(W.lockedDown, sector) ? 2 : 0);
      }
      default: return 0;
    }
  }

  private accept(offset: number, size: AccessSize, value: number): void {
    const words = this.words;
    switch (words[W.step]) {
      case Step.COMMAND: this.command(value & 0xff); break;
      case Step.PROGRAM_DATA:
        this.program(offset, size, value);
        words[W.step] = Step.COMMAND;
        break;
      case Step.ERASE_CONFIRM:
        if ((value & 0xff) === C.CONFIRM) {
          this.erase(offset);
          words[W.step] = Step.COMMAND;
        } else this.sequenceError(value);
        break;
      case Step.LOCK_COMMAND: this.lock(offset, value & 0xff); break;
      case Step.BUFFER_COUNT:
        words[W.count] = (value & 0xffff) + 1;
        words[W.step] = Step.BUFFER_DATA;
        break;
      case Step.BUFFER_DATA: this.bufferWrite(offset, size, value); break;
      case Step.BUFFER_CONFIRM: this.bufferConfirm(value & 0xff); break;
    }
  }

  private command(command: number): void {
    const words = this.words;
    switch (command) {
      case C.READ_STATUS: this.setMode(Mode.STATUS); break;
      case C.READ_ID: this.setMode(Mode.ID); break;
      case C.CFI_QUERY: this.setMode(Mode.QUERY); break;
      case C.CLEAR_STATUS:
        words[W.status] = S.READY;
        this.setMode(Mode.ARRAY);
        break;
      case C.PROGRAM:
      case C.PROGRAM_ALTERNATE: this.begin(Step.PROGRAM_DATA); break;
      case C.BLOCK_ERASE: this.begin(Step.ERASE_CONFIRM); break;
      case C.LOCK_SETUP: this.begin(Step.LOCK_COMMAND); break;
      case C.BUFFERED_PROGRAM:
        words[W.bufferUsed] = 0;
        this.written.fill(0);
        this.begin(Step.BUFFER_COUNT);
        break;
      default: this.setMode(Mode.ARRAY);
    }
  }

  private begin(step: number): void {
    this.words[W.step] = step;
    this.setMode(Mode.STATUS);
  }

  /** A second cycle that does not fit the first: READ ARRAY leaves quietly, the rest is a command sequence error. */
  private sequenceError(value: number): void {
    this.words[W.step] = Step.COMMAND;
    if ((value & 0xff) === C.READ_ARRAY) this.setMode(Mode.ARRAY);
    else this.words[W.status] |= S.ERASE_ERROR | S.PROGRAM_ERROR;
  }

  private lock(offset: number, command: number): void {
    const sector = this.sectorOf(offset);
    switch (command) {
      case C.LOCK: this.setBit(W.locks, sector, true); break;
      case C.CONFIRM:
        if (!this.testBit(W.lockedDown, sector)) this.setBit(W.locks, sector, false);
        break;
      case C.LOCK_DOWN:
        this.setBit(W.locks, sector, true);
        this.setBit(W.lockedDown, sector, true);
        break;
      default:
        this.sequenceError(command);
        return;
    }
    this.words[W.step] = Step.COMMAND;
  }

  private program(offset: number, size: AccessSize, value: number): void {
    if (this.refuses(this.sectorOf(offset), S.PROGRAM_ERROR)) return;
    for (let i = 0; i < size; i++) this.bytes[offset + i] &= value >>> (8 * i);
    this.wiring.programmed(offset, size);
  }

  private erase(offset: number): void {
    const sector = this.sectorOf(offset);
    if (this.refuses(sector, S.ERASE_ERROR)) return;
    const start = sector * FLASH_SECTOR_BYTES;
    this.bytes.fill(0xff, start, start + FLASH_SECTOR_BYTES);
    this.wiring.programmed(start, FLASH_SECTOR_BYTES);
  }

  /** The first data cycle fixes the buffer's window; every cycle, whatever its width, counts as one word. */
  private bufferWrite(offset: number, size: AccessSize, value: number): void {
    const words = this.words;
    if (words[W.bufferUsed] === 0) words[W.window] = offset & -FLASH_BUFFER_BYTES;
    words[W.bufferUsed] = 1;
    if ((offset & -FLASH_BUFFER_BYTES) === words[W.window]) {
      const at = offset & (FLASH_BUFFER_BYTES - 1);
      for (let i = 0; i < size; i++) {
        this.buffer[at + i] = value >>> (8 * i);
        this.written[at + i] = 1;
      }
    } else {
      words[W.status] |= S.PROGRAM_ERROR;
    }
    if (--words[W.count] === 0) words[W.step] = Step.BUFFER_CONFIRM;
  }

  private bufferConfirm(command: number): void {
    const words = this.words;
    if (command !== C.CONFIRM) {
      this.sequenceError(command);
      return;
    }
    words[W.step] = Step.COMMAND;
    const start = words[W.window];
    if (this.refuses(this.sectorOf(start), S.PROGRAM_ERROR)) return;
    for (let i = 0; i < FLASH_BUFFER_BYTES; i++) {
      if (this.written[i] !== 0) this.bytes[start + i] &= this.buffer[i];
    }
    this.wiring.programmed(start, FLASH_BUFFER_BYTES);
  }

  /** Reports an error when the block cannot be changed. */
  private refuses(sector: number, error: number): boolean {
    if (this.testBit(W.locks, sector)) {
      this.words[W.status] |= error | S.LOCKED;
      return true;
    }
    if (this.readOnly) this.words[W.status] |= error;
    return this.readOnly;
  }

  private setMode(mode: number): void {
    const before = this.words[W.mode];
    Atomics.store(this.words, W.mode, mode);
    if ((before === Mode.ARRAY) !== (mode === Mode.ARRAY)) this.wiring.arrayModeChanged(mode === Mode.ARRAY);
  }

  private sectorOf(offset: number): number {
    return Math.floor(offset / FLASH_SECTOR_BYTES);
  }
  private testBit(base: number, sector: number): boolean {
    return (this.words[base + (sector >> 5)] & (1 << (sector & 31))) !== 0;
  }
  private setBit(base: number, sector: number, value: boolean): void {
    const bit = 1 << (sector & 31);
    const at = base + (sector >> 5);
    this.words[at] = value ? this.words[at] | bit : this.words[at] & ~bit;
  }
}
