import type { CpuState } from '../cpu-state.js';
import type { CpuModel } from '../features/cpu-model.js';
import { el2Enabled, elIsInHost, tge } from '../pstate.js';
import { Verdict } from './access.js';
import type { TrapRule } from './definition.js';
import { sysregWord } from './storage.js';

/** A trap rule with its control bit located, so that it costs one masked compare. */
export interface LocatedRule {
  readonly word: number;
  /** Control word of a host for rules to EL1, else -1. */
  readonly hostWord: number;
  readonly mask: number;
  /** The masked word that traps. */
  readonly match: number;
  readonly to: 1 | 2 | 3;
  readonly guestOnly: boolean;
  /** A fine-grained trap: off while SCR_EL3.FGTEn is 0. */
  readonly fineGrained: boolean;
}

const SCR = sysregWord('SCR_EL3');
const SCR_FGTEN = 1 << 27;

export function locateRule(rule: TrapRule, fineGrained = false): LocatedRule {
  const high = rule.bit >= 32 ? 1 : 0;
  const mask = 1 << (rule.bit & 31);
  return {
    word: sysregWord(rule.control) + high,
    hostWord: rule.host === undefined ? -1 : sysregWord(rule.host) + high,
    mask,
    match: rule.when === 1 ? mask : 0,
    to: rule.to,
    guestOnly: rule.guestOnly ?? false,
    fineGrained,
  };
}

/** Rules that can ever trap on this CPU, those of lower ELs first as the architecture's priorities have it. */
export function relevantRules(rules: readonly LocatedRule[], model: CpuModel): LocatedRule[] {
  return rules
    .filter((rule) => rule.to === 1 || (rule.to === 2 ? model.el2 : model.el3))
    .sort((a, b) => a.to - b.to);
}

/** First verdict that is not Allowed for an access at `el`. */
export function evaluateRules(state: CpuState, rules: readonly LocatedRule[], el: number): number {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (el >= rule.to) continue;
    const verdict = evaluate(state, rule, el);
    if (verdict !== Verdict.Allowed) return verdict;
  }
  return Verdict.Allowed;
}

function evaluate(state: CpuState, rule: LocatedRule, el: number): number {
  const { u32 } = state;
  if (rule.to === 1) {
    const host = elIsInHost(state, 0);
    if ((u32[host ? rule.hostWord : rule.word] & rule.mask) !== rule.match) return Verdict.Allowed;
    return host || tge(state) ? Verdict.El2 : Verdict.El1;
  }
  if ((u32[rule.word] & rule.mask) !== rule.match) return Verdict.Allowed;
  if (rule.to === 3) return Verdict.El3;
  if (!el2Enabled(state)) return Verdict.Allowed;
  if (rule.guestOnly && el === 0 && elIsInHost(state, 0)) return Verdict.Allowed;
  if (rule.fineGrained && (u32[SCR] & SCR_FGTEN) === 0) return Verdict.Allowed;
  return Verdict.El2;
}
