/** vCPUs that wait for each other: who is waited for, who is not, and that nobody waits for ever. */
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it } from 'vitest';
import { HeaderLayout, memoryLayout } from '../../../runtime/layout/memory-layout.js';
import { controlFieldOffset, VcpuLayout } from '../../../runtime/layout/vcpu-layout.js';
import { InvalidationKind } from '../../../runtime/layout/broadcast-layout.js';
import type { TlbInvalidation } from '../../../runtime/mmu/tlb-invalidation.js';
import { NOTHING } from '../../../runtime/mmu/tlb-maintenance.js';
import { VcpuPlaces } from '../../../runtime/vcpu/vcpu-places.js';
import { VcpuGroup } from '../../../runtime/vcpu/vcpu-group.js';

const layout = memoryLayout(4, 1 << 16);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
const word = (cpu: number, name: keyof typeof controlFieldOffset): number =>
  words[(layout.vcpus + cpu * VcpuLayout.size + controlFieldOffset[name]) >> 2];

describe('VcpuGroup', () => {
  let a: VcpuGroup;
  let b: VcpuGroup;
  let heard: TlbInvalidation[];
  const about = (kind: InvalidationKind): TlbInvalidation => ({ ...NOTHING, kind, pages: 7 });

  beforeEach(() => {
    words.fill(0, 0, HeaderLayout.size >> 2);
    words.fill(0, layout.vcpus >> 2, layout.deviceState >> 2);
    a = new VcpuGroup(memory, layout, 0, 2);
    b = new VcpuGroup(memory, layout, 1, 2);
    heard = [];
    b.member = { apply: (message) => heard.push(message), applyAll: () => heard.push(about(InvalidationKind.All)) };
  });

  it('waits for nobody who stands still; he hears of it before he goes on', () => {
    a.enter();
    b.enter();
    b.leave();
    a.post(about(InvalidationKind.Address));
    expect(word(0, 'broadcastPending')).toBe(1);
    a.complete();
    expect([word(0, 'broadcastPending'), heard.length]).toEqual([0, 0]);
    b.enter();
    expect(heard).toEqual([about(InvalidationKind.Address)]);
  });

  it('knows whether somebody has yet to hear', () => {
    a.enter();
    b.enter();
    const stamp = a.post(about(InvalidationKind.Address));
    expect([a.passed(stamp), a.completeAtOnce()]).toEqual([false, false]);
    expect(word(0, 'broadcastPending')).toBe(1);
    b.catchUp();
    expect([a.passed(stamp), a.completeAtOnce()]).toEqual([true, true]);
    expect(word(0, 'broadcastPending')).toBe(0);
  });

  it('leaves running vCPUs alone until the DSB, but for what they have to see soon', () => {
    a.enter();
    b.enter();
    a.post(about(InvalidationKind.Asid));
    expect(word(1, 'exitRequest')).toBe(0);
    a.post(about(InvalidationKind.Records));
    expect(word(1, 'exitRequest')).toBe(1);
    expect(word(0, 'exitRequest')).toBe(0);
  });

  it('takes what was missed for everything', () => {
    a.enter();
    for (let n = 0; n < 2000; n++) a.post(about(InvalidationKind.Address));
    b.enter();
    expect(heard).toEqual([about(InvalidationKind.All)]);
    b.catchUp();
    expect(heard).toHaveLength(1);
  });

  it('forgets with a reset', () => {
    a.enter();
    a.post(about(InvalidationKind.Address));
    b.forget();
    b.enter();
    expect(heard).toEqual([]);
  });

  it('SEV sets the event registers of all others, and wakes them', () => {
    new VcpuPlaces(memory, layout, 2, 2).put(1, 1);
    const wakes = word(1, 'wake');
    a.sendEvent();
    a.sendEvent();
    expect([word(0, 'eventRegister'), word(1, 'eventRegister')]).toEqual([0, 1]);
    expect(word(1, 'wake')).toBe(wakes + 1);
  });

  it('alone is one at a time, with all others standing still, and nobody waits for ever', async () => {
    const [count, rounds] = [4, 400];
    const shared = new SharedArrayBuffer(128);
    const results = await Promise.all(Array.from({ length: count }, (_, index) => new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./group-worker.mjs', import.meta.url), {
        workerData: { memory, index, count, rounds, shared },
      });
      worker.once('message', resolve);
      worker.once('error', reject);
    })));
    expect(results).toEqual(Array.from({ length: count }, () => ({ late: 0 })));
    // each one has been alone once in 16 rounds
    expect(new Int32Array(shared)[0]).toBe(count * Math.floor(rounds / 16));
  });
});
