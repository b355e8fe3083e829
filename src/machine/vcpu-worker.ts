/** A vCPU's thread: builds its view of the board, then runs the vCPU each time it is told to. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { FlashFile } from '../../devices/backends/flash-file.js';
import { systemErrorText } from '../../devices/backends/host-file.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { moduleBuilder, type ModuleBuilder } from '../../jit/region/translator.js';
import { Selector } from '../../jit/interpreter/selector.js';
import { CodeStore, type CodeCounters } from '../../runtime/code/code-store.js';
import { HOT, NO_TRANSLATIONS, type TranslationCounters } from '../../runtime/code/translations.js';
import { ImmediateTranslations } from '../../runtime/code/immediate-translations.js';
import { ThreadedTranslations } from '../../runtime/code/threaded-translations.js';
import type { RegionCounters } from '../../runtime/code/region-store.js';
import type { TlbCounters } from '../../runtime/mmu/interfaces.js';
import { GuestProfiler, type GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { InstructionSampler } from '../../runtime/vcpu/instruction-sampler.js';
import { Vcpu } from '../../runtime/vcpu/vcpu.js';
import { handleSmccc } from '../../hv/psci/smccc.js';
import type { PsciHost } from '../../hv/psci/host.js';
import { createCpuModel, type CpuOptions } from '../arch/features/cpu-model.js';
import type { JitMode } from '../config/jit-mode.js';
import type { Optimization } from '../support/optimizations.js';
import { setExceptionLevelAndStack, updateSecurity } from '../arch/pstate.js';
import { affinityOf } from '../arch/reset.js';
import { Board, type BoardParameters } from './board.js';
import { firmwareRegisters } from './firmware-registers.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import { FLASH_BANK_BYTES, type PsciConduit } from './virt-board.js';

/** What the main thread gives a vCPU's thread. */
export interface VcpuWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly core: WebAssembly.Module;
  readonly board: BoardParameters;
  readonly index: number;
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

/** Starts the vCPU from reset. */
export interface RunMessage {
  readonly kind: 'run';
  readonly pc: bigint;
  readonly x0: bigint;
  readonly startEl: 1 | 2 | 3;
  readonly secure: boolean;
  readonly conduit: PsciConduit;
}
/** `resume` goes on after a stop for MachineRequest.Suspend. */
export type WorkerMessage = RunMessage | { readonly kind: 'resume' };

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

const data = workerData as VcpuWorkerData;
const port = parentPort!;
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

function start(build: ModuleBuilder | undefined): void {
  const { memory, index } = data;
  const control = new MachineControl(memory);
  const model = createCpuModel(data.cpu, data.cpuOptions);
  let vcpu: Vcpu | undefined = undefined;
  const board: Board = new Board(memory, data.board, {
    flashModeChanged: () => vcpu?.mmu.tlb.flushAll(),
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
    memory, board.layout, writer, () => vcpu?.mmu.tlb.flushAll(), !without.has('fused-operations'),
    { on: HOT, off: 0, strict: 1 }[data.jit], !without.has('page-release'),
  );
  const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
  const translations = data.translator ? new ThreadedTranslations(memory, data.translator)
    : data.jit === 'strict' ? new ImmediateTranslations(memory, board.layout, selector, without, build) : undefined;
  let conduit: PsciConduit = 'none';
  const psci: PsciHost = {
    cpuOn: (mpidr) => (mpidr === affinityOf(index) ? -4 : -2),
    cpuOff: () => {
      vcpu!.powered = false;
    },
    affinityInfo: (mpidr) => (mpidr === affinityOf(index) ? 0 : undefined),
    systemOff: () => control.ask(MachineRequest.PowerOff),
    systemReset: () => control.ask(MachineRequest.Reset),
    smcccVersion: '1.0',
  };
  const cpu = new Vcpu({
    index, memory, base: board.vcpuBase(index), model, affinity: affinityOf(index), map: board.map, bus: board.mmuBus,
    gic: board.gic, clock: board.clock, code, core: data.core, without, sampler, profiler,
    translations,
    host: {
      firmwareCall(caller, hvc) {
        if (conduit !== (hvc ? 'hvc' : 'smc')) return false;
        const x = Array.from({ length: 8 }, (_, i) => caller.state.x(i));
        const result = handleSmccc({ x }, psci);
        result.x.forEach((value, i) => caller.state.setX(i, value));
        if (control.request !== 0 || !caller.powered) board.kickVcpu(index);
        return true;
      },
      stopRequested: () => control.request !== 0,
    },
  });
  vcpu = cpu;

  const run = (message: RunMessage): void => {
    const { state } = cpu;
    conduit = message.conduit;
    code.dropAll();
    cpu.reset();
    for (const { name, bits } of firmwareRegisters(
      { el2: model.el2, el3: model.el3 }, message.startEl, (feature) => model.has(feature as never))) {
      state.setSysreg(name, state.sysreg(name) | bits);
    }
    setExceptionLevelAndStack(state, message.startEl, 1);
    updateSecurity(state);
    state.pc = message.pc;
    state.setX(0, message.x0);
    cpu.mmu.reset();
    cpu.modeChanged();
    cpu.powered = index === 0;
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
      else execute();
    } catch (error) {
      const { message: text, stack } = error as Error;
      reply({ kind: 'error', message: text, stack });
    }
  });
  reply({ kind: 'ready' });
}

try {
  const { jit, without } = data;
  start(jit === 'strict' ? await moduleBuilder(new Set(without)) : undefined);
} catch (error) {
  reply({ kind: 'error', message: (error as Error).message, stack: (error as Error).stack });
}
