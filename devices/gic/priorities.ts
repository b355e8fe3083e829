import { type GicState, Map32, PRIORITY_MASK } from './state.js';

/**
 * An interrupt's priority as its IPRIORITYR field shows it. With two Security states, Non-secure accesses see the
 * upper half of the range doubled, and nothing of Secure interrupts (IHI 0069, 4.8.1).
 */
export function readPriority(state: GicState, cpu: number, intid: number, secure: boolean): number {
  const priority = state.bytes[state.priorityByte(cpu, intid)];
  if (secure || state.singleSecurity) return priority;
  return state.test(Map32.Group, cpu, intid) ? (priority << 1) & 0xff : 0;
}

/** Writes an interrupt's IPRIORITYR field, 0..255; unimplemented low bits are RAZ/WI. */
export function writePriority(state: GicState, cpu: number, intid: number, secure: boolean, value: number): void {
  let priority = value;
  if (!secure && !state.singleSecurity) {
    if (!state.test(Map32.Group, cpu, intid)) return;
    priority = 0x80 | (value >> 1);
  }
  state.bytes[state.priorityByte(cpu, intid)] = priority & PRIORITY_MASK;
}
