import { describe, expect, it } from 'vitest';
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { Gic } from '../../../devices/gic/index.js';
import { packEvenBits, spreadToEvenBits } from '../../../devices/gic/registers.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { Bench } from './bench.js';

describe('identification', () => {
  it('has QEMU\'s values, with the number of INTIDs it should have', () => {
    const bench = new Bench();
    expect(bench.gicd(0x4)).toBe(0x0378_0008);
    expect(bench.gicd(0x8)).toBe(0x43b);
    expect(bench.gicr(0x4)).toBe(0x43b);
    const ids = Array.from({ length: 12 }, (_, i) => bench.gicd(0xffd0 + 4 * i));
    expect(ids).toEqual([0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1]);
    expect(bench.gicr(0xffe0)).toBe(0x93);
    expect(new Bench({ el3: true }).gicd(0x4)).toBe(0x0378_0408);
    expect(new Bench({ spis: 32 }).gicd(0x4) & 31).toBe(1);
    expect(new Bench({ spis: 960 }).gicd(0x4) & 31).toBe(30);
  });

  it('GICR_TYPER numbers the PEs and marks the last', () => {
    const bench = new Bench({ cpus: 18 });
    const typer = (cpu: number): [number, number] => [bench.gicr(0x8, cpu), bench.gicr(0xc, cpu)];
    expect(typer(0)).toEqual([0x0100_0000, 0]);
    expect(typer(3)).toEqual([0x0100_0300, 3]);
    expect(typer(17)).toEqual([0x0100_1110, 0x101]);
    expect(bench.gic.redistributor.size).toBe(18 * 0x2_0000);
    expect(bench.gic.distributor.size).toBe(0x1_0000);
  });

  it('GICD_CTLR: DS and ARE are fixed with one Security state', () => {
    const bench = new Bench();
    expect(bench.gicd(0)).toBe(0x50);
    bench.setGicd(0, 0xffff_ffff);
    expect(bench.gicd(0)).toBe(0x53);
    bench.setGicd(0, 0);
    expect(bench.gicd(0)).toBe(0x50);
  });

  it('GICR_WAKER: ChildrenAsleep follows ProcessorSleep', () => {
    const bench = new Bench();
    expect(bench.gicr(0x14)).toBe(6);
    bench.setGicr(0x14, 0);
    expect(bench.gicr(0x14)).toBe(0);
    bench.setGicr(0x14, 0xffff_ffff);
    expect(bench.gicr(0x14)).toBe(6);
  });
});

describe('registers', () => {
  it.each([
    ['GICD_ISENABLER', 0x100, 0x180], ['GICD_ISPENDR', 0x200, 0x280], ['GICD_ISACTIVER', 0x300, 0x380],
  ])('%s sets, its counterpart clears, both read the same', (_, set, clear) => {
    const bench = new Bench();
    for (const [write, of] of [
      [(at: number, v: number): void => bench.setGicd(at + 0x20, v), (at: number): number => bench.gicd(at + 0x20)],
      [(at: number, v: number): void => bench.setGicr(at + 0x1_0000, v),
        (at: number): number => bench.gicr(at + 0x1_0000)],
    ] as const) {
      write(set, 0xf000_00f1);
      write(set, 0x2);
      expect([of(set), of(clear)]).toEqual([0xf000_00f3, 0xf000_00f3]);
      write(clear, 0x8000_0011);
      expect([of(set), of(clear)]).toEqual([0x7000_00e2, 0x7000_00e2]);
    }
  });

  it('SGIs, PPIs and INTIDs beyond the last SPI are RAZ/WI in the Distributor', () => {
    const bench = new Bench();
    for (const at of [0x80, 0x100, 0x200, 0x300, 0x400, 0xc00, 0xc04, 0x6000, 0x60f8, 0xa4, 0x124, 0x224, 0x324, 0x520,
      0xc48, 0x6900, 0x7fd8]) {
      bench.setGicd(at, 0xffff_ffff);
      expect(bench.gicd(at), at.toString(16)).toBe(0);
    }
  });

  it('GICv2 registers are RAZ/WI', () => {
    const bench = new Bench();
    for (const at of [0x820, 0xf00, 0xf10, 0xf20, 0x40, 0x48]) {
      bench.setGicd(at, 0xffff_ffff);
      expect(bench.gicd(at), at.toString(16)).toBe(0);
    }
  });

  it('priorities are accessible by byte and word, nothing else by less than a word', () => {
    const bench = new Bench();
    bench.setGicd(0x421, 0x58, 1);
    bench.setGicd(0x423, 0xa8, 1);
    expect(bench.gicd(0x420)).toBe(0xa800_5800);
    expect([0x420, 0x421, 0x422, 0x423].map((at) => bench.gicd(at, 1))).toEqual([0, 0x58, 0, 0xa8]);
    bench.setGicd(0x420, 0xffff, 2);
    expect(bench.gicd(0x420, 2)).toBe(0);
    expect(bench.gicd(0x420)).toBe(0xa800_5800);
    bench.setGicr(0x1_041f, 0x20, 0, 1);
    expect(bench.gicr(0x1_041c)).toBe(0x2000_0000);
    bench.setGicd(0x104, 0xff, 1);
    bench.setGicd(0x104, 0xff, 2);
    expect(bench.gicd(0x104)).toBe(0);
    expect(bench.gicd(0x8, 1)).toBe(0);
  });

  it('configuration fields: the odd bit of each pair', () => {
    const bench = new Bench();
    bench.setGicd(0xc08, 0xffff_ffff);
    expect(bench.gicd(0xc08)).toBe(0xaaaa_aaaa);
    bench.setGicd(0xc0c, 0x8000_0002);
    expect([bench.gicd(0xc08), bench.gicd(0xc0c)]).toEqual([0xaaaa_aaaa, 0x8000_0002]);
    bench.setGicr(0x1_0c04, 0x0000_0020);
    expect(bench.gicr(0x1_0c04)).toBe(0x20);
  });

  it('unknown PEs and offsets read as zero', () => {
    const bench = new Bench();
    expect(bench.gicr(0x8, 5)).toBe(0);
    bench.setGicr(0x14, 0, 5);
    expect(bench.gicr(0x5_0000)).toBe(0);
  });

  it('bit spreading is its own inverse', () => {
    for (const half of [0, 1, 0x8000, 0xffff, 0x1234, 0xa5a5]) {
      expect(packEvenBits(spreadToEvenBits(half))).toBe(half);
      expect(spreadToEvenBits(half) & 0xaaaa_aaaa).toBe(0);
    }
  });

  it('reset gives the state after power-on', () => {
    const bench = new Bench({ cpus: 2, el2: true });
    const fresh = Int32Array.from(bench.memory.words);
    bench.open();
    bench.configure(40);
    bench.configure(3, { cpu: 1 });
    bench.setGicd(0x204, 0xff00);
    bench.setGicd(0x6140, 1);
    bench.mrs('ICC_IAR1_EL1');
    bench.gic.reset();
    expect(Int32Array.from(bench.memory.words)).toEqual(fresh);
    expect(bench.lines).toEqual([0, 0]);
  });
});

describe('configuration', () => {
  it.each([
    { cpus: 0 }, { cpus: 129 }, { cpus: 1.5 }, { spis: 0 }, { spis: 33 }, { spis: 992 },
  ])('%o is refused', (config) => {
    expect(() => new Bench(config)).toThrow(ConfigurationError);
  });

  it('needs its memory', () => {
    const config = { cpus: 1, spis: 256, el2: false, el3: false };
    const memory = new DeviceMemory(new SharedArrayBuffer(64), 0, 64);
    expect(() => new Gic(memory, config, { update: () => {} })).toThrow(RangeError);
  });
});
