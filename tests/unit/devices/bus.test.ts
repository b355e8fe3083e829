import { describe, expect, it } from 'vitest';
import { DeviceMemoryAllocator } from '../../../devices/bus/device-memory.js';
import type { MmioDevice } from '../../../devices/bus/device.js';
import { Doorbell } from '../../../devices/bus/doorbell.js';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';

/** Remembers accesses; reads as the bytes of its offsets. */
class Probe implements MmioDevice {
  log: string[] = [];
  resets = 0;
  constructor(readonly name: string, readonly size: number) {}
  read(offset: number, size: 1 | 2 | 4): number {
    this.log.push(`r${size}@${offset}`);
    let value = 0;
    for (let i = 0; i < size; i++) value |= ((offset + i) & 0xff) << (8 * i);
    return value >>> 0;
  }
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.log.push(`w${size}@${offset}=${value.toString(16)}`);
  }
  reset(): void {
    this.resets++;
  }
}

function setUp() {
  const bus = new MmioBus();
  const high = new Probe('high', 0x200);
  const low = new Probe('low', 0x1000);
  bus.map(0x40_0000_0000, high);
  bus.map(0x0900_0000, low);
  bus.map(0x0900_1000, new Probe('next', 0x18));
  return { bus, high, low };
}

describe('MMIO bus', () => {
  it('finds devices by address', () => {
    const { bus } = setUp();
    const name = (address: number): string | undefined => bus.find(address)?.device.name;
    const at = [0, 0x08ff_ffff, 0x0900_0000, 0x0900_0fff, 0x0900_1000, 0x0900_1017, 0x0900_1018, 0x40_0000_0000,
      0x40_0000_01ff, 0x40_0000_0200, 2 ** 52];
    const names = [undefined, undefined, 'low', 'low', 'next', 'next', undefined, 'high', 'high', undefined, undefined];
    expect(at.map(name)).toEqual(names);
    expect([...at].reverse().map(name)).toEqual([...names].reverse());
    expect(bus.list().map((m) => m.base)).toEqual([0x0900_0000, 0x0900_1000, 0x40_0000_0000]);
  });

  it('refuses overlaps', () => {
    const { bus } = setUp();
    expect(() => bus.map(0x0900_1010, new Probe('x', 16))).toThrow(/overlaps next/);
    expect(() => bus.map(0x08ff_fff8, new Probe('x', 9))).toThrow(/overlaps low/);
  });

  it('reports what nothing decodes', () => {
    const { bus, low } = setUp();
    expect([bus.read(0, 4), bus.write(0, 4, 1)]).toEqual([-1, false]);
    expect([bus.read64(8), bus.write64(8, 1, 2)]).toEqual([false, false]);
    expect([bus.read(0x0900_1016, 4), bus.read64(0x0900_1014)]).toEqual([-1, false]);
    expect(low.log).toEqual([]);
  });

  it('splits what is wide or not aligned', () => {
    const { bus, low, high } = setUp();
    expect(bus.read(0x0900_0002, 4)).toBe(0x05040302);
    expect(bus.read(0x0900_0004, 4)).toBe(0x07060504);
    expect(bus.write(0x0900_0001, 2, 0xabcd)).toBe(true);
    expect(low.log).toEqual(['r1@2', 'r1@3', 'r1@4', 'r1@5', 'r4@4', 'w1@1=cd', 'w1@2=ab']);
    expect([bus.read64(0x40_0000_0008), bus.low, bus.high]).toEqual([true, 0x0b0a0908, 0x0f0e0d0c]);
    bus.write64(0x40_0000_0010, 0xffffffff, 2);
    expect(high.log).toEqual(['r4@8', 'r4@12', 'w4@16=ffffffff', 'w4@20=2']);
  });

  it('cuts values to the width', () => {
    const { bus, low } = setUp();
    bus.write(0x0900_0000, 1, -1);
    bus.write(0x0900_0000, 2, 0x12345678);
    bus.write(0x0900_0000, 4, -1);
    expect(low.log).toEqual(['w1@0=ff', 'w2@0=5678', 'w4@0=ffffffff']);
  });

  it('resets every device once', () => {
    const { bus, low } = setUp();
    bus.map(0x0a00_0000, low);
    bus.reset();
    expect(low.resets).toBe(1);
  });
});

describe('device memory', () => {
  it('hands out blocks in order and unlocks after a failure', () => {
    const buffer = new SharedArrayBuffer(256);
    const allocator = new DeviceMemoryAllocator(buffer, 64, 256);
    const first = allocator.allocate(10);
    expect([first.offset, allocator.allocate(65).offset]).toEqual([64, 128]);
    expect(() => allocator.allocate(1)).toThrow(RangeError);
    expect(() => first.locked(() => { throw new Error('inside'); })).toThrow('inside');
    expect(first.locked(() => 5)).toBe(5);
  });
});

describe('doorbell', () => {
  const create = (count: number): { bell: Doorbell; other: Doorbell } => {
    const words = new Int32Array(new SharedArrayBuffer(Doorbell.bytes(count)));
    return { bell: new Doorbell(words), other: new Doorbell(words) };
  };
  const take = (bell: Doorbell): number[] => {
    const list: number[] = [];
    expect(bell.take((index) => list.push(index))).toBe(list.length > 0);
    return list;
  };

  it('collects numbers, each once, over all words', () => {
    const { bell, other } = create(70);
    for (const index of [69, 0, 31, 32, 0, 63]) bell.ring(index);
    expect(other.pending).toBe(true);
    expect(take(other)).toEqual([0, 31, 32, 63, 69]);
    expect(take(other)).toEqual([]);
    expect(other.pending).toBe(false);
  });

  it('wakes who waits, without blocking', async () => {
    const { bell, other } = create(8);
    setTimeout(() => bell.ring(3), 5);
    await other.wait(5000);
    expect(take(other)).toEqual([3]);
    bell.ring(1);
    await other.wait();
    other.waitBlocking();
    expect(take(other)).toEqual([1]);
    await other.wait(1);
    other.waitBlocking(1);
    expect(take(other)).toEqual([]);
  });
});
