/** Pointer authentication, all levels (Arm ARM, D8.10; AddPAC, Auth, Strip). */
import type { CpuState } from './cpu-state.js';
import type { PauthAlgorithm } from './features/cpu-model.js';
import { elIsInHost, PstateWord } from './pstate.js';
import { qarma64 } from './qarma.js';
import { pauthInstructionTrap, pauthKeyEnabled } from './sysreg/instruction-traps.js';
import { sysregWord } from './sysreg/storage.js';

/** Keys, in the order of the bits of PauthControls.control. */
export const PauthKey = { IA: 0, IB: 1, DA: 2, DB: 3, GA: 4 } as const;
export type PauthKey = (typeof PauthKey)[keyof typeof PauthKey];

/** Fields of PauthControls.control. */
export const PauthControl = {
  /** Bit PauthKey: the key's instructions work at this EL. Neither this nor TRAPPED: they do nothing. */
  ENABLED_SHIFT: 0,
  /** Bit PauthKey: they are enabled, and trap to EL2 or EL3. */
  TRAPPED_SHIFT: 8,
  /** FEAT_PAuth2: the code is exclusive-ORed with the pointer's bits. */
  COMBINES: 1 << 5,
  /** FEAT_EPAC without FEAT_PAuth2: a pointer that is no address gets a code of 0. */
  ENHANCED: 1 << 6,
  /** FEAT_FPAC, and FEAT_FPACCOMBINE: failed authentications fault, also within combined instructions. */
  FAULTS: 1 << 13,
  FAULTS_COMBINED: 1 << 14,
  /** Non-zero: the hash is computed by TypeScript; 1 = QARMA5, 2 = QARMA3. */
  ALGORITHM_SHIFT: 16,
} as const;

/** Outcome of an authentication that FEAT_FPAC makes fault. */
export const AUTHENTICATION_FAILED = -1n;

const ALGORITHM: Readonly<Record<PauthAlgorithm, number>> = { impdef: 0, qarma5: 1, qarma3: 2, off: 0 };

/** Number of words in PauthControls.words. */
const WORDS = 12;

/**
 * What pointer authentication depends on at one Exception level. `words` are six 64-bit values as low and high words:
 * for instruction pointers, then for data pointers, the number of bits (0 or 8) above the one that AddPAC takes for the
 * extension, and the field mask for pointers whose bit 55 is 0 and 1. A mask covers the PAC and bit 55.
 */
export interface PauthControls {
  readonly control: number;
  readonly words: Uint32Array;
}

const SCTLR = [0, sysregWord('SCTLR_EL1'), sysregWord('SCTLR_EL2'), sysregWord('SCTLR_EL3')];
const TCR = [0, sysregWord('TCR_EL1'), sysregWord('TCR_EL2'), sysregWord('TCR_EL3')];
const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');
const MMFR0 = sysregWord('ID_AA64MMFR0_EL1');
const MMFR2 = sysregWord('ID_AA64MMFR2_EL1');

/** Parts of TCR_ELx that one VA range depends on. */
interface RangeFields {
  readonly txsz: number;
  /** 0 = 4 KiB, 1 = 64 KiB, 2 = 16 KiB. */
  readonly granule: number;
  readonly ds: boolean;
}

/** CalculateBottomPACBit: lowest bit of the extension, 16..52. */
function bottomBit(state: CpuState, { txsz, granule, ds }: RangeFields): number {
  const mmfr2 = state.u32[MMFR2];
  const mmfr0 = state.u32[MMFR0];
  const largest = ((mmfr2 >>> 28) & 15) === 0 ? 39 : granule === 1 ? 47 : 48;
  const lpa2 = granule === 0 ? mmfr0 >>> 28 === 1 : granule === 2 && ((mmfr0 >>> 20) & 15) === 2;
  const largeVa = granule === 1 && ((mmfr2 >>> 16) & 15) !== 0;
  const least = (ds && lpa2) || largeVa ? 12 : 16;
  return 64 - Math.max(least, Math.min(largest, txsz));
}

function writeMask(words: Uint32Array, at: number, bottom: number, tagged: boolean): void {
  words[at] = bottom >= 32 ? 0 : -1 << bottom;
  words[at + 1] = (bottom >= 32 ? -1 << (bottom - 32) : -1) & (tagged ? 0x00ffffff : -1);
}

/** Which register set translates for `el`: its number, and whether it has two VA ranges. */
function regimeOf(state: CpuState, el: number): { register: number; twoRanges: boolean } {
  if (el === 3) return { register: 3, twoRanges: false };
  const host = elIsInHost(state, el);
  if (el === 2 || host) return { register: 2, twoRanges: host };
  return { register: 1, twoRanges: true };
}

function writeRegime(state: CpuState, register: number, twoRanges: boolean, words: Uint32Array): void {
  const low = state.u32[TCR[register]];
  const high = state.u32[TCR[register] + 1];
  const tg1 = (low >>> 30) & 3;
  const ds = twoRanges ? (high & (1 << 27)) !== 0 : (high & 1) !== 0;
  const range0 = { txsz: low & 63, granule: (low >>> 14) & 3, ds };
  const range1 = twoRanges ? { txsz: (low >>> 16) & 63, granule: tg1 === 1 ? 2 : tg1 === 3 ? 1 : 0, ds } : range0;
  const bottoms = [bottomBit(state, range0), bottomBit(state, range1)];
  for (let data = 0; data < 2; data++) {
    const tagged = [0, 1].map((n) => {
      const ignored = twoRanges ? (high >>> (5 + n)) & 1 : (low >>> 20) & 1;
      const dataOnly = twoRanges ? (high >>> (19 + n)) & 1 : (low >>> 29) & 1;
      return ignored !== 0 && (data !== 0 || dataOnly === 0);
    });
    const at = data * 6;
    words[at] = tagged[0] || tagged[1] ? 8 : 0;
    words[at + 1] = 0;
    for (let n = 0; n < 2; n++) writeMask(words, at + 2 + 2 * n, bottoms[n], tagged[n]);
  }
}

/** What is used of CpuModel. */
export interface PauthModel {
  readonly pauth: PauthAlgorithm;
  has(feature: 'FEAT_EPAC' | 'FEAT_PAuth2' | 'FEAT_FPAC' | 'FEAT_FPACCOMBINE'): boolean;
}

function levelBits(model: PauthModel): number {
  if (!model.has('FEAT_PAuth2')) return model.has('FEAT_EPAC') ? PauthControl.ENHANCED : 0;
  return (
    PauthControl.COMBINES |
    (model.has('FEAT_FPAC') ? PauthControl.FAULTS : 0) |
    (model.has('FEAT_FPACCOMBINE') ? PauthControl.FAULTS_COMBINED : 0)
  );
}

class CachedControls implements PauthControls {
  /** Never written again once it is here: the same array means the same values. */
  words: Uint32Array = new Uint32Array(WORDS);
  register = 0;
  twoRanges = false;
  control = 0;
  valid = false;
  sctlr = 0;
  tcrLow = 0;
  tcrHigh = 0;
  hcrLow = 0;
  hcrHigh = 0;
  scr = 0;
}

/** Keeps the controls of each Exception level until a register they depend on changes. One per vCPU. */
export class PauthControlCache {
  private readonly byEl = [0, 1, 2, 3].map(() => new CachedControls());
  private readonly algorithm: number;
  private readonly present: boolean;
  /** Bits of PauthControl for the level. */
  private readonly level: number;

  constructor(
    private readonly state: CpuState,
    model: PauthModel,
  ) {
    this.level = levelBits(model);
    this.algorithm = ALGORITHM[model.pauth];
    this.present = model.pauth !== 'off';
  }

  /** Controls at the current Exception level; valid until the next call. */
  current(): PauthControls {
    const { u32 } = this.state;
    const el = u32[PstateWord.el];
    const c = this.byEl[el];
    if (c.valid && c.hcrLow === u32[HCR] && c.hcrHigh === u32[HCR + 1] && c.scr === u32[SCR]) {
      const register = el !== 0 ? el : elIsInHost(this.state, 0) ? 2 : 1;
      const tcr = TCR[register];
      if (c.sctlr === u32[SCTLR[register]] && c.tcrLow === u32[tcr] && c.tcrHigh === u32[tcr + 1]) return c;
    }
    this.refresh(el, c);
    return c;
  }

  private refresh(el: number, c: CachedControls): void {
    const { state } = this;
    const { u32 } = state;
    const { register, twoRanges } = regimeOf(state, el);
    c.valid = true;
    c.hcrLow = u32[HCR];
    c.hcrHigh = u32[HCR + 1];
    c.scr = u32[SCR];
    c.sctlr = u32[SCTLR[register]];
    c.tcrLow = u32[TCR[register]];
    c.tcrHigh = u32[TCR[register] + 1];
    c.register = register;
    c.twoRanges = twoRanges;
    const same = this.byEl.find(
      (o) =>
        o !== c && o.valid && o.register === register && o.twoRanges === twoRanges &&
        o.tcrLow === c.tcrLow && o.tcrHigh === c.tcrHigh,
    );
    c.words = same?.words ?? new Uint32Array(WORDS);
    if (same === undefined) writeRegime(state, register, twoRanges, c.words);
    let enabled = 1 << PauthKey.GA;
    for (const key of ['IA', 'IB', 'DA', 'DB'] as const) {
      if (pauthKeyEnabled(state, key)) enabled |= 1 << PauthKey[key];
    }
    const trapped = pauthInstructionTrap(state) !== undefined;
    const shift = trapped ? PauthControl.TRAPPED_SHIFT : PauthControl.ENABLED_SHIFT;
    const { algorithm, level } = this;
    c.control = this.present ? (enabled << shift) | level | (algorithm << PauthControl.ALGORITHM_SHIFT) : 0;
  }
}

/** Controls at the current Exception level, computed afresh. */
export function pauthControls(state: CpuState, model: PauthModel): PauthControls {
  return new PauthControlCache(state, model).current();
}

/** Multipliers of the implementation defined hash: odd, bits well spread. */
export const HASH_MULTIPLIERS = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n] as const;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Ulna's own hash of a pointer (FEAT_PACIMP); generated code computes the same. */
export function impdefPac(data: bigint, modifier: bigint, keyHigh: bigint, keyLow: bigint): bigint {
  const [m1, m2, m3] = HASH_MULTIPLIERS;
  const first = u64((data ^ keyLow) * m1);
  const turned = (first >> 32n) | u64(first << 32n);
  const second = u64((turned ^ u64(modifier + keyHigh)) * m2);
  const third = u64((second ^ (second >> 29n)) * m3);
  return third ^ (third >> 32n);
}

/** ComputePAC. @param algorithm the ALGORITHM field of PauthControls.control */
export function computePac(
  algorithm: number,
  data: bigint,
  modifier: bigint,
  keyHigh: bigint,
  keyLow: bigint,
): bigint {
  if (algorithm === 0) return impdefPac(data, modifier, keyHigh, keyLow);
  return qarma64(algorithm === 1 ? 5 : 3, data, modifier, keyHigh, keyLow);
}

const SELECT = 1n << 55n;
const KEY_REGISTERS = (['APIAKey', 'APIBKey', 'APDAKey', 'APDBKey', 'APGAKey'] as const).map((name) => ({
  low: `${name}Lo_EL1`,
  high: `${name}Hi_EL1`,
}));

function maskOf(controls: PauthControls, data: boolean, upper: boolean): bigint {
  const at = (data ? 6 : 0) + (upper ? 4 : 2);
  return (BigInt(controls.words[at + 1]) << 32n) | BigInt(controls.words[at]);
}

function hash(state: CpuState, controls: PauthControls, key: PauthKey, pointer: bigint, modifier: bigint): bigint {
  const { low, high } = KEY_REGISTERS[key];
  const algorithm = controls.control >> PauthControl.ALGORITHM_SHIFT;
  return computePac(algorithm, pointer, modifier, state.sysreg(high), state.sysreg(low));
}

const isData = (key: PauthKey): boolean => key === PauthKey.DA || key === PauthKey.DB;

/** AddPAC with a key that is enabled: the pointer with its authentication code. */
export function addPac(
  state: CpuState,
  controls: PauthControls,
  key: PauthKey,
  pointer: bigint,
  modifier: bigint,
): bigint {
  const data = isData(key);
  const upper = (pointer >> BigInt(63 - controls.words[data ? 6 : 0])) % 2n !== 0n;
  const mask = maskOf(controls, data, upper);
  const extension = upper ? mask : 0n;
  let pac = hash(state, controls, key, (pointer & ~mask) | extension, modifier);
  const field = pointer & mask;
  if ((controls.control & PauthControl.COMBINES) !== 0) pac ^= pointer;
  else if (field !== 0n && field !== mask) {
    if ((controls.control & PauthControl.ENHANCED) !== 0) pac = 0n;
    else pac ^= 1n << (mask >> 63n !== 0n ? 62n : 54n);
  }
  return (pointer & ~mask) | (pac & mask & ~SELECT) | (upper ? SELECT : 0n);
}

/** Strip: the pointer without its authentication code. */
export function stripPac(controls: PauthControls, data: boolean, pointer: bigint): bigint {
  const upper = (pointer & SELECT) !== 0n;
  const mask = maskOf(controls, data, upper);
  return (pointer & ~mask) | (upper ? mask : 0n);
}

/**
 * Auth with a key that is enabled: the original pointer, or one that faults when the code is wrong, or
 * AUTHENTICATION_FAILED. @param combined the instruction does more than authenticate
 */
export function authenticate(
  state: CpuState,
  controls: PauthControls,
  key: PauthKey,
  pointer: bigint,
  modifier: bigint,
  combined = false,
): bigint {
  const data = isData(key);
  const mask = maskOf(controls, data, (pointer & SELECT) !== 0n);
  const original = stripPac(controls, data, pointer);
  const pac = hash(state, controls, key, original, modifier);
  if ((controls.control & PauthControl.COMBINES) !== 0) {
    const result = pointer ^ (pac & mask & ~SELECT);
    const faults = combined ? PauthControl.FAULTS_COMBINED : PauthControl.FAULTS;
    return result !== original && (controls.control & faults) !== 0 ? AUTHENTICATION_FAILED : result;
  }
  if (((pac ^ pointer) & mask & ~SELECT) === 0n) return original;
  const at = mask >> 63n !== 0n ? 61n : 53n;
  const code = (key & 1) === 0 ? 1n : 2n;
  return (original & ~(3n << at)) | (code << at);
}
