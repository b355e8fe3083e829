/** The threads of a machine's vCPUs, as the main thread sees them: vCPU n has thread n modulo their number. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { NO_CODE, noRegions } from '../../runtime/code/code-counters.js';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import { NO_MISSES } from '../../runtime/mmu/interfaces.js';
import type { StopReport } from './lockstep-control.js';
import type { Threads } from './threads.js';
import type { GoOnMessage, VcpuCounters, VcpuStart, VcpuWorkerData, WorkerMessage, WorkerReply } from './vcpu-messages.js';

export interface VcpuThreadsOwner {
  log(line: string): void;
  /** All vCPUs have stopped, for a MachineRequest. */
  stopped(request: number): void;
  profiled(profile: GuestProfile): void;
  /** The thread of a deterministic machine waits for the main thread. */
  met(report: StopReport): void;
  failed(message: string, stack: string | undefined): void;
}

export class VcpuThreads {
  /** What each counted until it stopped last. */
  readonly counted: VcpuCounters[];
  private readonly running = new Set<number>();

  /** By thread: what it is told first; undefined once it has been. */
  private readonly waiting: (VcpuWorkerData | undefined)[] = [];

  constructor(private readonly threads: Threads, private readonly owner: VcpuThreadsOwner, private readonly count: number) {
    this.counted = Array.from({ length: count }, () => ({
      exits: {}, regions: noRegions(), tlb: NO_MISSES, code: NO_CODE, translations: NO_TRANSLATIONS,
    }));
  }

  /** vCPUs of a thread. */
  private indexesOf(thread: number): number[] {
    return Array.from({ length: this.count }, (_, index) => index).filter((index) => index % this.threads.count === thread);
  }

  /**
   * Gives the threads what they need; rejects with what kept one of them from its start.
   * @param all whether all are to be ready; otherwise those but the first follow when they are to run
   * @param translate starts the translator, with its ends of the channels to the vCPUs
   */
  async start(
    data: Omit<VcpuWorkerData, 'indexes' | 'threads' | 'translator'>, all: boolean, translate: (ports: MessagePort[]) => void,
  ): Promise<void> {
    const { count } = this.threads;
    const ports: MessagePort[] = [];
    for (let thread = 0; thread < count; thread++) {
      const indexes = this.indexesOf(thread);
      // with --jit strict a thread that has all vCPUs, or the only one, translates by itself
      const translated = data.jit === 'on' || (data.jit === 'strict' && count > 1);
      const channel = translated ? new MessageChannel() : undefined;
      if (channel !== undefined) ports.push(channel.port2);
      this.waiting.push({ ...data, indexes, threads: count, translator: channel?.port1 });
    }
    const ready = Array.from({ length: all ? count : 1 }, (_, thread) => this.begin(thread));
    if (ports.length > 0) translate(ports);
    await Promise.all(ready);
  }

  /** Tells a thread what it needs; rejects with what keeps it from its start. */
  private begin(thread: number): Promise<void> {
    const data = this.waiting[thread]!;
    this.waiting[thread] = undefined;
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
    this.postAll((thread) => ({ kind: 'run', starts: this.indexesOf(thread).map((index) => starts[index]) }));
  }

  /** All vCPUs go on. */
  goOn(message: GoOnMessage): void {
    this.postAll(() => message);
  }

  private postAll(message: (thread: number) => WorkerMessage): void {
    for (let thread = 0; thread < this.threads.count; thread++) {
      this.running.add(thread);
      if (this.waiting[thread] !== undefined) {
        this.begin(thread).catch((error: Error) => this.owner.failed(error.message, error.stack));
      }
      this.threads.vcpu(thread).postMessage(message(thread));
    }
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
      case 'error':
        owner.failed(message.message, message.stack);
        return;
      case 'stopped':
        for (const { index: vcpu, counters, profile } of message.vcpus) {
          this.counted[vcpu] = counters;
          if (profile !== undefined) owner.profiled(profile);
        }
        this.running.delete(index);
        if (this.running.size === 0) owner.stopped(message.request);
        return;
      default:
    }
  }
}
