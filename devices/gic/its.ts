import type { AccessSize, MessageTarget, MmioDevice } from '../bus/device.js';
import { CREADR_STALLED, type ItsCommands } from './its-commands.js';
import { ITT_ENTRY_BYTES, TABLE_ENTRY_BYTES } from './its-tables.js';
import { ID_REGISTERS, idRegister, IIDR } from './registers.js';
import { type GicState, ID_BITS, ItsWord } from './state.js';

/** Control frame and translation frame, 64 KiB each. */
const FRAMES = 0x2_0000;
const TRANSLATION_FRAME = 0x1_0000;
/** Offset of GITS_TRANSLATER, which devices write the identifiers of their events to. */
export const GITS_TRANSLATER = TRANSLATION_FRAME + 0x40;
const PART0 = 0x94;
const Offset = { ctlr: 0x00, iidr: 0x04, typer: 0x08, cbaser: 0x80, cwriter: 0x88, creadr: 0x90, baser: 0x100 } as const;
const TABLES = 2;

const CTLR_ENABLED = 1;
const CTLR_QUIESCENT = 1 << 31;
/** Physical LPIs, ITT_entry_size, ID_bits, Devbits: 16 bits of either identifier. PTA is 0: PEs go by their numbers. */
const TYPER_LOW = 1 | ((ITT_ENTRY_BYTES - 1) << 4) | (ID_BITS << 8) | (15 << 13);
/** CIDbits, and CIL: they count. HCC is 0: all collections are in memory. */
const TYPER_HIGH = 15 | (1 << 4);
/** Fields of GITS_CBASER: Size, Shareability, address; address, OuterCache, InnerCache, Valid. */
const CBASER_LOW = 0xffff_fcff;
const CBASER_HIGH = 0xb8ef_ffff;
/** Fields of GITS_BASER<n> that can be written: all but Type and Entry_Size. */
const BASER_LOW = 0xffff_ffff;
const BASER_HIGH = 0xf8e0_ffff;
/** Type of each table, Entry_Size, and at first pages of 64 KiB. */
const BASER_FIXED_HIGH = [1, 4].map((type) => (type << 24) | ((TABLE_ENTRY_BYTES - 1) << 16));
const BASER_RESET_LOW = 2 << 8;
const POINTER = 0xf_ffe0;
const CWRITER_RETRY = 1;

/** Commands carried out in one go; other PEs get at the controller between two of them. */
const TURN = 64;

/**
 * The Interrupt Translation Service (IHI 0069, chapter 5 and 12.19), the same for both Security states: turns messages
 * of devices into LPIs. GITS_BASER0 is the device table, GITS_BASER1 the collection table, either flat or of two
 * levels; there are no virtual LPIs. The tables' and the queue's registers are read-only while the ITS is enabled.
 * Commands are carried out by the access that asks for them.
 */
export class Its implements MmioDevice, MessageTarget {
  readonly name = 'gic-its';
  readonly size = FRAMES;

  constructor(
    private readonly state: GicState,
    private readonly commands: ItsCommands,
  ) {}

  read(offset: number, size: AccessSize): number {
    if (offset >= TRANSLATION_FRAME || size !== 4) return 0;
    return this.state.memory.locked(() => this.readLocked(offset)) >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    if (offset === GITS_TRANSLATER) {
      // What a PE writes is a message of device 0.
      if (size >= 2) this.send(0, value);
    } else if (size === 4 && offset < TRANSLATION_FRAME) {
      this.state.memory.locked(() => this.writeLocked(offset, value));
      if (offset === Offset.ctlr || offset === Offset.cwriter) this.runCommands();
    }
  }

  send(device: number, event: number): void {
    this.state.memory.locked(() => {
      if (this.enabled) this.commands.trigger(device, event);
    });
  }

  /** The Distributor's reset covers the whole controller. */
  reset(): void {}

  /** Registers' values after power-on. Runs under the lock, on a block that is zero. */
  static resetRegisters(state: GicState): void {
    for (let n = 0; n < TABLES; n++) {
      state.words[ItsWord.baser + 2 * n] = BASER_RESET_LOW;
      state.words[ItsWord.baser + 2 * n + 1] = BASER_FIXED_HIGH[n];
    }
  }

  /** Carries out what waited at first, in turns; what another PE adds meanwhile, that PE carries out. */
  private runCommands(): void {
    const { memory } = this.state;
    for (let left = memory.locked(() => this.commands.waiting()); left > 0; left -= TURN) {
      memory.locked(() => this.commands.run(Math.min(left, TURN)));
    }
  }

  private get enabled(): boolean {
    return (this.state.words[ItsWord.ctlr] & CTLR_ENABLED) !== 0;
  }

  private readLocked(offset: number): number {
    const w = this.state.words;
    if (offset >= ID_REGISTERS) return idRegister(offset, PART0);
    if (offset >= Offset.baser && offset < Offset.baser + 8 * TABLES) {
      return w[ItsWord.baser + ((offset - Offset.baser) >> 2)];
    }
    switch (offset) {
      // Nothing is ever under way between two accesses.
      case Offset.ctlr: return w[ItsWord.ctlr] | CTLR_QUIESCENT;
      case Offset.iidr: return IIDR;
      case Offset.typer: return TYPER_LOW;
      case Offset.typer + 4: return TYPER_HIGH;
      case Offset.cbaser: return w[ItsWord.cbaser];
      case Offset.cbaser + 4: return w[ItsWord.cbaser + 1];
      case Offset.cwriter: return w[ItsWord.cwriter];
      case Offset.creadr: return w[ItsWord.creadr];
      default: return 0;
    }
  }

  private writeLocked(offset: number, value: number): void {
    const w = this.state.words;
    if (offset === Offset.ctlr) {
      w[ItsWord.ctlr] = value & CTLR_ENABLED;
    } else if (offset === Offset.cwriter) {
      w[ItsWord.cwriter] = value & POINTER;
      if ((value & CWRITER_RETRY) !== 0) w[ItsWord.creadr] &= ~CREADR_STALLED;
    } else if (this.enabled) {
      return;
    } else if ((offset & ~4) === Offset.cbaser) {
      const high = (offset & 4) !== 0;
      w[ItsWord.cbaser + (high ? 1 : 0)] = value & (high ? CBASER_HIGH : CBASER_LOW);
      w[ItsWord.creadr] = 0;
    } else if (offset >= Offset.baser && offset < Offset.baser + 8 * TABLES) {
      const index = (offset - Offset.baser) >> 2;
      w[ItsWord.baser + index] = (index & 1) === 0 ? value & BASER_LOW : (value & BASER_HIGH) | BASER_FIXED_HIGH[index >> 1];
    }
  }
}
