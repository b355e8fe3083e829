/** A vCPU's thread: builds its view of the board, then runs the vCPU each time it is told to. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { FlashFile } from '../../devices/backends/flash-file.js';
import { systemErrorText } from '../../devices/backends/host-file.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { Selector } from '../../jit/interpreter/selector.js';
import type { CodeCounters, RegionCounters } from '../../runtime/code/code-counters.js';
import { CodeStore } from '../../runtime/code/code-store.js';
import { HOT, NO_TRANSLATIONS, type TranslationCounters, type Translations } from '../../runtime/code/translations.js';
import { ThreadedTranslations } from '../../runtime/code/threaded-translations.js';
import type { TlbCounters } from '../../runtime/mmu/interfaces.js';
import { GuestProfiler, type GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { InstructionSampler } from '../../runtime/vcpu/instruction-sampler.js';
import { InvalidationKind } from '../../runtime/mmu/tlb-invalidation.js';
import { NOTHING } from '../../runtime/mmu/tlb-maintenance.js';
import { VcpuGroup } from '../../runtime/vcpu/vcpu-group.js';
import { Vcpu } from '../../runtime/vcpu/vcpu.js';
import { AffinityState, PsciStatus } from '../../hv/psci/functions.js';
import { handleSmccc } from '../../hv/psci/smccc.js';
import type { PsciHost } from '../../hv/psci/host.js';
import { createCpuModel, type CpuOptions } from '../arch/features/cpu-model.js';
import type { JitMode } from '../config/jit-mode.js';
import type { Optimization } from '../support/optimizations.js';
import { setExceptionLevelAndStack, updateSecurity } from '../arch/pstate.js';
import { affinityOf } from '../arch/reset.js';
import { Board } from './board.js';
import { boardLayout, type BoardParameters } from './board-parameters.js';
import { firmwareRegisters } from './firmware-registers.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import { FLASH_BANK_BYTES, type PsciConduit } from './virt-board.js';

/** What the main thread gives a vCPU's thread. */
export interface VcpuWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly core: WebAssembly.Module;
  readonly board: BoardParameters;
  readonly index: number;
  /** With several vCPUs and a translator: the module of runtime/code/region-stubs.ts. */
  readonly stubs: WebAssembly.Module | undefined;
  readonly cpu: string;
  readonly cpuOptions: CpuOptions;
  readonly without: readonly Optimization[];
  readonly jit: JitMode;
  /** To the translator's thread, if there is one. */
  readonly translator: MessagePort | undefined;
  /** File for a sample of the executed instructions. */
  readonly sample: string | undefined;
  /** A profile of the guest is gathered. */
  readonly profile: boolean;
  /** Files that what the guest programs into a bank of flash is written to, by bank. */
  readonly flashFiles: readonly (string | undefined)[];
}

/** Resets the vCPU and starts it, or leaves it off until another one turns it on. */
export interface RunMessage {
  readonly kind: 'run';
  readonly on: boolean;
  readonly pc: bigint;
  readonly x0: bigint;
  readonly startEl: 1 | 2 | 3;
  readonly secure: boolean;
  readonly conduit: PsciConduit;
}
/** While the machine stood still its state was replaced by a saved one: goes on from there. */
export type RestoreMessage = { readonly kind: 'restore' } & Pick<RunMessage, 'startEl' | 'conduit'>;
/** `resume` goes on after a stop for MachineRequest.Suspend. */
export type WorkerMessage = RunMessage | RestoreMessage | { readonly kind: 'resume' };

/** What the vCPU's thread alone counts. */
export interface VcpuCounters {
  /** By ExitReason's names. */
  readonly exits: Record<string, number>;
  readonly regions: RegionCounters;
  readonly tlb: TlbCounters;
  readonly code: CodeCounters;
  readonly translations: TranslationCounters;
}

/** What the thread answers. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly line: string }
  /** `profile` is what was gathered since the last answer. */
  | ({ readonly kind: 'stopped'; readonly request: number; readonly profile: GuestProfile | undefined } & VcpuCounters)
  | { readonly kind: 'error'; readonly message: string; readonly stack?: string | undefined };

const port = parentPort!;
const data = await new Promise<VcpuWorkerData>((resolve) => port.once('message', resolve));
const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Writes what the guest programs into flash to the files behind it; the user is told once where that fails. */
function flashSaver(
  board: Board, paths: readonly (string | undefined)[],
): (bank: number, offset: number, length: number) => void {
  const files = paths.map((path) => path === undefined ? undefined : FlashFile.open(path, FLASH_BANK_BYTES, false));
  return (bank, offset, length) => {
    const file = files[bank];
    if (file === undefined) return;
    try {
      file.save(board.flashBytes(bank), offset, length);
    } catch (error) {
      files[bank] = undefined;
      reply({ kind: 'log', line: `flash image ${paths[bank]}: ${systemErrorText(error)}; later changes are lost too` });
    }
  };
}

/** What of a profile need not be copied. */
function transferred(profile: GuestProfile): ArrayBuffer[] {
  const { parents, addresses, levels, sampleNodes, sampleWeights } = profile;
  return [parents, addresses, levels, sampleNodes, sampleWeights].map((array) => array.buffer as ArrayBuffer);
}

async function start(): Promise<void> {
  const { memory, index } = data;
  const control = new MachineControl(memory);
  const model = createCpuModel(data.cpu, data.cpuOptions);
  const { cpus } = data.board;
  const group = cpus > 1 ? new VcpuGroup(memory, boardLayout(data.board), index, cpus) : undefined;
  let vcpu: Vcpu | undefined = undefined;
  const board: Board = new Board(memory, data.board, {
    flashModeChanged: (bank, direct) => {
      vcpu?.mmu.tlb.flushAll();
      group?.post({ ...NOTHING, kind: InvalidationKind.FlashMode, asid: direct ? 1 : 0, pages: bank });
    },
    memoryWritten: (offset, length) => code.invalidate(offset, length),
    flashProgrammed: (bank, offset, length) => saveFlash(bank, offset, length),
  });
  const saveFlash = flashSaver(board, data.flashFiles);
  const without = new Set(data.without);
  const sampler = data.sample === undefined ? undefined : new InstructionSampler(
    data.sample, (error) => reply({ kind: 'log', line: `--sample ${data.sample}: ${systemErrorText(error)}; it ends here` }),
  );
  const profiler = data.profile ? new GuestProfiler() : undefined;
  const writer = new RecordWriter({
    hasFeature: (name) => model.has(name as never),
    onUnimplemented: (encoding, word) =>
      reply({ kind: 'log', line: `${encoding.name} (0x${(word >>> 0).toString(16)}) is not implemented: UNDEFINED` }),
  });
  const code: CodeStore = new CodeStore(
    memory, board.layout, writer,
    () => {
      vcpu?.mmu.tlb.flushAll();
      group?.post({ ...NOTHING, kind: InvalidationKind.AllRecords });
    },
    !without.has('fused-operations'), { on: HOT, off: 0, strict: 1 }[data.jit], !without.has('page-release'), group,
  );
  let translations: Translations | undefined;
  if (data.translator !== undefined) {
    translations = new ThreadedTranslations(memory, data.translator);
  } else if (data.jit === 'strict') {
    const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
    // the translator is much to load, and otherwise another thread's
    const { immediateTranslations } = await import('../../runtime/code/immediate-translations.js');
    translations = await immediateTranslations(memory, board.layout, selector, without);
  }
  let conduit: PsciConduit = 'none';
  let startEl: 1 | 2 | 3 = 1;
  const power = board.power;
  const cpuOf = (mpidr: bigint): number | undefined =>
    Array.from({ length: cpus }, (_, cpu) => cpu).find((cpu) => affinityOf(cpu) === mpidr);
  const ask = (request: MachineRequest): void => {
    control.ask(request);
    for (let cpu = 0; cpu < cpus; cpu++) board.kickVcpu(cpu);
  };
  const psci: PsciHost = {
    cpuOn: (mpidr, entry, contextId) => {
      const cpu = cpuOf(mpidr);
      if (cpu === undefined) return PsciStatus.INVALID_PARAMETERS;
      const status = power.turnOn(cpu, { entry, contextId });
      if (status === PsciStatus.SUCCESS) board.kickVcpu(cpu);
      return status;
    },
    cpuOff: () => {
      vcpu!.powered = false;
      power.set(index, AffinityState.OFF);
    },
    affinityInfo: (mpidr) => {
      const cpu = cpuOf(mpidr);
      return cpu === undefined ? undefined : power.state(cpu);
    },
    systemOff: () => ask(MachineRequest.PowerOff),
    systemReset: () => ask(MachineRequest.Reset),
    smcccVersion: '1.0',
  };
  const cpu = new Vcpu({
    index, memory, base: board.vcpuBase(index), model, affinity: affinityOf(index), map: board.map, bus: board.mmuBus,
    gic: board.gic, clock: board.clock, code, core: data.core, without, sampler, profiler,
    translations, group, stubs: data.stubs,
    host: {
      firmwareCall(caller, hvc) {
        if (conduit !== (hvc ? 'hvc' : 'smc')) return 'other';
        const x = Array.from({ length: 8 }, (_, i) => caller.state.x(i));
        const result = handleSmccc({ x }, psci);
        result.x.forEach((value, i) => caller.state.setX(i, value));
        if (control.request !== 0 || !caller.powered) board.kickVcpu(index);
        return result.then === 'wait-for-interrupt' ? 'wait' : 'done';
      },
      stopRequested: () => control.request !== 0,
      turnedOn(caller) {
        const request = power.takeTurnOn(index);
        if (request === undefined) return false;
        board.gic.resetCpuInterface(index);
        resetTo(request.entry, request.contextId, nonSecureEl(startEl));
        return (caller.powered = true);
      },
      flashModeChanged: () => board.refreshFlash(),
    },
  });
  vcpu = cpu;

  /** PSCI starts PEs at the highest Non-secure Exception level, the machine at the one that it is made for. */
  const nonSecureEl = (el: 1 | 2 | 3): 1 | 2 | 3 => (model.el2 ? 2 : el === 3 ? 1 : el);
  const resetTo = (pc: bigint, x0: bigint, el: 1 | 2 | 3): void => {
    const { state } = cpu;
    cpu.reset();
    for (const { name, bits } of firmwareRegisters(
      { el2: model.el2, el3: model.el3 }, el, (feature) => model.has(feature as never))) {
      state.setSysreg(name, state.sysreg(name) | bits);
    }
    setExceptionLevelAndStack(state, el, 1);
    updateSecurity(state);
    state.pc = pc;
    state.setX(0, x0);
    cpu.mmu.reset();
    cpu.modeChanged();
  };
  const run = (message: RunMessage): void => {
    ({ conduit, startEl } = message);
    resetTo(message.pc, message.x0, startEl);
    group?.forget();
    cpu.events.take();
    cpu.powered = message.on;
    execute();
  };
  const restore = (message: RestoreMessage): void => {
    ({ conduit, startEl } = message);
    board.refreshFlash();
    group?.forget();
    cpu.restored();
    cpu.powered = power.state(index) === AffinityState.ON;
    execute();
  };
  const execute = (): void => {
    cpu.run();
    sampler?.flush();
    const profile = profiler?.take(cpu);
    const counters: VcpuCounters = {
      exits: cpu.exits, regions: cpu.regions.counters, tlb: cpu.mmu.counters, code: code.counters,
      translations: translations?.counters ?? NO_TRANSLATIONS,
    };
    reply({ kind: 'stopped', request: control.request, profile, ...counters }, profile && transferred(profile));
  };

  port.on('message', (message: WorkerMessage) => {
    try {
      if (message.kind === 'run') run(message);
      else if (message.kind === 'restore') restore(message);
      else execute();
    } catch (error) {
      const { message: text, stack } = error as Error;
      reply({ kind: 'error', message: text, stack });
    }
  });
  reply({ kind: 'ready' });
}

try {
  await start();
} catch (error) {
  reply({ kind: 'error', message: (error as Error).message, stack: (error as Error).stack });
}
