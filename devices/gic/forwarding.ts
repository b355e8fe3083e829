import { affinityOf } from './config.js';
import { Its } from './its.js';
import type { Lpis } from './lpis.js';
import {
  CES, type GicState, Ctlr, ENABLE_LPIS, Group, IDLE_PRIORITY, INTID_SPURIOUS, Map32, MIN_BPR, NO_TARGET, Pe, PRIORITY_BITS,
} from './state.js';

/** Output levels of the controller to one PE, bit mask. */
export const Line = { IRQ: 1, FIQ: 2, vIRQ: 4, vFIQ: 8 } as const;

/** Where a PE's interrupt inputs are driven. Called under the controller's lock: it must not call back into it. */
export interface CpuLines {
  /** Levels of PE `cpu`'s inputs, a mask of `Line`. Called on a change, on the thread that caused it. */
  update(cpu: number, lines: number): void;
}

/** Bits of the per-PE context word. */
export const Context = { Secure: 1, EL3: 2 } as const;

/** Interrupt Routing Mode of GICD_IROUTER: any participating PE. */
export const ROUTER_IRM = 0x80000000;
/** GICR_CTLR.DPG*: keep 1-of-N interrupts of a Group (by its index) away from this PE. */
const DPG = [0x0100_0000, 0x0200_0000, 0x0400_0000] as const;
export const DPG_MASK = 0x0700_0000;
export const WAKER_PROCESSOR_SLEEP = 2;
/** PPI of the virtual CPU interface's maintenance interrupt, as on QEMU's virt. */
export const MAINTENANCE_INTID = 25;

/** Index of the lowest bit set; 32 when none is. */
export function lowestBit(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

/**
 * Takes interrupts from their inputs to the PEs: keeps each PE's highest priority pending interrupt and its IRQ and FIQ
 * levels up to date with the state. Every method runs under the lock.
 *
 * A Redistributor whose PE sleeps (GICR_WAKER) still forwards, as in QEMU: the PE counts as woken at once.
 */
export class Forwarding {
  constructor(
    readonly state: GicState,
    private readonly lines: CpuLines,
    private readonly lpis?: Lpis,
  ) {}

  /** An interrupt's input wire changed. */
  setLevel(cpu: number, intid: number, level: boolean): void {
    const s = this.state;
    if (s.test(Map32.Level, cpu, intid) === level) return;
    s.assign(Map32.Level, cpu, intid, level);
    if (s.test(Map32.Edge, cpu, intid)) {
      if (!level) return;
      s.assign(Map32.Pending, cpu, intid, true);
    }
    // While disabled or active it is no candidate, whatever its wire does.
    if (s.test(Map32.Enabled, cpu, intid) && !s.test(Map32.Active, cpu, intid)) this.changed(cpu, intid);
  }

  /** Something about one interrupt changed: looks again at the PE it concerns. */
  changed(cpu: number, intid: number): void {
    const target = intid < 32 ? cpu : this.state.bytes[this.state.targetByte(intid)];
    if (target !== NO_TARGET) this.updatePe(target);
  }

  updateAll(): void {
    for (let cpu = 0; cpu < this.state.config.cpus; cpu++) this.updatePe(cpu);
  }

  /** Finds the PE's highest priority pending interrupt again, and its levels. */
  updatePe(cpu: number): void {
    this.selectHighestPending(cpu);
    this.updateLines(cpu);
  }

  /**
   * The highest priority pending interrupt among those enabled, not active, routed here and of a group that both the
   * Distributor and the PE's interface enable. The lowest INTID wins among equals, so LPIs come last.
   */
  private selectHighestPending(cpu: number): void {
    const s = this.state;
    const w = s.words;
    const pe = s.pe(cpu);
    const enables = s.ctlr & w[pe + Pe.igrpen] & 7;
    let bestPriority = 0x100;
    let best = INTID_SPURIOUS;
    let bestGroup = 0;
    if (enables !== 0) {
      const single = s.singleSecurity;
      for (let word = 0; word < s.mapWords; word++) {
        // The word's place in each bitmap: at + stride * map.
        const at = s.map(0, cpu, word);
        const stride = word === 0 ? 1 : s.mapWords;
        let candidates = w[at + stride * Map32.Enabled];
        if (candidates === 0) continue;
        const level = w[at + stride * Map32.Level] & ~w[at + stride * Map32.Edge];
        candidates &= (w[at + stride * Map32.Pending] | level) & ~w[at + stride * Map32.Active];
        if (word > 0) candidates &= w[pe + Pe.routed + word];
        if (candidates === 0) continue;
        const group1 = w[at + stride * Map32.Group];
        const group1S = single ? 0 : ~group1 & w[at + stride * Map32.Modifier];
        const group0 = ~(group1 | group1S);
        candidates &= ((enables & 1) !== 0 ? group0 : 0) | ((enables & 2) !== 0 ? group1 : 0) |
          ((enables & 4) !== 0 ? group1S : 0);
        while (candidates !== 0) {
          const bit = lowestBit(candidates);
          candidates &= candidates - 1;
          const intid = (word << 5) + bit;
          const priority = s.bytes[s.priorityByte(cpu, intid)];
          if (priority < bestPriority) {
            bestPriority = priority;
            best = intid;
            const secureGroup = ((group1S >>> bit) & 1) !== 0 ? Group.G1S : Group.G0;
            bestGroup = ((group1 >>> bit) & 1) !== 0 ? Group.G1NS : secureGroup;
          }
        }
      }
    }
    if ((enables & Ctlr.EnableGrp1NS) !== 0 && (w[pe + Pe.ctlr] & ENABLE_LPIS) !== 0 && w[pe + Pe.lpiPriority] < bestPriority) {
      best = w[pe + Pe.lpi];
      bestPriority = w[pe + Pe.lpiPriority];
      bestGroup = Group.G1NS;
    }
    w[pe + Pe.hppi] = best;
    w[pe + Pe.hppiPriority] = bestPriority;
    w[pe + Pe.hppiGroup] = bestGroup;
  }

  /** Priority of the most urgent active interrupt, IDLE_PRIORITY when there is none. */
  runningPriority(cpu: number): number {
    const w = this.state.words;
    const apr = this.state.pe(cpu) + Pe.apr;
    const active = w[apr] | w[apr + 1] | w[apr + 2];
    return active === 0 ? IDLE_PRIORITY : lowestBit(active) << (8 - PRIORITY_BITS);
  }

  /** Mask of the group priority bits of a priority in `group` (IHI 0069, 4.8.2). */
  groupPriorityMask(cpu: number, group: number): number {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    const common = group === Group.G0 || (w[pe + (group === Group.G1S ? Pe.ctlrS : Pe.ctlrNS)] & 1) !== 0;
    const bpr = common ? w[pe + Pe.bpr + Group.G0] : w[pe + Pe.bpr + group] - (group === Group.G1NS ? 1 : 0);
    return (-2 << bpr) & 0xff;
  }

  /** Whether the highest priority pending interrupt passes the priority mask and preempts what runs (4.8.5, 4.8.6). */
  canSignal(cpu: number): boolean {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    const priority = w[pe + Pe.hppiPriority];
    if (priority >= w[pe + Pe.pmr]) return false;
    const running = this.runningPriority(cpu);
    if (running === IDLE_PRIORITY) return true;
    const mask = this.groupPriorityMask(cpu, w[pe + Pe.hppiGroup]);
    return (priority & mask) < (running & mask);
  }

  /** Drives the PE's inputs; tells only of changes. */
  updateLines(cpu: number): void {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    let lines = w[pe + Pe.virtualLines];
    if (this.canSignal(cpu)) lines |= this.isFiq(cpu) ? Line.FIQ : Line.IRQ;
    if (lines === w[pe + Pe.lines]) return;
    w[pe + Pe.lines] = lines;
    this.lines.update(cpu, lines);
  }

  /** Group 0 is always FIQ; Group 1 is FIQ where it belongs to the other Security state, or at EL3 (4.6.2). */
  private isFiq(cpu: number): boolean {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    const group = w[pe + Pe.hppiGroup];
    if (group === Group.G0) return true;
    if (this.state.singleSecurity) return false;
    const context = w[pe + Pe.context];
    return group === Group.G1NS ? (context & Context.Secure) !== 0 : context !== Context.Secure;
  }

  /** Acknowledges the highest priority pending interrupt: pending to active (an LPI to inactive), running priority raised. */
  activate(cpu: number): number {
    const s = this.state;
    const pe = s.pe(cpu);
    const intid = s.words[pe + Pe.hppi];
    const group = s.words[pe + Pe.hppiGroup];
    const priority = s.words[pe + Pe.hppiPriority] & this.groupPriorityMask(cpu, group);
    s.words[pe + Pe.apr + group] |= 1 << (priority >> (8 - PRIORITY_BITS));
    if (s.isLpi(intid)) {
      this.lpis?.acknowledge(cpu);
      this.updatePe(cpu);
      return intid;
    }
    s.assign(Map32.Active, cpu, intid, true);
    s.assign(Map32.Pending, cpu, intid, false);
    if (intid >= 32 && this.isOneOfN(intid)) {
      s.rotor = (cpu + 1) % s.config.cpus;
      this.route(intid);
    }
    this.updatePe(cpu);
    return intid;
  }

  /** Active to inactive. `cpu` is the PE whose interface says so. LPIs are never active. */
  deactivate(cpu: number, intid: number): void {
    if (this.state.isLpi(intid)) return;
    this.state.assign(Map32.Active, cpu, intid, false);
    this.changed(cpu, intid);
  }

  /**
   * Group of the most urgent active interrupt, or -1 when none is active. Of several groups at one priority, which
   * is UNPREDICTABLE, Group 0 and then Secure Group 1 come first.
   */
  highestActiveGroup(cpu: number): number {
    const w = this.state.words;
    const apr = this.state.pe(cpu) + Pe.apr;
    const g0 = lowestBit(w[apr + Group.G0]);
    const g1S = lowestBit(w[apr + Group.G1S]);
    const g1NS = lowestBit(w[apr + Group.G1NS]);
    if (g1NS < g0 && g1NS < g1S) return Group.G1NS;
    if (g1S < g0) return Group.G1S;
    return g0 < 32 ? Group.G0 : -1;
  }

  /** Priority drop: forgets the most urgent active priority of `group`. */
  dropPriority(cpu: number, group: number): void {
    const index = this.state.pe(cpu) + Pe.apr + group;
    const apr = this.state.words[index];
    this.state.words[index] = apr & (apr - 1);
  }

  /**
   * Forwards an SGI to one PE (IHI 0069, "Use of control registers for SGI forwarding").
   * @param group the group asked for; @param nonSecure whether Non-secure software asks.
   */
  sendSgi(cpu: number, intid: number, group: number, nonSecure: boolean): void {
    const s = this.state;
    const configured = s.groupOf(cpu, intid);
    const wanted = group === Group.G1S && configured === Group.G0 ? Group.G0 : group;
    if (wanted !== configured) return;
    if (nonSecure && !s.singleSecurity && configured !== Group.G1NS) {
      const access = (s.words[s.pe(cpu) + Pe.nsacr] >>> (2 * intid)) & 3;
      if (access < (configured === Group.G0 ? 1 : 2)) return;
    }
    s.assign(Map32.Pending, cpu, intid, true);
    this.updatePe(cpu);
  }

  isOneOfN(intid: number): boolean {
    return (this.state.words[this.state.router(intid)] & ROUTER_IRM) !== 0;
  }

  /** Works out again which PE an SPI goes to, from its GICD_IROUTER. The caller updates the PEs. */
  route(intid: number): void {
    const s = this.state;
    const { cpus } = s.config;
    const low = s.words[s.router(intid)];
    let target: number = NO_TARGET;
    if ((low & ROUTER_IRM) !== 0) {
      for (let i = 0; i < cpus && target === NO_TARGET; i++) {
        const cpu = (s.rotor + i) % cpus;
        if (this.participates(cpu, s.groupOf(0, intid))) target = cpu;
      }
    } else {
      const affinity = ((low & 0xff_ffff) | (s.words[s.router(intid) + 1] << 24)) >>> 0;
      for (let cpu = 0; cpu < cpus && target === NO_TARGET; cpu++) if (affinityOf(cpu) === affinity) target = cpu;
    }
    const old = s.bytes[s.targetByte(intid)];
    if (old === target) return;
    const bit = 1 << (intid & 31);
    if (old !== NO_TARGET) s.words[s.pe(old) + Pe.routed + (intid >> 5)] &= ~bit;
    if (target !== NO_TARGET) s.words[s.pe(target) + Pe.routed + (intid >> 5)] |= bit;
    s.bytes[s.targetByte(intid)] = target;
  }

  /** Chooses targets of all 1-of-N interrupts again, after a change to which PEs take part. */
  rerouteOneOfN(): void {
    if (this.state.config.oneOfN !== true) return;
    for (let intid = 32; intid < this.state.intids; intid++) if (this.isOneOfN(intid)) this.route(intid);
  }

  /** Whether a PE may be given 1-of-N interrupts of a group (IHI 0069, 4.4). */
  private participates(cpu: number, group: number): boolean {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    if ((w[pe + Pe.waker] & WAKER_PROCESSOR_SLEEP) !== 0 || (w[pe + Pe.ctlr] & DPG[group]) !== 0) return false;
    return ((w[pe + Pe.igrpen] >>> group) & 1) !== 0;
  }

  /** Power-on state. The levels of the input wires are kept: they are the devices' to change. */
  reset(): void {
    const s = this.state;
    const levels: number[] = [];
    this.forEachLevelWord((index) => levels.push(s.words[index]));
    s.words.fill(0, 1);
    this.forEachLevelWord((index) => (s.words[index] = levels.shift() ?? 0));
    if (s.config.its === true) Its.resetRegisters(s);
    s.ctlr = s.config.el3 ? Ctlr.ARE_S | Ctlr.ARE_NS : Ctlr.ARE_S | Ctlr.DS;
    for (let intid = 32; intid < s.intids; intid++) {
      s.bytes[s.targetByte(intid)] = NO_TARGET;
      this.route(intid);
    }
    for (let cpu = 0; cpu < s.config.cpus; cpu++) {
      const pe = s.pe(cpu);
      s.words[pe + Pe.maps + Map32.Edge] = 0xffff;
      s.words[pe + Pe.waker] = 6;
      if (s.config.its === true) s.words[pe + Pe.ctlr] = CES;
      s.words[pe + Pe.context] = s.config.el3 ? Context.Secure | Context.EL3 : 0;
      this.clearInterface(pe);
      this.selectHighestPending(cpu);
      this.lines.update(cpu, 0);
    }
  }

  /** Reset of a PE's CPU interface and virtual CPU interface alone, with its PE; its interrupts stay. */
  resetInterface(cpu: number): void {
    const pe = this.state.pe(cpu);
    const { words } = this.state;
    words.fill(0, pe + Pe.pmr, pe + Pe.routed);
    words[pe + Pe.virtualLines] = 0;
    this.clearInterface(pe);
    this.selectHighestPending(cpu);
    this.updateLines(cpu);
  }

  private clearInterface(pe: number): void {
    const { words } = this.state;
    words[pe + Pe.bpr + Group.G0] = MIN_BPR;
    words[pe + Pe.bpr + Group.G1S] = MIN_BPR;
    words[pe + Pe.bpr + Group.G1NS] = MIN_BPR + 1;
    words[pe + Pe.vmcr] = 0x8 | ((MIN_BPR + 1) << 18) | (MIN_BPR << 21);
    words[pe + Pe.maps + Map32.Level] &= ~(1 << MAINTENANCE_INTID);
  }

  private forEachLevelWord(visit: (index: number) => void): void {
    const s = this.state;
    for (let word = 1; word < s.mapWords; word++) visit(s.map(Map32.Level, 0, word));
    for (let cpu = 0; cpu < s.config.cpus; cpu++) visit(s.map(Map32.Level, cpu, 0));
  }
}
