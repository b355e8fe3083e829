/** One vCPU: the run loop around the interpreter, exceptions, interrupts, waiting. */
import type { InterruptLine } from '../../devices/bus/device.js';
import type { Gic } from '../../devices/gic/gic.js';
import type { CoreExports, CoreImports } from '../../jit/interpreter/core.js';
import { ExitReason, Status } from '../../jit/emitter/services.js';
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import { FpUnit } from '../../jit/softfloat/index.js';
import { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { anyBreakpointEnabled, matchBreakpoints } from '../../src/arch/debug/comparators.js';
import { StepState, softwareStepAdvance, softwareStepState } from '../../src/arch/debug/software-step.js';
import {
  pendingInterrupt, routeBrk, routeDebug, routeExternalAbort, routeHvc, routeSmc, routeSynchronous, syndrome, takeException,
  takeInterrupt, takeSynchronous, takeTrap, takeUndefined, wakesFromWfi, ExceptionKind,
} from '../../src/arch/exceptions/index.js';
import type { Syndrome } from '../../src/arch/exceptions/syndrome.js';
import type { CpuModel } from '../../src/arch/features/cpu-model.js';
import { resetCpu } from '../../src/arch/reset.js';
import { el2Enabled, updateSecurity } from '../../src/arch/pstate.js';
import { fpAccessTrap, fpTrapTarget } from '../../src/arch/sysreg/fp-access.js';
import { svcException } from '../../src/arch/sysreg/instruction-traps.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import { Effect } from '../../src/arch/sysreg/definition.js';
import type { SystemTrap } from '../../src/arch/sysreg/access.js';
import type { HostClock } from '../clock.js';
import type { CodeStore } from '../code/code-store.js';
import { CODE_TLB_ENTRIES, CODE_TLB_ENTRY_SHIFT, CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../layout/vcpu-layout.js';
import { LAYOUT_HASH } from '../layout/memory-layout.js';
import type { MmioBus as MmuBus } from '../mmu/interfaces.js';
import { VcpuMmu } from '../mmu/memory-access.js';
import type { PhysicalMap } from '../mmu/physical-map.js';
import { GenericTimers, TIMER_INTIDS } from '../timer/generic-timers.js';
import { VcpuServices } from './services.js';

/** Instructions run between looks at timers. */
const SLICE = 20_000;
/** A wait shorter than this is spun, nanoseconds. */
const SPIN = 50_000;
/** Longest single wait, milliseconds: control words are looked at in between. */
const LONGEST_WAIT = 1000;
const PAGE_FAULT_EXTERNAL = 0x10;

/** What a vCPU asks of the machine. */
export interface VcpuHost {
  /** HVC or SMC of the PSCI conduit; true when it was handled (results in X registers). */
  firmwareCall(vcpu: Vcpu, hvc: boolean): boolean;
  log(line: string): void;
  /** Non-zero: leave the run loop. */
  stopRequested(): boolean;
}

export interface VcpuOptions {
  readonly index: number;
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly model: CpuModel;
  readonly affinity: bigint;
  readonly map: PhysicalMap;
  readonly bus: MmuBus;
  readonly gic: Gic;
  readonly clock: HostClock;
  readonly code: CodeStore;
  readonly core: WebAssembly.Module;
  readonly host: VcpuHost;
}

export class Vcpu {
  readonly state: CpuState;
  readonly mmu: VcpuMmu;
  readonly timers: GenericTimers;
  readonly services: VcpuServices;
  readonly exits: Record<string, number> = {};
  readonly model: CpuModel;
  /** Event register of WFE. */
  event = false;
  /** PSTATE.EL0..3 execution stops here until PSCI turns it on. */
  powered = false;
  private readonly words: Int32Array;
  private readonly control: { exitRequest: number; wake: number; lines: number; exitReason: number; exitInfo: number };
  private readonly core: CoreExports;
  private readonly fpTrapped: number;
  private readonly instructionsWord: number;
  private debugActive = false;

  constructor(private readonly options: VcpuOptions) {
    const { memory, base, model, gic, index } = options;
    this.model = model;
    const word = (name: keyof typeof controlFieldOffset): number => (base + controlFieldOffset[name]) >> 2;
    this.words = new Int32Array(memory.buffer);
    this.control = {
      exitRequest: word('exitRequest'), wake: word('wake'), lines: word('interruptLines'),
      exitReason: word('exitReason'), exitInfo: word('exitInfo'),
    };
    this.fpTrapped = word('fpTrapped');
    this.instructionsWord = (base + controlFieldOffset.instructions) >> 3;
    this.state = new CpuState(memory.buffer, base);
    this.mmu = new VcpuMmu({
      cpu: this.state, vcpuBase: base, map: options.map, bus: options.bus, code: options.code,
      deviceAlignment: false,
    });
    const ppi = (intid: number): InterruptLine => gic.ppi(index, intid);
    this.timers = new GenericTimers(
      this.state, options.clock,
      {
        physical: ppi(TIMER_INTIDS.physical), virtual: ppi(TIMER_INTIDS.virtual),
        hypPhysical: ppi(TIMER_INTIDS.hypPhysical), hypVirtual: ppi(TIMER_INTIDS.hypVirtual),
        securePhysical: ppi(TIMER_INTIDS.securePhysical),
      },
      model.counterFrequency,
    );
    this.services = new VcpuServices(this, gic, index);
    this.core = this.instantiate();
  }

  private instantiate(): CoreExports {
    const { memory, core, base, code } = this.options;
    const { mmu } = this;
    const fp = new FpUnit(memory.buffer as unknown as SharedArrayBuffer, {
      fpcr: base + ArchState.offset.fpcr, fpsr: base + ArchState.offset.fpsr, nzcv: base + ArchState.offset.nzcv,
    });
    const imports: CoreImports & Record<string, unknown> = {
      access: (high: number, low: number, bytes: number, flags: number) => {
        const offset = mmu.access(high, low, bytes, flags);
        if (offset === 0) this.words[this.control.exitReason] = ExitReason.DataAbort;
        return offset;
      },
      commit: () => {
        mmu.commit();
        return 0;
      },
      decode: (record: number) => code.decode(record),
      service: (service: number, word: number) => this.services.perform(service, word),
      compute: (id: number) => this.services.compute(id),
      fp: (operation: number, d: number, n: number, m: number, a: number) => fp.execute(operation, d, n, m, a),
      memory,
    };
    const instance = new WebAssembly.Instance(core, { env: imports as never });
    const exports = instance.exports as unknown as CoreExports;
    if (exports.layoutHash() >>> 0 !== LAYOUT_HASH) throw new Error('core.wasm was built for another memory layout');
    return exports;
  }

  /** Cold reset. */
  reset(): void {
    resetCpu(this.state, this.model, { affinity: this.options.affinity });
    this.timers.reset();
    this.mmu.reset();
    this.modeChanged();
  }

  get instructions(): number {
    return Number(this.state.u64 === undefined ? 0n : new BigUint64Array(this.state.buffer)[this.instructionsWord]);
  }

  get index(): number {
    return this.options.index;
  }
  get lines(): number {
    return Atomics.load(this.words, this.control.lines);
  }
  get host(): VcpuHost {
    return this.options.host;
  }

  setExitReason(reason: ExitReason): void {
    this.words[this.control.exitReason] = reason;
  }

  /** EL, PSTATE or a control register changed: everything derived from them is recomputed. */
  modeChanged(): void {
    this.mmu.stateChanged();
    this.fpTrapChanged();
    this.services.modeChanged();
  }

  fpTrapChanged(): void {
    this.words[this.fpTrapped] = fpTrapTarget(this.state) === 0 ? 0 : 1;
  }

  /** Applies what a system register write reported. */
  applyEffects(effects: number, tables: boolean): void {
    if (effects & Effect.Translation) {
      if (tables) {
        this.mmu.tablesChanged();
      } else {
        updateSecurity(this.state);
        this.mmu.controlsChanged();
        this.modeChanged();
      }
    }
    if (effects & Effect.AccessContext) this.modeChanged();
    if (effects & Effect.FpTrap) this.fpTrapChanged();
    if (effects & Effect.PointerAuthentication) this.services.modeChanged();
    if (effects & Effect.Debug) this.debugChanged();
  }

  debugChanged(): void {
    this.debugActive = anyBreakpointEnabled(this.state);
    this.mmu.watchpointsChanged();
  }

  /** Runs until the machine stops. */
  run(): void {
    const { words, control, core, options } = this;
    const { host } = options;
    const counter = new BigUint64Array(this.state.buffer);
    for (;;) {
      Atomics.store(words, control.exitRequest, 0);
      if (host.stopRequested()) return;
      if (!this.powered) {
        this.park(Infinity);
        continue;
      }
      this.timers.update();
      const pending = pendingInterrupt(this.state, this.lines);
      if (pending !== undefined) {
        takeInterrupt(this.state, pending);
        this.afterException();
      }
      if (this.needsSlowPath() && !this.beforeInstruction()) continue;
      const reason = core.run(options.base, SLICE);
      const executed = SLICE - words[control.exitInfo + 3];
      counter[this.instructionsWord] += BigInt(executed);
      if (reason !== ExitReason.Slice) this.handleExit(reason);
    }
  }

  /** State in which instructions run one at a time or not at all. */
  private needsSlowPath(): boolean {
    const { u32 } = this.state;
    return (
      u32[ArchState.offset.btype >> 2] !== 0 || u32[ArchState.offset.il >> 2] !== 0 || this.debugActive ||
      (u32[MDSCR] & 1) !== 0
    );
  }

  /** Checks made before an instruction; false when something else happened or the instruction was executed. */
  private beforeInstruction(): boolean {
    const { state } = this;
    if (state.field('il') !== 0) {
      takeSynchronous(state, syndrome.illegalState());
      this.afterException();
      return false;
    }
    const step = softwareStepState(state);
    if (step === StepState.ActivePending) {
      takeException(state, {
        kind: ExceptionKind.Synchronous, targetEl: routeDebug(state), syndrome: syndrome.softwareStep(false),
      });
      this.afterException();
      return false;
    }
    if (this.debugActive && matchBreakpoints(state, state.pc) !== 0) {
      takeException(state, {
        kind: ExceptionKind.Synchronous, targetEl: routeDebug(state), syndrome: syndrome.breakpoint(),
      });
      this.afterException();
      return false;
    }
    if (step === StepState.Inactive && !this.debugActive && state.field('btype') === 0) return true;
    const record = this.fetch();
    if (record === 0) return false;
    if (step === StepState.Inactive && !this.debugActive) return true;
    this.stepOne(record);
    if (step === StepState.ActiveNotPending && softwareStepState(state) !== StepState.Inactive) softwareStepAdvance(state);
    return false;
  }

  private stepOne(record: number): void {
    const { words, state, options, core } = this;
    if ((words[record >> 2] & 0xffff) === PseudoOperation.Decode) options.code.decode(record);
    const status = core.step(options.base, record);
    if (status === Status.Next) state.pc += 4n;
    if (status !== Status.Exit) new BigUint64Array(state.buffer)[this.instructionsWord] += 1n;
    if (status === Status.Exit || status === Status.ExitRetired) this.handleExit(words[this.control.exitReason]);
  }

  /** Record of the instruction at the PC, after the checks of a fetch; 0 when an exception was taken instead. */
  private fetch(): number {
    const { state, mmu, words, options } = this;
    const pcLow = state.u32[PC] | 0;
    const pcHigh = state.u32[PC + 1] | 0;
    if ((pcLow & 3) !== 0) {
      takeSynchronous(state, syndrome.pcAlignment(), state.pc);
      this.afterException();
      return 0;
    }
    const records = mmu.fetch(pcHigh, pcLow);
    if (records === 0) {
      this.instructionAbort();
      return 0;
    }
    const record = records + ((pcLow & 0xffc) << 2);
    const btype = state.field('btype');
    if (btype !== 0) {
      const entry =
        (options.base + VcpuLayout.codeTlb + (((pcLow >>> 12) & (CODE_TLB_ENTRIES - 1)) << CODE_TLB_ENTRY_SHIFT) +
          CodeTlbEntry.offset.flags) >> 2;
      if ((words[entry] & 1) !== 0 && !this.landingPad(record, btype)) {
        takeSynchronous(state, syndrome.btiFault(btype));
        this.afterException();
        return 0;
      }
      state.setField('btype', 0);
    }
    return record;
  }

  /** May a branch with this BTYPE land on the instruction (Arm ARM, D8.4.5.1)? */
  private landingPad(record: number, btype: number): boolean {
    const word = this.options.code.wordAt(record) >>> 0;
    if ((word & 0xffe0001f) >>> 0 === 0xd4200000 || (word & 0xffe0001f) >>> 0 === 0xd4400000) return true;
    if ((word & 0xffffff3f) >>> 0 === 0xd503241f) {
      const targets = (word >>> 6) & 3; // c in bit 0 of the pair as BTI encodes it: 01 c, 10 j, 11 jc
      if (targets === 0) return false;
      if (btype === 1) return true;
      if (btype === 2) return (targets & 1) !== 0;
      return (targets & 2) !== 0;
    }
    if (word === 0xd503233f || word === 0xd503237f) {
      // PACIASP and PACIBSP: like BTI c, and for BTYPE 3 unless SCTLR_ELx.BT forbids it
      if (btype !== 3) return true;
      const el = this.state.field('el');
      const sctlr = this.state.sysreg(`SCTLR_EL${Math.max(el, 1)}`);
      return (sctlr & (1n << (el === 0 ? 35n : 36n))) === 0n;
    }
    return false;
  }

  /** Everything that follows from having taken an exception. */
  afterException(): void {
    this.modeChanged();
  }

  private countExit(name: string): void {
    this.exits[name] = (this.exits[name] ?? 0) + 1;
  }

  private handleExit(reason: number): void {
    const { state } = this;
    this.countExit(REASON_NAMES[reason] ?? String(reason));
    const info = this.words[this.control.exitInfo];
    switch (reason) {
      case ExitReason.Fetch:
      case ExitReason.BranchTarget:
        this.fetch();
        return;
      case ExitReason.DataAbort:
        this.dataAbort(false);
        return;
      case ExitReason.Undefined:
        this.undefinedInstruction();
        return;
      case ExitReason.SupervisorCall: {
        const trap = svcException(state, info & 0xffff);
        const returnAddress = trap.ec === 0x15 ? state.pc + 4n : state.pc;
        takeException(state, { kind: ExceptionKind.Synchronous, targetEl: trap.targetEl, syndrome: trap, returnAddress });
        this.afterException();
        return;
      }
      case ExitReason.HypervisorCall:
        this.hypervisorCall(info & 0xffff);
        return;
      case ExitReason.SecureMonitorCall:
        this.secureMonitorCall(info & 0xffff);
        return;
      case ExitReason.Breakpoint:
        this.exception(routeBrk(state), syndrome.brk(info & 0xffff));
        return;
      case ExitReason.Halt:
        takeUndefined(state);
        this.afterException();
        return;
      case ExitReason.FpTrap: {
        const trap = fpAccessTrap(state);
        if (trap !== undefined) this.trap(trap);
        else this.fpTrapChanged();
        return;
      }
      case ExitReason.WaitForInterrupt:
        this.wait(false);
        return;
      case ExitReason.WaitForEvent:
        this.wait(true);
        return;
      case ExitReason.Trap:
        this.trap(this.services.pendingTrap!);
        return;
      default:
    }
  }

  trap(trap: SystemTrap): void {
    takeTrap(this.state, trap);
    this.afterException();
  }

  exception(targetEl: number, value: Syndrome, far?: bigint): void {
    takeException(this.state, {
      kind: ExceptionKind.Synchronous, targetEl, syndrome: value, ...(far === undefined ? {} : { far }),
    });
    this.afterException();
  }

  private undefinedInstruction(): void {
    takeUndefined(this.state);
    this.afterException();
  }

  private hypervisorCall(immediate: number): void {
    const { state } = this;
    if (state.field('el') >= 1 && this.host.firmwareCall(this, true)) {
      state.pc += 4n;
      return;
    }
    const target = routeHvc(state);
    if (target === 'undefined') return this.undefinedInstruction();
    takeException(state, {
      kind: ExceptionKind.Synchronous, targetEl: target, syndrome: syndrome.hvc(immediate), returnAddress: state.pc + 4n,
    });
    this.afterException();
  }

  private secureMonitorCall(immediate: number): void {
    const { state } = this;
    const target = routeSmc(state, true);
    if (target === 'undefined') return this.undefinedInstruction();
    if (target === 2) return this.exception(2, syndrome.smc(immediate));
    if (this.host.firmwareCall(this, false)) {
      state.pc += 4n;
      return;
    }
    if (routeSmc(state) === 'undefined') return this.undefinedInstruction();
    takeException(state, {
      kind: ExceptionKind.Synchronous, targetEl: 3, syndrome: syndrome.smc(immediate), returnAddress: state.pc + 4n,
    });
    this.afterException();
  }

  /** Takes the abort that `mmu.fault` describes. @param maintenance a cache maintenance instruction made the access */
  dataAbort(maintenance: boolean): void {
    const { fault } = this.mmu;
    if (fault.watchpoint) {
      this.exception(routeDebug(this.state), syndrome.watchpoint(fault.write, maintenance), fault.address);
      return;
    }
    const value = syndrome.dataAbort({
      status: fault.status, write: fault.write, cm: maintenance, s1ptw: fault.stage1Walk,
    });
    this.abort(value);
  }

  private instructionAbort(): void {
    const { fault } = this.mmu;
    this.abort(syndrome.instructionAbort({ status: fault.status, s1ptw: fault.stage1Walk }));
  }

  private abort(value: Syndrome): void {
    const { state } = this;
    const { fault } = this.mmu;
    const external = fault.status === PAGE_FAULT_EXTERNAL || (fault.status >= 0x13 && fault.status <= 0x17);
    const targetEl = fault.stage2 ? 2 : external ? routeExternalAbort(state) : routeSynchronous(state);
    const hpfar = fault.stage2 ? { hpfar: (BigInt(fault.ipa) >> 12n) << 4n } : {};
    takeException(state, {
      kind: ExceptionKind.Synchronous, targetEl, syndrome: value, far: fault.address, ...hpfar,
    });
    this.afterException();
  }

  /** WFI and WFE: the PC already names the next instruction. */
  private wait(forEvent: boolean): void {
    const { words, control, state, options } = this;
    for (;;) {
      const seen = Atomics.load(words, control.wake);
      const deadline = this.timers.update();
      if (options.host.stopRequested() || wakesFromWfi(state, this.lines)) return;
      if (pendingInterrupt(state, this.lines) !== undefined) return;
      if (forEvent) {
        if (this.event) {
          this.event = false;
          return;
        }
        // An event may be generated at any time; a guest polls, so a short sleep is enough.
        if (deadline > SPIN) Atomics.wait(words, control.wake, seen, Math.min(deadline / 1e6, 0.1));
        return;
      }
      if (deadline < SPIN) continue;
      Atomics.wait(words, control.wake, seen, Math.min(deadline / 1e6, LONGEST_WAIT));
    }
  }

  /** Sleeps until woken. */
  private park(milliseconds: number): void {
    const { words, control } = this;
    const seen = Atomics.load(words, control.wake);
    if (this.powered || this.host.stopRequested()) return;
    Atomics.wait(words, control.wake, seen, Math.min(milliseconds, LONGEST_WAIT));
  }

  get el2Enabled(): boolean {
    return el2Enabled(this.state);
  }
}

const PC = ArchState.offset.pc >> 2;
const MDSCR = sysregWord('MDSCR_EL1');
const REASON_NAMES: string[] = [];
for (const [name, value] of Object.entries(ExitReason)) REASON_NAMES[value] = name;
