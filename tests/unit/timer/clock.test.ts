import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { HostClock, InstructionClock } from '../../../runtime/clock.js';

const wait = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

describe('host clock', () => {
  it('starts at zero, and never goes back', () => {
    const clock = new HostClock();
    let last = clock.now();
    expect(last).toBeGreaterThanOrEqual(0);
    expect(last).toBeLessThan(1e9);
    for (let i = 0; i < 100_000; i++) {
      const now = clock.now();
      if (now < last || !Number.isSafeInteger(now)) expect.fail(`${last} was followed by ${now}`);
      last = now;
    }
    wait(5);
    expect(clock.now() - last).toBeGreaterThanOrEqual(4.9e6);
  });

  it('stands still while paused', () => {
    const clock = new HostClock();
    wait(2);
    clock.pause();
    expect(clock.paused).toBe(true);
    const stopped = clock.now();
    wait(20);
    clock.pause();
    expect(clock.now()).toBe(stopped);
    clock.resume();
    expect(clock.paused).toBe(false);
    const after = clock.now();
    expect(after).toBeGreaterThanOrEqual(stopped);
    expect(after - stopped).toBeLessThan(15e6);
    clock.resume();
    expect(clock.now()).toBeGreaterThanOrEqual(after);
    clock.restart();
    expect(clock.now()).toBeLessThan(after);
  });

  it('is one clock for all objects on the same memory', () => {
    const buffer = new SharedArrayBuffer(HostClock.bytes);
    const one = new HostClock(new DeviceMemory(buffer, 0, HostClock.bytes));
    const other = new HostClock(new DeviceMemory(buffer, 0, HostClock.bytes));
    one.restart();
    for (let i = 0; i < 10_000; i++) {
      const first = one.now();
      const second = other.now();
      if (second < first || one.now() < second) expect.fail('the clocks disagree');
    }
    other.pause();
    expect(one.now()).toBe(other.now());
    one.resume();
    expect(other.paused).toBe(false);
  });

  it('can be set, also while it stands still', () => {
    const buffer = new SharedArrayBuffer(HostClock.bytes);
    const one = new HostClock(new DeviceMemory(buffer, 0, HostClock.bytes));
    const other = new HostClock(new DeviceMemory(buffer, 0, HostClock.bytes));
    one.restart();
    one.set(5e15 + 1);
    expect(other.now()).toBeGreaterThanOrEqual(5e15 + 1);
    expect(other.now()).toBeLessThan(5e15 + 60e9);
    one.pause();
    other.set(77);
    expect([one.now(), other.now(), one.paused]).toEqual([77, 77, true]);
    one.resume();
    expect(other.now()).toBeGreaterThanOrEqual(77);
  });

  it('counts the time that other threads of the process count', async () => {
    const script = 'require("node:worker_threads").parentPort.postMessage(process.hrtime())';
    const worker = new Worker(script, { eval: true });
    const before = process.hrtime();
    const [seconds, nanoseconds] = await new Promise<[number, number]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    const after = process.hrtime();
    const at = (time: [number, number]): number => (time[0] - before[0]) * 1e9 + time[1];
    expect(at([seconds, nanoseconds])).toBeGreaterThanOrEqual(at(before));
    expect(at([seconds, nanoseconds])).toBeLessThanOrEqual(at(after));
  });
});

describe('instruction clock', () => {
  it('follows what has been executed, in all objects of one block', () => {
    const memory = new DeviceMemory(new SharedArrayBuffer(InstructionClock.bytes), 0, InstructionClock.bytes);
    const [clock, other] = [new InstructionClock(memory), new InstructionClock(memory)];
    let executed = 0;
    clock.progress = () => executed;
    expect([clock.now(), other.now()]).toEqual([0, 0]);
    executed = 3;
    expect([clock.now(), other.now()]).toEqual([3, 0]);
    executed = 0;
    other.advanceTo(2 ** 40 + 1);
    expect([clock.now(), other.now()]).toEqual([2 ** 40 + 1, 2 ** 40 + 1]);
    clock.restart();
    expect(other.now()).toBe(0);
  });
});
