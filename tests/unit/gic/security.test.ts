import { describe, expect, it } from 'vitest';
import { GicTrap, Line } from '../../../devices/gic/index.js';
import { Bench } from './bench.js';

const SPURIOUS = 1023;
/** SPIs 40, 41 and 42 in Group 0, Secure Group 1 and Non-secure Group 1. */
function threeGroups(): Bench {
  const bench = new Bench({ el3: true }).open();
  bench.setGicd(0x84, 1 << 10);
  bench.setGicd(0xd04, 1 << 9);
  for (const intid of [40, 41, 42]) bench.setGicd(0x400 + intid, 0xa0, 1);
  bench.setGicd(0x104, 7 << 8);
  return bench;
}
const CONTEXTS = { el3: [3, 0], secureEl1: [1, 0], nonSecureEl1: [1, 1] } as const;

describe('signals with two Security states', () => {
  it.each<[number, keyof typeof CONTEXTS, number]>([
    [40, 'el3', Line.FIQ], [40, 'secureEl1', Line.FIQ], [40, 'nonSecureEl1', Line.FIQ],
    [41, 'el3', Line.FIQ], [41, 'secureEl1', Line.IRQ], [41, 'nonSecureEl1', Line.FIQ],
    [42, 'el3', Line.FIQ], [42, 'secureEl1', Line.FIQ], [42, 'nonSecureEl1', Line.IRQ],
  ])('INTID %i at %s', (intid, context, line) => {
    const bench = threeGroups();
    bench.setGicd(0x204, 1 << (intid - 32));
    const [el, scr] = CONTEXTS[context];
    bench.enter(el, scr);
    expect(bench.lines[0]).toBe(line);
  });

  it.each<[number, keyof typeof CONTEXTS, number, number]>([
    // INTID pending, context, ICC_IAR0_EL1, ICC_IAR1_EL1
    [40, 'el3', 40, SPURIOUS], [40, 'secureEl1', 40, SPURIOUS], [40, 'nonSecureEl1', SPURIOUS, SPURIOUS],
    [41, 'el3', 1020, 41], [41, 'secureEl1', SPURIOUS, 41], [41, 'nonSecureEl1', SPURIOUS, SPURIOUS],
    [42, 'el3', 1021, 42], [42, 'secureEl1', SPURIOUS, SPURIOUS], [42, 'nonSecureEl1', SPURIOUS, 42],
  ])('INTID %i at %s is acknowledged as %i or %i', (intid, context, iar0, iar1) => {
    const bench = threeGroups();
    bench.setGicd(0x204, 1 << (intid - 32));
    const [el, scr] = CONTEXTS[context];
    bench.enter(el, scr);
    expect(bench.mrs('ICC_HPPIR0_EL1')).toBe(iar0);
    expect(bench.mrs('ICC_HPPIR1_EL1')).toBe(iar1);
    if (iar0 >= 1020) expect(bench.mrs('ICC_IAR0_EL1')).toBe(iar0);
    expect(bench.mrs('ICC_IAR1_EL1')).toBe(iar1);
  });
});

describe('what Non-secure software sees', () => {
  it('of the Distributor', () => {
    const bench = threeGroups();
    bench.setGicd(0x204, 7 << 8);
    bench.enter(1, 1);
    expect(bench.gicd(0)).toBe(0x12);
    bench.setGicd(0, 0);
    expect(bench.gicd(0)).toBe(0x10);
    expect(bench.gicd(0x84)).toBe(0);
    expect(bench.gicd(0x104)).toBe(4 << 8);
    expect(bench.gicd(0x204)).toBe(4 << 8);
    bench.setGicd(0x184, 7 << 8);
    bench.setGicd(0x84, 0);
    bench.setGicd(0xd04, 0);
    bench.enter(3);
    expect(bench.gicd(0)).toBe(0x35);
    expect([bench.gicd(0x84), bench.gicd(0xd04), bench.gicd(0x104)]).toEqual([4 << 8, 2 << 8, 3 << 8]);
  });

  it('of priorities: its half of the range, doubled', () => {
    const bench = threeGroups();
    bench.enter(1, 1);
    expect(bench.gicd(0x428)).toBe(0x0040_0000);
    bench.setGicd(0x428, 0x1010_1010);
    bench.enter(3);
    expect(bench.gicd(0x428)).toBe(0x0088_a0a0);
  });

  it.each([
    [0, 'nothing', 0, 0, 0, 0], [1, 'ISPENDR', 3, 0, 0, 0], [2, 'ICPENDR and ISACTIVER too', 3, 3, 3, 0],
    [3, 'GICD_IROUTER too', 3, 3, 3, 5],
  ])('of Secure interrupts with GICD_NSACR %i: %s', (nsacr, _, isPending, icPending, active, router) => {
    const bench = threeGroups();
    bench.setGicd(0xe08, nsacr * 0x5_0000);
    bench.setGicd(0x204, 3 << 8);
    bench.setGicd(0x304, 3 << 8);
    bench.setGicd(0x6140, 5);
    bench.enter(1, 1);
    const seen = [0x204, 0x284, 0x304, 0x384].map((at) => bench.gicd(at) >>> 8);
    expect(seen).toEqual([isPending, icPending, active, active]);
    expect(bench.gicd(0x6140)).toBe(router);
    expect(bench.gicd(0xe08)).toBe(0);
  });

  it('of the mask, where SCR_EL3.FIQ takes Group 0 to EL3', () => {
    const bench = new Bench({ el3: true });
    bench.msr('ICC_PMR_EL1', 0x60);
    bench.enter(1, 5);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0);
    bench.msr('ICC_PMR_EL1', 0xf0);
    bench.enter(3);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0x60);
    bench.msr('ICC_PMR_EL1', 0xc0);
    bench.enter(1, 5);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0x80);
    bench.msr('ICC_PMR_EL1', 0xe0);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0xe0);
    expect(bench.mrs('ICC_RPR_EL1')).toBe(0xff);
    bench.enter(3);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0xf0);
    // Without SCR_EL3.FIQ the whole range is visible.
    bench.enter(1, 1);
    expect(bench.mrs('ICC_PMR_EL1')).toBe(0xf0);
  });

  it('of the Redistributor', () => {
    const bench = new Bench({ el3: true }).open();
    bench.setGicr(0x1_0080, 0xffff_0000);
    bench.setGicr(0x1_0100, 0xffff_ffff);
    bench.setGicr(0x14, 0);
    bench.enter(1, 1);
    expect(bench.gicr(0x1_0100)).toBe(0xffff_0000);
    expect([bench.gicr(0x1_0080), bench.gicr(0x1_0d00), bench.gicr(0x1_0e00)]).toEqual([0, 0, 0]);
    bench.setGicr(0x14, 2);
    bench.enter(3);
    expect(bench.gicr(0x14)).toBe(0);
  });

  it('of active priorities: it cannot claim Secure ones', () => {
    const bench = new Bench({ el3: true });
    bench.enter(1, 1);
    bench.msr('ICC_AP1R0_EL1', 0xffff_ffff);
    expect(bench.mrs('ICC_AP1R0_EL1')).toBe(0xffff_0000);
    bench.msr('ICC_AP1R0_EL1', 0);
    expect(bench.mrs('ICC_AP1R0_EL1')).toBe(0);
  });
});

describe('banked and EL3 registers', () => {
  it('ICC_CTLR_EL3 and ICC_IGRPEN1_EL3 show both banks', () => {
    const bench = new Bench({ el3: true });
    expect(bench.mrs('ICC_CTLR_EL3')).toBe(0x2_8c00);
    bench.msr('ICC_CTLR_EL3', 0b0101_0);
    expect(bench.mrs('ICC_CTLR_EL3')).toBe(0x2_8c0a);
    expect(bench.mrs('ICC_CTLR_EL1')).toBe(0x8c02);
    bench.enter(1, 1);
    expect(bench.mrs('ICC_CTLR_EL1')).toBe(0x8c01);
    bench.msr('ICC_CTLR_EL1', 2); // CBPR is read-only here.
    expect(bench.mrs('ICC_CTLR_EL1')).toBe(0x8c03);
    bench.msr('ICC_IGRPEN1_EL1', 1);
    bench.enter(3);
    expect(bench.mrs('ICC_IGRPEN1_EL3')).toBe(1);
    bench.msr('ICC_IGRPEN1_EL3', 2);
    expect(bench.mrs('ICC_IGRPEN1_EL1')).toBe(1);
    bench.enter(3, 1);
    expect(bench.mrs('ICC_IGRPEN1_EL1')).toBe(0);
  });

  it('EOImode is that of the current state', () => {
    const bench = threeGroups();
    bench.msr('ICC_CTLR_EL3', 4); // EOImode_EL3
    bench.setGicd(0x204, 1 << 8);
    expect(bench.mrs('ICC_IAR0_EL1')).toBe(40);
    bench.msr('ICC_EOIR0_EL1', 40);
    expect(bench.gicd(0x304)).toBe(1 << 8);
    bench.enter(1, 1);
    bench.msr('ICC_DIR_EL1', 40);
    bench.enter(3);
    expect(bench.gicd(0x304)).toBe(1 << 8);
    bench.msr('ICC_DIR_EL1', 40);
    expect(bench.gicd(0x304)).toBe(0);
  });

  it('registers that do not exist', () => {
    const { interfaces: [plain] } = new Bench();
    const absent = ['ICC_SRE_EL2', 'ICC_CTLR_EL3', 'ICC_IGRPEN1_EL3', 'ICH_HCR_EL2', 'ICC_AP1R1_EL1', 'ICC_NMIAR1_EL1'];
    for (const name of absent) {
      expect(plain.has(name), name).toBe(false);
    }
    const { interfaces: [full] } = new Bench({ el2: true, el3: true });
    for (const name of ['ICC_SRE_EL2', 'ICC_CTLR_EL3', 'ICH_HCR_EL2', 'ICH_LR3_EL2', 'ICC_DIR_EL1']) {
      expect(full.has(name), name).toBe(true);
    }
    for (const name of ['ICH_LR4_EL2', 'ICH_AP0R1_EL2', 'ICH_LR_EL2']) expect(full.has(name), name).toBe(false);
  });
});

describe('GICD_CTLR.DS', () => {
  it('once set, makes one Security state of two', () => {
    const bench = threeGroups();
    bench.setGicd(0, 0x47);
    expect(bench.gicd(0)).toBe(0x53);
    bench.setGicd(0, 3);
    expect(bench.gicd(0)).toBe(0x53);
    expect(bench.gicd(4) & 0x400).toBe(0);
    expect(bench.gicd(0xd04)).toBe(0);
    // What was Secure Group 1 is Group 0 now.
    bench.setGicd(0x204, 2 << 8);
    expect(bench.lines[0]).toBe(Line.FIQ);
    bench.enter(1, 1);
    expect(bench.gicd(0x84)).toBe(4 << 8);
    expect(bench.mrs('ICC_IAR0_EL1')).toBe(41);
    bench.msr('ICC_EOIR0_EL1', 41);
    bench.setGicd(0x204, 4 << 8);
    expect(bench.lines[0]).toBe(Line.IRQ);
    bench.enter(1, 0);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });
});

describe('traps', () => {
  const EL2 = GicTrap.EL2;
  const EL3 = GicTrap.EL3;
  it.each<[string, number, number, number, number, number]>([
    // name, EL, SCR_EL3, HCR_EL2, ICH_HCR_EL2, target
    ['ICC_IAR1_EL1', 1, 1, 0, 0, 0],
    ['ICC_IAR1_EL1', 1, 3, 0, 0, EL3],
    ['ICC_IAR1_EL1', 2, 3, 0, 0, EL3],
    ['ICC_IAR1_EL1', 3, 3, 0, 0, 0],
    ['ICC_IAR1_EL1', 1, 3, 16, 0, 0],
    ['ICC_IAR1_EL1', 1, 5, 0, 0, 0],
    ['ICC_IAR0_EL1', 1, 5, 0, 0, EL3],
    ['ICC_IAR0_EL1', 1, 5, 8, 0, 0],
    ['ICC_IAR0_EL1', 1, 5, 16, 0, EL3],
    ['ICC_PMR_EL1', 1, 5, 0, 0, 0],
    ['ICC_PMR_EL1', 1, 7, 0, 0, EL3],
    ['ICC_PMR_EL1', 1, 7, 8, 0, 0],
    ['ICC_PMR_EL1', 1, 1, 0, 1 << 10, EL2],
    ['ICC_IGRPEN0_EL1', 1, 1, 0, 1 << 11, EL2],
    ['ICC_AP0R0_EL1', 1, 1, 0, 1 << 11, EL2],
    ['ICC_AP1R0_EL1', 1, 1, 0, 1 << 11, 0],
    ['ICC_AP1R0_EL1', 1, 1, 0, 1 << 12, EL2],
    ['ICC_AP1R0_EL1', 1, 0, 0, 1 << 12, 0],
    ['ICC_AP1R0_EL1', 2, 1, 0, 1 << 12, 0],
    ['ICC_DIR_EL1', 1, 1, 0, 1 << 14, EL2],
    ['ICC_EOIR1_EL1', 1, 1, 0, 1 << 14, 0],
    ['ICC_SGI1R_EL1', 1, 1, 16, 0, EL2],
    ['ICC_SGI0R_EL1', 1, 1, 16, 0, EL2],
    ['ICC_SGI1R_EL1', 1, 7, 0, 0, EL3],
    ['ICC_SGI1R_EL1', 1, 3, 0, 0, 0],
    ['ICC_SRE_EL1', 1, 7, 24, 0x7c00, 0],
    ['ICH_HCR_EL2', 2, 7, 0, 0, 0],
  ])('%s at EL%i, SCR_EL3 %i, HCR_EL2 %i, ICH_HCR_EL2 %i', (name, el, scr, hcr, ich, target) => {
    const bench = new Bench({ el2: true, el3: true });
    bench.msr('ICH_HCR_EL2', ich);
    bench.enter(el, scr, hcr);
    expect(bench.interfaces[0].trap(name)).toBe(target);
  });
});
