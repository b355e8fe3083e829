import type { CpuState } from '../cpu-state.js';
import { routeSynchronous } from '../exceptions/routing.js';
import type { CpuModel } from '../features/cpu-model.js';
import type { FeatureName } from '../features/feature-list.js';
import { el2Enabled, elIsInHost, PstateWord } from '../pstate.js';
import { systemTrap, undefinedTrap, Verdict, type SystemTrap } from './access.js';
import type { TrapRule } from './definition.js';
import { effectiveHcrx } from './instruction-traps.js';
import { packEncoding, systemTrapIss, unpackEncoding } from './encoding.js';
import { evaluateRules, locateRule, relevantRules, type LocatedRule } from './rule-evaluation.js';
import { SYS_INSTRUCTIONS, type SysInstruction } from './table/sys-instructions.js';

export type { AtForm, SysInstruction, TlbiForm } from './table/sys-instructions.js';

const HCRX_FGTNXS = 1 << 4;

const TABLE: ReadonlyMap<number, SysInstruction> = new Map(
  SYS_INSTRUCTIONS.map((instruction) => [instruction.encoding, instruction]),
);

/** The SYS instruction (op0 = 1) with these fields, undefined where none is defined. Says nothing about access. */
export function classifySys(op1: number, crn: number, crm: number, op2: number): SysInstruction | undefined {
  return TABLE.get(packEncoding(0, op1, crn, crm, op2));
}

/** Translation regime that a TLBI or AT names, given HCR_EL2 now. */
export type Regime = 'EL10' | 'EL20' | 'EL2' | 'EL3';

/** "E1" operations of a host at EL2 reach its own EL2&0 regime, and "E2" ones too when HCR_EL2.E2H is set. */
export function regimeOf(state: CpuState, level: 1 | 2 | 3): Regime {
  if (level === 3) return 'EL3';
  if (level === 2) return elIsInHost(state, 2) ? 'EL20' : 'EL2';
  return elIsInHost(state, 0) && state.u32[PstateWord.el] !== 1 ? 'EL20' : 'EL10';
}

interface Guarded {
  readonly instruction: SysInstruction;
  readonly rules: readonly LocatedRule[];
}

/** Access checks of the SYS instructions of one CPU. Carrying them out is up to the MMU and the code store. */
export class SystemInstructions {
  private readonly guarded = new Map<number, Guarded>();

  constructor(
    private readonly state: CpuState,
    private readonly model: CpuModel,
  ) {
    for (const instruction of SYS_INSTRUCTIONS) {
      if (!instruction.needs.every((need) => this.has(need))) continue;
      const rules = instruction.rules.map((rule) => locateRule(rule));
      const { fineGrained: bit } = instruction;
      if (bit !== undefined && model.has('FEAT_FGT')) rules.push(fineGrained(bit));
      this.guarded.set(instruction.encoding, { instruction, rules: relevantRules(rules, model) });
    }
  }

  /**
   * Checks a SYS or SYSL. @param encoding bits 19..5 of the word, of which op1, CRn, CRm and op2 count
   * @param rt register number, for the syndrome. @param read true for SYSL, of which none are defined
   */
  check(encoding: number, rt: number, read = false): SysInstruction | SystemTrap {
    const key = encoding & 0x3fff;
    const found = read ? undefined : this.guarded.get(key);
    if (found === undefined) return this.undefinedAccess(key, rt, read);
    const { state } = this;
    const el = state.u32[PstateWord.el];
    const { instruction } = found;
    if (el < instruction.from) return undefinedTrap(routeSynchronous(state));
    if (instruction.el2Only && el === 3 && !el2Enabled(state)) return undefinedTrap(3);
    const verdict = evaluateRules(state, found.rules, el);
    if (verdict === Verdict.Allowed || this.exemptNxs(instruction, found.rules, el)) return instruction;
    return systemTrap(verdict & 3, systemTrapIss(1, key, rt, read));
  }

  /** HCRX_EL2.FGTnXS: fine-grained traps leave the nXS forms alone. */
  private exemptNxs(instruction: SysInstruction, rules: readonly LocatedRule[], el: number): boolean {
    if (instruction.tlbi?.nXS !== true || (effectiveHcrx(this.state) & HCRX_FGTNXS) === 0) return false;
    return evaluateRules(this.state, rules.filter((rule) => !rule.fineGrained), el) === Verdict.Allowed;
  }

  private undefinedAccess(key: number, rt: number, read: boolean): SystemTrap {
    const { state } = this;
    const { crn } = unpackEncoding(key);
    const el = state.u32[PstateWord.el];
    const implementationDefined = crn === 11 || crn === 15;
    if (implementationDefined && el === 1 && this.model.el2 && evaluateRules(state, [TIDCP], el) !== Verdict.Allowed) {
      return systemTrap(2, systemTrapIss(1, key, rt, read));
    }
    return undefinedTrap(routeSynchronous(state));
  }

  private has(need: FeatureName | 'EL2' | 'EL3'): boolean {
    return need === 'EL2' ? this.model.el2 : need === 'EL3' ? this.model.el3 : this.model.has(need);
  }
}

export const isSysTrap = (result: SysInstruction | SystemTrap): result is SystemTrap => 'targetEl' in result;

const hcr = (bit: number): TrapRule => ({ control: 'HCR_EL2', bit, when: 1, access: 'rw', to: 2, guestOnly: true });
const TIDCP = locateRule(hcr(20));
const fineGrained = (bit: number): LocatedRule =>
  locateRule({ control: 'HFGITR_EL2', bit, when: 1, access: 'w', to: 2, guestOnly: true }, true);
