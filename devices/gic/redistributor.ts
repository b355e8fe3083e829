import type { AccessSize, MmioDevice } from '../bus/device.js';
import { affinityOf } from './config.js';
import { DPG_MASK, type Forwarding, WAKER_PROCESSOR_SLEEP } from './forwarding.js';
import type { Lpis } from './lpis.js';
import { readPriority, writePriority } from './priorities.js';
import { ID_REGISTERS, idRegister, IIDR, packEvenBits, spreadToEvenBits } from './registers.js';
import { CES, ENABLE_LPIS, type GicState, Map32, Pe } from './state.js';

/** RD_base and SGI_base, 64 KiB each. */
const FRAMES = 0x2_0000;
const SGI_BASE = 0x1_0000;
const PART0 = 0x93;
/** GICR_TYPER.DPGS: the DPG bits of GICR_CTLR work. */
const TYPER_DPGS = 1 << 5;
const TYPER_LAST = 1 << 4;
/** GICR_TYPER.CommonLPIAff: all Redistributors share one configuration table, as their Aff3 is 0. */
const TYPER_COMMON_LPI_AFF = 1 << 24;
const TYPER_PLPIS = 1;
/** Fields of GICR_PROPBASER and GICR_PENDBASER, by half; PTZ reads as zero, and the table is looked at all the same. */
const PROPBASER = [0xffff_ff9f, 0x070f_ffff] as const;
const PENDBASER = [0xffff_0f80, 0x070f_ffff] as const;
const WAKER_CHILDREN_ASLEEP = 4;

/**
 * The Redistributors, one pair of frames after another (IHI 0069, 12.11), as one Security state sees them. Their LPIs
 * come from an ITS alone (GICR_TYPER.DirectLPI = 0); without one there are none, and their registers are RAZ/WI.
 */
export class Redistributor implements MmioDevice {
  readonly name = 'gic-redistributor';
  readonly size: number;

  constructor(
    private readonly state: GicState,
    private readonly forwarding: Forwarding,
    private readonly secure: boolean,
    private readonly lpis?: Lpis,
  ) {
    this.size = state.config.cpus * FRAMES;
  }

  read(offset: number, size: AccessSize): number {
    return this.state.memory.locked(() => this.readLocked(offset, size)) >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    this.state.memory.locked(() => this.writeLocked(offset, size, value));
  }

  /** The Distributor's reset covers the whole controller. */
  reset(): void {}

  private get privileged(): boolean {
    return this.secure || this.state.singleSecurity;
  }

  private readLocked(address: number, size: AccessSize): number {
    const cpu = Math.floor(address / FRAMES);
    if (cpu >= this.state.config.cpus) return 0;
    const offset = address % FRAMES;
    if (offset >= SGI_BASE) return this.readSgiFrame(cpu, offset - SGI_BASE, size);
    return size === 4 ? this.readControlFrame(cpu, offset) : 0;
  }

  private writeLocked(address: number, size: AccessSize, value: number): void {
    const cpu = Math.floor(address / FRAMES);
    if (cpu >= this.state.config.cpus) return;
    const offset = address % FRAMES;
    if (offset >= SGI_BASE) this.writeSgiFrame(cpu, offset - SGI_BASE, size, value);
    else if (size === 4) this.writeControlFrame(cpu, offset, value);
  }

  private readControlFrame(cpu: number, offset: number): number {
    const s = this.state;
    if (offset >= ID_REGISTERS) return idRegister(offset, PART0);
    switch (offset) {
      case 0x00: // GICR_CTLR
        return s.words[s.pe(cpu) + Pe.ctlr] & (this.visibleDpg() | CES | ENABLE_LPIS);
      case 0x04:
        return IIDR;
      case 0x08: // GICR_TYPER
        return TYPER_COMMON_LPI_AFF | (cpu << 8) | (s.config.oneOfN === true ? TYPER_DPGS : 0) |
          (cpu === s.config.cpus - 1 ? TYPER_LAST : 0) | (s.config.its === true ? TYPER_PLPIS : 0);
      case 0x0c:
        return affinityOf(cpu);
      case 0x14: // GICR_WAKER is Secure where there are two Security states
        return this.privileged ? s.words[s.pe(cpu) + Pe.waker] : 0;
      case 0x70:
      case 0x74:
        return s.words[s.pe(cpu) + Pe.propbaser + ((offset >> 2) & 1)];
      case 0x78:
      case 0x7c:
        return s.words[s.pe(cpu) + Pe.pendbaser + ((offset >> 2) & 1)];
      default:
        return 0;
    }
  }

  private writeControlFrame(cpu: number, offset: number, value: number): void {
    const s = this.state;
    const pe = s.pe(cpu);
    if (offset === 0x00) {
      const mask = this.visibleDpg() | (s.config.its === true ? ENABLE_LPIS : 0);
      const changed = (s.words[pe + Pe.ctlr] ^ value) & mask;
      s.words[pe + Pe.ctlr] ^= changed;
      if ((changed & ENABLE_LPIS) !== 0) this.lpis?.scan(cpu);
    } else if (offset >= 0x70 && offset < 0x80) {
      this.writeTableBase(cpu, offset, value);
      return;
    } else if (offset === 0x14 && this.privileged) {
      // Going to sleep and waking complete at once: ChildrenAsleep follows ProcessorSleep.
      s.words[pe + Pe.waker] =
        (value & WAKER_PROCESSOR_SLEEP) !== 0 ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    } else {
      return;
    }
    this.forwarding.rerouteOneOfN();
    this.forwarding.updateAll();
  }

  /** GICR_PROPBASER and GICR_PENDBASER; both are read-only while LPIs are enabled. */
  private writeTableBase(cpu: number, offset: number, value: number): void {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    if (this.state.config.its !== true || (w[pe + Pe.ctlr] & ENABLE_LPIS) !== 0) return;
    const half = (offset >> 2) & 1;
    if (offset < 0x78) w[pe + Pe.propbaser + half] = value & PROPBASER[half];
    else w[pe + Pe.pendbaser + half] = value & PENDBASER[half];
  }

  /** DPG bits that exist and are visible; Non-secure accesses reach DPG1NS only. */
  private visibleDpg(): number {
    if (this.state.config.oneOfN !== true) return 0;
    return this.privileged ? DPG_MASK : 0x0200_0000;
  }

  private accessMask(cpu: number): number {
    return this.privileged ? -1 : this.state.words[this.state.map(Map32.Group, cpu, 0)];
  }

  private readSgiFrame(cpu: number, offset: number, size: AccessSize): number {
    const s = this.state;
    if (offset >= 0x400 && offset < 0x420 && size !== 2) {
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = (value << 8) | readPriority(s, cpu, offset - 0x400 + i, this.secure);
      return value;
    }
    if (size !== 4) return 0;
    const word = (map: Map32): number => s.words[s.map(map, cpu, 0)];
    switch (offset) {
      case 0x080:
        return this.privileged ? word(Map32.Group) : 0;
      case 0x100:
      case 0x180:
        return word(Map32.Enabled) & this.accessMask(cpu);
      case 0x200:
      case 0x280:
        return s.pendingWord(cpu, 0) & this.accessMask(cpu);
      case 0x300:
      case 0x380:
        return word(Map32.Active) & this.accessMask(cpu);
      case 0xc00:
        return spreadToEvenBits(word(Map32.Edge) & this.accessMask(cpu)) << 1;
      case 0xc04:
        return spreadToEvenBits((word(Map32.Edge) & this.accessMask(cpu)) >>> 16) << 1;
      case 0xd00:
        return this.secureOnly() ? word(Map32.Modifier) : 0;
      case 0xe00:
        return this.secureOnly() ? s.words[s.pe(cpu) + Pe.nsacr] : 0;
      default:
        return 0;
    }
  }

  private writeSgiFrame(cpu: number, offset: number, size: AccessSize, value: number): void {
    const s = this.state;
    if (offset >= 0x400 && offset < 0x420 && size !== 2) {
      for (let i = 0; i < size; i++) {
        writePriority(s, cpu, offset - 0x400 + i, this.secure, (value >>> (8 * i)) & 0xff);
      }
      this.forwarding.updatePe(cpu);
      return;
    }
    if (size !== 4) return;
    const put = (map: Map32, bits: number, mask: number): void => {
      const index = s.map(map, cpu, 0);
      s.words[index] = (s.words[index] & ~mask) | (bits & mask);
    };
    const reachable = value & this.accessMask(cpu);
    switch (offset) {
      case 0x080:
        if (this.privileged) put(Map32.Group, value, -1);
        break;
      case 0x100:
        put(Map32.Enabled, -1, reachable);
        break;
      case 0x180:
        put(Map32.Enabled, 0, reachable);
        break;
      case 0x200:
        put(Map32.Pending, -1, reachable);
        break;
      case 0x280:
        put(Map32.Pending, 0, reachable);
        break;
      case 0x300:
        put(Map32.Active, -1, reachable);
        break;
      case 0x380:
        put(Map32.Active, 0, reachable);
        break;
      case 0xc04: // SGIs are always edge-triggered: GICR_ICFGR0 is read-only
        put(Map32.Edge, packEvenBits(value >>> 1) << 16, this.accessMask(cpu) & 0xffff_0000);
        break;
      case 0xd00:
        if (this.secureOnly()) put(Map32.Modifier, value, -1);
        break;
      case 0xe00:
        if (this.secureOnly()) s.words[s.pe(cpu) + Pe.nsacr] = value;
        return;
      default:
        return;
    }
    this.forwarding.updatePe(cpu);
  }

  private secureOnly(): boolean {
    return this.secure && !this.state.singleSecurity;
  }
}
