/** Puts a vCPU together with its view of the board and its part of the firmware. */
import { SeededEntropy } from '../../devices/backends/entropy-source.js';
import { FlashFile } from '../../devices/backends/flash-file.js';
import { systemErrorText } from '../../devices/backends/host-file.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { Selector } from '../../jit/interpreter/selector.js';
import { CodeStore } from '../../runtime/code/code-store.js';
import { RecordMemo } from '../../runtime/code/record-memo.js';
import { HOT, type Translations } from '../../runtime/code/translations.js';
import { StrictTranslations, ThreadedTranslations } from '../../runtime/code/threaded-translations.js';
import { GuestProfiler } from '../../runtime/vcpu/guest-profiler.js';
import { InstructionSampler } from '../../runtime/vcpu/instruction-sampler.js';
import { InvalidationKind } from '../../runtime/layout/broadcast-layout.js';
import { NOTHING } from '../../runtime/mmu/tlb-maintenance.js';
import type { RandomNumbers } from '../../runtime/vcpu/services.js';
import { Engine } from '../../runtime/vcpu/engine.js';
import { VcpuGroup } from '../../runtime/vcpu/vcpu-group.js';
import { Vcpu } from '../../runtime/vcpu/vcpu.js';
import { AffinityState, PsciStatus } from '../../hv/psci/functions.js';
import { handleSmccc } from '../../hv/psci/smccc.js';
import type { PsciHost } from '../../hv/psci/host.js';
import { createCpuModel } from '../arch/features/cpu-model.js';
import { setExceptionLevelAndStack, updateSecurity } from '../arch/pstate.js';
import { affinityOf } from '../arch/reset.js';
import { hashText } from '../support/struct.js';
import { Board } from './board.js';
import { boardLayout } from './board-parameters.js';
import { firmwareRegisters } from './firmware-registers.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import type { Firmware, StoppedVcpu, VcpuStart, VcpuWorkerData } from './vcpu-messages.js';
import { FLASH_BANK_BYTES, type PsciConduit } from './virt-board.js';

/** Random numbers that depend on a text alone. */
function seededNumbers(text: string): RandomNumbers {
  const source = new SeededEntropy(hashText(text));
  return (numbers) => source.fill(new Uint8Array(numbers.buffer));
}

/** Writes what the guest programs into flash to the files behind it; the user is told once where that fails. */
function flashSaver(
  board: Board, paths: readonly (string | undefined)[], log: (line: string) => void,
): (bank: number, offset: number, length: number) => void {
  const files = paths.map((path) => path === undefined ? undefined : FlashFile.open(path, FLASH_BANK_BYTES, false));
  return (bank, offset, length) => {
    const file = files[bank];
    if (file === undefined) return;
    try {
      file.save(board.flashBytes(bank), offset, length);
    } catch (error) {
      files[bank] = undefined;
      log(`flash image ${paths[bank]}: ${systemErrorText(error)}; later changes are lost too`);
    }
  };
}

/** A vCPU with its view of the board. */
export interface VcpuUnit {
  readonly vcpu: Vcpu;
  readonly board: Board;
  readonly group: VcpuGroup | undefined;
  /** Resets it; it runs from there, or is off. */
  start(start: VcpuStart): void;
  /** Its state in memory was replaced by a saved one, or is what another thread has left: it goes on from there. */
  restore(firmware: Firmware): void;
  /** It has stopped: what it has counted, and its part of the profile. */
  stopped(): StoppedVcpu;
}

/** Where a thread's translated code comes from. */
async function makeTranslations(data: VcpuWorkerData): Promise<Translations | undefined> {
  const { memory, translator, jit } = data;
  if (translator !== undefined) return new (jit === 'strict' ? StrictTranslations : ThreadedTranslations)(memory, translator);
  if (jit !== 'strict') return undefined;
  const model = createCpuModel(data.cpu, data.cpuOptions);
  const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
  // the translator is much to load, and otherwise another thread's
  const { immediateTranslations } = await import('../../runtime/code/immediate-translations.js');
  return immediateTranslations(memory, boardLayout(data.board), selector, new Set(data.without));
}

/** Makes what executes the instructions of a thread's vCPUs. */
export async function makeEngine(data: VcpuWorkerData): Promise<Engine> {
  const { memory, core, stubs, board } = data;
  return new Engine({
    memory, layout: boardLayout(board), core, translations: await makeTranslations(data), stubs, several: board.cpus > 1,
  });
}

/**
 * Makes the vCPU `index`.
 * @param engine of the thread
 * @param log a remark for the user, one line
 */
export function makeVcpuUnit(data: VcpuWorkerData, index: number, engine: Engine, log: (line: string) => void): VcpuUnit {
  const { memory } = data;
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
  const saveFlash = flashSaver(board, data.flashFiles, log);
  const without = new Set(data.without);
  const sampler = data.sample === undefined ? undefined : new InstructionSampler(
    data.sample, index, (error) => log(`--sample ${data.sample}: ${systemErrorText(error)}; it ends here`),
  );
  const profiler = data.profile ? new GuestProfiler() : undefined;
  const writer = new RecordWriter({
    hasFeature: (name) => model.has(name as never),
    onUnimplemented: (encoding, word) =>
      log(`${encoding.name} (0x${(word >>> 0).toString(16)}) is not implemented: UNDEFINED`),
  });
  const code: CodeStore = new CodeStore(
    memory, board.layout, writer,
    () => {
      vcpu?.mmu.tlb.flushAll();
      group?.post({ ...NOTHING, kind: InvalidationKind.AllRecords });
    },
    !without.has('fused-operations'), { on: HOT, off: 0, strict: 1 }[data.jit], !without.has('page-release'), group,
    without.has('kept-records') ? undefined : new RecordMemo(memory),
  );
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
    gic: board.gic, clock: board.clock, code, engine, without, sampler, profiler,
    group, random: data.lockstep && seededNumbers(`${data.lockstep.seed}:${index}`),
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
    cpu.exact?.reset();
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
  return {
    vcpu: cpu, board, group,
    start(message) {
      ({ conduit, startEl } = message);
      board.refreshFlash();
      resetTo(message.pc, message.x0, startEl);
      group?.forget();
      cpu.events.take();
      cpu.powered = message.on;
    },
    restore(firmware) {
      ({ conduit, startEl } = firmware);
      board.refreshFlash();
      group?.forget();
      cpu.restored();
      cpu.powered = power.state(index) === AffinityState.ON;
    },
    stopped() {
      sampler?.flush();
      return {
        index, profile: profiler?.take(cpu), counters: { exits: cpu.exits, tlb: cpu.mmu.counters, code: code.counters },
      };
    },
  };
}
