import type { CpuState } from '../cpu-state.js';
import { e2h, el2Enabled, elIsInHost, haveEl, PstateWord, tge } from '../pstate.js';
import { fpTrap } from '../exceptions/syndrome.js';
import type { SystemTrap } from './access.js';
import { sysregWord } from './storage.js';

const CPACR = sysregWord('CPACR_EL1');
const CPTR2 = sysregWord('CPTR_EL2');
const CPTR3 = sysregWord('CPTR_EL3');
const TFP = 1 << 10;

const fpen = (word: number): number => (word >>> 20) & 3;

/** EL that traps FP and SIMD at the current EL, 0 for none (CheckFPAdvSIMDEnabled64, then CheckFPAdvSIMDTrap). */
export function fpTrapTarget(state: CpuState): 0 | 1 | 2 | 3 {
  const { u32 } = state;
  const el = u32[PstateWord.el];
  if (el < 2 && !elIsInHost(state, 0)) {
    const enable = fpen(u32[CPACR]);
    if ((enable & 1) === 0 || (enable === 1 && el === 0)) return el === 0 && tge(state) ? 2 : 1;
  }
  if (el < 3 && el2Enabled(state)) {
    if (e2h(state)) {
      const enable = fpen(u32[CPTR2]);
      const host = elIsInHost(state, 0);
      if ((enable & 1) === 0 || (enable === 1 && el === 0 && host)) return 2;
    } else if ((u32[CPTR2] & TFP) !== 0) {
      return 2;
    }
  }
  return haveEl(state, 3) && (u32[CPTR3] & TFP) !== 0 ? 3 : 0;
}

/** The trap for an FP or SIMD instruction at the current EL, undefined when it may run. */
export function fpAccessTrap(state: CpuState): SystemTrap | undefined {
  const target = fpTrapTarget(state);
  return target === 0 ? undefined : { targetEl: target, ...fpTrap() };
}
