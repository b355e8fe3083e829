/** The threads of a machine's vCPUs, as the main thread sees them. All vCPUs begin on the first (runtime/vcpu/vcpu-thread.ts). */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { NO_CODE, noRegions } from '../../runtime/code/code-counters.js';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import { NO_MISSES } from '../../runtime/mmu/interfaces.js';
import type { StopReport } from './lockstep-control.js';
import { sumOf } from './statistics.js';
import type { Threads } from './threads.js';
import type {
  EngineCounters, Firmware, GoOnMessage, VcpuCounters, VcpuStart, VcpuWorkerData, WorkerMessage, WorkerReply,
} from './vcpu-messages.js';

export interface VcpuThreadsOwner {
  log(line: string): void;
  /** All vCPUs have stopped, for a MachineRequest. */
  stopped(request: number): void;
  profiled(profile: GuestProfile): void;
  /** The thread of a deterministic machine waits for the main thread. */
  met(report: StopReport): void;
  failed(message: string, stack: string | undefined): void;
}

const NOTHING: VcpuCounters & EngineCounters = {
  exits: {}, regions: noRegions(), tlb: NO_MISSES, code: NO_CODE, translations: NO_TRANSLATIONS,
};

export class VcpuThreads {
  /** What each thread had counted of each vCPU, and of its engine, when it stopped last. */
  private readonly counters: (VcpuCounters | undefined)[][] = [];
  private readonly engines: (EngineCounters | undefined)[] = [];
  private readonly running = new Set<number>();
  /** By thread: what it is told first. */
  private readonly data: VcpuWorkerData[] = [];
  /** Threads that have been told. */
  private begun = 0;
  private firmware: Firmware = { startEl: 1, conduit: 'none' };

  constructor(private readonly threads: Threads, private readonly owner: VcpuThreadsOwner) {}

  /**
   * Gives the first thread what it needs, or all; rejects with what keeps one of them from its start.
   * @param translate starts the translator, with its ends of the channels to the threads
   */
  async start(
    data: Omit<VcpuWorkerData, 'thread' | 'threads' | 'translator'>, all: boolean, translate: (ports: MessagePort[]) => void,
  ): Promise<void> {
    const { count } = this.threads;
    const ports: MessagePort[] = [];
    for (let thread = 0; thread < count; thread++) {
      // with --jit strict the only thread translates by itself
      const translated = data.jit === 'on' || (data.jit === 'strict' && count > 1);
      const channel = translated ? new MessageChannel() : undefined;
      if (channel !== undefined) ports.push(channel.port2);
      this.data.push({ ...data, thread, threads: count, translator: channel?.port1 });
    }
    const ready = Array.from({ length: all ? count : 1 }, () => this.begin());
    if (ports.length > 0) translate(ports);
    await Promise.all(ready);
  }

  /** Tells the next thread what it needs; rejects with what keeps it from its start. */
  private begin(): Promise<void> {
    const thread = this.begun++;
    const data = this.data[thread];
    const worker = this.threads.vcpu(thread);
    worker.postMessage(data, data.translator && [data.translator]);
    return new Promise((resolve, reject) => {
      let ready = false;
      worker.on('message', (message: WorkerReply) => {
        if (ready) return this.message(thread, message);
        ready = message.kind === 'ready';
        if (ready) resolve();
        else if (message.kind === 'error') reject(new Error(message.message));
        else this.message(thread, message);
      });
      worker.on('error', (error) => ready ? this.owner.failed(error.message, error.stack) : reject(error));
    });
  }

  /** Resets all vCPUs and lets them run. @param starts by vCPU */
  run(starts: readonly VcpuStart[]): void {
    [this.firmware] = starts;
    this.postAll({ kind: 'run', starts });
  }

  /** All vCPUs go on. */
  goOn(message: GoOnMessage): void {
    if (message.kind === 'restore') this.firmware = message;
    this.postAll(message);
  }

  private postAll(message: WorkerMessage): void {
    for (let thread = 0; thread < this.begun; thread++) this.post(thread, message);
  }

  private post(thread: number, message: WorkerMessage): void {
    this.running.add(thread);
    this.threads.vcpu(thread).postMessage(message);
  }

  /** Another thread is to help those that there were when it was asked for. */
  private more(present: number): void {
    if (this.begun !== present || present === this.threads.count || this.running.size === 0) return;
    this.begin().catch((error: Error) => this.owner.failed(error.message, error.stack));
    const { startEl, conduit } = this.firmware;
    this.post(present, { kind: 'join', startEl, conduit });
  }

  /** What was counted of a vCPU by all threads, and of the engine of the thread with its number. */
  counted(cpu: number): VcpuCounters & EngineCounters {
    const all = this.counters.map((thread) => thread[cpu]).filter((counters) => counters !== undefined);
    return { ...NOTHING, ...sumOf(all), ...this.engines[cpu] };
  }

  private message(index: number, message: WorkerReply): void {
    const { owner } = this;
    switch (message.kind) {
      case 'log':
        owner.log(message.line);
        return;
      case 'meet':
        owner.met(message);
        return;
      case 'more':
        this.more(message.threads);
        return;
      case 'error':
        owner.failed(message.message, message.stack);
        return;
      case 'stopped':
        this.engines[index] = message.engine;
        this.counters[index] = [];
        for (const { index: vcpu, counters, profile } of message.vcpus) {
          this.counters[index][vcpu] = counters;
          if (profile !== undefined) owner.profiled(profile);
        }
        this.running.delete(index);
        if (this.running.size === 0) owner.stopped(message.request);
        return;
      default:
    }
  }
}
