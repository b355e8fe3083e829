/** LDG, STG and ST2G (FEAT_MTE without FEAT_MTE2; Arm ARM, C6.2) whose inline check missed: there is no tag to move. */
import type { CpuState } from '../../src/arch/cpu-state.js';
import { XSlot } from '../../src/arch/state-layout.js';
import { AccessFlag } from '../mmu/access-flags.js';

/** What is used of VcpuMmu. */
export interface TagMemory {
  check(vaHigh: number, vaLow: number, size: number, flags: number): boolean;
}

const GRANULE = 16;
const TAG = 0xfn << 56n;

/** Executes `word`. @returns false when it faulted, with nothing changed */
export function executeTagAccess(word: number, cpu: CpuState, mmu: TagMemory): boolean {
  const rn = (word >>> 5) & 31;
  const rt = word & 31;
  /** 0 LDG; 1 post, 2 offset, 3 pre. */
  const mode = (word >>> 10) & 3;
  const base = cpu.x(rn === 31 ? XSlot.SP : rn);
  const moved = BigInt.asUintN(64, base + BigInt(((word << 11) >> 23) * GRANULE));
  const address = mode === 1 ? base : moved;
  const high = Number(address >> 32n) | 0;
  const low = Number(address & 0xffff_ffffn) | 0;
  if (mode === 0) {
    if (!mmu.check(high, low & -GRANULE, GRANULE, 0)) return false;
    if (rt !== 31) cpu.setX(rt, cpu.x(rt) & ~TAG);
    return true;
  }
  const flags = AccessFlag.Write | AccessFlag.Aligned;
  if (!mmu.check(high, low, GRANULE, flags)) return false;
  if ((word & (1 << 23)) !== 0) {
    const next = (low + GRANULE) | 0;
    if (!mmu.check(next === 0 ? (high + 1) | 0 : high, next, GRANULE, flags)) return false;
  }
  if (mode !== 2) cpu.setX(rn === 31 ? XSlot.SP : rn, moved);
  return true;
}
