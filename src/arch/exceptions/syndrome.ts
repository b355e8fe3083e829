/** Exception classes, ESR_ELx.EC (Arm ARM, D19.2.37). */
export const ExceptionClass = {
  Unknown: 0x00,
  WfxTrap: 0x01,
  FpTrap: 0x07,
  PauthTrap: 0x09,
  Ls64Trap: 0x0a,
  Bti: 0x0d,
  IllegalState: 0x0e,
  Svc: 0x15,
  Hvc: 0x16,
  Smc: 0x17,
  SystemTrap: 0x18,
  SveTrap: 0x19,
  EretTrap: 0x1a,
  PacFail: 0x1c,
  SmeTrap: 0x1d,
  InstructionAbortLower: 0x20,
  InstructionAbortSame: 0x21,
  PcAlignment: 0x22,
  DataAbortLower: 0x24,
  DataAbortSame: 0x25,
  SpAlignment: 0x26,
  Mops: 0x27,
  FpException: 0x2c,
  SError: 0x2f,
  BreakpointLower: 0x30,
  BreakpointSame: 0x31,
  SoftwareStepLower: 0x32,
  SoftwareStepSame: 0x33,
  WatchpointLower: 0x34,
  WatchpointSame: 0x35,
  Brk: 0x3c,
} as const;
export type ExceptionClass = (typeof ExceptionClass)[keyof typeof ExceptionClass];

/**
 * What ESR_ELx will hold, but for the choice between the "lower" and "same" exception class, which takeException makes.
 * `il` is false only for 16-bit instructions, which AArch64 does not have, so it is true everywhere here.
 */
export interface Syndrome {
  /** For the classes that come in pairs this is the "lower" one. */
  readonly ec: number;
  /** Bits 24..0. */
  readonly iss: number;
  /** ESR_ELx bits 55..32. */
  readonly iss2?: number;
}

const plain = (ec: number, iss = 0): Syndrome => ({ ec, iss });

/** An instruction that is UNDEFINED, or whose trap reports no more. */
export const unknownReason = (): Syndrome => plain(ExceptionClass.Unknown);

export const WfxKind = { WFI: 0, WFE: 1, WFIT: 2, WFET: 3 } as const;
/** @param rn register with the timeout, for WFIT and WFET; undefined otherwise. */
export function wfxTrap(kind: number, rn?: number): Syndrome {
  const register = rn === undefined ? 0 : (rn << 5) | (1 << 2);
  return plain(ExceptionClass.WfxTrap, (1 << 24) | (0xe << 20) | register | kind);
}

/** CPACR_EL1, CPTR_EL2 or CPTR_EL3 trapped an FP or SIMD instruction, or access to FPCR or FPSR. */
export const fpTrap = (): Syndrome => plain(ExceptionClass.FpTrap, (1 << 24) | (0xe << 20));

/** HCR_EL2.API or SCR_EL3.API trapped a pointer authentication instruction. */
export const pauthTrap = (): Syndrome => plain(ExceptionClass.PauthTrap);

export const btiFault = (btype: number): Syndrome => plain(ExceptionClass.Bti, btype);
export const illegalState = (): Syndrome => plain(ExceptionClass.IllegalState);
/** Immediates are 0..0xffff. */
export const svc = (immediate: number): Syndrome => plain(ExceptionClass.Svc, immediate);
export const hvc = (immediate: number): Syndrome => plain(ExceptionClass.Hvc, immediate);
export const smc = (immediate: number): Syndrome => plain(ExceptionClass.Smc, immediate);
export const brk = (immediate: number): Syndrome => plain(ExceptionClass.Brk, immediate);

/** HFGITR_EL2.ERET trapped ERET (0), ERETAA (2) or ERETAB (3). */
export const eretTrap = (variant: 0 | 2 | 3): Syndrome => plain(ExceptionClass.EretTrap, variant);

/** FEAT_FPAC: authentication failed with an instruction (false) or data (true) key, A (false) or B (true). */
export const pacFailure = (data: boolean, keyB: boolean): Syndrome =>
  plain(ExceptionClass.PacFail, (data ? 2 : 0) | (keyB ? 1 : 0));

export const pcAlignment = (): Syndrome => plain(ExceptionClass.PcAlignment);
export const spAlignment = (): Syndrome => plain(ExceptionClass.SpAlignment);

/** Exception-taking from a CPY or SET sequence in the wrong state (FEAT_MOPS); see ISS encoding for its fields. */
export const mopsException = (iss: number): Syndrome => plain(ExceptionClass.Mops, iss);

/** Trapped floating-point exception; `flags` is IDF, IXF, UFF, OFF, DZF, IOF in bits 7 and 4..0. */
export const fpException = (flags: number): Syndrome => plain(ExceptionClass.FpException, (1 << 23) | (8 << 8) | flags);

/** @param iss bits 24..0 as VSESR_EL2 or the implementation gives them; bit 24 is IDS. */
export const serror = (iss: number): Syndrome => plain(ExceptionClass.SError, iss & 0x1ff_ffff);

/** Fault status codes, DFSC and IFSC bits 5..0; add the level (0..3) to the ones named Level0. */
export const FaultStatus = {
  AddressSizeLevel0: 0x00,
  TranslationLevel0: 0x04,
  AccessFlagLevel0: 0x08,
  PermissionLevel0: 0x0c,
  SynchronousExternal: 0x10,
  SynchronousTagCheck: 0x11,
  SynchronousExternalOnWalkLevel0: 0x14,
  Alignment: 0x21,
  Debug: 0x22,
  GranuleProtectionOnWalkLevel0: 0x24,
  AddressSizeLevelMinus1: 0x29,
  TranslationLevelMinus1: 0x2b,
  SynchronousExternalOnWalkLevelMinus1: 0x13,
  TlbConflict: 0x30,
  UnsupportedAtomicUpdate: 0x31,
  Lockdown: 0x34,
  UnsupportedExclusive: 0x35,
} as const;

/** Status code of a fault at a level, -1..3 (level -1 with FEAT_LPA2). */
export type FaultKind = 'address-size' | 'translation' | 'access-flag' | 'permission' | 'external-walk';
export function faultStatus(kind: FaultKind, level: number): number {
  if (level < 0) {
    if (kind === 'address-size') return FaultStatus.AddressSizeLevelMinus1;
    if (kind === 'external-walk') return FaultStatus.SynchronousExternalOnWalkLevelMinus1;
    return FaultStatus.TranslationLevelMinus1;
  }
  const base = {
    'address-size': FaultStatus.AddressSizeLevel0,
    translation: FaultStatus.TranslationLevel0,
    'access-flag': FaultStatus.AccessFlagLevel0,
    permission: FaultStatus.PermissionLevel0,
    'external-walk': FaultStatus.SynchronousExternalOnWalkLevel0,
  }[kind];
  return base + level;
}

export interface AbortDetails {
  /** DFSC or IFSC. */
  readonly status: number;
  /** Fault on a stage 2 translation of a stage 1 table walk. */
  readonly s1ptw?: boolean;
  /** External abort type. */
  readonly ea?: boolean;
  /** FAR not valid, for external aborts only. */
  readonly fnv?: boolean;
}

/** Instruction abort; FAR is the address fetched. */
export function instructionAbort(details: AbortDetails): Syndrome {
  const { status, s1ptw = false, ea = false, fnv = false } = details;
  return plain(
    ExceptionClass.InstructionAbortLower,
    (fnv ? 1 << 10 : 0) | (ea ? 1 << 9 : 0) | (s1ptw ? 1 << 7 : 0) | status,
  );
}

/** Instruction syndrome of a single-register load or store, for stage 2 aborts (ISV = 1). */
export interface InstructionSyndrome {
  /** log2 of the access size in bytes, 0..3. */
  readonly sas: number;
  /** Sign-extending load. */
  readonly sse: boolean;
  /** Transfer register, 0..31. */
  readonly srt: number;
  /** The register is 64 bits wide. */
  readonly sf: boolean;
  /** Acquire or release semantics. */
  readonly ar: boolean;
}

export interface DataAbortDetails extends AbortDetails {
  readonly write: boolean;
  /** Cache maintenance or address translation instruction. */
  readonly cm?: boolean;
  /** Given only for stage 2 faults that report one. */
  readonly instruction?: InstructionSyndrome;
}

/** Data abort; FAR is the lowest address of the access that faulted. */
export function dataAbort(details: DataAbortDetails): Syndrome {
  const { status, write, cm = false, s1ptw = false, ea = false, fnv = false, instruction } = details;
  let iss = (fnv ? 1 << 10 : 0) | (ea ? 1 << 9 : 0) | (s1ptw ? 1 << 7 : 0) | status;
  iss |= (cm ? 1 << 8 : 0) | (write || cm ? 1 << 6 : 0);
  if (instruction !== undefined) {
    iss |= (1 << 24) | (instruction.sas << 22) | (instruction.sse ? 1 << 21 : 0) | (instruction.srt << 16);
    iss |= (instruction.sf ? 1 << 15 : 0) | (instruction.ar ? 1 << 14 : 0);
  }
  return plain(ExceptionClass.DataAbortLower, iss);
}

export const breakpoint = (): Syndrome => plain(ExceptionClass.BreakpointLower, FaultStatus.Debug);

/** @param exclusive the instruction stepped was a load-exclusive; @param valid ISV: EX is known. */
export const softwareStep = (exclusive: boolean, valid = true): Syndrome =>
  plain(
    ExceptionClass.SoftwareStepLower,
    (valid ? 1 << 24 : 0) | (valid && exclusive ? 1 << 6 : 0) | FaultStatus.Debug,
  );

export const watchpoint = (write: boolean, cm = false): Syndrome =>
  plain(ExceptionClass.WatchpointLower, (cm ? 1 << 8 : 0) | (write || cm ? 1 << 6 : 0) | FaultStatus.Debug);
