/**
 * Which memory accesses keep their page's translation in locals: those of loops, a translation for each base register. The
 * next access by the same register then only compares; it looks into the TLB again when the page is another.
 */
import type { Statement, Value } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import type { ControlFlow } from './control-flow.js';
import { slotOf, type RegionInstruction } from './instruction.js';
import { isRegisterSlot } from './register-set.js';
import type { Region } from './region.js';

/** A base register, by its slot, and whether the accesses write. */
export interface KeptTranslation {
  readonly slot: number;
  readonly write: boolean;
}

export const keptKey = ({ slot, write }: KeptTranslation): number => 2 * slot + (write ? 1 : 0);

/** The access that an instruction announces, if its address is a register or a register and something. */
export function baseOf(access: Value): KeptTranslation | undefined {
  const { write, readWrite, unprivileged } = access.imm as { write?: boolean; readWrite?: boolean; unprivileged?: boolean };
  if (unprivileged === true) return undefined;
  let address = access.args[0];
  while (address.op === 'i64.add') address = address.args[0];
  if (address.op !== 'x.get') return undefined;
  const slot = slotOf(address.imm as Operand);
  return isRegisterSlot(slot) ? { slot, write: write === true || readWrite === true } : undefined;
}

function accessOf(statements: readonly Statement[]): Value | undefined {
  return statements.find((s) => s.kind === 'value' && s.value!.op === 'access')?.value;
}

const accesses = new WeakMap<readonly Statement[], KeptTranslation | null>();

function keptBy(instruction: RegionInstruction): KeptTranslation | undefined {
  if (!instruction.accesses || instruction.step) return undefined;
  const { statements } = instruction;
  let known = accesses.get(statements);
  if (known === undefined) {
    const access = accessOf(statements);
    known = (access && baseOf(access)) ?? null;
    accesses.set(statements, known);
  }
  return known ?? undefined;
}

/** Keys of the translations that a region keeps: outside loops keeping them costs more than it saves. */
export function translationsKept(region: Region, flow: ControlFlow): number[] {
  const keys = new Set<number>();
  for (const { index, instructions } of region.blocks) {
    if (flow.loopOf[index] < 0) continue;
    for (const instruction of instructions) {
      const kept = keptBy(instruction);
      if (kept !== undefined) keys.add(keptKey(kept));
    }
  }
  return [...keys];
}
