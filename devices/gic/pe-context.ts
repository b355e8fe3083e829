import type { GicConfig } from './config.js';

/** What the CPU interface needs to know about the PE that accesses it; read at every access. */
export interface PeContext {
  /** Current Exception level, 1..3 (the registers are UNDEFINED at EL0). */
  readonly el: number;
  /** SCR_EL3, bits 31..0; not looked at without EL3. */
  readonly scrEl3: number;
  /** HCR_EL2, bits 31..0, as it applies in the current Security state: 0 where EL2 is not enabled. */
  readonly hcrEl2: number;
}

export const Scr = { NS: 1, IRQ: 2, FIQ: 4, EEL2: 1 << 18 } as const;
export const Hcr = { FMO: 8, IMO: 0x10 } as const;

/** Questions about a PE's state that the pseudocode of IHI 0069 asks. */
export class PeView {
  constructor(
    readonly config: GicConfig,
    readonly context: PeContext,
  ) {}

  get el(): number {
    return this.context.el;
  }
  /** In Secure state. */
  get secure(): boolean {
    return this.config.el3 && (this.context.el === 3 || (this.context.scrEl3 & Scr.NS) === 0);
  }
  /** SCR_EL3.NS or no EL3: the Non-secure copies of banked registers are accessed. */
  get nonSecureBank(): boolean {
    return !this.config.el3 || (this.context.scrEl3 & Scr.NS) !== 0;
  }
  get fiqToEl3(): boolean {
    return this.config.el3 && (this.context.scrEl3 & Scr.FIQ) !== 0;
  }
  get irqToEl3(): boolean {
    return this.config.el3 && (this.context.scrEl3 & Scr.IRQ) !== 0;
  }
  /** EL2 is implemented and enabled in the current Security state. */
  get el2Enabled(): boolean {
    return this.config.el2 && (this.nonSecureBank || (this.context.scrEl3 & Scr.EEL2) !== 0);
  }
  /** An EL1 access to a register whose virtual counterpart the HCR_EL2 bits `routing` select. */
  virtual(routing: number): boolean {
    return (this.context.hcrEl2 & routing) !== 0 && this.context.el === 1 && this.el2Enabled;
  }
  /** Non-secure access while Group 0 belongs to EL3: priorities are shown in the Non-secure half of the range. */
  get nonSecurePriorities(): boolean {
    return this.config.el3 && !this.secure && this.fiqToEl3;
  }
}
