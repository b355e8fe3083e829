/** One vCPU: the run loop around the interpreter, exceptions, interrupts, waiting. */
import type { InterruptLine } from '../../devices/bus/device.js';
import type { Gic } from '../../devices/gic/gic.js';
import type { CoreExports, CoreImports } from '../../jit/interpreter/core.js';
import { ExitReason, Status } from '../../jit/emitter/services.js';
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import { FpUnit } from '../../jit/softfloat/index.js';
import { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { breakpointsArmed, matchBreakpoints } from '../../src/arch/debug/comparators.js';
import {
  StepState, softwareStepAdvance, softwareStepArmed, softwareStepState,
} from '../../src/arch/debug/software-step.js';
import {
  branchAddress, instructionSyndrome, isLandingPad, pendingInterrupt, routeBrk, routeDebug, routeExternalAbort, routeHvc,
  routeSmc, routeSynchronous, syndrome, takeException, takeInterrupt, ExceptionKind, InterruptLine as InterruptLines,
  type ExceptionRequest,
} from '../../src/arch/exceptions/index.js';
import type { Syndrome } from '../../src/arch/exceptions/syndrome.js';
import type { CpuModel } from '../../src/arch/features/cpu-model.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { resetCpu } from '../../src/arch/reset.js';
import { el2Enabled, updateSecurity } from '../../src/arch/pstate.js';
import { fpAccessTrap, fpTrapTarget } from '../../src/arch/sysreg/fp-access.js';
import { svcException } from '../../src/arch/sysreg/instruction-traps.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import { Effect } from '../../src/arch/sysreg/definition.js';
import type { SystemTrap } from '../../src/arch/sysreg/access.js';
import type { HostClock } from '../clock.js';
import type { CodeStore } from '../code/code-store.js';
import { RegionStore } from '../code/region-store.js';
import type { Translations } from '../code/translations.js';
import {
  CODE_TLB_ENTRIES, CODE_TLB_ENTRY_SHIFT, CodeTlbEntry, controlFieldOffset, VcpuLayout,
} from '../layout/vcpu-layout.js';
import { CORE_HASH } from '../../jit/interpreter/input.js';
import type { MmioBus as MmuBus } from '../mmu/interfaces.js';
import { VcpuMmu } from '../mmu/memory-access.js';
import type { PhysicalMap } from '../mmu/physical-map.js';
import { GenericTimers, TIMER_INTIDS } from '../timer/generic-timers.js';
import type { GuestProfiler } from './guest-profiler.js';
import type { InstructionSampler } from './instruction-sampler.js';
import { VcpuServices } from './services.js';
import { waitFor, type WaitContext } from './waiting.js';

/** Instructions run between looks at timers, and what an exit in between counts for. */
const SLICE = 50_000;
const EXIT_COST = 250;
/** Longest single wait, milliseconds: control words are looked at in between. */
const LONGEST_WAIT = 1000;
const PAGE_FAULT_EXTERNAL = 0x10;

const REASON_NAMES: string[] = [];
for (const [name, value] of Object.entries(ExitReason)) REASON_NAMES[value] = name;
/** Exits behind which timers and requests are looked at. */
const LOOK_AROUND: ReadonlySet<number> = new Set([
  ExitReason.WaitForInterrupt, ExitReason.WaitForEvent, ExitReason.HypervisorCall, ExitReason.SecureMonitorCall,
  ExitReason.Hot,
]);

/** What a vCPU asks of the machine. */
export interface VcpuHost {
  /** HVC or SMC of the PSCI conduit; true when it was handled (results in X registers). */
  firmwareCall(vcpu: Vcpu, hvc: boolean): boolean;
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
  /** Optimizations to leave out. */
  readonly without?: ReadonlySet<Optimization>;
  readonly sampler?: InstructionSampler | undefined;
  readonly profiler?: GuestProfiler | undefined;
  /** Makes translated code; without it everything is interpreted. */
  readonly translations?: Translations | undefined;
}

export class Vcpu {
  readonly state: CpuState;
  readonly mmu: VcpuMmu;
  readonly timers: GenericTimers;
  readonly services: VcpuServices;
  /** By ExitReason. */
  private readonly exitCounts = new Float64Array(REASON_NAMES.length);
  readonly model: CpuModel;
  /** Event register of WFE. */
  event = false;
  /** PSTATE.EL0..3 execution stops here until PSCI turns it on. */
  powered = false;
  private readonly words: Int32Array;
  private readonly control: { exitRequest: number; wake: number; lines: number; exitReason: number; exitInfo: number };
  private readonly core: CoreExports;
  readonly regions: RegionStore;
  private regionImports: WebAssembly.ModuleImports = {};
  private readonly fpTrapped: number;
  private readonly instructionsWord: number;
  private readonly branchSource: number;
  /** CNTVCT_EL0 value that ends the wait of WFIT or WFET. */
  waitUntil: bigint | undefined;
  /** Breakpoints may match, or software step may begin, at this Exception level: instructions run one at a time. */
  private debugActive = false;
  /** The instruction that software step has just executed was a load-exclusive; undefined when none was executed. */
  private steppedExclusive: boolean | undefined;
  private readonly hasBti: boolean;
  /** Every instruction runs in its function form, without the main loop. */
  private readonly singly: boolean;
  private readonly waiting: WaitContext;
  /** What exits have taken off the budget of the engine's current run. */
  private charged = 0;
  /** Timers and requests are looked at before the engine runs again. */
  private lookAround = false;

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
    this.branchSource = word('branchSource');
    this.instructionsWord = word('instructions');
    this.state = new CpuState(memory.buffer, base);
    this.mmu = new VcpuMmu({
      cpu: this.state, vcpuBase: base, map: options.map, bus: options.bus, code: options.code,
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
    this.hasBti = model.has('FEAT_BTI');
    this.singly = options.without?.has('main-loop') ?? false;
    this.waiting = {
      state: this.state, timers: this.timers, words: this.words, wakeWord: this.control.wake,
      monitorWord: word('monitorArmed'),
      lines: () => this.lines,
      stopRequested: () => options.host.stopRequested(),
      takeEvent: () => {
        const { event } = this;
        this.event = false;
        return event;
      },
    };
    this.services = new VcpuServices(this, gic, index, options.without);
    this.regions = new RegionStore(memory, options.code, () => this.regionImports);
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
      exit: (reason: number) => this.exit(reason),
      decode: (record: number) => code.decode(record),
      service: (service: number, word: number) => this.services.perform(service, word),
      compute: (id: number) => this.services.compute(id),
      fp: (operation: number, d: number, n: number, m: number, a: number) => fp.execute(operation, d, n, m, a),
      memory, regions: this.regions.table,
    };
    const instance = new WebAssembly.Instance(core, { env: imports as never });
    const exports = instance.exports as unknown as CoreExports;
    if (exports.layoutHash() >>> 0 !== CORE_HASH) throw new Error('core.wasm belongs to another build');
    this.regionImports = { ...instance.exports, fp: imports.fp } as WebAssembly.ModuleImports;
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

  /** Runs until the machine stops. */
  run(): void {
    const { words, control, core, options } = this;
    const { host } = options;
    let left = 0;
    for (;;) {
      if (left <= 0 || Atomics.load(words, control.exitRequest) !== 0) {
        Atomics.store(words, control.exitRequest, 0);
        if (host.stopRequested()) return;
        for (const module of options.translations?.finished() ?? []) this.regions.install(module);
        if (!this.powered) {
          this.park(Infinity);
          continue;
        }
        this.timers.update();
        left = SLICE;
      }
      const pending = pendingInterrupt(this.state, this.lines);
      if (pending !== undefined) {
        this.services.leaveLevel();
        takeInterrupt(this.state, pending);
        this.afterException();
      }
      if (this.needsSlowPath() && !this.beforeInstruction()) {
        options.profiler?.passed(this);
        left = 0;
        continue;
      }
      this.charged = 0;
      core.run(options.base, left);
      const remaining = words[control.exitInfo + 3];
      const executed = left - remaining - this.charged;
      this.retire(executed);
      options.sampler?.passed(executed);
      options.profiler?.passed(this);
      left = this.lookAround ? 0 : remaining;
      this.lookAround = false;
    }
  }

  /** Counts executed instructions, fewer than 2^31 at a time. */
  private retire(instructions: number): void {
    const { words, instructionsWord } = this;
    const before = words[instructionsWord] >>> 0;
    words[instructionsWord] = before + instructions;
    if (words[instructionsWord] >>> 0 < before) words[instructionsWord + 1]++;
  }

  /** An exit of the engine. @returns whether it goes on at the PC at once */
  private exit(reason: number): number {
    if ((reason === ExitReason.Fetch || reason === ExitReason.BranchTarget) && this.refetch() !== 0) return 1;
    this.handleExit(reason);
    this.words[this.control.exitInfo + 3] -= EXIT_COST;
    this.charged += EXIT_COST;
    if (LOOK_AROUND.has(reason) || !this.powered || this.host.stopRequested()) this.lookAround = true;
    return this.lookAround || this.lines !== 0 || this.needsSlowPath() ? 0 : 1;
  }

  /** Instructions run one at a time whatever the state. */
  private get oneByOne(): boolean {
    return this.singly || (this.options.sampler?.active ?? false);
  }

  /** State in which instructions run one at a time or not at all. */
  private needsSlowPath(): boolean {
    const { u32 } = this.state;
    return this.oneByOne || u32[BTYPE] !== 0 || u32[IL] !== 0 || this.debugActive || (u32[MDSCR] & 1) !== 0;
  }

  /**
   * Executes one instruction in a state that only TypeScript looks at, after the checks that come before it in the
   * architecture's order of priority (Arm ARM, D1.3.5). False when anything happened; true leaves it to the engine.
   */
  private beforeInstruction(): boolean {
    const { state } = this;
    const { u32 } = state;
    const step = softwareStepState(state);
    if (step === StepState.ActivePending) {
      const exclusive = this.steppedExclusive;
      this.exception(routeDebug(state), syndrome.softwareStep(exclusive === true, exclusive !== undefined));
      return false;
    }
    if (step === StepState.Inactive && !this.oneByOne && !this.debugActive && u32[BTYPE] === 0 && u32[IL] === 0) return true;
    const record = this.fetch();
    if (record === 0) return false;
    if (this.debugActive && matchBreakpoints(state, state.pc) >= 0) {
      this.exception(routeDebug(state), syndrome.breakpoint());
      return false;
    }
    if (u32[IL] !== 0) {
      this.synchronous(syndrome.illegalState());
      return false;
    }
    const btype = u32[BTYPE];
    const word = this.options.code.wordAt(record);
    if (btype !== 0 && this.guarded() && !isLandingPad(state, word, btype)) {
      this.synchronous(syndrome.btiFault(btype));
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
    else if (status === Status.Jump) this.settleTarget();
    if (status !== Status.Exit) this.retire(1);
    if (!returns && (status === Status.Next || status === Status.ExitRetired)) u32[BTYPE] = 0;
    if (status === Status.Jump && !this.hasBti) u32[BTYPE] = 0;
    else if (status === Status.Jump && u32[BTYPE] === BTYPE_BR) this.settleBranchType(low, high);
    if (stepping) {
      this.steppedExclusive = (word & LOAD_EXCLUSIVE_MASK) === LOAD_EXCLUSIVE;
      if (!returns && status !== Status.Exit) softwareStepAdvance(state);
    }
    if (status === Status.Exit || status === Status.ExitRetired) this.handleExit(words[this.control.exitReason]);
  }

  /** PC and BTYPE as a branch leaves them for good, its target being looked at. */
  private settleBranch(): void {
    const { state, words, branchSource } = this;
    this.settleTarget();
    if (state.u32[BTYPE] === BTYPE_BR) this.settleBranchType(words[branchSource], words[branchSource + 1]);
  }

  /**
   * For the engine, which had a branch to the PC: enters its page into the code TLB, and lets it go on at a landing pad.
   * @returns 0 when it takes more than that
   */
  private refetch(): number {
    this.settleBranch();
    const { state, mmu, options } = this;
    const { u32 } = state;
    const low = u32[PC] | 0;
    if (!this.hasBti) u32[BTYPE] = 0;
    if ((low & 3) !== 0) return 0;
    const records = mmu.fetch(u32[PC + 1] | 0, low);
    if (records === 0 || u32[BTYPE] === 0) return records;
    const word = options.code.wordAt(records + ((low & 0xffc) << 2));
    // others take exceptions, which report BTYPE
    if (this.guarded() && ((word & BTI_MASK) !== BTI || !isLandingPad(state, word, u32[BTYPE]))) return 0;
    u32[BTYPE] = 0;
    return records;
  }

  /** Record of the instruction at the PC, after the checks of a fetch; 0 when an exception was taken instead. */
  private fetch(): number {
    const { state, mmu } = this;
    const pcLow = state.u32[PC] | 0;
    if (!this.hasBti) state.u32[BTYPE] = 0;
    if ((pcLow & 3) !== 0) {
      this.synchronous(syndrome.pcAlignment(), state.pc);
      return 0;
    }
    const records = mmu.fetch(state.u32[PC + 1] | 0, pcLow);
    if (records === 0) {
      this.instructionAbort();
      return 0;
    }
    return records + ((pcLow & 0xffc) << 2);
  }

  /** Word index of the code TLB entry that translates an address, by its lower half; that of the PC is the default. */
  private codeEntry(low = this.state.u32[PC]): number {
    const page = (low >>> 12) & (CODE_TLB_ENTRIES - 1);
    return (this.options.base + VcpuLayout.codeTlb + (page << CODE_TLB_ENTRY_SHIFT)) >> 2;
  }

  /** Is the page of the instruction that was fetched last a guarded one? @param low lower half of its address */
  private guarded(low = this.state.u32[PC]): boolean {
    return (this.words[this.codeEntry(low) + (CodeTlbEntry.offset.flags >> 2)] & 1) !== 0;
  }

  /**
   * The PC after a branch has no tag where translation ignores tags (AArch64.BranchAddr). Code TLBs hold addresses without
   * tags only: a branch to another one comes here first.
   */
  private settleTarget(): void {
    const { state } = this;
    const top = (state.u32[PC + 1] | 0) >> 23;
    if (top !== 0 && top !== -1) state.pc = branchAddress(state, state.pc);
  }

  /** BR to a register other than X16 and X17 leaves BTYPE 3 in guarded pages only, else 1 (Arm ARM, BTypeNext of BR). */
  private settleBranchType(low: number, high: number): void {
    const { state, mmu } = this;
    if (mmu.fetch(high, low) !== 0 && !this.guarded(low)) state.u32[BTYPE] = 1;
  }

  /** Word of the instruction being executed. */
  private currentWord(): number {
    const records = this.words[this.codeEntry() + (CodeTlbEntry.offset.records >> 2)];
    return this.options.code.wordAt(records + ((this.state.u32[PC] & 0xffc) << 2));
  }

  /** Everything that follows from having taken an exception. */
  private afterException(): void {
    this.steppedExclusive = undefined;
    this.modeChanged();
  }

  private take(request: ExceptionRequest): void {
    this.services.leaveLevel();
    takeException(this.state, request);
    this.afterException();
  }

  /** A synchronous exception that nothing routes specially. */
  private synchronous(value: Syndrome, far?: bigint): void {
    this.exception(routeSynchronous(this.state), value, far);
  }

  /** SVC, HVC and SMC complete before their exception: the step they may be under does too. */
  private call(targetEl: number, value: Syndrome): void {
    const { state } = this;
    if (softwareStepState(state) === StepState.ActiveNotPending) softwareStepAdvance(state);
    this.take({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, returnAddress: state.pc + 4n });
  }

  private handleExit(reason: number): void {
    const { state } = this;
    this.exitCounts[reason]++;
    const info = this.words[this.control.exitInfo];
    switch (reason) {
      case ExitReason.Fetch:
      case ExitReason.BranchTarget:
        this.settleBranch();
        this.fetch();
        return;
      case ExitReason.Hot:
        this.hot();
        return;
      case ExitReason.DataAbort:
        this.dataAbort(false);
        return;
      case ExitReason.Undefined:
        this.undefinedInstruction();
        return;
      case ExitReason.SupervisorCall: {
        const trap = svcException(state, info & 0xffff);
        this.call(trap.targetEl, trap);
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
        this.undefinedInstruction();
        return;
      case ExitReason.FpTrap: {
        const trap = fpAccessTrap(state);
        if (trap !== undefined) this.trap(trap);
        else this.fpTrapChanged();
        return;
      }
      case ExitReason.WaitForInterrupt:
        waitFor(this.waiting, false, this.waitUntil);
        return;
      case ExitReason.WaitForEvent:
        waitFor(this.waiting, true, this.waitUntil);
        return;
      case ExitReason.Trap:
        this.trap(this.services.pendingTrap!);
        return;
      default:
    }
  }

  /** The instruction at the PC is worth a translation. */
  private hot(): void {
    const { code, translations } = this.options;
    const record = this.fetch();
    if (record === 0 || translations === undefined) return;
    const { ramPage, offset } = code.placeOf(record);
    translations.request(ramPage, offset);
  }

  private trap(trap: SystemTrap): void {
    this.exception(trap.targetEl, trap);
  }

  private exception(targetEl: number, value: Syndrome, far?: bigint): void {
    this.take({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, ...(far === undefined ? {} : { far }) });
  }

  private undefinedInstruction(): void {
    this.synchronous(syndrome.unknownReason());
  }

  private hypervisorCall(immediate: number): void {
    const { state } = this;
    if (state.field('el') >= 1 && this.host.firmwareCall(this, true)) {
      state.pc += 4n;
      return;
    }
    const target = routeHvc(state);
    if (target === 'undefined') return this.undefinedInstruction();
    this.call(target, syndrome.hvc(immediate));
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
    this.call(3, syndrome.smc(immediate));
  }

  /** Takes the abort that `mmu.fault` describes. @param maintenance a cache maintenance instruction made the access */
  dataAbort(maintenance: boolean): void {
    const { fault } = this.mmu;
    if (fault.watchpoint) {
      this.exception(routeDebug(this.state), syndrome.watchpoint(fault.write, maintenance), fault.address);
      return;
    }
    const reported = fault.stage2 && !fault.stage1Walk && !maintenance;
    const instruction = reported ? instructionSyndrome(this.currentWord()) : undefined;
    const value = syndrome.dataAbort({
      status: fault.status, write: fault.write, cm: maintenance, s1ptw: fault.stage1Walk,
      ...(instruction === undefined ? {} : { instruction }),
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
    this.take({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, far: fault.address, ...hpfar });
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
const BTYPE = ArchState.offset.btype >> 2;
/** BTYPE of BR, while it is open whether it lies in a guarded page. */
const BTYPE_BR = 3;
const EL = ArchState.offset.el >> 2;
const IL = ArchState.offset.il >> 2;
const MDSCR = sysregWord('MDSCR_EL1');
const HCR = sysregWord('HCR_EL2');
/** HCR_EL2.VF, VI and VSE. */
const HCR_VIRTUAL = 7 << 6;
/** BTI, whatever its targets. */
const BTI_MASK = 0xffffff3f | 0;
const BTI = 0xd503241f | 0;
/** ERET, ERETAA and ERETAB. */
const EXCEPTION_RETURN_MASK = 0xfffff000 | 0;
const EXCEPTION_RETURN = 0xd69f0000 | 0;
/** LDXR, LDAXR and their kin, pairs included: bits 29..24 of load/store exclusive, L set, o2 clear. */
const LOAD_EXCLUSIVE_MASK = 0x3fc00000;
const LOAD_EXCLUSIVE = 0x08400000;
