import type { SystemRegisters } from '../system-registers.js';

/** Code behind a register whose value is not just its slot, or whose access rules are more than trap bits. */
export interface Behaviour {
  /** Verdict before the table's trap rules are applied; see access.ts. */
  check?(cpu: SystemRegisters, write: boolean): number;
  /** Verdict after them. */
  checkLast?(cpu: SystemRegisters, write: boolean): number;
  /** Value, in place of the slot's. */
  read?(cpu: SystemRegisters): bigint;
  /** Takes the place of storing under the writable mask; returns effects, in place of the table's. */
  write?(cpu: SystemRegisters, value: bigint): number;
  /** Runs after the value was stored. */
  written?(cpu: SystemRegisters, value: bigint, old: bigint): void;
}

export type Behaviours = Readonly<Record<string, Behaviour>>;
