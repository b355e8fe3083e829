/** State that decides whether an EL may access a timer register; register values by Arm's names, low words. */
export interface TimerAccessContext {
  /** Current Exception level, 0..3. */
  readonly el: number;
  /** EL2 is implemented and enabled in the current Security state. */
  readonly el2Enabled: boolean;
  /** HCR_EL2.E2H and TGE; false where EL2 is not enabled. */
  readonly e2h: boolean;
  readonly tge: boolean;
  readonly cntkctl: number;
  readonly cnthctl: number;
  /** SCR_EL3.ST. */
  readonly secureTimerAtEl1: boolean;
}

const PCTEN = 1 << 0;
const VCTEN = 1 << 1;
const EL0VTEN = 1 << 8;
const EL0PTEN = 1 << 9;

/**
 * Exception level that an access to CNT* register `name`, allowed by its encoding, is trapped to; 0 for none. From the
 * accessors' pseudocode (Arm ARM, D19.12), without FEAT_ECV and fine-grained traps.
 */
export function timerTrap(name: string, context: TimerAccessContext): 0 | 1 | 2 | 3 {
  const { el, el2Enabled, e2h, tge, cntkctl, cnthctl } = context;
  if (name.startsWith('CNTPS_')) return el === 1 && !context.secureTimerAtEl1 ? 3 : 0;
  const match = /^CNT(?:([PV])(CT)?(?:SS)?(?:_(?:CTL|CVAL|TVAL))?|(FRQ))_EL0$/.exec(name);
  if (match === null || el >= 2) return 0;
  const [, kind, counter, frequency] = match;
  const host = el2Enabled && e2h && tge;
  if (el === 0) {
    // Each of these is one bit, or for CNTFRQ_EL0 either of two, of CNTKCTL_EL1, or of CNTHCTL_EL2 for a host's EL0.
    let needed = kind === 'P' ? EL0PTEN : EL0VTEN;
    if (frequency !== undefined) needed = PCTEN | VCTEN;
    else if (counter !== undefined) needed = kind === 'P' ? PCTEN : VCTEN;
    if (((host ? cnthctl : cntkctl) & needed) === 0) return host || (el2Enabled && tge) ? 2 : 1;
    if (host) return 0;
  }
  if (!el2Enabled || kind !== 'P') return 0;
  // CNTHCTL_EL2.EL1PCTEN and EL1PCEN (EL1PTEN): bits 0 and 1, or 10 and 11 with E2H.
  const permitted = (counter !== undefined ? 1 : 2) << (e2h ? 10 : 0);
  return (cnthctl & permitted) === 0 ? 2 : 0;
}
