import { Worker } from 'node:worker_threads';

/**
 * A machine's threads. They load their program while the main thread still prepares what they will run; their first message is
 * what they are to know (VcpuWorkerData, TranslatorWorkerData).
 */
export class Threads {
  readonly vcpus: readonly Worker[];
  readonly translator: Worker | undefined;

  /** @param count threads of vCPUs */
  constructor(count: number, translates: boolean) {
    this.vcpus = Array.from({ length: count }, () => new Worker(new URL('./vcpu-worker.js', import.meta.url)));
    this.translator = translates ? new Worker(new URL('./translator-worker.js', import.meta.url)) : undefined;
  }

  async terminate(): Promise<void> {
    await Promise.all([...this.vcpus, this.translator].map((worker) => worker?.terminate()));
  }
}
