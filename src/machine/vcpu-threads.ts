/** The threads of a machine's vCPUs, as the main thread sees them: one each, or one for all. */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { NO_CODE, noRegions } from '../../runtime/code/code-counters.js';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import { NO_MISSES } from '../../runtime/mmu/interfaces.js';
import type { StopReport } from './lockstep-control.js';
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

  constructor(private readonly workers: readonly Worker[], private readonly owner: VcpuThreadsOwner, private readonly count: number) {
    this.counted = Array.from({ length: count }, () => ({
      exits: {}, regions: noRegions(), tlb: NO_MISSES, code: NO_CODE, translations: NO_TRANSLATIONS,
    }));
  }

  /** vCPUs of a thread. */
  private indexesOf(worker: number): number[] {
    return this.workers.length > 1 ? [worker] : Array.from({ length: this.count }, (_, index) => index);
  }

  /**
   * Gives the threads what they need; rejects with what kept one of them from its start.
   * @param translate starts the translator, with its ends of the channels to the vCPUs
   */
  async start(
    data: Omit<VcpuWorkerData, 'indexes' | 'translators'>, translate: (ports: MessagePort[]) => void,
  ): Promise<void> {
    const ports: MessagePort[] = [];
    this.workers.forEach((worker, i) => {
      const indexes = this.indexesOf(i);
      // with --jit strict a thread that has all vCPUs, or the only one, translates by itself
      const translated = data.jit === 'on' || (data.jit === 'strict' && this.workers.length > 1);
      const channels = translated ? indexes.map(() => new MessageChannel()) : [];
      ports.push(...channels.map(({ port2 }) => port2));
      const translators = channels.map(({ port1 }) => port1);
      worker.postMessage({ ...data, indexes, translators } satisfies VcpuWorkerData, translators);
    });
    if (ports.length > 0) translate(ports);
    await Promise.all(this.workers.map((worker) => new Promise<void>((resolve, reject) => {
      worker.once('message', (m: WorkerReply) => m.kind === 'error' ? reject(new Error(m.message)) : resolve());
      worker.once('error', reject);
    })));
    this.workers.forEach((worker, index) => {
      worker.on('message', (m: WorkerReply) => this.message(index, m));
      worker.on('error', (error) => this.owner.failed(error.message, error.stack));
    });
  }

  /** Resets all vCPUs and lets them run. @param starts by vCPU */
  run(starts: readonly VcpuStart[]): void {
    this.workers.forEach((_, i) => this.post(i, { kind: 'run', starts: this.indexesOf(i).map((index) => starts[index]) }));
  }

  /** All vCPUs go on. */
  goOn(message: GoOnMessage): void {
    this.workers.forEach((_, i) => this.post(i, message));
  }

  private post(worker: number, message: WorkerMessage): void {
    this.running.add(worker);
    this.workers[worker].postMessage(message);
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
