import { ExceptionClass, type Syndrome } from '../exceptions/syndrome.js';

/** An access that causes a synchronous exception, with its preferred return address the instruction itself. */
export interface SystemTrap extends Syndrome {
  readonly targetEl: number;
}

/**
 * Verdict of an access check: Allowed, Undefined, or a trap: the target EL in bits 1..0, with Trap.Fp for EC 0x07 in
 * place of 0x18.
 */
export const Verdict = { Allowed: 0, El1: 1, El2: 2, El3: 3, Fp: 4, Undefined: 8 } as const;

export const isTrap = (result: bigint | number | SystemTrap): result is SystemTrap => typeof result === 'object';

export const FP_TRAP_ISS = (1 << 24) | (0xe << 20);
export const systemTrap = (targetEl: number, iss: number): SystemTrap =>
  ({ targetEl, ec: ExceptionClass.SystemTrap, iss });
export const undefinedTrap = (targetEl: number): SystemTrap => ({ targetEl, ec: ExceptionClass.Unknown, iss: 0 });
