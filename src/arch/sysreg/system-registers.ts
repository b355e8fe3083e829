import type { CpuState } from '../cpu-state.js';
import { routeSynchronous } from '../exceptions/routing.js';
import { fpTrap } from '../exceptions/syndrome.js';
import type { CpuModel } from '../features/cpu-model.js';
import { elIsInHost, PstateWord, tge } from '../pstate.js';
import { systemTrap, undefinedTrap, Verdict, type SystemTrap } from './access.js';
import type { Behaviour } from './behaviour/behaviour.js';
import { BEHAVIOURS } from './behaviour/index.js';
import { NEVER, type Presence, type RegisterDefinition } from './definition.js';
import { SYSREG_ENCODINGS, systemTrapIss, unpackEncoding } from './encoding.js';
import type { SysregHost } from './host.js';
import { PerformanceCounters } from './performance-counters.js';
import { evaluateRules, locateRule, relevantRules, type LocatedRule } from './rule-evaluation.js';
import { sysregIndex, sysregWord } from './storage.js';
import { SYSREG_TABLE } from './table/index.js';
import { fineGrainedTrap } from './trap-rules.js';

/** A register of this CPU model, ready for access. */
interface Entry {
  readonly definition: RegisterDefinition;
  readonly readFrom: number;
  readonly writeFrom: number;
  /** Index into u64, -1 for no storage. */
  readonly index: number;
  readonly writable: bigint;
  readonly wholeWritable: boolean;
  readonly readRules: readonly LocatedRule[];
  readonly writeRules: readonly LocatedRule[];
  readonly behaviour: Behaviour | undefined;
  host: Entry | undefined;
  alias: Entry | undefined;
}

const EL = PstateWord.el;
const HCR_HIGH = sysregWord('HCR_EL2') + 1;
const HCR_E2H_HIGH = 1 << 2;
const SCTLR1_HIGH = sysregWord('SCTLR_EL1') + 1;
const SCTLR2_HIGH = sysregWord('SCTLR_EL2') + 1;
const SCTLR_TIDCP_HIGH = 1 << 31;
const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** Does the CPU have everything that the register asks for? */
export function isPresent(model: CpuModel, needs: readonly Presence[]): boolean {
  return needs.every((need) => {
    if (typeof need === 'function') return need(model);
    if (need === 'EL2') return model.el2;
    if (need === 'EL3') return model.el3;
    if (need === 'GIC') return model.gicSystemRegisters;
    return model.has(need);
  });
}

/**
 * The system registers of one PE. `read` and `write` take the encoding from bits 19..5 of the MRS or MSR word and carry
 * out the whole access: existence, Exception level, traps of every level, redirection by HCR_EL2.E2H, side effects.
 */
export class SystemRegisters {
  readonly counters: PerformanceCounters;
  /** FPCR bits that software can change. */
  readonly fpcrMask: bigint;
  private readonly entries: (Entry | undefined)[] = new Array<Entry | undefined>(SYSREG_ENCODINGS).fill(undefined);

  constructor(
    readonly state: CpuState,
    readonly model: CpuModel,
    readonly host: SysregHost,
  ) {
    this.counters = new PerformanceCounters(state, host.performance, model.eventCounters);
    this.fpcrMask =
      0x07c0_0000n | (model.has('FEAT_FP16') ? 1n << 19n : 0n) | (model.has('FEAT_AFP') ? 7n : 0n);
    this.build();
  }

  /** MRS. @param rt register number, for the syndrome of a trap */
  read(encoding: number, rt = 0): bigint | SystemTrap {
    let entry = this.entries[encoding];
    if (entry === undefined) return this.undefinedAccess(encoding, rt, true);
    const { u32 } = this.state;
    const el = u32[EL];
    if (entry.host !== undefined) entry = this.redirect(entry, el);
    if (entry.alias !== undefined) {
      const usable = el >= entry.readFrom && (u32[HCR_HIGH] & HCR_E2H_HIGH) !== 0;
      if (!usable) return this.undefinedAccess(encoding, rt, true);
      entry = entry.alias;
    }
    if (el < entry.readFrom) return this.undefinedAccess(encoding, rt, true);
    const { behaviour } = entry;
    const verdict = this.check(entry, behaviour, el, false);
    if (verdict !== Verdict.Allowed) return this.trap(verdict, encoding, rt, true);
    if (behaviour?.read !== undefined) return behaviour.read(this);
    return entry.index < 0 ? 0n : this.state.u64[entry.index];
  }

  /** MSR (register). Returns Effect bits, or the trap. @param value 0..2^64-1 */
  write(encoding: number, value: bigint, rt = 0): number | SystemTrap {
    let entry = this.entries[encoding];
    if (entry === undefined) return this.undefinedAccess(encoding, rt, false);
    const { u32 } = this.state;
    const el = u32[EL];
    if (entry.host !== undefined) entry = this.redirect(entry, el);
    if (entry.alias !== undefined) {
      const usable = el >= entry.writeFrom && (u32[HCR_HIGH] & HCR_E2H_HIGH) !== 0;
      if (!usable) return this.undefinedAccess(encoding, rt, false);
      entry = entry.alias;
    }
    if (el < entry.writeFrom) return this.undefinedAccess(encoding, rt, false);
    const { behaviour } = entry;
    const verdict = this.check(entry, behaviour, el, true);
    if (verdict !== Verdict.Allowed) return this.trap(verdict, encoding, rt, false);
    if (behaviour?.write !== undefined) return behaviour.write(this, value);
    if (entry.index >= 0) this.store(entry, behaviour, value);
    return entry.definition.effects;
  }

  /** Does this CPU have a register at the encoding? */
  exists(encoding: number): boolean {
    return this.entries[encoding] !== undefined;
  }

  /** Name of the register at the encoding, undefined where this CPU has none. */
  nameOf(encoding: number): string | undefined {
    return this.entries[encoding]?.definition.name;
  }

  private store(entry: Entry, behaviour: Behaviour | undefined, value: bigint): void {
    const { u64 } = this.state;
    const old = u64[entry.index];
    u64[entry.index] = entry.wholeWritable ? value : (old & ~entry.writable) | (value & entry.writable);
    behaviour?.written?.(this, u64[entry.index], old);
  }

  /** HCR_EL2.E2H sends EL1 names to EL2 registers. */
  private redirect(entry: Entry, el: number): Entry {
    const { state } = this;
    if ((state.u32[HCR_HIGH] & HCR_E2H_HIGH) === 0) return entry;
    if (el === 2) return entry.host!;
    return el === 0 && entry.definition.hostAtEl0 && elIsInHost(state, 0) ? this.hostForEl0(entry) : entry;
  }

  /** A host's EL0 keeps the access rules of the EL1 name, which look at CNTHCTL_EL2 themselves. */
  private hostForEl0(entry: Entry): Entry {
    const target = entry.host!;
    const check = entry.behaviour?.check;
    return {
      ...target,
      readFrom: entry.readFrom,
      writeFrom: entry.writeFrom,
      host: undefined,
      behaviour: { ...target.behaviour, ...(check === undefined ? {} : { check }) },
    };
  }

  private check(entry: Entry, behaviour: Behaviour | undefined, el: number, write: boolean): number {
    if (behaviour?.check !== undefined) {
      const verdict = behaviour.check(this, write);
      if (verdict !== Verdict.Allowed) return verdict;
    }
    const verdict = evaluateRules(this.state, write ? entry.writeRules : entry.readRules, el);
    if (verdict !== Verdict.Allowed || behaviour?.checkLast === undefined) return verdict;
    return behaviour.checkLast(this, write);
  }

  private trap(verdict: number, encoding: number, rt: number, read: boolean): SystemTrap {
    if (verdict === Verdict.Undefined) return this.undefinedAccess(encoding, rt, read);
    const targetEl = verdict & 3;
    if ((verdict & Verdict.Fp) !== 0) return { targetEl, ...fpTrap() };
    return systemTrap(targetEl, systemTrapIss(2 + (encoding >> 14), encoding, rt, read));
  }

  /**
   * UNDEFINED: EC 0, but EC 0x18 for reads in the identification space with FEAT_IDST, and a trap to EL2 or EL1 for
   * implementation defined registers by HCR_EL2.TIDCP and SCTLR_EL1.TIDCP.
   */
  private undefinedAccess(encoding: number, rt: number, read: boolean): SystemTrap {
    const { state } = this;
    const iss = systemTrapIss(2 + (encoding >> 14), encoding, rt, read);
    const implementationDefined = this.trapImplementationDefined(encoding, iss);
    if (implementationDefined !== undefined) return implementationDefined;
    const targetEl = routeSynchronous(state);
    if (read && this.model.has('FEAT_IDST') && isIdentificationSpace(encoding)) return systemTrap(targetEl, iss);
    return undefinedTrap(targetEl);
  }

  private trapImplementationDefined(encoding: number, iss: number): SystemTrap | undefined {
    if (!isImplementationDefined(encoding)) return undefined;
    const { state } = this;
    const { u32 } = state;
    const el = u32[EL];
    if (el === 0 && this.model.has('FEAT_TIDCP1')) {
      const host = elIsInHost(state, 0);
      const trapped = (u32[host ? SCTLR2_HIGH : SCTLR1_HIGH] & SCTLR_TIDCP_HIGH) !== 0;
      if (trapped) return systemTrap(host || tge(state) ? 2 : 1, iss);
    }
    // From EL0 the architecture leaves the choice: UNDEFINED here.
    if (el !== 1 || evaluateRules(state, [TIDCP_RULE], el) === Verdict.Allowed) return undefined;
    return systemTrap(2, iss);
  }

  private build(): void {
    const byName = new Map<string, Entry>();
    const present = SYSREG_TABLE.filter((row) => row.encoding >= 0 && isPresent(this.model, row.present));
    for (const definition of present) byName.set(definition.name, this.entry(definition));
    for (const definition of present) {
      const entry = byName.get(definition.name)!;
      if (definition.host !== undefined) entry.host = byName.get(definition.host);
      if (definition.aliasOf !== undefined) {
        const target = byName.get(definition.aliasOf);
        if (target === undefined) continue;
        entry.alias = aliasEntry(target);
      }
      this.entries[definition.encoding] = entry;
    }
  }

  private entry(definition: RegisterDefinition): Entry {
    const { writable, name } = definition;
    const mask = typeof writable === 'function' ? writable(this.model) : writable;
    return {
      definition,
      readFrom: definition.readFrom,
      writeFrom: definition.writeFrom,
      index: definition.stored ? sysregIndex(name) : -1,
      writable: mask,
      wholeWritable: mask === ALL_BITS,
      readRules: this.rulesFor(definition, 'r'),
      writeRules: this.rulesFor(definition, 'w'),
      behaviour: BEHAVIOURS[name],
      host: undefined,
      alias: undefined,
    };
  }

  private rulesFor(definition: RegisterDefinition, access: 'r' | 'w'): LocatedRule[] {
    const rules = definition.rules.filter((rule) => rule.access.includes(access)).map((rule) => locateRule(rule));
    if (isImplementationDefined(definition.encoding)) rules.push(TIDCP_RULE);
    const fineGrained = fineGrainedTrap(definition.name);
    if (fineGrained !== undefined && this.model.has('FEAT_FGT')) {
      const control = `${fineGrained.group}${access === 'r' ? 'RTR' : 'WTR'}_EL2`;
      rules.push(locateRule({ control, bit: fineGrained.bit, when: 1, access, to: 2, guestOnly: true }, true));
    }
    return relevantRules(rules, this.model);
  }
}

/** HCR_EL2.TIDCP: implementation defined registers. */
const TIDCP_RULE = locateRule({ control: 'HCR_EL2', bit: 20, when: 1, access: 'rw', to: 2, guestOnly: true });

/** op0 = 3, CRn = 11 or 15. */
function isImplementationDefined(encoding: number): boolean {
  const { op0, crn } = unpackEncoding(encoding);
  return op0 === 3 && (crn === 11 || crn === 15);
}

/** The register behind an _EL12 or _EL02 name: only EL3's traps apply, and EL1's own access rules do not. */
function aliasEntry(target: Entry): Entry {
  const behaviour = target.behaviour === undefined ? undefined : withoutChecks(target.behaviour);
  return {
    ...target,
    readFrom: target.readFrom === NEVER ? NEVER : 2,
    writeFrom: target.writeFrom === NEVER ? NEVER : 2,
    readRules: target.readRules.filter((rule) => rule.to === 3),
    writeRules: target.writeRules.filter((rule) => rule.to === 3),
    behaviour,
    host: undefined,
  };
}

function withoutChecks(behaviour: Behaviour): Behaviour {
  const { read, write, written } = behaviour;
  return { ...(read && { read }), ...(write && { write }), ...(written && { written }) };
}

/** op0 = 3, op1 = 0, 1 or 3, CRn = 0, CRm = 0..7: the space that FEAT_IDST covers. */
function isIdentificationSpace(encoding: number): boolean {
  const { op0, op1, crn, crm } = unpackEncoding(encoding);
  return op0 === 3 && (op1 === 0 || op1 === 1 || op1 === 3) && crn === 0 && crm < 8;
}
