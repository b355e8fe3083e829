import type { AccessSize, MmioDevice } from '../bus/device.js';
import { type Forwarding, ROUTER_IRM } from './forwarding.js';
import type { Lpis } from './lpis.js';
import { readPriority, writePriority } from './priorities.js';
import { ID_REGISTERS, idRegister, IIDR, packEvenBits, spreadToEvenBits } from './registers.js';
import { Ctlr, type GicState, ID_BITS, Map32 } from './state.js';

/** Least GICD_NSACR value at which Non-secure accesses reach a Secure interrupt's bits; 4 = never. */
const NEVER = 4;

/** Bitmap registers, 0x80 bytes each: their map, and the NSACR value needed to read and to write them. */
interface BitmapRegister {
  readonly map: Map32;
  readonly set: boolean;
  readonly readAccess: number;
  readonly writeAccess: number;
}
const bitmap = (map: Map32, set: boolean, readAccess: number, writeAccess: number): BitmapRegister =>
  ({ map, set, readAccess, writeAccess });
const BITMAPS: ReadonlyMap<number, BitmapRegister> = new Map([
  [0x100, bitmap(Map32.Enabled, true, NEVER, NEVER)],
  [0x180, bitmap(Map32.Enabled, false, NEVER, NEVER)],
  [0x200, bitmap(Map32.Pending, true, 1, 1)],
  [0x280, bitmap(Map32.Pending, false, 2, 2)],
  [0x300, bitmap(Map32.Active, true, 2, NEVER)],
  [0x380, bitmap(Map32.Active, false, 2, NEVER)],
]);

const PART0 = 0x92;

/**
 * The Distributor's frame, 64 KiB (IHI 0069, 12.9), as one Security state sees it. Affinity routing is always on, so
 * the registers of SGIs, PPIs and GICv2 targets are RAZ/WI here; message-based SPIs are not implemented.
 */
export class Distributor implements MmioDevice {
  readonly name = 'gic-distributor';
  readonly size = 0x1_0000;

  constructor(
    private readonly state: GicState,
    private readonly forwarding: Forwarding,
    /** Security state of the accesses; with GICD_CTLR.DS set there is no difference. */
    private readonly secure: boolean,
    private readonly lpis?: Lpis,
  ) {}

  read(offset: number, size: AccessSize): number {
    return this.state.memory.locked(() => this.readLocked(offset, size)) >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    this.state.memory.locked(() => this.writeLocked(offset, size, value));
  }

  reset(): void {
    this.state.memory.locked(() => this.forwarding.reset());
  }

  private get privileged(): boolean {
    return this.secure || this.state.singleSecurity;
  }

  private implemented(intid: number): boolean {
    return intid >= 32 && intid < this.state.intids;
  }

  private readLocked(offset: number, size: AccessSize): number {
    const s = this.state;
    if (offset >= 0x400 && offset < 0x800 && size !== 2) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) {
        const intid = offset - 0x400 + i;
        value = (value << 8) | (this.implemented(intid) ? readPriority(s, 0, intid, this.secure) : 0);
      }
      return value;
    }
    if (size !== 4) return 0;
    if (offset >= 0x6000 && offset < 0x8000) return this.readRouter((offset - 0x6000) >> 3, (offset & 4) !== 0);
    if (offset >= ID_REGISTERS) return idRegister(offset, PART0);
    const start = offset & ~0x7f;
    const index = (offset & 0x7f) >> 2;
    const intid = index << 5;
    switch (start) {
      case 0x000:
        return this.readIdentification(offset);
      case 0x080:
        return this.privileged && this.implemented(intid) ? s.words[s.map(Map32.Group, 0, index)] : 0;
      case 0xd00:
        return this.modifierVisible(intid) ? s.words[s.map(Map32.Modifier, 0, index)] : 0;
      case 0xc00:
      case 0xc80:
        return this.readConfiguration((offset & 0xff) >> 2);
      case 0xe00:
      case 0xe80:
        return this.nsacrVisible(((offset & 0xff) >> 2) << 4) ? s.words[s.nsacr((offset & 0xff) >> 2)] : 0;
    }
    const register = BITMAPS.get(start);
    if (register === undefined || !this.implemented(intid)) return 0;
    const bits = register.map === Map32.Pending ? s.pendingWord(0, index) : s.words[s.map(register.map, 0, index)];
    return bits & this.accessMask(index, register.readAccess);
  }

  private writeLocked(offset: number, size: AccessSize, value: number): void {
    const s = this.state;
    if (offset >= 0x400 && offset < 0x800 && size !== 2) {
      for (let i = 0; i < size; i++) {
        const intid = offset - 0x400 + i;
        if (!this.implemented(intid)) continue;
        writePriority(s, 0, intid, this.secure, (value >>> (8 * i)) & 0xff);
        this.forwarding.changed(0, intid);
      }
      return;
    }
    if (size !== 4) return;
    if (offset >= 0x6000 && offset < 0x8000) {
      this.writeRouter((offset - 0x6000) >> 3, (offset & 4) !== 0, value);
      return;
    }
    const start = offset & ~0x7f;
    const index = (offset & 0x7f) >> 2;
    const intid = index << 5;
    switch (start) {
      case 0x000:
        if (offset === 0) this.writeCtlr(value);
        return;
      case 0x080:
        if (this.privileged && this.implemented(intid)) this.writeGrouping(Map32.Group, index, value);
        return;
      case 0xd00:
        if (this.modifierVisible(intid)) this.writeGrouping(Map32.Modifier, index, value);
        return;
      case 0xc00:
      case 0xc80:
        this.writeConfiguration((offset & 0xff) >> 2, value);
        return;
      case 0xe00:
      case 0xe80:
        if (this.nsacrVisible(((offset & 0xff) >> 2) << 4)) s.words[s.nsacr((offset & 0xff) >> 2)] = value;
        return;
    }
    const register = BITMAPS.get(start);
    if (register === undefined || !this.implemented(intid)) return;
    const bits = value & this.accessMask(index, register.writeAccess);
    const word = s.map(register.map, 0, index);
    if (register.set) s.words[word] |= bits;
    else s.words[word] &= ~bits;
    this.forwarding.updateAll();
  }

  /** Bits of a bitmap word that this access reaches: Non-secure Group 1 interrupts, others as GICD_NSACR permits. */
  private accessMask(word: number, level: number): number {
    if (this.privileged) return -1;
    const s = this.state;
    let mask = s.words[s.map(Map32.Group, 0, word)];
    if (level < NEVER) {
      for (const half of [0, 1]) {
        const nsacr = s.words[s.nsacr(2 * word + half)];
        mask |= packEvenBits(level === 1 ? nsacr | (nsacr >>> 1) : nsacr >>> 1) << (16 * half);
      }
    }
    return mask;
  }

  private readIdentification(offset: number): number {
    const s = this.state;
    switch (offset) {
      case 0x00: // GICD_CTLR
        return this.privileged ? s.ctlr : s.ctlr & (Ctlr.ARE_S | Ctlr.EnableGrp1NS);
      case 0x04: { // GICD_TYPER
        const no1N = s.config.oneOfN === true ? 0 : 1 << 25;
        const a3v = 1 << 24;
        const idBits = ID_BITS << 19;
        const lpis = s.config.its === true ? 1 << 17 : 0;
        const securityExtn = s.singleSecurity ? 0 : 1 << 10;
        return no1N | a3v | idBits | lpis | securityExtn | (s.mapWords - 1);
      }
      case 0x08:
        return IIDR;
      default: // GICD_TYPER2, GICD_STATUSR and the write-only registers
        return 0;
    }
  }

  private writeCtlr(value: number): void {
    const s = this.state;
    let writable: number = Ctlr.EnableGrp1NS;
    if (s.singleSecurity) writable |= Ctlr.EnableGrp0;
    else if (this.secure) writable |= Ctlr.EnableGrp0 | Ctlr.EnableGrp1S | Ctlr.DS;
    let ctlr = (s.ctlr & ~writable) | (value & writable);
    // Once DS is set it stays, and the bits for the second Security state are RES0.
    if ((ctlr & Ctlr.DS) !== 0) ctlr &= ~(Ctlr.EnableGrp1S | Ctlr.ARE_NS);
    const securityChanged = ((s.ctlr ^ ctlr) & Ctlr.DS) !== 0;
    s.ctlr = ctlr;
    // Whose view the configuration table's priorities are depends on DS.
    if (securityChanged) this.lpis?.scanAll();
    this.forwarding.rerouteOneOfN();
    this.forwarding.updateAll();
  }

  private writeGrouping(map: Map32, word: number, value: number): void {
    this.state.words[this.state.map(map, 0, word)] = value;
    this.forwarding.rerouteOneOfN();
    this.forwarding.updateAll();
  }

  private modifierVisible(intid: number): boolean {
    return this.secure && !this.state.singleSecurity && this.implemented(intid);
  }

  private nsacrVisible(intid: number): boolean {
    return this.secure && !this.state.singleSecurity && this.implemented(intid);
  }

  /** GICD_ICFGR<n>: bit 2m+1 tells that interrupt 16n+m is edge-triggered. */
  private readConfiguration(n: number): number {
    if (!this.implemented(n << 4)) return 0;
    const edge = this.state.words[this.state.map(Map32.Edge, 0, n >> 1)] & this.accessMask(n >> 1, NEVER);
    return spreadToEvenBits(edge >>> (16 * (n & 1))) << 1;
  }

  private writeConfiguration(n: number, value: number): void {
    if (!this.implemented(n << 4)) return;
    const shift = 16 * (n & 1);
    const mask = (0xffff << shift) & this.accessMask(n >> 1, NEVER);
    const index = this.state.map(Map32.Edge, 0, n >> 1);
    const edge = packEvenBits(value >>> 1) << shift;
    this.state.words[index] = (this.state.words[index] & ~mask) | (edge & mask);
    this.forwarding.updateAll();
  }

  private routerVisible(intid: number): boolean {
    if (!this.implemented(intid)) return false;
    if (this.privileged || this.state.test(Map32.Group, 0, intid)) return true;
    return ((this.state.words[this.state.nsacr(intid >> 4)] >>> (2 * (intid & 15))) & 3) === 3;
  }

  private readRouter(intid: number, high: boolean): number {
    return this.routerVisible(intid) ? this.state.words[this.state.router(intid) + (high ? 1 : 0)] : 0;
  }

  private writeRouter(intid: number, high: boolean, value: number): void {
    if (!this.routerVisible(intid)) return;
    const s = this.state;
    const old = s.bytes[s.targetByte(intid)];
    const lowMask = 0x00ff_ffff | (s.config.oneOfN === true ? ROUTER_IRM : 0);
    if (high) s.words[s.router(intid) + 1] = value & 0xff;
    else s.words[s.router(intid)] = value & lowMask;
    this.forwarding.route(intid);
    if (s.bytes[s.targetByte(intid)] === old) return;
    this.forwarding.updateAll();
  }
}
