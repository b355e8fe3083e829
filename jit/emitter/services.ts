/** How generated code and the run loop talk: exit reasons, statuses and the services TypeScript performs. */

/** Why `run` returned. */
export const ExitReason = {
  /** The budget is used up or exitRequest is set. */
  Slice: 0,
  /** The page of `pc` is not in the code TLB, or `pc` is misaligned. */
  Fetch: 1,
  /** An indirect branch entered a guarded page with PSTATE.BTYPE set: check the target instruction. */
  BranchTarget: 2,
  /** A data access faulted; the runtime recorded the fault. */
  DataAbort: 3,
  /** The instruction at `pc` is UNDEFINED here. */
  Undefined: 4,
  SupervisorCall: 5,
  HypervisorCall: 6,
  SecureMonitorCall: 7,
  Breakpoint: 8,
  Halt: 9,
  /** Interrupts may have become unmasked: look at the lines. */
  Interrupts: 10,
  /** A service took an exception or changed mode: `pc` is where to go on. */
  Resume: 11,
  WaitForInterrupt: 12,
  WaitForEvent: 13,
  /** A trap to be taken as an exception that the service recorded. */
  Trap: 14,
  /** FP/AdvSIMD access trapped by CPACR_EL1, CPTR_EL2 or CPTR_EL3. */
  FpTrap: 15,
  /** A branch target has become hot: a translation may be asked for. */
  Hot: 16,
  /** Translated code leaves the instruction at `pc` to the interpreter; `run` deals with it. */
  Interpret: 17,
  /** Context synchronization: translated code that waits for a callee must not go on. `run` deals with it. */
  Synchronize: 18,
  /** The access at `pc` must be made while all other vCPUs stand still. */
  Alone: 19,
  /** DSB behind broadcast maintenance: the other vCPUs have to complete it. */
  Complete: 20,
  /** YIELD, while other vCPUs of the thread have something to do. */
  Yield: 21,
} as const;
export type ExitReason = (typeof ExitReason)[keyof typeof ExitReason];

/** Exceptions an emit function may take by name. */
export const exceptionReasons: Readonly<Record<string, ExitReason>> = {
  undefined: ExitReason.Undefined,
  svc: ExitReason.SupervisorCall,
  hvc: ExitReason.HypervisorCall,
  smc: ExitReason.SecureMonitorCall,
  brk: ExitReason.Breakpoint,
  hlt: ExitReason.Halt,
  fpTrap: ExitReason.FpTrap,
};

/** Reasons of an instruction that retires and ends translated code, by name. */
export const exitsAfter = { interrupts: ExitReason.Interrupts, synchronize: ExitReason.Synchronize, yield: ExitReason.Yield } as const;
export type ExitAfter = keyof typeof exitsAfter;

/** Status of an operation's function form, and of a service. */
export const Status = {
  /** Retired; go on behind the instruction. */
  Next: 0,
  /** Retired; `pc` holds where to go on. */
  Jump: 1,
  /** Not retired; `pc` and exitReason are set. */
  Exit: 2,
  /** Retired; `pc` and exitReason are set. */
  ExitRetired: 3,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

/** Work that TypeScript does for an instruction; the index is the number passed. */
export const serviceNames = [
  'mrs',
  'msr',
  'msrImmediate',
  'sys',
  'sysl',
  'mrrs',
  'msrr',
  'sysp',
  'eret',
  'eretAuthenticated',
  'wfi',
  'wfe',
  'wfxt',
  'sev',
  'pauth',
  'pauthFailure',
  'memoryCopySet',
  'memoryTag',
  'drps',
  'dcps',
  'barrier',
  'crypto',
  'floatingPoint',
  'atomic128',
  'other',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * System registers whose value a service leaves behind for the engines (ControlState.rememberedValues), as
 * op0:op1:CRn:CRm:op2 without op0's top bit, which is set: CTR_EL0, DCZID_EL0, TCR_EL1. Good until an MSR or a change of
 * Exception level or PSTATE; their bit in ControlState.remembered tells.
 */
export const REMEMBERED_READS: readonly number[] = [0x5801, 0x5807, 0x4102];
/** Bytes that DC ZVA zeroes; DCZID_EL0.BS says so. */
export const ZERO_BLOCK = 64;
/** Bit of ControlState.remembered: DC ZVA is neither trapped nor prohibited. */
export const REMEMBERED_ZERO = 1 << 16;

/** A SYS instruction that the engines carry out once a service has found that it is neither trapped nor anything else. */
export interface Granted {
  /** op1:CRn:CRm:op2. */
  readonly encoding: number;
  /** `nothing`: there is nothing to do; `address`: if the address may be read; `page`, `broadcast`: TLBI by address. */
  readonly does: 'nothing' | 'address' | 'page' | 'broadcast';
}
const granted = (does: Granted['does'], op1: number, crn: number, crm: number, ...op2: number[]): Granted[] =>
  op2.map((n) => ({ encoding: (op1 << 11) | (crn << 7) | (crm << 3) | n, does }));
/** Bit n of ControlState.granted: GRANTED[n] is, until an MSR or a change of Exception level or PSTATE. */
export const GRANTED: readonly Granted[] = [
  // IC IALLUIS, IALLU, IVAU
  ...granted('nothing', 0, 7, 1, 0),
  ...granted('nothing', 0, 7, 5, 0),
  ...granted('nothing', 3, 7, 5, 1),
  // DC CVAC, CVAU, CIVAC
  ...granted('address', 3, 7, 10, 1),
  ...granted('address', 3, 7, 11, 1),
  ...granted('address', 3, 7, 14, 1),
  // TLBI VAE1, VAAE1, VALE1, VAALE1, VAE2, VALE2, and their Inner Shareable forms
  ...granted('page', 0, 8, 7, 1, 3, 5, 7),
  ...granted('broadcast', 0, 8, 3, 1, 3, 5, 7),
  ...granted('page', 4, 8, 7, 1, 5),
  ...granted('broadcast', 4, 8, 3, 1, 5),
];
