import type { CpuState } from '../cpu-state.js';
import { el2Enabled, elIsInHost, has, haveEl, PstateWord } from '../pstate.js';
import { sysregIndex, sysregWord } from '../sysreg/storage.js';
import { MAX_DEBUG_RESOURCES } from '../sysreg/table/debug.js';
import { debugExceptionsEnabled, debugExceptionsFrom, stateMatches } from './enables.js';

const numbered = (prefix: string, of: (name: string) => number): readonly number[] =>
  Array.from({ length: MAX_DEBUG_RESOURCES }, (_, n) => of(`${prefix}${n}_EL1`));
const BVR = numbered('DBGBVR', sysregIndex);
const BCR = numbered('DBGBCR', sysregWord);
const WVR = numbered('DBGWVR', sysregIndex);
const WCR = numbered('DBGWCR', sysregWord);
const DFR0 = sysregWord('ID_AA64DFR0_EL1');
const MMFR2 = sysregWord('ID_AA64MMFR2_EL1');
const MDSCR = sysregWord('MDSCR_EL1');
const CONTEXTIDR1 = sysregWord('CONTEXTIDR_EL1');
const CONTEXTIDR2 = sysregWord('CONTEXTIDR_EL2');
const VTTBR = sysregWord('VTTBR_EL2');
const VTCR = sysregWord('VTCR_EL2');

const MDSCR_MDE = 1 << 15;
const VTCR_VS = 1 << 19;

const breakpointCount = (state: CpuState): number => ((state.u32[DFR0] >>> 12) & 15) + 1;
const watchpointCount = (state: CpuState): number => ((state.u32[DFR0] >>> 20) & 15) + 1;
const contextCount = (state: CpuState): number => (state.u32[DFR0] >>> 28) + 1;

/** Bits of an address that comparators see: up to 52 with FEAT_LVA, else 48 (bit `top` included). */
function addressMask(state: CpuState): bigint {
  const top = ((state.u32[MMFR2] >>> 16) & 15) !== 0 ? 52n : 48n;
  return (1n << (top + 1n)) - 1n;
}

/** Are hardware breakpoints and watchpoints looked at now? False costs nothing to check before every block. */
export function comparatorsEnabled(state: CpuState): boolean {
  return (state.u32[MDSCR] & MDSCR_MDE) !== 0 && debugExceptionsEnabled(state);
}

/**
 * May a breakpoint match at the current EL? PSTATE.D is not looked at: unmasking does not make this stale, a change of
 * EL or of a debug register does.
 */
export function breakpointsArmed(state: CpuState): boolean {
  const { u32 } = state;
  if ((u32[MDSCR] & MDSCR_MDE) === 0) return false;
  if (!BCR.some((word, n) => n < breakpointCount(state) && (u32[word] & 1) !== 0)) return false;
  return debugExceptionsFrom(state, u32[PstateWord.el], false);
}

interface BreakpointType {
  readonly address: boolean;
  readonly contextId: boolean;
  readonly contextIdEl1: boolean;
  readonly contextIdEl2: boolean;
  readonly vmid: boolean;
  readonly linked: boolean;
}

/** DBGBCR.BT, bits 23..20. Reserved values, and ones that need an absent EL2 or FEAT_VHE, behave as disabled. */
function breakpointType(state: CpuState, bt: number, contextAware: boolean): BreakpointType | undefined {
  const address = (bt & 0b1010) === 0;
  if (!address && !contextAware) return undefined;
  if ((bt & 0b1110) === 0b0100) return undefined;
  if ((bt & 0b1000) !== 0 && !haveEl(state, 2)) return undefined;
  if (((bt & 0b1110) === 0b0110 || (bt & 0b1100) === 0b1100) && !has.vhe(state)) return undefined;
  return {
    address,
    contextId: (bt & 0b1110) === 0b0010,
    contextIdEl1: (bt & 0b1110) === 0b1010 || (bt & 0b0110) === 0b0110,
    contextIdEl2: (bt & 0b1100) === 0b1100,
    vmid: (bt & 0b1100) === 0b1000,
    linked: (bt & 1) !== 0,
  };
}

/** AArch64.BreakpointValueMatch. @param pc undefined when asked through a link. */
function valueMatches(state: CpuState, n: number, el: number, pc: bigint | undefined): boolean {
  const control = state.u32[BCR[n]];
  if ((control & 1) === 0) return false;
  const contextAware = n >= breakpointCount(state) - contextCount(state);
  const type = breakpointType(state, (control >>> 20) & 15, contextAware);
  if (type === undefined) return false;
  const throughLink = pc === undefined;
  if (throughLink ? !type.linked || type.address : type.linked && !type.address) return false;
  if (type.address && (pc! ^ state.u64[BVR[n]]) & addressMask(state) & ~3n) return false;
  return contextMatches(state, type, n, el);
}

function contextMatches(state: CpuState, type: BreakpointType, n: number, el: number): boolean {
  const { u32 } = state;
  const low = u32[BVR[n] * 2];
  const high = u32[BVR[n] * 2 + 1];
  const host = elIsInHost(state, el);
  if (type.contextId) {
    if (host ? u32[CONTEXTIDR2] !== low : el > 1 || u32[CONTEXTIDR1] !== low) return false;
  }
  if (type.contextIdEl1 && (el > 1 || host || u32[CONTEXTIDR1] !== low)) return false;
  if (type.contextIdEl2 && (el === 3 || !el2Enabled(state) || u32[CONTEXTIDR2] !== high)) return false;
  if (type.vmid) {
    if (el > 1 || host || !el2Enabled(state)) return false;
    const mask = (u32[VTCR] & VTCR_VS) !== 0 ? 0xffff : 0xff;
    if ((((u32[VTTBR + 1] >>> 16) ^ high) & mask) !== 0) return false;
  }
  return true;
}

/** A linked comparator matches only while the breakpoint that it names, a context-aware one, does too. */
function linkMatches(state: CpuState, lbn: number, el: number): boolean {
  const count = breakpointCount(state);
  if (lbn >= count || lbn < count - contextCount(state)) return false;
  return valueMatches(state, lbn, el, undefined);
}

/** Number of the breakpoint that matches an instruction at `pc` at the current EL, -1 for none. */
export function matchBreakpoints(state: CpuState, pc: bigint): number {
  if (!comparatorsEnabled(state)) return -1;
  const el = state.u32[PstateWord.el];
  const count = breakpointCount(state);
  for (let n = 0; n < count; n++) {
    const control = state.u32[BCR[n]];
    if ((control & 1) === 0) continue;
    if (!stateMatches(state, (control >>> 14) & 3, (control >>> 13) & 1, (control >>> 1) & 3, el)) continue;
    if (!valueMatches(state, n, el, pc)) continue;
    const linkedAddress = ((control >>> 20) & 0b1011) === 0b0001;
    if (linkedAddress && !linkMatches(state, (control >>> 16) & 15, el)) continue;
    return n;
  }
  return -1;
}

/** Does any byte of [address, address + size) match the watchpoint's value, byte select and mask? */
function bytesMatch(state: CpuState, n: number, control: number, address: bigint, size: number): boolean {
  const value = state.u64[WVR[n]];
  const visible = addressMask(state);
  const mask = (control >>> 24) & 31;
  if (mask === 1 || mask === 2) return false;
  if (mask >= 3) {
    const span = (1n << BigInt(mask)) - 1n;
    const start = value & visible & ~span;
    return rangesMeet(start, start + span, address & visible, size);
  }
  const word = (value & 4n) !== 0n;
  const select = (control >>> 5) & (word ? 0x0f : 0xff);
  const start = value & visible & (word ? ~3n : ~7n);
  for (let byte = 0; byte < 8; byte++) {
    if ((select & (1 << byte)) === 0) continue;
    const at = start + BigInt(byte);
    if (rangesMeet(at, at, address & visible, size)) return true;
  }
  return false;
}

/**
 * Address that FAR_ELx reports for a hit of watchpoint n: the first byte of the access that is watched or lies above
 * the first watched byte (of those that Arm ARM D2.10.6 allows, the one that names the watched location best).
 */
export function watchpointAddress(state: CpuState, n: number, address: bigint): bigint {
  const value = state.u64[WVR[n]];
  const control = state.u32[WCR[n]];
  const mask = (control >>> 24) & 31;
  let first = value & ~7n;
  if (mask !== 0) {
    first = value & ~((1n << BigInt(mask)) - 1n);
  } else {
    const word = (value & 4n) !== 0n;
    const select = (control >>> 5) & (word ? 0x0f : 0xff);
    first = (word ? value & ~3n : first) + BigInt(31 - Math.clz32(select & -select));
  }
  const visible = addressMask(state);
  return (address & visible) >= (first & visible) ? address : (address & ~visible) | (first & visible);
}

const rangesMeet = (first: bigint, last: bigint, address: bigint, size: number): boolean =>
  address <= last && address + BigInt(size) > first;

/**
 * Number of the watchpoint that matches an access, -1 for none.
 * @param address lowest byte, its tag removed or not
 * @param el EL whose permissions the access has: 0 for LDTR and STTR at EL1
 */
export function matchWatchpoints(state: CpuState, address: bigint, size: number, isWrite: boolean, el: number): number {
  if (!comparatorsEnabled(state)) return -1;
  const count = watchpointCount(state);
  for (let n = 0; n < count; n++) {
    const control = state.u32[WCR[n]];
    if ((control & 1) === 0) continue;
    if ((control & (isWrite ? 1 << 4 : 1 << 3)) === 0) continue;
    if (!stateMatches(state, (control >>> 14) & 3, (control >>> 13) & 1, (control >>> 1) & 3, el)) continue;
    if (!bytesMatch(state, n, control, address, size)) continue;
    if ((control & (1 << 20)) !== 0 && !linkMatches(state, (control >>> 16) & 15, el)) continue;
    return n;
  }
  return -1;
}
