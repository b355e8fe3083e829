import { describe, expect, it } from 'vitest';
import { Pl031 } from '../../../devices/rtc/pl031.js';
import { deviceMemory, TestClock, TestLine } from './fixtures.js';

const DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c;

function setUp(epoch = 1_700_000_000) {
  const clock = new TestClock();
  const line = new TestLine();
  let rearmed = 0;
  const rtc = new Pl031(deviceMemory(Pl031.BYTES), clock, line, epoch, () => rearmed++);
  rtc.reset();
  const read = (offset: number): number => rtc.read(offset, 4);
  const write = (offset: number, value: number): void => rtc.write(offset, 4, value);
  return { rtc, clock, line, read, write, rearmed: () => rearmed };
}

describe('PL031', () => {
  it('counts seconds of virtual time from the epoch', () => {
    const { clock, read } = setUp();
    expect(read(DR)).toBe(1_700_000_000);
    clock.time = 1.5e9;
    expect(read(DR)).toBe(1_700_000_001);
    clock.time = 86_400e9;
    expect(read(DR)).toBe(1_700_086_400);
  });

  it('can be set, and wraps at 2^32', () => {
    const { clock, read, write } = setUp();
    write(LR, 0xffffffff);
    expect([read(DR), read(LR)]).toEqual([0xffffffff, 0xffffffff]);
    clock.time = 1e9;
    expect(read(DR)).toBe(0);
  });

  it('interrupts at the match, by itself', () => {
    const { rtc, clock, line, read, write, rearmed } = setUp();
    write(IMSC, 1);
    expect(rtc.nextDeadline()).toBe(Infinity);
    write(MR, 1_700_000_010);
    expect([rtc.nextDeadline(), rearmed()]).toEqual([10e9, 1]);
    clock.time = 10e9 - 1;
    rtc.expire();
    expect(line.level).toBe(false);
    clock.time = 10e9;
    rtc.expire();
    expect([line.level, rtc.nextDeadline(), read(RIS), read(MIS)]).toEqual([true, Infinity, 1, 1]);
    write(ICR, 1);
    expect([line.level, read(RIS)]).toEqual([false, 0]);
    clock.time = 20e9;
    rtc.expire();
    expect(line.level).toBe(false);
  });

  it('notices a match that nobody was woken for', () => {
    const { clock, read, write } = setUp();
    write(MR, 1_700_000_001);
    clock.time = 5e9;
    expect([read(RIS), read(MIS)]).toEqual([1, 0]);
  });

  it('moves the deadline with the time set', () => {
    const { rtc, write } = setUp();
    write(MR, 1_700_000_010);
    write(LR, 1_700_000_007);
    expect(rtc.nextDeadline()).toBe(3e9);
  });

  it('cannot be stopped', () => {
    const { read, write } = setUp();
    write(CR, 0);
    expect(read(CR)).toBe(1);
  });

  it('restored goes on with the host, and a match that has passed meanwhile does not come', () => {
    const { rtc, clock, read, write } = setUp();
    write(IMSC, 1);
    write(MR, 1_700_000_100);
    clock.time = 5e9;
    rtc.restored(30, 1_700_000_030);
    expect(read(DR)).toBe(1_700_000_035);
    expect(rtc.nextDeadline()).toBe(70e9);
    rtc.restored(1000, 1_700_001_030);
    clock.time = 10_000e9;
    expect([read(DR), read(RIS)]).toEqual([1_700_011_030, 0]);
    rtc.reset();
    expect(read(DR)).toBe(1_700_011_030);
  });

  it('takes epochs after 2038', () => {
    expect(setUp(4_000_000_000).read(DR)).toBe(4_000_000_000);
  });
});
