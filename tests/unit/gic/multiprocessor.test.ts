import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Line } from '../../../devices/gic/index.js';
import { Bench } from './bench.js';

const SPURIOUS = 1023;
const PES = 16;
const all = Array.from({ length: PES }, (_, cpu) => cpu);
const others = (cpu: number): number[] => all.filter((n) => n !== cpu);
const IRM = 1n << 40n;
const sgi = (intid: number, targets: number): bigint => BigInt(intid << 24) | BigInt(targets);

/** PEs of which a line is asserted. */
const signalled = (bench: Bench, line: number = Line.IRQ | Line.FIQ): number[] =>
  bench.lines.flatMap((lines, cpu) => ((lines & line) !== 0 ? [cpu] : []));

describe('sixteen PEs: SGIs', () => {
  const make = (group: 0 | 1 = 1): Bench => {
    const bench = new Bench({ cpus: PES }).open();
    for (const cpu of all) for (const intid of [0, 5, 15]) bench.configure(intid, { cpu, group });
    return bench;
  };

  it.each([['ICC_SGI1R_EL1', 1], ['ICC_SGI0R_EL1', 0], ['ICC_ASGI1R_EL1', 0]] as const)(
    '%s from every PE to every other, and to itself', (name, group) => {
      const bench = make(group);
      for (const from of all) {
        for (const to of all) {
          bench.msr(name, sgi(15, 1 << to), from);
          expect(signalled(bench, group === 1 ? Line.IRQ : Line.FIQ)).toEqual([to]);
          expect(bench.mrs(`ICC_IAR${group}_EL1`, to)).toBe(15);
          bench.msr(`ICC_EOIR${group}_EL1`, 15, to);
        }
      }
    });

  it('to all but the sender, whatever the target list and the affinity say', () => {
    const bench = make();
    for (const from of all) {
      bench.msr('ICC_SGI1R_EL1', sgi(5, 0xffff) | IRM | (7n << 16n) | (9n << 44n), from);
      expect(signalled(bench)).toEqual(others(from));
      for (const cpu of others(from)) {
        expect(bench.mrs('ICC_IAR1_EL1', cpu)).toBe(5);
        bench.msr('ICC_EOIR1_EL1', 5, cpu);
      }
      expect(bench.mrs('ICC_IAR1_EL1', from)).toBe(SPURIOUS);
    }
  });

  it('of one number from several PEs are one', () => {
    const bench = make();
    for (const from of others(3)) bench.msr('ICC_SGI1R_EL1', sgi(5, 1 << 3), from);
    expect(bench.mrs('ICC_IAR1_EL1', 3)).toBe(5);
    bench.msr('ICC_SGI1R_EL1', sgi(5, 1 << 3), 7);
    expect(bench.lines[3]).toBe(0);
    bench.msr('ICC_EOIR1_EL1', 5, 3);
    expect(bench.mrs('ICC_IAR1_EL1', 3)).toBe(5);
    bench.msr('ICC_EOIR1_EL1', 5, 3);
    expect(bench.mrs('ICC_IAR1_EL1', 3)).toBe(SPURIOUS);
  });

  it('reach a PE whose group the Redistributor has otherwise only in the group that it has', () => {
    const bench = make();
    bench.setGicr(0x1_0080, 0, 6);
    bench.msr('ICC_SGI1R_EL1', sgi(5, 0xffff), 0);
    expect(signalled(bench)).toEqual(others(6));
    bench.msr('ICC_SGI0R_EL1', sgi(5, 1 << 6), 0);
    expect(signalled(bench, Line.FIQ)).toEqual([6]);
  });

  it('wait where a PE disables them, masks them, or runs something as urgent', () => {
    const bench = make();
    bench.setGicr(0x1_0180, 1 << 5, 1);
    bench.msr('ICC_PMR_EL1', 0x80, 2);
    bench.msr('ICC_IGRPEN1_EL1', 0, 3);
    bench.msr('ICC_SGI1R_EL1', sgi(0, 1 << 4), 0);
    bench.mrs('ICC_IAR1_EL1', 4);
    bench.msr('ICC_SGI1R_EL1', sgi(5, 0b1_1110), 0);
    expect(signalled(bench)).toEqual([]);
    expect(all.map((cpu) => bench.gicr(0x1_0200, cpu))).toEqual(all.map((cpu) => (cpu >= 1 && cpu <= 4 ? 1 << 5 : 0)));
    bench.setGicr(0x1_0100, 1 << 5, 1);
    bench.msr('ICC_PMR_EL1', 0xff, 2);
    bench.msr('ICC_IGRPEN1_EL1', 1, 3);
    bench.msr('ICC_EOIR1_EL1', 0, 4);
    expect(signalled(bench)).toEqual([1, 2, 3, 4]);
  });

  it('reach a PE that sleeps: it counts as woken', () => {
    const bench = make();
    bench.setGicr(0x14, 2, 9);
    expect(bench.gicr(0x14, 9)).toBe(6);
    bench.msr('ICC_SGI1R_EL1', sgi(5, 1 << 9), 0);
    expect(signalled(bench)).toEqual([9]);
  });

  it('from Secure and Non-secure PEs go by each target\'s configuration', () => {
    const bench = new Bench({ cpus: PES, el3: true }).open();
    for (const cpu of all) {
      bench.setGicr(0x1_0100, 1 << 5, cpu);
      bench.setGicr(0x1_0400 + 5, 0x40, cpu, 1);
      // Group 0, Secure Group 1, Non-secure Group 1, and Group 0 that Non-secure software may send.
      bench.setGicr(0x1_0080, cpu % 4 === 2 ? 1 << 5 : 0, cpu);
      bench.setGicr(0x1_0d00, cpu % 4 === 1 ? 1 << 5 : 0, cpu);
      bench.setGicr(0x1_0e00, cpu % 4 === 3 ? 1 << 10 : 0, cpu);
    }
    const pending = (): number[] => {
      const found = all.filter((cpu) => bench.gicr(0x1_0200, cpu) !== 0);
      for (const cpu of all) bench.setGicr(0x1_0280, 1 << 5, cpu);
      return found;
    };
    const of = (...kinds: readonly number[]): number[] => all.filter((cpu) => kinds.includes(cpu % 4));
    const send = (name: string, scr: number): number[] => {
      bench.enter(1, scr, 0, 7);
      bench.msr(name, sgi(5, 0xffff), 7);
      return pending();
    };
    expect(send('ICC_SGI1R_EL1', 1)).toEqual(of(2));
    expect(send('ICC_SGI0R_EL1', 1)).toEqual(of(3));
    expect(send('ICC_ASGI1R_EL1', 1)).toEqual(of(3));
    expect(send('ICC_SGI1R_EL1', 0)).toEqual(of(0, 1, 3));
    expect(send('ICC_SGI0R_EL1', 0)).toEqual(of(0, 3));
    expect(send('ICC_ASGI1R_EL1', 0)).toEqual(of(2));
  });
});

describe('sixteen PEs: SPIs and PPIs', () => {
  it('each PE has its own running priority, mask and active PPIs', () => {
    const bench = new Bench({ cpus: PES }).open();
    for (const cpu of all) {
      bench.configure(27, { cpu, priority: 8 * cpu });
      bench.gic.ppi(cpu, 27).set(true);
    }
    for (const cpu of all) {
      expect(bench.mrs('ICC_IAR1_EL1', cpu)).toBe(27);
      expect(bench.mrs('ICC_RPR_EL1', cpu)).toBe(8 * cpu);
    }
    bench.gic.ppi(5, 27).set(false);
    for (const cpu of all) bench.msr('ICC_EOIR1_EL1', 27, cpu);
    expect(signalled(bench)).toEqual(others(5));
  });

  it('an SPI that is active at one PE is nobody\'s, also when it is routed elsewhere meanwhile', () => {
    const bench = new Bench({ cpus: PES }).open();
    bench.configure(40);
    bench.setGicd(0x6140, 3);
    bench.gic.line(40).set(true);
    expect(bench.mrs('ICC_IAR1_EL1', 3)).toBe(40);
    bench.setGicd(0x6140, 12);
    expect(signalled(bench)).toEqual([]);
    bench.msr('ICC_EOIR1_EL1', 40, 3);
    expect([signalled(bench), bench.mrs('ICC_RPR_EL1', 3)]).toEqual([[12], 0xff]);
    expect(bench.mrs('ICC_IAR1_EL1', 12)).toBe(40);
  });

  it('an SPI waits for the PE that it is routed to', () => {
    const bench = new Bench({ cpus: PES }).open();
    bench.configure(40, { edge: true });
    bench.setGicd(0x6140, 4);
    bench.msr('ICC_IGRPEN1_EL1', 0, 4);
    bench.gic.line(40).set(true);
    expect(signalled(bench)).toEqual([]);
    bench.setGicd(0x6140, 5);
    expect(signalled(bench)).toEqual([5]);
    bench.setGicd(0x6140, 4);
    bench.msr('ICC_IGRPEN1_EL1', 1, 4);
    expect(signalled(bench)).toEqual([4]);
  });

  it('GICD_CTLR stops a group at every PE', () => {
    const bench = new Bench({ cpus: PES }).open();
    for (const cpu of all) {
      bench.configure(40 + cpu, { group: cpu % 2 === 0 ? 0 : 1, edge: true });
      bench.setGicd(0x6000 + 8 * (40 + cpu), cpu);
    }
    for (const cpu of all) bench.gic.line(40 + cpu).set(true);
    expect(signalled(bench)).toEqual(all);
    bench.setGicd(0, 1);
    expect(signalled(bench)).toEqual(all.filter((cpu) => cpu % 2 === 0));
    bench.setGicd(0, 2);
    expect(signalled(bench)).toEqual(all.filter((cpu) => cpu % 2 === 1));
    bench.setGicd(0, 0);
    expect(signalled(bench)).toEqual([]);
  });

  it('any PE reaches any Redistributor', () => {
    const bench = new Bench({ cpus: PES }).open();
    for (const cpu of all) {
      bench.configure(20, { cpu });
      bench.setGicr(0x1_0200, 1 << 20, cpu);
    }
    expect(signalled(bench)).toEqual(all);
    for (const cpu of others(11)) bench.setGicr(0x1_0280, 1 << 20, cpu);
    expect(signalled(bench)).toEqual([11]);
  });
});

describe('PEs on threads of their own', () => {
  /**
   * A PE: takes what is there to take and passes it on to the next PE, an SGI, an SPI that it routes there, an LPI that
   * the ITS has mapped there. What is lost anywhere never comes to its end.
   */
  const script = `
    const { workerData: d, parentPort } = require('node:worker_threads');
    const { cpu, cpus, limit } = d;
    const control = new Int32Array(d.control);
    const lines = new Int32Array(d.lines);
    (async () => {
      const { Gic } = await import(d.gic);
      const { DeviceMemory } = await import(d.deviceMemory);
      const bytes = new Uint8Array(d.ram);
      const guest = {
        slice: (at, length) => at >= d.base && at + length <= d.base + bytes.length
          ? bytes.subarray(at - d.base, at - d.base + length) : undefined,
        written: () => {},
      };
      const update = (n, value) => { Atomics.store(lines, n, value); Atomics.notify(lines, n); };
      const gic = new Gic(new DeviceMemory(d.state, 0, d.state.byteLength), d.config, { update }, guest);
      const pe = gic.cpuInterface(cpu, { el: 1, scrEl3: 0, hcrEl2: 0 });
      const next = (cpu + 1) % cpus;
      parentPort.postMessage('ready');
      while (Atomics.load(control, 3) < 3) {
        if (Atomics.load(lines, cpu) === 0) Atomics.wait(lines, cpu, 0, 20);
        const intid = pe.readIar1();
        if (intid === 1023) continue;
        const token = intid < 16 ? 0 : intid < 8192 ? 1 : 2;
        const last = Atomics.add(control, token, 1) + 1 >= limit;
        if (last) {
          Atomics.add(control, 3, 1);
        } else if (token === 0) {
          pe.write('ICC_SGI1R_EL1', BigInt(1 << 24 | 1 << next));
        } else if (token === 1) {
          gic.distributor.write(0x6000 + 8 * intid, 4, next);
          gic.distributor.write(0x204, 4, 1 << (intid & 31));
        } else {
          gic.its.send(0, next);
        }
        pe.writeEoir1(intid);
      }
      parentPort.postMessage('done');
    })();
  `;

  it('lose nothing', async () => {
    const cpus = 4;
    const limit = 500;
    const bench = new Bench({ cpus, its: true }).open();
    for (let cpu = 0; cpu < cpus; cpu++) {
      bench.configure(1, { cpu });
      bench.setGicr(0x70, bench.ram.base | 15, cpu);
      bench.setGicr(0x78, bench.ram.base + 0x1_0000 * (1 + cpu), cpu);
      bench.setGicr(0, 1, cpu);
      bench.ram.bytes[cpu] = 0xa1;
    }
    bench.configure(40, { edge: true });
    const [queue, tables, itt] = [0x10_0000, 0x11_0000, 0x12_0000].map((at) => bench.ram.base + at);
    bench.setGits(0x80, queue);
    bench.setGits(0x84, 0x8000_0000);
    [tables, tables + 0x1000].forEach((table, n) => {
      bench.setGits(0x100 + 8 * n, table);
      bench.setGits(0x104 + 8 * n, 0x8000_0000);
    });
    const commands = [[8, 0, 3, 0, itt, 1 << 31]];
    for (let n = 0; n < cpus; n++) commands.push([9, 0, 0, 0, n | (n << 16), 1 << 31], [10, 0, n, 8192 + n, n]);
    const words = new Int32Array(bench.ram.bytes.buffer, queue - bench.ram.base, 8 * commands.length);
    commands.forEach((command, n) => words.set(command, 8 * n));
    bench.setGits(0, 1);
    bench.setGits(0x88, 32 * commands.length);
    expect(bench.gits(0x90)).toBe(32 * commands.length);

    const control = new Int32Array(new SharedArrayBuffer(16));
    const lines = new Int32Array(new SharedArrayBuffer(4 * cpus));
    const state = new SharedArrayBuffer(bench.memory.bytes);
    new Uint8Array(state).set(bench.memory.byteView(0, bench.memory.bytes));
    const built = (path: string): string => new URL(`../../../dist/devices/${path}`, import.meta.url).href;
    const workers = Array.from({ length: cpus }, (_, cpu) => new Worker(script, {
      eval: true,
      workerData: {
        cpu, cpus, limit, control: control.buffer, lines: lines.buffer, ram: bench.ram.bytes.buffer, base: bench.ram.base,
        config: bench.gic.config, state, gic: built('gic/index.js'), deviceMemory: built('bus/device-memory.js'),
      },
    }));
    const hear = (message: string): Promise<unknown> => Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
      worker.on('message', (text) => text === message && resolve(text));
      worker.on('error', reject);
    })));
    const ready = hear('ready');
    const done = hear('done');
    await ready;
    const { Gic } = await import(built('gic/index.js')) as typeof import('../../../devices/gic/index.js');
    const { DeviceMemory } = await import(built('bus/device-memory.js')) as typeof import('../../../devices/bus/device-memory.js');
    const gic = new Gic(new DeviceMemory(state, 0, state.byteLength), bench.gic.config, {
      update: (cpu, value) => {
        Atomics.store(lines, cpu, value);
        Atomics.notify(lines, cpu);
      },
    }, bench.ram);
    gic.redistributor.write(0x1_0200, 4, 2);
    gic.distributor.write(0x204, 4, 1 << 8);
    gic.its!.send(0, 2);
    await done;
    expect([...control]).toEqual([limit, limit, limit, 3]);
    expect([...lines]).toEqual([0, 0, 0, 0]);
    expect(gic.distributor.read(0x204, 4)).toBe(0);
  });
});
