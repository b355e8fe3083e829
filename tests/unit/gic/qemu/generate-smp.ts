import { PPIS, Session, SGIS, SPIS } from './generate.js';
import { GICD, GICR, type Machine, type Op } from './script.js';

/** A random session of several PEs: each access is made by one of them, and reaches any PE's Redistributor. */
export function randomSmpScript(machine: Machine, seed: number, length: number): Op[] {
  return new SmpSession(machine, seed).run(length);
}

class SmpSession extends Session {
  protected override readonly targets = [1, 2, 4, 8, 3, 6, 9, 12, 15, 0xfff0, 0x8005];
  protected override readonly routes = [0, 1, 2, 3, 3, 5, 0x100];

  protected override prepare(): void {
    for (let cpu = 1; cpu < this.machine.cpus; cpu++) {
      this.cpu = cpu;
      this.frame = cpu;
      this.context = this.all[0];
      this.openInterface();
      for (const intid of [...SGIS, ...PPIS]) {
        this.setPriority(intid, this.random.below(32) * 8);
        this.set(0x100, intid);
      }
      this.randomGroups();
    }
    SPIS.forEach((intid, n) => this.write(GICD + 0x6000 + 8 * intid, n % this.machine.cpus));
  }

  protected override choose(): void {
    super.choose();
    this.cpu = this.random.below(this.machine.cpus);
    this.frame = this.random.below(this.machine.cpus);
  }

  protected override buildActions(): readonly (() => void)[] {
    const { random } = this;
    return [
      ...super.buildActions(),
      // What each PE has pending and active.
      ...this.repeat(6, () => {
        const offset = random.pick([0x1_0200, 0x1_0300, 0x1_0200]);
        this.push('read', GICR + 0x2_0000 * random.below(this.machine.cpus) + offset, 0);
      }),
      ...this.repeat(8, () => void this.mrs(random.pick(['ICC_RPR_EL1', 'ICC_HPPIR1_EL1', 'ICC_HPPIR0_EL1']))),
      ...this.repeat(4, () => this.acknowledge(1)),
      ...this.repeat(4, () => this.end(1)),
      // A PE that sleeps, and one that wakes.
      () => {
        if (this.context[1] !== 0 && this.machine.el3) return;
        this.write(GICR + 0x2_0000 * this.frame + 0x14, random.pick([0, 0, 2]));
        this.push('read', GICR + 0x2_0000 * this.frame + 0x14, 0);
      },
    ];
  }
}
