import { describe, expect, it } from 'vitest';
import { Pl061 } from '../../../devices/gpio/pl061.js';
import { PowerKey } from '../../../devices/gpio/power-key.js';
import { deviceMemory, TestClock, TestLine } from './fixtures.js';

const ALL = 0x3fc, DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418, IC = 0x41c;

function setUp() {
  const line = new TestLine();
  const outputs: [number, boolean][] = [];
  const gpio = new Pl061(deviceMemory(Pl061.BYTES), line, (pin, level) => outputs.push([pin, level]));
  gpio.reset();
  const read = (offset: number): number => gpio.read(offset, 4);
  const write = (offset: number, value: number): void => gpio.write(offset, 4, value);
  return { gpio, line, outputs, read, write };
}

describe('PL061', () => {
  it('reads inputs through the address mask', () => {
    const { gpio, read } = setUp();
    gpio.setInput(3, true);
    gpio.setInput(7, true);
    expect([read(ALL), read(0x08 << 2), read(0x80 << 2), read(0x77 << 2), read(0)]).toEqual([0x88, 8, 0x80, 0, 0]);
  });

  it('drives outputs and reports changes', () => {
    const { outputs, write } = setUp();
    write(DIR, 0x03);
    write(ALL, 0xff);
    write(0x01 << 2, 0);
    write(DIR, 0);
    expect(outputs).toEqual([[0, true], [1, true], [0, false], [1, false]]);
  });

  it.each([
    ['rising', { [IEV]: 8 }, [true, false]],
    ['falling', {}, [false, true]],
    ['both', { [IBE]: 8 }, [true, true]],
  ])('%s edges', (_what, registers, seen) => {
    const { gpio, line, read, write } = setUp();
    for (const [offset, value] of Object.entries(registers)) write(Number(offset), value);
    write(IE, 8);
    const edge = (level: boolean): boolean => {
      gpio.setInput(3, level);
      const result = line.level;
      expect(read(RIS)).toBe(result ? 8 : 0);
      write(IC, 8);
      expect(line.level).toBe(false);
      return result;
    };
    expect([edge(true), edge(false)]).toEqual(seen);
    expect([edge(false)]).toEqual([false]);
  });

  it.each([[8, true], [0, false]])('levels with IEV %i', (iev, active) => {
    const { gpio, line, read, write } = setUp();
    gpio.setInput(3, !active);
    write(IEV, iev);
    write(IS, 8);
    write(IE, 8);
    expect(line.level).toBe(false);
    gpio.setInput(3, active);
    expect([line.level, read(MIS)]).toEqual([true, 8]);
    write(IC, 8);
    expect(line.level).toBe(true);
    gpio.setInput(3, !active);
    expect(line.level).toBe(false);
  });

  it('masks what is not enabled', () => {
    const { gpio, line, read, write } = setUp();
    write(IEV, 8);
    gpio.setInput(3, true);
    expect([read(RIS), read(MIS), line.level]).toEqual([8, 0, false]);
    write(IE, 8);
    expect([read(MIS), line.level]).toEqual([8, true]);
  });
});

describe('power key', () => {
  it('is down for 100 ms', () => {
    const { gpio, line, write } = setUp();
    const clock = new TestClock();
    const key = new PowerKey(deviceMemory(PowerKey.BYTES), gpio, clock);
    write(IBE, 8);
    write(IE, 8);
    clock.time = 7.5e12;
    expect(key.nextDeadline()).toBe(Infinity);
    key.press();
    expect([line.level, gpio.read(ALL, 4), key.nextDeadline()]).toEqual([true, 8, 7.5e12 + 1e8]);
    write(IC, 8);
    clock.time += 99e6;
    key.expire();
    expect(gpio.read(ALL, 4)).toBe(8);
    clock.time += 1e6;
    key.expire();
    expect([line.level, gpio.read(ALL, 4), key.nextDeadline()]).toEqual([true, 0, Infinity]);
  });
});
