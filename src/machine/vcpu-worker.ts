/** A thread of vCPUs, or of all in lockstep: runs those that it has each time it is told to. */
import { parentPort } from 'node:worker_threads';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { VcpuPlaces } from '../../runtime/vcpu/vcpu-places.js';
import { VcpuThread } from '../../runtime/vcpu/vcpu-thread.js';
import { boardLayout } from './board-parameters.js';
import { runLockstep } from './lockstep-thread.js';
import { keepCode } from './kept-code.js';
import { MachineControl } from './machine-memory.js';
import type { Firmware, VcpuWorkerData, WorkerMessage, WorkerReply } from './vcpu-messages.js';
import { makeEngine, makeVcpuUnit, type VcpuUnit } from './vcpu-unit.js';

const port = parentPort!;
const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** What of a profile need not be copied. */
function transferred(profile: GuestProfile): ArrayBuffer[] {
  const { parents, addresses, levels, sampleNodes, sampleWeights } = profile;
  return [parents, addresses, levels, sampleNodes, sampleWeights].map((array) => array.buffer as ArrayBuffer);
}

/** @returns what deals with the messages that follow */
async function start(data: VcpuWorkerData): Promise<(message: WorkerMessage) => void> {
  const { memory, board: { cpus }, thread, threads, lockstep } = data;
  const control = new MachineControl(memory);
  const engine = await makeEngine(data);
  const places = new VcpuPlaces(memory, boardLayout(data.board), cpus, threads);
  /** Those that the thread has or has had, by number. */
  const units: VcpuUnit[] = [];
  const unit = (cpu: number): VcpuUnit => units[cpu] ??= makeVcpuUnit(data, cpu, engine, (line) => reply({ kind: 'log', line }));
  const here = (): VcpuUnit[] => places.of(thread).map(unit);
  here();
  let firmware: Firmware = { startEl: 1, conduit: 'none' };
  const several = new VcpuThread(thread, places, {
    adopt: (cpu) => {
      unit(cpu).restore(firmware);
      return unit(cpu).vcpu;
    },
    moreThreads: () => reply({ kind: 'more', threads: places.leastLoaded().present }),
    stopRequested: () => control.request !== 0,
  });
  const run = lockstep !== undefined ? runLockstep(units, lockstep, control, (report) => reply({ kind: 'meet', ...report }))
    : cpus > 1 ? () => several.run()
    : () => units[0].vcpu.run();

  reply({ kind: 'ready' });
  return (message) => {
    try {
      if (message.kind === 'run') {
        [firmware] = message.starts;
        for (const { vcpu: { index }, start } of here()) start(message.starts[index]);
      } else if (message.kind !== 'resume') {
        firmware = message;
        for (const { restore } of here()) restore(firmware);
      }
      // what was given before a stop may not have been taken yet
      if (message.kind !== 'resume') several.begin(here().map(({ vcpu }) => vcpu));
      run();
      const vcpus = Object.values(units).map((each) => each.stopped());
      const transfer = vcpus.flatMap(({ profile }) => (profile === undefined ? [] : transferred(profile)));
      // the machine may end the thread when it has heard of it
      keepCode();
      const counters = { regions: engine.regions.counters, translations: engine.translations?.counters ?? NO_TRANSLATIONS };
      reply({ kind: 'stopped', request: control.request, vcpus, engine: counters }, transfer);
    } catch (error) {
      const { message: text, stack } = error as Error;
      reply({ kind: 'error', message: text, stack });
    }
  };
}

let started: Promise<(message: WorkerMessage) => void> | undefined;
port.on('message', (message: VcpuWorkerData | WorkerMessage) => {
  if (started !== undefined) {
    started.then((handle) => handle(message as WorkerMessage), () => undefined);
    return;
  }
  started = start(message as VcpuWorkerData);
  started.catch((error: Error) => reply({ kind: 'error', message: error.message, stack: error.stack }));
});
