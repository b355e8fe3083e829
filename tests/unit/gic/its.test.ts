import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { Gic, GITS_TRANSLATER, Line } from '../../../devices/gic/index.js';
import { Bench, TABLES } from './bench.js';

const SPURIOUS = 1023;
const PROPERTIES = TABLES;
const pendingTable = (cpu: number): number => TABLES + 0x1_0000 * (1 + cpu);
const QUEUE = TABLES + 0x14_0000;
const DEVICES = TABLES + 0x16_0000;
const COLLECTIONS = TABLES + 0x18_0000;
const itt = (device: number): number => TABLES + 0x20_0000 + 0x1000 * device;
const NOWHERE = 0x9000_0000;
const VALID = 0x8000_0000;
const C = {
  MOVI: 1, INT: 3, CLEAR: 4, SYNC: 5, MAPD: 8, MAPC: 9, MAPTI: 10, MAPI: 11, INV: 12, INVALL: 13, MOVALL: 14, DISCARD: 15,
} as const;
const GITS = { ctlr: 0, cbaser: 0x80, cwriter: 0x88, creadr: 0x90, baser: 0x100 } as const;

/** A controller with its tables described, LPIs enabled at every PE and the ITS enabled; LPI n has INTID 8192 + n. */
class ItsBench extends Bench {
  private writer = 0;

  constructor(cpus = 2, el3 = false) {
    super({ cpus, el3, its: true });
    this.open();
    for (let cpu = 0; cpu < cpus; cpu++) {
      this.setGicr(0x70, PROPERTIES | 15, cpu);
      this.setGicr(0x78, pendingTable(cpu), cpu);
      this.setGicr(0, 1, cpu);
    }
    this.setGits(GITS.cbaser, QUEUE);
    this.setGits(GITS.cbaser + 4, VALID);
    this.setGits(GITS.baser, DEVICES);
    this.setGits(GITS.baser + 4, VALID);
    this.setGits(GITS.baser + 8, COLLECTIONS);
    this.setGits(GITS.baser + 12, VALID);
    this.setGits(GITS.ctlr, 1);
  }

  /** Sends commands, eight words each, and gives GITS_CREADR afterwards. */
  send(...commands: readonly (readonly number[])[]): number {
    for (const command of commands) {
      for (let n = 0; n < 8; n++) this.ram.view.setUint32(QUEUE - TABLES + this.writer + 4 * n, (command[n] ?? 0) >>> 0, true);
      this.writer = (this.writer + 32) % 4096;
    }
    this.setGits(GITS.cwriter, this.writer);
    return this.gits(GITS.creadr);
  }

  /** Configures an LPI, and has it read again. */
  lpi(n: number, priority = 0xa0, enable = true): this {
    this.ram.bytes[PROPERTIES - TABLES + n] = priority | (enable ? 1 : 0);
    this.send([C.INVALL]);
    return this;
  }

  /** Maps collection n to PE n, and events 0..15 of a device to LPIs 0..15 of one collection. */
  map(device = 0, collection = 0): this {
    this.send([C.MAPD, device, 3, 0, itt(device), VALID], mapc(collection, collection));
    for (let event = 0; event < 16; event++) this.send([C.MAPTI, device, event, 8192 + event, collection]);
    return this;
  }

  /** LPIs 0..31 that are pending at a PE, as its table has them. */
  pending(cpu = 0): number {
    return this.ram.view.getUint32(pendingTable(cpu) - TABLES + 1024, true);
  }
}

const mapc = (collection: number, pe: number): readonly number[] => [C.MAPC, 0, 0, 0, collection | (pe << 16), VALID | (pe >>> 16)];
const int = (device: number, event: number): readonly number[] => [C.INT, device, event];

describe('LPIs', () => {
  let bench: ItsBench;
  beforeEach(() => {
    bench = new ItsBench().map();
  });

  it('are pending until acknowledged, and never active', () => {
    bench.lpi(3).send(int(0, 3));
    expect([bench.lines[0], bench.pending()]).toEqual([Line.IRQ, 8]);
    expect(bench.mrs('ICC_HPPIR1_EL1')).toBe(8195);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8195);
    expect([bench.lines[0], bench.pending(), bench.mrs('ICC_RPR_EL1')]).toEqual([0, 0, 0xa0]);
    // It may be pending again while its handler runs, and is taken when the priority has dropped.
    bench.send(int(0, 3));
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_EOIR1_EL1', 8195);
    expect([bench.lines[0], bench.mrs('ICC_RPR_EL1'), bench.mrs('ICC_IAR1_EL1')]).toEqual([Line.IRQ, 0xff, 8195]);
  });

  it('need no deactivation where EOI drops the priority only', () => {
    bench.msr('ICC_CTLR_EL1', 2);
    bench.lpi(0).send(int(0, 0));
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8192);
    bench.msr('ICC_EOIR1_EL1', 8192);
    bench.send(int(0, 0));
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8192);
    bench.msr('ICC_DIR_EL1', 8192);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xa0);
  });

  it('are ended by the INTIDs of LPIs alone', () => {
    bench.lpi(0).send(int(0, 0));
    bench.mrs('ICC_IAR1_EL1');
    for (const intid of [500, 1023, 8191, 0x1_0000, 0xff_ffff]) bench.msr('ICC_EOIR1_EL1', intid);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xa0);
    bench.msr('ICC_EOIR1_EL1', 0xffff);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
  });

  it('are taken by priority, of equals the lowest INTID; other interrupts come first among equals', () => {
    bench.lpi(0, 0xc0).lpi(1, 0x40).lpi(2, 0x40);
    bench.configure(40, { priority: 0x40, edge: true });
    bench.setGicd(0x204, 1 << 8);
    bench.send(int(0, 0), int(0, 2), int(0, 1));
    const order = [0, 1, 2, 3, 4].map(() => {
      const intid = bench.mrs('ICC_IAR1_EL1');
      bench.msr('ICC_EOIR1_EL1', intid);
      return intid;
    });
    expect(order).toEqual([40, 8193, 8194, 8192, SPURIOUS]);
  });

  it('preempt, and are preempted', () => {
    bench.lpi(0, 0x80).lpi(1, 0x40);
    bench.send(int(0, 0));
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8192);
    bench.send(int(0, 1));
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8193);
    bench.configure(3, { priority: 0x20 });
    bench.setGicr(0x1_0200, 1 << 3);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(3);
    expect(bench.mrs('ICC_AP1R0_EL1')).toBe((1 << 4) | (1 << 8) | (1 << 16));
  });

  it('that are disabled stay pending, and are taken when INV says that they are enabled', () => {
    bench.lpi(5, 0xa0, false).send(int(0, 5));
    expect([bench.lines[0], bench.pending()]).toEqual([0, 1 << 5]);
    bench.ram.bytes[5] = 0xa1;
    bench.send([C.INV, 0, 5]);
    expect(bench.lines[0]).toBe(Line.IRQ);
    bench.ram.bytes[5] = 0xa0;
    bench.send([C.INV, 0, 5]);
    expect([bench.lines[0], bench.mrs('ICC_IAR1_EL1'), bench.pending()]).toEqual([0, SPURIOUS, 1 << 5]);
  });

  it('are masked by priority, by ICC_IGRPEN1_EL1 and by GICD_CTLR.EnableGrp1', () => {
    bench.lpi(0, 0xa0).send(int(0, 0));
    bench.msr('ICC_PMR_EL1', 0xa0);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_PMR_EL1', 0xa8);
    expect(bench.lines[0]).toBe(Line.IRQ);
    bench.msr('ICC_IGRPEN1_EL1', 0);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_IGRPEN1_EL1', 1);
    bench.setGicd(0, 1);
    expect(bench.lines[0]).toBe(0);
    bench.setGicd(0, 3);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });

  it('that were pending in the table are found when LPIs are enabled', () => {
    bench.lpi(9).setGicr(0, 0);
    bench.ram.view.setUint32(pendingTable(0) - TABLES + 1024, 1 << 9, true);
    expect([bench.lines[0], bench.gicr(0)]).toEqual([0, 2]);
    bench.setGicr(0, 1);
    expect([bench.lines[0], bench.gicr(0)]).toEqual([Line.IRQ, 3]);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8201);
  });

  it('of a PE whose LPIs are not enabled are lost', () => {
    bench.setGicr(0, 0);
    bench.lpi(0).send(int(0, 0));
    bench.setGicr(0, 1);
    expect([bench.lines[0], bench.pending()]).toEqual([0, 0]);
  });

  it('beyond GICR_PROPBASER.IDbits are not there', () => {
    for (const [bits, there] of [[12, false], [13, true], [31, true]] as const) {
      const other = new ItsBench().map();
      other.setGicr(0, 0);
      other.setGicr(0x70, PROPERTIES | bits);
      other.setGicr(0, 1);
      other.lpi(0).send(int(0, 0));
      expect(other.lines[0] !== 0, `${bits}`).toBe(there);
    }
  });

  it('have their tables fixed while they are enabled; PTZ reads as zero', () => {
    bench.setGicr(0x70, 0);
    bench.setGicr(0x7c, 0x4000_0000);
    expect([bench.gicr(0x70), bench.gicr(0x78)]).toEqual([PROPERTIES | 15, pendingTable(0)]);
    bench.setGicr(0, 0);
    for (const at of [0x70, 0x74, 0x78, 0x7c]) bench.setGicr(at, 0xffff_ffff);
    expect([0x70, 0x74, 0x78, 0x7c].map((at) => bench.gicr(at))).toEqual([0xffff_ff9f, 0x070f_ffff, 0xffff_0f80, 0x070f_ffff]);
  });

  it('do nothing where their tables are not in RAM', () => {
    bench.setGicr(0, 0);
    bench.setGicr(0x78, NOWHERE);
    bench.setGicr(0, 1);
    bench.lpi(0).send(int(0, 0), [C.CLEAR, 0, 0]);
    expect([bench.lines[0], bench.gits(GITS.creadr) & 1]).toEqual([0, 0]);
    bench.setGicr(0, 0);
    bench.setGicr(0x78, pendingTable(0));
    bench.setGicr(0x70, (NOWHERE | 15) >>> 0);
    bench.setGicr(0, 1);
    bench.send(int(0, 0));
    expect([bench.lines[0], bench.pending()]).toEqual([0, 1]);
  });

  it('have Non-secure priorities with two Security states, of Non-secure Group 1', () => {
    const secure = new ItsBench(1, true).map();
    secure.lpi(0, 0x40).send(int(0, 0));
    expect(secure.lines[0]).toBe(Line.FIQ);
    secure.enter(1, 1);
    expect(secure.lines[0]).toBe(Line.IRQ);
    expect(secure.mrs('ICC_IAR1_EL1')).toBe(8192);
    secure.enter(3, 0);
    expect(secure.mrs('ICC_RPR_EL1')).toBe(0xa0);
    secure.enter(1, 1);
    secure.msr('ICC_EOIR1_EL1', 8192);
    secure.enter(3, 0);
    expect(secure.mrs('ICC_RPR_EL1')).toBe(0xff);
    // With one Security state the priority is what the table says.
    secure.send(int(0, 0));
    secure.setGicd(0, secure.gicd(0) | 0x40);
    expect([secure.mrs('ICC_IAR1_EL1'), secure.mrs('ICC_RPR_EL1')]).toEqual([8192, 0x40]);
  });

  it('are found again by every thread, and a reset forgets them', () => {
    bench.lpi(0).send(int(0, 0));
    const other = new Gic(bench.memory, bench.gic.config, { update: (cpu, lines) => (bench.lines[cpu] = lines) }, bench.ram);
    expect(other.cpuInterface(0, bench.contexts[0]).readIar1()).toBe(8192);
    expect([bench.lines[0], bench.pending()]).toEqual([0, 0]);
    other.its!.send(0, 1);
    expect(bench.pending()).toBe(2);
    const fresh = new Bench({ cpus: 2, its: true });
    bench.gic.reset();
    expect(Int32Array.from(bench.memory.words)).toEqual(Int32Array.from(fresh.memory.words));
  });

  it('are not there without an ITS', () => {
    const plain = new Bench();
    expect(plain.gic.its).toBeUndefined();
    for (const at of [0, 0x70, 0x74, 0x78, 0x7c]) {
      plain.setGicr(at, 0xffff_ffff);
      expect(plain.gicr(at), at.toString(16)).toBe(0);
    }
    expect([plain.gicr(8) & 1, plain.gicd(4) & (1 << 17)]).toEqual([0, 0]);
    const memory = new DeviceMemory(new SharedArrayBuffer(Gic.bytes(plain.gic.config)), 0, Gic.bytes(plain.gic.config));
    expect(() => new Gic(memory, { ...plain.gic.config, its: true }, { update: () => {} })).toThrow(RangeError);
  });
});

describe('messages of devices', () => {
  it('become LPIs by device and event, while the ITS is enabled', () => {
    const bench = new ItsBench().map(0x123).lpi(7);
    bench.gic.its!.send(0x123, 7);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8199);
    for (const [device, event] of [[0x124, 7], [0x123, 16], [0x123, 0xffff_ffff], [0xffff_ffff, 7]] as const) {
      bench.gic.its!.send(device, event);
    }
    bench.setGits(GITS.ctlr, 0);
    bench.gic.its!.send(0x123, 7);
    expect(bench.pending()).toBe(0);
  });

  it('are device 0\'s when a PE writes them, 16 or 32 bits', () => {
    const bench = new ItsBench().map();
    bench.setGits(GITS_TRANSLATER, 3);
    bench.setGits(GITS_TRANSLATER, 4, 2);
    bench.setGits(GITS_TRANSLATER, 5, 1);
    bench.setGits(GITS_TRANSLATER + 4, 6);
    expect(bench.pending()).toBe((1 << 3) | (1 << 4));
    expect(bench.gits(GITS_TRANSLATER)).toBe(0);
  });
});

describe('commands', () => {
  it('MAPD, MAPC, MAPTI, DISCARD: the tables are all that the mapping is', () => {
    const bench = new ItsBench().map(2, 1);
    const entry = bench.ram.bytes.slice(itt(2) - TABLES, itt(2) - TABLES + 12);
    expect(Buffer.from(entry).toString('hex')).toBe('038000000100' + '0000ff030000');
    bench.ram.writes = [];
    bench.send(int(2, 0), [C.DISCARD, 2, 0], int(2, 0));
    expect(bench.pending(1)).toBe(0);
    expect(bench.ram.bytes[itt(2) - TABLES]).toBe(0);
    expect(bench.ram.writes).toEqual([
      { address: pendingTable(1) + 1024, length: 1 }, { address: pendingTable(1) + 1024, length: 1 },
      { address: itt(2), length: 12 },
    ]);
    bench.ram.bytes.set(entry, itt(2) - TABLES);
    bench.send(int(2, 0));
    expect(bench.pending(1)).toBe(1);
  });

  it('MAPI takes the event for the INTID', () => {
    const bench = new ItsBench();
    bench.send([C.MAPD, 1, 15, 0, itt(1), VALID], mapc(0, 0), [C.MAPI, 1, 8194], int(1, 8194), [C.MAPI, 1, 5], int(1, 5));
    expect(bench.pending()).toBe(4);
  });

  it('unmapping takes effect at once, of pending LPIs none', () => {
    const bench = new ItsBench().map().lpi(0);
    bench.send(int(0, 0), [C.MAPD, 0, 0, 0, 0, 0], int(0, 1));
    expect([bench.pending(), bench.lines[0]]).toEqual([1, Line.IRQ]);
    bench.map();
    bench.send([C.MAPC, 0, 0, 0, 0, 0], int(0, 1));
    expect(bench.pending()).toBe(1);
  });

  it('MOVI takes an event and its pending LPI to another PE', () => {
    const bench = new ItsBench(16).map().lpi(4);
    bench.send(mapc(9, 9), int(0, 4), [C.MOVI, 0, 4, 0, 9]);
    expect([bench.pending(0), bench.pending(9), bench.lines[0], bench.lines[9]]).toEqual([0, 16, 0, Line.IRQ]);
    expect([bench.mrs('ICC_IAR1_EL1', 0), bench.mrs('ICC_IAR1_EL1', 9)]).toEqual([SPURIOUS, 8196]);
    bench.msr('ICC_EOIR1_EL1', 8196, 9);
    bench.send(int(0, 4));
    expect(bench.lines.flatMap((line, cpu) => (line !== 0 ? [cpu] : []))).toEqual([9]);
  });

  it('MOVI changes the mapping of an LPI that is not pending, or whose PE takes none', () => {
    const bench = new ItsBench(2).map();
    bench.setGicr(0, 0, 1);
    bench.send(mapc(1, 1), int(0, 4), [C.MOVI, 0, 4, 0, 1]);
    expect([bench.pending(0), bench.pending(1)]).toEqual([16, 0]);
    bench.setGicr(0, 1, 1);
    bench.send(int(0, 4));
    expect([bench.pending(0), bench.pending(1)]).toEqual([16, 16]);
  });

  it('MOVALL takes every pending LPI to another PE', () => {
    const bench = new ItsBench(3).map().lpi(0).lpi(1).lpi(2);
    bench.send(mapc(2, 2), int(0, 0), int(0, 1), [C.MOVI, 0, 2, 0, 2], int(0, 2));
    bench.send([C.MOVALL, 0, 0, 0, 0, 0, 2 << 16]);
    expect([bench.pending(0), bench.pending(2), bench.lines]).toEqual([0, 7, [0, 0, Line.IRQ]]);
  });

  it('MAPC with another PE: what is pending stays where it is', () => {
    const bench = new ItsBench(2).map().lpi(0);
    bench.send(int(0, 0), mapc(0, 1), int(0, 1));
    expect([bench.pending(0), bench.pending(1)]).toEqual([1, 2]);
  });

  it.each<[string, readonly (readonly number[])[]]>([
    ['a device that is not mapped', [int(1, 0), [C.CLEAR, 1, 0], [C.DISCARD, 1, 0], [C.INV, 1, 0], [C.MAPTI, 1, 0, 8192, 0]]],
    ['a device beyond the table', [int(0xffff_ffff, 0), [C.MAPD, 0x1_0000, 3, 0, itt(1), VALID]]],
    ['an event beyond the device\'s', [int(0, 16), [C.MAPTI, 0, 16, 8192, 0], [C.MOVI, 0, 16]]],
    ['an event that is not mapped', [[C.DISCARD, 0, 3], int(0, 3), [C.MOVI, 0, 3], [C.INV, 0, 3]]],
    ['INTIDs that are no LPIs', [[C.MAPTI, 0, 0, 8191, 0], [C.MAPTI, 0, 0, 65536, 0], [C.MAPTI, 0, 0, 1023, 0]]],
    ['a collection that is not mapped', [[C.MAPTI, 0, 1, 8193, 5], int(0, 1), [C.MOVI, 0, 0, 0, 5]]],
    ['a collection beyond the table', [[C.MAPTI, 0, 0, 8192, 0x200], mapc(0x200, 0)]],
    ['PEs that are not there', [mapc(0, 2), mapc(0, 0xf_0000), [C.MOVALL, 0, 0, 0, 0, 0, 2 << 16], [C.MOVALL, 0, 0, 0, 5 << 16]]],
    ['more identifier bits than there are', [[C.MAPD, 0, 16, 0, itt(3), VALID]]],
    ['commands of virtual LPIs, and unknown ones', [[0x29, 1, 2, 3, 4, 5, 6, 7], [0], [0xff]]],
  ])('%s: passed over', (_, commands) => {
    const bench = new ItsBench().map().lpi(0);
    const creadr = bench.send(...commands);
    expect(creadr).toBe(bench.gits(GITS.cwriter));
    expect(bench.pending()).toBe(0);
    bench.send(int(0, 0));
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8192);
  });

  it('go round the queue, more of them at once than one turn carries out', () => {
    const bench = new ItsBench().map();
    for (let round = 0; round < 9; round++) {
      const commands = Array.from({ length: 100 }, (_, n) => [n === 99 ? C.INT : C.SYNC, 0, round]);
      bench.send(...commands);
      expect(bench.gits(GITS.creadr)).toBe(bench.gits(GITS.cwriter));
      expect(bench.pending()).toBe((2 << round) - 1);
    }
  });

  it('wait while the ITS is disabled', () => {
    const bench = new ItsBench().map();
    bench.setGits(GITS.ctlr, 0);
    const before = bench.gits(GITS.creadr);
    expect(bench.send(int(0, 2))).toBe(before);
    bench.setGits(GITS.ctlr, 1);
    expect([bench.gits(GITS.creadr), bench.pending()]).toEqual([bench.gits(GITS.cwriter), 4]);
  });

  it('wait while GITS_CWRITER lies outside the queue', () => {
    const bench = new ItsBench();
    bench.setGits(GITS.cwriter, 4096);
    expect(bench.gits(GITS.creadr)).toBe(0);
    bench.setGits(GITS.cwriter, 4064);
    expect(bench.gits(GITS.creadr)).toBe(4064);
  });

  it('there are none while GITS_CBASER is not valid', () => {
    const bench = new ItsBench();
    bench.setGits(GITS.ctlr, 0);
    bench.setGits(GITS.cbaser + 4, 0);
    bench.setGits(GITS.ctlr, 1);
    expect(bench.send([C.SYNC])).toBe(0);
  });
});

describe('two levels', () => {
  it.each([0, 1, 2, 3])('pages of size %i', (pageSize) => {
    const bytes = [0x1000, 0x4000, 0x1_0000, 0x1_0000][pageSize];
    const bench = new ItsBench();
    bench.setGits(GITS.ctlr, 0);
    bench.setGits(GITS.baser, DEVICES | (pageSize << 8));
    bench.setGits(GITS.baser + 4, 0xc000_0000);
    bench.setGits(GITS.ctlr, 1);
    const device = bytes / 8 + 3;
    bench.send([C.MAPD, device, 3, 0, itt(1), VALID], mapc(0, 0), [C.MAPTI, device, 0, 8192, 0], int(device, 0));
    expect(bench.pending()).toBe(0);
    // The second page of the second level.
    bench.ram.view.setUint32(DEVICES - TABLES + 8, TABLES + 0x30_0000, true);
    bench.ram.view.setUint32(DEVICES - TABLES + 12, VALID, true);
    bench.send([C.MAPD, device, 3, 0, itt(1), VALID], [C.MAPTI, device, 0, 8192, 0], int(device, 0));
    expect(bench.pending()).toBe(1);
    expect(bench.ram.bytes[0x30_0000 + 3 * 8]).toBe(7);
  });
});

describe('a stall', () => {
  it.each<[string, (bench: ItsBench) => void, readonly number[]]>([
    ['device table', (b) => b.setGits(GITS.baser, NOWHERE), [C.MAPD, 0, 3, 0, itt(0), VALID]],
    ['collection table', (b) => b.setGits(GITS.baser + 8, NOWHERE), mapc(0, 0)],
    ['ITT', () => {}, [C.MAPTI, 1, 0, 8192, 0]],
  ])('where the %s is not in RAM; Retry goes on', (_, break_, command) => {
    const bench = new ItsBench();
    bench.send([C.MAPD, 1, 3, 0, NOWHERE, VALID]);
    bench.setGits(GITS.ctlr, 0);
    break_(bench);
    bench.setGits(GITS.ctlr, 1);
    const stalled = bench.send(command, [C.SYNC]);
    expect(stalled).toBe(33);
    // Without Retry nothing happens, with it the same command is tried again.
    bench.setGits(GITS.cwriter, bench.gits(GITS.cwriter));
    expect(bench.gits(GITS.creadr)).toBe(stalled);
    bench.ram.view.setUint32(QUEUE - TABLES + (stalled & ~1), C.SYNC, true);
    bench.setGits(GITS.cwriter, bench.gits(GITS.cwriter) | 1);
    expect(bench.gits(GITS.creadr)).toBe(bench.gits(GITS.cwriter));
  });

  it('where the queue is not in RAM; GITS_CBASER makes a new beginning', () => {
    const bench = new ItsBench();
    bench.setGits(GITS.ctlr, 0);
    bench.setGits(GITS.cbaser, NOWHERE);
    bench.setGits(GITS.ctlr, 1);
    expect(bench.send([C.SYNC])).toBe(1);
    bench.setGits(GITS.ctlr, 0);
    bench.setGits(GITS.cbaser, QUEUE);
    expect(bench.gits(GITS.creadr)).toBe(0);
    bench.setGits(GITS.ctlr, 1);
    expect(bench.gits(GITS.creadr)).toBe(32);
  });

  it('does not keep messages out', () => {
    const bench = new ItsBench().map().lpi(0);
    bench.send([C.MAPD, 1, 3, 0, NOWHERE, VALID], [C.MAPTI, 1, 0, 8192, 0]);
    expect(bench.gits(GITS.creadr) & 1).toBe(1);
    bench.gic.its!.send(0, 0);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(8192);
  });
});

describe('registers', () => {
  it('GITS_CREADR cannot be written, bytes and halves are RAZ/WI', () => {
    const bench = new ItsBench();
    bench.setGits(GITS.creadr, 0x40);
    expect(bench.gits(GITS.creadr)).toBe(0);
    bench.setGits(GITS.ctlr, 0, 1);
    expect([bench.gits(GITS.ctlr), bench.gits(GITS.ctlr, 1), bench.gits(GITS.ctlr, 2)]).toEqual([0x8000_0001, 0, 0]);
    expect(bench.gic.its!.size).toBe(0x2_0000);
  });

  it('reserved bits of GITS_CBASER and GITS_BASER are zero', () => {
    const bench = new Bench({ its: true });
    for (const at of [0x80, 0x84, 0x88, 0x8c, 0x100, 0x104, 0x10c, 0x110]) bench.setGits(at, 0xffff_ffff);
    expect([0x80, 0x84, 0x88, 0x8c, 0x100, 0x104, 0x10c, 0x110].map((at) => bench.gits(at))).toEqual([
      0xffff_fcff, 0xb8ef_ffff, 0x000f_ffe0, 0, 0xffff_ffff, 0xf9e7_ffff, 0xfce7_ffff, 0]);
  });
});
