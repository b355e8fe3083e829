import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { type CpuInterface, Gic, type GicConfig } from '../../../devices/gic/index.js';
import { TestRam } from '../devices/fixtures.js';

/** Guest memory for the tables of LPIs and of the ITS. */
export const TABLES = 0x4800_0000;
const TABLES_BYTES = 0x40_0000;

/** A PE's context that tests set as they like. */
export interface BenchContext {
  el: number;
  scrEl3: number;
  hcrEl2: number;
}

/** A controller with its PEs' interfaces, and the levels that it drives. */
export class Bench {
  readonly gic: Gic;
  readonly contexts: BenchContext[] = [];
  readonly interfaces: CpuInterface[] = [];
  readonly lines: number[];
  /** How often `update` was called. */
  updates = 0;
  readonly memory: DeviceMemory;
  readonly ram: TestRam;

  constructor(config: Partial<GicConfig> = {}) {
    const full: GicConfig = { cpus: 1, spis: 256, el2: false, el3: false, ...config };
    const bytes = Gic.bytes(full);
    this.memory = new DeviceMemory(new SharedArrayBuffer(bytes + 64), 64, bytes);
    this.ram = new TestRam(TABLES, full.its === true ? TABLES_BYTES : 0);
    this.lines = new Array<number>(full.cpus).fill(0);
    this.gic = new Gic(this.memory, full, {
      update: (cpu, lines) => {
        this.updates++;
        this.lines[cpu] = lines;
      },
    }, this.ram);
    for (let cpu = 0; cpu < full.cpus; cpu++) {
      this.contexts.push({ el: full.el3 ? 3 : 1, scrEl3: 0, hcrEl2: 0 });
      this.interfaces.push(this.gic.cpuInterface(cpu, this.contexts[cpu]));
    }
    this.gic.reset();
    this.updates = 0;
  }

  private nonSecure(cpu: number): boolean {
    const { el, scrEl3 } = this.contexts[cpu];
    return !this.gic.config.el3 || (el < 3 && (scrEl3 & 1) !== 0);
  }

  /** Moves a PE to another context. */
  enter(el: number, scrEl3 = 0, hcrEl2 = 0, cpu = 0): void {
    Object.assign(this.contexts[cpu], { el, scrEl3, hcrEl2 });
    this.interfaces[cpu].contextChanged();
  }

  gicd(offset: number, size: 1 | 2 | 4 = 4, cpu = 0): number {
    return (this.nonSecure(cpu) ? this.gic.distributor : this.gic.secureDistributor).read(offset, size);
  }
  setGicd(offset: number, value: number, size: 1 | 2 | 4 = 4, cpu = 0): void {
    (this.nonSecure(cpu) ? this.gic.distributor : this.gic.secureDistributor).write(offset, size, value >>> 0);
  }
  /** A Redistributor register of the PE `of`, accessed by the PE `from`; SGI_base is at 0x10000. */
  gicr(offset: number, of = 0, size: 1 | 2 | 4 = 4, from = 0): number {
    const device = this.nonSecure(from) ? this.gic.redistributor : this.gic.secureRedistributor;
    return device.read(of * 0x2_0000 + offset, size);
  }
  setGicr(offset: number, value: number, of = 0, size: 1 | 2 | 4 = 4, from = 0): void {
    const device = this.nonSecure(from) ? this.gic.redistributor : this.gic.secureRedistributor;
    device.write(of * 0x2_0000 + offset, size, value >>> 0);
  }
  /** An ITS register. */
  gits(offset: number, size: 1 | 2 | 4 = 4): number {
    return this.gic.its!.read(offset, size);
  }
  setGits(offset: number, value: number, size: 1 | 2 | 4 = 4): void {
    this.gic.its!.write(offset, size, value >>> 0);
  }
  mrs(name: string, cpu = 0): number {
    return Number(this.interfaces[cpu].read(name));
  }
  msr(name: string, value: number | bigint, cpu = 0): void {
    this.interfaces[cpu].write(name, BigInt(value));
  }

  /** All groups enabled everywhere, mask wide open. */
  open(): this {
    this.setGicd(0, 7 | this.gicd(0));
    for (let cpu = 0; cpu < this.gic.config.cpus; cpu++) {
      this.msr('ICC_PMR_EL1', 0xff, cpu);
      this.msr('ICC_IGRPEN0_EL1', 1, cpu);
      this.msr('ICC_IGRPEN1_EL1', 1, cpu);
      if (this.gic.config.el3) this.msr('ICC_IGRPEN1_EL3', 3, cpu);
      this.setGicr(0x14, 0, cpu);
    }
    return this;
  }

  /** Configures one interrupt through the registers, and enables it. */
  configure(intid: number, options: { group?: 0 | 1; priority?: number; edge?: boolean; cpu?: number } = {}): void {
    const { group = 1, priority = 0xa0, edge = false, cpu = 0 } = options;
    const bit = (1 << (intid & 31)) >>> 0;
    const word = 4 * (intid >> 5);
    const spi = intid >= 32;
    const get = (at: number): number => (spi ? this.gicd(at) : this.gicr(0x1_0000 + at, cpu));
    const set = (at: number, v: number, size: 1 | 4 = 4): void =>
      spi ? this.setGicd(at, v, size) : this.setGicr(0x1_0000 + at, v, cpu, size);
    set(0x80 + word, group === 1 ? get(0x80 + word) | bit : get(0x80 + word) & ~bit);
    set(0x400 + intid, priority, 1);
    const config = 0xc00 + 4 * (intid >> 4);
    const field = 2 << (2 * (intid & 15));
    set(config, edge ? get(config) | field : get(config) & ~field);
    set(0x100 + word, bit);
  }
}
