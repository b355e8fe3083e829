/**
 * Which memory accesses keep their page's translation in locals: those by a base register that is used often enough. The
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

/** Accesses by one register outside loops that make it worth while. */
const ACCESSES = 3;
const LOOP_WEIGHT = ACCESSES;

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

/** The translations that a region keeps, by their keys. */
export function translationsKept(region: Region, flow: ControlFlow): Map<number, KeptTranslation> {
  const weights = new Map<number, number>();
  const all = new Map<number, KeptTranslation>();
  for (const block of region.blocks) {
    for (const instruction of block.instructions) {
      const kept = keptBy(instruction);
      if (kept === undefined) continue;
      const key = keptKey(kept);
      all.set(key, kept);
      weights.set(key, (weights.get(key) ?? 0) + (flow.inLoop[block.index] ? LOOP_WEIGHT : 1));
    }
  }
  for (const [key, weight] of weights) if (weight < ACCESSES) all.delete(key);
  return all;
}
