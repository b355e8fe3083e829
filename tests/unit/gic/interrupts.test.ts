import { describe, expect, it } from 'vitest';
import { Line } from '../../../devices/gic/index.js';
import { Bench } from './bench.js';

const SPURIOUS = 1023;
const pendAll = (bench: Bench, intids: readonly number[]): void => {
  for (const intid of intids) {
    const at = 0x200 + 4 * (intid >> 5);
    const bit = (1 << (intid & 31)) >>> 0;
    if (intid < 32) bench.setGicr(0x1_0000 + at, bit);
    else bench.setGicd(at, bit);
  }
};

describe('reset of a CPU interface', () => {
  it('ends what is active, closes the interface, and keeps what is pending', () => {
    const bench = new Bench().open();
    for (const intid of [40, 41]) bench.configure(intid, { priority: 0x80 });
    pendAll(bench, [40, 41]);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(40);
    expect([bench.mrs('ICC_RPR_EL1'), bench.mrs('ICC_PMR_EL1')]).toEqual([0x80, 0xf8]);
    bench.gic.resetCpuInterface(0);
    expect([bench.mrs('ICC_RPR_EL1'), bench.mrs('ICC_PMR_EL1'), bench.mrs('ICC_IGRPEN1_EL1'), bench.lines[0]])
      .toEqual([0xff, 0, 0, 0]);
    bench.msr('ICC_PMR_EL1', 0xff);
    bench.msr('ICC_IGRPEN1_EL1', 1);
    expect(bench.lines[0]).toBe(Line.IRQ);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(41);
  });
});

describe('priorities', () => {
  it.each<[string, [intid: number, priority: number][], number[]]>([
    ['the most urgent first', [[40, 0xa0], [41, 0x20], [42, 0x60]], [41, 42, 40]],
    ['the lowest INTID among equals', [[70, 0x80], [35, 0x80], [64, 0x80]], [35, 64, 70]],
    ['SGIs and PPIs beside SPIs', [[3, 0x80], [20, 0x80], [33, 0x78], [287, 0x70]], [287, 33, 3, 20]],
    ['unimplemented priority bits do not count', [[50, 0x87], [40, 0x80], [60, 0x7f]], [60, 40, 50]],
    ['the last SPI word', [[256, 0x10], [255, 0x10], [287, 0x08]], [287, 255, 256]],
  ])('%s', (_, interrupts, order) => {
    const bench = new Bench().open();
    for (const [intid, priority] of interrupts) bench.configure(intid, { priority });
    pendAll(bench, interrupts.map(([intid]) => intid));
    const taken: number[] = [];
    for (let intid = bench.mrs('ICC_IAR1_EL1'); intid !== SPURIOUS; intid = bench.mrs('ICC_IAR1_EL1')) {
      taken.push(intid);
      bench.msr('ICC_EOIR1_EL1', intid);
    }
    expect(taken).toEqual(order);
    expect(bench.lines[0]).toBe(0);
  });

  it('implements five bits', () => {
    const bench = new Bench().open();
    bench.setGicd(0x420, 0xffff_ffff);
    expect(bench.gicd(0x420)).toBe(0xf8f8_f8f8);
    bench.setGicr(0x1_0404, 0x1234_5678);
    expect(bench.gicr(0x1_0404)).toBe(0x1030_5078);
    bench.msr('ICC_PMR_EL1', 0xff);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0xf8);
  });

  it.each([
    [0x80, 0x78, true], [0x80, 0x80, false], [0x80, 0x88, false], [0xf8, 0xf0, true], [0xf8, 0xf8, false],
    [0, 0, false],
  ])(
    'mask %i lets priority %i through: %s', (mask, priority, passes) => {
      const bench = new Bench().open();
      bench.configure(40, { priority });
      bench.msr('ICC_PMR_EL1', mask);
      pendAll(bench, [40]);
      expect(bench.lines[0]).toBe(passes ? Line.IRQ : 0);
      expect(bench.mrs('ICC_HPPIR1_EL1')).toBe(40);
      expect(bench.mrs('ICC_IAR1_EL1')).toBe(passes ? 40 : SPURIOUS);
      bench.msr('ICC_PMR_EL1', 0xf8);
      expect(bench.lines[0]).toBe(!passes && priority < 0xf8 ? Line.IRQ : 0);
    });

  it('has the mask by number too', () => {
    const bench = new Bench().open();
    bench.interfaces[0].writePmr(0xa7);
    expect(bench.interfaces[0].readPmr()).toBe(0xa0);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0xa0);
  });
});

describe('preemption', () => {
  it.each<[string, number, number, number, boolean]>([
    // BPR1 (Non-secure: one more than the bits that are subpriority), running, pending, preempts
    ['more urgent', 3, 0x80, 0x78, true],
    ['equal', 3, 0x80, 0x80, false],
    ['less urgent', 3, 0x80, 0x88, false],
    ['only the subpriority differs', 5, 0x90, 0x80, false],
    ['the group priority differs', 5, 0x90, 0x78, true],
    ['no group priority above bit 7', 7, 0xc0, 0x80, false],
    ['bit 7 is group priority', 7, 0x80, 0x40, true],
  ])('%s', (_, bpr, running, pending, preempts) => {
    const bench = new Bench().open();
    bench.msr('ICC_BPR1_EL1', bpr);
    bench.configure(40, { priority: running });
    bench.configure(41, { priority: pending });
    pendAll(bench, [40]);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(40);
    pendAll(bench, [41]);
    expect(bench.lines[0]).toBe(preempts ? Line.IRQ : 0);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(preempts ? 41 : SPURIOUS);
  });

  it('nests, and the running priority follows', () => {
    const bench = new Bench().open();
    const levels: [number, number][] = [[40, 0xe0], [41, 0xa0], [42, 0x60], [43, 0x20]];
    for (const [intid, priority] of levels) bench.configure(intid, { priority });
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
    for (const [intid, priority] of levels) {
      pendAll(bench, [intid]);
      expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
      expect(bench.mrs('ICC_RPR_EL1')).toBe(priority);
    }
    expect(bench.mrs('ICC_AP1R0_EL1')).toBe((1 << (0xe0 >> 3)) + (1 << (0xa0 >> 3)) + (1 << (0x60 >> 3)) + (1 << 4));
    expect(bench.mrs('ICC_AP0R0_EL1')).toBe(0);
    for (const [intid] of levels.toReversed()) {
      bench.msr('ICC_EOIR1_EL1', intid);
      const left = levels.findIndex(([other]) => other === intid) - 1;
      expect(bench.mrs('ICC_RPR_EL1')).toBe(left < 0 ? 0xff : levels[left][1]);
    }
  });

  it('ICC_CTLR_EL1.CBPR makes BPR0 the binary point of both groups', () => {
    const bench = new Bench().open();
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1')]).toEqual([2, 3]);
    bench.msr('ICC_BPR0_EL1', 6);
    bench.msr('ICC_BPR1_EL1', 4);
    bench.msr('ICC_CTLR_EL1', 1);
    expect(bench.mrs('ICC_BPR1_EL1')).toBe(7);
    bench.msr('ICC_BPR1_EL1', 3);
    bench.msr('ICC_CTLR_EL1', 0);
    expect(bench.mrs('ICC_BPR1_EL1')).toBe(4);
    bench.configure(40, { priority: 0xc0 });
    bench.configure(41, { priority: 0x80 });
    pendAll(bench, [40]);
    bench.mrs('ICC_IAR1_EL1');
    pendAll(bench, [41]);
    expect(bench.lines[0]).toBe(Line.IRQ);
    bench.msr('ICC_CTLR_EL1', 1);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_CTLR_EL1', 0);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });

  it('binary points have a minimum', () => {
    const bench = new Bench();
    bench.msr('ICC_BPR0_EL1', 0);
    bench.msr('ICC_BPR1_EL1', 0);
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1')]).toEqual([2, 3]);
  });
});

describe('groups and enables', () => {
  it.each<[string, 0 | 1, number]>([
    ['Group 0 is FIQ', 0, Line.FIQ], ['Group 1 is IRQ', 1, Line.IRQ],
  ])('%s', (_, group, line) => {
    const bench = new Bench().open();
    bench.configure(40, { group });
    pendAll(bench, [40]);
    expect(bench.lines[0]).toBe(line);
    expect(bench.mrs(`ICC_HPPIR${group}_EL1`)).toBe(40);
    expect(bench.mrs(`ICC_HPPIR${1 - group}_EL1`)).toBe(SPURIOUS);
    expect(bench.mrs(`ICC_IAR${1 - group}_EL1`)).toBe(SPURIOUS);
    expect(bench.mrs(`ICC_IAR${group}_EL1`)).toBe(40);
    bench.msr(`ICC_EOIR${1 - group}_EL1`, 40);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xa0);
    bench.msr(`ICC_EOIR${group}_EL1`, 40);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
  });

  it.each<[string, (bench: Bench) => void, (bench: Bench) => void]>([
    ['the interrupt in the Distributor', (b) => b.setGicd(0x184, 1 << 8), (b) => b.setGicd(0x104, 1 << 8)],
    ['the group in the Distributor', (b) => b.setGicd(0, 1), (b) => b.setGicd(0, 3)],
    ['the group at the interface', (b) => b.msr('ICC_IGRPEN1_EL1', 0), (b) => b.msr('ICC_IGRPEN1_EL1', 1)],
  ])('%s disabled', (_, disable, enable) => {
    const bench = new Bench().open();
    bench.configure(40);
    pendAll(bench, [40]);
    expect(bench.lines[0]).toBe(Line.IRQ);
    disable(bench);
    expect(bench.lines[0]).toBe(0);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(SPURIOUS);
    expect(bench.gicd(0x204)).toBe(1 << 8);
    enable(bench);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(40);
  });

  it('a disabled group does not hold back the other', () => {
    const bench = new Bench().open();
    bench.configure(40, { group: 0, priority: 0 });
    bench.configure(41, { group: 1, priority: 0xa0 });
    pendAll(bench, [40, 41]);
    expect(bench.lines[0]).toBe(Line.FIQ);
    bench.msr('ICC_IGRPEN0_EL1', 0);
    expect(bench.lines[0]).toBe(Line.IRQ);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(41);
  });

  it('reports each change of its outputs once', () => {
    const bench = new Bench().open();
    bench.configure(40);
    bench.configure(41);
    bench.updates = 0;
    pendAll(bench, [40, 41, 40]);
    expect(bench.updates).toBe(1);
    bench.mrs('ICC_IAR1_EL1');
    expect(bench.updates).toBe(2);
  });
});

describe('end of interrupt', () => {
  it('EOImode 0 drops the priority and deactivates', () => {
    const bench = new Bench().open();
    bench.configure(40);
    pendAll(bench, [40]);
    bench.mrs('ICC_IAR1_EL1');
    expect([bench.gicd(0x204), bench.gicd(0x304)]).toEqual([0, 1 << 8]);
    pendAll(bench, [40]);
    expect(bench.gicd(0x204)).toBe(1 << 8);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_DIR_EL1', 40); // Ignored in this mode.
    expect(bench.gicd(0x304)).toBe(1 << 8);
    bench.msr('ICC_EOIR1_EL1', 40);
    expect(bench.gicd(0x304)).toBe(0);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });

  it('EOImode 1 drops the priority; ICC_DIR_EL1 deactivates', () => {
    const bench = new Bench().open();
    bench.msr('ICC_CTLR_EL1', 2);
    bench.configure(40);
    bench.configure(41);
    pendAll(bench, [40]);
    bench.mrs('ICC_IAR1_EL1');
    pendAll(bench, [40, 41]);
    bench.msr('ICC_EOIR1_EL1', 40);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(41);
    bench.msr('ICC_EOIR1_EL1', 41);
    expect(bench.gicd(0x304)).toBe(3 << 8);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_DIR_EL1', 40);
    expect(bench.gicd(0x304)).toBe(2 << 8);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(40);
  });

  it.each([1020, 1021, 1022, 1023, 288, 8192, 0xff_ffff])('ignores INTID %i', (intid) => {
    const bench = new Bench().open();
    bench.configure(40);
    pendAll(bench, [40]);
    bench.mrs('ICC_IAR1_EL1');
    bench.msr('ICC_EOIR1_EL1', intid);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xa0);
    bench.msr('ICC_CTLR_EL1', 2);
    bench.msr('ICC_DIR_EL1', intid);
    expect(bench.gicd(0x304)).toBe(1 << 8);
  });

  it('without an active interrupt does nothing', () => {
    const bench = new Bench().open();
    bench.msr('ICC_EOIR1_EL1', 40);
    bench.msr('ICC_EOIR0_EL1', 40);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
  });

  it('has the same by number', () => {
    const bench = new Bench().open();
    bench.configure(40);
    pendAll(bench, [40]);
    expect(bench.interfaces[0].readIar1()).toBe(40);
    expect(bench.interfaces[0].readIar1()).toBe(SPURIOUS);
    bench.interfaces[0].writeEoir1(40);
    expect(bench.gicd(0x304)).toBe(0);
  });

  it('writing the active registers activates and deactivates', () => {
    const bench = new Bench().open();
    bench.configure(40);
    pendAll(bench, [40]);
    bench.setGicd(0x304, 1 << 8);
    expect(bench.lines[0]).toBe(0);
    bench.setGicd(0x384, 1 << 8);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });
});

describe.each([['SPI', 40], ['PPI', 20]] as const)('wire of an %s', (_, intid) => {
  const wired = (edge: boolean): { bench: Bench; set: (level: boolean) => void; pending: () => boolean } => {
    const bench = new Bench().open();
    bench.configure(intid, { edge });
    const line = intid < 32 ? bench.gic.ppi(0, intid) : bench.gic.line(intid);
    const pending = (): boolean => {
      const word = intid < 32 ? bench.gicr(0x1_0200) : bench.gicd(0x204);
      return ((word >>> (intid & 31)) & 1) !== 0;
    };
    return { bench, set: (level) => line.set(level), pending };
  };
  const clearPending = (bench: Bench): void => {
    if (intid < 32) bench.setGicr(0x1_0280, 1 << intid);
    else bench.setGicd(0x284, 1 << (intid & 31));
  };

  it('level: pending as long as it is asserted', () => {
    const { bench, set, pending } = wired(false);
    set(true);
    expect([pending(), bench.lines[0]]).toEqual([true, Line.IRQ]);
    set(false);
    expect([pending(), bench.lines[0]]).toEqual([false, 0]);
    set(true);
    clearPending(bench);
    expect(pending()).toBe(true);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
    expect(pending()).toBe(true);
    bench.msr('ICC_EOIR1_EL1', intid);
    expect(bench.lines[0]).toBe(Line.IRQ);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
    set(false);
    bench.msr('ICC_EOIR1_EL1', intid);
    expect([pending(), bench.lines[0]]).toEqual([false, 0]);
  });

  it('level: ISPENDR is remembered beside the wire', () => {
    const { bench, set, pending } = wired(false);
    pendAll(bench, [intid]);
    set(true);
    set(false);
    expect(pending()).toBe(true);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
    expect(pending()).toBe(false);
  });

  it('edge: a rise is remembered until acknowledged', () => {
    const { bench, set, pending } = wired(true);
    set(true);
    set(false);
    expect([pending(), bench.lines[0]]).toEqual([true, Line.IRQ]);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
    expect(pending()).toBe(false);
    set(true);
    expect(pending()).toBe(true);
    bench.msr('ICC_EOIR1_EL1', intid);
    expect(bench.lines[0]).toBe(Line.IRQ);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(intid);
    bench.msr('ICC_EOIR1_EL1', intid);
    expect([pending(), bench.lines[0]]).toEqual([false, 0]);
    set(true);
    expect(pending()).toBe(false);
  });

  it('edge: ICPENDR forgets it', () => {
    const { bench, set, pending } = wired(true);
    set(true);
    clearPending(bench);
    expect([pending(), bench.lines[0]]).toEqual([false, 0]);
  });

  it('keeps its level through a reset', () => {
    const { bench, set, pending } = wired(false);
    set(true);
    bench.gic.reset();
    expect([pending(), bench.lines[0]]).toEqual([true, 0]);
  });
});

describe('wires', () => {
  it('exist for implemented PPIs and SPIs only', () => {
    const { gic } = new Bench();
    for (const intid of [15, 32]) expect(() => gic.ppi(0, intid)).toThrow(RangeError);
    for (const intid of [31, 288]) expect(() => gic.line(intid)).toThrow(RangeError);
  });

  it('work the same through another object on the same memory', () => {
    const bench = new Bench().open();
    bench.configure(40);
    const seen: [number, number][] = [];
    const other = new (bench.gic.constructor as typeof import('../../../devices/gic/index.js').Gic)(
      bench.memory, bench.gic.config, { update: (cpu, lines) => seen.push([cpu, lines]) });
    other.line(40).set(true);
    expect(seen).toEqual([[0, Line.IRQ]]);
    expect(bench.interfaces[0].readIar1()).toBe(40);
  });
});
