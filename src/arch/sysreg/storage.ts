import { ArchState, SYSREG_SLOTS } from '../state-layout.js';
import { SYSREG_TABLE } from './table/index.js';

const SLOTS: ReadonlyMap<string, number> = new Map(
  SYSREG_TABLE.filter((definition) => definition.stored).map((definition, slot) => [definition.name, slot]),
);
if (SLOTS.size > SYSREG_SLOTS) throw new RangeError(`${SLOTS.size} system registers do not fit ${SYSREG_SLOTS} slots`);

/** Slot, 0..SYSREG_SLOTS-1, of the stored system register that Arm calls `name`. */
export function sysregSlot(name: string): number {
  const slot = SLOTS.get(name);
  if (slot === undefined) throw new RangeError(`no stored system register is called ${name}`);
  return slot;
}

/** Index into CpuState.u64 of a stored system register. */
export function sysregIndex(name: string): number {
  return (ArchState.offset.sysreg >> 3) + sysregSlot(name);
}

/** Index into CpuState.u32 of the low word of a stored system register; the high word follows. */
export function sysregWord(name: string): number {
  return sysregIndex(name) * 2;
}

/** Text that changes whenever a slot moves, for the layout hash: generated code has slots built in. */
export const SYSREG_LAYOUT = [...SLOTS.keys()].join(',');
