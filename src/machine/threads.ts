import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { compileAtOnce } from '../../jit/interpreter/compile.js';
import { makeOthersYield } from '../../runtime/thread-priority.js';
import type { MachineConfig } from '../config/machine-config.js';
import { codeFile, type LoaderData } from './kept-code.js';

/**
 * Starts threads with one program; the first keeps its bytecode.
 * @param cache folder for the bytecode, which is kept of bundled programs
 */
function startThreads(url: URL, count: number, cache: string | undefined): Worker[] {
  const start = (one: (index: number) => Worker): Worker[] => Array.from({ length: count }, (_, index) => one(index));
  if (!url.pathname.endsWith('.cjs')) return start(() => new Worker(url));
  const program = fileURLToPath(url);
  const code = cache === undefined ? undefined : codeFile(cache, program, readFileSync(new URL('./version', url), 'utf8'));
  return start((index) => new Worker(new URL('./thread-loader.cjs', url), {
    workerData: { program, code, keeps: index === 0 } satisfies LoaderData,
  }));
}

/**
 * A machine's threads. They load their program while the main thread still prepares what they will run; their first message is
 * what they are to know (VcpuWorkerData, TranslatorWorkerData).
 */
export class Threads {
  readonly vcpus: readonly Worker[];
  private translatorThread: Worker | undefined;
  private taken = false;

  /**
   * @param count threads of vCPUs
   * @param cache folder of what is kept of programs, if anything is
   */
  constructor(count: number, private readonly cache: string | undefined) {
    // V8 compares its flags with those that bytecode was made under
    compileAtOnce();
    this.vcpus = startThreads(new URL('./vcpu-worker.js', import.meta.url), count, cache);
  }

  /**
   * The translator's thread, started if it is not yet: when the main thread has little to do any more, since the vCPUs' threads
   * take the other processor.
   */
  translator(): Worker {
    return this.translatorThread ??= startThreads(new URL('./translator-worker.js', import.meta.url), 1, this.cache)[0];
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
export function machineThreads(config: MachineConfig): Threads {
  if (config.jit !== 'off') makeOthersYield(5);
  return new Threads(vcpuThreadCount(config), config.translationCache);
}
