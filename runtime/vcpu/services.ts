/** Instructions that TypeScript performs for the engines: system registers, maintenance, exception return, waiting. */
import { randomFillSync } from 'node:crypto';
import type { CpuInterface } from '../../devices/gic/cpu-interface.js';
import type { Gic } from '../../devices/gic/gic.js';
import { ComputeId } from '../../jit/emitter/compute.js';
import {
  ExitReason, GRANTED, REMEMBERED_READS, REMEMBERED_ZERO, serviceNames, Status, ZERO_BLOCK, type ServiceName,
} from '../../jit/emitter/services.js';
import { exceptionReturn, wakesFromWfi } from '../../src/arch/exceptions/index.js';
import { AUTHENTICATION_FAILED } from '../../src/arch/pauth.js';
import { isTrap, type SystemTrap } from '../../src/arch/sysreg/access.js';
import { Effect } from '../../src/arch/sysreg/definition.js';
import { packEncoding } from '../../src/arch/sysreg/encoding.js';
import {
  eretInstructionTrap, pacFailureTrap, pauthInstructionTrap, waitTrap,
} from '../../src/arch/sysreg/instruction-traps.js';
import { msrImmediate } from '../../src/arch/sysreg/msr-immediate.js';
import { isSysTrap, SystemInstructions } from '../../src/arch/sysreg/sys-instructions.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import { SystemRegisters } from '../../src/arch/sysreg/system-registers.js';
import { WfxKind } from '../../src/arch/exceptions/syndrome.js';
import { ArchState, XSlot } from '../../src/arch/state-layout.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { AccessFlag } from '../mmu/access-flags.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import { InstructionControls } from './instruction-controls.js';
import { executeMemoryCopySet, type MemoryCopySetContext } from './memory-copy.js';
import { executeTagAccess } from './memory-tags.js';
import type { Vcpu } from './vcpu.js';

const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');
/** TTBR0_EL1, TTBR1_EL1: a write is a context switch. */
const TTBR0 = packEncoding(3, 0, 2, 0, 0) & 0x7fff;
const TTBR1 = packEncoding(3, 0, 2, 0, 1) & 0x7fff;
const SEVL = 0xd50320bf | 0;

type Handler = (word: number) => number;

/** Gives as many random numbers as the array has places. */
export type RandomNumbers = (numbers: BigUint64Array) => void;

export class VcpuServices {
  readonly registers: SystemRegisters;
  /** The trap behind ExitReason.Trap. */
  pendingTrap: SystemTrap | undefined;
  private readonly instructions: SystemInstructions;
  private readonly controls: InstructionControls;
  private readonly handlers: Handler[];
  private readonly bytes: Uint8Array;
  private readonly monitorArmed: Uint32Array;
  private readonly remembered: Uint32Array;
  private readonly rememberedValues: BigUint64Array;
  private readonly granted: Uint32Array;
  private readonly remembers: boolean;
  private readonly grants: boolean;
  private readonly zerosInline: boolean;
  private readonly random = new BigUint64Array(32);
  private randomLeft = 0;
  private readonly gicContext;
  private readonly cpuInterface: CpuInterface;

  constructor(
    private readonly vcpu: Vcpu,
    gic: Gic,
    index: number,
    without: ReadonlySet<Optimization> = new Set(),
    private readonly fillRandom: RandomNumbers = (numbers) => void randomFillSync(numbers),
  ) {
    const { state, timers } = vcpu;
    const { u32 } = state;
    this.remembers = !without.has('remembered-registers');
    this.grants = !without.has('inline-maintenance');
    this.zerosInline = !without.has('inline-zero');
    this.bytes = new Uint8Array(state.buffer);
    this.monitorArmed = new Uint32Array(state.buffer, state.base + controlFieldOffset.monitorArmed, 1);
    this.remembered = new Uint32Array(state.buffer, state.base + controlFieldOffset.remembered, 1);
    this.granted = new Uint32Array(state.buffer, state.base + controlFieldOffset.granted, 1);
    const values = state.base + controlFieldOffset.rememberedValues;
    this.rememberedValues = new BigUint64Array(state.buffer, values, REMEMBERED_READS.length);
    this.gicContext = {
      get el(): number {
        return u32[ArchState.offset.el >> 2];
      },
      get scrEl3(): number {
        return u32[SCR];
      },
      get hcrEl2(): number {
        return vcpu.el2Enabled ? u32[HCR] : 0;
      },
    };
    this.cpuInterface = gic.cpuInterface(index, this.gicContext);
    this.registers = new SystemRegisters(state, vcpu.model, {
      gic: this.cpuInterface,
      timer: {
        count: () => BigInt(timers.counts()),
        changed: () => {
          timers.invalidate();
          timers.update();
        },
      },
      performance: {
        cycles: () => BigInt(timers.counts()) * 16n,
        instructions: () => new BigUint64Array(state.buffer)[(state.base + controlFieldOffset.instructions) >> 3],
        setInterrupt: (level) => gic.ppi(index, 23).set(level),
      },
      interruptLines: () => vcpu.lines,
      random: () => this.nextRandom(),
    });
    this.instructions = new SystemInstructions(state, vcpu.model);
    this.controls = new InstructionControls(state, state.base, vcpu.model);
    const control = new Int32Array(state.buffer);
    const exitRequest = (state.base + controlFieldOffset.exitRequest) >> 2;
    const copyContext: MemoryCopySetContext = {
      cpu: state, mmu: vcpu.mmu, bytes: this.bytes,
      // an exact run gives way between instructions only
      exitRequested: () => vcpu.exact === undefined && Atomics.load(control, exitRequest) !== 0,
      leave: (reason) => vcpu.setExitReason(reason),
      trap: (trap) => {
        this.pendingTrap = trap;
      },
    };
    const table: Partial<Record<ServiceName, Handler>> = {
      mrs: (word) => this.mrs(word),
      msr: (word) => this.msr(word),
      msrImmediate: (word) => this.msrImmediate(word),
      sys: (word) => this.sys(word),
      sysl: (word) => this.sysl(word),
      eret: () => this.eret(),
      eretAuthenticated: (word) => this.eretAuthenticated(word),
      wfi: (word) => this.waitInstruction(word, WfxKind.WFI),
      wfe: (word) => this.waitInstruction(word, WfxKind.WFE),
      wfxt: (word) => this.waitTimeout(word),
      sev: (word) => {
        if (word === SEVL) vcpu.events.set();
        else vcpu.events.send();
        return Status.Next;
      },
      pauth: () => {
        const trap = pauthInstructionTrap(state);
        return trap === undefined ? Status.Next : this.trap(trap);
      },
      pauthFailure: (word) => this.trap(pacFailureTrap(state, word)),
      barrier: () => (vcpu.awaitsCompletion() ? this.exitRetired(ExitReason.Complete) : Status.Next),
      memoryTag: (word) => this.exitUnless(executeTagAccess(word, state, vcpu.mmu), ExitReason.DataAbort),
      memoryCopySet: (word) => executeMemoryCopySet(word, copyContext),
    };
    this.handlers = serviceNames.map((name) => table[name] ?? (() => this.undefined()));
  }

  /** Performs a service; the PC is the instruction's. */
  perform(service: number, word: number): number {
    return this.handlers[service](word);
  }

  /** Computes with operands in the scratch field. */
  compute(id: number): void {
    if (id === ComputeId.pointerAuthenticationCode) this.controls.computePac();
  }

  /** Recomputes what instructions depend on at this Exception level. */
  modeChanged(): void {
    this.forget();
    this.controls.update();
    if (this.vcpu.model.el3) this.cpuInterface.contextChanged();
  }

  /** The vCPU's block was replaced, or was another thread's. */
  restored(): void {
    this.controls.reset();
  }

  /** Performance counters whose filters look at the Exception level: call before it changes. */
  leaveLevel(): void {
    const { counters } = this.registers;
    if (counters.active) counters.synchronize();
  }

  private nextRandom(): bigint {
    if (this.randomLeft === 0) {
      this.fillRandom(this.random);
      this.randomLeft = this.random.length;
    }
    return this.random[--this.randomLeft];
  }

  private trap(trap: SystemTrap): number {
    this.pendingTrap = trap;
    this.vcpu.setExitReason(ExitReason.Trap);
    return Status.Exit;
  }

  private undefined(): number {
    this.vcpu.setExitReason(ExitReason.Undefined);
    return Status.Exit;
  }

  private exitUnless(done: boolean, reason: ExitReason): number {
    if (done) return Status.Next;
    this.vcpu.setExitReason(reason);
    return Status.Exit;
  }

  private advance(): void {
    const { u32 } = this.vcpu.state;
    const low = (u32[PC] + 4) >>> 0;
    u32[PC] = low;
    if (low < 4) u32[PC + 1]++;
  }

  private exitRetired(reason: ExitReason): number {
    this.advance();
    this.vcpu.setExitReason(reason);
    return Status.ExitRetired;
  }

  private mrs(word: number): number {
    const encoding = (word >>> 5) & 0x7fff;
    const rt = word & 31;
    const { state } = this.vcpu;
    const value = this.registers.read(encoding, rt);
    if (isTrap(value)) return this.trap(value);
    if (rt !== 31) state.u64[X + rt] = value;
    const remember = REMEMBERED_READS.indexOf(encoding);
    if (remember >= 0 && this.remembers) {
      this.rememberedValues[remember] = value;
      this.remembered[0] |= 1 << remember;
    }
    return Status.Next;
  }

  /** The engines must ask again for what they remember. */
  private forget(): void {
    this.remembered[0] = 0;
    this.granted[0] = 0;
  }

  private msr(word: number): number {
    this.forget();
    const encoding = (word >>> 5) & 0x7fff;
    const rt = word & 31;
    const { state } = this.vcpu;
    const effects = this.registers.write(encoding, rt === 31 ? 0n : state.u64[X + rt], rt);
    if (isTrap(effects)) return this.trap(effects);
    if (effects === 0) return Status.Next;
    return this.apply(effects, encoding === TTBR0 || encoding === TTBR1);
  }

  private apply(effects: number, tables: boolean): number {
    const { vcpu } = this;
    if (effects & Effect.Reset && vcpu.resetRequested()) {
      vcpu.reset();
      vcpu.setExitReason(ExitReason.Resume);
      return Status.ExitRetired;
    }
    vcpu.applyEffects(effects, tables);
    if (effects & Effect.Timer) {
      vcpu.timers.invalidate();
      vcpu.timers.update();
    }
    // an exact run gives way wherever it might, so that nothing depends on what is pending
    const quiet = vcpu.exact === undefined && vcpu.lines === 0;
    if (effects & Effect.Debug || (effects & (Effect.Interrupts | Effect.Timer) && !quiet)) {
      return this.exitRetired(ExitReason.Interrupts);
    }
    // Translated addresses may mean something else now, that of the next instruction included.
    if (tables && quiet) return this.jumpOn();
    if (effects & (Effect.Translation | Effect.AccessContext)) return this.exitRetired(ExitReason.Resume);
    return Status.Next;
  }

  /** Goes on behind the instruction as at a jump: the page being executed is looked up again. */
  private jumpOn(): number {
    this.advance();
    this.vcpu.state.setField('btype', 0);
    return Status.Jump;
  }

  private msrImmediate(word: number): number {
    const { state } = this.vcpu;
    const effects = msrImmediate(state, (word >>> 16) & 7, (word >>> 8) & 15, (word >>> 5) & 7);
    if (isTrap(effects)) return this.trap(effects);
    return effects === 0 ? Status.Next : this.apply(effects, false);
  }

  private sysl(word: number): number {
    const result = this.instructions.check((word >>> 5) & 0x7fff, word & 31, true);
    return isSysTrap(result) ? this.trap(result) : Status.Next;
  }

  private sys(word: number): number {
    const { vcpu } = this;
    const { state, mmu } = vcpu;
    const rt = word & 31;
    const instruction = this.instructions.check((word >>> 5) & 0x7fff, rt);
    if (isSysTrap(instruction)) return this.trap(instruction);
    this.grant((word >>> 5) & 0x3fff);
    const slot = (X + rt) * 2;
    const low = rt === 31 ? 0 : state.u32[slot] | 0;
    const high = rt === 31 ? 0 : state.u32[slot + 1] | 0;
    switch (instruction.kind) {
      case 'tlbi':
        mmu.maintenance.tlbi(instruction.operation, high, low);
        // The page being executed may be gone.
        return this.jumpOn();
      case 'at': {
        const address = rt === 31 ? 0n : state.u64[X + rt];
        const par = mmu.addressTranslation.translate(instruction.operation, address, mmu.fault);
        if (par === undefined) {
          vcpu.exceptions.dataAbort(true);
          vcpu.setExitReason(ExitReason.Resume);
          return Status.Exit;
        }
        state.setSysreg('PAR_EL1', par);
        return Status.Next;
      }
      case 'dc':
        return this.dataCache(instruction.operation, high, low);
      case 'ic':
        // Decoded code follows every store, so there is nothing stale; only the translation can matter.
        if (instruction.operation === 'IVAU' && state.field('el') === 0) return this.checkMaintenance(high, low, 0);
        return Status.Next;
      default:
        return Status.Next;
    }
  }

  /** The engines may carry out a SYS instruction from now on, which was checked. */
  private grant(encoding: number): void {
    const index = this.grants ? GRANTED.findIndex((one) => one.encoding === encoding) : -1;
    if (index < 0) return;
    const { state, mmu } = this.vcpu;
    const el = state.field('el');
    const { does } = GRANTED[index];
    // for EL0 there is an address to check; HCR_EL2.FB makes it another instruction
    if ((does === 'nothing' && el === 0) || (does === 'page' && el === 1 && mmu.state.forcedBroadcast)) return;
    this.granted[0] |= 1 << index;
  }

  private dataCache(operation: string, high: number, low: number): number {
    if (operation === 'ZVA' || operation === 'GZVA') return this.zero(high, low);
    if (operation === 'GVA') return this.checkBlock(high, low);
    if (operation.endsWith('SW')) return Status.Next;
    return this.checkMaintenance(high, low, operation === 'IVAC' ? 1 : 0);
  }

  private checkMaintenance(high: number, low: number, flags: number): number {
    const { mmu } = this.vcpu;
    if (flags === 0 && mmu.isReadable(high, low)) return Status.Next;
    if (mmu.translateForMaintenance(high, low, flags) !== 0) return Status.Next;
    this.vcpu.exceptions.dataAbort(true);
    this.vcpu.setExitReason(ExitReason.Resume);
    return Status.Exit;
  }

  private zero(high: number, low: number): number {
    const { vcpu } = this;
    const { mmu } = vcpu;
    const offset = mmu.access(high, low & -ZERO_BLOCK, ZERO_BLOCK, 1);
    if (offset === 0) {
      // FAR_ELx holds the instruction's operand.
      if (!mmu.fault.watchpoint) mmu.fault.vaLow = low;
      vcpu.setExitReason(ExitReason.DataAbort);
      return Status.Exit;
    }
    this.bytes.fill(0, offset, offset + ZERO_BLOCK);
    mmu.commit();
    if (this.zerosInline) this.remembered[0] |= REMEMBERED_ZERO;
    return Status.Next;
  }

  /** DC GVA without Allocation Tags: the checks of DC ZVA. */
  private checkBlock(high: number, low: number): number {
    const { vcpu } = this;
    const { mmu } = vcpu;
    if (mmu.check(high, low & -ZERO_BLOCK, ZERO_BLOCK, AccessFlag.Write)) return Status.Next;
    if (!mmu.fault.watchpoint) mmu.fault.vaLow = low;
    vcpu.setExitReason(ExitReason.DataAbort);
    return Status.Exit;
  }

  private eret(): number {
    const { vcpu } = this;
    const { state } = vcpu;
    if (state.field('el') === 0) return this.undefined();
    const trap = eretInstructionTrap(state, 0);
    if (trap !== undefined) return this.trap(trap);
    return this.returnTo(undefined);
  }

  /** ERETAA and ERETAB: bit 10 tells the key. */
  private eretAuthenticated(word: number): number {
    const { state } = this.vcpu;
    const el = state.field('el');
    if (el === 0) return this.undefined();
    const keyB = (word & (1 << 10)) !== 0;
    const trap = eretInstructionTrap(state, keyB ? 3 : 2);
    if (trap !== undefined) return this.trap(trap);
    const link = state.sysreg(`ELR_EL${el}`);
    const address = this.controls.authenticateReturn(keyB ? 'IB' : 'IA', link, state.x(XSlot.SP));
    if (isTrap(address)) return this.trap(address);
    return address === AUTHENTICATION_FAILED ? this.trap(pacFailureTrap(state, word)) : this.returnTo(address);
  }

  /** Exception return to ELR, or to an address that was authenticated. */
  returnTo(address: bigint | undefined): number {
    const { vcpu } = this;
    this.leaveLevel();
    exceptionReturn(vcpu.state, address);
    vcpu.events.set();
    this.monitorArmed[0] = 0;
    vcpu.modeChanged();
    vcpu.setExitReason(ExitReason.Resume);
    return Status.ExitRetired;
  }

  private waitInstruction(_word: number, kind: number): number {
    const { vcpu } = this;
    const event = kind === WfxKind.WFE;
    if (event ? this.vcpu.events.take() : this.interruptPending()) return Status.Next;
    const trap = waitTrap(vcpu.state, kind);
    if (trap !== undefined) return this.trap(trap);
    vcpu.waitUntil = undefined;
    return this.exitRetired(event ? ExitReason.WaitForEvent : ExitReason.WaitForInterrupt);
  }

  /** WFET is op2 0, WFIT op2 1; Rt holds the CNTVCT_EL0 value to wait for. */
  private waitTimeout(word: number): number {
    const { vcpu } = this;
    const { state } = vcpu;
    const event = (word & (1 << 5)) === 0;
    const rt = word & 31;
    const until = rt === 31 ? 0n : state.u64[X + rt];
    if (event ? this.vcpu.events.take() : this.interruptPending()) return Status.Next;
    if (vcpu.timers.untilVirtualCount(until) <= 0) return Status.Next;
    const trap = waitTrap(state, event ? WfxKind.WFET : WfxKind.WFIT, rt);
    if (trap !== undefined) return this.trap(trap);
    vcpu.waitUntil = until;
    return this.exitRetired(event ? ExitReason.WaitForEvent : ExitReason.WaitForInterrupt);
  }

  /** A WFI would not wait. */
  private interruptPending(): boolean {
    const { vcpu } = this;
    vcpu.timers.update();
    return wakesFromWfi(vcpu.state, vcpu.lines);
  }
}

const X = ArchState.offset.x >> 3;
const PC = ArchState.offset.pc >> 2;
