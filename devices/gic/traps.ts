import { Hcr, type PeView } from './pe-context.js';

/** Where an access to a CPU interface register is trapped to; `None` when it goes through. */
export const GicTrap = { None: 0, EL2: 2, EL3: 3 } as const;
export type GicTrap = (typeof GicTrap)[keyof typeof GicTrap];

/** ICH_HCR_EL2 trap bits: common registers, Group 0, Group 1, ICC_DIR_EL1. */
const IchHcr = { TC: 1 << 10, TALL0: 1 << 11, TALL1: 1 << 12, TDIR: 1 << 14 } as const;

/** What the traps of a register depend on. */
interface TrapClass {
  readonly sgi: boolean;
  /** ICH_HCR_EL2 bits that trap EL1 accesses. */
  readonly ichHcr: number;
  /** HCR_EL2 bits that make EL1 accesses virtual. */
  readonly routing: number;
  /** SCR_EL3 routing to EL3 that traps physical accesses: of IRQ, of FIQ. */
  readonly irq: boolean;
  readonly fiq: boolean;
}

const classes = new Map<string, TrapClass | undefined>();

function classify(name: string): TrapClass | undefined {
  if (!name.startsWith('ICC_') || !name.endsWith('_EL1') || name === 'ICC_SRE_EL1') return undefined;
  const sgi = name.includes('SGI');
  const common = sgi || /^ICC_(PMR|CTLR|DIR|RPR)_/.test(name);
  const group0 = !common && /0_EL1$|AP0R/.test(name) && !name.startsWith('ICC_AP1R');
  const own = common ? IchHcr.TC : group0 ? IchHcr.TALL0 : IchHcr.TALL1;
  return {
    sgi,
    ichHcr: own | (name === 'ICC_DIR_EL1' ? IchHcr.TDIR : 0),
    routing: common ? Hcr.IMO | Hcr.FMO : group0 ? Hcr.FMO : Hcr.IMO,
    irq: common || !group0,
    fiq: common || group0,
  };
}

/**
 * Traps of the pseudocode of ICC_* accessors at EL1 and EL2 (IHI 0069, 12.2): ICH_HCR_EL2 and, for SGIs, HCR_EL2 first,
 * then SCR_EL3.IRQ and SCR_EL3.FIQ for what would otherwise reach the physical interface.
 */
export function cpuInterfaceTrap(view: PeView, ichHcr: number, name: string): GicTrap {
  const { el } = view;
  if (el === 3 || !(view.config.el2 || view.config.el3)) return GicTrap.None;
  let registerClass = classes.get(name);
  if (registerClass === undefined) {
    if (classes.has(name)) return GicTrap.None;
    registerClass = classify(name);
    classes.set(name, registerClass);
    if (registerClass === undefined) return GicTrap.None;
  }
  if (el === 1 && view.el2Enabled) {
    if (registerClass.sgi && (view.context.hcrEl2 & (Hcr.IMO | Hcr.FMO)) !== 0) return GicTrap.EL2;
    if ((ichHcr & registerClass.ichHcr) !== 0) return GicTrap.EL2;
  }
  const routed = (!registerClass.irq || view.irqToEl3) && (!registerClass.fiq || view.fiqToEl3);
  return routed && !view.virtual(registerClass.routing) ? GicTrap.EL3 : GicTrap.None;
}
