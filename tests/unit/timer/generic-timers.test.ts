import { describe, expect, it } from 'vitest';
import { GenericTimers, TIMER_INTIDS, type TimerName } from '../../../runtime/timer/generic-timers.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { TimerBench } from './bench.js';

const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const REGISTERS: Record<TimerName, [prefix: string, suffix: string]> = {
  physical: ['CNTP', 'EL0'], virtual: ['CNTV', 'EL0'], hypPhysical: ['CNTHP', 'EL2'], hypVirtual: ['CNTHV', 'EL2'],
  securePhysical: ['CNTPS', 'EL1'], secureHypPhysical: ['CNTHPS', 'EL2'], secureHypVirtual: ['CNTHVS', 'EL2'],
};

describe('system counter', () => {
  it('counts every 16 ns without drift', () => {
    const bench = new TimerBench();
    for (const ns of [0, 15, 16, 31, 32, 1e9, 1e9 + 15, 3600e9, 86_400e9 * 90]) {
      bench.clock.time = ns;
      expect(bench.read('CNTPCT_EL0')).toBe(BigInt(ns) / 16n);
    }
    bench.clock.time = 1e9;
    expect(bench.read('CNTPCT_EL0')).toBe(bench.read('CNTFRQ_EL0'));
  });

  it.each([
    ['no offset', 0n], ['small offset', 5n], ['offset above the count', 0x1_0000_0000n], ['borrow', 0xffff_ffffn],
    ['negative offset', ALL_ONES], ['half the range', 1n << 63n],
  ])('subtracts CNTVOFF_EL2: %s', (_, offset) => {
    const bench = new TimerBench();
    bench.write('CNTVOFF_EL2', offset);
    for (const count of [0n, 1n, 4n, 0xffff_ffffn, 0x1_0000_0000n, 0x12_3456_789an]) {
      bench.clock.time = Number(count) * 16;
      const expected = BigInt.asUintN(64, count - offset);
      expect(bench.read('CNTVCT_EL0')).toBe(expected);
      expect(bench.timers.readCounter(false)).toBe(count);
      const words = new Uint32Array(3);
      bench.timers.readCounterInto(words, 1, true);
      expect((BigInt(words[2]) << 32n) | BigInt(words[1])).toBe(expected);
    }
  });

  it.each([
    [0, 0n, true], [1, 0n, true], [2, 0n, true], [2, 1n << 34n, false], [1, 1n << 34n, true], [0, 1n << 34n, true],
    [0, (1n << 34n) | (1n << 27n), false], [3, (1n << 34n) | (1n << 27n), true],
  ])('at EL%i with HCR_EL2 = %i the virtual offset applies: %s', (el, hcr, applies) => {
    const bench = new TimerBench();
    bench.write('CNTVOFF_EL2', 100);
    bench.state.setField('el', el);
    bench.state.setSysreg('HCR_EL2', hcr);
    bench.clock.time = 16_000;
    expect(bench.read('CNTVCT_EL0')).toBe(applies ? 900n : 1000n);
  });

  it('refuses a frequency that nanoseconds cannot count', () => {
    const bench = new TimerBench();
    const line = { set: (): void => {} };
    const lines = {
      physical: line, virtual: line, hypPhysical: line, hypVirtual: line, securePhysical: line,
      secureHypPhysical: line, secureHypVirtual: line,
    };
    expect(() => new GenericTimers(bench.state, bench.clock, lines, 24e6)).toThrow(ConfigurationError);
    const fast = new GenericTimers(bench.state, bench.clock, lines, 1e9);
    bench.clock.time = 12_345;
    expect(fast.counts()).toBe(12_345);
  });
});

describe('reset', () => {
  it('gives QEMU\'s values', () => {
    const { timers } = new TimerBench();
    expect(timers.read('CNTFRQ_EL0')).toBe(62_500_000n);
    expect(timers.read('CNTHCTL_EL2')).toBe(3n);
    expect(timers.read('CNTKCTL_EL1')).toBe(0n);
    expect(TIMER_INTIDS).toEqual({
      physical: 30, virtual: 27, hypPhysical: 26, hypVirtual: 28, securePhysical: 29,
      secureHypPhysical: 20, secureHypVirtual: 19,
    });
    expect(timers.update()).toBe(Infinity);
  });
});

describe.each(Object.keys(REGISTERS) as TimerName[])('%s timer', (name) => {
  const [prefix, suffix] = REGISTERS[name];
  const ctl = `${prefix}_CTL_${suffix}`;
  const cval = `${prefix}_CVAL_${suffix}`;
  const tval = `${prefix}_TVAL_${suffix}`;

  it('fires when the count reaches CVAL, not before', () => {
    const bench = new TimerBench();
    bench.at(10);
    bench.write(cval, 1000);
    bench.write(ctl, 1);
    expect(bench.at(10)).toBe(990 * 16);
    expect(bench.at(10, 15)).toBe(990 * 16 - 15);
    expect(bench.at(999, 15)).toBe(1);
    expect(bench.levels[name]).toBe(false);
    expect(bench.read(ctl)).toBe(1n);
    bench.clock.time = 16_000;
    expect(bench.read(ctl)).toBe(5n);
    expect(bench.timers.update()).toBe(Infinity);
    expect(bench.levels[name]).toBe(true);
    expect(Object.values(bench.levels).filter(Boolean)).toHaveLength(1);
  });

  it.each([
    ['disabled', 0, false, 0n], ['enabled', 1, true, 5n], ['disabled and masked', 2, false, 2n],
    ['masked', 3, false, 7n], ['ISTATUS is read-only', 5, true, 5n], ['the rest is RES0', 0xffff_fff8, false, 0n],
  ])('CTL: %s', (_, value, level, read) => {
    const bench = new TimerBench();
    bench.at(100);
    bench.write(cval, 50);
    bench.write(ctl, value);
    expect(bench.levels[name]).toBe(level);
    expect(bench.read(ctl)).toBe(read);
    bench.write(ctl, 0);
    expect(bench.levels[name]).toBe(false);
  });

  it('TVAL counts down through zero, in 32 bits', () => {
    const bench = new TimerBench();
    bench.at(1000);
    bench.write(tval, 100);
    expect(bench.read(cval)).toBe(1100n);
    expect(bench.read(tval)).toBe(100n);
    bench.at(1090);
    expect(bench.read(tval)).toBe(10n);
    bench.at(1101);
    expect(bench.read(tval)).toBe(0xffff_ffffn);
    bench.write(tval, 0xffff_ff9cn); // -100
    expect(bench.read(cval)).toBe(1001n);
    bench.write(ctl, 1);
    expect(bench.levels[name]).toBe(true);
    bench.write(tval, 0x7fff_ffff);
    expect(bench.levels[name]).toBe(false);
    expect(bench.timers.update()).toBe(0x7fff_ffff * 16);
  });

  it('CVAL keeps 64 bits and is compared unsigned', () => {
    const bench = new TimerBench();
    bench.at(5);
    bench.write(ctl, 1);
    expect(bench.levels[name]).toBe(true);
    for (const value of [ALL_ONES, 1n << 63n, 1n << 32n, 6n]) {
      bench.write(cval, value);
      expect(bench.read(cval)).toBe(value);
      expect(bench.levels[name]).toBe(false);
    }
    bench.write(cval, 1n << 32n);
    expect(bench.timers.update()).toBe((2 ** 32 - 5) * 16);
    bench.at(2 ** 32 - 1);
    expect(bench.levels[name]).toBe(false);
    bench.at(2 ** 32);
    expect(bench.levels[name]).toBe(true);
  });

  it('drives its line on changes only', () => {
    const bench = new TimerBench();
    bench.write(cval, 10);
    bench.write(ctl, 1);
    const before = bench.changes;
    for (let count = 0; count < 20; count++) bench.at(count);
    expect(bench.changes - before).toBe(1);
    bench.write(ctl, 1);
    bench.write(cval, 11);
    expect(bench.changes - before).toBe(1);
    bench.write(cval, 1000);
    expect(bench.changes - before).toBe(2);
  });
});

describe('virtual timer and CNTVOFF_EL2', () => {
  it('compares the virtual count, whatever the current EL sees', () => {
    const bench = new TimerBench();
    bench.at(1000);
    bench.write('CNTVOFF_EL2', 900);
    bench.write('CNTV_CVAL_EL0', 150);
    bench.write('CNTV_CTL_EL0', 1);
    bench.write('CNTHV_CVAL_EL2', 150);
    bench.write('CNTHV_CTL_EL2', 1);
    expect(bench.levels.virtual).toBe(false);
    expect(bench.levels.hypVirtual).toBe(true);
    expect(bench.timers.update()).toBe(50 * 16);
    expect(bench.read('CNTV_TVAL_EL0')).toBe(50n);
    bench.state.setField('el', 2);
    bench.state.setSysreg('HCR_EL2', 1n << 34n);
    expect(bench.read('CNTV_TVAL_EL02')).toBe(50n);
    bench.write('CNTV_TVAL_EL02', 60);
    expect(bench.read('CNTV_CVAL_EL02')).toBe(160n);
    bench.at(1060);
    expect(bench.levels.virtual).toBe(true);
  });

  it('is looked at again when the offset changes', () => {
    const bench = new TimerBench();
    bench.at(1000);
    bench.write('CNTV_CVAL_EL0', 500);
    bench.write('CNTV_CTL_EL0', 1);
    expect(bench.levels.virtual).toBe(true);
    bench.write('CNTVOFF_EL2', 600);
    expect(bench.levels.virtual).toBe(false);
    expect(bench.timers.update()).toBe(100 * 16);
    bench.write('CNTVOFF_EL2', 500);
    expect(bench.levels.virtual).toBe(true);
  });

  it('wraps round: a met condition ends when the virtual count passes 2^64', () => {
    const bench = new TimerBench();
    bench.at(1000);
    bench.write('CNTVOFF_EL2', 1500); // The virtual count is -500.
    bench.write('CNTV_CVAL_EL0', 10);
    bench.write('CNTV_CTL_EL0', 1);
    expect(bench.levels.virtual).toBe(true);
    expect(bench.timers.update()).toBe(500 * 16);
    bench.at(1499, 15);
    expect(bench.levels.virtual).toBe(true);
    expect(bench.at(1500)).toBe(10 * 16);
    expect(bench.levels.virtual).toBe(false);
    bench.at(1510);
    expect(bench.levels.virtual).toBe(true);
  });
});

describe('deadlines', () => {
  it('gives the earliest of all timers', () => {
    const bench = new TimerBench();
    bench.write('CNTP_CVAL_EL0', 3000);
    bench.write('CNTP_CTL_EL0', 1);
    bench.write('CNTV_CVAL_EL0', 2000);
    bench.write('CNTV_CTL_EL0', 1);
    bench.write('CNTPS_CVAL_EL1', 1000);
    bench.write('CNTPS_CTL_EL1', 3);
    expect(bench.at(0)).toBe(2000 * 16);
    expect(bench.at(2000)).toBe(1000 * 16);
    expect(bench.at(2500, 1)).toBe(500 * 16 - 1);
    expect(bench.at(3000)).toBe(Infinity);
    expect(bench.levels).toMatchObject({ physical: true, virtual: true, securePhysical: false });
  });

  it('takes registers that were restored from elsewhere', () => {
    const bench = new TimerBench();
    bench.at(10);
    bench.state.setSysreg('CNTP_CVAL_EL0', 20n);
    bench.state.setSysreg('CNTP_CTL_EL0', 1n);
    bench.timers.invalidate();
    expect(bench.timers.update()).toBe(160);
  });

  it('drives every line anew when all was restored', () => {
    const bench = new TimerBench();
    bench.write('CNTP_CVAL_EL0', 5);
    bench.write('CNTP_CTL_EL0', 1);
    bench.at(10);
    expect(bench.levels).toMatchObject({ physical: true });
    // an earlier state of the interrupt controller, in which the line was low
    bench.levels.physical = false;
    bench.timers.restored();
    expect(bench.levels).toMatchObject({ physical: true });
  });

  it('does not arm for times that never come', () => {
    const bench = new TimerBench();
    bench.write('CNTP_CVAL_EL0', ALL_ONES);
    bench.write('CNTP_CTL_EL0', 1);
    expect(bench.timers.update()).toBe(Infinity);
  });

  it('matches a plain 64-bit computation for random registers', () => {
    let seed = 12345;
    const word = (): bigint => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return BigInt(seed);
    };
    const wide = (): bigint =>
      [word(), (word() << 32n) | word(), ALL_ONES - word(), word() & 0xfffn][Number(word() >> 8n) & 3];
    const bench = new TimerBench();
    for (let i = 0; i < 3000; i++) {
      const count = Number(wide() & 0xffff_ffff_ffffn);
      const offset = wide();
      const cval = wide();
      bench.clock.time = count * 16;
      bench.write('CNTVOFF_EL2', offset);
      bench.write('CNTV_CVAL_EL0', cval);
      bench.write('CNTV_CTL_EL0', 1);
      const virtual = BigInt.asUintN(64, BigInt(count) - offset);
      expect(bench.levels.virtual).toBe(virtual >= cval);
      const wait = virtual >= cval ? (1n << 64n) - virtual : cval - virtual;
      const expected = wait < 1n << 50n ? Number(wait) * 16 : Infinity;
      expect(bench.timers.update()).toBe(expected);
    }
  });
});

describe('event stream', () => {
  it.each([
    // control, counts now, counts until the event
    [0x0, 0, Infinity], [0x4, 0, 1], [0x4, 1, 2], [0x44, 0, 16], [0x44, 15, 1], [0x44, 16, 32], [0x4c, 16, 16],
    [0x4c, 31, 1], [0xf4, 0, 32768],
  ])('CNTKCTL_EL1 = %i at count %i: %i counts', (control, count, wait) => {
    const bench = new TimerBench();
    bench.write('CNTKCTL_EL1', control);
    bench.at(count);
    expect(bench.timers.untilStreamEvent()).toBe(wait === Infinity ? Infinity : wait * 16);
  });

  it('CNTKCTL_EL1 follows the virtual count, CNTHCTL_EL2 the physical one', () => {
    const bench = new TimerBench();
    bench.write('CNTVOFF_EL2', 1);
    bench.write('CNTKCTL_EL1', 0x44);
    bench.at(16, 3);
    expect(bench.timers.untilStreamEvent()).toBe(16 - 3);
    bench.write('CNTKCTL_EL1', 0);
    bench.write('CNTHCTL_EL2', 0x44);
    expect(bench.timers.untilStreamEvent()).toBe(32 * 16 - 3);
  });
});

describe('registers', () => {
  it('knows its names', () => {
    const { timers } = new TimerBench();
    for (const name of ['CNTPCT_EL0', 'CNTVCT_EL0', 'CNTVCTSS_EL0', 'CNTP_TVAL_EL0', 'CNTHV_CTL_EL2', 'CNTPS_CVAL_EL1',
      'CNTV_CTL_EL02', 'CNTKCTL_EL1', 'CNTHCTL_EL2', 'CNTVOFF_EL2', 'CNTFRQ_EL0']) {
      expect(timers.has(name), name).toBe(true);
    }
    expect(timers.has('CNTX_CTL_EL0')).toBe(false);
  });

  it('reads a counter through the self-synchronised name too', () => {
    const bench = new TimerBench();
    bench.at(77);
    expect(bench.read('CNTPCTSS_EL0')).toBe(77n);
    bench.write('CNTPCT_EL0', 5);
    expect(bench.read('CNTPCT_EL0')).toBe(77n);
  });
});
