/** How a vCPU takes synchronous exceptions: where they go, and with which syndrome. */
import type { CpuState } from '../../src/arch/cpu-state.js';
import { StepState, softwareStepAdvance, softwareStepState } from '../../src/arch/debug/software-step.js';
import {
  instructionSyndrome, routeDebug, routeExternalAbort, routeSynchronous, syndrome, takeException, ExceptionKind,
  type ExceptionRequest,
} from '../../src/arch/exceptions/index.js';
import type { Syndrome } from '../../src/arch/exceptions/syndrome.js';
import type { SystemTrap } from '../../src/arch/sysreg/access.js';
import type { MmuFault } from '../mmu/mmu-fault.js';

/** Fault status codes of synchronous external aborts (Arm ARM, ESR_ELx.DFSC): not on a walk, and on one by level. */
const EXTERNAL = 0x10;
const [EXTERNAL_ON_WALK, EXTERNAL_ON_WALK_LAST] = [0x13, 0x17];

/** What the vCPU does beside. */
export interface ExceptionHost {
  /** The Exception level is about to be left. */
  leaveLevel(): void;
  /** An exception has been taken. */
  taken(): void;
  /** Word of the instruction being executed. */
  word(): number;
}

export class Exceptions {
  /** @param fault of the vCPU's MMU */
  constructor(
    private readonly state: CpuState,
    private readonly fault: MmuFault,
    private readonly host: ExceptionHost,
  ) {}

  private request(request: ExceptionRequest): void {
    this.host.leaveLevel();
    takeException(this.state, request);
    this.host.taken();
  }

  take(targetEl: number, value: Syndrome, far?: bigint): void {
    this.request({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, ...(far === undefined ? {} : { far }) });
  }

  /** One that nothing routes specially. */
  synchronous(value: Syndrome, far?: bigint): void {
    this.take(routeSynchronous(this.state), value, far);
  }

  /** SVC, HVC and SMC complete before their exception: the step they may be under does too. */
  call(targetEl: number, value: Syndrome): void {
    const { state } = this;
    if (softwareStepState(state) === StepState.ActiveNotPending) softwareStepAdvance(state);
    this.request({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, returnAddress: state.pc + 4n });
  }

  trap(trap: SystemTrap): void {
    this.take(trap.targetEl, trap);
  }

  undefinedInstruction(): void {
    this.synchronous(syndrome.unknownReason());
  }

  /** The abort that the MMU's fault describes. @param maintenance a cache maintenance instruction made the access */
  dataAbort(maintenance: boolean): void {
    const { fault } = this;
    if (fault.watchpoint) {
      this.take(routeDebug(this.state), syndrome.watchpoint(fault.write, maintenance), fault.address);
      return;
    }
    const reported = fault.stage2 && !fault.stage1Walk && !maintenance;
    const instruction = reported ? instructionSyndrome(this.host.word()) : undefined;
    this.abort(syndrome.dataAbort({
      status: fault.status, write: fault.write, cm: maintenance, s1ptw: fault.stage1Walk,
      ...(instruction === undefined ? {} : { instruction }),
    }));
  }

  instructionAbort(): void {
    const { status, stage1Walk } = this.fault;
    this.abort(syndrome.instructionAbort({ status, s1ptw: stage1Walk }));
  }

  private abort(value: Syndrome): void {
    const { state, fault } = this;
    const { status } = fault;
    const external = status === EXTERNAL || (status >= EXTERNAL_ON_WALK && status <= EXTERNAL_ON_WALK_LAST);
    const targetEl = fault.stage2 ? 2 : external ? routeExternalAbort(state) : routeSynchronous(state);
    const hpfar = fault.stage2 ? { hpfar: (BigInt(fault.ipa) >> 12n) << 4n } : {};
    this.request({ kind: ExceptionKind.Synchronous, targetEl, syndrome: value, far: fault.address, ...hpfar });
  }
}
