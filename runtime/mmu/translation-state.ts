import type { CpuState } from '../../src/arch/cpu-state.js';
import { PhysicalAddressSpace } from '../../src/arch/address.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import {
  regimeKindOf,
  RegimeKind,
  translationFeatures,
  TranslationRegime,
  type TranslationFeatures,
} from '../../src/arch/translation/index.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import { ContextVariant, HIDDEN, RegimeContexts, type AccessContexts, type ContextTable } from './contexts.js';

const EL = ArchState.offset.el >> 2;
const PAN = ArchState.offset.pan >> 2;
const UAO = ArchState.offset.uao >> 2;
const SECURITY = ArchState.offset.security >> 2;

const HCR_FB = 1n << 9n;

/** Context numbers of one combination of privilege, PAN and unprivileged accesses, as ControlState holds them. */
class ModeContexts {
  engineLow = 0;
  engineHigh = 0;
  unprivilegedLow = 0;
  unprivilegedHigh = 0;
  fetchLow = 0;
  fetchHigh = 0;
  /** ContextTable.recycled when the numbers were assigned; -1: not assigned. */
  stamp = -1;
}

/** A regime in use: its decoded registers and the contexts of its current ASID. */
class ActiveRegime {
  decoded = false;
  /** Values of the registers that the decoding depends on, at the last one. */
  snapshot: Int32Array | undefined;
  /** By privileged, PAN << 1, unprivilegedAsUser << 2. */
  readonly modes = Array.from({ length: 8 }, () => new ModeContexts());
  contexts: RegimeContexts;
  asidContexts: AccessContexts;
  /** Word indexes of the TTBRs in CpuState.u32; -1 where there is none. */
  readonly ttbr0: number;
  readonly ttbr1: number;
  /** Words of CpuState.u32 that the decoding depends on. */
  private readonly indexes: readonly number[];

  constructor(
    readonly regime: TranslationRegime,
    private readonly table: ContextTable,
  ) {
    this.ttbr0 = sysregWord(regime.ttbr0);
    this.ttbr1 = regime.ttbr1 === '' ? -1 : sysregWord(regime.ttbr1);
    this.indexes = regime.controls().flatMap((name) => [sysregWord(name), sysregWord(name) + 1]);
    // In no table until `refresh`, which follows the first decoding.
    this.contexts = new RegimeContexts(regime.kind, regime.security, 0);
    this.asidContexts = this.contexts.shared;
  }

  /** Looks the contexts up again, after the key, the ASID or the contexts' owner changed. */
  refresh(): void {
    const { regime } = this;
    this.contexts = this.table.regime(regime.key, regime.kind, regime.security, regime.vmid);
    this.asidContexts = regime.twoRanges ? this.contexts.forAsid(regime.asid) : this.contexts.shared;
    this.forgetModes();
  }

  /** Takes table bases and the ASID from the TTBRs. */
  readTables(u32: Uint32Array): void {
    const { regime, ttbr0, ttbr1 } = this;
    const asid = regime.asid;
    if (ttbr1 < 0) regime.setTables(u32[ttbr0 + 1], u32[ttbr0], 0, 0);
    else regime.setTables(u32[ttbr0 + 1], u32[ttbr0], u32[ttbr1 + 1], u32[ttbr1]);
    if (regime.asid !== asid) this.refresh();
  }

  /** Whether a register that the decoding depends on changed since the last call. */
  changed(u32: Uint32Array): boolean {
    const { indexes } = this;
    const known = this.snapshot;
    const snapshot = known ?? new Int32Array(indexes.length);
    this.snapshot = snapshot;
    let changed = known === undefined;
    for (let i = 0; i < indexes.length; i++) {
      const value = u32[indexes[i]] | 0;
      if (snapshot[i] === value) continue;
      snapshot[i] = value;
      changed = true;
    }
    return changed;
  }

  forgetModes(): void {
    for (let i = 0; i < 8; i++) this.modes[i].stamp = -1;
  }
}

/**
 * The translation state of one vCPU: which regime applies, decoded, and the access contexts in ControlState that the
 * engines compare TLB tags with.
 */
export class TranslationState {
  features: TranslationFeatures;
  /** Regime of the current Exception level. */
  regime: TranslationRegime;
  privileged = true;
  /** PAN applies to privileged data accesses. */
  pan = false;
  /** Unprivileged loads and stores are checked as EL0's. */
  unprivilegedAsUser = false;

  /** HCR_EL2.FB: TLB maintenance at EL1 is broadcast. */
  forcedBroadcast = false;

  private active: ActiveRegime;
  private mode = new ModeContexts();
  private variant: number = ContextVariant.Privileged;
  private readonly read: (name: string) => bigint;
  /** By EL * 4 + Security state; undefined after a change that may choose another regime. */
  private readonly byState: (ActiveRegime | undefined)[] = new Array<ActiveRegime | undefined>(16).fill(undefined);
  /** By RegimeKind * 4 + Security state. */
  private readonly byKind: (ActiveRegime | undefined)[] = new Array<ActiveRegime | undefined>(16).fill(undefined);
  /** HCR_EL2.{E2H, TGE} = {1, 1}, by Security state: EL0 and EL2 share the EL2&0 regime. */
  private readonly hostMode = [false, false, false, false];
  /** regimeKindOf by EL * 4 + Security state; -1: not known since the last change of controls. */
  private readonly kinds = new Int8Array(16).fill(-1);
  private readonly words: Int32Array;
  /** Word index of ControlState.contextLow. */
  private readonly control: number;

  constructor(
    private readonly cpu: CpuState,
    vcpuBase: number,
    private readonly contexts: ContextTable,
  ) {
    this.words = new Int32Array(cpu.buffer, 0, Math.floor(cpu.buffer.byteLength / 4));
    this.control = (vcpuBase + controlFieldOffset.contextLow) >> 2;
    for (let i = 0; i < 12; i++) this.words[this.control + i] = 0;
    this.read = (name) => cpu.sysreg(name);
    this.features = this.readFeatures();
    this.active = this.activate(cpu.u32[EL], cpu.u32[SECURITY]);
    this.regime = this.active.regime;
    this.update();
  }

  private readFeatures(): TranslationFeatures {
    const { cpu } = this;
    return translationFeatures({
      ID_AA64PFR0_EL1: cpu.sysreg('ID_AA64PFR0_EL1'),
      ID_AA64MMFR0_EL1: cpu.sysreg('ID_AA64MMFR0_EL1'),
      ID_AA64MMFR1_EL1: cpu.sysreg('ID_AA64MMFR1_EL1'),
      ID_AA64MMFR2_EL1: cpu.sysreg('ID_AA64MMFR2_EL1'),
    });
  }

  /** After a reset: ID registers may have changed too. */
  reset(): void {
    this.features = this.readFeatures();
    for (const active of this.byKind) if (active !== undefined) active.snapshot = undefined;
    this.controlsChanged();
  }

  /** SCTLR, TCR, MAIR, HCR_EL2, SCR_EL3, VTCR_EL2, VTTBR_EL2 or their Secure fellows were written. */
  controlsChanged(): void {
    this.byState.fill(undefined);
    this.kinds.fill(-1);
    for (const active of this.byKind) if (active !== undefined) active.decoded = false;
    this.update();
  }

  /** TTBR0 or TTBR1 of some regime was written. */
  tablesChanged(): void {
    const { u32 } = this.cpu;
    for (let i = 0; i < 16; i++) {
      const active = this.byKind[i];
      if (active !== undefined && active.decoded) active.readTables(u32);
    }
    this.update();
  }

  /** Contexts were dropped or an ASID's changed kind: assigns afresh. */
  contextsDropped(): void {
    for (const active of this.byKind) if (active !== undefined && active.decoded) active.refresh();
    this.update();
  }

  /** EL, PAN, UAO or the Security state changed: writes the contexts that apply now into ControlState. */
  update(): void {
    const { u32 } = this.cpu;
    const el = u32[EL];
    const security = u32[SECURITY] & 3;
    const known = this.byState[el * 4 + security];
    const active = known !== undefined && !known.contexts.retired ? known : this.activate(el, security);
    const regime = active.regime;
    this.active = active;
    this.regime = regime;
    const privileged = el !== 0;
    this.privileged = privileged;
    this.pan = privileged && regime.twoRanges && u32[PAN] !== 0 && !regime.nestedEl1;
    this.variant = privileged
      ? this.pan
        ? ContextVariant.PrivilegedPan
        : ContextVariant.Privileged
      : ContextVariant.User;
    this.unprivilegedAsUser =
      privileged &&
      u32[UAO] === 0 &&
      (el === 1 ? !regime.nestedEl1 : el === 2 && regime.kind === RegimeKind.El20 && this.hostMode[security]);
    const index = (privileged ? 1 : 0) | (this.pan ? 2 : 0) | (this.unprivilegedAsUser ? 4 : 0);
    const mode = active.modes[index];
    this.mode = mode;
    while (mode.stamp !== this.contexts.recycled) this.assignMode(mode);
    this.writeContexts(mode);
  }

  private assignMode(mode: ModeContexts): void {
    const { contexts, active, privileged } = this;
    mode.stamp = contexts.recycled;
    const low = active.asidContexts;
    const high = this.owner(true, privileged);
    const own = privileged ? this.variant : ContextVariant.User;
    // The upper half's shared contexts do not tell PAN apart; see isShared.
    const shared = privileged && high === active.contexts.shared;
    const fetch = privileged ? ContextVariant.Privileged : ContextVariant.User;
    mode.engineLow = contexts.number(low, own);
    mode.engineHigh = contexts.number(high, shared ? ContextVariant.Privileged : own);
    const user = this.unprivilegedAsUser ? contexts.number(low, ContextVariant.User) : 0;
    mode.unprivilegedLow = this.unprivilegedAsUser ? user : mode.engineLow;
    mode.unprivilegedHigh = this.unprivilegedAsUser ? user : mode.engineHigh;
    mode.fetchLow = contexts.number(low, fetch);
    mode.fetchHigh = contexts.number(high, fetch);
  }

  private writeContexts(mode: ModeContexts): void {
    const { words, control } = this;
    // With alignment checking on, the engines see no context at all, and every access comes to VcpuMmu.access.
    const visible = this.regime.alignmentCheck ? 0 : -1;
    words[control] = mode.engineLow & visible;
    words[control + 2] = mode.engineHigh & visible;
    words[control + 4] = mode.unprivilegedLow & visible;
    words[control + 6] = mode.unprivilegedHigh & visible;
    words[control + 8] = mode.fetchLow;
    words[control + 10] = mode.fetchHigh;
  }

  /**
   * Who owns the contexts of accesses to a VA half. The upper half is shared by all ASIDs for privileged accesses
   * until a non-global translation shows up in it.
   */
  owner(upper: boolean, privileged: boolean): AccessContexts {
    const { asidContexts } = this.active;
    return upper && privileged && !asidContexts.splitHigh ? this.active.contexts.shared : asidContexts;
  }

  /** Context that the engines use for data accesses, `privileged` or made as EL0's. */
  engineContext(upper: boolean, privileged: boolean): number {
    const { mode } = this;
    if (privileged === this.privileged) return upper ? mode.engineHigh : mode.engineLow;
    return upper ? mode.unprivilegedHigh : mode.unprivilegedLow;
  }

  fetchContext(upper: boolean): number {
    return upper ? this.mode.fetchHigh : this.mode.fetchLow;
  }

  /** Number of the hidden context, or 0 when none was ever needed. */
  hiddenContext(upper: boolean, privileged: boolean): number {
    return this.owner(upper, privileged).numbers[HIDDEN + (privileged ? this.variant : ContextVariant.User)];
  }

  assignHiddenContext(upper: boolean, privileged: boolean): number {
    const slot = HIDDEN + (privileged ? this.variant : ContextVariant.User);
    const number = this.contexts.number(this.owner(upper, privileged), slot);
    // Assigning it may have taken the oldest numbers back, those in use among them.
    if (this.mode.stamp !== this.contexts.recycled) this.update();
    return number;
  }

  /**
   * Privileged accesses to this VA half use contexts shared by all ASIDs, which do not tell PAN apart either:
   * non-global translations and pages that PAN protects may not enter them.
   */
  isShared(upper: boolean): boolean {
    const { active } = this;
    return active.regime.twoRanges && this.owner(upper, true) === active.contexts.shared;
  }

  /** A non-global translation was met where contexts are shared by all ASIDs. */
  splitUpperHalf(): void {
    this.active.asidContexts.splitHigh = true;
    this.active.forgetModes();
    this.update();
  }

  /** Decoded regime of a kind in a Security state, whether current or not. */
  regimeOf(kind: RegimeKind, security: number): TranslationRegime {
    return this.activeOf(kind, security).regime;
  }

  /** Regime that an access from `el` in `security` would use. */
  kindFor(el: number, security: number): RegimeKind {
    const index = el * 4 + security;
    const known = this.kinds[index];
    if (known >= 0) return known as RegimeKind;
    return (this.kinds[index] = regimeKindOf(el, security, this.read, this.features));
  }

  /** Security state that EL2 and below have when the PE is at `el`. */
  lowerSecurity(el: number): number {
    const { cpu } = this;
    if (el < 3) return cpu.u32[SECURITY] & 3;
    const scr = cpu.sysreg('SCR_EL3');
    const ns = (scr & 1n) !== 0n;
    if (this.features.rme && ((scr >> 62n) & 1n) !== 0n) return PhysicalAddressSpace.Realm;
    return ns ? PhysicalAddressSpace.NonSecure : PhysicalAddressSpace.Secure;
  }

  private activate(el: number, security: number): ActiveRegime {
    const active = this.activeOf(this.kindFor(el, security), security);
    if (active.contexts.retired) active.refresh();
    this.hostMode[security] = this.kindFor(0, security) === RegimeKind.El20;
    this.forcedBroadcast = this.features.el2 && (this.read('HCR_EL2') & HCR_FB) !== 0n;
    this.byState[el * 4 + security] = active;
    return active;
  }

  private activeOf(kind: RegimeKind, security: number): ActiveRegime {
    const index = kind * 4 + security;
    let active = this.byKind[index];
    if (active === undefined) {
      active = new ActiveRegime(new TranslationRegime(kind, security), this.contexts);
      this.byKind[index] = active;
    }
    if (!active.decoded) {
      // Decoding is slow and most writes concern another regime (a hypervisor's world switch): look first.
      if (active.changed(this.cpu.u32)) {
        active.regime.decode(this.read, this.features);
        active.refresh();
      } else active.readTables(this.cpu.u32);
      active.decoded = true;
    }
    return active;
  }
}
