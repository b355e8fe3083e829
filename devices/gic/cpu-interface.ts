import { affinityOf } from './config.js';
import { Context, type Forwarding } from './forwarding.js';
import { Hcr, type PeContext, PeView } from './pe-context.js';
import { ICC_CTLR_FIXED } from './registers.js';
import { cpuInterfaceTrap, type GicTrap } from './traps.js';
import {
  type GicState, Group, IDLE_PRIORITY, INTID_NONSECURE, INTID_SECURE, INTID_SPURIOUS, MIN_BPR, Pe, PRIORITY_MASK,
} from './state.js';
import { VirtualCpuInterface } from './virtual-cpu-interface.js';

const CTLR_CBPR = 1;
const CTLR_EOIMODE = 2;
/** ICC_CTLR_EL3.nDS, and EOImode_EL3. */
const CTLR_EL3_FIXED = ICC_CTLR_FIXED | (1 << 17);
const CTLR_EL3_EOIMODE = 4;

interface Handler {
  /** HCR_EL2 bits any of which turns an EL1 access into one of the virtual interface; 0: there is no counterpart. */
  readonly routing: number;
  readonly read?: () => number;
  readonly write?: (value: number, high: number) => void;
}

/**
 * One PE's system-register CPU interface (IHI 0069, 12.2), with the virtual one behind it. An object belongs to the
 * thread that runs the PE; the state it works on is shared.
 */
export class CpuInterface {
  readonly virtualInterface: VirtualCpuInterface;
  private readonly view: PeView;
  private readonly pe: number;
  private readonly handlers: ReadonlyMap<string, Handler>;

  constructor(
    private readonly state: GicState,
    private readonly forwarding: Forwarding,
    readonly cpu: number,
    context: PeContext,
  ) {
    this.view = new PeView(state.config, context);
    this.pe = state.pe(cpu);
    this.virtualInterface = new VirtualCpuInterface(state, forwarding, cpu);
    this.handlers = this.buildHandlers();
  }

  /** Whether the controller implements a system register, by Arm's name. */
  has(name: string): boolean {
    return this.handlers.has(name) || this.virtualInterface.hasHypRegister(name);
  }

  /** Reads a system register by Arm's name, ICC_* or ICH_*; zero when it is write-only or not implemented. */
  read(name: string): bigint {
    if (name.startsWith('ICH_')) return this.state.memory.locked(() => this.virtualInterface.readHyp(name));
    const handler = this.handlers.get(name);
    if (handler === undefined) return 0n;
    return this.state.memory.locked(() => {
      const virtual = handler.routing !== 0 && this.view.virtual(handler.routing);
      const value = virtual ? this.virtualInterface.read(name) : (handler.read?.() ?? 0);
      return BigInt(value >>> 0);
    });
  }

  /** Writes a system register by Arm's name; ignored when it is read-only or not implemented. */
  write(name: string, value: bigint): void {
    const low = Number(BigInt.asUintN(32, value));
    const high = Number(BigInt.asUintN(32, value >> 32n));
    if (name.startsWith('ICH_')) {
      this.state.memory.locked(() => this.virtualInterface.writeHyp(name, low, high));
      return;
    }
    const handler = this.handlers.get(name);
    if (handler === undefined) return;
    this.state.memory.locked(() => {
      if (handler.routing !== 0 && this.view.virtual(handler.routing)) this.virtualInterface.write(name, low);
      else handler.write?.(low, high);
    });
  }

  /** Where an access that EL `el` is allowed to make is trapped to, see GicTrap. Fine-grained traps are not covered. */
  trap(name: string): GicTrap {
    const hcr = this.state.words[this.pe + Pe.hcr];
    return cpuInterfaceTrap(this.view, hcr, name);
  }

  /** Call after every change of Exception level or SCR_EL3.NS when EL3 is implemented: IRQ and FIQ depend on them. */
  contextChanged(): void {
    if (!this.state.config.el3) return;
    const context = (this.view.secure ? Context.Secure : 0) | (this.view.el === 3 ? Context.EL3 : 0);
    if (this.state.words[this.pe + Pe.context] === context) return;
    this.state.memory.locked(() => {
      this.state.words[this.pe + Pe.context] = context;
      this.forwarding.updateLines(this.cpu);
    });
  }

  /** ICC_IAR1_EL1: acknowledges, and gives the INTID, 1023 when there is none to take. */
  readIar1(): number {
    return this.state.memory.locked(() =>
      this.view.virtual(Hcr.IMO) ? this.virtualInterface.acknowledge(1) : this.acknowledge(1));
  }

  /** ICC_EOIR1_EL1. */
  writeEoir1(value: number): void {
    this.state.memory.locked(() => {
      if (this.view.virtual(Hcr.IMO)) this.virtualInterface.endOfInterrupt(1, value);
      else this.endOfInterrupt(1, value);
    });
  }

  /** ICC_PMR_EL1, 0..255. */
  readPmr(): number {
    return this.view.virtual(Hcr.IMO | Hcr.FMO) ? this.virtualInterface.priorityMask : this.maskAsSeen();
  }

  /** ICC_PMR_EL1; bits 7..0 count. */
  writePmr(value: number): void {
    this.state.memory.locked(() => {
      if (this.view.virtual(Hcr.IMO | Hcr.FMO)) this.virtualInterface.priorityMask = value;
      else this.setMask(value);
    });
  }

  private buildHandlers(): Map<string, Handler> {
    const { IMO, FMO } = Hcr;
    const map = new Map<string, Handler>();
    const add = (name: string, routing: number, read?: () => number, write?: Handler['write']): void => {
      map.set(name, { routing, ...(read && { read }), ...(write && { write }) });
    };
    add('ICC_PMR_EL1', IMO | FMO, () => this.maskAsSeen(), (v) => this.setMask(v));
    add('ICC_CTLR_EL1', IMO | FMO, () => ICC_CTLR_FIXED | this.control, (v) => this.writeControl(v));
    add('ICC_RPR_EL1', IMO | FMO, () => this.runningPriorityAsSeen());
    add('ICC_DIR_EL1', IMO | FMO, undefined, (v) => this.deactivate(v));
    for (const group of [0, 1] as const) {
      const routing = group === 0 ? FMO : IMO;
      add(`ICC_IAR${group}_EL1`, routing, () => this.acknowledge(group));
      add(`ICC_EOIR${group}_EL1`, routing, undefined, (v) => this.endOfInterrupt(group, v));
      add(`ICC_HPPIR${group}_EL1`, routing, () => this.highestPending(group));
      add(`ICC_BPR${group}_EL1`, routing, () => this.readBinaryPoint(group), (v) => this.writeBinaryPoint(group, v));
      add(`ICC_AP${group}R0_EL1`, routing, () => this.state.words[this.pe + Pe.apr + this.banked(group)],
        (v) => this.writeActivePriorities(group, v));
      add(`ICC_IGRPEN${group}_EL1`, routing, () => (this.enables >>> this.banked(group)) & 1,
        (v) => this.writeEnables(1 << this.banked(group), (v & 1) << this.banked(group)));
    }
    // System registers are always enabled and interrupt bypass is not supported: constants.
    add('ICC_SRE_EL1', 0, () => 0x7);
    if (this.state.config.el2) add('ICC_SRE_EL2', 0, () => 0xf);
    if (this.state.config.el3) {
      add('ICC_SRE_EL3', 0, () => 0xf);
      add('ICC_CTLR_EL3', 0, () => this.readControlEl3(), (v) => this.writeControlEl3(v));
      add('ICC_IGRPEN1_EL3', 0, () => ((this.enables >>> Group.G1NS) & 1) | (((this.enables >>> Group.G1S) & 1) << 1),
        (v) => this.writeEnables(6, ((v & 1) << Group.G1NS) | (((v >>> 1) & 1) << Group.G1S)));
    }
    add('ICC_SGI0R_EL1', 0, undefined, (low, high) => this.generateSgi(low, high, Group.G0));
    add('ICC_SGI1R_EL1', 0, undefined, (low, high) =>
      this.generateSgi(low, high, this.view.secure ? Group.G1S : Group.G1NS));
    add('ICC_ASGI1R_EL1', 0, undefined, (low, high) =>
      this.generateSgi(low, high, this.view.secure ? Group.G1NS : Group.G1S));
    return map;
  }

  /** The group that a register named for Group 0 or 1 means in the current Security state. */
  private banked(group: 0 | 1): number {
    if (group === 0) return Group.G0;
    return this.view.nonSecureBank ? Group.G1NS : Group.G1S;
  }

  private get controlIndex(): number {
    return this.pe + (this.view.nonSecureBank ? Pe.ctlrNS : Pe.ctlrS);
  }
  /** CBPR and EOImode of the current bank. */
  private get control(): number {
    return this.state.words[this.controlIndex];
  }
  private get enables(): number {
    return this.state.words[this.pe + Pe.igrpen];
  }

  private writeControl(value: number): void {
    // With two Security states CBPR belongs to ICC_CTLR_EL3.
    const twoStates = this.state.config.el3 && !this.state.singleSecurity;
    const writable = twoStates ? CTLR_EOIMODE : CTLR_EOIMODE | CTLR_CBPR;
    this.state.words[this.controlIndex] = (this.control & ~writable) | (value & writable);
    this.forwarding.updateLines(this.cpu);
  }

  private readControlEl3(): number {
    const w = this.state.words;
    const ns = w[this.pe + Pe.ctlrNS];
    const s = w[this.pe + Pe.ctlrS];
    return CTLR_EL3_FIXED | w[this.pe + Pe.ctlrEl3] | ((ns & CTLR_EOIMODE) << 3) | ((s & CTLR_EOIMODE) << 2) |
      ((ns & CTLR_CBPR) << 1) | (s & CTLR_CBPR);
  }

  private writeControlEl3(value: number): void {
    const w = this.state.words;
    w[this.pe + Pe.ctlrNS] = ((value >>> 3) & CTLR_EOIMODE) | ((value >>> 1) & CTLR_CBPR);
    w[this.pe + Pe.ctlrS] = ((value >>> 2) & CTLR_EOIMODE) | (value & CTLR_CBPR);
    w[this.pe + Pe.ctlrEl3] = value & CTLR_EL3_EOIMODE;
    this.forwarding.updateLines(this.cpu);
  }

  private writeEnables(mask: number, bits: number): void {
    const index = this.pe + Pe.igrpen;
    this.state.words[index] = (this.state.words[index] & ~mask) | bits;
    if (this.state.config.oneOfN === true) {
      this.forwarding.rerouteOneOfN();
      this.forwarding.updateAll();
    } else {
      this.forwarding.updatePe(this.cpu);
    }
  }

  private maskAsSeen(): number {
    return this.priorityAsSeen(this.state.words[this.pe + Pe.pmr]);
  }

  private runningPriorityAsSeen(): number {
    return this.priorityAsSeen(this.forwarding.runningPriority(this.cpu));
  }

  private priorityAsSeen(priority: number): number {
    if (!this.view.nonSecurePriorities || priority === IDLE_PRIORITY) return priority;
    return (priority & 0x80) === 0 ? 0 : (priority << 1) & 0xff;
  }

  private setMask(value: number): void {
    const index = this.pe + Pe.pmr;
    let mask = value & 0xff;
    if (this.view.nonSecurePriorities) {
      // Non-secure software cannot change a mask that Secure software has put in its own half.
      if ((this.state.words[index] & 0x80) === 0) return;
      mask = (mask >> 1) | 0x80;
    }
    this.state.words[index] = mask & PRIORITY_MASK;
    this.forwarding.updateLines(this.cpu);
  }

  /** Highest priority pending interrupt as ICC_HPPIR0/1 tell it, special INTIDs included. */
  private highestPending(group: 0 | 1): number {
    const w = this.state.words;
    const intid = w[this.pe + Pe.hppi];
    if (intid === INTID_SPURIOUS) return intid;
    const actual = w[this.pe + Pe.hppiGroup];
    const isSecure = !this.state.singleSecurity && actual !== Group.G1NS;
    if (isSecure && !this.view.secure) return INTID_SPURIOUS;
    const atEl3 = this.view.el === 3;
    if (group === 0) {
      if (actual === Group.G0) return intid;
      if (!atEl3) return INTID_SPURIOUS;
      // Tells EL3 which Security state has a Group 1 interrupt pending.
      return isSecure ? INTID_SECURE : INTID_NONSECURE;
    }
    if (actual === Group.G0) return INTID_SPURIOUS;
    return !isSecure && this.view.secure && !atEl3 ? INTID_SPURIOUS : intid;
  }

  private acknowledge(group: 0 | 1): number {
    if (!this.forwarding.canSignal(this.cpu)) return INTID_SPURIOUS;
    const intid = this.highestPending(group);
    if (intid < INTID_SECURE || this.state.isLpi(intid)) this.forwarding.activate(this.cpu);
    return intid;
  }

  private get eoiSplit(): boolean {
    if (this.view.el === 3) return (this.state.words[this.pe + Pe.ctlrEl3] & CTLR_EL3_EOIMODE) !== 0;
    return (this.control & CTLR_EOIMODE) !== 0;
  }

  private endOfInterrupt(group: 0 | 1, value: number): void {
    const intid = value & 0xff_ffff;
    // Special INTIDs are ignored; of INTIDs that are not there, which is UNPREDICTABLE, so are all others.
    if (intid >= this.state.intids && !this.state.isLpi(intid)) return;
    const active = this.forwarding.highestActiveGroup(this.cpu);
    if (active < 0 || (group === 0) !== (active === Group.G0)) return;
    const secure = this.view.secure;
    if (active === Group.G0 && !this.state.singleSecurity && !secure) return;
    if (active === Group.G1S && !secure) return;
    if (active === Group.G1NS && secure && this.view.el !== 3 && !this.state.singleSecurity) return;
    this.forwarding.dropPriority(this.cpu, active);
    if (this.eoiSplit) this.forwarding.updateLines(this.cpu);
    else this.deactivateHere(intid);
  }

  private deactivateHere(intid: number): void {
    this.forwarding.deactivate(this.cpu, intid);
    // An SPI may be routed to another PE by now; this one's running priority has dropped all the same.
    this.forwarding.updateLines(this.cpu);
  }

  /** ICC_DIR_EL1: deactivates, where the group and the routing of interrupts allow it. */
  private deactivate(value: number): void {
    const intid = value & 0xff_ffff;
    if (intid >= this.state.intids || !this.eoiSplit) return;
    const group = this.state.groupOf(this.cpu, intid);
    const single = this.state.singleSecurity;
    const isSecure = !single && group !== Group.G1NS;
    const { el, view } = { el: this.view.el, view: this.view };
    if (el < 3) {
      const toEl3 = group === Group.G0 ? view.fiqToEl3 : view.irqToEl3;
      if (toEl3) return;
      const toEl2 = (view.context.hcrEl2 & (group === Group.G0 ? Hcr.FMO : Hcr.IMO)) !== 0 && view.el2Enabled;
      if (el === 1 && toEl2) return;
      if (isSecure && !view.secure) return;
    }
    this.deactivateHere(intid);
  }

  private readBinaryPoint(group: 0 | 1): number {
    const bpr = this.pe + Pe.bpr;
    const w = this.state.words;
    const bank = this.banked(group);
    if (bank !== Group.G0 && this.view.el < 3 && (this.control & CTLR_CBPR) !== 0) {
      return bank === Group.G1S ? w[bpr] : Math.min(w[bpr] + 1, 7);
    }
    return w[bpr + bank];
  }

  private writeBinaryPoint(group: 0 | 1, value: number): void {
    let bank = this.banked(group);
    if (bank !== Group.G0 && this.view.el < 3 && (this.control & CTLR_CBPR) !== 0) {
      if (bank === Group.G1NS) return;
      bank = Group.G0;
    }
    const least = bank === Group.G1NS ? MIN_BPR + 1 : MIN_BPR;
    this.state.words[this.pe + Pe.bpr + bank] = Math.max(value & 7, least);
    this.forwarding.updateLines(this.cpu);
  }

  private writeActivePriorities(group: 0 | 1, value: number): void {
    const bank = this.banked(group);
    const index = this.pe + Pe.apr + bank;
    // Non-secure software must not claim priorities outside its half, where they would block Secure interrupts.
    const writable = bank === Group.G1NS && this.state.config.el3 && !this.state.singleSecurity ? 0xffff_0000 : -1;
    this.state.words[index] = (this.state.words[index] & ~writable) | (value & writable);
    this.forwarding.updateLines(this.cpu);
  }

  /** ICC_SGI0R, ICC_SGI1R and ICC_ASGI1R: halves of the value written. */
  private generateSgi(low: number, high: number, group: number): void {
    const s = this.state;
    const intid = (low >>> 24) & 15;
    const targets = low & 0xffff;
    const allOthers = (high & 0x100) !== 0;
    // Aff3.Aff2.Aff1. ICC_CTLR_EL1.RSS is 0, as no PE has an Aff0 above 15: the range selector is RES0.
    const cluster = (((high >>> 16) & 0xff) << 24) | ((high & 0xff) << 16) | (((low >>> 16) & 0xff) << 8);
    // With one Security state, what is Secure Group 1 to the sender is Group 0 to the Distributor.
    const sent = group === Group.G1S && s.singleSecurity ? Group.G0 : group;
    for (let cpu = 0; cpu < s.config.cpus; cpu++) {
      if (allOthers) {
        if (cpu === this.cpu) continue;
      } else {
        const affinity = affinityOf(cpu);
        if (((affinity ^ cluster) & 0xffff_ff00) !== 0 || ((targets >>> (affinity & 15)) & 1) === 0) continue;
      }
      this.forwarding.sendSgi(cpu, intid, sent, !this.view.secure);
    }
  }
}
