/** A vCPU without an engine, for vcpu-group.test.ts: it posts, waits for the others, and now and then is alone. */
import { parentPort, workerData } from 'node:worker_threads';
import { memoryLayout } from '../../../dist/runtime/layout/memory-layout.js';
import { NOTHING } from '../../../dist/runtime/mmu/tlb-maintenance.js';
import { VcpuGroup } from '../../../dist/runtime/vcpu/vcpu-group.js';

const { memory, index, count, rounds, shared } = workerData;
const group = new VcpuGroup(memory, memoryLayout(count, 1 << 16), index, count);
/** [0] is counted without atomics: right only if nobody else runs meanwhile. */
const words = new Int32Array(shared, 0, 16);
/** By initiator: the round whose broadcast is complete. */
const completed = new Int32Array(shared, 64, count);
/** By initiator: the round this one has heard of. */
const heard = new Int32Array(count);
/** How often this one executed without having heard of what was complete. */
let late = 0;
group.member = {
  apply: ({ asid, pages }) => {
    heard[asid] = pages;
  },
  applyAll: () => heard.fill(rounds),
};
const execute = () => {
  for (let from = 0; from < count; from++) {
    const complete = Atomics.load(completed, from);
    if (from !== index && heard[from] < complete) late++;
  }
};
group.enter();
for (let round = 1; round <= rounds; round++) {
  group.leave();
  group.enter();
  for (let i = 0; i < 20; i++) execute();
  group.post({ ...NOTHING, kind: 3, asid: index, pages: round });
  if (!group.completeAtOnce()) group.complete();
  Atomics.store(completed, index, round);
  execute();
  if (round % 16 === index) {
    group.exclusively(() => {
      const before = words[0];
      for (let i = 0; i < 1000; i++) words[1] = i;
      words[0] = before + 1;
    });
  }
}
group.leave();
parentPort.postMessage({ late });
