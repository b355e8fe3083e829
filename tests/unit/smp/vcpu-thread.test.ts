/** vCPUs that take turns on a thread, and move to another one that has less to do. */
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryLayout } from '../../../runtime/layout/memory-layout.js';
import { VcpuPlaces } from '../../../runtime/vcpu/vcpu-places.js';
import { VcpuThread } from '../../../runtime/vcpu/vcpu-thread.js';
import type { Vcpu } from '../../../runtime/vcpu/vcpu.js';

const CPUS = 3;
const layout = memoryLayout(CPUS, 1 << 20);

describe('VcpuThread', () => {
  let places: VcpuPlaces;
  let stop: () => boolean;
  let asked: number;
  let adopted: number[];
  /** Turns by vCPU, and what each was told about others. */
  let turns: number[];
  let others: boolean[];

  beforeEach(() => {
    places = new VcpuPlaces(new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true }), layout, CPUS, 2);
    [asked, adopted, turns, others] = [0, [], [0, 0, 0], []];
  });
  /** @param idle nanoseconds for which it has nothing to do */
  const vcpu = (index: number, idle = 0): Vcpu => ({
    index, movable: true, idleFor: () => idle,
    turn: (waiting: boolean) => {
      turns[index]++;
      others[index] = waiting;
    },
  }) as never;
  const run = (vcpus: Vcpu[]): void => {
    const thread = new VcpuThread(0, places, {
      adopt: (cpu) => {
        adopted.push(cpu);
        return vcpu(cpu);
      },
      moreThreads: () => asked++,
      stopRequested: () => stop(),
    });
    thread.begin(vcpus);
    thread.run();
  };

  it('gives turns to those that have something to do, and takes those that are its own', () => {
    stop = () => turns[0] >= 5;
    run([vcpu(0), vcpu(1, Infinity)]);
    expect(turns[1]).toBe(0);
    expect(Math.abs(turns[0] - turns[2])).toBeLessThanOrEqual(1);
    expect(adopted).toEqual([2]);
    expect(others).toEqual([true, undefined, true]);
  });

  it('gives the one that has gone on for longest to a thread that has nothing to do', () => {
    places.setLoad(1, 0);
    stop = () => places.of(1).length > 0;
    const late = vcpu(2);
    run([vcpu(0), vcpu(1), { ...late, idleFor: () => (turns[1] < 3 ? 1 : 0) } as never]);
    expect(places.of(1)).toHaveLength(1);
    expect(places.of(1)).not.toContain(2);
    expect(places.leastLoaded()).toMatchObject({ present: 2 });
  });

  it('asks for another thread once when there is work for it', () => {
    stop = () => asked > 0;
    run([vcpu(0), vcpu(1), vcpu(2)]);
    expect(asked).toBe(1);
    expect(places.of(0)).toEqual([0, 1, 2]);
  });

  it('asks for no thread that must not be', () => {
    places = new VcpuPlaces(new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true }), layout, CPUS, 1);
    stop = () => turns[0] > 20_000;
    run([vcpu(0), vcpu(1), vcpu(2)]);
    expect(asked).toBe(0);
  });
});
