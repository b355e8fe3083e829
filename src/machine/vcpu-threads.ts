/** The threads of a machine's vCPUs, as the main thread sees them. */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { NO_CODE, noRegions } from '../../runtime/code/code-counters.js';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import { NO_MISSES } from '../../runtime/mmu/interfaces.js';
import type { VcpuCounters, VcpuWorkerData, WorkerMessage, WorkerReply } from './vcpu-worker.js';

export interface VcpuThreadsOwner {
  log(line: string): void;
  /** All vCPUs have stopped, for a MachineRequest. */
  stopped(request: number): void;
  profiled(profile: GuestProfile): void;
  failed(message: string, stack: string | undefined): void;
}

export class VcpuThreads {
  /** What each counted until it stopped last. */
  readonly counted: VcpuCounters[];
  private readonly running = new Set<number>();

  constructor(private readonly workers: readonly Worker[], private readonly owner: VcpuThreadsOwner) {
    this.counted = workers.map(() => ({
      exits: {}, regions: noRegions(), tlb: NO_MISSES, code: NO_CODE, translations: NO_TRANSLATIONS,
    }));
  }

  /**
   * Gives the threads what they need; rejects with what kept one of them from its start.
   * @param translate starts the translator, with its ends of the channels to the vCPUs
   */
  async start(
    data: Omit<VcpuWorkerData, 'index' | 'translator'>, translate: (ports: MessagePort[]) => void,
  ): Promise<void> {
    const ports: MessagePort[] = [];
    this.workers.forEach((worker, index) => {
      const channel = data.jit === 'on' ? new MessageChannel() : undefined;
      if (channel !== undefined) ports.push(channel.port2);
      const message: VcpuWorkerData = { ...data, index, translator: channel?.port1 };
      worker.postMessage(message, channel === undefined ? [] : [channel.port1]);
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

  post(index: number, message: WorkerMessage): void {
    this.running.add(index);
    this.workers[index].postMessage(message);
  }

  postAll(message: WorkerMessage): void {
    this.workers.forEach((_, index) => this.post(index, message));
  }

  private message(index: number, message: WorkerReply): void {
    const { owner } = this;
    switch (message.kind) {
      case 'log':
        owner.log(message.line);
        return;
      case 'error':
        owner.failed(message.message, message.stack);
        return;
      case 'stopped':
        this.counted[index] = message;
        if (message.profile !== undefined) owner.profiled(message.profile);
        this.running.delete(index);
        if (this.running.size === 0) owner.stopped(message.request);
        return;
      default:
    }
  }
}
