import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { compileAtOnce } from '../../jit/interpreter/compile.js';
import { makeOthersYield } from '../../runtime/thread-priority.js';
import type { MachineConfig } from '../config/machine-config.js';
import { codeFile, type LoaderData } from './kept-code.js';

/**
 * What starts threads with one program; the one with index 0 keeps its bytecode.
 * @param cache folder for the bytecode, which is kept of bundled programs
 */
function threadStarter(url: URL, cache: string | undefined): (index: number) => Worker {
  if (!url.pathname.endsWith('.cjs')) return () => new Worker(url);
  const program = fileURLToPath(url);
  const code = cache === undefined ? undefined : codeFile(cache, program, readFileSync(new URL('./version', url), 'utf8'));
  return (index) => new Worker(new URL('./thread-loader.cjs', url), {
    workerData: { program, code, keeps: index === 0 } satisfies LoaderData,
  });
}

/**
 * A machine's threads. They load their program while the main thread still prepares what they will run; their first message is
 * what they are to know (VcpuWorkerData, TranslatorWorkerData).
 */
export class Threads {
  private readonly vcpus: (Worker | undefined)[];
  private readonly startVcpu: (index: number) => Worker;
  private translatorThread: Worker | undefined;
  private taken = false;

  /**
   * @param count threads of vCPUs that there may be; the first is started now
   * @param cache folder of what is kept of programs, if anything is
   */
  constructor(readonly count: number, private readonly cache: string | undefined) {
    // V8 compares its flags with those that bytecode was made under
    compileAtOnce();
    this.startVcpu = threadStarter(new URL('./vcpu-worker.js', import.meta.url), cache);
    this.vcpus = [this.startVcpu(0)];
  }

  /** Thread of vCPUs number `index`, started if it is not yet. */
  vcpu(index: number): Worker {
    return this.vcpus[index] ??= this.startVcpu(index);
  }

  /**
   * The translator's thread, started if it is not yet: when the main thread has little to do any more, since the vCPUs' threads
   * take the other processor.
   */
  translator(): Worker {
    return this.translatorThread ??= threadStarter(new URL('./translator-worker.js', import.meta.url), this.cache)(0);
  }

  /** Whether they are a machine's with so many threads of vCPUs from now on; no other's then. */
  take(count: number): boolean {
    if (this.taken || this.count !== count) return false;
    return (this.taken = true);
  }

  async terminate(): Promise<void> {
    await Promise.all([...this.vcpus, this.translatorThread].map((worker) => worker?.terminate()));
  }
}

/** Threads of vCPUs that a machine has: more than there are processors would only be in each other's way. */
export const vcpuThreadCount = ({ deterministic, smp, threads }: MachineConfig): number =>
  (deterministic ? 1 : Math.min(smp, threads ?? availableParallelism()));

/** The threads of a machine that is going to boot. Those that compile for V8 let them go first. */
export function machineThreads(config: MachineConfig): Threads {
  if (config.jit !== 'off') makeOthersYield(5);
  return new Threads(vcpuThreadCount(config), config.translationCache);
}
