import { Replay } from './replay.js';
import { GICD, GICR, type Machine, type Op, REGISTERS, UART_INTID } from './script.js';

/** Contexts that accesses come from: EL, SCR_EL3 (NS 1, IRQ 2, FIQ 4), HCR_EL2 (FMO 8, IMO 16). */
type ContextOf = readonly [el: number, scr: number, hcr: number];

function contexts(machine: Machine): readonly ContextOf[] {
  if (machine.el3) {
    const all: ContextOf[] = [[3, 0, 0], [3, 1, 0], [2, 1, 0], [1, 0, 0], [1, 1, 0], [1, 5, 0], [2, 5, 0], [2, 7, 0],
      [1, 3, 0], [1, 1, 24], [1, 5, 16], [1, 7, 24]];
    return all.filter(([el, , hcr]) => machine.el2 || (el !== 2 && hcr === 0));
  }
  if (machine.el2) return [[2, 0, 0], [1, 0, 0], [1, 0, 8], [1, 0, 16], [1, 0, 24]];
  return [[1, 0, 0]];
}

/** Small reproducible generator (mulberry32). */
class Random {
  constructor(private seed: number) {}
  below(n: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** Offsets of the identification and unimplemented registers, worth reading once in every context. */
const GICD_FIXED = [0x0, 0x8, 0xc, 0x10, 0x80, 0x100, 0x400, 0x7fc, 0xc00, 0x60f8, 0x7fdc, 0xd00, 0xe00];
const GICR_FIXED = [0x4, 0xc, 0x10, 0x1_0080, 0x1_0100, 0x1_0400, 0x1_0c00, 0x1_0c04, 0x1_ffe8, 0x2_000c, 0x3_0c00];

/** Every readable register from every context, after reset. */
export function registerScript(machine: Machine): Op[] {
  const ops: Op[] = [];
  for (const [el, scr, hcr] of contexts(machine)) {
    const context = { el, scr, hcr, value: 0n };
    const identification = Array.from({ length: 12 }, (_, i) => 0xffd0 + 4 * i);
    for (const at of [...GICD_FIXED, ...identification]) ops.push({ ...context, kind: 'read', target: GICD + at });
    for (const at of [...GICR_FIXED, ...identification]) ops.push({ ...context, kind: 'read', target: GICR + at });
    for (const target of Object.keys(REGISTERS)) {
      if (/EOIR|DIR|SGI/.test(target) || !exists(machine, el, target)) continue;
      ops.push({ ...context, kind: 'mrs', target });
    }
  }
  return ops;
}

function exists(machine: Machine, el: number, name: string): boolean {
  if (name.endsWith('_EL3')) return el === 3;
  if (name.endsWith('_EL2')) return el >= 2 && machine.el2;
  return true;
}

/**
 * A random session with interrupts of all kinds. It keeps away from what QEMU 7.2 does differently on purpose or by
 * mistake: priorities' unimplemented low bits, RES0 bits, GICR_WAKER from Non-secure state, and groups that only
 * ICC_IGRPEN* disables (they hold back other groups in QEMU).
 */
export function randomScript(machine: Machine, seed: number, length: number): Op[] {
  return new Session(machine, seed).run(length);
}

const FIRST_LPI = 8192;
export const SGIS = [0, 1, 9, 15];
export const PPIS = [17, 20, 24];
export const SPIS = [UART_INTID, 45, 64, 65, 127, 200];

export class Session {
  protected readonly random: Random;
  private readonly ops: Op[] = [];
  protected readonly replay: Replay;
  private readonly acknowledged: number[][][];
  protected readonly all: readonly ContextOf[];
  protected context: ContextOf;
  /** The PE that makes the next accesses, and the one whose Redistributor they reach. */
  protected cpu = 0;
  protected frame = 0;

  constructor(protected readonly machine: Machine, seed: number) {
    this.random = new Random(seed);
    this.replay = new Replay(machine);
    this.acknowledged = Array.from({ length: machine.cpus }, () => [[], []]);
    this.all = contexts(machine);
    this.context = this.all[0];
  }

  run(length: number): Op[] {
    this.write(GICD, 7);
    this.openInterface();
    for (const intid of [...SGIS, ...PPIS, ...SPIS]) {
      this.setPriority(intid, this.random.below(32) * 8);
      this.set(0x100, intid);
    }
    this.randomGroups();
    for (const intid of SPIS) this.write(GICD + 0x6000 + 8 * intid, 0);
    this.prepare();
    const actions = this.buildActions();
    while (this.ops.length < length) {
      this.choose();
      this.random.pick(actions)();
    }
    return this.ops;
  }

  /** What comes before each action. */
  protected choose(): void {
    if (this.random.below(4) === 0) this.context = this.random.pick(this.all);
  }

  /** Lets the PE take interrupts, physical and virtual ones. */
  protected openInterface(): void {
    this.msr('ICC_PMR_EL1', 0xf8);
    this.msr('ICC_IGRPEN0_EL1', 1);
    if (this.machine.el3) this.msr('ICC_IGRPEN1_EL3', 3);
    else this.msr('ICC_IGRPEN1_EL1', 1);
    if (this.machine.el2) {
      this.msr('ICH_VMCR_EL2', 0xf84c0003);
      this.msr('ICH_HCR_EL2', 1);
    }
  }

  /** What comes before the random actions. */
  protected prepare(): void {}

  /** Whether a physical interrupt would be taken before an access from `context` could be made. */
  private blocked([el, scr, hcr]: ContextOf): boolean {
    const { bench } = this.replay;
    bench.enter(el, scr, hcr, this.cpu);
    const lines = bench.lines[this.cpu];
    const toEl2 = el === 1 && this.machine.el2 && (!this.machine.el3 || (scr & 1) !== 0) ? hcr : 0;
    const toEl3 = el < 3 && this.machine.el3 ? scr : 0;
    const irq = (toEl3 & 2) !== 0 || (toEl2 & 16) !== 0;
    const fiq = (toEl3 & 4) !== 0 || (toEl2 & 8) !== 0;
    return ((lines & 1) !== 0 && irq) || ((lines & 2) !== 0 && fiq);
  }

  protected push(kind: Op['kind'], target: number | string, value: number | bigint): bigint {
    if (this.blocked(this.context)) {
      this.context = this.all.find((context) => !this.blocked(context)) ?? this.context;
      if (typeof target === 'string' && !exists(this.machine, this.context[0], target)) return 1023n;
    }
    const [el, scr, hcr] = this.context;
    // With EL3, QEMU ignores writes to the Non-secure ICC_AP1R0_EL1.
    if (target === 'ICC_AP1R0_EL1' && kind === 'msr' && this.machine.el3 && (scr & 1) !== 0) return 0n;
    const by = this.cpu === 0 ? {} : { cpu: this.cpu };
    const op: Op = { kind, el, scr, hcr, target, value: BigInt.asUintN(64, BigInt(value)), ...by };
    this.ops.push(op);
    return this.replay.step(op).value;
  }
  protected write(address: number, value: number): void {
    this.push('write', address, value >>> 0);
  }
  protected msr(name: string, value: number | bigint): void {
    if (exists(this.machine, this.context[0], name)) this.push('msr', name, value);
  }
  protected mrs(name: string): number {
    return exists(this.machine, this.context[0], name) ? Number(this.push('mrs', name, 0)) : 1023;
  }

  private base(intid: number): number {
    return intid < 32 ? GICR + 0x2_0000 * this.frame + 0x1_0000 : GICD;
  }
  /** Sets the bit of `intid` in a bitmap register at `offset`. */
  protected set(offset: number, intid: number): void {
    this.write(this.base(intid) + offset + 4 * (intid >> 5), (1 << (intid & 31)) >>> 0);
  }
  protected setPriority(intid: number, value: number): void {
    this.push('writeb', this.base(intid) + 0x400 + intid, value);
  }
  private anyIntid(): number {
    return this.random.pick([...SGIS, ...PPIS, ...SPIS, ...SPIS]);
  }
  private nonSecure(): boolean {
    return this.machine.el3 && this.context[0] < 3 && (this.context[1] & 1) !== 0;
  }

  protected randomGroups(): void {
    const { random } = this;
    const word = (): number => (random.below(0x10000) << 16) | random.below(0x10000);
    const all = (offset: number, words: readonly number[], value: () => number): void => {
      this.write(GICR + 0x2_0000 * this.frame + 0x1_0000 + offset, value());
      for (const n of words) this.write(GICD + offset + 4 * n, value());
    };
    all(0x80, [1, 2, 3, 6], () => word() | word());
    if (!this.machine.el3) return;
    all(0xd00, [1, 2, 3, 6], word);
    all(0xe00, [2, 4, 5, 7], () => word() & word());
  }

  protected acknowledge(group: 0 | 1): void {
    const intid = this.mrs(`ICC_IAR${group}_EL1`);
    if ((intid < 1020 || intid >= FIRST_LPI) && this.replay.bench.interfaces[this.cpu].trap(`ICC_IAR${group}_EL1`) === 0) {
      this.acknowledged[this.cpu][group].push(intid);
    }
  }
  protected end(group: 0 | 1): void {
    const intid = this.acknowledged[this.cpu][group].pop();
    if (intid === undefined) return;
    this.msr(`ICC_EOIR${group}_EL1`, intid);
    if (this.random.below(2) === 0) this.msr('ICC_DIR_EL1', intid);
    else if (intid < FIRST_LPI && this.random.below(3) === 0) this.set(0x380, intid);
  }

  /** Target lists of SGIs. */
  protected readonly targets: readonly number[] = [1, 2, 3, 0x8001];
  /** Affinities that SPIs are routed to. */
  protected readonly routes: readonly number[] = [0, 0, 0, 1, 5];

  private sgi(name: string): void {
    const targets = this.random.pick(this.targets);
    const others = this.random.below(6) === 0 ? 1n << 40n : 0n;
    const elsewhere = this.random.below(8) === 0 ? 0x1_0000 : 0;
    // ICC_CTLR_EL1.RSS is 0: the range selector is ignored.
    const range = this.random.below(8) === 0 ? BigInt(this.random.below(16)) << 44n : 0n;
    this.msr(name, others | range | BigInt(elsewhere | (this.random.pick(SGIS) << 24) | targets));
  }

  private list(): void {
    const { random } = this;
    const hw = random.below(4) === 0;
    const state = BigInt(random.pick([1, 1, 1, 0, 2, 3]));
    const low = hw ? BigInt(random.pick(SPIS)) : BigInt(random.below(2)) << 9n;
    const high = (state << 30n) | (hw ? 1n << 29n : 0n) | (BigInt(random.below(2)) << 28n) |
      (BigInt(random.below(32) * 8) << 16n) | low;
    this.msr(`ICH_LR${random.below(4)}_EL2`, (high << 32n) | BigInt(random.pick([3, 20, 33, 50, 51])));
  }

  protected buildActions(): readonly (() => void)[] {
    return [
      ...this.repeat(5, () => this.set(0x200, this.anyIntid())),
      ...this.repeat(2, () => this.set(0x280, this.anyIntid())),
      ...this.repeat(3, () => this.set(0x100, this.anyIntid())),
      () => this.set(0x180, this.anyIntid()),
      () => this.set(this.random.pick([0x300, 0x380]), this.anyIntid()),
      ...this.repeat(3, () => this.setPriority(this.anyIntid(), this.random.below(16) * 16)),
      () => {
        const intid = this.anyIntid() & ~3;
        this.push('read', this.base(intid) + 0x400 + intid, 0);
      },
      ...this.repeat(3, () => {
        const intid = this.anyIntid();
        const offset = this.random.pick([0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0xd00]);
        this.push('read', this.base(intid) + offset + 4 * (intid >> 5), 0);
      }),
      ...this.repeat(4, () => this.push('wire', 0, this.random.below(2))),
      () => {
        const intid = this.random.pick([...PPIS, ...SPIS]);
        const at = this.base(intid) + 0xc00 + 4 * (intid >> 4);
        // Reconfiguring an enabled interrupt is UNPREDICTABLE.
        const concerned = [...PPIS, ...SPIS].filter((other) => other >> 4 === intid >> 4);
        for (const other of concerned) this.set(0x180, other);
        this.write(at, this.random.pick([0, 0xffff_ffff, 8, 0x0808_0808]) & 0xaaaa_aaaa);
        this.push('read', at, 0);
        for (const other of concerned) this.set(0x100, other);
      },
      () => {
        const at = GICD + 0x6000 + 8 * this.random.pick(SPIS);
        this.write(at, this.random.pick(this.routes));
        this.push('read', at, 0);
      },
      ...this.repeat(6, () => this.acknowledge(1)),
      ...this.repeat(4, () => this.acknowledge(0)),
      ...this.repeat(6, () => this.end(1)),
      ...this.repeat(4, () => this.end(0)),
      ...this.repeat(4, () => void this.mrs(this.random.pick([
        'ICC_HPPIR0_EL1', 'ICC_HPPIR1_EL1', 'ICC_RPR_EL1', 'ICC_AP0R0_EL1', 'ICC_AP1R0_EL1', 'ICC_PMR_EL1',
        'ICC_BPR0_EL1', 'ICC_BPR1_EL1', 'ICC_CTLR_EL1', 'ICC_IGRPEN1_EL1', 'ICC_IGRPEN0_EL1', 'ICC_SRE_EL1',
      ]))),
      () => this.msr('ICC_BPR0_EL1', this.random.below(8)),
      () => this.msr('ICC_BPR1_EL1', this.random.below(8)),
      () => this.msr('ICC_CTLR_EL1', this.random.below(4)),
      ...this.repeat(2, () => this.msr('ICC_PMR_EL1', this.random.pick([0xf8, 0xf8, 0xf8, 0xf0, 0x80, 0xa0, 0x60]))),
      () => this.sgi('ICC_SGI1R_EL1'),
      () => this.sgi('ICC_SGI0R_EL1'),
      () => this.sgi('ICC_ASGI1R_EL1'),
      () => this.push('read', GICR + 0x3_0200, 0),
      () => {
        if (this.random.below(6) === 0) this.randomGroups();
      },
      () => {
        if (this.nonSecure() || this.random.below(3) > 0) return;
        this.write(GICD, this.random.below(8));
        this.push('read', GICD, 0);
        this.write(GICD, 7);
      },
      () => this.msr('ICC_CTLR_EL3', this.random.below(32)),
      ...this.repeat(this.machine.el2 ? 8 : 0, () => this.list()),
      ...this.repeat(this.machine.el2 ? 4 : 0, () => void this.mrs(this.random.pick(
        Object.keys(REGISTERS).filter((name) => name.startsWith('ICH_'))))),
      ...this.repeat(this.machine.el2 ? 1 : 0, () => this.msr('ICH_VMCR_EL2',
        this.random.pick([0xf84c0003, 0xf8a80003, 0xf84c0203, 0xf84c0013, 0x804c0003, 0xf84c0001, 0xf84c0002]))),
      ...this.repeat(this.machine.el2 ? 1 : 0, () => this.msr('ICH_HCR_EL2',
        this.random.pick([1, 1, 1, 3, 5, 9, 0x11, 0x41, 0x81, 0, 0x401, 0x801, 0x1001, 0x4001]))),
      // The running priority must find its way back to idle now and then, or nothing preempts any more.
      () => {
        if (this.random.below(3) > 0) return;
        this.msr('ICC_AP0R0_EL1', 0);
        this.msr('ICC_AP1R0_EL1', 0);
      },
    ];
  }

  protected repeat(times: number, action: () => void): (() => void)[] {
    return Array.from({ length: times }, () => action);
  }
}
