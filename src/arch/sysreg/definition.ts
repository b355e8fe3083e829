import type { CpuModel } from '../features/cpu-model.js';
import type { FeatureName } from '../features/feature-list.js';
import { packEncoding } from './encoding.js';

/** What the run loop must recompute after a write; values are or-ed together. */
export const Effect = {
  None: 0,
  /** Stage 1 or 2 translation controls changed: recompute access contexts; cached translations stay until a TLBI. */
  Translation: 1,
  /** An interrupt may have become takeable (masks, routing, virtual interrupt bits). */
  Interrupts: 2,
  /** Breakpoints, watchpoints, software step or their enables changed. */
  Debug: 4,
  /** FP and SIMD traps changed (CPACR, CPTR). */
  FpTrap: 8,
  /** PAN, UAO or another PSTATE bit that selects the access context changed. */
  AccessContext: 16,
  /** FPCR changed. */
  FpControl: 32,
  /** Pointer authentication keys or enables changed. */
  PointerAuthentication: 64,
  /** A timer's control, compare value, offset or event stream changed. */
  Timer: 128,
  /** Counters were enabled, disabled or filtered differently. */
  Pmu: 256,
  /** A warm reset was requested through RMR_ELx. */
  Reset: 512,
} as const;

export type AccessKind = 'r' | 'w' | 'rw';

/** One bit of a control register that sends an access to a higher Exception level. */
export interface TrapRule {
  /** Control register and bit. */
  readonly control: string;
  readonly bit: number;
  /** Value of the bit that traps. */
  readonly when: 0 | 1;
  readonly access: AccessKind;
  /**
   * Where to: 1 is from EL0 to EL1 (EL2 when HCR_EL2.TGE), under the control of `host` instead when
   * HCR_EL2.{E2H,TGE} is {1,1}; 2 is from EL0 and EL1 while EL2 is enabled; 3 is from every lower EL.
   */
  readonly to: 1 | 2 | 3;
  readonly host?: string;
  /** For `to` 2: not applied to EL0 of a host (HCR_EL2.{E2H,TGE} is {1,1}). */
  readonly guestOnly?: boolean;
}

/** Fine-grained trap bit: HFGxTR_EL2 or HDFGxTR_EL2, and the bit in the registers for reads and for writes. */
export interface FineGrainedTrap {
  readonly group: 'HFG' | 'HDFG';
  readonly bit: number;
}

export type Presence = 'EL2' | 'EL3' | 'GIC' | FeatureName | ((model: CpuModel) => boolean);

/** Lowest EL that may; NEVER for none. */
export const NEVER = 4;

export interface RegisterDefinition {
  readonly name: string;
  /** See encoding.ts; -1 for storage that no instruction names. */
  readonly encoding: number;
  readonly readFrom: number;
  readonly writeFrom: number;
  /** Everything that must be there for the register to exist. */
  readonly present: readonly Presence[];
  /** Does it have a slot? Otherwise a behaviour or a device gives its value. */
  readonly stored: boolean;
  readonly reset: bigint | ((model: CpuModel) => bigint);
  /** Bits that software can change; the rest keep their reset value. */
  readonly writable: bigint | ((model: CpuModel) => bigint);
  readonly rules: readonly TrapRule[];
  /** Register that an access at EL2 with HCR_EL2.E2H = 1 reaches instead. */
  readonly host?: string;
  /** The same for EL0 when HCR_EL2.{E2H,TGE} is {1,1}. */
  readonly hostAtEl0: boolean;
  /** For an _EL12 or _EL02 name: the register it reaches. */
  readonly aliasOf?: string;
  readonly effects: number;
}

export interface RegisterOptions {
  present?: Presence | Presence[];
  stored?: boolean;
  reset?: bigint | ((model: CpuModel) => bigint);
  writable?: bigint | ((model: CpuModel) => bigint);
  rules?: readonly TrapRule[];
  host?: string;
  hostAtEl0?: boolean;
  aliasOf?: string;
  effects?: number;
}

const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/**
 * One row of the table.
 * @param encoding "op0 op1 CRn CRm op2"
 * @param access lowest EL that may read and write: "rw1", "r0 w1", "r1", "w1"
 */
export function register(
  name: string,
  encoding: string,
  access: string,
  options: RegisterOptions = {},
): RegisterDefinition {
  const [op0, op1, crn, crm, op2] = encoding.split(' ').map(Number);
  let readFrom = NEVER;
  let writeFrom = NEVER;
  for (const part of access.split(' ')) {
    const level = Number(part.slice(-1));
    if (part.includes('r')) readFrom = level;
    if (part.includes('w')) writeFrom = level;
  }
  const { present = [], host, aliasOf } = options;
  return {
    name,
    encoding: packEncoding(op0, op1, crn, crm, op2),
    readFrom,
    writeFrom,
    present: Array.isArray(present) ? present : [present],
    stored: options.stored ?? (aliasOf === undefined),
    reset: options.reset ?? 0n,
    writable: options.writable ?? (writeFrom === NEVER ? 0n : ALL_BITS),
    rules: options.rules ?? [],
    hostAtEl0: options.hostAtEl0 ?? false,
    effects: options.effects ?? Effect.None,
    ...(host === undefined ? {} : { host }),
    ...(aliasOf === undefined ? {} : { aliasOf }),
  };
}

/** A slot of emulator state that no instruction can name. */
export function internalSlot(name: string): RegisterDefinition {
  return {
    name,
    encoding: -1,
    readFrom: NEVER,
    writeFrom: NEVER,
    present: [],
    stored: true,
    reset: 0n,
    writable: 0n,
    rules: [],
    hostAtEl0: false,
    effects: Effect.None,
  };
}

/** An _EL12 or _EL02 name: reaches `target` from EL2 and EL3 when HCR_EL2.E2H is 1 (FEAT_VHE). */
export function alias(name: string, encoding: string, target: string): RegisterDefinition {
  return register(name, encoding, 'rw2', { aliasOf: target, present: ['EL2', 'FEAT_VHE'] });
}

/** Bit mask from bit numbers and [high, low] ranges. */
export function bits(...items: readonly (number | readonly [number, number])[]): bigint {
  let mask = 0n;
  for (const item of items) {
    const [high, low] = typeof item === 'number' ? [item, item] : item;
    mask |= ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
  }
  return mask;
}

/** Mask that grows with features: base bits, then pairs of a feature and the bits it adds. */
export function featureBits(base: bigint, ...additions: readonly (readonly [FeatureName, bigint])[]) {
  return (model: CpuModel): bigint =>
    additions.reduce((mask, [feature, extra]) => (model.has(feature) ? mask | extra : mask), base);
}
