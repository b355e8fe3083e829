/** Which thread each vCPU runs on, how much the threads have to do, and what they sleep on: in the vCPUs' blocks. */
import type { MemoryLayout } from '../layout/memory-layout.js';
import { controlFieldOffset, VcpuLayout } from '../layout/vcpu-layout.js';

export class VcpuPlaces {
  private readonly words: Int32Array;

  /**
   * @param cpus number of vCPUs
   * @param threads how many threads there may be, at most as many as vCPUs: what is said of thread n lies in the block of vCPU n
   */
  constructor(memory: WebAssembly.Memory, private readonly layout: MemoryLayout, readonly cpus: number, readonly threads: number) {
    this.words = new Int32Array(memory.buffer);
  }

  private word(cpu: number, field: 'thread' | 'threadLoad' | 'wake'): number {
    return (this.layout.vcpus + cpu * VcpuLayout.size + controlFieldOffset[field]) >> 2;
  }

  threadOf(cpu: number): number {
    return Atomics.load(this.words, this.word(cpu, 'thread'));
  }

  /** The vCPUs of a thread. */
  of(thread: number): number[] {
    return Array.from({ length: this.cpus }, (_, cpu) => cpu).filter((cpu) => this.threadOf(cpu) === thread);
  }

  /** Where a vCPU begins, before its thread does. */
  put(cpu: number, thread: number): void {
    Atomics.store(this.words, this.word(cpu, 'thread'), thread);
  }

  /** Gives a vCPU that stands still to another thread. Whoever wakes it from then on wakes that thread. */
  move(cpu: number, thread: number): void {
    Atomics.add(this.words, this.word(thread, 'threadLoad'), 1);
    Atomics.store(this.words, this.word(cpu, 'thread'), thread);
    this.wakeThread(thread);
  }

  /** Wakes the thread of a vCPU. */
  wake(cpu: number): void {
    this.wakeThread(this.threadOf(cpu));
  }

  private wakeThread(thread: number): void {
    const word = this.word(thread, 'wake');
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }

  wakeCount(thread: number): number {
    return Atomics.load(this.words, this.word(thread, 'wake'));
  }

  /** Sleeps unless the thread has been woken since its count was `seen`. @returns whether it slept for all of the milliseconds */
  sleep(thread: number, seen: number, milliseconds: number): boolean {
    return Atomics.wait(this.words, this.word(thread, 'wake'), seen, milliseconds) === 'timed-out';
  }

  /** @param load vCPUs that have something to do */
  setLoad(thread: number, load: number): void {
    const word = this.word(thread, 'threadLoad');
    if (this.words[word] !== load + 1) Atomics.store(this.words, word, load + 1);
  }

  /** The thread with the least load, and how many threads there are. */
  leastLoaded(): { least: number; load: number; present: number } {
    let [least, load, present] = [0, Infinity, 0];
    for (let thread = 0; thread < this.threads; thread++) {
      const known = Atomics.load(this.words, this.word(thread, 'threadLoad'));
      if (known === 0) continue;
      present++;
      if (known - 1 < load) [least, load] = [thread, known - 1];
    }
    return { least, load, present };
  }
}
