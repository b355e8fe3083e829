/**
 * Carries out CPY and SET instructions (FEAT_MOPS; Arm ARM, C6.2) by option A: the prologue works up to the next page
 * boundary and leaves the end of the range in Xd (and Xs) and minus the rest in Xn; a backward copy keeps the starts
 * and the rest. The main part leaves less than a page, the epilogue does what is left. Registers are exact at a fault.
 */
import { Status, ExitReason } from '../../jit/emitter/services.js';
import type { CpuState } from '../../src/arch/cpu-state.js';
import { mopsException } from '../../src/arch/exceptions/syndrome.js';
import { ArchState, XSlot } from '../../src/arch/state-layout.js';
import { el2Enabled, tge } from '../../src/arch/pstate.js';
import type { SystemTrap } from '../../src/arch/sysreg/access.js';
import { effectiveHcrx, mopsEnabled } from '../../src/arch/sysreg/instruction-traps.js';
import { AccessFlag, elementFlags } from '../mmu/access-flags.js';

/** What is used of VcpuMmu. */
export interface CopyMemory {
  /** WasmOffset of `size` bytes in one page, in RAM or (single bytes) in the bounce buffer; 0 for a fault. */
  access(vaHigh: number, vaLow: number, size: number, flags: number): number;
  /** Records an alignment fault. */
  failAlignment(vaHigh: number, vaLow: number, flags: number): void;
  /** Carries out the store in the bounce buffer. */
  commit(): void;
  readonly bounce: { readonly offset: number };
}

export interface MemoryCopySetContext {
  readonly cpu: CpuState;
  readonly mmu: CopyMemory;
  /** The whole shared memory. */
  readonly bytes: Uint8Array;
  /** Something waits for the run loop: a long operation stops between pages and is executed again. */
  exitRequested(): boolean;
  /** Sets exitReason. DataAbort: the fault is in `mmu.fault`. */
  leave(reason: ExitReason): void;
  /** Records a trap for ExitReason.Trap. */
  trap(trap: SystemTrap): void;
}

const PAGE = 4096;
const X = ArchState.offset.x >> 2;
const NZCV = ArchState.offset.nzcv >> 2;
const HCRX_MCE2 = 1 << 10;
const BYTES = elementFlags(1);

/** Stage of the sequence. */
const Stage = { Prologue: 0, Main: 1, Epilogue: 2 } as const;

/** ISS fields of the Memory Copy and Memory Set exception (EC 0x27). */
const Iss = {
  SET: 1 << 24, SETG: 1 << 23, OPTIONS_SHIFT: 19, EPILOGUE: 1 << 18, WRONG_OPTION: 1 << 17, OPTION_A: 1 << 16,
} as const;

/** The instruction at hand, decoded. Register numbers are word indexes of CpuState.u32. */
class Operation {
  set = false;
  /** CPY, which may go backwards. */
  move = false;
  /** SETG, which needs whole tag granules. */
  tagged = false;
  stage = 0;
  d = 0;
  s = 0;
  n = 0;
  readFlags = 0;
  writeFlags = 0;
  iss = 0;

  decode(word: number): void {
    const rd = word & 31;
    const rn = (word >>> 5) & 31;
    const rs = (word >>> 16) & 31;
    const options = (word >>> 12) & 15;
    const kind = (word >>> 22) & 3;
    this.set = kind === 3;
    this.move = !this.set && (word & (1 << 26)) !== 0;
    this.tagged = this.set && (word & (1 << 26)) !== 0;
    this.stage = this.set ? options >>> 2 : kind;
    this.d = X + 2 * rd;
    this.n = X + 2 * rn;
    this.s = X + 2 * (rs === 31 ? XSlot.ZR : rs);
    const shown = this.set ? options & 3 : options;
    this.writeFlags = BYTES | AccessFlag.Write | ((shown & 1) !== 0 ? AccessFlag.Unprivileged : 0);
    this.readFlags = BYTES | (!this.set && (shown & 2) !== 0 ? AccessFlag.Unprivileged : 0);
    this.iss =
      (this.set ? Iss.SET : 0) |
      (this.tagged ? Iss.SETG : 0) |
      (shown << Iss.OPTIONS_SHIFT) |
      (this.stage === Stage.Epilogue ? Iss.EPILOGUE : 0) |
      Iss.OPTION_A |
      (rd << 10) |
      (rs << 5) |
      rn;
  }
}

const op = new Operation();

/** Adds a number, -4096..4096, to the 64-bit value at word index `at`. */
function addSmall(u32: Uint32Array, at: number, n: number): void {
  const sum = u32[at] + n;
  u32[at] = sum;
  if (sum > 0xffffffff) u32[at + 1]++;
  else if (sum < 0) u32[at + 1]--;
}

/** u32[to] += u32[from], 64 bits. */
function add(u32: Uint32Array, to: number, from: number): void {
  const sum = u32[to] + u32[from];
  u32[to + 1] += u32[from + 1] + (sum > 0xffffffff ? 1 : 0);
  u32[to] = sum;
}

function negate(u32: Uint32Array, at: number): void {
  const low = u32[at];
  u32[at] = -low;
  u32[at + 1] = low === 0 ? -u32[at + 1] : ~u32[at + 1];
}

/** High and low words of an address, int32. */
const address = { high: 0, low: 0 };

/** address = register + (size register if `relative`) - (1 if `last`). */
function locate(u32: Uint32Array, register: number, relative: boolean, last: boolean): void {
  let low = u32[register] - (last ? 1 : 0);
  let high = u32[register + 1];
  if (relative) {
    low += u32[op.n];
    high += u32[op.n + 1];
  }
  address.low = low | 0;
  address.high = (high + (low > 0xffffffff ? 1 : low < 0 ? -1 : 0)) | 0;
}

/** Size left, as far as it is below 2 MiB; larger sizes give 2 MiB. */
function sizeLeft(u32: Uint32Array, negative: boolean): number {
  const LARGE = 1 << 21;
  const low = negative ? -u32[op.n] >>> 0 : u32[op.n];
  const high = negative ? (u32[op.n] === 0 ? -u32[op.n + 1] : ~u32[op.n + 1]) | 0 : u32[op.n + 1] | 0;
  return high !== 0 || low > LARGE ? LARGE : low;
}

/** Bytes from an address to the end of its page, or from its page's start up to and including it. */
const pageLimit = (low: number, backwards: boolean): number =>
  backwards ? (low & (PAGE - 1)) + 1 : PAGE - (low & (PAGE - 1));

/** 1 + the byte count of a step; 0 when it faulted. */
type StepResult = number;
const FAULTED = 0;

const isBounce = (c: MemoryCopySetContext, offset: number): boolean => offset === c.mmu.bounce.offset;

/** Writes up to `count` bytes, all in one page. */
function setStep(c: MemoryCopySetContext, high: number, low: number, count: number, value: number): StepResult {
  const { mmu, bytes } = c;
  const first = mmu.access(high, low, 1, op.writeFlags);
  if (first === 0) return FAULTED;
  if (count > 1 && !isBounce(c, first)) {
    const all = mmu.access(high, low, count, op.writeFlags);
    if (all !== 0) {
      bytes.fill(value, all, all + count);
      return 1 + count;
    }
  }
  bytes[first] = value;
  if (isBounce(c, first)) mmu.commit();
  return 2;
}

const source = { high: 0, low: 0 };

/** Copies up to `count` bytes, all in one page on either side; backwards both addresses are those of the last byte. */
function copyStep(c: MemoryCopySetContext, count: number, backwards: boolean): StepResult {
  const { mmu, bytes } = c;
  const from = mmu.access(source.high, source.low, 1, op.readFlags);
  if (from === 0) return FAULTED;
  const value = bytes[from];
  const to = mmu.access(address.high, address.low, 1, op.writeFlags);
  if (to === 0) return FAULTED;
  if (count > 1 && !isBounce(c, from) && !isBounce(c, to)) {
    const back = backwards ? count - 1 : 0;
    // within a page, so the high words stay
    const read = mmu.access(source.high, source.low - back, count, op.readFlags);
    const write = read === 0 ? 0 : mmu.access(address.high, address.low - back, count, op.writeFlags);
    if (write !== 0) {
      bytes.copyWithin(write, read, read + count);
      return 1 + count;
    }
  }
  bytes[to] = value;
  if (isBounce(c, to)) mmu.commit();
  return 2;
}

/** One step of at most `limit` bytes with the registers as they are; `relative`: addresses are ends, plus Xn. */
function step(c: MemoryCopySetContext, limit: number, relative: boolean, backwards: boolean): StepResult {
  const { u32 } = c.cpu;
  const plusSize = relative || backwards;
  let count = limit;
  if (!op.set) {
    locate(u32, op.s, plusSize, backwards);
    source.high = address.high;
    source.low = address.low;
    count = Math.min(count, pageLimit(source.low, backwards));
  }
  locate(u32, op.d, plusSize, backwards);
  count = Math.min(count, pageLimit(address.low, backwards));
  if (op.set) return setStep(c, address.high, address.low, count, u32[op.s] & 0xff);
  return copyStep(c, count, backwards);
}

function leave(c: MemoryCopySetContext, reason: ExitReason): Status {
  c.leave(reason);
  return Status.Exit;
}

/** The copy must go from the end: the source starts below the destination and reaches into it (56-bit addresses). */
function mustGoBackwards(u32: Uint32Array): boolean {
  const at = (register: number): bigint =>
    (BigInt(u32[register + 1]) << 32n) | BigInt(u32[register]);
  const from = BigInt.asUintN(56, at(op.s));
  const to = BigInt.asUintN(56, at(op.d));
  const end = BigInt.asUintN(56, at(op.s) + at(op.n));
  return from < to && end > to;
}

/**
 * SETG: address (`relative`: the end, plus Xn) and size, unless that is going to be `saturated`, are whole tag
 * granules. Otherwise the fault is recorded.
 */
function isGranular(c: MemoryCopySetContext, relative: boolean, saturated = false): boolean {
  const { u32 } = c.cpu;
  locate(u32, op.d, relative, false);
  const size = u32[op.n] | u32[op.n + 1];
  if ((saturated || (u32[op.n] & 15) === 0) && (size === 0 || (address.low & 15) === 0)) return true;
  c.mmu.failAlignment(address.high, address.low, op.writeFlags);
  return false;
}

function prologue(c: MemoryCopySetContext): Status {
  const { u32 } = c.cpu;
  const { d, s, n } = op;
  // sizes saturate at 2^63 - 1, of a copy in either direction at 2^55 - 1
  const largest = op.move ? 0x007f_ffff : 0x7fff_ffff;
  const saturated = u32[n + 1] > largest;
  if (op.tagged && !isGranular(c, false, saturated)) return leave(c, ExitReason.DataAbort);
  if (saturated) {
    u32[n + 1] = largest;
    u32[n] = op.tagged ? 0xffff_fff0 : 0xffff_ffff;
  }
  const backwards = op.move && mustGoBackwards(u32);
  let left = sizeLeft(u32, false);
  if (left !== 0) {
    locate(u32, d, backwards, backwards);
    left = Math.min(left, pageLimit(address.low, backwards));
    if (!op.set) {
      locate(u32, s, backwards, backwards);
      left = Math.min(left, pageLimit(address.low, backwards));
    }
  }
  while (left > 0) {
    const result = step(c, left, false, backwards);
    if (result === FAULTED) return leave(c, ExitReason.DataAbort);
    const done = result - 1;
    left -= done;
    addSmall(u32, n, -done);
    if (backwards) continue;
    addSmall(u32, d, done);
    if (!op.set) addSmall(u32, s, done);
  }
  if (!backwards) {
    add(u32, d, n);
    if (!op.set) add(u32, s, n);
    negate(u32, n);
  }
  u32[NZCV] = 0;
  return Status.Next;
}

/** Exception level that a Memory Copy or Memory Set exception is taken to. */
function mismatchTarget(state: CpuState): number {
  const el = state.field('el');
  if (el > 1) return el;
  if (el === 0) return tge(state) ? 2 : 1;
  return el2Enabled(state) && (effectiveHcrx(state) & HCRX_MCE2) !== 0 ? 2 : 1;
}

function mismatch(c: MemoryCopySetContext, iss: number): Status {
  c.trap({ targetEl: mismatchTarget(c.cpu), ...mopsException(iss) });
  return leave(c, ExitReason.Trap);
}

function mainOrEpilogue(c: MemoryCopySetContext): Status {
  const { u32 } = c.cpu;
  const { n } = op;
  if (u32[n] === 0 && u32[n + 1] === 0) return Status.Next;
  if ((u32[NZCV] & 2) !== 0) return mismatch(c, op.iss | Iss.WRONG_OPTION);
  if (op.tagged && !isGranular(c, true)) return leave(c, ExitReason.DataAbort);
  const backwards = op.move && (u32[n + 1] | 0) >= 0;
  const sizeOf = (): number => sizeLeft(u32, !backwards);
  const epilogue = op.stage === Stage.Epilogue;
  if (epilogue && sizeOf() >= PAGE) return mismatch(c, op.iss);
  // a set leaves what exceeds whole pages, a copy anything below a page, the epilogue nothing
  const excess = op.set && !epilogue ? -u32[n] & (PAGE - 1) : 0;
  const stop = epilogue || op.set ? excess : PAGE - 1;
  for (let left = sizeOf(); left > stop; left = sizeOf()) {
    const result = step(c, left - excess, true, backwards);
    if (result === FAULTED) return leave(c, ExitReason.DataAbort);
    addSmall(u32, n, backwards ? 1 - result : result - 1);
    if (!epilogue && sizeOf() > stop && c.exitRequested()) return leave(c, ExitReason.Slice);
  }
  return Status.Next;
}

/** Executes the CPY or SET instruction `word` at the current pc; the service 'memoryCopySet'. */
export function executeMemoryCopySet(word: number, c: MemoryCopySetContext): Status {
  if (!mopsEnabled(c.cpu)) return leave(c, ExitReason.Undefined);
  op.decode(word);
  return op.stage === Stage.Prologue ? prologue(c) : mainOrEpilogue(c);
}
