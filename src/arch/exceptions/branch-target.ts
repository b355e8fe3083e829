import type { CpuState } from '../cpu-state.js';
import { elIsInHost, PstateWord } from '../pstate.js';
import { sysregWord } from '../sysreg/storage.js';

const SCTLR = [1, 1, 2, 3].map((el) => sysregWord(`SCTLR_EL${el}`));
/** SCTLR_ELx.BT0 (bit 35) for EL0, BT1 or BT (bit 36) for the level itself, in the high word. */
const BT_HIGH = { user: 1 << 3, own: 1 << 4 } as const;

const BTI = 0xd503241f;
const PACIASP = 0xd503233f;
const PACIBSP = 0xd503237f;
/** BRK and HLT, without their immediates. */
const BRK = 0xd4200000;
const HLT = 0xd4400000;

/**
 * May a branch that left `btype` (1..3) in PSTATE land on the instruction `word` in a guarded page? (Arm ARM, D8.4.5;
 * shared/functions BTypeCompatible_BTI and BTypeCompatible_PACIXSP.)
 */
export function isLandingPad(state: CpuState, word: number, btype: number): boolean {
  const unsigned = word >>> 0;
  const exception = (unsigned & 0xffe0001f) >>> 0;
  if (exception === BRK || exception === HLT) return true;
  if ((unsigned & 0xffffff3f) >>> 0 === BTI) {
    const targets = (unsigned >>> 6) & 3; // 1 is BTI c, 2 is BTI j, 3 is BTI jc
    if (targets === 0) return false;
    return targets === 3 || btype !== (targets === 1 ? 3 : 2);
  }
  if (unsigned !== PACIASP && unsigned !== PACIBSP) return false;
  if (btype !== 3) return true;
  const el = state.u32[PstateWord.el];
  const control = el === 0 && elIsInHost(state, 0) ? SCTLR[2] : SCTLR[el];
  return (state.u32[control + 1] & (el === 0 ? BT_HIGH.user : BT_HIGH.own)) === 0;
}
