import type { CharacterDevice } from '../backends/character-port.js';
import type { CharacterChannel } from '../backends/character-channel.js';
import type { DeviceMemory } from '../bus/device-memory.js';
import type { AccessSize, InterruptLine, MmioDevice } from '../bus/device.js';
import { primeCellId } from '../bus/primecell.js';

/** Register offsets (PL011 TRM r1p5, table 3-1). */
const R = {
  DR: 0x00, RSR: 0x04, FR: 0x18, ILPR: 0x20, IBRD: 0x24, FBRD: 0x28, LCRH: 0x2c, CR: 0x30, IFLS: 0x34, IMSC: 0x38,
  RIS: 0x3c, MIS: 0x40, ICR: 0x44, DMACR: 0x48,
} as const;

const FR = { CTS: 1, DSR: 2, DCD: 4, BUSY: 8, RXFE: 0x10, TXFF: 0x20, RXFF: 0x40, TXFE: 0x80, RI: 0x100 } as const;
const LCRH = { BRK: 1, FEN: 0x10 } as const;
const CR = { LBE: 0x80, RXE: 0x200, DTR: 0x400, RTS: 0x800, OUT1: 0x1000, OUT2: 0x2000 } as const;
/** Interrupt bits, as in IMSC, RIS, MIS and ICR. */
const INT = { RI: 1, CTS: 2, DCD: 4, DSR: 8, RX: 0x10, TX: 0x20, RT: 0x40, BE: 0x200, OE: 0x400 } as const;
/** Error bits beside a received character in DR; RSR holds them shifted down by 8. */
const DR_BREAK = 0x400;
const RSR_OVERRUN = 8;

/** Words of the device block. */
const W = {
  rsr: 1, ilpr: 2, ibrd: 3, fbrd: 4, lcrh: 5, cr: 6, ifls: 7, imsc: 8, ris: 9, dmacr: 10, modem: 11, line: 12,
  rxHead: 13, rxCount: 14, txHead: 15, txCount: 16, dropped: 17, rx: 18, tx: 34,
} as const;
const WORDS = 50;

const DEPTH = 16;
/** FIFO levels selected by IFLS: 1/8, 1/4, 1/2, 3/4, 7/8; the reserved values act as 7/8. */
const LEVELS = [2, 4, 8, 12, 14, 14, 14, 14];
/** How long a guest that writes to a full FIFO may hold up its vCPU, in milliseconds. */
const PATIENCE = 1000;

/**
 * Arm PrimeCell UART (PL011, r1p4 as QEMU identifies it). Line speed is not modelled: a character leaves as soon as the
 * channel has room and arrives as soon as the FIFO has. Hence the receive timeout, "no more data during a 32-bit
 * period", comes when the channel runs dry. A driver that unmasks RX but not RT gets RX then, as under QEMU, which
 * ignores the trigger level.
 */
export class Pl011 implements MmioDevice, CharacterDevice {
  /** Size of the shared block. */
  static readonly BYTES = WORDS * 4;
  readonly size = 0x1000;
  private readonly words: Int32Array;
  /** Within one access: the receive FIFO has changed, so that a new timeout period has begun. */
  private timeoutStarts = false;

  constructor(
    private readonly memory: DeviceMemory,
    private readonly channel: CharacterChannel,
    private readonly line: InterruptLine,
    readonly name = 'pl011',
  ) {
    this.words = memory.words;
  }

  reset(): void {
    this.memory.locked(() => {
      this.words.fill(0, 1, WORDS);
      this.words[W.cr] = 0x300;
      this.words[W.ifls] = 0x12;
      this.line.set(false);
    });
  }

  read(offset: number, _size: AccessSize): number {
    if (offset >= 0xfe0) return primeCellId(offset, 0x011, 1);
    return this.memory.locked(() => this.readRegister(offset & ~3)) >>> 0;
  }

  write(offset: number, _size: AccessSize, value: number): void {
    const register = offset & ~3;
    if (register === R.DR) {
      this.transmit(value & 0xff);
      return;
    }
    this.memory.locked(() => {
      this.writeRegister(register, value);
      this.settle();
    });
  }

  /** Host side: input has arrived or output has drained. */
  channelChanged(): void {
    this.memory.locked(() => this.settle());
  }

  /** Characters lost because the guest wrote to a full FIFO for longer than it could be held up. */
  get dropped(): number {
    return this.words[W.dropped];
  }

  private readRegister(offset: number): number {
    const words = this.words;
    switch (offset) {
      case R.DR: return this.readData();
      case R.RSR: return words[W.rsr];
      case R.FR: return this.flags();
      case R.ILPR: return words[W.ilpr];
      case R.IBRD: return words[W.ibrd];
      case R.FBRD: return words[W.fbrd];
      case R.LCRH: return words[W.lcrh];
      case R.CR: return words[W.cr];
      case R.IFLS: return words[W.ifls];
      case R.IMSC: return words[W.imsc];
      case R.RIS: return words[W.ris];
      case R.MIS: return words[W.ris] & words[W.imsc];
      case R.DMACR: return words[W.dmacr];
      default: return 0;
    }
  }

  private writeRegister(offset: number, value: number): void {
    const words = this.words;
    switch (offset) {
      case R.RSR: words[W.rsr] = 0; break;
      case R.ILPR: words[W.ilpr] = value & 0xff; break;
      case R.IBRD: words[W.ibrd] = value & 0xffff; break;
      case R.FBRD: words[W.fbrd] = value & 0x3f; break;
      case R.LCRH: this.writeLineControl(value & 0xff); break;
      case R.CR: words[W.cr] = value & 0xff87; break;
      case R.IFLS: words[W.ifls] = value & 0x3f; break;
      case R.IMSC:
        words[W.imsc] = value & 0x7ff;
        this.timeoutStarts = true;
        break;
      case R.ICR: words[W.ris] &= ~value; break;
      case R.DMACR: words[W.dmacr] = value & 7; break;
    }
  }

  private flags(): number {
    const { rxCount, txCount } = W;
    const words = this.words;
    let flags = words[W.modem];
    if (words[rxCount] === 0) flags |= FR.RXFE;
    if (words[rxCount] >= this.depth()) flags |= FR.RXFF;
    if (words[txCount] === 0) flags |= FR.TXFE;
    else flags |= FR.BUSY;
    if (words[txCount] >= this.depth()) flags |= FR.TXFF;
    return flags;
  }

  private depth(): number {
    return (this.words[W.lcrh] & LCRH.FEN) !== 0 ? DEPTH : 1;
  }

  private writeLineControl(value: number): void {
    const words = this.words;
    const changed = words[W.lcrh] ^ value;
    words[W.lcrh] = value;
    if ((changed & LCRH.FEN) !== 0) {
      while (words[W.txCount] > 0 && this.emit()) words[W.txCount]--;
      words[W.rxCount] = 0;
      words[W.ris] &= ~(INT.RX | INT.RT);
    }
    const startsBreak = (changed & value & LCRH.BRK) !== 0;
    if (startsBreak && (words[W.cr] & CR.LBE) !== 0) this.arrive(DR_BREAK);
  }

  private readData(): number {
    const words = this.words;
    if (words[W.rxCount] === 0) return 0;
    const value = words[W.rx + words[W.rxHead]];
    words[W.rxHead] = (words[W.rxHead] + 1) % DEPTH;
    words[W.rxCount]--;
    words[W.rsr] = (words[W.rsr] & RSR_OVERRUN) | (value >> 8);
    if (words[W.rxCount] < this.receiveTrigger()) words[W.ris] &= ~INT.RX;
    if (words[W.rxCount] === 0) words[W.ris] &= ~INT.RT;
    this.timeoutStarts = true;
    this.settle();
    return value;
  }

  private receiveTrigger(): number {
    return this.depth() === 1 ? 1 : LEVELS[(this.words[W.ifls] >> 3) & 7];
  }

  /** A character enters the receive FIFO. */
  private arrive(value: number): void {
    const words = this.words;
    if (words[W.rxCount] >= this.depth()) {
      words[W.rsr] |= RSR_OVERRUN;
      words[W.ris] |= INT.OE;
      return;
    }
    words[W.rx + ((words[W.rxHead] + words[W.rxCount]) % DEPTH)] = value;
    words[W.rxCount]++;
    this.timeoutStarts = true;
    if ((value & DR_BREAK) !== 0) words[W.ris] |= INT.BE;
    if (words[W.rxCount] >= this.receiveTrigger()) words[W.ris] |= INT.RX;
  }

  private transmit(byte: number): void {
    let patience = PATIENCE;
    while (!this.memory.locked(() => this.accept(byte))) {
      if (patience-- <= 0) {
        this.memory.locked(() => this.words[W.dropped]++);
        return;
      }
      this.channel.waitForRoom(1);
    }
  }

  /** Puts a character into the transmit FIFO and sends what can be sent; false when the FIFO is full. */
  private accept(byte: number): boolean {
    const words = this.words;
    this.settle();
    if (words[W.txCount] >= this.depth()) return false;
    words[W.tx + ((words[W.txHead] + words[W.txCount]) % DEPTH)] = byte;
    words[W.txCount]++;
    words[W.ris] &= ~INT.TX;
    this.settle(true);
    return true;
  }

  /** Sends the oldest character of the transmit FIFO down the line, or back when looped. */
  private emit(): boolean {
    const words = this.words;
    const byte = words[W.tx + words[W.txHead]];
    if ((words[W.cr] & CR.LBE) !== 0) this.arrive(byte);
    else if (!this.channel.send(byte)) return false;
    words[W.txHead] = (words[W.txHead] + 1) % DEPTH;
    return true;
  }

  /** Moves characters both ways and brings interrupts up to date. `wrote`: the transmit FIFO has just been filled. */
  private settle(wrote = false): void {
    const words = this.words;
    let sent = wrote;
    while (words[W.txCount] > 0 && this.emit()) {
      words[W.txCount]--;
      sent = true;
    }
    const transmitTrigger = this.depth() === 1 ? 0 : LEVELS[words[W.ifls] & 7];
    if (sent && words[W.txCount] <= transmitTrigger) words[W.ris] |= INT.TX;
    if ((words[W.cr] & CR.RXE) !== 0 && (words[W.cr] & CR.LBE) === 0) this.fillFromChannel();
    this.settleModem();
    this.settleTimeout();
    this.updateLine();
  }

  private fillFromChannel(): void {
    const words = this.words;
    const depth = this.depth();
    if (words[W.rxCount] < depth && this.channel.takeBreak()) this.arrive(DR_BREAK);
    while (words[W.rxCount] < depth) {
      const byte = this.channel.receive();
      if (byte < 0) break;
      this.arrive(byte);
    }
  }

  /** The line is idle with characters waiting: receive timeout, and RX for drivers that know only that. */
  private settleTimeout(): void {
    const words = this.words;
    const starts = this.timeoutStarts;
    this.timeoutStarts = false;
    if (!starts || words[W.rxCount] === 0 || (words[W.lcrh] & LCRH.FEN) === 0) return;
    if (words[W.rxCount] >= this.receiveTrigger()) return;
    words[W.ris] |= INT.RT;
    if ((words[W.imsc] & (INT.RX | INT.RT)) === INT.RX) words[W.ris] |= INT.RX;
  }

  /** Loopback feeds the modem outputs to the modem inputs (TRM 2.4.3); otherwise the inputs are not connected. */
  private settleModem(): void {
    const words = this.words;
    const cr = words[W.cr];
    let modem = 0;
    if ((cr & CR.LBE) !== 0) {
      if ((cr & CR.RTS) !== 0) modem |= FR.CTS;
      if ((cr & CR.DTR) !== 0) modem |= FR.DSR;
      if ((cr & CR.OUT1) !== 0) modem |= FR.DCD;
      if ((cr & CR.OUT2) !== 0) modem |= FR.RI;
    }
    const changed = words[W.modem] ^ modem;
    words[W.modem] = modem;
    if ((changed & FR.CTS) !== 0) words[W.ris] |= INT.CTS;
    if ((changed & FR.DSR) !== 0) words[W.ris] |= INT.DSR;
    if ((changed & FR.DCD) !== 0) words[W.ris] |= INT.DCD;
    if ((changed & FR.RI) !== 0) words[W.ris] |= INT.RI;
  }

  private updateLine(): void {
    const words = this.words;
    const level = (words[W.ris] & words[W.imsc]) !== 0 ? 1 : 0;
    if (words[W.line] === level) return;
    words[W.line] = level;
    this.line.set(level === 1);
  }
}
