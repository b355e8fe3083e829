/** The thread of a vCPU, or of all in lockstep: runs them each time it is told to. */
import { parentPort } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { takeTurns } from '../../runtime/vcpu/turns.js';
import { runLockstep } from './lockstep-thread.js';
import { keepCode } from './kept-code.js';
import { MachineControl } from './machine-memory.js';
import type { VcpuWorkerData, WorkerMessage, WorkerReply } from './vcpu-messages.js';
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
  const control = new MachineControl(data.memory);
  const units: VcpuUnit[] = [];
  const engine = await makeEngine(data);
  for (const index of data.indexes) units.push(makeVcpuUnit(data, index, engine, (line) => reply({ kind: 'log', line })));
  const { lockstep } = data;
  const vcpus = units.map(({ vcpu }) => vcpu);
  const run = lockstep !== undefined ? runLockstep(units, lockstep, control, (report) => reply({ kind: 'meet', ...report }))
    : vcpus.length > 1 ? () => takeTurns(vcpus, new Int32Array(data.memory.buffer), units[0].board.wakeWord(data.indexes[0]))
    : () => vcpus[0].run();

  reply({ kind: 'ready' });
  return (message) => {
    try {
      if (message.kind === 'run') units.forEach((unit, i) => unit.start(message.starts[i]));
      else if (message.kind === 'restore') units.forEach((unit) => unit.restore(message));
      run();
      const vcpus = units.map((unit) => unit.stopped());
      const transfer = vcpus.flatMap(({ profile }) => (profile === undefined ? [] : transferred(profile)));
      // the machine may end the thread when it has heard of it
      keepCode();
      reply({ kind: 'stopped', request: control.request, vcpus }, transfer);
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
