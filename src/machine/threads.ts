import { Worker } from 'node:worker_threads';

/**
 * A machine's threads. They load their program while the main thread still prepares what they will run; their first message is
 * what they are to know (VcpuWorkerData, TranslatorWorkerData).
 */
export class Threads {
  readonly vcpus: readonly Worker[];
  private translatorThread: Worker | undefined;

  /** @param count threads of vCPUs @param translates at once: the translator's thread is started too */
  constructor(count: number, translates: boolean) {
    this.vcpus = Array.from({ length: count }, () => new Worker(new URL('./vcpu-worker.js', import.meta.url)));
    if (translates) this.translator();
  }

  /** The translator's thread, started if it is not yet. */
  translator(): Worker {
    return this.translatorThread ??= new Worker(new URL('./translator-worker.js', import.meta.url));
  }

  async terminate(): Promise<void> {
    await Promise.all([...this.vcpus, this.translatorThread].map((worker) => worker?.terminate()));
  }
}
