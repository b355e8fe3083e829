import type { AccessSize } from '../../devices/bus/device.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import type { MmioBus } from './interfaces.js';
import { Backing, type PhysicalMap } from './physical-map.js';

const HIGH = 0x1_0000_0000;

/** Part of an access that lies in one page: RAM when `device` is false. */
interface Piece {
  device: boolean;
  /** WasmOffset of the bytes (RAM), or their physical address (device). */
  address: number;
  space: number;
  length: number;
  /** RAM that holds code. */
  code: boolean;
}

/**
 * The bounce buffer of one vCPU: accesses that are not plain memory are gathered into it before a load reads it, and
 * carried out from it after a store filled it.
 */
export class BounceBuffer {
  /** WasmOffset of the buffer. */
  readonly offset: number;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly pendingWord: number;
  private readonly lengthWord: number;
  private readonly locationWord: number;
  private readonly pieces: readonly [Piece, Piece] = [
    { device: false, address: 0, space: 0, length: 0, code: false },
    { device: false, address: 0, space: 0, length: 0, code: false },
  ];
  private count = 0;
  private element = 1;

  constructor(
    buffer: ArrayBufferLike,
    vcpuBase: number,
    private readonly map: PhysicalMap,
    private readonly bus: MmioBus,
    /** Told behind each store to a page of code. */
    private readonly codeStored: (offset: number, length: number) => void = () => undefined,
  ) {
    this.offset = vcpuBase + controlFieldOffset.bounce;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.pendingWord = (vcpuBase + controlFieldOffset.bouncePending) >> 2;
    this.lengthWord = (vcpuBase + controlFieldOffset.bounceLength) >> 2;
    this.locationWord = (vcpuBase + controlFieldOffset.bounceLocation) >> 2;
    this.words[(vcpuBase + controlFieldOffset.bounceBase) >> 2] = this.offset;
  }

  /** Starts an access of elements of `element` bytes. */
  begin(element: number): void {
    this.count = 0;
    this.element = element;
  }

  addMemory(offset: number, length: number, code = false): void {
    this.locate(offset);
    const piece = this.pieces[this.count++];
    piece.device = false;
    piece.code = code;
    piece.address = offset;
    piece.length = length;
  }

  /** Adds device memory; false when nothing answers at some of it. Address words are int32. */
  addDevice(space: number, high: number, low: number, length: number): boolean {
    this.locate(low);
    const piece = this.pieces[this.count++];
    piece.device = true;
    piece.code = false;
    piece.address = high * HIGH + (low >>> 0);
    piece.space = space;
    piece.length = length;
    for (let done = 0; done < length; done += 4) {
      if (this.map.find(space, piece.address + done) === undefined) return false;
    }
    return this.map.find(space, piece.address + length - 1) !== undefined;
  }

  /** Notes where an access begins. */
  private locate(address: number): void {
    if (this.count === 0) this.words[this.locationWord] = address | 0;
  }

  /** Reads all pieces into the buffer, in order of address. */
  gather(): void {
    let at = this.offset;
    for (let i = 0; i < this.count; i++) {
      const { device, address, space, length } = this.pieces[i];
      if (device) this.readDevice(space, address, length, at);
      else this.bytes.copyWithin(at, address, address + length);
      at += length;
    }
  }

  /** Marks the buffer as holding a store of all pieces that `commit` is to carry out. */
  expectStore(): void {
    this.words[this.pendingWord] = 1;
    let length = 0;
    for (let i = 0; i < this.count; i++) length += this.pieces[i].length;
    this.words[this.lengthWord] = length;
  }

  /** Carries out the store in the buffer. */
  commit(): void {
    if (this.words[this.pendingWord] === 0) return;
    this.words[this.pendingWord] = 0;
    let at = this.offset;
    for (let i = 0; i < this.count; i++) {
      const { device, address, space, length, code } = this.pieces[i];
      if (device) this.writeDevice(space, address, length, at);
      else if (length === 4 && ((address | at) & 3) === 0) this.words[address >>> 2] = this.words[at >>> 2];
      else this.bytes.copyWithin(address, at, at + length);
      if (code) this.codeStored(address, length);
      at += length;
    }
  }

  /** The engine gave the store up (it took an exception). */
  abandon(): void {
    this.words[this.pendingWord] = 0;
  }

  private readDevice(space: number, address: number, length: number, at: number): void {
    for (let done = 0; done < length; ) {
      const size = this.transferSize(address + done, length - done);
      const value = this.bus.read(address + done, size, space);
      for (let i = 0; i < size; i++) this.bytes[at + done + i] = value >>> (8 * i);
      done += size;
    }
  }

  private writeDevice(space: number, address: number, length: number, at: number): void {
    for (let done = 0; done < length; ) {
      const size = this.transferSize(address + done, length - done);
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.bytes[at + done + i] << (8 * i);
      this.bus.write(address + done, size, value >>> 0, space);
      done += size;
    }
  }

  /** Largest naturally aligned transfer that fits the element and what is left. */
  private transferSize(address: number, left: number): AccessSize {
    if (this.element >= 4 && left >= 4 && address % 4 === 0) return 4;
    if (this.element >= 2 && left >= 2 && address % 2 === 0) return 2;
    return 1;
  }
}

/** Physical accesses outside the translation system: loaders, monitors, DMA of the CPU's own devices. */
export class PhysicalAccess {
  private readonly bytes: Uint8Array;

  constructor(
    buffer: ArrayBufferLike,
    private readonly map: PhysicalMap,
  ) {
    this.bytes = new Uint8Array(buffer);
  }

  /** Copies RAM or ROM from `address` into `into`; false when any of it is neither. */
  read(space: number, address: number, into: Uint8Array): boolean {
    return this.forEachPage(space, address, into.length, (offset, done, length) => {
      into.set(this.bytes.subarray(offset, offset + length), done);
    });
  }

  /**
   * Copies `from` to RAM or ROM backing at `address`; false when any of it is neither. Tell the code store about
   * pages that may hold decoded code.
   */
  write(space: number, address: number, from: Uint8Array): boolean {
    return this.forEachPage(space, address, from.length, (offset, done, length) => {
      this.bytes.set(from.subarray(done, done + length), offset);
    });
  }

  private forEachPage(
    space: number,
    address: number,
    length: number,
    body: (offset: number, done: number, length: number) => void,
  ): boolean {
    for (let done = 0; done < length; ) {
      const at = address + done;
      const backing = this.map.lookup(space, Math.floor(at / HIGH), at % HIGH | 0);
      if (backing !== Backing.Ram && backing !== Backing.Rom) return false;
      const part = Math.min(length - done, 4096 - (at % 4096));
      body(this.map.offset, done, part);
      done += part;
    }
    return true;
  }
}
