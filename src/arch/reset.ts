import type { CpuState } from './cpu-state.js';
import type { CpuModel } from './features/cpu-model.js';
import { Daif, PstateWord, updateSecurity } from './pstate.js';
import { sysregIndex } from './sysreg/storage.js';
import { SYSREG_TABLE } from './sysreg/table/index.js';

export interface ResetOptions {
  /** Affinity, Aff3..Aff0 in bits 39..32 and 23..0. */
  readonly affinity: bigint;
}

/** virt's affinity of a CPU by index, with a GICv3: 16 CPUs in a cluster. */
export function affinityOf(index: number): bigint {
  return BigInt(((index >> 4) << 8) | (index & 15));
}

/**
 * Cold reset (AArch64.TakeReset): every register and PSTATE field gets its reset value, general-purpose registers zero,
 * and the PE starts in the highest EL at the reset vector.
 */
export function resetCpu(state: CpuState, model: CpuModel, options: ResetOptions): void {
  state.u32.fill(0);
  for (const { name, stored, reset } of SYSREG_TABLE) {
    if (stored) state.u64[sysregIndex(name)] = typeof reset === 'function' ? reset(model) : reset;
  }
  const mpidr = 0x8000_0000n | options.affinity;
  state.setSysreg('MPIDR_EL1', mpidr);
  state.setSysreg('VMPIDR_EL2', mpidr);
  const { u32 } = state;
  u32[PstateWord.el] = model.el3 ? 3 : model.el2 ? 2 : 1;
  u32[PstateWord.spsel] = 1;
  u32[PstateWord.daif] = Daif.All;
  state.pc = model.resetVector;
  updateSecurity(state);
}
