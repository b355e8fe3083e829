import { Worker } from 'node:worker_threads';
import { makeOthersYield } from '../../runtime/thread-priority.js';
import type { MachineConfig } from '../config/machine-config.js';

/**
 * A machine's threads. They load their program while the main thread still prepares what they will run; their first message is
 * what they are to know (VcpuWorkerData, TranslatorWorkerData).
 */
export class Threads {
  readonly vcpus: readonly Worker[];
  private translatorThread: Worker | undefined;
  private taken = false;

  /** @param count threads of vCPUs @param translates at once: the translator's thread is started too */
  constructor(count: number, translates: boolean) {
    this.vcpus = Array.from({ length: count }, () => new Worker(new URL('./vcpu-worker.js', import.meta.url)));
    if (translates) this.translator();
  }

  /** The translator's thread, started if it is not yet. */
  translator(): Worker {
    return this.translatorThread ??= new Worker(new URL('./translator-worker.js', import.meta.url));
  }

  /** Whether they are a machine's with so many threads of vCPUs from now on; no other's then. */
  take(count: number): boolean {
    if (this.taken || this.vcpus.length !== count) return false;
    return (this.taken = true);
  }

  async terminate(): Promise<void> {
    await Promise.all([...this.vcpus, this.translatorThread].map((worker) => worker?.terminate()));
  }
}

/** Threads of vCPUs that a machine has. */
export const vcpuThreadCount = ({ deterministic, smp }: MachineConfig): number => (deterministic ? 1 : smp);

/** The threads of a machine that is going to boot. Those that compile for V8 let them go first. */
export function startThreads(config: MachineConfig): Threads {
  if (config.jit !== 'off') makeOthersYield(5);
  return new Threads(vcpuThreadCount(config), config.jit === 'on');
}
