import { describe, expect, it } from 'vitest';
import { Line, MAINTENANCE_INTID } from '../../../devices/gic/index.js';
import { Bench } from './bench.js';

const SPURIOUS = 1023;
const PENDING = 1n << 62n;
const ACTIVE = 1n << 63n;
const EOI = 1n << 41n;

interface List {
  intid: number;
  group?: 0 | 1;
  priority?: number;
  state?: bigint;
  /** Physical INTID behind it. */
  hw?: number;
  flags?: bigint;
}
const list = ({ intid, group = 1, priority = 0xa0, state = PENDING, hw, flags = 0n }: List): bigint =>
  state | (BigInt(group) << 60n) | (BigInt(priority) << 48n) | BigInt(intid) | flags |
  (hw === undefined ? 0n : (1n << 61n) | (BigInt(hw) << 32n));

/** A hypervisor with its virtual interface on, both virtual groups enabled, and all interrupts routed to EL2. */
function virtualBench(): Bench {
  const bench = new Bench({ el2: true }).open();
  bench.enter(2);
  bench.msr('ICH_VMCR_EL2', 0xf84c_0003);
  bench.msr('ICH_HCR_EL2', 1);
  return bench;
}
const asGuest = (bench: Bench): void => bench.enter(1, 0, 0x18);
const asHypervisor = (bench: Bench): void => bench.enter(2);

describe('list registers', () => {
  it.each<[string, List[], number, number, number]>([
    // lists, lines, ICV_IAR0, ICV_IAR1
    ['Group 1 is vIRQ', [{ intid: 50 }], Line.vIRQ, SPURIOUS, 50],
    ['Group 0 is vFIQ', [{ intid: 50, group: 0 }], Line.vFIQ, 50, SPURIOUS],
    ['active is not pending', [{ intid: 50, state: ACTIVE }], 0, SPURIOUS, SPURIOUS],
    ['active and pending is not signalled', [{ intid: 50, state: ACTIVE | PENDING }], 0, SPURIOUS, SPURIOUS],
    ['the most urgent', [{ intid: 50 }, { intid: 51, priority: 0x20 }], Line.vIRQ, SPURIOUS, 51],
    ['the first of equals', [{ intid: 51 }, { intid: 50 }], Line.vIRQ, SPURIOUS, 51],
    ['one in each group', [{ intid: 50 }, { intid: 51, group: 0, priority: 0x20 }], Line.vFIQ, 51, 50],
  ])('%s', (_, lists, lines, iar0, iar1) => {
    const bench = virtualBench();
    lists.forEach((fields, i) => bench.msr(`ICH_LR${i}_EL2`, list(fields)));
    expect(bench.lines[0]).toBe(lines);
    asGuest(bench);
    expect(bench.mrs('ICC_IAR0_EL1')).toBe(iar0);
    if (iar0 !== SPURIOUS) bench.msr('ICC_EOIR0_EL1', iar0);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(iar1);
  });

  it('go through their states', () => {
    const bench = virtualBench();
    bench.msr('ICH_LR2_EL2', list({ intid: 50 }));
    asGuest(bench);
    expect(bench.interfaces[0].readIar1()).toBe(50);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xa0);
    expect(bench.lines[0]).toBe(0);
    asHypervisor(bench);
    expect(bench.interfaces[0].read('ICH_LR2_EL2')).toBe(list({ intid: 50, state: ACTIVE }));
    expect(bench.mrs('ICH_AP1R0_EL2')).toBe(1 << 20);
    expect(bench.mrs('ICH_ELRSR_EL2')).toBe(0b1011);
    asGuest(bench);
    bench.interfaces[0].writeEoir1(50);
    asHypervisor(bench);
    expect(bench.interfaces[0].read('ICH_LR2_EL2')).toBe(list({ intid: 50, state: 0n }));
    expect(bench.mrs('ICH_ELRSR_EL2')).toBe(0b1111);
    expect(bench.mrs('ICH_AP1R0_EL2')).toBe(0);
  });

  it('keep what is implemented of a value', () => {
    const bench = virtualBench();
    bench.interfaces[0].write('ICH_LR0_EL2', 0xffff_ffff_ffff_ffffn);
    expect(bench.interfaces[0].read('ICH_LR0_EL2')).toBe(0xf0f8_1fff_00ff_ffffn);
    expect(bench.mrs('ICH_VTR_EL2')).toBe(0x90b8_0003);
    bench.msr('ICH_VMCR_EL2', 0);
    expect(bench.mrs('ICH_VMCR_EL2')).toBe(0x4c_0008);
  });

  it('with a physical interrupt behind it, ending it ends that too', () => {
    const bench = virtualBench();
    bench.configure(40);
    bench.gic.line(40).set(true);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(40);
    bench.msr('ICC_CTLR_EL1', 2);
    bench.msr('ICC_EOIR1_EL1', 40);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICH_LR0_EL2', list({ intid: 60, hw: 40 }));
    asGuest(bench);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(60);
    bench.gic.line(40).set(false);
    bench.msr('ICC_EOIR1_EL1', 60);
    expect(bench.gicd(0x304)).toBe(0);
    bench.gic.line(40).set(true);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });

  it('with virtual EOImode 1, ICV_DIR ends it', () => {
    const bench = virtualBench();
    bench.msr('ICH_LR0_EL2', list({ intid: 50 }));
    asGuest(bench);
    bench.msr('ICC_CTLR_EL1', 2);
    expect(bench.mrs('ICC_CTLR_EL1')).toBe(0x8c02);
    bench.mrs('ICC_IAR1_EL1');
    bench.msr('ICC_EOIR1_EL1', 50);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
    asHypervisor(bench);
    expect(bench.interfaces[0].read('ICH_LR0_EL2') >> 62n).toBe(2n);
    asGuest(bench);
    bench.msr('ICC_DIR_EL1', 50);
    asHypervisor(bench);
    expect(bench.interfaces[0].read('ICH_LR0_EL2') >> 62n).toBe(0n);
    asGuest(bench);
    bench.msr('ICC_DIR_EL1', 50);
    asHypervisor(bench);
    expect(bench.mrs('ICH_HCR_EL2')).toBe(1 + 2 ** 27);
  });
});

describe('the guest\'s registers', () => {
  it('are not the hypervisor\'s', () => {
    const bench = virtualBench();
    bench.msr('ICC_PMR_EL1', 0xf0);
    asGuest(bench);
    bench.msr('ICC_PMR_EL1', 0x80);
    bench.interfaces[0].writePmr(0x88);
    bench.msr('ICC_BPR0_EL1', 5);
    bench.msr('ICC_BPR1_EL1', 0);
    bench.msr('ICC_IGRPEN0_EL1', 0);
    expect(bench.interfaces[0].readPmr()).toBe(0x88);
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1'), bench.mrs('ICC_IGRPEN0_EL1')]).toEqual([5, 3, 0]);
    asHypervisor(bench);
    expect([bench.mrs('ICC_PMR_EL1'), bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_IGRPEN0_EL1')]).toEqual([0xf0, 2, 1]);
    expect(bench.mrs('ICH_VMCR_EL2')).toBe((0x88 * 2 ** 24) + (5 << 21) + (3 << 18) + 8 + 2);
  });

  it('are physical for what HCR_EL2 does not route to EL2', () => {
    const bench = virtualBench();
    bench.msr('ICC_BPR0_EL1', 6);
    bench.msr('ICC_BPR1_EL1', 6);
    bench.enter(1, 0, 0x10);
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1')]).toEqual([6, 3]);
    bench.enter(1, 0, 0x08);
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1')]).toEqual([2, 6]);
    bench.enter(1, 0, 0);
    expect([bench.mrs('ICC_BPR0_EL1'), bench.mrs('ICC_BPR1_EL1')]).toEqual([6, 6]);
  });

  it('mask and preempt as the physical ones do', () => {
    const bench = virtualBench();
    bench.msr('ICH_LR0_EL2', list({ intid: 50, priority: 0x80 }));
    asGuest(bench);
    bench.msr('ICC_PMR_EL1', 0x80);
    expect(bench.lines[0]).toBe(0);
    expect(bench.mrs('ICC_HPPIR1_EL1')).toBe(50);
    bench.msr('ICC_PMR_EL1', 0xf8);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(50);
    asHypervisor(bench);
    bench.msr('ICH_LR1_EL2', list({ intid: 51, priority: 0x80 }));
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICH_LR2_EL2', list({ intid: 52, priority: 0x78 }));
    expect(bench.lines[0]).toBe(Line.vIRQ);
    asGuest(bench);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(52);
    expect(bench.mrs('ICC_AP1R0_EL1')).toBe((1 << 15) | (1 << 16));
  });

  it('signal nothing with ICH_HCR_EL2.En clear', () => {
    const bench = virtualBench();
    bench.msr('ICH_LR0_EL2', list({ intid: 50 }));
    bench.msr('ICH_HCR_EL2', 0);
    expect(bench.lines[0]).toBe(0);
  });
});

describe('maintenance interrupt', () => {
  const pending = (bench: Bench): boolean => ((bench.gicr(0x1_0200) >>> MAINTENANCE_INTID) & 1) !== 0;

  it.each<[string, number, List[], number, number]>([
    // ICH_HCR_EL2, lists, ICH_VMCR_EL2, ICH_MISR_EL2
    ['nothing asked for', 0x01, [], 3, 0],
    ['underflow, none valid', 0x03, [], 3, 2],
    ['underflow, one valid', 0x03, [{ intid: 50 }], 3, 2],
    ['no underflow with two', 0x03, [{ intid: 50 }, { intid: 51 }], 3, 0],
    ['end of interrupt', 0x01, [{ intid: 50, state: 0n, flags: EOI }], 3, 1],
    ['no end while active', 0x01, [{ intid: 50, state: ACTIVE, flags: EOI }], 3, 0],
    ['none pending', 0x09, [{ intid: 50, state: ACTIVE }], 3, 8],
    ['one pending', 0x09, [{ intid: 50 }], 3, 0],
    ['EOI without a list register', 0x0800_0005, [], 3, 4],
    ['Group 0 enabled', 0x11, [], 1, 0x10],
    ['Group 0 disabled', 0x21, [], 2, 0x20],
    ['Group 0 not disabled', 0x21, [], 1, 0],
    ['Group 1 enabled', 0x41, [], 2, 0x40],
    ['Group 1 disabled', 0x81, [], 1, 0x80],
  ])('%s', (_, hcr, lists, enables, status) => {
    const bench = virtualBench();
    bench.msr('ICH_VMCR_EL2', 0xf84c_0000 + enables);
    lists.forEach((fields, i) => bench.msr(`ICH_LR${i}_EL2`, list(fields)));
    bench.msr('ICH_HCR_EL2', hcr);
    expect(bench.mrs('ICH_MISR_EL2')).toBe(status);
    expect(pending(bench)).toBe(status !== 0);
    bench.msr('ICH_HCR_EL2', hcr & ~1);
    expect(pending(bench)).toBe(false);
  });

  it('reaches the PE like any PPI', () => {
    const bench = virtualBench();
    bench.configure(MAINTENANCE_INTID);
    bench.msr('ICH_LR0_EL2', list({ intid: 50, flags: EOI }));
    asGuest(bench);
    bench.mrs('ICC_IAR1_EL1');
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_EOIR1_EL1', 50);
    expect(bench.lines[0]).toBe(Line.IRQ);
    asHypervisor(bench);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(MAINTENANCE_INTID);
    expect(bench.mrs('ICH_EISR_EL2')).toBe(1);
    bench.msr('ICH_LR0_EL2', 0);
    bench.msr('ICC_EOIR1_EL1', MAINTENANCE_INTID);
    expect(bench.lines[0]).toBe(0);
  });
});
