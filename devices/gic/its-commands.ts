import type { Forwarding } from './forwarding.js';
import { addressOf, type GuestTables } from './guest-tables.js';
import { isMappable, type ItsTables, Lookup } from './its-tables.js';
import type { Lpis } from './lpis.js';
import { type GicState, ID_BITS, ItsWord } from './state.js';

/** Bytes of one command. */
const COMMAND_BYTES = 32;
const QUEUE_PAGE_BYTES = 4096;
const CBASER_VALID = 1 << 31;
export const CREADR_STALLED = 1;

/** Command numbers (IHI 0069, 5.3). */
const Command = {
  MOVI: 0x01, INT: 0x03, CLEAR: 0x04, SYNC: 0x05, MAPD: 0x08, MAPC: 0x09, MAPTI: 0x0a, MAPI: 0x0b, INV: 0x0c,
  INVALL: 0x0d, MOVALL: 0x0e, DISCARD: 0x0f,
} as const;

/**
 * The ITS's command queue (IHI 0069, 5.3): a ring in guest memory. A command that asks for what is not there (a device
 * that is not mapped, a number out of range, a command that is not known) is passed over; one that a table which is not
 * in RAM keeps from being carried out stalls the queue. Both are choices that the specification leaves, and QEMU's.
 * Every method runs under the lock.
 */
export class ItsCommands {
  private readonly command = new Int32Array(COMMAND_BYTES >> 2);

  constructor(
    private readonly state: GicState,
    private readonly memory: GuestTables,
    private readonly tables: ItsTables,
    private readonly lpis: Lpis,
    private readonly forwarding: Forwarding,
  ) {}

  /** Commands that wait to be carried out; 0 while the queue is stalled, disabled, or its registers point outside it. */
  waiting(): number {
    const w = this.state.words;
    const bytes = this.queueBytes;
    const read = w[ItsWord.creadr];
    const write = w[ItsWord.cwriter];
    if ((w[ItsWord.ctlr] & 1) === 0 || (read & CREADR_STALLED) !== 0 || read >= bytes || write >= bytes) return 0;
    return ((write - read + bytes) % bytes) / COMMAND_BYTES;
  }

  /** Carries out up to `limit` commands. */
  run(limit: number): void {
    const w = this.state.words;
    const { cbaser, creadr } = ItsWord;
    for (let n = Math.min(limit, this.waiting()); n > 0; n--) {
      const at = addressOf(w[cbaser], w[cbaser + 1], 12) + w[creadr];
      const words = this.memory.words(at, COMMAND_BYTES);
      if (words !== undefined) this.command.set(words);
      if (words === undefined || this.execute() === Lookup.Fault) {
        w[creadr] |= CREADR_STALLED;
        return;
      }
      w[creadr] = (w[creadr] + COMMAND_BYTES) % this.queueBytes;
    }
  }

  /** A device's message: makes the event's LPI pending where it is mapped. */
  trigger(device: number, event: number): void {
    this.setPending(device, event, true);
  }

  private get queueBytes(): number {
    const { words } = this.state;
    if ((words[ItsWord.cbaser + 1] & CBASER_VALID) === 0) return 0;
    return ((words[ItsWord.cbaser] & 0xff) + 1) * QUEUE_PAGE_BYTES;
  }

  private get device(): number {
    return this.command[1] >>> 0;
  }
  private get event(): number {
    return this.command[2] >>> 0;
  }
  private get collection(): number {
    return this.command[4] & 0xffff;
  }
  /** V, of commands that map. */
  private get valid(): boolean {
    return this.command[5] < 0;
  }

  /** PE by an RDbase field, bits 51..16 of a doubleword whose low half is `word`: GITS_TYPER.PTA is 0. */
  private peAt(word: number): number {
    return (this.command[word] >>> 16) + (this.command[word + 1] & 0xf_ffff) * 0x1_0000;
  }
  private isPe(pe: number): boolean {
    return pe < this.state.config.cpus;
  }

  private execute(): Lookup {
    switch (this.command[0] & 0xff) {
      case Command.MAPD: return this.mapDevice();
      case Command.MAPC: return this.mapCollection();
      case Command.MAPTI: return this.mapEvent(this.command[3] >>> 0);
      case Command.MAPI: return this.mapEvent(this.event);
      case Command.MOVI: return this.moveEvent();
      case Command.MOVALL: return this.moveAll();
      case Command.INT: return this.setPending(this.device, this.event, true);
      case Command.CLEAR: return this.setPending(this.device, this.event, false);
      case Command.DISCARD: return this.discard();
      case Command.INV: return this.invalidate();
      case Command.INVALL: {
        this.lpis.scanAll();
        this.forwarding.updateAll();
        return Lookup.Found;
      }
      // Every command has taken effect when the next one is looked at, so SYNC has nothing to wait for.
      default: return Lookup.Found;
    }
  }

  private mapDevice(): Lookup {
    if (!this.valid) return this.tables.unmapDevice(this.device);
    const bits = this.command[2] & 31;
    if (bits > ID_BITS) return Lookup.Missing;
    return this.tables.mapDevice(this.device, addressOf(this.command[4], this.command[5], 8), bits);
  }

  private mapCollection(): Lookup {
    if (!this.valid) return this.tables.unmapCollection(this.collection);
    const pe = this.peAt(4);
    return this.isPe(pe) ? this.tables.mapCollection(this.collection, pe) : Lookup.Missing;
  }

  private mapEvent(intid: number): Lookup {
    const found = this.tables.findDevice(this.device);
    if (found !== Lookup.Found) return found;
    if (this.event >= this.tables.events || !isMappable(intid)) return Lookup.Missing;
    if (!this.tables.holdsCollection(this.collection)) return Lookup.Missing;
    return this.tables.mapEvent(this.event, intid, this.collection);
  }

  /** Looks for an event, and for the PE that its collection is mapped to. */
  private find(device: number, event: number): Lookup {
    const found = this.tables.findEvent(device, event);
    return found === Lookup.Found ? this.tables.findCollection(this.tables.collection) : found;
  }

  private setPending(device: number, event: number, pending: boolean): Lookup {
    const found = this.find(device, event);
    if (found !== Lookup.Found) return found;
    this.lpis.setPending(this.tables.pe, this.tables.intid, pending);
    this.forwarding.updatePe(this.tables.pe);
    return Lookup.Found;
  }

  private discard(): Lookup {
    const found = this.setPending(this.device, this.event, false);
    return found === Lookup.Found ? this.tables.unmapEvent(this.event) : found;
  }

  private moveEvent(): Lookup {
    const { tables, lpis } = this;
    let found = this.find(this.device, this.event);
    if (found !== Lookup.Found) return found;
    const from = tables.pe;
    found = tables.findCollection(this.collection);
    if (found !== Lookup.Found) return found;
    if (from !== tables.pe) {
      lpis.move(from, tables.pe, tables.intid);
      this.forwarding.updatePe(from);
      this.forwarding.updatePe(tables.pe);
    }
    return tables.mapEvent(this.event, tables.intid, this.collection);
  }

  private moveAll(): Lookup {
    const [from, to] = [this.peAt(4), this.peAt(6)];
    if (!this.isPe(from) || !this.isPe(to) || from === to) return Lookup.Missing;
    this.lpis.moveAll(from, to);
    this.forwarding.updatePe(from);
    this.forwarding.updatePe(to);
    return Lookup.Found;
  }

  private invalidate(): Lookup {
    const found = this.find(this.device, this.event);
    if (found !== Lookup.Found) return found;
    this.lpis.scan(this.tables.pe);
    this.forwarding.updatePe(this.tables.pe);
    return Lookup.Found;
  }
}
