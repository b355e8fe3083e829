import { Session } from './generate.js';
import { TABLES } from '../bench.js';
import { GICD, GICR, GITS, type Machine, type Op } from './script.js';

/** Where the guest keeps its tables. */
const PROPERTIES = TABLES;
const pendingTable = (cpu: number): number => TABLES + 0x1_0000 * (1 + cpu);
const QUEUE = TABLES + 0x4_0000;
const DEVICES = TABLES + 0x8_0000;
const COLLECTIONS = TABLES + 0xc_0000;
const SECOND_LEVEL = TABLES + 0x10_0000;
const itt = (device: number): number => TABLES + 0x20_0000 + 0x4_0000 * device;
/** Not RAM on either side. */
const NOWHERE = 0x6000_0000;
const QUEUE_BYTES = 4096;
const FIRST_LPI = 8192;
/** LPIs that scripts use. */
const LPIS = 24;
/** Devices; the last has so many events that MAPI can name them. */
const DEVICE_IDS = 4;

const Gits = { ctlr: 0, cbaser: 0x80, cwriter: 0x88, creadr: 0x90, baser: 0x100, translater: 0x1_0040 } as const;
const ENABLED = 1;
const VALID = 0x8000_0000;
const INDIRECT = 0x4000_0000;

/** Commands by number. */
const C = {
  MOVI: 1, INT: 3, CLEAR: 4, SYNC: 5, MAPD: 8, MAPC: 9, MAPTI: 10, MAPI: 11, INV: 12, INVALL: 13, MOVALL: 14, DISCARD: 15,
} as const;

/** Every register of the ITS and of LPIs, after reset and as they take what is written. */
export function itsRegisterScript(machine: Machine): Op[] {
  const ops: Op[] = [];
  const contexts = machine.el3 ? [[3, 0], [1, 1]] as const : [[1, 0]] as const;
  const base = [GICD + 0x4, GICR, GICR + 0x4, GICR + 0x8, GICR + 0xc, GICR + 0x70, GICR + 0x74, GICR + 0x78, GICR + 0x7c,
    GICR + 0xa0, GICR + 0xb0, GICR + 0xc0, GICR + 0x2_0000, GICR + 0x2_0008];
  const its = [0, 4, 8, 0xc, 0x10, 0x20, 0x80, 0x84, 0x88, 0x8c, 0x90, 0x94, ...Array.from({ length: 16 }, (_, i) => 0x100 + 4 * i),
    ...Array.from({ length: 12 }, (_, i) => 0xffd0 + 4 * i), 0x1_0000, 0x1_0040].map((offset) => GITS + offset);
  for (const [el, scr] of contexts) {
    const context = { el, scr, hcr: 0 };
    const read = (target: number): void => void ops.push({ ...context, kind: 'read', target, value: 0n });
    const write = (target: number, value: number): void =>
      void ops.push({ ...context, kind: 'write', target, value: BigInt(value >>> 0) });
    for (const target of [...base, ...its]) read(target);
    // Values with all fields set, and their reserved bits clear.
    const fields: readonly (readonly [number, number])[] = [
      [GICR + 0x70, 0xffff_ff9f], [GICR + 0x74, 0x070f_ffff], [GICR + 0x78, 0xffff_0f80], [GICR + 0x7c, 0x070f_ffff],
      [GITS + 0x80, 0xffff_fcff], [GITS + 0x84, 0xb8ef_ffff], [GITS + 0x100, 0xffff_ffff], [GITS + 0x104, 0xffff_ffff],
      [GITS + 0x108, 0x1234_5000], [GITS + 0x10c, 0], [GITS + 0x110, 0xffff_ffff], [GITS + 0x114, 0xffff_ffff],
      [GITS + 0x138, 0xffff_ffff], [GITS + 0x88, 0xf_ffe0], [GITS + 0x4, 0xffff_ffff], [GITS + 0x8, 0xffff_ffff],
      [GITS + 0xffe8, 0xffff_ffff],
    ];
    for (const [target, value] of fields) write(target, value);
    for (const [target] of fields) read(target);
    for (const target of [GITS + 0x104, GITS + 0x84]) write(target, 0);
    write(GITS + 0x88, 0);
    // The tables' registers are read-only while the ITS is enabled.
    write(GITS, ENABLED);
    for (const target of [GITS + 0x80, GITS + 0x84, GITS + 0x100, GITS + 0x104]) {
      write(target, 0x8123_0000);
      read(target);
    }
    read(GITS);
    write(GITS, 0);
    read(GITS);
    write(GITS + 0x88, 0x40);
    write(GITS + 0x80, 0);
    for (const target of [GITS + 0x88, GITS + 0x90]) read(target);
    for (const [target] of fields) write(target, 0);
    for (const cpu of [0, 1]) {
      write(GICR + 0x2_0000 * cpu, 1);
      read(GICR + 0x2_0000 * cpu);
      write(GICR + 0x2_0000 * cpu, 0);
      read(GICR + 0x2_0000 * cpu);
    }
  }
  return ops;
}

/** A random session with messages, commands and LPIs among interrupts of all other kinds. */
export function randomItsScript(machine: Machine, seed: number, length: number): Op[] {
  return new ItsSession(machine, seed).run(length);
}

class ItsSession extends Session {
  /** Words of the queue as they lie in memory. */
  private readonly queue = new Int32Array(QUEUE_BYTES / 4);
  private writer = 0;
  private lpisEnabled = [false, false];
  private enabled = false;

  protected override choose(): void {
    super.choose();
    this.cpu = this.random.below(this.machine.cpus);
    this.frame = this.random.below(this.machine.cpus);
  }

  protected override prepare(): void {
    this.cpu = 1;
    this.openInterface();
    this.cpu = 0;
    for (const cpu of [0, 1]) this.describeTables(cpu);
    this.write(GITS + Gits.cbaser, QUEUE);
    this.write(GITS + Gits.cbaser + 4, VALID);
    const indirect = this.random.below(2) === 0;
    const pages = this.random.below(3);
    this.describeTable(0, DEVICES, pages, indirect);
    this.describeTable(1, COLLECTIONS, this.random.below(3), this.random.below(2) === 0);
    for (const n of [0, 1, 2]) {
      // Of the second levels, whose pages are as large as can be, some are missing.
      this.write(DEVICES + 8 * n, SECOND_LEVEL + 0x1_0000 * n);
      this.write(DEVICES + 8 * n + 4, indirect && n !== 1 ? VALID : 0);
      this.write(COLLECTIONS + 8 * n, SECOND_LEVEL + 0x3_0000 + 0x1_0000 * n);
      this.write(COLLECTIONS + 8 * n + 4, n !== 1 ? VALID : 0);
    }
    for (let lpi = 0; lpi < LPIS; lpi++) this.configure(lpi, true);
    for (const cpu of [0, 1]) this.enableLpis(cpu, true);
    this.enableIts(true);
    for (let device = 0; device < DEVICE_IDS; device++) this.mapDevice(device, true);
    for (const collection of [0, 1]) this.command(C.MAPC, [0, 0, 0, 0, collection | (collection << 16), VALID]);
    for (let event = 0; event < 8; event++) this.command(C.MAPTI, [0, event & 1, event, FIRST_LPI + event, event & 1]);
    this.submit();
  }

  private describeTable(n: number, at: number, pageSize: number, indirect: boolean): void {
    this.write(GITS + Gits.baser + 8 * n, at | (pageSize << 8) | this.random.below(3));
    this.write(GITS + Gits.baser + 8 * n + 4, (VALID | (indirect ? INDIRECT : 0)) >>> 0);
  }

  private describeTables(cpu: number): void {
    const at = GICR + 0x2_0000 * cpu;
    this.write(at + 0x70, PROPERTIES | this.random.pick([15, 15, 15, 13]));
    this.write(at + 0x74, 0);
    this.write(at + 0x78, pendingTable(cpu));
    this.write(at + 0x7c, 0);
  }

  private configure(lpi: number, enable: boolean): void {
    this.push('writeb', PROPERTIES + lpi, (this.random.below(16) << 4) | (enable ? 1 : 0));
  }

  private enableLpis(cpu: number, enable: boolean): void {
    this.lpisEnabled[cpu] = enable;
    this.write(GICR + 0x2_0000 * cpu, enable ? 1 : 0);
    this.push('read', GICR + 0x2_0000 * cpu, 0);
  }

  private enableIts(enable: boolean): void {
    this.enabled = enable;
    this.write(GITS + Gits.ctlr, enable ? ENABLED : 0);
    this.push('read', GITS + Gits.ctlr, 0);
  }

  /** Puts a command in the queue. @param words its number is put into the first, the rest are zero */
  private command(number: number, words: readonly number[]): void {
    for (let n = 0; n < 8; n++) {
      const value = ((words[n] ?? 0) | (n === 0 ? number : 0)) | 0;
      const index = this.writer / 4 + n;
      if (this.queue[index] === value) continue;
      this.queue[index] = value;
      this.write(QUEUE + 4 * index, value);
    }
    this.writer = (this.writer + 32) % QUEUE_BYTES;
  }

  private submit(): void {
    this.write(GITS + Gits.cwriter, this.writer);
    this.push('read', GITS + Gits.creadr, 0);
  }

  private mapDevice(device: number, valid: boolean): void {
    const bits = device === DEVICE_IDS - 1 ? 13 : this.random.pick([2, 3, 4]);
    this.command(C.MAPD, [0, device, bits, 0, itt(device), valid ? VALID : 0]);
  }

  private device(): number {
    return this.random.below(12) === 0 ? this.random.pick([4, 0x200, 0x2000, 0xffff, 0x1_0000, 0x8000_0000]) : this.random.below(4);
  }
  private event(): number {
    return this.random.below(10) === 0 ? this.random.pick([16, 32, 8192, 8193, 0xffff_ffff]) : this.random.below(9);
  }
  private collection(): number {
    return this.random.below(10) === 0 ? this.random.pick([2, 0x200, 0x3000, 0xffff]) : this.random.below(2);
  }
  private lpi(): number {
    return this.random.below(10) === 0 ? this.random.pick([0, 1023, 8191, 65535, 65536, 0x8000_2000]) : FIRST_LPI + this.random.below(LPIS);
  }

  private anyCommand(): void {
    const { random } = this;
    const one = (number: number, ...words: readonly number[]) => (): void => this.command(number, [0, this.device(), ...words]);
    const choices: readonly (() => void)[] = [
      ...this.repeat(2, () => this.mapDevice(random.below(DEVICE_IDS), random.below(4) > 0)),
      () => this.command(C.MAPD, [0, this.device(), random.pick([0, 15, 3]), 0, itt(0), VALID]),
      ...this.repeat(2, () => this.command(C.MAPC, [0, 0, 0, 0, this.collection() | (random.pick([0, 0, 1, 1, 2]) << 16),
        random.below(5) > 0 ? VALID : 0])),
      ...this.repeat(8, () => this.command(C.MAPTI, [0, this.device(), this.event(), this.lpi(), this.collection()])),
      () => this.command(C.MAPI, [0, 3, random.pick([8192, 8193, 8194, 8195, 5]), 0, this.collection()]),
      ...this.repeat(16, () => one(C.INT, this.event())()),
      () => one(C.INT, random.pick([8192, 8193, 8194, 8195]))(),
      ...this.repeat(3, () => one(C.CLEAR, this.event())()),
      ...this.repeat(2, () => one(C.DISCARD, this.event())()),
      ...this.repeat(4, () => one(C.MOVI, this.event(), 0, this.collection())()),
      ...this.repeat(4, () => one(C.INV, this.event())()),
      ...this.repeat(2, () => this.command(C.INVALL, [0, 0, 0, 0, this.collection()])),
      ...this.repeat(2, () => this.command(C.MOVALL, [0, 0, 0, 0, random.below(2) << 16, 0, random.pick([0, 1, 1, 2]) << 16])),
      () => this.command(random.pick([C.SYNC, 0x77, 0x29, 0x2a, 0]), [0, 1, 2, 3, 4, 5, 6, 7]),
    ];
    random.pick(choices)();
  }

  protected override buildActions(): readonly (() => void)[] {
    const { random } = this;
    const others = super.buildActions();
    return [
      ...this.repeat(20, () => random.pick(others)()),
      ...this.repeat(20, () => {
        for (let n = random.below(3); n >= 0; n--) this.anyCommand();
        this.submit();
      }),
      ...this.repeat(10, () => {
        const event = random.below(8);
        this.command(C.INT, [0, event & 1, event]);
        this.submit();
      }),
      // What went astray is mended now and then.
      ...this.repeat(2, () => {
        for (const collection of [0, 1]) this.command(C.MAPC, [0, 0, 0, 0, collection | (random.below(4) === 0 ? 0x1_0000 : 0), VALID]);
        for (const device of [0, 1]) this.mapDevice(device, true);
        for (let event = 0; event < 4; event++) this.command(C.MAPTI, [0, event & 1, event, FIRST_LPI + event + random.below(9), event & 1]);
        this.submit();
      }),
      ...this.repeat(2, () => {
        this.msr('ICC_AP0R0_EL1', 0);
        this.msr('ICC_AP1R0_EL1', 0);
        this.msr('ICC_PMR_EL1', 0xf8);
      }),
      ...this.repeat(12, () => {
        this.acknowledge(1);
        if (random.below(4) > 0) this.end(1);
      }),
      ...this.repeat(4, () => void this.mrs('ICC_HPPIR1_EL1')),
      ...this.repeat(4, () => this.write(GITS + Gits.translater, this.event())),
      ...this.repeat(6, () => this.configure(random.below(LPIS), random.below(3) > 0)),
      ...this.repeat(6, () => {
        const at = random.pick([
          pendingTable(0) + FIRST_LPI / 8, pendingTable(1) + FIRST_LPI / 8, itt(0) + 4 * random.below(27),
          itt(1) + 4 * random.below(27), DEVICES, SECOND_LEVEL, COLLECTIONS, SECOND_LEVEL + 0x3_0000,
        ]);
        this.push('read', at, 0);
      }),
      ...this.repeat(2, () => {
        const cpu = random.below(2);
        if (random.below(3) > 0 && this.lpisEnabled[cpu]) return;
        this.enableLpis(cpu, !this.lpisEnabled[cpu]);
        if (!this.lpisEnabled[cpu] && random.below(2) === 0) this.describeTables(cpu);
      }),
      () => {
        if (random.below(3) > 0 && this.enabled) return;
        this.enableIts(!this.enabled);
        if (this.enabled || random.below(3) > 0) return;
        // The queue begins again, and what lies in it is carried out once more.
        this.write(GITS + Gits.cbaser, QUEUE);
        this.push('read', GITS + Gits.creadr, 0);
        this.push('read', GITS + Gits.cwriter, 0);
      },
    ];
  }
}

/** A table that is not in RAM: a stall. */
export function stallScript(): Op[] {
  const ops: Op[] = [];
  const write = (target: number, value: number): void =>
    void ops.push({ el: 1, scr: 0, hcr: 0, kind: 'write', target, value: BigInt(value >>> 0) });
  const read = (target: number): void => void ops.push({ el: 1, scr: 0, hcr: 0, kind: 'read', target, value: 0n });
  write(GITS + Gits.cbaser, QUEUE);
  write(GITS + Gits.cbaser + 4, VALID);
  // MAPC into a table that is not in RAM stalls, MAPD behind it waits.
  write(GITS + Gits.baser + 8, NOWHERE);
  write(GITS + Gits.baser + 12, VALID);
  write(GITS + Gits.baser, DEVICES);
  write(GITS + Gits.baser + 4, VALID);
  const commands = [C.MAPD, 0, 3, 0, itt(0), VALID, 0, 0, C.MAPC, 0, 0, 0, 0, VALID, 0, 0, C.MAPD, 1, 3, 0, itt(1), VALID, 0, 0];
  commands.forEach((word, i) => write(QUEUE + 4 * i, word));
  write(GITS, ENABLED);
  write(GITS + Gits.cwriter, 0x60);
  for (const target of [GITS + Gits.creadr, GITS + Gits.cwriter, GITS, DEVICES, DEVICES + 8]) read(target);
  return ops;
}
