import { DeviceMemory } from '../bus/device-memory.js';
import { type GicConfig } from './config.js';

/**
 * Interrupt groups (GICv3 specification IHI 0069, 4.6). A group's index is also the number of its enable bit in
 * GICD_CTLR, and of its bit in the per-PE word that holds the ICC_IGRPEN* enables.
 */
export const Group = { G0: 0, G1NS: 1, G1S: 2 } as const;

/** GICD_CTLR as a Secure access sees it with two Security states (12.9.4). */
export const Ctlr = { EnableGrp0: 1, EnableGrp1NS: 2, EnableGrp1S: 4, ARE_S: 0x10, ARE_NS: 0x20, DS: 0x40 } as const;

/** Per-interrupt bitmaps, 32 interrupts to a word. */
export const Map32 = { Group: 0, Modifier: 1, Enabled: 2, Pending: 3, Active: 4, Level: 5, Edge: 6 } as const;
export type Map32 = (typeof Map32)[keyof typeof Map32];
const MAPS = 7;

/** INTIDs with a special meaning when read from an acknowledge or HPPI register (IHI 0069, 2.2.1). */
export const INTID_SECURE = 1020;
export const INTID_NONSECURE = 1021;
export const INTID_SPURIOUS = 1023;

/** First LPI, and identifier bits of INTIDs, minus 1 (GICD_TYPER.IDbits): as many LPIs as QEMU has. */
export const FIRST_LPI = 8192;
export const ID_BITS = 15;
/** GICR_CTLR.EnableLPIs, and .CES: clearing it works. */
export const ENABLE_LPIS = 1;
export const CES = 2;

/** List registers of the virtual CPU interface. */
export const LIST_REGISTERS = 4;
/** Priority bits implemented, physical and virtual, all of them preemption bits; a priority's low bits are RES0. */
export const PRIORITY_BITS = 5;
export const PRIORITY_MASK = (0xff << (8 - PRIORITY_BITS)) & 0xff;
/** Lowest binary point: with it all implemented bits are group priority. BPR1 of Non-secure Group 1 is one higher. */
export const MIN_BPR = 7 - PRIORITY_BITS;
/** Running priority when nothing is active. */
export const IDLE_PRIORITY = 0xff;

/** Words of one PE's block, from its base. */
export const Pe = {
  /** Bitmaps of SGIs and PPIs, one word for each Map32. */
  maps: 0,
  nsacr: MAPS,
  /** Priorities of SGIs and PPIs, 32 bytes. */
  priority: MAPS + 1,
  waker: 16,
  /** GICR_CTLR. */
  ctlr: 17,
  /** Bit 0: in Secure state; bit 1: at EL3. */
  context: 18,
  /** Output levels as last reported. */
  lines: 19,
  /** vIRQ and vFIQ as computed from the list registers. */
  virtualLines: 20,
  /** Highest priority pending interrupt, INTID_SPURIOUS when none; its priority and group. */
  hppi: 21,
  hppiPriority: 22,
  hppiGroup: 23,
  // CPU interface.
  pmr: 24,
  /** Enables by Group bit. */
  igrpen: 25,
  /** Binary points and active priorities by Group. */
  bpr: 26,
  apr: 29,
  /** EOImode in bit 1 and CBPR in bit 0, as in ICC_CTLR_EL1: Secure, Non-secure. */
  ctlrS: 32,
  ctlrNS: 33,
  /** ICC_CTLR_EL3.EOImode_EL3, in bit 2. */
  ctlrEl3: 34,
  // Virtual CPU interface.
  hcr: 35,
  vmcr: 36,
  /** Virtual active priorities of Group 0 and Group 1. */
  vapr: 37,
  listLow: 39,
  listHigh: 39 + LIST_REGISTERS,
  // LPIs: GICR_PROPBASER and GICR_PENDBASER, low and high halves.
  propbaser: 39 + 2 * LIST_REGISTERS,
  pendbaser: 41 + 2 * LIST_REGISTERS,
  /** Highest priority pending enabled LPI, INTID_SPURIOUS when none, and its priority, as last read from the tables. */
  lpi: 43 + 2 * LIST_REGISTERS,
  lpiPriority: 44 + 2 * LIST_REGISTERS,
  /** Number of LPIs that are pending, enabled or not. */
  lpisPending: 45 + 2 * LIST_REGISTERS,
  /** Bitmaps of the SPIs that are routed to this PE, by word. */
  routed: 46 + 2 * LIST_REGISTERS,
} as const;

/** Words of the ITS's registers in the block; 64-bit registers have their low half first. */
export const ItsWord = { ctlr: 3, cbaser: 4, cwriter: 6, creadr: 7, baser: 8 } as const;

const CTLR = 1;
const ROTOR = 2;
const SPI_MAPS = 12;
/** No PE takes this SPI. */
export const NO_TARGET = 0xff;

/** The controller's storage: where everything lies in the shared block, and what can be told from it directly. */
export class GicState {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Number of INTIDs below the LPIs. */
  readonly intids: number;
  /** Words of a bitmap over all INTIDs; word 0 belongs to SGIs and PPIs. */
  readonly mapWords: number;
  private readonly spiNsacr: number;
  private readonly spiPriority: number;
  private readonly spiRouter: number;
  private readonly spiTarget: number;
  private readonly peStart: number;
  private readonly peWords: number;

  /** Bytes of shared memory that a controller needs. */
  static bytes(config: GicConfig): number {
    const intids = 32 + config.spis;
    const map = intids >> 5;
    const global = SPI_MAPS + MAPS * map + 2 * map + 8 * map + 2 * intids + 8 * map;
    return (((global + config.cpus * (Pe.routed + map)) * 4 + 63) >> 6) << 6;
  }

  constructor(
    readonly memory: DeviceMemory,
    readonly config: GicConfig,
  ) {
    this.words = memory.words;
    this.intids = 32 + config.spis;
    const map = this.intids >> 5;
    this.mapWords = map;
    this.spiNsacr = SPI_MAPS + MAPS * map;
    this.spiPriority = this.spiNsacr + 2 * map;
    this.spiRouter = this.spiPriority + 8 * map;
    this.spiTarget = this.spiRouter + 2 * this.intids;
    this.peStart = this.spiTarget + 8 * map;
    this.peWords = Pe.routed + map;
    this.bytes = memory.byteView(0, memory.bytes);
  }

  /** GICD_CTLR as a Secure access reads it. */
  get ctlr(): number {
    return this.words[CTLR];
  }
  set ctlr(value: number) {
    this.words[CTLR] = value;
  }
  /** One Security state: every access is as good as Secure, and Group 1 is one group. */
  get singleSecurity(): boolean {
    return (this.words[CTLR] & Ctlr.DS) !== 0;
  }
  /** Where the search for the target of a 1-of-N interrupt begins. */
  get rotor(): number {
    return this.words[ROTOR];
  }
  set rotor(cpu: number) {
    this.words[ROTOR] = cpu;
  }

  /** Word index of PE `cpu`'s block. */
  pe(cpu: number): number {
    return this.peStart + cpu * this.peWords;
  }

  /** Word index of 32 bits of a bitmap: interrupts 32*word and up, the private ones of `cpu` for word 0. */
  map(map: Map32, cpu: number, word: number): number {
    return word === 0 ? this.pe(cpu) + Pe.maps + map : SPI_MAPS + map * this.mapWords + word;
  }

  test(map: Map32, cpu: number, intid: number): boolean {
    return ((this.words[this.map(map, cpu, intid >> 5)] >>> (intid & 31)) & 1) !== 0;
  }

  assign(map: Map32, cpu: number, intid: number, value: boolean): void {
    const index = this.map(map, cpu, intid >> 5);
    const bit = 1 << (intid & 31);
    if (value) this.words[index] |= bit;
    else this.words[index] &= ~bit;
  }

  /** Index into `bytes` of an interrupt's priority. */
  priorityByte(cpu: number, intid: number): number {
    return intid < 32 ? (this.pe(cpu) + Pe.priority) * 4 + intid : this.spiPriority * 4 + intid;
  }

  /** Index into `bytes` of the number of the PE that an SPI goes to, or NO_TARGET. */
  targetByte(intid: number): number {
    return this.spiTarget * 4 + intid;
  }

  /** Word index of the low half of an SPI's GICD_IROUTER; the high half follows. */
  router(intid: number): number {
    return this.spiRouter + 2 * intid;
  }

  /** Word index of GICD_NSACR<n>: 16 SPIs, two bits each. */
  nsacr(n: number): number {
    return this.spiNsacr + n;
  }

  /** Whether an INTID is one of the LPIs that are implemented. */
  isLpi(intid: number): boolean {
    return this.config.its === true && intid >= FIRST_LPI && intid < 2 << ID_BITS;
  }

  /** Group of an interrupt as configured, with one Security state folded in (IHI 0069, 4.6.1). */
  groupOf(cpu: number, intid: number): number {
    if (this.test(Map32.Group, cpu, intid)) return Group.G1NS;
    return !this.singleSecurity && this.test(Map32.Modifier, cpu, intid) ? Group.G1S : Group.G0;
  }

  /** Interrupts of one bitmap word that are pending: latched, or level-sensitive with the line asserted. */
  pendingWord(cpu: number, word: number): number {
    const w = this.words;
    const level = w[this.map(Map32.Level, cpu, word)] & ~w[this.map(Map32.Edge, cpu, word)];
    return w[this.map(Map32.Pending, cpu, word)] | level;
  }
}
