/** One vCPU: the run loop around the interpreter, exceptions, interrupts, waiting. */
import type { Clock, InterruptLine } from '../../devices/bus/device.js';
import type { Gic } from '../../devices/gic/gic.js';
import type { CoreExports } from '../../jit/interpreter/core.js';
import { ExitReason, Status } from '../../jit/emitter/services.js';
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import { FpUnit } from '../../jit/softfloat/index.js';
import { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { breakpointsArmed, matchBreakpoints } from '../../src/arch/debug/comparators.js';
import {
  StepState, softwareStepAdvance, softwareStepArmed, softwareStepState,
} from '../../src/arch/debug/software-step.js';
import {
  isLandingPad, pendingInterrupt, routeBrk, routeDebug, routeHvc, routeSmc, syndrome, takeInterrupt,
  InterruptLine as InterruptLines,
} from '../../src/arch/exceptions/index.js';
import type { CpuModel } from '../../src/arch/features/cpu-model.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { resetCpu } from '../../src/arch/reset.js';
import { el2Enabled, updateSecurity } from '../../src/arch/pstate.js';
import { fpAccessTrap, fpTrapTarget } from '../../src/arch/sysreg/fp-access.js';
import { svcException } from '../../src/arch/sysreg/instruction-traps.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import { Effect } from '../../src/arch/sysreg/definition.js';
import type { CodeStore } from '../code/code-store.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import type { MmioBus as MmuBus } from '../mmu/interfaces.js';
import { VcpuMmu } from '../mmu/memory-access.js';
import type { PhysicalMap } from '../mmu/physical-map.js';
import type { TlbInvalidation } from '../mmu/tlb-invalidation.js';
import { InvalidationKind } from '../layout/broadcast-layout.js';
import { WriterPages } from '../mmu/writer-pages.js';
import { GenericTimers, TIMER_INTIDS } from '../timer/generic-timers.js';
import type { Engine } from './engine.js';
import { EventRegister } from './event-register.js';
import { Exceptions } from './exceptions.js';
import { ExactRun } from './exact-run.js';
import { Fetch } from './fetch.js';
import type { GuestProfiler } from './guest-profiler.js';
import type { InstructionSampler } from './instruction-sampler.js';
import { VcpuServices, type RandomNumbers } from './services.js';
import type { VcpuGroup } from './vcpu-group.js';
import { LONGEST_WAIT, waitFor, waitLeft, type WaitContext } from './waiting.js';

/** Instructions run between looks at timers, and what an exit in between counts for. */
const SLICE = 50_000;
const EXIT_COST = 250;

const REASON_NAMES: string[] = [];
for (const [name, value] of Object.entries(ExitReason)) REASON_NAMES[value] = name;
/** Exits behind which timers and requests are looked at. */
const LOOK_AROUND: ReadonlySet<number> = new Set([
  ExitReason.WaitForInterrupt, ExitReason.WaitForEvent, ExitReason.HypervisorCall, ExitReason.SecureMonitorCall,
  ExitReason.Hot, ExitReason.Yield,
]);

/** What a vCPU asks of the machine. */
export interface VcpuHost {
  /**
   * HVC or SMC. `other`: not that of the PSCI conduit. Otherwise it was handled, with results in X registers, and the PE waits
   * for an interrupt if `wait` says so.
   */
  firmwareCall(vcpu: Vcpu, hvc: boolean): 'other' | 'done' | 'wait';
  /** Non-zero: leave the run loop. */
  stopRequested(): boolean;
  /** While the vCPU is off: turns it on, and true, when another one has asked for it. */
  turnedOn?(vcpu: Vcpu): boolean;
  /** With several vCPUs: flash may have gone to or from array mode. */
  flashModeChanged?(): void;
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
  readonly clock: Clock;
  readonly code: CodeStore;
  /** Of its thread. */
  readonly engine: Engine;
  readonly host: VcpuHost;
  /** Optimizations to leave out. */
  readonly without?: ReadonlySet<Optimization>;
  readonly sampler?: InstructionSampler | undefined;
  readonly profiler?: GuestProfiler | undefined;
  /** With several vCPUs: how this one deals with the others. */
  readonly group?: VcpuGroup | undefined;
  /** Instructions are counted exactly, and run by `exact` instead of `run`; random numbers come from here. */
  readonly random?: RandomNumbers | undefined;
}

/** What one of several vCPUs waits for, and when it goes on all the same: host's time, milliseconds. */
interface Pause {
  readonly forEvent: boolean;
  readonly until: bigint | undefined;
  readonly end: number;
}

export class Vcpu {
  readonly state: CpuState;
  readonly mmu: VcpuMmu;
  readonly timers: GenericTimers;
  readonly services: VcpuServices;
  /** By ExitReason. */
  private readonly exitCounts = new Float64Array(REASON_NAMES.length);
  readonly model: CpuModel;
  /** PSTATE.EL0..3 execution stops here until PSCI turns it on. */
  powered = false;
  private readonly words: Int32Array;
  private readonly control: { exitRequest: number; wake: number; lines: number; exitReason: number; exitInfo: number };
  readonly code: CodeStore;
  readonly fp: FpUnit;
  readonly engine: Engine;
  readonly exceptions: Exceptions;
  readonly events: EventRegister;
  private readonly fetch: Fetch;
  private readonly group: VcpuGroup | undefined;
  private readonly pendingWord: number;
  private readonly fpTrapped: number;
  private readonly othersWait: number;
  private readonly instructionsWord: number;
  /** CNTVCT_EL0 value that ends the wait of WFIT or WFET. */
  waitUntil: bigint | undefined;
  /** Breakpoints may match, or software step may begin, at this Exception level: instructions run one at a time. */
  private debugActive = false;
  /** The instruction that software step has just executed was a load-exclusive; undefined when none was executed. */
  private steppedExclusive: boolean | undefined;
  /** Every instruction runs in its function form, without the main loop. */
  private readonly singly: boolean;
  private readonly waiting: WaitContext;
  /** What exits have taken off the budget of the engine's current run. */
  private charged = 0;
  /** Timers and requests are looked at before the engine runs again. */
  private lookAround = false;
  private pause: Pause | undefined;
  /** Exceptions taken, interrupts included. */
  exceptionsTaken = 0;
  /** Runs it where VcpuOptions.random says so. */
  readonly exact: ExactRun | undefined;

  constructor(private readonly options: VcpuOptions) {
    const { memory, base, model, gic, index, group } = options;
    this.engine = options.engine;
    // until another one runs
    this.engine.vcpu = this;
    this.code = options.code;
    this.model = model;
    this.group = group;
    const word = (name: keyof typeof controlFieldOffset): number => (base + controlFieldOffset[name]) >> 2;
    this.words = new Int32Array(memory.buffer);
    this.control = {
      exitRequest: word('exitRequest'), wake: word('wake'), lines: word('interruptLines'),
      exitReason: word('exitReason'), exitInfo: word('exitInfo'),
    };
    this.fpTrapped = word('fpTrapped');
    this.othersWait = word('othersWait');
    this.pendingWord = word('broadcastPending');
    this.instructionsWord = word('instructions');
    this.state = new CpuState(memory.buffer, base);
    this.mmu = new VcpuMmu({
      cpu: this.state, vcpuBase: base, map: options.map, bus: options.bus, code: options.code,
      ...(group && { broadcaster: group, shared: new WriterPages(memory, options.code.layout, group) }),
    });
    const ppi = (intid: number): InterruptLine => gic.ppi(index, intid);
    this.timers = new GenericTimers(
      this.state, options.clock,
      {
        physical: ppi(TIMER_INTIDS.physical), virtual: ppi(TIMER_INTIDS.virtual),
        hypPhysical: ppi(TIMER_INTIDS.hypPhysical), hypVirtual: ppi(TIMER_INTIDS.hypVirtual),
        securePhysical: ppi(TIMER_INTIDS.securePhysical),
        secureHypPhysical: ppi(TIMER_INTIDS.secureHypPhysical), secureHypVirtual: ppi(TIMER_INTIDS.secureHypVirtual),
      },
      model.counterFrequency,
    );
    this.singly = options.without?.has('main-loop') ?? false;
    this.waiting = {
      state: this.state, timers: this.timers, words: this.words, wakeWord: this.control.wake,
      monitorWord: word('monitorArmed'),
      monitorLooks: group?.spins ?? 0,
      monitorMoved: () => this.events.monitorMoved(),
      lines: () => this.lines,
      stopRequested: () => options.host.stopRequested(),
      takeEvent: () => this.events.take(),
    };
    this.exceptions = new Exceptions(this.state, this.mmu.fault, {
      leaveLevel: () => this.services.leaveLevel(), taken: () => this.afterException(), word: () => this.fetch.currentWord(),
    });
    this.fetch = new Fetch(this.state, this.mmu, options.code, this.exceptions, model.has('FEAT_BTI'));
    this.events = new EventRegister(this.state, group);
    this.exact = options.random && new ExactRun(this, this.words, base);
    this.services = new VcpuServices(this, gic, index, options.without, options.random);
    this.fp = new FpUnit(memory.buffer as unknown as SharedArrayBuffer, {
      fpcr: base + ArchState.offset.fpcr, fpsr: base + ArchState.offset.fpsr, nzcv: base + ArchState.offset.nzcv,
    });
    if (group !== undefined) {
      group.member = { apply: (message) => this.applyBroadcast(message), applyAll: () => this.applyAllBroadcasts() };
    }
  }

  /** Does what another vCPU has broadcast. */
  private applyBroadcast(message: TlbInvalidation): void {
    const { mmu, engine, host } = this;
    switch (message.kind) {
      case InvalidationKind.ProtectPage:
        mmu.protectPage(message.pages);
        return;
      case InvalidationKind.AllRecords:
        mmu.tlb.flushCode();
        engine.regions.codeDropped();
        return;
      case InvalidationKind.FlashMode:
        host.flashModeChanged?.();
        return;
      default:
        mmu.maintenance.apply(message);
    }
  }

  private applyAllBroadcasts(): void {
    this.host.flashModeChanged?.();
    this.mmu.tlb.flushAll();
    this.engine.regions.codeDropped();
  }

  /** Whether a DSB has maintenance by other vCPUs to wait for. */
  awaitsCompletion(): boolean {
    return this.words[this.pendingWord] !== 0 && !this.group!.completeAtOnce();
  }

  /** For the engine: makes an access that it could not. @returns WasmOffset of the bytes; 0: it leaves at the instruction */
  access(high: number, low: number, bytes: number, flags: number): number {
    const { mmu } = this;
    const offset = mmu.access(high, low, bytes, flags);
    if (offset === 0) this.words[this.control.exitReason] = mmu.needsAlone ? ExitReason.Alone : ExitReason.DataAbort;
    return offset;
  }

  /** Cold reset. */
  reset(): void {
    resetCpu(this.state, this.model, { affinity: this.options.affinity });
    this.pause = undefined;
    this.timers.reset();
    this.mmu.reset();
    this.modeChanged();
  }

  /** The architectural state, guest memory and devices were replaced: everything derived from them is made anew. */
  restored(): void {
    this.steppedExclusive = undefined;
    this.waitUntil = undefined;
    this.pause = undefined;
    this.mmu.reset();
    this.services.restored();
    this.timers.restored();
    this.modeChanged();
  }

  get instructions(): number {
    const { words, instructionsWord } = this;
    return (words[instructionsWord] >>> 0) + 2 ** 32 * (words[instructionsWord + 1] >>> 0);
  }

  /** How often the engine was left, by reason. */
  get exits(): Record<string, number> {
    return Object.fromEntries(REASON_NAMES.map((name, i) => [name, this.exitCounts[i]]).filter(([, n]) => n !== 0));
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
    this.debugActive = breakpointsArmed(this.state) || softwareStepArmed(this.state);
    this.noteVirtualInterrupts();
  }

  /** Engines look at the lines when a guest unmasks interrupts: those of HCR_EL2.VI, VF and VSE must be among them. */
  private noteVirtualInterrupts(): void {
    const { u32 } = this.state;
    const pending = (u32[HCR] & HCR_VIRTUAL) !== 0 && u32[ArchState.offset.el >> 2] < 2;
    if (pending) Atomics.or(this.words, this.control.lines, InterruptLines.Hypervisor);
    else Atomics.and(this.words, this.control.lines, ~InterruptLines.Hypervisor);
  }

  /** RMR_ELx.RR of the highest Exception level is set. */
  resetRequested(): boolean {
    return (this.state.sysreg(`RMR_EL${this.model.el3 ? 3 : this.model.el2 ? 2 : 1}`) & 2n) !== 0n;
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
    this.debugActive = breakpointsArmed(this.state) || softwareStepArmed(this.state);
    this.mmu.watchpointsChanged();
  }

  get core(): CoreExports {
    return this.engine.core;
  }

  /** Runs the only vCPU there is until the machine stops. */
  run(): void {
    const { words, control, host, engine } = this;
    engine.vcpu = this;
    let left = 0;
    for (;;) {
      if (left <= 0 || Atomics.load(words, control.exitRequest) !== 0) {
        Atomics.store(words, control.exitRequest, 0);
        if (host.stopRequested()) return;
        engine.installFinished();
        if (!this.powered) {
          this.park();
          continue;
        }
        this.timers.update();
        left = SLICE;
      }
      left = this.execute(left);
    }
  }

  /** Executes up to `left` instructions. @returns how many are left of the slice; none: timers and requests are to be looked at */
  private execute(left: number): number {
    const { words, control, options } = this;
    this.takeInterrupt();
    if (this.needsSlowPath() && !this.beforeInstruction()) {
      options.profiler?.passed(this);
      return 0;
    }
    this.charged = 0;
    this.core.run(options.base, left);
    const remaining = words[control.exitInfo + 3];
    const executed = left - remaining - this.charged;
    this.retire(executed);
    options.sampler?.passed(executed);
    options.profiler?.passed(this);
    const around = this.lookAround;
    this.lookAround = false;
    return around ? 0 : remaining;
  }

  /** Of one of several vCPUs: nanoseconds until it may have something to execute at the earliest; 0: it has. */
  idleFor(): number {
    const { pause, group, host } = this;
    if (!this.powered) {
      group!.enter();
      const on = host.turnedOn?.(this) === true;
      group!.leave();
      return on ? 0 : Infinity;
    }
    if (pause === undefined) return 0;
    const left = Math.min(waitLeft(this.waiting, pause.forEvent, pause.until), (pause.end - performance.now()) * 1e6);
    if (left > 0) return left;
    this.pause = undefined;
    return 0;
  }

  /** Whether all there is of it lies in memory, which it does not while instructions run one at a time. */
  get movable(): boolean {
    return this.powered && this.pause === undefined && !this.needsSlowPath();
  }

  /** Of one of several vCPUs: executes a slice at most. @param othersWait other vCPUs of the thread have something to do */
  turn(othersWait: boolean): void {
    const { words, control, group, engine } = this;
    words[this.othersWait] = Number(othersWait);
    engine.vcpu = this;
    Atomics.store(words, control.exitRequest, 0);
    group!.enter();
    try {
      engine.installFinished();
      this.timers.update();
      let left = SLICE;
      while (left > 0 && this.pause === undefined && this.powered && Atomics.load(words, control.exitRequest) === 0) {
        left = this.execute(left);
      }
    } finally {
      group!.leave();
    }
  }

  /** Takes the interrupt that is to be taken now, if there is one. */
  takeInterrupt(): void {
    const pending = pendingInterrupt(this.state, this.lines);
    if (pending === undefined) return;
    this.services.leaveLevel();
    takeInterrupt(this.state, pending);
    this.afterException();
  }

  /** It stands between two instructions. */
  passed(): void {
    this.options.profiler?.passed(this);
  }

  /** Counts executed instructions, fewer than 2^31 at a time. */
  retire(instructions: number): void {
    const { words, instructionsWord } = this;
    const before = words[instructionsWord] >>> 0;
    words[instructionsWord] = before + instructions;
    if (words[instructionsWord] >>> 0 < before) words[instructionsWord + 1]++;
  }

  /** For the engine: does what it was left for. @returns not 0: it goes on at the PC at once */
  exit(reason: number): number {
    if (this.exact !== undefined) return this.exact.exit(reason);
    if (this.refetches(reason)) return 1;
    this.handleExit(reason);
    this.words[this.control.exitInfo + 3] -= EXIT_COST;
    this.charged += EXIT_COST;
    if (LOOK_AROUND.has(reason) || !this.powered || this.host.stopRequested()) this.lookAround = true;
    return this.lookAround || this.lines !== 0 || this.needsSlowPath() ? 0 : 1;
  }

  /** Whether an exit is over when the code of the PC's page has been found. */
  refetches(reason: number): boolean {
    return (reason === ExitReason.Fetch || reason === ExitReason.BranchTarget) && this.fetch.refetch() !== 0;
  }

  /** Instructions run one at a time whatever the state. */
  private get oneByOne(): boolean {
    return this.singly || (this.options.sampler?.active ?? false);
  }

  /** State in which instructions run one at a time or not at all. */
  needsSlowPath(): boolean {
    const { u32 } = this.state;
    return this.oneByOne || u32[BTYPE] !== 0 || u32[IL] !== 0 || this.debugActive || (u32[MDSCR] & 1) !== 0;
  }

  /**
   * Executes one instruction in a state that only TypeScript looks at, after the checks that come before it in the
   * architecture's order of priority (Arm ARM, D1.3.5). False when anything happened; true leaves it to the engine.
   */
  beforeInstruction(): boolean {
    const { state } = this;
    const { u32 } = state;
    const step = softwareStepState(state);
    if (step === StepState.ActivePending) {
      const exclusive = this.steppedExclusive;
      this.exceptions.take(routeDebug(state), syndrome.softwareStep(exclusive === true, exclusive !== undefined));
      return false;
    }
    if (step === StepState.Inactive && !this.oneByOne && !this.debugActive && u32[BTYPE] === 0 && u32[IL] === 0) return true;
    const record = this.fetch.record();
    if (record === 0) return false;
    if (this.debugActive && matchBreakpoints(state, state.pc) >= 0) {
      this.exceptions.take(routeDebug(state), syndrome.breakpoint());
      return false;
    }
    if (u32[IL] !== 0) {
      this.exceptions.synchronous(syndrome.illegalState());
      return false;
    }
    const btype = u32[BTYPE];
    const word = this.code.wordAt(record);
    if (btype !== 0 && this.fetch.guarded() && !isLandingPad(state, word, btype)) {
      this.exceptions.synchronous(syndrome.btiFault(btype));
      return false;
    }
    this.stepOne(record, word, step === StepState.ActiveNotPending);
    return false;
  }

  /** Executes one instruction. PSTATE.BTYPE is still the branch's if it takes an exception, and 0 behind it. */
  private stepOne(record: number, word: number, stepping: boolean): void {
    const { words, state, options, core } = this;
    const { u32 } = state;
    if ((words[record >> 2] & 0xffff) === PseudoOperation.Decode) options.code.decode(record);
    // Exception returns set BTYPE, SS and much else themselves.
    const returns = (word & EXCEPTION_RETURN_MASK) === EXCEPTION_RETURN;
    if (returns) u32[BTYPE] = 0;
    if (options.sampler?.active) options.sampler.take(state.pc, word, u32[EL]);
    const low = u32[PC] | 0;
    const high = u32[PC + 1] | 0;
    const status = core.step(options.base, record);
    if (status === Status.Next) state.pc += 4n;
    else if (status === Status.Jump) this.fetch.settleJump(low, high);
    if (status !== Status.Exit) this.retire(1);
    if (!returns && (status === Status.Next || status === Status.ExitRetired)) u32[BTYPE] = 0;
    if (stepping) {
      this.steppedExclusive = (word & LOAD_EXCLUSIVE_MASK) === LOAD_EXCLUSIVE;
      if (!returns && status !== Status.Exit) softwareStepAdvance(state);
    }
    if (status === Status.Exit || status === Status.ExitRetired) this.handleExit(words[this.control.exitReason]);
  }

  /** Everything that follows from having taken an exception. */
  private afterException(): void {
    this.steppedExclusive = undefined;
    this.exceptionsTaken++;
    this.modeChanged();
  }

  /** Does what an exit is for. */
  handleExit(reason: number): void {
    const { state } = this;
    this.exitCounts[reason]++;
    this.exact?.leftFor(reason);
    const info = this.words[this.control.exitInfo];
    switch (reason) {
      case ExitReason.Fetch:
      case ExitReason.BranchTarget:
        this.fetch.settleBranch();
        this.fetch.record();
        return;
      case ExitReason.Hot:
        this.hot();
        return;
      case ExitReason.DataAbort:
        this.exceptions.dataAbort(false);
        return;
      case ExitReason.Undefined:
        this.exceptions.undefinedInstruction();
        return;
      case ExitReason.SupervisorCall: {
        const trap = svcException(state, info & 0xffff);
        this.exceptions.call(trap.targetEl, trap);
        return;
      }
      case ExitReason.HypervisorCall:
        this.hypervisorCall(info & 0xffff);
        return;
      case ExitReason.SecureMonitorCall:
        this.secureMonitorCall(info & 0xffff);
        return;
      case ExitReason.Breakpoint:
        this.exceptions.take(routeBrk(state), syndrome.brk(info & 0xffff));
        return;
      case ExitReason.Halt:
        this.exceptions.undefinedInstruction();
        return;
      case ExitReason.FpTrap: {
        const trap = fpAccessTrap(state);
        if (trap !== undefined) this.exceptions.trap(trap);
        else this.fpTrapChanged();
        return;
      }
      case ExitReason.WaitForInterrupt:
        this.wait(false);
        return;
      case ExitReason.WaitForEvent:
        this.wait(true);
        return;
      case ExitReason.Alone:
        this.mmu.needsAlone = false;
        this.group!.exclusively(() => this.executeAlone());
        return;
      case ExitReason.Complete:
        this.mmu.maintenance.complete();
        return;
      case ExitReason.Trap:
        this.exceptions.trap(this.services.pendingTrap!);
        return;
      default:
    }
  }

  /** WFI and WFE. */
  wait(forEvent: boolean): void {
    if (this.exact !== undefined) {
      this.exact.wait(forEvent, this.waitUntil);
      return;
    }
    if (this.group !== undefined) {
      const limit = waitLeft(this.waiting, forEvent, this.waitUntil);
      if (limit > 0) this.pause = { forEvent, until: this.waitUntil, end: performance.now() + (forEvent ? limit / 1e6 : Infinity) };
      return;
    }
    waitFor(this.waiting, forEvent, this.waitUntil);
  }

  /** Executes the instruction at the PC, while all other vCPUs stand still. */
  private executeAlone(): void {
    const record = this.fetch.record();
    if (record === 0) return;
    const stepping = softwareStepState(this.state) === StepState.ActiveNotPending;
    this.stepOne(record, this.code.wordAt(record), stepping);
  }

  /** The instruction at the PC is worth a translation. */
  private hot(): void {
    const { code } = this;
    const { translations } = this.engine;
    const record = this.fetch.record();
    if (record === 0 || translations === undefined) return;
    const { ramPage, offset } = code.placeOf(record);
    const standing = translations.waits === true ? this.group : undefined;
    standing?.leave();
    translations.request(ramPage, offset);
    standing?.enter();
  }

  private hypervisorCall(immediate: number): void {
    const { state } = this;
    if (state.field('el') >= 1 && this.firmwareCall(true)) return;
    const target = routeHvc(state);
    if (target === 'undefined') return this.exceptions.undefinedInstruction();
    this.exceptions.call(target, syndrome.hvc(immediate));
  }

  /** Whether HVC or SMC was a call of the built-in firmware. */
  private firmwareCall(hvc: boolean): boolean {
    const result = this.host.firmwareCall(this, hvc);
    if (result === 'other') return false;
    this.state.pc += 4n;
    this.waitUntil = undefined;
    if (result === 'wait') this.wait(false);
    return true;
  }

  private secureMonitorCall(immediate: number): void {
    const { state } = this;
    const target = routeSmc(state, true);
    if (target === 'undefined') return this.exceptions.undefinedInstruction();
    if (target === 2) return this.exceptions.take(2, syndrome.smc(immediate));
    if (this.firmwareCall(false)) return;
    if (routeSmc(state) === 'undefined') return this.exceptions.undefinedInstruction();
    this.exceptions.call(3, syndrome.smc(immediate));
  }

  /** Off: sleeps until woken. */
  private park(): void {
    const { words, control, host } = this;
    const seen = Atomics.load(words, control.wake);
    if (host.turnedOn?.(this) !== true && !host.stopRequested()) Atomics.wait(words, control.wake, seen, LONGEST_WAIT);
  }

  get el2Enabled(): boolean {
    return el2Enabled(this.state);
  }
}

const PC = ArchState.offset.pc >> 2;
const BTYPE = ArchState.offset.btype >> 2;
const EL = ArchState.offset.el >> 2;
const IL = ArchState.offset.il >> 2;
const MDSCR = sysregWord('MDSCR_EL1');
const HCR = sysregWord('HCR_EL2');
/** HCR_EL2.VF, VI and VSE. */
const HCR_VIRTUAL = 7 << 6;
/** ERET, ERETAA and ERETAB. */
const EXCEPTION_RETURN_MASK = 0xfffff000 | 0;
const EXCEPTION_RETURN = 0xd69f0000 | 0;
/** LDXR, LDAXR and their kin, pairs included: bits 29..24 of load/store exclusive, L set, o2 clear. */
const LOAD_EXCLUSIVE_MASK = 0x3fc00000;
const LOAD_EXCLUSIVE = 0x08400000;
