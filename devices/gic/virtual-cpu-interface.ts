import { type Forwarding, Line, lowestBit, MAINTENANCE_INTID } from './forwarding.js';
import { ICC_CTLR_FIXED } from './registers.js';
import {
  type GicState, IDLE_PRIORITY, INTID_SECURE, INTID_SPURIOUS, LIST_REGISTERS, Map32, MIN_BPR, Pe, PRIORITY_BITS,
  PRIORITY_MASK,
} from './state.js';

/** ICH_HCR_EL2 fields. */
const HCR = {
  En: 1, UIE: 2, LRENPIE: 4, NPIE: 8, VGrp0EIE: 0x10, VGrp0DIE: 0x20, VGrp1EIE: 0x40, VGrp1DIE: 0x80,
  EOICOUNT_SHIFT: 27, WRITABLE: 0xf800_7cff,
} as const;
/** ICH_VMCR_EL2 fields. VFIQEn is RES1, VAckCtl RES0: system registers are always in use. */
const VMCR = { VENG0: 1, VENG1: 2, VFIQEn: 8, VCBPR: 0x10, VEOIM: 0x200, BPR1_SHIFT: 18, BPR0_SHIFT: 21 } as const;
/** ICH_LR<n>_EL2, high word. */
const LR = {
  PINTID: 0x1fff, EOI: 1 << 9, PRIORITY_SHIFT: 16, GROUP: 1 << 28, HW: 1 << 29, PENDING: 1 << 30, ACTIVE: 1 << 31,
  WRITABLE: 0xf000_1fff | (PRIORITY_MASK << 16),
} as const;
const LR_STATE = LR.PENDING | LR.ACTIVE;
/** ICH_VTR_EL2: list registers, no direct injection (nV4), separate ICC_DIR trap (TDS), A3V, 24-bit INTIDs, bits. */
const VTR = (LIST_REGISTERS - 1) | (1 << 19) | (1 << 20) | (1 << 21) | (1 << 23) |
  ((PRIORITY_BITS - 1) << 26) | ((PRIORITY_BITS - 1) << 29);

/**
 * One PE's virtual CPU interface (IHI 0069, chapter 6): list registers, the ICV_* view that a VM has of the ICC_*
 * registers, and the ICH_* registers of its hypervisor. Every method runs under the lock.
 */
export class VirtualCpuInterface {
  private readonly pe: number;

  constructor(
    private readonly state: GicState,
    private readonly forwarding: Forwarding,
    private readonly cpu: number,
  ) {
    this.pe = state.pe(cpu);
  }

  /** Whether ICH_* register `name` exists. */
  hasHypRegister(name: string): boolean {
    if (!this.state.config.el2) return false;
    if (/^ICH_(HCR|VTR|MISR|EISR|ELRSR|VMCR|AP0R0|AP1R0)_EL2$/.test(name)) return true;
    return this.listIndex(name) >= 0;
  }

  private listIndex(name: string): number {
    const match = /^ICH_LR(\d+)_EL2$/.exec(name);
    const index = match === null ? -1 : Number(match[1]);
    return index < LIST_REGISTERS ? index : -1;
  }

  readHyp(name: string): bigint {
    if (!this.hasHypRegister(name)) return 0n;
    const w = this.state.words;
    const list = this.listIndex(name);
    if (list >= 0) {
      return (BigInt(w[this.pe + Pe.listHigh + list] >>> 0) << 32n) | BigInt(w[this.pe + Pe.listLow + list] >>> 0);
    }
    return BigInt(this.readHypWord(name) >>> 0);
  }

  private readHypWord(name: string): number {
    switch (name) {
      case 'ICH_HCR_EL2': return this.hcr;
      case 'ICH_VTR_EL2': return VTR;
      case 'ICH_MISR_EL2': return this.maintenanceStatus();
      case 'ICH_EISR_EL2': return this.endOfInterruptStatus();
      case 'ICH_ELRSR_EL2': return this.emptyLists();
      case 'ICH_VMCR_EL2': return this.vmcr;
      case 'ICH_AP0R0_EL2': return this.state.words[this.pe + Pe.vapr];
      case 'ICH_AP1R0_EL2': return this.state.words[this.pe + Pe.vapr + 1];
      default: return 0;
    }
  }

  writeHyp(name: string, low: number, high: number): void {
    if (!this.hasHypRegister(name)) return;
    const w = this.state.words;
    const list = this.listIndex(name);
    if (list >= 0) {
      w[this.pe + Pe.listLow + list] = low & 0xff_ffff;
      w[this.pe + Pe.listHigh + list] = high & LR.WRITABLE;
    } else if (name === 'ICH_HCR_EL2') {
      w[this.pe + Pe.hcr] = low & HCR.WRITABLE;
    } else if (name === 'ICH_VMCR_EL2') {
      const flags = VMCR.VENG0 | VMCR.VENG1 | VMCR.VCBPR | VMCR.VEOIM | (PRIORITY_MASK << 24);
      this.vmcr = (low & flags) | VMCR.VFIQEn;
      this.setBinaryPoint(0, (low >>> VMCR.BPR0_SHIFT) & 7);
      this.setBinaryPoint(1, (low >>> VMCR.BPR1_SHIFT) & 7);
    } else if (name === 'ICH_AP0R0_EL2') {
      w[this.pe + Pe.vapr] = low;
    } else if (name === 'ICH_AP1R0_EL2') {
      w[this.pe + Pe.vapr + 1] = low;
    }
    this.update();
  }

  /** ICV_* register by the ICC_* name that it is accessed with. */
  read(name: string): number {
    switch (name) {
      case 'ICC_PMR_EL1': return this.priorityMask;
      case 'ICC_CTLR_EL1':
        return ICC_CTLR_FIXED | ((this.vmcr & VMCR.VEOIM) !== 0 ? 2 : 0) | ((this.vmcr & VMCR.VCBPR) !== 0 ? 1 : 0);
      case 'ICC_RPR_EL1': return this.runningPriority();
      case 'ICC_IAR0_EL1': return this.acknowledge(0);
      case 'ICC_IAR1_EL1': return this.acknowledge(1);
      case 'ICC_HPPIR0_EL1': return this.highestPendingIntid(0);
      case 'ICC_HPPIR1_EL1': return this.highestPendingIntid(1);
      case 'ICC_BPR0_EL1': return this.binaryPoint(0);
      case 'ICC_BPR1_EL1':
        return (this.vmcr & VMCR.VCBPR) !== 0 ? Math.min(this.binaryPoint(0) + 1, 7) : this.binaryPoint(1);
      case 'ICC_AP0R0_EL1': return this.state.words[this.pe + Pe.vapr];
      case 'ICC_AP1R0_EL1': return this.state.words[this.pe + Pe.vapr + 1];
      case 'ICC_IGRPEN0_EL1': return this.vmcr & VMCR.VENG0;
      case 'ICC_IGRPEN1_EL1': return (this.vmcr & VMCR.VENG1) >>> 1;
      default: return 0;
    }
  }

  write(name: string, value: number): void {
    switch (name) {
      case 'ICC_PMR_EL1':
        this.priorityMask = value;
        return;
      case 'ICC_EOIR0_EL1':
        this.endOfInterrupt(0, value);
        return;
      case 'ICC_EOIR1_EL1':
        this.endOfInterrupt(1, value);
        return;
      case 'ICC_DIR_EL1':
        this.deactivate(value);
        return;
      case 'ICC_CTLR_EL1':
        this.vmcr = (this.vmcr & ~(VMCR.VEOIM | VMCR.VCBPR)) | ((value & 2) !== 0 ? VMCR.VEOIM : 0) |
          ((value & 1) !== 0 ? VMCR.VCBPR : 0);
        break;
      case 'ICC_BPR0_EL1':
        this.setBinaryPoint(0, value & 7);
        break;
      case 'ICC_BPR1_EL1':
        if ((this.vmcr & VMCR.VCBPR) === 0) this.setBinaryPoint(1, value & 7);
        break;
      case 'ICC_AP0R0_EL1':
        this.state.words[this.pe + Pe.vapr] = value;
        break;
      case 'ICC_AP1R0_EL1':
        this.state.words[this.pe + Pe.vapr + 1] = value;
        break;
      case 'ICC_IGRPEN0_EL1':
        this.vmcr = (this.vmcr & ~VMCR.VENG0) | (value & 1);
        break;
      case 'ICC_IGRPEN1_EL1':
        this.vmcr = (this.vmcr & ~VMCR.VENG1) | ((value & 1) << 1);
        break;
      default:
        return;
    }
    this.update();
  }

  /** ICV_PMR_EL1, 0..255. */
  get priorityMask(): number {
    return this.vmcr >>> 24;
  }
  set priorityMask(value: number) {
    this.vmcr = (this.vmcr & 0xff_ffff) | ((value & PRIORITY_MASK) << 24);
    this.update();
  }

  /** ICV_IAR0_EL1 or ICV_IAR1_EL1. */
  acknowledge(group: 0 | 1): number {
    const list = this.highestPendingList();
    if (list < 0 || this.listGroup(list) !== group || !this.canSignal(list)) return INTID_SPURIOUS;
    const w = this.state.words;
    const index = this.pe + Pe.listHigh + list;
    const intid = w[this.pe + Pe.listLow + list];
    if (intid >= INTID_SECURE && intid <= INTID_SPURIOUS) {
      // A special INTID in a list register is handed out, and the list register becomes invalid.
      w[index] &= ~LR.PENDING;
    } else {
      const priority = this.listPriority(list) & this.groupPriorityMask(group);
      w[index] = (w[index] & ~LR.PENDING) | LR.ACTIVE;
      w[this.pe + Pe.vapr + group] |= 1 << (priority >> (8 - PRIORITY_BITS));
    }
    this.update();
    return intid;
  }

  /** ICV_EOIR0_EL1 or ICV_EOIR1_EL1. */
  endOfInterrupt(group: 0 | 1, value: number): void {
    const intid = value & 0xff_ffff;
    if (intid >= INTID_SECURE && intid <= INTID_SPURIOUS) return;
    const dropped = this.dropPriority();
    if (dropped === IDLE_PRIORITY) return;
    const list = this.findActive(intid);
    if (list < 0) {
      if (intid < 8192) this.countEndOfInterrupt();
    } else if (this.listGroup(list) === group &&
      (this.listPriority(list) & this.groupPriorityMask(group)) === dropped) {
      if ((this.vmcr & VMCR.VEOIM) === 0 || intid >= 8192) this.deactivateList(list);
    }
    this.update();
  }

  private deactivate(value: number): void {
    const intid = value & 0xff_ffff;
    if (intid >= INTID_SECURE || (this.vmcr & VMCR.VEOIM) === 0) return;
    const list = this.findActive(intid);
    if (list < 0) this.countEndOfInterrupt();
    else this.deactivateList(list);
    this.update();
  }

  /** Drives vIRQ and vFIQ and the maintenance interrupt. */
  private update(): void {
    const list = this.highestPendingList();
    let lines = 0;
    if (list >= 0 && this.canSignal(list)) lines = this.listGroup(list) === 0 ? Line.vFIQ : Line.vIRQ;
    this.state.words[this.pe + Pe.virtualLines] = lines;
    const maintenance = (this.hcr & HCR.En) !== 0 && this.maintenanceStatus() !== 0;
    if (maintenance !== this.state.test(Map32.Level, this.cpu, MAINTENANCE_INTID)) {
      this.forwarding.setLevel(this.cpu, MAINTENANCE_INTID, maintenance);
    }
    this.forwarding.updateLines(this.cpu);
  }

  private get hcr(): number {
    return this.state.words[this.pe + Pe.hcr];
  }
  private get vmcr(): number {
    return this.state.words[this.pe + Pe.vmcr];
  }
  private set vmcr(value: number) {
    this.state.words[this.pe + Pe.vmcr] = value;
  }

  private listHigh(list: number): number {
    return this.state.words[this.pe + Pe.listHigh + list];
  }
  private listGroup(list: number): 0 | 1 {
    return (this.listHigh(list) & LR.GROUP) !== 0 ? 1 : 0;
  }
  private listPriority(list: number): number {
    return (this.listHigh(list) >>> LR.PRIORITY_SHIFT) & 0xff;
  }

  private binaryPoint(group: 0 | 1): number {
    return (this.vmcr >>> (group === 0 ? VMCR.BPR0_SHIFT : VMCR.BPR1_SHIFT)) & 7;
  }
  private setBinaryPoint(group: 0 | 1, value: number): void {
    const shift = group === 0 ? VMCR.BPR0_SHIFT : VMCR.BPR1_SHIFT;
    this.vmcr = (this.vmcr & ~(7 << shift)) | (Math.max(value, MIN_BPR + group) << shift);
  }

  private groupPriorityMask(group: 0 | 1): number {
    const own = group === 1 && (this.vmcr & VMCR.VCBPR) === 0;
    return (-2 << (own ? this.binaryPoint(1) - 1 : this.binaryPoint(0))) & 0xff;
  }

  /** List register with the highest priority pending interrupt of an enabled group, -1 when there is none. */
  private highestPendingList(): number {
    let best = -1;
    let priority = 0xff;
    for (let list = 0; list < LIST_REGISTERS; list++) {
      if ((this.listHigh(list) & LR_STATE) !== LR.PENDING) continue;
      if ((this.vmcr & (VMCR.VENG0 << this.listGroup(list))) === 0) continue;
      if (this.listPriority(list) < priority) {
        priority = this.listPriority(list);
        best = list;
      }
    }
    return best;
  }

  private highestPendingIntid(group: 0 | 1): number {
    const list = this.highestPendingList();
    if (list < 0 || this.listGroup(list) !== group) return INTID_SPURIOUS;
    return this.state.words[this.pe + Pe.listLow + list];
  }

  private canSignal(list: number): boolean {
    if ((this.hcr & HCR.En) === 0) return false;
    const priority = this.listPriority(list);
    if (priority >= this.priorityMask) return false;
    const running = this.runningPriority();
    if (running === IDLE_PRIORITY) return true;
    const mask = this.groupPriorityMask(this.listGroup(list));
    return (priority & mask) < (running & mask);
  }

  private runningPriority(): number {
    const w = this.state.words;
    const active = w[this.pe + Pe.vapr] | w[this.pe + Pe.vapr + 1];
    return active === 0 ? IDLE_PRIORITY : lowestBit(active) << (8 - PRIORITY_BITS);
  }

  /** Forgets the most urgent active priority, Group 0's first, and gives it; IDLE_PRIORITY when there was none. */
  private dropPriority(): number {
    const w = this.state.words;
    const running = this.runningPriority();
    if (running === IDLE_PRIORITY) return running;
    const bit = 1 << (running >> (8 - PRIORITY_BITS));
    const index = this.pe + Pe.vapr + ((w[this.pe + Pe.vapr] & bit) !== 0 ? 0 : 1);
    w[index] &= ~bit;
    return running;
  }

  private findActive(intid: number): number {
    for (let list = 0; list < LIST_REGISTERS; list++) {
      if ((this.listHigh(list) & LR.ACTIVE) === 0) continue;
      if (this.state.words[this.pe + Pe.listLow + list] === intid) return list;
    }
    return -1;
  }

  /** Active to invalid, or active and pending to pending; the physical interrupt behind it ends too. */
  private deactivateList(list: number): void {
    const high = this.listHigh(list);
    this.state.words[this.pe + Pe.listHigh + list] = high & ~LR.ACTIVE;
    if ((high & LR.HW) !== 0) {
      const physical = high & LR.PINTID;
      if (physical < this.state.intids) this.forwarding.deactivate(this.cpu, physical);
    }
  }

  /** An interrupt ended that is in no list register: ICH_HCR_EL2.EOIcount, modulo 32. */
  private countEndOfInterrupt(): void {
    this.state.words[this.pe + Pe.hcr] += 1 << HCR.EOICOUNT_SHIFT;
  }

  private endOfInterruptStatus(): number {
    let status = 0;
    for (let list = 0; list < LIST_REGISTERS; list++) {
      if ((this.listHigh(list) & (LR_STATE | LR.HW | LR.EOI)) === LR.EOI) status |= 1 << list;
    }
    return status;
  }

  private emptyLists(): number {
    let empty = 0;
    for (let list = 0; list < LIST_REGISTERS; list++) {
      const high = this.listHigh(list);
      if ((high & LR_STATE) === 0 && ((high & LR.HW) !== 0 || (high & LR.EOI) === 0)) empty |= 1 << list;
    }
    return empty;
  }

  private maintenanceStatus(): number {
    const { hcr, vmcr } = this;
    let valid = 0;
    let pending = false;
    for (let list = 0; list < LIST_REGISTERS; list++) {
      const listState = this.listHigh(list) & LR_STATE;
      if (listState !== 0) valid++;
      if (listState === LR.PENDING) pending = true;
    }
    const group0 = (vmcr & VMCR.VENG0) !== 0;
    const group1 = (vmcr & VMCR.VENG1) !== 0;
    const conditions = [
      this.endOfInterruptStatus() !== 0,
      (hcr & HCR.UIE) !== 0 && valid < 2,
      (hcr & HCR.LRENPIE) !== 0 && hcr >>> HCR.EOICOUNT_SHIFT !== 0,
      (hcr & HCR.NPIE) !== 0 && !pending,
      (hcr & HCR.VGrp0EIE) !== 0 && group0,
      (hcr & HCR.VGrp0DIE) !== 0 && !group0,
      (hcr & HCR.VGrp1EIE) !== 0 && group1,
      (hcr & HCR.VGrp1DIE) !== 0 && !group1,
    ];
    return conditions.reduce((status, met, bit) => (met ? status | (1 << bit) : status), 0);
  }
}
